//! The key of one day, region and secret.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::SERVICE;

type HmacSha256 = Hmac<Sha256>;

/// A key that signs for one UTC day, region and secret. Deriving it takes
/// four HMACs, so callers with many requests keep it; see
/// [`Parsed::verify_with`](crate::Parsed::verify_with).
#[derive(Clone)]
pub struct SigningKey(HmacSha256);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl SigningKey {
    /// The key for `day` (`yyyymmdd`) and `region`.
    #[must_use]
    pub fn derive(secret: &str, day: &str, region: &str) -> Self {
        let first = mac(format!("AWS4{secret}").as_bytes());
        let key = [day, region, SERVICE, "aws4_request"]
            .into_iter()
            .fold(first, |key, part| mac(&finish(key, part.as_bytes())));
        Self(key)
    }

    /// The signature of a string to sign, in lower-case hex.
    pub(crate) fn sign(&self, string_to_sign: &str) -> String {
        hex::encode(finish(self.0.clone(), string_to_sign.as_bytes()))
    }
}

fn mac(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn finish(mut mac: HmacSha256, data: &[u8]) -> [u8; 32] {
    mac.update(data);
    mac.finalize().into_bytes().into()
}
