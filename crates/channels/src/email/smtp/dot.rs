//! The content of a message on its way: every line ends with CRLF, a leading dot is doubled, a
//! dot alone ends it (RFC 5321 §4.5.2).

/// Appends `message` to `out`, ready to be ended by `.` CRLF.
///
/// Lone CR or LF become CRLF, so that no server can take a different view of where the message
/// ends.
pub(crate) fn stuff(message: &[u8], out: &mut Vec<u8>) {
    let mut rest = message;
    while let Some(end) = memchr::memchr2(b'\r', b'\n', rest) {
        line(&rest[..end], out);
        let pair = rest[end..].starts_with(b"\r\n");
        rest = &rest[end + 1 + usize::from(pair)..];
    }
    if !rest.is_empty() {
        line(rest, out);
    }
}

fn line(line: &[u8], out: &mut Vec<u8>) {
    if line.first() == Some(&b'.') {
        out.push(b'.');
    }
    out.extend_from_slice(line);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stuffed(message: &str) -> String {
        let mut out = Vec::new();
        stuff(message.as_bytes(), &mut out);
        String::from_utf8(out).expect("text stays text")
    }

    #[test]
    fn doubles_dots() {
        assert_eq!(stuffed(""), "");
        assert_eq!(stuffed("a"), "a\r\n");
        assert_eq!(stuffed("."), "..\r\n");
        assert_eq!(stuffed("a\r\n.\r\nb.\r\n"), "a\r\n..\r\nb.\r\n");
        assert_eq!(stuffed("a\n.\nb\r.\rc"), "a\r\n..\r\nb\r\n..\r\nc\r\n");
    }

    proptest! {
        #[test]
        fn what_is_stuffed_can_be_read_back(message in "[a.\r\n]{0,60}") {
            let sent = stuffed(&message);
            let mut read = String::new();
            for line in sent.split_inclusive("\r\n") {
                prop_assert_ne!(line, ".\r\n", "the message ends early");
                read.push_str(line.strip_prefix('.').unwrap_or(line));
            }
            let mut want = message.replace("\r\n", "\n").replace('\r', "\n");
            if !want.is_empty() && !want.ends_with('\n') {
                want.push('\n');
            }
            prop_assert_eq!(read.replace("\r\n", "\n"), want);
        }
    }
}
