//! `GET /health` and `GET /metrics`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use clock::Timestamp;
use engine::activities;
use http::header::HeaderValue;
use model::{App, Campaign, ImportJob, Run};

use crate::error::ApiError;
use crate::metrics::Gauge;
use crate::reply::Answer;
use crate::state::AppState;

/// Applications whose endpoints are counted.
const APPS_MAX: usize = 1_000;
/// Jobs and runs that are looked at.
const WORK_MAX: usize = 1_000;

/// Answers when the server is ready; a store that cannot be read is not.
pub(crate) async fn health(State(state): State<AppState>) -> Result<Answer, ApiError> {
    state.store().of::<App>().count("").await?;
    Answer::json(&serde_json::json!({ "status": "ok" }))
}

/// Prometheus text.
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<Response, ApiError> {
    if !state.settings.metrics {
        return Err(ApiError::missing_authentication());
    }
    let mut gauges = gauges(&state).await?;
    gauges.extend(work(&state).await?);
    let text = state
        .metrics
        .render(&gauges, &state.parts.engine.messages());
    let media_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(Answer::bytes(media_type, Bytes::from(text)).into_response())
}

/// How many jobs and runs are open, and how far the runs are.
async fn work(state: &AppState) -> Result<Vec<Gauge>, ApiError> {
    let store = state.store();
    let ever = Timestamp::from_millis(i64::MAX);
    let jobs = store.of::<ImportJob>().due(ever, WORK_MAX).await?;
    let runs = store.of::<Run>().due(ever, WORK_MAX).await?;
    let mut people: BTreeMap<&'static str, u64> = BTreeMap::new();
    for run in &runs {
        let campaigns = store.of::<Campaign>();
        let campaign = campaigns
            .get(run.app.as_str(), run.campaign.as_str())
            .await?;
        let Some(campaign) = campaign else { continue };
        for progress in activities::progress(store, &campaign, 1).await? {
            *people.entry("REMAINING").or_default() += progress.remaining;
            for (outcome, count) in progress.outcomes {
                *people.entry(outcome.as_str()).or_default() += count;
            }
        }
    }
    Ok(vec![
        Gauge {
            name: "beckon_import_jobs_open",
            help: "Import jobs that have not ended.",
            values: vec![(String::new(), whole(jobs.len() as u64))],
        },
        Gauge {
            name: "beckon_runs_open",
            help: "Campaign runs that are being sent.",
            values: vec![(String::new(), whole(runs.len() as u64))],
        },
        Gauge {
            name: "beckon_runs_open_people",
            help: "People of the open runs by outcome; REMAINING have none yet.",
            values: people
                .into_iter()
                .map(|(outcome, count)| (format!("{{outcome=\"{outcome}\"}}"), whole(count)))
                .collect(),
        },
    ])
}

async fn gauges(state: &AppState) -> Result<Vec<Gauge>, ApiError> {
    let one = |value: u64| vec![(String::new(), whole(value))];
    let mut targetable = BTreeMap::new();
    let mut endpoints = 0;
    let apps = state.store().of::<App>().list("", None, APPS_MAX).await?;
    for app in &apps.items {
        let counts = state.store().endpoints.counts(&app.id).await?;
        endpoints += counts.endpoints;
        for (channel, count) in counts.targetable {
            *targetable.entry(channel).or_insert(0) += count;
        }
    }
    let log = &state.parts.log;
    let end = log.end();
    Ok(vec![
        Gauge {
            name: "beckon_apps",
            help: "Applications.",
            values: one(apps.items.len() as u64),
        },
        Gauge {
            name: "beckon_endpoints",
            help: "Endpoints of all applications.",
            values: one(endpoints),
        },
        Gauge {
            name: "beckon_targetable_endpoints",
            help: "Endpoints that a campaign would send to.",
            values: targetable
                .into_iter()
                .map(|(channel, count)| (format!("{{channel=\"{channel}\"}}"), whole(count)))
                .collect(),
        },
        Gauge {
            name: "beckon_stream_events",
            help: "Events of event streams: found, delivered, and lost by error code.",
            values: state
                .parts
                .streams
                .counters()
                .read()
                .into_iter()
                .map(|(code, count)| (format!("{{code=\"{code}\"}}"), whole(count)))
                .collect(),
        },
        Gauge {
            name: "beckon_log_end_bytes",
            help: "End of the event log.",
            values: one(end),
        },
        Gauge {
            name: "beckon_log_waiting_bytes",
            help: "Bytes that wait to be written to the event log.",
            values: one(log.waiting_bytes()),
        },
        Gauge {
            name: "beckon_log_kept_bytes",
            help: "Bytes of the event log that are kept.",
            values: one(end.saturating_sub(log.start())),
        },
        Gauge {
            name: "beckon_log_behind_bytes",
            help: "How far a consumer is behind the end of the event log.",
            values: crate::status::behind(state)
                .into_iter()
                .map(|(name, bytes)| (format!("{{consumer=\"{name}\"}}"), whole(bytes)))
                .collect(),
        },
    ])
}

#[expect(clippy::cast_precision_loss, reason = "gauges are doubles")]
const fn whole(value: u64) -> f64 {
    value as f64
}
