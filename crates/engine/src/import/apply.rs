//! What becomes of the rows of a piece.

use std::collections::BTreeMap;

use audience::rows::Row;
use audience::{MergeContext, NewEndpoint, check_size, merge, validate_id, validate_user_id};
use futures::{StreamExt, stream};
use model::{
    AppId, ChannelType, Endpoint, EndpointId, EndpointSet, EndpointUpdate, ImportJob, Ordinal,
    SegmentId, UserId,
};
use sha2::{Digest, Sha256};
use store::{ApplyMode, EndpointWrite, Refusal, StoreError, WriteContext, WriteOrigin, Written};

use super::ImportJobs;
use super::reader::ReadPiece;

/// Rows given to the store at once; between two such groups other writers have their turn.
const ROWS_AT_ONCE: usize = 1_000;

/// Groups that the store works on at the same time: one is prepared while the one before it becomes
/// durable.
const GROUPS_AT_ONCE: usize = 2;

/// What became of a piece.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Rows, good and bad.
    pub(super) processed: u64,
    /// Bad rows: line and reason, by line.
    pub(super) failures: Vec<(u64, String)>,
    /// Good rows by channel, users not among them.
    pub(super) channel_counts: BTreeMap<ChannelType, u64>,
}

/// A row about an endpoint.
struct EndpointRow {
    line: u64,
    id: Option<EndpointId>,
    update: EndpointUpdate,
}

/// A row that was given to the store.
struct WrittenRow {
    line: u64,
    /// The channel that it names.
    channel: Option<ChannelType>,
    result: Result<Written, Refusal>,
}

/// What a piece adds to the segment.
#[derive(Default)]
struct Members {
    endpoints: EndpointSet,
    users: Vec<UserId>,
    snapshots: Vec<Endpoint>,
}

/// Applies pieces of one job.
pub(super) struct Applier<'a> {
    pub(super) jobs: &'a ImportJobs,
    pub(super) job: &'a ImportJob,
    pub(super) members_version: u32,
}

impl Applier<'_> {
    /// Applies the rows of a piece of the file `key`. Applying it again changes nothing.
    pub(super) async fn apply(&self, key: &str, piece: ReadPiece) -> Result<Applied, StoreError> {
        let mut applied = Applied {
            processed: piece.rows.len() as u64,
            ..Applied::default()
        };
        let mut members = Members::default();
        let mut rows = Vec::new();
        for (line, row) in piece.rows {
            match row {
                Ok(Row::Endpoint { id, update }) => rows.push(EndpointRow {
                    line,
                    id,
                    update: *update,
                }),
                Ok(Row::Users(users)) => match self.check_users(&users) {
                    Ok(()) => members.users.extend(users),
                    Err(reason) => applied.failures.push((line, reason)),
                },
                Err(reason) => applied.failures.push((line, reason)),
            }
        }
        let mut rows = rows.into_iter();
        let groups = std::iter::from_fn(|| {
            let group: Vec<EndpointRow> = rows.by_ref().take(ROWS_AT_ONCE).collect();
            (!group.is_empty()).then_some(group)
        });
        if self.job.definition.register_endpoints {
            // The store keeps the order of calls, so later rows win although calls overlap.
            let mut written = stream::iter(groups)
                .map(|rows| self.register(key, rows))
                .buffered(GROUPS_AT_ONCE);
            while let Some(written) = written.next().await {
                self.count_written(written?, &mut members, &mut applied)
                    .await?;
            }
        } else {
            for rows in groups {
                self.list(key, rows, &mut members, &mut applied).await?;
            }
        }
        if let Some(segment) = self.segment() {
            let Members {
                endpoints,
                users,
                snapshots,
            } = members;
            self.jobs
                .store
                .endpoints
                .add_members(
                    self.app(),
                    segment,
                    self.members_version,
                    endpoints,
                    users,
                    snapshots,
                )
                .await?;
        }
        applied.failures.sort_by_key(|(line, _)| *line);
        Ok(applied)
    }

    fn app(&self) -> &AppId {
        &self.job.app
    }

    fn segment(&self) -> Option<&SegmentId> {
        let definition = &self.job.definition;
        definition
            .segment_id
            .as_ref()
            .filter(|_| definition.define_segment)
    }

    fn check_users(&self, users: &[UserId]) -> Result<(), String> {
        if self.segment().is_none() {
            return Err("a user alone needs DefineSegment".to_owned());
        }
        users
            .iter()
            .try_for_each(|user| validate_user_id(user.as_str()))
            .map_err(|violation| violation.to_string())
    }

    /// Writes the endpoints.
    async fn register(
        &self,
        key: &str,
        rows: Vec<EndpointRow>,
    ) -> Result<Vec<WrittenRow>, StoreError> {
        let facts: Vec<(u64, Option<ChannelType>)> = rows
            .iter()
            .map(|row| (row.line, row.update.channel))
            .collect();
        let writes = rows
            .into_iter()
            .map(|row| EndpointWrite {
                id: row.id.unwrap_or_else(|| self.new_id(key, row.line)),
                update: row.update,
            })
            .collect();
        let context = WriteContext {
            now: self.jobs.clock.now(),
            request_id: self.job.id.to_string(),
            origin: WriteOrigin::Import,
        };
        let endpoints = &self.jobs.store.endpoints;
        let results = endpoints
            .apply(self.app(), writes, ApplyMode::Each, &context)
            .await?;
        Ok(facts
            .into_iter()
            .zip(results)
            .map(|((line, channel), result)| WrittenRow {
                line,
                channel,
                result,
            })
            .collect())
    }

    /// Counts rows that were given to the store.
    async fn count_written(
        &self,
        rows: Vec<WrittenRow>,
        members: &mut Members,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        let mut of_unsaid_channel = Vec::new();
        for row in rows {
            match row.result {
                Ok(written) => {
                    members.endpoints.insert(written.ordinal);
                    match row.channel {
                        Some(channel) => applied.count(channel),
                        None => of_unsaid_channel.push(written.ordinal),
                    }
                }
                Err(refusal) => applied.failures.push((row.line, refusal.to_string())),
            }
        }
        if self.segment().is_some() && !of_unsaid_channel.is_empty() {
            let endpoints = &self.jobs.store.endpoints;
            let loaded = endpoints.load(self.app(), &of_unsaid_channel).await?;
            loaded
                .into_iter()
                .flatten()
                .filter_map(|endpoint| endpoint.channel)
                .for_each(|channel| applied.count(channel));
        }
        Ok(())
    }

    /// Puts the endpoints into the segment alone: those that are registered by their identifier,
    /// those that are fully defined as snapshots (`docs/spec/audience.md §10.7`).
    async fn list(
        &self,
        key: &str,
        rows: Vec<EndpointRow>,
        members: &mut Members,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        let (mut defined, mut named) = (Vec::new(), Vec::new());
        for row in rows {
            if let Some(Err(violation)) = row.id.as_ref().map(|id| validate_id(id.as_str())) {
                applied.failures.push((row.line, violation.to_string()));
                continue;
            }
            match (row.id, row.update.channel, &row.update.address) {
                (id, Some(channel), Some(_)) => {
                    let id = id.unwrap_or_else(|| self.new_id(key, row.line));
                    defined.push((row.line, id, channel, row.update));
                }
                (Some(id), _, _) => named.push((row.line, id)),
                (None, ..) => applied.failures.push((
                    row.line,
                    "neither an Id nor a ChannelType with an Address".to_owned(),
                )),
            }
        }
        self.snapshot(defined, members, applied).await?;
        self.refer(named, members, applied).await
    }

    /// Snapshots endpoints that are fully defined.
    async fn snapshot(
        &self,
        rows: Vec<(u64, EndpointId, ChannelType, EndpointUpdate)>,
        members: &mut Members,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        let ids: Vec<EndpointId> = rows.iter().map(|(_, id, ..)| id.clone()).collect();
        let endpoints = &self.jobs.store.endpoints;
        let ordinals = endpoints.ordinals(self.app(), &ids, true).await?;
        let context = MergeContext {
            now: self.jobs.clock.now(),
            request_id: self.job.id.as_str(),
            import: true,
            limits: &self.jobs.limits.endpoint,
        };
        for ((line, id, channel, update), ordinal) in rows.into_iter().zip(ordinals) {
            let Some(ordinal) = ordinal else { continue };
            let new = NewEndpoint {
                app: self.app().clone(),
                id,
                ordinal,
                cohort: (self.jobs.clock.random_u64() % 100) as u8,
            };
            let snapshot = merge(None, &new, &update, &context).and_then(|snapshot| {
                check_size(&snapshot, context.limits)?;
                Ok(snapshot)
            });
            match snapshot {
                Ok(snapshot) => {
                    members.endpoints.insert(ordinal);
                    members.snapshots.push(snapshot);
                    applied.count(channel);
                }
                Err(violation) => applied.failures.push((line, violation.to_string())),
            }
        }
        Ok(())
    }

    /// Refers to registered endpoints by their identifiers.
    async fn refer(
        &self,
        rows: Vec<(u64, EndpointId)>,
        members: &mut Members,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        let ids: Vec<EndpointId> = rows.iter().map(|(_, id)| id.clone()).collect();
        let endpoints = &self.jobs.store.endpoints;
        let ordinals = endpoints.ordinals(self.app(), &ids, false).await?;
        let known: Vec<Ordinal> = ordinals.iter().flatten().copied().collect();
        let loaded = endpoints.load(self.app(), &known).await?;
        let mut found = loaded.into_iter();
        for ((line, id), ordinal) in rows.into_iter().zip(ordinals) {
            match ordinal.and_then(|_| found.next().flatten()) {
                Some(endpoint) => {
                    members.endpoints.insert(endpoint.ordinal);
                    if let Some(channel) = endpoint.channel {
                        applied.count(channel);
                    }
                }
                None => applied.failures.push((
                    line,
                    format!("endpoint {id} does not exist and the row does not define it"),
                )),
            }
        }
        Ok(())
    }

    /// The identifier of a row that has none: 32 hex digits that are the same whenever the row is
    /// applied again.
    fn new_id(&self, key: &str, line: u64) -> EndpointId {
        let mut hash = Sha256::new();
        hash.update(self.job.id.as_str());
        hash.update(line.to_le_bytes());
        hash.update(key);
        let digits: String = hash.finalize()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        EndpointId::new(digits)
    }
}

impl Applied {
    fn count(&mut self, channel: ChannelType) {
        *self.channel_counts.entry(channel).or_default() += 1;
    }
}
