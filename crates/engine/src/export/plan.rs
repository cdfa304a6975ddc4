//! What a job keeps beside its public record until it ends.

use clock::Timestamp;
use model::{AppId, EndpointSet, ExportJob, JobId, SegmentId};
use serde::{Deserialize, Serialize};
use store::{DocumentKey, Expect, Resource, Write};

/// The kind of the document that a running job keeps under its application.
pub const DOCUMENT_KIND: &str = Plan::KIND;

/// Whom a job exports, written once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) app: AppId,
    pub(super) job: JobId,
    pub(super) created: Timestamp,
    /// The endpoints.
    #[serde(with = "model::set::text")]
    pub(super) members: EndpointSet,
    /// Stored lists in which endpoints that are not registered have their snapshots.
    pub(super) snapshots: Vec<(SegmentId, u32)>,
}

impl Resource for Plan {
    const KIND: &'static str = "export_plan";

    fn parent(&self) -> String {
        self.app.to_string()
    }

    fn id(&self) -> String {
        self.job.to_string()
    }

    fn created(&self) -> Timestamp {
        self.created
    }
}

/// The write that removes what `job` kept beside its record.
pub(super) fn forget(job: &ExportJob) -> Write {
    Write::Delete {
        key: DocumentKey {
            kind: DOCUMENT_KIND,
            parent: job.app.to_string(),
            id: job.id.to_string(),
        },
        expect: Expect::Any,
    }
}

/// The key of the file of number `piece`, from 1, below the key `prefix`.
pub(super) fn key(prefix: &str, job: &JobId, piece: u32) -> String {
    let folder = prefix.trim_matches('/');
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{job}-{piece:05}.json.gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slash_after_the_prefix_is_optional() {
        let job = JobId::from("c1d2");
        for prefix in ["out/gold", "out/gold/", "/out/gold"] {
            assert_eq!(key(prefix, &job, 1), "out/gold/c1d2-00001.json.gz");
        }
        assert_eq!(key("", &job, 123_456), "c1d2-123456.json.gz");
    }
}
