//! Which events concern which campaigns. Pure.

use std::sync::Arc;

use audience::evaluate::EventMatcher;
use clock::Timestamp;
use events::{Position, record};
use model::{CampaignContent, CampaignId, Event, EventSource, Origin, Schedule, Start};

use super::live::{Live, Waiting};

/// Events that match a campaign's filter, in the order of the log.
pub(super) struct Candidate {
    pub waiting: Arc<Waiting>,
    pub events: Vec<Match>,
}

/// An event that matches.
pub(super) struct Match {
    pub event: Arc<Event>,
    /// The treatments whose filter it matches, by number.
    pub treatments: Vec<usize>,
}

/// The campaigns that `events` concern, each with the events that match.
pub(super) fn candidates(
    live: &Live,
    events: &[(Position, Arc<Event>)],
    now: Timestamp,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut filters: Vec<(Arc<Waiting>, Vec<Option<Filter<'_>>>)> = Vec::new();
    let waiting: Vec<Arc<Waiting>> = live.all().cloned().collect();
    for one in &waiting {
        let of = one
            .treatments
            .iter()
            .map(|content| Filter::new(content, now));
        filters.push((Arc::clone(one), of.collect()));
    }
    for (waiting, filters) in &filters {
        let of_app = events
            .iter()
            .map(|(_, event)| event)
            .filter(|event| event.app == waiting.campaign.app);
        let matches: Vec<Match> = of_app
            .filter_map(|event| {
                let treatments: Vec<usize> = filters
                    .iter()
                    .enumerate()
                    .filter(|(_, filter)| filter.as_ref().is_some_and(|it| it.matches(event)))
                    .map(|(number, _)| number)
                    .collect();
                let counts =
                    !treatments.is_empty() && may_trigger(event, &waiting.campaign.id, live);
                counts.then(|| Match {
                    event: Arc::clone(event),
                    treatments,
                })
            })
            .collect();
        if !matches.is_empty() {
            found.push(Candidate {
                waiting: Arc::clone(waiting),
                events: matches,
            });
        }
    }
    found
}

/// The filter of one treatment, ready to be asked.
struct Filter<'a> {
    schedule: &'a Schedule,
    source: EventSource,
    matcher: EventMatcher<'a>,
}

impl<'a> Filter<'a> {
    /// `None` if the treatment waits for no event, or has not begun at `now`.
    fn new(content: &'a CampaignContent, now: Timestamp) -> Option<Self> {
        let schedule = content.schedule.as_ref()?;
        let filter = schedule.event_filter.as_ref()?;
        let begun = match schedule.start {
            Start::Immediately => true,
            Start::At(start) => start <= now,
        };
        begun.then(|| Self {
            schedule,
            source: filter.source,
            matcher: EventMatcher::new(&filter.dimensions),
        })
    }

    fn matches(&self, event: &Event) -> bool {
        let source = match event.origin {
            Origin::Client => EventSource::Endpoint,
            Origin::Service => EventSource::System,
            // History triggers nothing (`docs/spec/events.md §6`).
            Origin::ArchivedClient | Origin::ArchivedService => return false,
        };
        self.source == source
            && event.ordinal.is_some()
            && self.matcher.concerns(&event.kind)
            && self.is_in_window(event)
            && self
                .matcher
                .holds(&record::attributes(event), &event.metrics)
    }

    /// An event of the service counts when it was learned: a mail's repeat the time of sending.
    fn is_in_window(&self, event: &Event) -> bool {
        let at = match event.origin.reporter() {
            Origin::Client => event.timestamp,
            _ => event.arrival,
        };
        let begun = match self.schedule.start {
            Start::Immediately => true,
            Start::At(start) => start <= at,
        };
        begun && self.schedule.end.is_none_or(|end| at <= end)
    }
}

/// Whether `event` may trigger messages of `campaign`, so that no campaign, and no ring of them,
/// keeps itself going (`docs/spec/campaigns.md §10`): nothing that happens to a campaign's own
/// messages triggers it, and what happens to messages that an event triggered triggers another one
/// only if a person did it.
fn may_trigger(event: &Event, campaign: &CampaignId, live: &Live) -> bool {
    let Some(about) = event.campaign.as_ref().map(|about| &about.campaign) else {
        return true;
    };
    // Applications put the campaign on whatever happens in a session that it began.
    let of_message =
        event.origin.reporter() == Origin::Service || event.kind.starts_with("_campaign.");
    if !of_message {
        return true;
    }
    about != campaign && (done_by_person(&event.kind) || !live.contains(about))
}

/// Whether events of this type about a message happen because a person did something.
fn done_by_person(kind: &str) -> bool {
    matches!(
        kind,
        "_email.open"
            | "_email.click"
            | "_email.unsubscribe"
            | "_email.complaint"
            | "_SMS.OPTOUT"
            | "_campaign.opened_notification"
    )
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
