//! Quoted-printable (RFC 2045 §6.7).

/// Longest line, the soft break's equals sign included.
const LINE_MAX: usize = 76;

/// Whether a byte can stand for itself inside a line.
const LITERAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 32;
    while byte < 127 {
        table[byte] = byte != b'=' as usize;
        byte += 1;
    }
    table[b'\t' as usize] = true;
    table
};

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text` to `out`; every line break becomes CRLF.
pub(crate) fn encode(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    loop {
        let end = rest.iter().position(|&b| b == b'\n' || b == b'\r');
        line(&rest[..end.unwrap_or(rest.len())], out);
        let Some(end) = end else {
            return;
        };
        out.extend_from_slice(b"\r\n");
        let pair = rest[end..].starts_with(b"\r\n");
        rest = &rest[end + 1 + usize::from(pair)..];
    }
}

fn line(line: &[u8], out: &mut Vec<u8>) {
    // Space at the end of a line would get lost on the way.
    let literal_end = match line.last() {
        Some(b' ' | b'\t') => line.len() - 1,
        _ => line.len(),
    };
    let mut column = 0;
    let mut at = 0;
    while at < line.len() {
        let run = line[at..literal_end]
            .iter()
            .position(|&b| !LITERAL[usize::from(b)])
            .unwrap_or(literal_end - at);
        if run > 0 {
            let taken = if fits(column, run, at + run < line.len()) {
                run
            } else {
                run.min((LINE_MAX - 1).saturating_sub(column))
            };
            out.extend_from_slice(&line[at..at + taken]);
            at += taken;
            column += taken;
            if taken < run {
                column = soft_break(out);
            }
            continue;
        }
        if !fits(column, 3, at + 1 < line.len()) {
            column = soft_break(out);
        }
        let byte = line[at];
        out.extend_from_slice(&[
            b'=',
            HEX[usize::from(byte >> 4)],
            HEX[usize::from(byte & 15)],
        ]);
        at += 1;
        column += 3;
    }
}

/// Whether `width` more columns fit, with one kept for a soft break if something `follows`.
const fn fits(column: usize, width: usize, follows: bool) -> bool {
    column + width + follows as usize <= LINE_MAX
}

fn soft_break(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(b"=\r\n");
    0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn encodes() {
        #[track_caller]
        fn check(text: &str, want: &str) {
            assert_eq!(encoded(text), want);
        }
        check("", "");
        check("a=b", "a=3Db");
        check("a \nb\t\r\nc\r", "a=20\r\nb=09\r\nc\r\n");
        check("né", "n=C3=A9");
        check(&"a".repeat(76), &"a".repeat(76));
        check(&"a".repeat(77), &format!("{}=\r\naa", "a".repeat(75)));
        check(
            &format!("{}é", "a".repeat(70)),
            &format!("{}=C3=A9", "a".repeat(70)),
        );
        check(
            &format!("{}é", "a".repeat(71)),
            &format!("{}=C3=\r\n=A9", "a".repeat(71)),
        );
    }

    proptest! {
        #[test]
        fn lines_are_short_and_nothing_is_lost(text in "[a-z= \t\r\né√]{0,300}") {
            let out = encoded(&text);
            for line in out.split("\r\n") {
                prop_assert!(line.len() <= LINE_MAX, "{line:?}");
                prop_assert!(!line.ends_with([' ', '\t']));
            }
            let mail = format!(
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{out}"
            );
            let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).expect("a mail");
            let body = parsed.body_text(0).unwrap_or_default().replace("\r\n", "\n");
            let want = text.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(body.trim_end_matches('\n'), want.trim_end_matches('\n'));
        }
    }
}
