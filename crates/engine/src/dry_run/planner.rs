//! Plans one member after the other: the rules and the messages of a campaign's runs, under a virtual
//! clock that they share.

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::message::Payload;
use clock::Timestamp;
use model::{
    Campaign, ChannelType, DryRunReport, Endpoint, EndpointSet, Frequency, Ordinal, Outcome,
    OutcomeSets, PlannedCanary, PlannedHour, PlannedMessage, PlannedTreatment, PlannedZone,
};
use render::Variables;

use super::findings::Findings;
use super::pace::VirtualPace;
use crate::run::compose::compose;
use crate::run::content::Words;
use crate::run::context::RunContext;
use crate::run::pipeline::{Circumstances, Decision, Rule, Verdict};
use crate::run::unit::{Member, Outgoing};

/// Messages per second that are reckoned with when the campaign names no rate.
const PER_SECOND_ASSUMED: u32 = 1_000;
/// Bytes of a text of a sample.
const SAMPLE_BYTES_MAX: usize = 64 << 10;
/// Hours of a day.
const HOURS: usize = 24;

/// A plan that grows with each member.
pub(super) struct Planner {
    /// The runs, that of the default treatment first.
    runs: Vec<Arc<RunContext>>,
    /// The place of the run that decides about each treatment, by number.
    deciders: Vec<usize>,
    /// Members who were looked at.
    seen: EndpointSet,
    pace: VirtualPace,
    per_second: u32,
    assumed: bool,
    /// Members in all, about.
    planned: u64,
    samples_wanted: u64,
    outcomes: OutcomeSets,
    assigned: BTreeMap<u8, EndpointSet>,
    /// The first and the last message of each treatment.
    times: BTreeMap<u8, (Timestamp, Timestamp)>,
    suppressed: u64,
    hours: [PlannedHour; HOURS],
    without_zone: PlannedHour,
    zones: BTreeMap<(Timestamp, String), PlannedZone>,
    samples: Vec<PlannedMessage>,
    failures: Findings,
    missing: Findings,
    long_texts: BTreeMap<u32, u64>,
}

/// A finished plan.
pub(super) struct Planned {
    pub report: DryRunReport,
    pub outcomes: OutcomeSets,
    pub assigned: BTreeMap<u8, EndpointSet>,
}

impl Planner {
    /// A plan of `runs` for `planned` members that begins at `start` and keeps `samples` messages.
    pub(super) fn new(
        runs: Vec<Arc<RunContext>>,
        campaign: &Campaign,
        start: Timestamp,
        planned: u64,
        samples: u32,
    ) -> Self {
        let limits = campaign.limits_in_force();
        let rate = limits.messages_per_second.filter(|rate| *rate > 0);
        let per_second = rate.unwrap_or(PER_SECOND_ASSUMED);
        let paced = !campaign.frequency().waits_for_events();
        let decider = |number| runs.iter().position(|context| context.run.takes(number));
        Self {
            // Who falls to a treatment without a run is told by that of the default treatment.
            deciders: campaign
                .numbers()
                .map(|number| decider(number).unwrap_or(0))
                .collect(),
            runs,
            seen: EndpointSet::new(),
            pace: VirtualPace::new(start, paced.then_some(per_second)),
            per_second,
            assumed: rate.is_none(),
            planned,
            samples_wanted: u64::from(samples),
            outcomes: OutcomeSets::new(),
            assigned: BTreeMap::new(),
            times: BTreeMap::new(),
            suppressed: 0,
            hours: [PlannedHour::default(); HOURS],
            without_zone: PlannedHour::default(),
            zones: BTreeMap::new(),
            samples: Vec::new(),
            failures: Findings::default(),
            missing: Findings::default(),
            long_texts: BTreeMap::new(),
        }
    }

    /// Members looked at so far.
    pub(super) fn looked(&self) -> u64 {
        self.seen.len()
    }

    /// Messages planned so far.
    pub(super) fn sent(&self) -> u64 {
        let sent = self.outcomes.get(&Outcome::Success);
        sent.map_or(0, EndpointSet::len)
    }

    /// The instant that the virtual clock shows.
    pub(super) fn now(&self) -> Timestamp {
        self.pace.now()
    }

    /// Members are looked at from `instant` on, or once those before them are through.
    pub(super) fn wait_until(&mut self, instant: Timestamp) {
        self.pace.wait_until(instant);
    }

    /// Looks at the next members of the run at place `run`. Those whom another run decides about
    /// are left to it.
    pub(super) fn look(
        &mut self,
        run: usize,
        ordinals: &[Ordinal],
        endpoints: Vec<Option<Endpoint>>,
    ) {
        let Some(context) = self.runs.get(run).map(Arc::clone) else {
            return;
        };
        for (ordinal, endpoint) in ordinals.iter().zip(endpoints) {
            let elsewhere = endpoint.as_ref().is_some_and(|endpoint| {
                let treatment = context.rules.treatment_of(endpoint).unwrap_or(0);
                self.deciders.get(usize::from(treatment)) != Some(&run)
            });
            if elsewhere || self.seen.contains(*ordinal) {
                continue;
            }
            let outcome = self.member(&context, *ordinal, endpoint);
            self.outcomes.entry(outcome).or_default().insert(*ordinal);
            self.seen.insert(*ordinal);
        }
    }

    fn member(
        &mut self,
        context: &RunContext,
        ordinal: Ordinal,
        endpoint: Option<Endpoint>,
    ) -> Outcome {
        let turn = endpoint.as_ref().and_then(|it| self.turn(context, it));
        let now = self.pace.now();
        let reached = context.caps.reached(ordinal, now);
        // Every event has a message of its own, also to an address that another one had.
        let free = context.campaign.frequency() == Frequency::Event;
        let mut claim = |address: &str| free || context.addresses.claim(address, ordinal);
        let mut circumstances = Circumstances {
            now,
            due: turn,
            claimed: false,
            claim: &mut claim,
            campaign_capped: reached.total,
            daily_capped: reached.daily,
        };
        let (decision, treatment) = decide(context, endpoint.as_ref(), &mut circumstances);
        if let Some(number) = treatment {
            self.assigned.entry(number).or_default().insert(ordinal);
        }
        match (decision, endpoint) {
            (Decision::Send, Some(endpoint)) => {
                self.message(context, ordinal, &endpoint, treatment.unwrap_or(0), now)
            }
            (Decision::Skip(Outcome::QuietTime), Some(endpoint)) => {
                self.hour_of(&endpoint, now).quiet += 1;
                Outcome::QuietTime
            }
            (Decision::Skip(outcome), _) => outcome,
            // Everybody is looked at when their zone has its turn.
            (Decision::Wait(_), _) => Rule::Turn.outcome(),
            (Decision::Send, None) => Outcome::FilteredOutBySegment,
        }
    }

    /// When the zone of `endpoint` has its turn, if zones decide, which is counted.
    fn turn(&mut self, context: &RunContext, endpoint: &Endpoint) -> Option<Timestamp> {
        let turn = context.rules.turn(endpoint)?;
        let name = schedule::zone_name(endpoint.demographic.timezone.as_deref()?)?;
        let known = (turn.fires, name.clone());
        let zone = self.zones.entry(known).or_insert(PlannedZone {
            zone: name,
            fires: turn.fires,
            endpoints: 0,
        });
        zone.endpoints += 1;
        Some(turn.fires)
    }

    /// Makes the message, as a run would, and notes what there is to say about it.
    fn message(
        &mut self,
        context: &RunContext,
        ordinal: Ordinal,
        endpoint: &Endpoint,
        treatment: u8,
        now: Timestamp,
    ) -> Outcome {
        if is_in_app(context) {
            return Outcome::Success;
        }
        let words = context.words(treatment, endpoint.channel);
        let variables = Variables {
            endpoint: Some(endpoint),
            ..Variables::default()
        };
        for variable in words
            .map(|words| words.missing(&variables))
            .unwrap_or_default()
        {
            self.missing.note(&variable, &endpoint.id);
        }
        let member = Member {
            ordinal,
            due: None,
            claimed: false,
            retry: false,
            last_try: true,
            trigger: None,
        };
        let ready = match compose(context, member, endpoint.clone(), treatment, now) {
            Ok(ready) => ready,
            Err(unsendable) => {
                self.failures.note(&unsendable.why, &endpoint.id);
                return unsendable.record.outcome;
            }
        };
        self.pace.pass();
        let (first, last) = self.times.entry(treatment).or_insert((now, now));
        (*first, *last) = ((*first).min(now), (*last).max(now));
        self.hour_of(endpoint, now).sent += 1;
        match &ready.message {
            Outgoing::Mail(mail, _) if context.shared.suppression.contains(&mail.to) => {
                self.suppressed += 1;
            }
            Outgoing::Other(message, _) => {
                if let Payload::Sms(sms) = &message.payload
                    && sms.text.parts > 1
                {
                    *self.long_texts.entry(sms.text.parts).or_default() += 1;
                }
            }
            Outgoing::Mail(..) | Outgoing::Call(_) => {}
        }
        if self.wants_sample() {
            let sample = sample(words, &variables, &ready.message);
            let (subject, text, html) = sample;
            self.samples.push(PlannedMessage {
                endpoint: endpoint.id.clone(),
                treatment,
                channel: endpoint.channel.unwrap_or(ChannelType::Custom),
                at: now,
                subject,
                text,
                html,
            });
        }
        Outcome::Success
    }

    /// Whether the next message is to be kept: samples are spread evenly over the members, each
    /// taken from the first who gets a message.
    fn wants_sample(&self) -> bool {
        let kept = self.samples.len() as u64;
        kept < self.samples_wanted && self.looked() >= kept * self.planned / self.samples_wanted
    }

    fn hour_of(&mut self, endpoint: &Endpoint, now: Timestamp) -> &mut PlannedHour {
        let zone = endpoint.demographic.timezone.as_deref();
        let clock = zone.and_then(|zone| schedule::local_clock(zone, now));
        match clock.and_then(|(hour, _)| self.hours.get_mut(usize::from(hour))) {
            Some(hour) => hour,
            None => &mut self.without_zone,
        }
    }

    /// What was found, once everybody was looked at.
    pub(super) fn finish(
        mut self,
        id: &str,
        campaign: &Campaign,
        canaries: Vec<PlannedCanary>,
    ) -> Planned {
        for set in self.outcomes.values_mut().chain(self.assigned.values_mut()) {
            set.optimize();
        }
        let treatments = campaign
            .numbers()
            .map(|number| self.treatment(campaign, number))
            .collect();
        let report = DryRunReport {
            app: campaign.app.clone(),
            dry_run: id.to_owned(),
            per_second: self.per_second,
            assumed: self.assumed,
            eligibility: campaign.frequency().waits_for_events(),
            hook: campaign.hook_in_force().is_some(),
            first_message: self.times.values().map(|(first, _)| *first).min(),
            last_message: self.times.values().map(|(_, last)| *last).max(),
            suppressed: self.suppressed,
            outcomes: self
                .outcomes
                .iter()
                .map(|(outcome, set)| (outcome.as_str().to_owned(), set.len()))
                .collect(),
            treatments,
            local_hours: self.hours.to_vec(),
            without_zone: self.without_zone,
            zones: self.zones.into_values().collect(),
            samples: self.samples,
            render_failures: self.failures.into_sorted(),
            missing_variables: self.missing.into_sorted(),
            long_texts: self.long_texts,
            canaries,
        };
        Planned {
            report,
            outcomes: self.outcomes,
            assigned: self.assigned,
        }
    }

    fn treatment(&self, campaign: &Campaign, number: u8) -> PlannedTreatment {
        let none = EndpointSet::new();
        let members = self.assigned.get(&number).unwrap_or(&none);
        let outcomes = self.outcomes.iter().filter_map(|(outcome, set)| {
            let count = set.intersection_len(members);
            (count > 0).then(|| (outcome.as_str().to_owned(), count))
        });
        let run = self.runs.iter().find(|context| context.run.takes(number));
        let times = self.times.get(&number);
        PlannedTreatment {
            number,
            name: campaign.label(number).map(str::to_owned),
            planned: members.len(),
            outcomes: outcomes.collect(),
            due: run.map(|context| context.run.scheduled),
            first_message: times.map(|(first, _)| *first),
            last_message: times.map(|(_, last)| *last),
        }
    }
}

/// As a run decides. In-app messages are fetched by the device, which minds the caps and quiet times
/// itself: only the holdout counts (`docs/spec/campaigns.md §11`).
fn decide(
    context: &RunContext,
    endpoint: Option<&Endpoint>,
    circumstances: &mut Circumstances<'_>,
) -> Verdict {
    let rules = &context.rules;
    if is_in_app(context) {
        rules.decide_by(&[Rule::Registered, Rule::Cohort], endpoint, circumstances)
    } else {
        rules.decide(endpoint, circumstances)
    }
}

fn is_in_app(context: &RunContext) -> bool {
    context.campaign.frequency() == Frequency::InAppEvent
}

/// Subject, text and HTML of a message. The HTML of a mail is as it is written, without tracking.
fn sample(
    words: Option<Words<'_>>,
    variables: &Variables<'_>,
    message: &Outgoing,
) -> (String, String, Option<String>) {
    let shown = match (message, words) {
        (Outgoing::Mail(mail, _), Some(Words::Email(email))) => {
            let shown = email.content.preview(variables).map(|shown| shown.email);
            shown.map_or_else(
                |_| (mail.subject.clone(), String::new(), None),
                |mail| (mail.subject, mail.text.unwrap_or_default(), mail.html),
            )
        }
        (Outgoing::Mail(mail, _), _) => (mail.subject.clone(), String::new(), None),
        (Outgoing::Other(message, _), _) => match &message.payload {
            Payload::Push(push) => (
                push.title.clone().unwrap_or_default(),
                push.body.clone().unwrap_or_default(),
                None,
            ),
            other => (String::new(), other.headline().to_owned(), None),
        },
        (Outgoing::Call(told), _) => {
            let told = serde_json::Value::Object(told.clone());
            (String::new(), told.to_string(), None)
        }
    };
    let (subject, text, html) = shown;
    (short(subject), short(text), html.map(short))
}

/// The text up to [`SAMPLE_BYTES_MAX`].
fn short(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(SAMPLE_BYTES_MAX));
    text
}
