//! Cuts a template into text and tags.

use crate::SyntaxError;
use crate::tracking::LinkTags;

/// Where the pixel goes (`docs/spec/channels.md §4`).
const PIXEL_VARIABLE: &str = "ses:openTracker";

/// Text or a tag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece<'a> {
    Text(std::borrow::Cow<'a, str>),
    Tag(Tag<'a>),
    Pixel,
    /// From here to the end mark lies the address of a link.
    LinkStart {
        fixed: Option<Box<str>>,
        tags: LinkTags,
    },
    LinkEnd,
}

/// What stands between double braces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tag<'a> {
    pub kind: TagKind,
    /// The content without sigil, tilde and surrounding space.
    pub content: &'a str,
    /// Byte offset of the content in the template.
    pub offset: usize,
    pub in_attribute: bool,
}

/// The sigil of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagKind {
    Print,
    Open,
    OpenInverse,
    Else,
    Close,
    /// Defines a partial.
    Inline,
    /// Uses a partial.
    Partial,
}

/// Cuts `source` into pieces, with comments gone and whitespace control applied.
pub(crate) fn cut(source: &str) -> Result<Vec<Piece<'_>>, SyntaxError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trim_next = false;
    while at < source.len() {
        let (text_end, tag_start, escaped) = next_tag(source, at);
        let mut text = &source[at..text_end];
        if trim_next {
            text = text.trim_start();
            trim_next = false;
        }
        let Some(start) = tag_start else {
            push_text(&mut pieces, text);
            break;
        };
        if escaped {
            push_text(&mut pieces, text);
            // The braces and what follows them are text up to the next tag.
            push_text(&mut pieces, "{{");
            at = start + 2;
            continue;
        }
        let raw = RawTag::read(source, start)?;
        push_text(
            &mut pieces,
            if raw.trim_before {
                text.trim_end()
            } else {
                text
            },
        );
        trim_next = raw.trim_after;
        at = raw.end;
        if let Some(piece) = raw.piece(source)? {
            pieces.push(piece);
        }
    }
    Ok(pieces)
}

/// The place `offset` in `source` as a complaint.
pub(crate) fn complain(source: &str, offset: usize, message: impl Into<String>) -> SyntaxError {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let before = &source[..end];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    SyntaxError {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.into(),
    }
}

fn push_text<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
}

/// End of the text from `at`, start of the tag behind it, and whether that tag is escaped.
fn next_tag(source: &str, at: usize) -> (usize, Option<usize>, bool) {
    match source[at..].find("{{").map(|i| at + i) {
        None => (source.len(), None, false),
        Some(start) => {
            let text = &source[at..start];
            if text.ends_with("\\\\") {
                (start - 1, Some(start), false)
            } else if text.ends_with('\\') {
                (start - 1, Some(start), true)
            } else {
                (start, Some(start), false)
            }
        }
    }
}

struct RawTag<'a> {
    inner: &'a str,
    /// Byte offset of `inner`.
    offset: usize,
    comment: bool,
    triple: bool,
    trim_before: bool,
    trim_after: bool,
    /// Byte offset behind the tag.
    end: usize,
}

impl<'a> RawTag<'a> {
    fn read(source: &'a str, start: usize) -> Result<Self, SyntaxError> {
        let unclosed = |what: &str| complain(source, start, format!("{what} is not closed"));
        let mut from = start + 2;
        let triple = source[from..].starts_with('{');
        if triple {
            from += 1;
            if source[from..].starts_with('{') {
                return Err(complain(source, start, "raw blocks are not supported"));
            }
        }
        let trim_before = source[from..].starts_with('~');
        if trim_before {
            from += 1;
        }
        let rest = &source[from..];
        let comment = !triple && rest.starts_with('!');
        let (inner_end, end) = if comment && rest.starts_with("!--") {
            let close =
                find_any(&rest[3..], &["--}}", "--~}}"]).ok_or_else(|| unclosed("a comment"))?;
            (
                from + 3 + close.0 + close.1 - 2,
                from + 3 + close.0 + close.1,
            )
        } else if comment {
            let close = rest.find("}}").ok_or_else(|| unclosed("a comment"))?;
            (from + close, from + close + 2)
        } else {
            let close = find_close(rest).ok_or_else(|| unclosed("a tag"))?;
            let end = from + close + 2;
            if triple {
                if !source[end..].starts_with('}') {
                    return Err(complain(
                        source,
                        start,
                        "a tag with three braces must end with three",
                    ));
                }
                (end - 2, end + 1)
            } else {
                (end - 2, end)
            }
        };
        let mut inner = &source[from..inner_end];
        let trim_after = inner.ends_with('~');
        if trim_after {
            inner = &inner[..inner.len() - 1];
        }
        Ok(Self {
            inner,
            offset: from,
            comment,
            triple,
            trim_before,
            trim_after,
            end,
        })
    }

    fn piece(&self, source: &'a str) -> Result<Option<Piece<'a>>, SyntaxError> {
        if self.comment {
            return Ok(None);
        }
        let refuse = |message: &str| Err(complain(source, self.offset, message));
        let inner = self.inner.trim_start();
        let (kind, body) = match inner.chars().next() {
            _ if self.triple => (TagKind::Print, inner),
            Some('#') => {
                let behind = inner[1..].trim_start();
                match behind.chars().next() {
                    Some('*') => (TagKind::Inline, &behind[1..]),
                    Some('>') => return refuse("partial blocks are not supported"),
                    _ => (TagKind::Open, &inner[1..]),
                }
            }
            Some('^') if inner[1..].trim().is_empty() => (TagKind::Else, &inner[1..]),
            Some('^') => (TagKind::OpenInverse, &inner[1..]),
            Some('/') => (TagKind::Close, &inner[1..]),
            Some('>') => (TagKind::Partial, &inner[1..]),
            Some('&') => (TagKind::Print, &inner[1..]),
            Some('*') => return refuse("decorators are not supported"),
            Some('=') => return refuse("custom delimiters are not supported"),
            _ => match inner.strip_prefix("else") {
                Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => {
                    (TagKind::Else, rest)
                }
                _ => (TagKind::Print, inner),
            },
        };
        let content = body.trim();
        if kind == TagKind::Print && content == PIXEL_VARIABLE {
            return Ok(Some(Piece::Pixel));
        }
        let lead = self.inner.len() - inner.len() + (inner.len() - body.len());
        let offset = self.offset + lead + (body.len() - body.trim_start().len());
        if content.is_empty() && kind != TagKind::Else {
            return refuse("an empty tag");
        }
        Ok(Some(Piece::Tag(Tag {
            kind,
            content,
            offset,
            in_attribute: false,
        })))
    }
}

/// First place of any of `needles`, and the length of the one found.
fn find_any(text: &str, needles: &[&str]) -> Option<(usize, usize)> {
    needles
        .iter()
        .filter_map(|needle| text.find(needle).map(|at| (at, needle.len())))
        .min()
}

/// Where the closing braces are, outside of quotes and segment literals.
fn find_close(text: &str) -> Option<usize> {
    let mut quote: Option<u8> = None;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(b']') if byte == b']' => quote = None,
            Some(b']') => {}
            Some(_) if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            None if byte == b'[' => quote = Some(b']'),
            None if byte == b'}' && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            None => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(source: &str) -> String {
        match cut(source) {
            Ok(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => format!("{text:?}"),
                    Piece::Tag(tag) => format!("{:?}({})@{}", tag.kind, tag.content, tag.offset),
                    Piece::Pixel => "Pixel".to_owned(),
                    Piece::LinkStart { .. } | Piece::LinkEnd => "Link".to_owned(),
                })
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn cuts() {
        #[track_caller]
        fn check(source: &str, want: &str) {
            assert_eq!(show(source), want, "{source}");
        }
        check("a{{ b }}c", r#""a" Print(b)@4 "c""#);
        check("{{{b}}}{{& c}}", "Print(b)@3 Print(c)@11");
        check("a {{~b~}} c", r#""a" Print(b)@5 "c""#);
        check("a{{! x }}b{{!-- }} --}}c", r#""a" "b" "c""#);
        check("a {{~!-- x --~}} b", r#""a" "b""#);
        check(
            "{{#if x}}1{{else}}2{{/if}}",
            r#"Open(if x)@3 "1" Else()@16 "2" Close(if)@22"#,
        );
        check(
            "{{^x}}1{{^}}2{{/x}}",
            r#"OpenInverse(x)@3 "1" Else()@10 "2" Close(x)@16"#,
        );
        check("{{else if y}}", "Else(if y)@7");
        check("{{elsewhere}}", "Print(elsewhere)@2");
        check(r#"{{a "}}" [b}}]}}"#, r#"Print(a "}}" [b}}])@2"#);
        check(r"x\{{a}}y", r#""x" "{{" "a}}y""#);
        check(r"x\\{{a}}y", r#""x\\" Print(a)@5 "y""#);
        check("{{ses:openTracker}}", "Pixel");
    }

    #[test]
    fn complains_with_the_place() {
        #[track_caller]
        fn check(source: &str, want: &str) {
            assert_eq!(show(source), want, "{source}");
        }
        check("a\nbé {{c", "line 2, column 4: a tag is not closed");
        check("{{!-- c }}", "line 1, column 1: a comment is not closed");
        check(
            "{{{a}}",
            "line 1, column 1: a tag with three braces must end with three",
        );
        check("{{}}", "line 1, column 3: an empty tag");
        check(
            "{{#> a}}",
            "line 1, column 3: partial blocks are not supported",
        );
    }
}
