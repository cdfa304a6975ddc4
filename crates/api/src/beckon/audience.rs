//! Figures and pick-lists of an application's audience.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{Path, State};
use bytes::Bytes;
use engine::segments::{self, ResolveError, SegmentSize};
use model::{
    AppId, Campaign, CampaignStatus, ChannelType, Endpoint, Segment, SegmentCriteria, SegmentId,
    SegmentRef, Template,
};
use serde::Serialize;
use store::AttributeKind;
use wire::shapes::WriteSegmentRequest;

use super::input::{InApp, Params, json};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::segments::wire::read_criteria;
use crate::state::AppState;

/// Campaigns that are looked at to count the active ones.
const CAMPAIGNS_READ: usize = 1_000;
/// Endpoints that are looked at for the values of a facet.
const FACETS_READ: usize = 200_000;
/// Endpoints that are read at once.
const SCANNED: usize = 5_000;
/// Values of a facet that are counted.
const FACET_VALUES_MAX: usize = 10_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Overview {
    endpoints: u64,
    users: u64,
    targetable: BTreeMap<&'static str, u64>,
    segments: u64,
    campaigns: u64,
    active_campaigns: usize,
    templates: u64,
}

pub(crate) async fn overview(
    State(state): State<AppState>,
    InApp(app): InApp,
) -> Result<Answer, ApiError> {
    let store = state.store();
    let parent = app.id.as_str();
    let counts = store.endpoints.counts(&app.id).await?;
    let campaigns = store.of::<Campaign>();
    let newest = campaigns.list(parent, None, CAMPAIGNS_READ).await?;
    let active = newest
        .items
        .iter()
        .filter(|campaign| is_active(campaign.status));
    Answer::json(&Overview {
        endpoints: counts.endpoints,
        users: counts.users,
        targetable: by_channel(counts.targetable),
        segments: store.of::<Segment>().count(parent).await?,
        campaigns: campaigns.count(parent).await?,
        active_campaigns: active.count(),
        templates: store.of::<Template>().count("").await?,
    })
}

/// Whether a campaign counts towards the quota (`docs/spec/campaigns.md §5`).
pub(crate) const fn is_active(status: CampaignStatus) -> bool {
    matches!(
        status,
        CampaignStatus::Scheduled | CampaignStatus::Executing | CampaignStatus::PendingNextRun
    )
}

fn by_channel(counts: BTreeMap<model::ChannelType, u64>) -> BTreeMap<&'static str, u64> {
    counts
        .into_iter()
        .map(|(channel, count)| (channel.as_str(), count))
        .collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Names {
    attributes: Vec<String>,
    user_attributes: Vec<String>,
    metrics: Vec<String>,
}

pub(crate) async fn attributes(
    State(state): State<AppState>,
    InApp(app): InApp,
) -> Result<Answer, ApiError> {
    let endpoints = &state.store().endpoints;
    Answer::json(&Names {
        attributes: endpoints
            .attribute_names(&app.id, AttributeKind::Attributes)
            .await?,
        user_attributes: endpoints
            .attribute_names(&app.id, AttributeKind::UserAttributes)
            .await?,
        metrics: endpoints
            .attribute_names(&app.id, AttributeKind::Metrics)
            .await?,
    })
}

#[derive(Serialize)]
struct Values {
    items: Vec<ValueCount>,
}

#[derive(Serialize)]
struct ValueCount {
    value: String,
    count: u64,
}

pub(crate) async fn values(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, kind, name)): Path<(String, String, String)>,
    params: Params,
) -> Result<Answer, ApiError> {
    let endpoints = &state.store().endpoints;
    let limit = params.limit()?;
    let found = match kind.as_str() {
        "attributes" => {
            endpoints
                .attribute_values(&app.id, AttributeKind::Attributes, &name, limit)
                .await?
        }
        "userAttributes" => {
            endpoints
                .attribute_values(&app.id, AttributeKind::UserAttributes, &name, limit)
                .await?
        }
        word => {
            let facet = facet(word).ok_or_else(ApiError::not_found)?;
            facet_values(&state, &app.id, facet, limit).await?
        }
    };
    let items = found
        .into_iter()
        .map(|(value, count)| ValueCount { value, count });
    Answer::json(&Values {
        items: items.collect(),
    })
}

/// A fact of endpoints that is not a custom attribute.
type Facet = fn(&Endpoint) -> Option<&str>;

fn facet(word: &str) -> Option<Facet> {
    Some(match word {
        "Country" => |it| it.location.country.as_deref(),
        "Platform" => |it| it.demographic.platform.as_deref(),
        "AppVersion" => |it| it.demographic.app_version.as_deref(),
        "Make" => |it| it.demographic.make.as_deref(),
        "Model" => |it| it.demographic.model.as_deref(),
        "Channel" => |it| it.channel.map(ChannelType::as_str),
        _ => return None,
    })
}

/// The most frequent values among the first endpoints of the application.
async fn facet_values(
    state: &AppState,
    app: &AppId,
    facet: Facet,
    limit: usize,
) -> Result<Vec<(String, u64)>, ApiError> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    let (mut from, mut seen) = (0, 0);
    while seen < FACETS_READ {
        let read = state.store().endpoints.scan(app, from, SCANNED).await?;
        seen += read.len();
        for value in read.iter().filter_map(facet) {
            if let Some(count) = counts.get_mut(value) {
                *count += 1;
            } else if counts.len() < FACET_VALUES_MAX {
                counts.insert(value.to_owned(), 1);
            }
        }
        match read.last() {
            Some(last) if read.len() == SCANNED => from = last.ordinal.saturating_add(1),
            _ => break,
        }
    }
    let mut values: Vec<_> = counts.into_iter().collect();
    values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    values.truncate(limit);
    Ok(values)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Size {
    endpoints: u64,
    targetable: BTreeMap<&'static str, u64>,
    evaluation_ms: u64,
}

pub(crate) async fn size_of_criteria(
    State(state): State<AppState>,
    InApp(app): InApp,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let criteria = criteria(&body)?;
    let begun = state.parts.clock.monotonic();
    let resolved = segments::resolve_criteria(state.store(), &app.id, &criteria, None).await?;
    let size = segments::size(state.store(), &app.id, &resolved, state.now()).await?;
    answer_size(&state, size, begun)
}

pub(crate) async fn size_of_segment(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, segment)): Path<(String, String)>,
    params: Params,
) -> Result<Answer, ApiError> {
    let reference = SegmentRef {
        id: SegmentId::new(segment),
        version: params.number("version")?,
    };
    let begun = state.parts.clock.monotonic();
    let resolved = resolve(&state, &app.id, &reference).await?;
    let size = segments::size(state.store(), &app.id, &resolved, state.now()).await?;
    answer_size(&state, size, begun)
}

/// The segment behind `reference`, ready to be evaluated.
///
/// # Errors
/// There is none, or something that it refers to is gone.
pub(crate) async fn resolve(
    state: &AppState,
    app: &AppId,
    reference: &SegmentRef,
) -> Result<audience::ResolvedSegment, ApiError> {
    let found = segments::find(state.store(), app, &reference.id, reference.version).await?;
    if found.is_none() {
        return Err(ApiError::not_found());
    }
    Ok(segments::resolve(state.store(), app, reference).await?)
}

/// The criteria of a body; no criteria mean everyone.
///
/// # Errors
/// They break a rule.
pub(crate) fn criteria(body: &[u8]) -> Result<SegmentCriteria, ApiError> {
    let request: WriteSegmentRequest = json(body)?;
    let criteria = read_criteria(request.dimensions, request.segment_groups)?
        .unwrap_or(SegmentCriteria::Everyone);
    audience::criteria::validate(&criteria)?;
    Ok(criteria)
}

fn answer_size(
    state: &AppState,
    size: SegmentSize,
    begun: std::time::Duration,
) -> Result<Answer, ApiError> {
    let took = state.parts.clock.monotonic().saturating_sub(begun);
    Answer::json(&Size {
        endpoints: size.endpoints,
        targetable: by_channel(size.targetable),
        evaluation_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    })
}

impl From<ResolveError> for ApiError {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Store(error) => error.into(),
            ResolveError::Vanished { .. }
            | ResolveError::Cycle(_)
            | ResolveError::TooDeep
            | ResolveError::TooMany => Self::bad_request(error),
        }
    }
}
