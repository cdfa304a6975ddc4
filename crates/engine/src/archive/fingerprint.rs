//! What names a record: its application and content, whatever the order of its members.

use model::AppId;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::Fingerprint;

/// The name of `record`, loaded for `app`.
pub(super) fn fingerprint(app: &AppId, record: &Value) -> Fingerprint {
    let mut digest = Sha256::new();
    text(&mut digest, app.as_str());
    add(&mut digest, record);
    let mut name = Fingerprint::default();
    let length = name.len();
    name.copy_from_slice(&digest.finalize()[..length]);
    name
}

fn add(digest: &mut Sha256, value: &Value) {
    match value {
        Value::Array(items) => {
            digest.update(b"[");
            items.iter().for_each(|item| add(digest, item));
            digest.update(b"]");
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            digest.update(b"{");
            for (name, value) in members {
                text(digest, name);
                add(digest, value);
            }
            digest.update(b"}");
        }
        Value::String(of) => text(digest, of),
        scalar => {
            digest.update(b"s");
            text(digest, &scalar.to_string());
        }
    }
}

/// A text with its length, so that two texts never read as one.
fn text(digest: &mut Sha256, of: &str) {
    digest.update((of.len() as u64).to_be_bytes());
    digest.update(of.as_bytes());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn content_counts_and_order_does_not() {
        let name = |app: &str, text: &str| {
            fingerprint(&AppId::from(app), &serde_json::from_str(text).unwrap())
        };
        let one = name("a", r#"{"x":1,"y":{"b":"2","a":[1,2]}}"#);
        assert_eq!(one, name("a", r#"{ "y" : {"a":[1,2],"b":"2"}, "x":1 }"#));
        for other in [
            r#"{"x":1,"y":{"b":"2","a":[2,1]}}"#,
            r#"{"x":1,"y":{"b":2,"a":[1,2]}}"#,
            r#"{"x":1,"y":{"b":"2","a":[1],"c":2}}"#,
            r#"{"x":1}"#,
        ] {
            assert_ne!(one, name("a", other), "{other}");
        }
        assert_ne!(
            fingerprint(&"a".into(), &json!({})),
            fingerprint(&"b".into(), &json!({}))
        );
    }
}
