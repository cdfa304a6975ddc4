//! Identities and temporary credentials that nothing has to remember: both carry what they are, and
//! a code that only this server can make. So issuing costs no storage, and credentials hold after
//! a restart and end with their time, with their pool, or with the master key.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use clock::{Clock, Timestamp};
use hmac::{Hmac, Mac as _};
use model::{AccessKey, AppId, KeyId, Policy};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// How long credentials are valid.
const LIFETIME: Duration = Duration::from_secs(3_600);
/// Random bytes of an identity; its other bytes are a code.
const RANDOM_BYTES: usize = 10;
/// Bytes of the code in a session token.
const CODE_BYTES: usize = 16;
/// The form of session tokens.
const TOKEN_VERSION: u8 = 1;
/// Bytes before the pool in a session token: version, end, identity.
const TOKEN_HEAD_BYTES: usize = 1 + 8 + 16;
/// Characters of a session token that are looked at.
const TOKEN_CHARS_MAX: usize = 1_024;

/// Issues identities and credentials for the configured pools.
pub(crate) struct Issuer {
    key: [u8; 32],
    /// Application by pool.
    pools: BTreeMap<String, AppId>,
}

/// Temporary credentials, as they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemporaryKey {
    pub(crate) key: AccessKey,
    pub(crate) secret: String,
    pub(crate) session_token: String,
}

impl Issuer {
    /// An issuer whose codes are made with `key`.
    pub(crate) fn new(key: [u8; 32], pools: BTreeMap<String, AppId>) -> Self {
        Self { key, pools }
    }

    /// A new identity of `pool`, such as `us-east-1:` and a UUID; `None` if there is no such pool.
    pub(crate) fn identity(&self, pool: &str, clock: &Clock) -> Option<String> {
        let (pool, _) = self.pools.get_key_value(pool)?;
        let mut bytes = [0; 16];
        bytes[..RANDOM_BYTES].copy_from_slice(&clock.random_bytes::<RANDOM_BYTES>());
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let code = self.code("identity", &[pool.as_bytes(), &bytes[..RANDOM_BYTES]]);
        bytes[RANDOM_BYTES..].copy_from_slice(&code[..16 - RANDOM_BYTES]);
        let digits = hex::encode(bytes);
        let groups = [
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ];
        Some(format!("{}:{}", region(pool), groups.join("-")))
    }

    /// Credentials for an identity that [`Self::identity`] made; `None` for any other text.
    pub(crate) fn issue(&self, identity: &str, now: Timestamp) -> Option<TemporaryKey> {
        let (of, uuid) = identity.rsplit_once(':')?;
        let bytes: [u8; 16] = hex::decode(uuid.replace('-', "")).ok()?.try_into().ok()?;
        let (random, code) = bytes.split_at(RANDOM_BYTES);
        let (pool, app) = self.pools.iter().find(|(pool, _)| {
            let expected = self.code("identity", &[pool.as_bytes(), random]);
            region(pool) == of && bool::from(expected[..code.len()].ct_eq(code))
        })?;
        let expires = now.plus(LIFETIME);
        let mut token = vec![TOKEN_VERSION];
        token.extend_from_slice(&expires.as_millis().to_be_bytes());
        token.extend_from_slice(&bytes);
        token.extend_from_slice(pool.as_bytes());
        let (id, secret) = self.pair(&token);
        let code = self.code("token", &[&token]);
        token.extend_from_slice(&code[..CODE_BYTES]);
        Some(TemporaryKey {
            key: access_key(id, app, expires),
            secret,
            session_token: STANDARD.encode(token),
        })
    }

    /// The credentials to which `session_token` belongs, whether they have ended or not; `None` if
    /// the token is not one of this server, its pool is gone, or the key is not `key_id`.
    pub(crate) fn find(&self, key_id: &str, session_token: &str) -> Option<TemporaryKey> {
        if session_token.len() > TOKEN_CHARS_MAX {
            return None;
        }
        let bytes = STANDARD.decode(session_token).ok()?;
        let (token, code) = bytes.split_at_checked(bytes.len().checked_sub(CODE_BYTES)?)?;
        let expected = self.code("token", &[token]);
        if !bool::from(expected[..CODE_BYTES].ct_eq(code)) {
            return None;
        }
        let (head, pool) = token.split_at_checked(TOKEN_HEAD_BYTES)?;
        let (version, rest) = head.split_first()?;
        let expires = rest.first_chunk::<8>()?;
        let app = self.pools.get(std::str::from_utf8(pool).ok()?)?;
        let (id, secret) = self.pair(token);
        (*version == TOKEN_VERSION && id == key_id).then(|| TemporaryKey {
            key: access_key(
                id,
                app,
                Timestamp::from_millis(i64::from_be_bytes(*expires)),
            ),
            secret,
            session_token: session_token.to_owned(),
        })
    }

    /// Access key and secret that belong to a token.
    fn pair(&self, token: &[u8]) -> (String, String) {
        let id = self.code("key", &[token]);
        let secret = self.code("secret", &[token]);
        (
            format!("ASIA{}", hex::encode_upper(&id[..8])),
            STANDARD_NO_PAD.encode(&secret[..30]),
        )
    }

    fn code(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any length is a key");
        for part in [purpose.as_bytes()].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// What a pool's name begins with.
fn region(pool: &str) -> &str {
    pool.split(':').next().unwrap_or_default()
}

fn access_key(id: String, app: &AppId, expires: Timestamp) -> AccessKey {
    AccessKey {
        id: KeyId::new(id),
        policy: Policy::Client,
        app: Some(app.clone()),
        description: None,
        expires: Some(expires),
        created: Timestamp::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: &str = "eu-west-1:11111111-2222-3333-4444-555555555555";

    fn issuer(key: u8, pools: &[(&str, &str)]) -> Issuer {
        let pools = pools
            .iter()
            .map(|(pool, app)| ((*pool).to_owned(), (*app).into()));
        Issuer::new([key; 32], pools.collect())
    }

    #[test]
    fn credentials_are_known_again_by_their_token_alone() {
        let (clock, _) = Clock::simulated(Timestamp::from_millis(1_000), 7);
        let pools = [(POOL, "app"), ("eu-west-1:0", "other")];
        let made = issuer(1, &pools);
        let identity = made.identity(POOL, &clock).unwrap();
        assert!(
            identity.starts_with("eu-west-1:") && identity.len() == 46,
            "{identity}"
        );
        assert_ne!(made.identity(POOL, &clock).unwrap(), identity);
        assert_eq!(made.identity("eu-west-1:9", &clock), None);

        let issued = made.issue(&identity, clock.now()).unwrap();
        assert_eq!(issued.key.app, Some("app".into()));
        assert_eq!(issued.key.expires, Some(clock.now().plus(LIFETIME)));
        let restarted = issuer(1, &pools);
        let id = issued.key.id.as_str();
        assert_eq!(
            restarted.find(id, &issued.session_token),
            Some(issued.clone())
        );

        assert_eq!(
            restarted.find("ASIA0000000000000000", &issued.session_token),
            None
        );
        assert_eq!(issuer(2, &pools).find(id, &issued.session_token), None);
        assert_eq!(issuer(1, &pools[1..]).find(id, &issued.session_token), None);
    }

    #[test]
    fn made_up_texts_are_refused() {
        let (clock, _) = Clock::simulated(Timestamp::from_millis(1_000), 7);
        let issuer = issuer(1, &[(POOL, "app")]);
        let identity = issuer.identity(POOL, &clock).unwrap();
        let elsewhere = identity.replace("eu-west-1", "us-east-1");
        for made_up in [
            "",
            "eu-west-1:",
            "eu-west-1:11111111-2222-4333-8444-555555555555",
            &elsewhere,
        ] {
            assert_eq!(issuer.issue(made_up, clock.now()), None, "{made_up}");
        }
        let issued = issuer.issue(&identity, clock.now()).unwrap();
        let bytes = STANDARD.decode(&issued.session_token).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let token = STANDARD.encode(changed);
            assert_eq!(issuer.find(issued.key.id.as_str(), &token), None, "{at}");
        }
        for token in ["", "AAAA", "not base64"] {
            assert_eq!(issuer.find(issued.key.id.as_str(), token), None);
        }
    }
}
