//! Where truth is kept: the traits that every backend implements.
//!
//! Belongs: documents (resources and work) with revisions, endpoints and users with their sets,
//! secrets, and the suite of tests that every backend passes.
//! Elsewhere: the backends (`store-embedded`), the event log (`events`).

mod backup;
mod channels;
mod document;
mod endpoints;
mod error;
mod loaded;
mod repository;
mod resources;
mod secrets;
#[cfg(feature = "suite")]
pub mod suite;

pub use backup::{AtInstant, Backup};
pub use document::{Document, DocumentKey, Documents, Expect, Page, Write};
pub use endpoints::{
    ApplyMode, AttributeKind, AudienceCounts, EndpointWrite, Endpoints, Refusal, WriteContext,
    WriteOrigin, Written, ZoneName, ZoneSets,
};
pub use error::StoreError;
pub use loaded::{Fingerprint, Intent, LoadedRecords};
pub use repository::{Repository, Resource, Stored, put};
pub use resources::{
    CampaignVersion, DeletedCampaign, EventCampaign, SegmentVersion, TemplateVersion, batches_from,
    version_id, version_parent,
};
pub use secrets::Secrets;

use std::sync::Arc;

/// A backend: everything that must survive.
#[derive(Clone)]
pub struct Store {
    /// Resources and work.
    pub documents: Arc<dyn Documents>,
    /// Endpoints and users.
    pub endpoints: Arc<dyn Endpoints>,
    /// Secrets, encrypted at rest.
    pub secrets: Arc<dyn Secrets>,
    /// Copies of all of it.
    pub backup: Arc<dyn Backup>,
}

impl Store {
    /// The typed view of one kind of resource.
    #[must_use]
    pub fn of<R: Resource>(&self) -> Repository<R> {
        Repository::new(Arc::clone(&self.documents))
    }
}
