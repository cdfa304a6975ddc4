//! Value lists as byte strings: each value behind its length.

/// Writes `values` to `bytes`, sorted and each once, since no test minds order or repetition.
pub(super) fn encode(values: &[String], bytes: &mut Vec<u8>) {
    bytes.clear();
    if let [value] = values {
        push(value, bytes);
        return;
    }
    let mut sorted: Vec<&str> = values.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    for value in sorted {
        push(value, bytes);
    }
}

/// Writes the list of one value.
pub(super) fn push(value: &str, bytes: &mut Vec<u8>) {
    let mut length = value.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(value.as_bytes());
}

/// The values of a list that [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Values<'_> {
    Values { rest: bytes }
}

#[derive(Debug, Clone)]
pub(super) struct Values<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let mut length = 0;
        let mut shift = 0;
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        let (value, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(std::str::from_utf8(value).expect("only text is written"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], want: &[&str]) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let mut bytes = Vec::new();
        encode(&values, &mut bytes);
        assert_eq!(decode(&bytes).collect::<Vec<_>>(), want);
    }

    #[test]
    fn lists_come_back_sorted() {
        check(&[], &[]);
        check(&[""], &[""]);
        check(&["b", "a", "b"], &["a", "b"]);
        let long = "x".repeat(20_000);
        check(&[&long, "é"], &[&long, "é"]);
    }
}
