//! What the treatments of a campaign achieved beyond its holdout
//! (`docs/spec/analytics.md §8.4`).

use std::collections::BTreeMap;
use std::time::Duration;

use analytics::{CONFIDENCE, Filter, Window, difference};
use axum::extract::{Path, State};
use engine::arms::{Arms, arms};
use model::{Campaign, EndpointSet, Origin};
use serde::Serialize;

use super::campaigns::find;
use super::input::{InApp, Params};
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

/// How long after the beginning of its run somebody may do a thing for it to count.
const ATTRIBUTION: Duration = Duration::from_hours(7 * 24);
/// Runs that are looked at: the newest.
const RUNS_MAX: usize = 60;

/// A thing that people may do because of a campaign.
struct Goal {
    name: &'static str,
    /// Events that show it, and who reports them.
    events: &'static [(&'static str, Origin)],
    /// Whether only events about the campaign count.
    of_campaign: bool,
}

const GOALS: [Goal; 3] = [
    Goal {
        name: "opens",
        events: &[
            ("_email.open", Origin::Service),
            ("_campaign.opened_notification", Origin::Client),
        ],
        of_campaign: true,
    },
    Goal {
        name: "sessions",
        events: &[("_session.start", Origin::Client)],
        of_campaign: false,
    },
    Goal {
        name: "purchases",
        events: &[("_monetization.purchase", Origin::Client)],
        of_campaign: false,
    },
];

#[derive(Serialize)]
struct Body {
    start: String,
    end: String,
    confidence: f64,
    holdout: Holdout,
    goals: Vec<GoalBody>,
}

#[derive(Serialize)]
struct Holdout {
    people: u64,
}

#[derive(Serialize)]
struct GoalBody {
    goal: &'static str,
    holdout: Share,
    treatments: Vec<Treatment>,
}

#[derive(Serialize)]
struct Share {
    people: u64,
    reached: u64,
    rate: Option<f64>,
}

#[derive(Serialize)]
struct Treatment {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    share: Share,
    difference: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

pub(crate) async fn run(
    State(state): State<AppState>,
    InApp(app): InApp,
    Path((_, campaign)): Path<(String, String)>,
    params: Params,
) -> Result<Answer, ApiError> {
    let campaign = find(&state, &app.id, &campaign).await?;
    let start = params.instant("start")?.unwrap_or(campaign.created);
    let end = params.instant("end")?.unwrap_or(state.now());
    if start > end {
        return Err(ApiError::bad_request(
            "start: expected an instant before end",
        ));
    }
    let runs = arms(state.store(), &app.id, &campaign.id, (start, end), RUNS_MAX).await?;
    let people = Groups::of(&runs);
    let mut goals = Vec::with_capacity(GOALS.len());
    for goal in &GOALS {
        let mut reached = Groups::default();
        for run in &runs {
            let window = Window {
                start: run.started,
                end: run.started.plus(ATTRIBUTION),
            };
            let who = who(&state, &campaign, goal, window).await?;
            reached.add(run, &who);
        }
        goals.push(body(goal, &campaign, &people, &reached));
    }
    Answer::json(&Body {
        start: start.to_string(),
        end: end.to_string(),
        confidence: CONFIDENCE,
        holdout: Holdout {
            people: people.holdout.len(),
        },
        goals,
    })
}

/// Who reached `goal` in `window`.
async fn who(
    state: &AppState,
    campaign: &Campaign,
    goal: &Goal,
    window: Window,
) -> Result<EndpointSet, ApiError> {
    let mut all = EndpointSet::new();
    for (kind, origin) in goal.events {
        let mut filter = Filter::new(window).kind(kind);
        filter.origin = Some(*origin);
        if goal.of_campaign {
            filter = filter.campaign(&campaign.id);
        }
        all |= state.parts.analytics.who(&campaign.app, &filter).await?;
    }
    Ok(all)
}

/// People by what their cohort got, over several runs.
#[derive(Default)]
struct Groups {
    treatments: BTreeMap<u8, EndpointSet>,
    holdout: EndpointSet,
}

impl Groups {
    fn of(runs: &[Arms]) -> Self {
        let mut groups = Self::default();
        for run in runs {
            groups.holdout |= &run.holdout;
            for (number, people) in &run.treatments {
                *groups.treatments.entry(*number).or_default() |= people;
            }
        }
        groups
    }

    /// Adds those of `run` who are in `who`.
    fn add(&mut self, run: &Arms, who: &EndpointSet) {
        self.holdout |= &run.holdout & who;
        for (number, people) in &run.treatments {
            *self.treatments.entry(*number).or_default() |= people & who;
        }
    }

    fn treatment(&self, number: u8) -> u64 {
        self.treatments.get(&number).map_or(0, EndpointSet::len)
    }
}

fn body(goal: &Goal, campaign: &Campaign, people: &Groups, reached: &Groups) -> GoalBody {
    let holdout = (reached.holdout.len(), people.holdout.len());
    let numbers = (0_u8..).take(campaign.treatments.len() + 1);
    GoalBody {
        goal: goal.name,
        holdout: share(holdout),
        treatments: numbers
            .map(|number| {
                let own = (reached.treatment(number), people.treatment(number));
                let found = difference(own, holdout);
                Treatment {
                    id: number.to_string(),
                    name: campaign.label(number).map(str::to_owned),
                    share: share(own),
                    difference: found.map(|it| it.difference),
                    low: found.map(|it| it.low),
                    high: found.map(|it| it.high),
                }
            })
            .collect(),
    }
}

fn share((reached, people): (u64, u64)) -> Share {
    Share {
        people,
        reached,
        rate: (people > 0).then(|| reached as f64 / people as f64),
    }
}
