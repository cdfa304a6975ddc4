//! Endpoints on a log-structured store.

use std::sync::Arc;

use async_trait::async_trait;
use audience::ResolvedSegment;
use clock::{Clock, Timestamp};
use model::{
    AppId, Endpoint, EndpointId, EndpointSet, ImportedMembers, Ordinal, SegmentId, UserId,
};
use store::{
    ApplyMode, AttributeKind, AudienceCounts, EndpointWrite, Endpoints, Refusal, StoreError,
    WriteContext, Written,
};

use crate::folder::Folder;
use crate::{OpenError, Options};

pub(crate) struct Fjall;

pub(crate) fn open(_: Arc<Folder>, _: &Options, _: Clock) -> Result<Fjall, OpenError> {
    Ok(Fjall)
}

fn pending<T>() -> Result<T, StoreError> {
    Err(StoreError::Backend(
        "endpoints come with the next commit".to_owned(),
    ))
}

#[async_trait]
impl Endpoints for Fjall {
    async fn apply(
        &self,
        _: &AppId,
        _: Vec<EndpointWrite>,
        _: ApplyMode,
        _: &WriteContext,
    ) -> Result<Vec<Result<Written, Refusal>>, StoreError> {
        pending()
    }
    async fn get(&self, _: &AppId, _: &EndpointId) -> Result<Option<Endpoint>, StoreError> {
        pending()
    }
    async fn load(&self, _: &AppId, _: &[Ordinal]) -> Result<Vec<Option<Endpoint>>, StoreError> {
        pending()
    }
    async fn ordinals(
        &self,
        _: &AppId,
        _: &[EndpointId],
        _: bool,
    ) -> Result<Vec<Option<Ordinal>>, StoreError> {
        pending()
    }
    async fn delete(&self, _: &AppId, _: &[EndpointId]) -> Result<Vec<Endpoint>, StoreError> {
        pending()
    }
    async fn user(&self, _: &AppId, _: &UserId) -> Result<Vec<Endpoint>, StoreError> {
        pending()
    }
    async fn touch(&self, _: &AppId, _: Vec<(Ordinal, Timestamp)>) -> Result<(), StoreError> {
        pending()
    }
    async fn remove_attributes(
        &self,
        _: &AppId,
        _: AttributeKind,
        _: Vec<String>,
    ) -> Result<Vec<String>, StoreError> {
        pending()
    }
    async fn attribute_names(
        &self,
        _: &AppId,
        _: AttributeKind,
    ) -> Result<Vec<String>, StoreError> {
        pending()
    }
    async fn attribute_values(
        &self,
        _: &AppId,
        _: AttributeKind,
        _: &str,
        _: usize,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        pending()
    }
    async fn evaluate(
        &self,
        _: &AppId,
        _: &ResolvedSegment,
        _: Timestamp,
    ) -> Result<EndpointSet, StoreError> {
        pending()
    }
    async fn scan(&self, _: &AppId, _: Ordinal, _: usize) -> Result<Vec<Endpoint>, StoreError> {
        pending()
    }
    async fn counts(&self, _: &AppId) -> Result<AudienceCounts, StoreError> {
        pending()
    }
    async fn add_members(
        &self,
        _: &AppId,
        _: &SegmentId,
        _: u32,
        _: EndpointSet,
        _: Vec<UserId>,
        _: Vec<Endpoint>,
    ) -> Result<(), StoreError> {
        pending()
    }
    async fn members(
        &self,
        _: &AppId,
        _: &SegmentId,
        _: u32,
    ) -> Result<ImportedMembers, StoreError> {
        pending()
    }
    async fn snapshots(
        &self,
        _: &AppId,
        _: &SegmentId,
        _: u32,
        _: &[Ordinal],
    ) -> Result<Vec<Option<Endpoint>>, StoreError> {
        pending()
    }
    async fn drop_members(&self, _: &AppId, _: &SegmentId) -> Result<(), StoreError> {
        pending()
    }
    async fn drop_app(&self, _: &AppId) -> Result<(), StoreError> {
        pending()
    }
}
