//! Access keys: their making, and a bounded cache of those in use.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use clock::{Clock, Timestamp};
use model::{AccessKey, AppId, KeyId, Policy};
use parking_lot::{Mutex, RwLock};
use sigv4::SigningKey;
use store::{Store, StoreError};

use crate::identities::TemporaryKey;

/// Keys that are kept ready at most.
const CACHED_MAX: usize = 10_000;
/// Signing keys that are kept ready per key: one per day and region in use.
const SIGNING_KEYS_MAX: usize = 8;
/// Bytes of randomness in a secret.
const SECRET_BYTES: usize = 30;

/// A key with what verifies its signatures.
pub(crate) struct Credential {
    pub(crate) key: AccessKey,
    secret: String,
    pub(crate) session_token: Option<String>,
    signing: Mutex<Vec<(String, String, SigningKey)>>,
}

impl Credential {
    fn new(key: AccessKey, secret: String, session_token: Option<String>) -> Arc<Self> {
        Arc::new(Self {
            key,
            secret,
            session_token,
            signing: Mutex::default(),
        })
    }

    /// A key that the issuer of temporary credentials knows by its token.
    pub(crate) fn issued(issued: TemporaryKey) -> Arc<Self> {
        Self::new(issued.key, issued.secret, Some(issued.session_token))
    }

    /// The key that signs for a day and region.
    pub(crate) fn signing_key(&self, day: &str, region: &str) -> SigningKey {
        let mut kept = self.signing.lock();
        if let Some((_, _, key)) = kept.iter().find(|(d, r, _)| d == day && r == region) {
            return key.clone();
        }
        let key = SigningKey::derive(&self.secret, day, region);
        if kept.len() == SIGNING_KEYS_MAX {
            kept.remove(0);
        }
        kept.push((day.to_owned(), region.to_owned(), key.clone()));
        key
    }
}

/// Finds keys; what was found stays ready until the key is deleted.
pub(crate) struct Keys {
    store: Store,
    configured: Option<Arc<Credential>>,
    ready: RwLock<HashMap<KeyId, Arc<Credential>>>,
}

impl Keys {
    pub(crate) fn new(store: Store, configured: Option<(String, String)>) -> Self {
        let configured = configured.map(|(id, secret)| {
            let key = AccessKey {
                id: KeyId::new(id),
                policy: Policy::Admin,
                app: None,
                description: Some("from the configuration".to_owned()),
                expires: None,
                created: Timestamp::default(),
            };
            Credential::new(key, secret, None)
        });
        Self {
            store,
            configured,
            ready: RwLock::default(),
        }
    }

    /// The key with this identifier.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Arc<Credential>>, StoreError> {
        if let Some(key) = self
            .configured
            .as_ref()
            .filter(|key| key.key.id.as_str() == id)
        {
            return Ok(Some(Arc::clone(key)));
        }
        let id = KeyId::from(id);
        if let Some(credential) = self.ready.read().get(&id) {
            return Ok(Some(Arc::clone(credential)));
        }
        let Some(key) = self.store.of::<AccessKey>().get("", id.as_str()).await? else {
            return Ok(None);
        };
        let secrets = &self.store.secrets;
        let Some(secret) = secrets.get(&secret_name(&id)).await?.and_then(text) else {
            return Ok(None);
        };
        let token = secrets.get(&token_name(&id)).await?.and_then(text);
        let credential = Credential::new(key.value, secret, token);
        let mut ready = self.ready.write();
        if ready.len() >= CACHED_MAX {
            ready.clear();
        }
        ready.insert(id, Arc::clone(&credential));
        Ok(Some(credential))
    }

    /// Deletes a key; it signs nothing any more when this returns.
    pub(crate) async fn delete(&self, id: &KeyId) -> Result<bool, StoreError> {
        let keys = self.store.of::<AccessKey>();
        let existed = keys.get("", id.as_str()).await?.is_some();
        keys.delete("", id.as_str()).await?;
        self.store.secrets.delete(&secret_name(id)).await?;
        self.store.secrets.delete(&token_name(id)).await?;
        self.ready.write().remove(id);
        Ok(existed)
    }
}

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it may do.
    pub policy: Policy,
    /// The only application that it may touch.
    pub app: Option<AppId>,
    /// Words for people.
    pub description: Option<String>,
    /// How long it is valid; a temporary key has a session token.
    pub lifetime: Option<Duration>,
}

/// A key that was made, with what is shown only once.
#[derive(Debug, Clone)]
pub struct CreatedKey {
    /// The key.
    pub key: AccessKey,
    /// Its secret.
    pub secret: String,
    /// The session token of a temporary key.
    pub session_token: Option<String>,
}

/// Makes an access key.
///
/// # Errors
/// The store failed.
pub async fn create_key(
    store: &Store,
    clock: &Clock,
    new: NewKey,
) -> Result<CreatedKey, StoreError> {
    let prefix = if new.lifetime.is_some() {
        "ASIA"
    } else {
        "AKIA"
    };
    let digits = hex::encode_upper(clock.random_bytes::<8>());
    let created = clock.now();
    let key = AccessKey {
        id: KeyId::new(format!("{prefix}{digits}")),
        policy: new.policy,
        app: new.app,
        description: new.description,
        expires: new.lifetime.map(|lifetime| created.plus(lifetime)),
        created,
    };
    let secret = STANDARD_NO_PAD.encode(clock.random_bytes::<SECRET_BYTES>());
    let session_token = new
        .lifetime
        .map(|_| STANDARD_NO_PAD.encode(clock.random_bytes::<96>()));
    // The secret first: a key that is listed can sign.
    store
        .secrets
        .put(&secret_name(&key.id), secret.as_bytes())
        .await?;
    if let Some(token) = &session_token {
        store
            .secrets
            .put(&token_name(&key.id), token.as_bytes())
            .await?;
    }
    store.of::<AccessKey>().create(&key).await?;
    Ok(CreatedKey {
        key,
        secret,
        session_token,
    })
}

fn secret_name(id: &KeyId) -> String {
    format!("access-key/{id}/secret")
}

fn token_name(id: &KeyId) -> String {
    format!("access-key/{id}/session-token")
}

fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}
