//! Recreates a project from what SDKs and the AWS CLI returned of it (`docs/migration.md`).
//!
//! Belongs: recognising responses, the order in which they can be taken, what must be adapted, the
//! report of every item. Elsewhere: the rules of each resource, which hold here as for any caller.
//!
//! Identifiers, versions and dates are kept. What is there already is left as it is, so that the
//! same files can be taken again and again.

mod app;
mod campaign;
mod channel;
mod event_stream;
mod item;
mod journey;
mod recommender;
mod report;
mod segment;
mod template;

use std::collections::BTreeSet;

use clock::Timestamp;
use model::AppId;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::Operation;

use item::{Item, Kind};
pub use report::{Outcome, Report, ReportItem};

use crate::error::ApiError;
use crate::state::AppState;

/// Items that are taken at once.
const ITEMS_MAX: usize = 100_000;

/// A file of responses.
#[derive(Debug, Clone)]
pub struct Source {
    /// What the report calls it.
    pub name: String,
    /// One response, with or without its wrapper member, or a list of them.
    pub json: Value,
}

/// Takes everything in `sources` that this server can hold, in the order that references need.
///
/// # Errors
/// The store failed, or there are more than 100,000 items. What was taken before stays; the same
/// call goes on from there.
pub async fn migrate(state: &AppState, sources: Vec<Source>) -> Result<Report, ApiError> {
    let mut migration = Migration {
        state,
        now: state.now(),
        report: Report::default(),
        unnamed_apps: BTreeSet::new(),
    };
    let mut items = Vec::new();
    for source in sources {
        item::collect(&source.name, source.json, &mut items, &mut migration.report);
    }
    if items.len() > ITEMS_MAX {
        return Err(ApiError::bad_request(format!(
            "{} items are more than the {ITEMS_MAX} that can be taken at once",
            items.len()
        )));
    }
    items.sort_by_key(|item| item.kind);
    let mut items = items.into_iter().peekable();
    while let Some(first) = items.next() {
        let mut alike = vec![first];
        while let Some(next) = items.next_if(|next| next.kind == alike[0].kind) {
            alike.push(next);
        }
        migration.take(alike).await?;
    }
    Ok(migration.report)
}

/// A migration under way.
struct Migration<'a> {
    state: &'a AppState,
    now: Timestamp,
    report: Report,
    /// Applications that items belong to and that no item describes, as far as reported.
    unnamed_apps: BTreeSet<AppId>,
}

impl Migration<'_> {
    /// Takes items of one kind.
    async fn take(&mut self, items: Vec<Item>) -> Result<(), ApiError> {
        match items[0].kind {
            Kind::App => self.each(items, app::app).await,
            Kind::Settings => self.each(items, app::settings).await,
            Kind::Channel => self.each(items, channel::channel).await,
            Kind::EventStream => self.each(items, event_stream::event_stream).await,
            Kind::Recommender => self.each(items, recommender::recommender).await,
            Kind::Template(kind) => template::take(self, kind, items).await,
            Kind::Segment => segment::take(self, items).await,
            Kind::Campaign => self.each(items, campaign::campaign).await,
            Kind::Journey => self.each(items, journey::journey).await,
        }
    }

    /// Takes items one after the other by `take`.
    async fn each(
        &mut self,
        items: Vec<Item>,
        take: impl AsyncFn(&mut Self, &Item) -> Result<Outcome, ApiError>,
    ) -> Result<(), ApiError> {
        for item in items {
            let outcome = take(self, &item).await;
            self.note(&item, outcome)?;
        }
        Ok(())
    }

    /// Notes what became of an item.
    ///
    /// # Errors
    /// The server failed, so that going on makes no sense.
    fn note(&mut self, item: &Item, outcome: Result<Outcome, ApiError>) -> Result<(), ApiError> {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) if error.status().is_server_error() => return Err(error),
            Err(error) => Outcome::Refused(error.message().to_owned()),
        };
        self.report
            .add(&item.source, item.kind.word(), item.name(), outcome);
        Ok(())
    }

    /// The application of an item, which is created if nothing describes it.
    async fn app_of(&mut self, item: &Item) -> Result<AppId, ApiError> {
        let id = AppId::from(item.needed("ApplicationId")?);
        if app::create_unnamed(self, &id).await? && self.unnamed_apps.insert(id.clone()) {
            let note = "no file describes it; its name is its identifier".to_owned();
            let outcome = Outcome::Adapted(vec![note]);
            self.report
                .add(&item.source, Kind::App.word(), id.to_string(), outcome);
        }
        Ok(id)
    }

    /// Reads an item as the request that would make it.
    ///
    /// # Errors
    /// A member has an unusable value.
    fn request<T: DeserializeOwned>(
        &self,
        operation: Operation,
        item: &Item,
    ) -> Result<T, ApiError> {
        wire::validate(operation, &item.json)?;
        T::deserialize(&item.json).map_err(|error| ApiError::bad_request(error.to_string()))
    }
}
