//! Charts.

use std::collections::BTreeMap;

use analytics::charts::{CampaignChart, CampaignTotals, Series, Step};
use analytics::{AnalyticsError, Filter, Group, Measure, MessageScope, Question, Window};
use axum::extract::{Path, State};
use clock::Timestamp;
use model::{AppId, Campaign};
use serde::Serialize;

use super::audience::is_active;
use super::campaigns::find;
use super::input::{InApp, Params};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// Days of a chart when the caller does not say.
const DAYS_DEFAULT: i64 = 30;
/// Days of a chart at most.
const DAYS_MAX: i64 = 90;
/// Charts of at most so many days have hours.
const HOURLY_DAYS_MAX: i64 = 3;
/// Campaigns that are looked at to count the active ones.
const CAMPAIGNS_READ: usize = 1_000;

/// `start` and `end`, 30 days up to now by default.
fn window(params: &Params, now: Timestamp) -> Result<Window, ApiError> {
    let end = params.instant("end")?.unwrap_or(now);
    let start = params.instant("start")?;
    let start = start.unwrap_or_else(|| Timestamp::from_utc_day(end.utc_day() - DAYS_DEFAULT + 1));
    if start > end {
        return Err(ApiError::bad_request(
            "start: expected an instant before end",
        ));
    }
    if end.utc_day() - start.utc_day() > DAYS_MAX {
        return Err(ApiError::bad_request(format!(
            "start: expected at most {DAYS_MAX} days before end"
        )));
    }
    Ok(Window { start, end })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UsageDay {
    date: String,
    daily_active_endpoints: f64,
    monthly_active_endpoints: f64,
    daily_active_users: f64,
    monthly_active_users: f64,
    new_endpoints: f64,
    new_users: f64,
    sessions: f64,
    sticky_factor: Option<f64>,
    retention7: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UsageTotals {
    active_endpoints: f64,
    active_users: f64,
    sessions: f64,
    new_endpoints: f64,
    new_users: f64,
}

#[derive(Serialize)]
struct Usage {
    days: Vec<UsageDay>,
    totals: UsageTotals,
}

pub(crate) async fn usage(
    State(state): State<AppState>,
    InApp(app): InApp,
    params: Params,
) -> Result<Answer, ApiError> {
    let window = window(&params, state.now())?;
    let last = window.end.utc_day();
    let first = window.start.utc_day().max(last - DAYS_MAX + 1);
    let chart = state
        .parts
        .analytics
        .usage(&app.id, first, last, None)
        .await?;
    let lines = Lines::new(&chart.series);
    let days = (first..=last).map(|day| {
        let at = Timestamp::from_utc_day(day);
        UsageDay {
            date: at.date(),
            daily_active_endpoints: lines.number("daily_active_endpoints", at),
            monthly_active_endpoints: lines.number("monthly_active_endpoints", at),
            daily_active_users: lines.number("daily_active_users", at),
            monthly_active_users: lines.number("monthly_active_users", at),
            new_endpoints: lines.number("new_endpoints", at),
            new_users: lines.number("new_users", at),
            sessions: lines.number("sessions", at),
            sticky_factor: lines.value("sticky_factor", at),
            retention7: lines.value("retention_7_days", at),
        }
    });
    Answer::json(&Usage {
        days: days.collect(),
        totals: UsageTotals {
            active_endpoints: lines.total("daily_active_endpoints"),
            active_users: lines.total("daily_active_users"),
            sessions: lines.total("sessions"),
            new_endpoints: lines.total("new_endpoints"),
            new_users: lines.total("new_users"),
        },
    })
}

/// The lines of a chart by name.
struct Lines<'a>(BTreeMap<&'static str, &'a Series>);

impl<'a> Lines<'a> {
    fn new(series: &'a [Series]) -> Self {
        Self(series.iter().map(|series| (series.name, series)).collect())
    }

    fn value(&self, name: &str, at: Timestamp) -> Option<f64> {
        let points = &self.0.get(name)?.points;
        let position = points.binary_search_by_key(&at, |point| point.at).ok()?;
        points.get(position)?.value
    }

    fn number(&self, name: &str, at: Timestamp) -> f64 {
        self.value(name, at).unwrap_or(0.0)
    }

    fn total(&self, name: &str) -> f64 {
        self.0
            .get(name)
            .and_then(|series| series.total)
            .unwrap_or(0.0)
    }
}

#[derive(Serialize)]
struct EventType {
    r#type: String,
    count: u64,
}

#[derive(Serialize)]
struct EventDay {
    date: String,
    count: f64,
    endpoints: f64,
    users: f64,
}

#[derive(Serialize)]
struct Events {
    types: Vec<EventType>,
    days: Vec<EventDay>,
}

pub(crate) async fn events(
    State(state): State<AppState>,
    InApp(app): InApp,
    params: Params,
) -> Result<Answer, ApiError> {
    let window = window(&params, state.now())?;
    let mut filter = Filter::new(window);
    match params.get("type").filter(|kind| !kind.is_empty()) {
        Some(kind) => filter.kinds.push(kind.to_owned()),
        None => filter = filter.from_clients(),
    }
    filter.attributes = params
        .0
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("attribute.")?;
            Some((name.to_owned(), vec![value.to_owned()]))
        })
        .collect();
    let analytics = &state.parts.analytics;
    let types = analytics.event_types(&app.id, window).await?;
    let series = analytics.event_series(&app.id, &filter, Step::Day).await?;
    let lines = Lines::new(&series);
    let days = (window.start.utc_day()..=window.end.utc_day()).map(|day| {
        let at = Timestamp::from_utc_day(day);
        EventDay {
            date: at.date(),
            count: lines.number("events", at),
            endpoints: lines.number("endpoints", at),
            users: lines.number("users", at),
        }
    });
    Answer::json(&Events {
        types: types
            .into_iter()
            .map(|it| EventType {
                r#type: it.name,
                count: it.count,
            })
            .collect(),
        days: days.collect(),
    })
}

#[derive(Serialize)]
struct CampaignDay {
    date: String,
    sent: f64,
    delivered: f64,
    opened: f64,
    clicked: f64,
    bounced: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Campaigns {
    sent: f64,
    delivered: f64,
    open_rate: Option<f64>,
    active_campaigns: usize,
    days: Vec<CampaignDay>,
}

pub(crate) async fn campaigns(
    State(state): State<AppState>,
    InApp(app): InApp,
    params: Params,
) -> Result<Answer, ApiError> {
    let window = window(&params, state.now())?;
    let by_day = |measure| measured(&state, &app.id, measure, window, Group::Day);
    let sent = by_day(Measure::Sent).await?;
    let delivered = by_day(Measure::Delivered).await?;
    let opened = by_day(Measure::Opens).await?;
    let clicked = by_day(Measure::Clicks).await?;
    let bounced = by_day(Measure::HardBounced).await?;
    let whole = |measure| measured(&state, &app.id, measure, window, Group::None);
    let total = |rows: &BTreeMap<String, f64>| rows.values().sum::<f64>();
    let all_delivered = total(&whole(Measure::Delivered).await?);
    let all_opened = total(&whole(Measure::DeliveredOpened).await?);
    let campaigns = state.store().of::<Campaign>();
    let newest = campaigns
        .list(app.id.as_str(), None, CAMPAIGNS_READ)
        .await?;
    let active = newest
        .items
        .iter()
        .filter(|it| is_active(it.status))
        .count();
    let days = (window.start.utc_day()..=window.end.utc_day()).map(|day| {
        let date = Timestamp::from_utc_day(day).date();
        let of = |rows: &BTreeMap<String, f64>| rows.get(&date).copied().unwrap_or(0.0);
        CampaignDay {
            sent: of(&sent),
            delivered: of(&delivered),
            opened: of(&opened),
            clicked: of(&clicked),
            bounced: of(&bounced),
            date,
        }
    });
    Answer::json(&Campaigns {
        days: days.collect(),
        sent: total(&whole(Measure::Sent).await?),
        delivered: all_delivered,
        open_rate: (all_delivered > 0.0).then(|| all_opened / all_delivered),
        active_campaigns: active,
    })
}

async fn measured(
    state: &AppState,
    app: &AppId,
    measure: Measure,
    window: Window,
    group: Group,
) -> Result<BTreeMap<String, f64>, ApiError> {
    let question = Question::Messages(measure, MessageScope::default(), window, group);
    let answer = state.parts.analytics.answer(app, &question).await?;
    Ok(answer
        .rows
        .into_iter()
        .map(|row| (row.group.unwrap_or_default(), row.value))
        .collect())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CampaignBody {
    start: String,
    end: String,
    totals: Metrics,
    treatments: Vec<TreatmentBody>,
    holdout: Holdout,
    runs: Vec<RunBody>,
    series: SeriesBody,
}

#[derive(Serialize)]
struct TreatmentBody {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    allocation: u8,
    metrics: Metrics,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Holdout {
    endpoints: u64,
    sessions_per_user: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunBody {
    activity_id: String,
    treatment_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<String>,
    metrics: Metrics,
}

#[derive(Serialize)]
struct SeriesBody {
    step: &'static str,
    points: Vec<PointBody>,
}

#[derive(Serialize)]
struct PointBody {
    time: String,
    sent: f64,
    delivered: f64,
    opened: f64,
    clicked: f64,
    bounced: f64,
    complained: f64,
    unsubscribed: f64,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    targeted: u64,
    sent: u64,
    delivered: u64,
    unique_opens: u64,
    opens: u64,
    unique_clicks: u64,
    clicks: u64,
    hard_bounces: u64,
    soft_bounces: u64,
    complaints: u64,
    unsubscribes: u64,
    delivery_rate: Option<f64>,
    open_rate: Option<f64>,
    click_rate: Option<f64>,
    bounce_rate: Option<f64>,
    sessions_per_user: Option<f64>,
}

/// What a campaign achieved: by default in the time since it was created, of which analytics
/// keeps the last 90 days.
pub(crate) async fn campaign(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
    params: Params,
) -> Result<Answer, ApiError> {
    let campaign = find(&state, &app.id, &campaign).await?;
    let now = state.now();
    let end = params.instant("end")?.unwrap_or(now);
    let reach = Timestamp::from_utc_day(end.utc_day() - DAYS_MAX + 1);
    let start = params.instant("start")?.unwrap_or(campaign.created);
    let window = Window {
        start: start.max(reach),
        end,
    };
    if window.start > window.end {
        return Err(ApiError::bad_request(
            "start: expected an instant before end",
        ));
    }
    let analytics = &state.parts.analytics;
    let chart = analytics.campaign(&app.id, &campaign.id, window).await?;
    let hourly = window.end.utc_day() - window.start.utc_day() < HOURLY_DAYS_MAX;
    let step = if hourly { Step::Hour } else { Step::Day };
    let series = analytics
        .campaign_series(&app.id, Some(&campaign.id), window, step)
        .await?;
    Answer::json(&CampaignBody {
        start: window.start.to_string(),
        end: window.end.to_string(),
        totals: metrics(&chart.totals, None),
        treatments: treatments(&campaign, &chart),
        holdout: Holdout {
            endpoints: chart.holdout,
            sessions_per_user: chart.holdout_sessions_per_user,
        },
        runs: chart
            .activities
            .iter()
            .map(|group| RunBody {
                activity_id: group
                    .activity
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                treatment_id: group.treatment.clone().unwrap_or_else(|| "0".to_owned()),
                started: group.first_sent.map(|at| at.to_string()),
                metrics: metrics(&group.totals, group.sessions_per_user),
            })
            .collect(),
        series: SeriesBody {
            step: if hourly { "hour" } else { "day" },
            points: points(&series),
        },
    })
}

/// Every treatment of the campaign, also those without numbers yet.
fn treatments(campaign: &Campaign, chart: &CampaignChart) -> Vec<TreatmentBody> {
    (0..=campaign.treatments.len())
        .map(|number| {
            let id = number.to_string();
            let group = chart
                .treatments
                .iter()
                .find(|it| it.treatment.as_ref() == Some(&id));
            let name = match number.checked_sub(1) {
                None => campaign.treatment_name.clone(),
                Some(index) => campaign
                    .treatments
                    .get(index)
                    .and_then(|it| it.name.clone()),
            };
            TreatmentBody {
                metrics: group.map_or_else(Metrics::default, |group| {
                    metrics(&group.totals, group.sessions_per_user)
                }),
                allocation: campaign.share(number),
                name,
                id,
            }
        })
        .collect()
}

const fn metrics(totals: &CampaignTotals, sessions_per_user: Option<f64>) -> Metrics {
    Metrics {
        targeted: totals.targeted,
        sent: totals.sent,
        delivered: totals.delivered,
        unique_opens: totals.opened,
        opens: totals.total_opens,
        unique_clicks: totals.clicked,
        clicks: totals.total_clicks,
        hard_bounces: totals.hard_bounced,
        soft_bounces: totals.soft_bounced,
        complaints: totals.complained,
        unsubscribes: totals.unsubscribes,
        delivery_rate: totals.delivery_rate,
        open_rate: totals.open_rate,
        click_rate: totals.click_rate,
        bounce_rate: totals.bounce_rate,
        sessions_per_user,
    }
}

fn points(series: &[Series]) -> Vec<PointBody> {
    let lines = Lines::new(series);
    let Some(first) = series.first() else {
        return Vec::new();
    };
    let body = |at: Timestamp| PointBody {
        time: at.to_string(),
        sent: lines.number("sent", at),
        delivered: lines.number("delivered", at),
        opened: lines.number("opens", at),
        clicked: lines.number("clicks", at),
        bounced: lines.number("hard_bounces", at),
        complained: lines.number("complaints", at),
        unsubscribed: lines.number("unsubscribes", at),
    };
    first.points.iter().map(|point| body(point.at)).collect()
}

impl From<AnalyticsError> for ApiError {
    fn from(error: AnalyticsError) -> Self {
        match error {
            AnalyticsError::Question(_) => Self::bad_request(error),
            other => Self::internal(other),
        }
    }
}
