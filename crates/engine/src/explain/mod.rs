//! Why a person gets a message of a campaign or not: every rule with its inputs and its answer
//! (`docs/spec/campaigns.md §16`).
//!
//! Belongs: asking the rules of a run about one person, telling what became of that person in runs.
//! Elsewhere: the rules themselves (`run::pipeline`), membership (`audience`).

mod history;
mod membership;
mod standing;
mod steps;

use audience::ResolvedSegment;
use clock::Timestamp;
use model::{
    ActivityId, AppId, Campaign, Endpoint, EndpointId, Ordinal, Outcome, Run, SegmentRef, UserId,
};
use serde_json::{Map, Value};
use store::{Store, StoreError, version_parent};

pub use crate::dry_run::Place;

use crate::cohorts::Cohorts;
use crate::dry_run::planned_run::apart;
use crate::engine::Engine;
use crate::run::caps::RunCaps;
use crate::run::content::ContentError;
use crate::run::driver::messages;
use crate::segments::{self, ResolveError};
use history::history;
use standing::standing;
use steps::{Asked, Person};

/// Endpoints of a user that are explained; the others are left out.
pub const ENDPOINTS_MAX: usize = 15;
/// Runs whose outcome is told, newest first.
pub const RUNS_MAX: usize = 20;

/// Whom to explain.
#[derive(Debug, Clone)]
pub enum Who {
    /// This endpoint.
    Endpoint(EndpointId),
    /// The endpoints of this user.
    User(UserId),
}

/// How people stand to a campaign at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The instant.
    pub at: Timestamp,
    /// Whether it has passed: people are judged as they are now.
    pub past: bool,
    /// Each endpoint.
    pub people: Vec<Explained>,
}

/// How an endpoint stands to a campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Its user.
    pub user: Option<UserId>,
    /// What would become of it.
    pub verdict: Verdict,
    /// The treatment that it falls to; absent for the holdout.
    pub treatment: Option<u8>,
    /// When the next run of its treatment is due for it.
    pub due: Option<Timestamp>,
    /// Every rule, in order.
    pub steps: Vec<Step>,
    /// What became of it in runs, newest first.
    pub history: Vec<Past>,
}

/// What would become of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It gets the message.
    Send,
    /// Its message counts as sent and goes nowhere: the address is on the suppression list.
    Suppressed,
    /// It is no member.
    NotInSegment,
    /// Nobody gets a message: the campaign cannot run.
    Invalid,
    /// It gets no message, and counts so.
    Outcome(Outcome),
}

impl Verdict {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "SEND",
            Self::Suppressed => "SUPPRESSED",
            Self::NotInSegment => "NOT_IN_SEGMENT",
            Self::Invalid => "INVALID",
            Self::Outcome(outcome) => outcome.as_str(),
        }
    }
}

/// The answer of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The rule's word.
    pub rule: &'static str,
    /// Whether it lets the endpoint through; absent if it was not asked.
    pub passed: Option<bool>,
    /// The answer for people.
    pub detail: String,
    /// What the rule looked at.
    pub inputs: Map<String, Value>,
}

/// What became of an endpoint in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The run.
    pub run: ActivityId,
    /// The activity of the endpoint's treatment in it.
    pub activity: Option<ActivityId>,
    /// Its outcome, or where else it is.
    pub place: Place,
    /// When, as far as the event log still tells.
    pub at: Option<Timestamp>,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// No endpoint has this identifier, or the user has none.
    #[error("there is no such endpoint")]
    Unknown,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// How `who` stands to `campaign` at `at`, or now.
    ///
    /// # Errors
    /// Nobody is known by that name, or the store failed.
    pub async fn explain(
        &self,
        campaign: &Campaign,
        who: &Who,
        at: Option<Timestamp>,
    ) -> Result<Explanation, ExplainError> {
        let shared = self.shared();
        let store = &shared.store;
        let now = shared.clock.now();
        let at = at.unwrap_or(now);
        let segment = segment(store, campaign).await?;
        let sources = segment.as_ref().map(segments::snapshot_sources);
        let sources = sources.unwrap_or_default();
        let people = people(store, &campaign.app, who, &sources).await?;
        let runs = runs(store, campaign).await?;
        let ordinals: Vec<Ordinal> = people.iter().map(|person| person.ordinal).collect();
        let mut histories = history(shared, &runs, &ordinals).await?;
        let caps = RunCaps::apart(store, &shared.clock, campaign).await?;
        let cohorts = Cohorts::deal(campaign);
        let mut explained = Vec::with_capacity(people.len());
        for person in people {
            let history = histories.remove(&person.ordinal).unwrap_or_default();
            let treatment = cohorts.treatment(person.endpoint.as_ref());
            let (messages, unusable) = match messages(shared, campaign).await {
                Err(ContentError::Store(error)) => return Err(error.into()),
                Err(error) => (Vec::new(), Some(error.to_string())),
                Ok(messages) => (messages, None),
            };
            let run = standing(campaign, &runs, treatment, at, sources.clone());
            let context = apart(shared, run, campaign.clone(), messages, &caps);
            let asked = Asked {
                context: &context,
                segment: segment.as_ref().map_err(String::as_str),
                unusable: unusable.as_deref(),
                treatment,
                at,
            };
            explained.push(asked.explain(&person, history).await?);
        }
        Ok(Explanation {
            at,
            past: at < now,
            people: explained,
        })
    }
}

/// The campaign's segment, or why there is none.
async fn segment(
    store: &Store,
    campaign: &Campaign,
) -> Result<Result<ResolvedSegment, String>, StoreError> {
    let reference = SegmentRef {
        id: campaign.segment.clone(),
        version: Some(campaign.segment_version),
    };
    match segments::resolve(store, &campaign.app, &reference).await {
        Ok(segment) => Ok(Ok(segment)),
        Err(ResolveError::Store(error)) => Err(error),
        Err(broken) => Ok(Err(broken.to_string())),
    }
}

async fn people(
    store: &Store,
    app: &AppId,
    who: &Who,
    sources: &[(model::SegmentId, u32)],
) -> Result<Vec<Person>, ExplainError> {
    let registered = |endpoint: Endpoint| Person {
        id: endpoint.id.clone(),
        ordinal: endpoint.ordinal,
        endpoint: Some(endpoint),
        registered: true,
    };
    let found: Vec<Person> = match who {
        Who::User(user) => {
            let linked = store.endpoints.user(app, user).await?;
            let some = linked.into_iter().take(ENDPOINTS_MAX);
            some.map(registered).collect()
        }
        Who::Endpoint(id) => match store.endpoints.get(app, id).await? {
            Some(endpoint) => vec![registered(endpoint)],
            None => gone(store, app, id, sources).await?.into_iter().collect(),
        },
    };
    if found.is_empty() {
        return Err(ExplainError::Unknown);
    }
    Ok(found)
}

/// An endpoint that is not registered: deleted, or a snapshot of a stored list.
async fn gone(
    store: &Store,
    app: &AppId,
    id: &EndpointId,
    sources: &[(model::SegmentId, u32)],
) -> Result<Option<Person>, StoreError> {
    let known = store
        .endpoints
        .ordinals(app, std::slice::from_ref(id), false);
    let Some(ordinal) = known.await?.pop().flatten() else {
        return Ok(None);
    };
    let mut found = segments::load(store, app, sources, &[ordinal]).await?;
    Ok(Some(Person {
        id: id.clone(),
        ordinal,
        endpoint: found.pop().flatten(),
        registered: false,
    }))
}

async fn runs(store: &Store, campaign: &Campaign) -> Result<Vec<Run>, StoreError> {
    let parent = version_parent(campaign.app.as_str(), campaign.id.as_str());
    let runs = store.of::<Run>();
    let page = runs.list(&parent, None, RUNS_MAX).await?;
    Ok(page.items.into_iter().map(|run| run.value).collect())
}
