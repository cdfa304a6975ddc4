//! Secrets.

use super::ok;
use crate::Store;

/// A secret is what was put last, until it is deleted.
pub async fn keeps_replaces_and_forgets(store: &Store) {
    let secrets = &store.secrets;
    assert_eq!(ok(secrets.get("smtp").await), None);
    ok(secrets.put("smtp", b"one").await);
    ok(secrets.put("smtp", b"two").await);
    ok(secrets.put("other", b"").await);
    assert_eq!(ok(secrets.get("smtp").await), Some(b"two".to_vec()));
    assert_eq!(ok(secrets.get("other").await), Some(Vec::new()));
    ok(secrets.delete("smtp").await);
    ok(secrets.delete("smtp").await);
    assert_eq!(ok(secrets.get("smtp").await), None);
}

/// One label gives one key, another label another.
pub async fn derives_keys_by_label(store: &Store) {
    let tracking = store.secrets.derived_key("tracking");
    assert_eq!(store.secrets.derived_key("tracking"), tracking);
    assert_ne!(store.secrets.derived_key("session"), tracking);
    assert_ne!(tracking, [0; 32]);
}
