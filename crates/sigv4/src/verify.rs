//! Decides whether a signature holds.

use std::time::Duration;

use clock::Timestamp;
use subtle::ConstantTimeEq;

use crate::{Malformed, Parsed, SigV4Error, SigningKey, canonical};

/// What the server accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The regions that this server answers for.
    pub regions: Vec<String>,
    /// Furthest that a request's date may lie from the time here, in
    /// milliseconds, either way; also how long a presigned request without
    /// `X-Amz-Expires` is valid.
    pub skew_ms_max: u64,
}

/// A request whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The region that it is meant for.
    pub region: String,
}

impl Parsed<'_> {
    /// Verifies the request with the secret of its access key.
    ///
    /// `expected_token` is the session token of a temporary credential, and
    /// `None` for a long-lived one, whose requests need no token.
    ///
    /// # Errors
    /// In this order: [`SigV4Error::UnknownRegion`], [`SigV4Error::Skewed`] or
    /// [`SigV4Error::Expired`], [`SigV4Error::BadSignature`],
    /// [`SigV4Error::WrongToken`].
    pub fn verify(
        &self,
        secret: &str,
        expected_token: Option<&str>,
        body_sha256: [u8; 32],
        now: Timestamp,
        policy: &Policy,
    ) -> Result<Verified, SigV4Error> {
        let key = SigningKey::derive(secret, &self.claim.day, &self.claim.region);
        self.verify_with(&key, expected_token, body_sha256, now, policy)
    }

    /// As [`verify`](Self::verify), with a key that the caller derived from
    /// the secret for [`day`](Self::day) and [`region`](Self::region).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_with(
        &self,
        key: &SigningKey,
        expected_token: Option<&str>,
        body_sha256: [u8; 32],
        now: Timestamp,
        policy: &Policy,
    ) -> Result<Verified, SigV4Error> {
        let region = &self.claim.region;
        if !policy.regions.contains(region) {
            return Err(SigV4Error::UnknownRegion(region.clone()));
        }
        self.check_time(now, Duration::from_millis(policy.skew_ms_max))?;
        let hash = canonical::request_hash(&self.parts, &self.claim.signed_headers, &body_sha256)
            .ok_or(Malformed::AbsentHeader)?;
        let signature = key.sign(&canonical::string_to_sign(&self.amz_date, region, &hash));
        if !equal(&signature, &self.claim.signature) {
            return Err(SigV4Error::BadSignature);
        }
        if let Some(expected) = expected_token
            && !equal(expected, self.session_token.as_deref().unwrap_or_default())
        {
            return Err(SigV4Error::WrongToken);
        }
        Ok(Verified {
            region: region.clone(),
        })
    }

    fn check_time(&self, now: Timestamp, skew: Duration) -> Result<(), SigV4Error> {
        let signed_at = self.signed_at;
        let skewed = SigV4Error::Skewed { signed_at, now };
        if signed_at > now.plus(skew) {
            return Err(skewed);
        }
        match self.expires_s {
            Some(seconds) => {
                let expired_at = signed_at.plus(Duration::from_secs(seconds.into()));
                if now > expired_at {
                    return Err(SigV4Error::Expired { expired_at, now });
                }
            }
            None if now > signed_at.plus(skew) => return Err(skewed),
            None => {}
        }
        Ok(())
    }
}

fn equal(ours: &str, theirs: &str) -> bool {
    ours.as_bytes().ct_eq(theirs.as_bytes()).into()
}
