//! Secrets sealed with XChaCha20-Poly1305 under the master key.

use async_trait::async_trait;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use clock::Clock;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use store::{Secrets, StoreError};

use crate::documents::{Change, Opened, Sqlite};
use crate::folder::Folder;
use crate::{OpenError, Options};

/// Bytes of a nonce, stored before the ciphertext.
const NONCE_LEN: usize = 24;
/// Under this name lies a known text that tells whether the master key fits. Secrets have a prefix,
/// so that none can replace it.
const CHECK_NAME: &str = "check";
const CHECK_TEXT: &[u8] = b"this master key fits";
/// Before the names of secrets in the table.
const SECRET_PREFIX: &str = "secret/";

/// The key that everything secret depends on.
pub(crate) struct MasterKey([u8; 32]);

impl MasterKey {
    /// The key given in `options`, or the folder's own, checked against what is stored.
    pub fn resolve(
        folder: &Folder,
        options: &Options,
        clock: &Clock,
        opened: &Opened,
    ) -> Result<Self, OpenError> {
        let check = opened.sealed(CHECK_NAME)?;
        let key = match (options.master_key, folder.read_key()?) {
            (Some(key), _) => Self(key),
            (None, Some(text)) => Self(
                hex::decode(text.trim())
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .ok_or_else(|| OpenError::BadMasterKeyFile(folder.key_path()))?,
            ),
            (None, None) if check.is_some() => {
                return Err(OpenError::MissingMasterKey(folder.dir().to_owned()));
            }
            (None, None) => {
                let key = clock.random_bytes::<32>();
                folder.write_key(&format!("{}\n", hex::encode(key)))?;
                Self(key)
            }
        };
        let seal = Seal::new(&key);
        match check {
            Some(sealed) => match seal.open(CHECK_NAME, &sealed) {
                Some(text) if text == CHECK_TEXT => {}
                _ => return Err(OpenError::WrongMasterKey(folder.dir().to_owned())),
            },
            None => opened.put_sealed(CHECK_NAME, &seal.close(CHECK_NAME, CHECK_TEXT, clock)?)?,
        }
        Ok(key)
    }

    /// A key that reveals nothing of the master key or of keys for other purposes.
    fn derive(&self, purpose: &str, label: &str) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&self.0)
            .expect("a MAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(label.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Seals and opens under names.
struct Seal(XChaCha20Poly1305);

impl Seal {
    fn new(master: &MasterKey) -> Self {
        let key = master.derive("seal", "");
        Self(XChaCha20Poly1305::new(Key::from_slice(&key)))
    }

    fn close(&self, name: &str, text: &[u8], clock: &Clock) -> Result<Vec<u8>, StoreError> {
        let nonce = clock.random_bytes::<NONCE_LEN>();
        let payload = Payload {
            msg: text,
            aad: name.as_bytes(),
        };
        let sealed = self
            .0
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| StoreError::Backend("the secret is too long to be sealed".to_owned()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, msg) = sealed.split_at_checked(NONCE_LEN)?;
        let aad = name.as_bytes();
        self.0
            .decrypt(XNonce::from_slice(nonce), Payload { msg, aad })
            .ok()
    }
}

/// Secrets beside the documents.
pub(crate) struct SealedSecrets {
    documents: Sqlite,
    master_key: MasterKey,
    seal: Seal,
    clock: Clock,
}

impl SealedSecrets {
    pub fn new(documents: Sqlite, master_key: MasterKey, clock: Clock) -> Self {
        Self {
            documents,
            seal: Seal::new(&master_key),
            master_key,
            clock,
        }
    }
}

fn stored_name(name: &str) -> String {
    format!("{SECRET_PREFIX}{name}")
}

#[async_trait]
impl Secrets for SealedSecrets {
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let stored = stored_name(name);
        let Some(sealed) = self.documents.read_sealed(&stored).await? else {
            return Ok(None);
        };
        let secret = self.seal.open(&stored, &sealed);
        secret.map(Some).ok_or_else(|| StoreError::Damaged {
            what: format!("secret {name}"),
            reason: "it was not sealed under this name and master key".to_owned(),
        })
    }

    async fn put(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        let name = stored_name(name);
        let sealed = self.seal.close(&name, secret, &self.clock)?;
        self.documents
            .change(vec![Change::PutSealed { name, sealed }])
            .await
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        let name = stored_name(name);
        self.documents
            .change(vec![Change::DeleteSealed { name }])
            .await
    }

    fn derived_key(&self, label: &str) -> [u8; 32] {
        self.master_key.derive("derive", label)
    }
}
