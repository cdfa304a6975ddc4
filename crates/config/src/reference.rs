//! The reference of all keys, for people.

use std::fmt::Write as _;

use toml::Table;

use crate::Config;
use crate::reader::Reader;

/// The reference of all keys in Markdown, as `docs/configuration.md` holds it.
#[must_use]
pub fn reference() -> String {
    let mut reader = Reader::new(Table::new(), std::iter::empty());
    Config::read(&mut reader);
    reader
        .docs
        .sort_by_cached_key(|doc| section_rank(&doc.path));
    let mut text = String::from(PREFACE);
    let mut section = "";
    for doc in &reader.docs {
        let (parent, name) = doc.path.rsplit_once('.').unwrap_or(("", &doc.path));
        if parent != section {
            section = parent;
            let _ = write!(
                text,
                "\n## [{section}]\n\n| Key | Expects | Default | Meaning |\n|---|---|---|---|\n"
            );
        }
        let _ = writeln!(
            text,
            "| `{name}` | {} | `{}` | {} |",
            doc.expects, doc.default, doc.doc
        );
    }
    text
}

/// Keeps the sections in the order in which they are first read, each in one place.
fn section_rank(path: &str) -> (usize, String) {
    const ORDER: [&str; 18] = [
        "server",
        "log",
        "account",
        "auth",
        "identity_pools",
        "store",
        "objects",
        "buckets",
        "aws",
        "email",
        "email.smtp",
        "push.apns",
        "push.fcm",
        "sms",
        "voice",
        "outbound",
        "functions",
        "limits",
    ];
    let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
    let rank = ORDER
        .iter()
        .position(|section| *section == parent)
        .unwrap_or(ORDER.len());
    (rank, parent.to_owned())
}

const PREFACE: &str = "\
# Configuration

Generated from the program by `cargo xtask codegen`; do not edit.

`beckon serve --config FILE` reads a TOML file. Every key can be overridden by an environment
variable: `BECKON__` and the key's path in capitals with `__` between its parts, so
`BECKON__EMAIL__SMTP__PORT=2525` sets `port` in `[email.smtp]`. Lists are separated by commas there.
A key that ends in `_file` names a file that holds the value. An unknown key, or a value that cannot
be used, stops the start with the key's full path; `beckon check` only looks.
";

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_in_the_repository_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(kept, super::reference(), "run `cargo xtask codegen`");
    }
}
