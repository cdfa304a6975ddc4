//! Hooks and webhooks: no campaign of these worlds has one, so whoever is called is not there.

use async_trait::async_trait;
use bytes::Bytes;
use engine::callees::{CalleeError, Callees, ProofError, Target};

/// What a server says that knows nobody of that name.
const NOT_FOUND: u16 = 404;

pub(super) struct Nobody;

#[async_trait]
impl Callees for Nobody {
    fn stays_here(&self, _: &Target) -> bool {
        false
    }

    async fn call(&self, _: &Target, _: Bytes) -> Result<Bytes, CalleeError> {
        Err(CalleeError::Status(NOT_FOUND))
    }

    async fn prove(&self, _: &str) -> Result<(), ProofError> {
        Err(ProofError::OtherAccount("nobody is there".to_owned()))
    }
}
