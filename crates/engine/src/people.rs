//! Saves people of a campaign as a segment: a stored list, made of sets.

use clock::Clock;
use model::{
    AppId, CampaignId, EndpointSet, JobFormat, Ordinal, Run, RunBatch, Segment, SegmentCriteria,
    SegmentId, SegmentImport, Tags,
};
use store::{Expect, SegmentVersion, Store, StoreError, Stored, put, version_parent};

use crate::activities::Which;
use crate::segments;

/// Documents read at a time.
const PAGE: usize = 64;
/// Snapshots copied at a time.
const COPIED_AT_ONCE: usize = 1024;
/// The number under which the members are kept.
const MEMBERS_VERSION: u32 = 1;

/// Why no segment was made.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// It would have no members.
    #[error("nobody in the campaign has this outcome")]
    Nobody,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a stored list named `name` of the people of `campaign` that `which` names, as of now. It
/// keeps them whatever becomes of the campaign. Works batch by batch; nobody is read but those of
/// whom only a snapshot exists.
///
/// # Errors
/// There are no such people, or the store failed; no segment is left behind.
pub async fn save(
    store: &Store,
    clock: &Clock,
    app: &AppId,
    campaign: &CampaignId,
    which: Which<'_>,
    name: &str,
) -> Result<SegmentId, SaveError> {
    let id = SegmentId::new(clock.id());
    let list = List {
        store,
        app,
        segment: &id,
    };
    let saved = match list.fill(campaign, which).await {
        Ok(0) => Err(SaveError::Nobody),
        Ok(size) => list.define(clock, campaign, which, name, size).await,
        Err(error) => Err(error.into()),
    };
    if saved.is_err() {
        store.endpoints.drop_members(app, &id).await?;
    }
    saved.map(|()| id)
}

/// A list in the making.
struct List<'a> {
    store: &'a Store,
    app: &'a AppId,
    segment: &'a SegmentId,
}

impl List<'_> {
    /// Adds the people of every run; answers how many there are.
    async fn fill(&self, campaign: &CampaignId, which: Which<'_>) -> Result<u64, StoreError> {
        let parent = version_parent(self.app.as_str(), campaign.as_str());
        let mut all = EndpointSet::new();
        let mut after = None;
        loop {
            let runs = self.store.of::<Run>();
            let page = runs.list(&parent, after.as_ref(), PAGE).await?;
            for run in &page.items {
                self.add_run(run, which, &mut all).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all.len()),
            }
        }
    }

    async fn add_run(
        &self,
        run: &Stored<Run>,
        which: Which<'_>,
        all: &mut EndpointSet,
    ) -> Result<(), StoreError> {
        let Some(id) = run.activities.first() else {
            return Ok(());
        };
        if which.run.is_some_and(|only| only != id) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let batches = self.store.of::<RunBatch>();
            let page = batches.list(id.as_str(), after.as_ref(), PAGE).await?;
            for mut batch in page.items {
                let people = batch.outcomes.remove(&which.outcome);
                let fresh = people.unwrap_or_default() - &*all;
                if fresh.is_empty() {
                    continue;
                }
                if !run.snapshots.is_empty() {
                    self.copy_snapshots(run, &fresh).await?;
                }
                *all |= &fresh;
                self.add(fresh, Vec::new()).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Copies the snapshots that stand for people who are not registered.
    async fn copy_snapshots(&self, run: &Run, people: &EndpointSet) -> Result<(), StoreError> {
        let mut ordinals = people.iter();
        loop {
            let part: Vec<Ordinal> = ordinals.by_ref().take(COPIED_AT_ONCE).collect();
            if part.is_empty() {
                return Ok(());
            }
            let registered = self.store.endpoints.load(self.app, &part).await?;
            let missing: Vec<Ordinal> = part
                .into_iter()
                .zip(&registered)
                .filter(|(_, endpoint)| endpoint.is_none())
                .map(|(ordinal, _)| ordinal)
                .collect();
            let found = segments::load(self.store, self.app, &run.snapshots, &missing).await?;
            let snapshots: Vec<_> = found.into_iter().flatten().collect();
            if !snapshots.is_empty() {
                self.add(EndpointSet::new(), snapshots).await?;
            }
        }
    }

    async fn add(
        &self,
        people: EndpointSet,
        snapshots: Vec<model::Endpoint>,
    ) -> Result<(), StoreError> {
        self.store
            .endpoints
            .add_members(
                self.app,
                self.segment,
                MEMBERS_VERSION,
                people,
                Vec::new(),
                snapshots,
            )
            .await
    }

    /// Writes the segment, whose members are there.
    async fn define(
        &self,
        clock: &Clock,
        campaign: &CampaignId,
        which: Which<'_>,
        name: &str,
        size: u64,
    ) -> Result<(), SaveError> {
        let now = clock.now();
        let import = SegmentImport {
            format: JobFormat::Json,
            s3_url: format!(
                "beckon:campaigns/{campaign}/people/{}",
                which.outcome.as_str()
            ),
            role_arn: "arn:beckon:people".to_owned(),
            external_id: None,
            size,
            channel_counts: std::collections::BTreeMap::new(),
            members_version: MEMBERS_VERSION,
        };
        let segment = Segment {
            app: self.app.clone(),
            id: self.segment.clone(),
            name: Some(name.to_owned()),
            criteria: SegmentCriteria::Imported(import),
            version: 1,
            tags: Tags::new(),
            created: now,
            modified: now,
        };
        let writes = vec![
            put(&segment, Expect::Absent)?,
            put(&SegmentVersion(segment), Expect::Absent)?,
        ];
        Ok(self.store.documents.commit(writes).await?)
    }
}
