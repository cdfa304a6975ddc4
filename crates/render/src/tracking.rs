//! Opens and clicks: a pixel and redirects in the HTML of a mail (`docs/spec/channels.md §4`).

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str};

use crate::language::piece::{Piece, Tag};

/// Most links that are replaced in a message (`docs/spec/channels.md §4`).
pub(crate) const LINKS_MAX: usize = 250;

/// Stands for the pixel until its place is settled. Like the other marks it is a private-use
/// character, which a template has no business with; one that has is not rewritten ahead.
pub(crate) const PIXEL_MARK: char = '\u{F5D0}';
/// Stands before the number of a tag.
const TAG_MARK: char = '\u{F5D1}';
/// Stands before the number of a link.
const LINK_MARK: char = '\u{F5D2}';
/// Stands behind a number.
const NUMBER_END: char = '\u{F5D3}';
/// Stands behind the address of a link.
const LINK_END: char = '\u{F5D4}';

/// Leaves a link alone.
const NO_TRACK: &str = "ses:no-track";
/// Names the tags of a link.
const TAGS: &str = "ses:tags";

/// Tags of a link: name → values, from `ses:tags="name:value;…"`.
pub type LinkTags = BTreeMap<String, Vec<String>>;

/// A link that a redirect is wanted for.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Number in the message, from 0.
    pub index: usize,
    /// The http(s) address, with HTML entities decoded.
    pub url: &'a str,
    /// Its tags.
    pub tags: &'a LinkTags,
}

/// Where the links and the pixel of one message lead.
pub trait Tracker {
    /// The address that replaces `link`.
    fn redirect(&self, link: &Link<'_>) -> String;

    /// The address of the pixel.
    fn pixel(&self) -> String;
}

/// HTML with redirects and a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedHtml {
    /// The HTML.
    pub html: String,
    /// How many links were replaced.
    pub links: usize,
}

/// Replaces the links of finished HTML and adds the pixel.
///
/// Messages go through [`crate::EmailContent`], which rewrites a template once; this is for HTML
/// that is given as a whole.
#[must_use]
pub fn track(html: &str, tracker: &dyn Tracker) -> TrackedHtml {
    let links = Cell::new(0);
    let rewritten = rewrite(html, |element| {
        let Some(url) = followed_address(element) else {
            return;
        };
        let tags = link_tags(element);
        if links.get() < LINKS_MAX {
            let link = Link {
                index: links.get(),
                url: &url,
                tags: &tags,
            };
            links.set(links.get() + 1);
            // The name of the attribute is valid.
            let _ = element.set_attribute("href", &escape_attribute(&tracker.redirect(&link)));
        }
    });
    TrackedHtml {
        html: place_pixel(rewritten, &pixel(&tracker.pixel())),
        links: links.get(),
    }
}

/// HTML that different parsers could read differently is rewritten too, as well as can be.
fn lenient<'h, 's>() -> RewriteStrSettings<'h, 's> {
    RewriteStrSettings::new().with_strict(false)
}

/// Removes what only steers tracking.
pub(crate) fn untrack(html: String) -> String {
    let html = if html.contains(PIXEL_MARK) {
        html.replace(PIXEL_MARK, "")
    } else {
        html
    };
    if !html.contains("ses:") {
        return html;
    }
    let rewritten = rewrite_str(
        &html,
        lenient().append_element_content_handler(element!("a, area", |element| {
            strip(element);
            Ok(())
        })),
    );
    rewritten.unwrap_or(html)
}

/// The image that loads `address`.
pub(crate) fn pixel(address: &str) -> String {
    format!(
        r#"<img src="{}" alt="" width="1" height="1" style="display:none">"#,
        escape_attribute(address)
    )
}

/// `text` as it stands in a quoted attribute.
pub(crate) fn escape_attribute(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if memchr::memchr3(b'&', b'"', b'<', bytes).is_some() || memchr::memchr(b'>', bytes).is_some() {
        text.replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .into()
    } else {
        text.into()
    }
}

/// The address that a browser would follow from an attribute's text; nothing if it is not http
/// or https.
pub(crate) fn decode_address(attribute: &str) -> Option<String> {
    let mut url = decode_entities(attribute.trim());
    // Browsers drop these, wherever they stand.
    url.retain(|c| !matches!(c, '\t' | '\r' | '\n'));
    let url = url.trim().to_owned();
    let scheme = url.split_once("://")?.0;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(url)
}

/// `text` with the character references of URLs decoded: numbers and the five of XML.
fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let decoded = rest[..rest.len().min(12)]
            .find(';')
            .and_then(|end| Some((decode_entity(&rest[1..end])?, end + 1)));
        match decoded {
            Some((character, length)) => {
                out.push(character);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn decode_entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Tags from `name:value;name:value;`.
fn parse_tags(text: &str) -> LinkTags {
    let mut tags = LinkTags::new();
    for pair in text.split(';') {
        if let Some((name, value)) = pair.split_once(':') {
            tags.entry(name.trim().to_owned())
                .or_default()
                .push(value.trim().to_owned());
        }
    }
    tags
}

/// The tags of a link, taken off it.
fn link_tags(element: &mut Element<'_, '_>) -> LinkTags {
    let tags = element
        .get_attribute(TAGS)
        .map(|text| parse_tags(&decode_entities(&text)))
        .unwrap_or_default();
    strip(element);
    tags
}

fn strip(element: &mut Element<'_, '_>) {
    element.remove_attribute(TAGS);
    element.remove_attribute(NO_TRACK);
}

/// The address of a link that is to be replaced. Other links lose their tracking attributes here.
fn followed_address(element: &mut Element<'_, '_>) -> Option<String> {
    let address = element
        .get_attribute("href")
        .filter(|_| !element.has_attribute(NO_TRACK))
        .and_then(|href| decode_address(&href));
    if address.is_none() {
        strip(element);
    }
    address
}

/// `html` with `on_link` applied to every link and a mark at the end of the body, unless there is
/// one elsewhere.
fn rewrite(html: &str, mut on_link: impl FnMut(&mut Element<'_, '_>)) -> String {
    let placed = Cell::new(html.contains(PIXEL_MARK));
    let settings = lenient()
        .append_element_content_handler(element!("a, area", |element| {
            on_link(element);
            Ok(())
        }))
        .append_element_content_handler(element!("body", |element| {
            if !placed.replace(true) {
                element.append(&PIXEL_MARK.to_string(), ContentType::Html);
            }
            Ok(())
        }));
    // The handlers do not fail and memory is not limited, so this is the HTML itself at worst.
    rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned())
}

/// `html` with the first mark replaced by `pixel` and the others gone; at the end without one.
fn place_pixel(html: String, pixel: &str) -> String {
    match html.find(PIXEL_MARK) {
        None => html + pixel,
        Some(at) => {
            let behind = &html[at + PIXEL_MARK.len_utf8()..];
            let mut out = String::with_capacity(html.len() + pixel.len());
            out.push_str(&html[..at]);
            out.push_str(pixel);
            out.extend(behind.split(PIXEL_MARK));
            out
        }
    }
}

/// The pieces of an HTML template with its links and the place of its pixel marked, so that
/// nothing but filling in is left per message. Nothing if the template cannot be rewritten ahead:
/// a tag takes part in the structure of the HTML, such as the name of an attribute.
pub(crate) fn mark_links<'a>(pieces: &[Piece<'a>]) -> Option<Vec<Piece<'a>>> {
    let mut tags: Vec<Tag<'a>> = Vec::new();
    let mut html = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) if text.contains(is_mark) => return None,
            Piece::Text(text) => html.push_str(text),
            Piece::Tag(tag) => {
                html.push(TAG_MARK);
                html.push_str(&tags.len().to_string());
                html.push(NUMBER_END);
                tags.push(*tag);
            }
            Piece::Pixel => html.push(PIXEL_MARK),
            Piece::LinkStart { .. } | Piece::LinkEnd => return None,
        }
    }
    let (html, links, in_attributes) = mark_html(&html)?;
    let html = if html.contains(PIXEL_MARK) {
        place_pixel(html, &PIXEL_MARK.to_string())
    } else {
        html + &PIXEL_MARK.to_string()
    };
    for tag in in_attributes {
        tags.get_mut(tag)?.in_attribute = true;
    }
    cut_marked(&html, &tags, links)
}

/// A link found ahead: its address if no variable is in it, and its tags.
type FoundLink = (Option<Box<str>>, LinkTags);

/// The marked HTML with links marked too, the links, and the numbers of tags in attributes.
fn mark_html(html: &str) -> Option<(String, Vec<FoundLink>, BTreeSet<usize>)> {
    let structural = Cell::new(false);
    let in_attributes = RefCell::new(BTreeSet::new());
    let links: RefCell<Vec<FoundLink>> = RefCell::new(Vec::new());
    let placed = Cell::new(html.contains(PIXEL_MARK));
    let settings = lenient()
        .append_element_content_handler(element!("*", |element| {
            if element.tag_name().contains(TAG_MARK) {
                structural.set(true);
            }
            for attribute in element.attributes() {
                if attribute.name().contains(TAG_MARK) {
                    structural.set(true);
                }
                in_attributes
                    .borrow_mut()
                    .extend(marked_numbers(&attribute.value()));
            }
            Ok(())
        }))
        .append_element_content_handler(element!("a, area", |element| {
            if element.has_attribute(NO_TRACK) {
                strip(element);
                return Ok(());
            }
            let tags = link_tags(element);
            if tags.iter().any(|(name, values)| {
                name.contains(TAG_MARK) || values.iter().any(|value| value.contains(TAG_MARK))
            }) {
                structural.set(true);
            }
            let Some(href) = element.get_attribute("href") else {
                return Ok(());
            };
            let fixed = if href.contains(TAG_MARK) {
                None
            } else {
                match decode_address(&href) {
                    Some(url) => Some(url.into()),
                    None => return Ok(()),
                }
            };
            let mut links = links.borrow_mut();
            let marked = format!("{LINK_MARK}{}{NUMBER_END}{href}{LINK_END}", links.len());
            links.push((fixed, tags));
            element.set_attribute("href", &marked)?;
            Ok(())
        }))
        .append_element_content_handler(element!("body", |element| {
            if !placed.replace(true) {
                element.append(&PIXEL_MARK.to_string(), ContentType::Html);
            }
            Ok(())
        }));
    let html = rewrite_str(html, settings).ok()?;
    if structural.get() {
        return None;
    }
    Some((html, links.into_inner(), in_attributes.into_inner()))
}

fn is_mark(character: char) -> bool {
    (PIXEL_MARK..=LINK_END).contains(&character)
}

/// Numbers of the tags marked in `text`.
fn marked_numbers(text: &str) -> Vec<usize> {
    text.split(TAG_MARK)
        .skip(1)
        .filter_map(|rest| rest.split(NUMBER_END).next()?.parse().ok())
        .collect()
}

fn cut_marked<'a>(
    html: &str,
    tags: &[Tag<'a>],
    mut links: Vec<FoundLink>,
) -> Option<Vec<Piece<'a>>> {
    let mut pieces = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find(is_mark) {
        if at > 0 {
            pieces.push(Piece::Text(rest[..at].to_owned().into()));
        }
        let mark = rest[at..].chars().next()?;
        rest = &rest[at + mark.len_utf8()..];
        match mark {
            PIXEL_MARK => pieces.push(Piece::Pixel),
            LINK_END => pieces.push(Piece::LinkEnd),
            TAG_MARK | LINK_MARK => {
                let (number, behind) = rest.split_once(NUMBER_END)?;
                let number: usize = number.parse().ok()?;
                rest = behind;
                if mark == TAG_MARK {
                    pieces.push(Piece::Tag(*tags.get(number)?));
                } else {
                    let (fixed, tags) = std::mem::take(links.get_mut(number)?);
                    pieces.push(Piece::LinkStart { fixed, tags });
                }
            }
            _ => return None,
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned().into()));
    }
    Some(pieces)
}
