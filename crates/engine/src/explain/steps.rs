//! Asks every rule about one person.

use audience::ResolvedSegment;
use audience::evaluate::{belongs, explain};
use channels::suppression::normalize;
use clock::Timestamp;
use model::{
    CampaignHook, ChannelType, Endpoint, EndpointId, Frequency, HookMode, Ordinal, QuietTime,
    Schedule, Start,
};
use render::Variables;
use schedule::Sweep;
use serde_json::{Map, Value, json};
use store::StoreError;

use super::standing::next_run;
use super::{Explained, Past, Step, Verdict, membership};
use crate::run::compose::compose;
use crate::run::content::covers;
use crate::run::context::RunContext;
use crate::run::pipeline::{Circumstances, Rule};
use crate::run::unit::{Member, Outgoing};

/// Endpoints with the same address that are looked at.
const HOLDERS_MAX: usize = 100;
/// Endpoints with the same address that are named.
const NAMED_MAX: usize = 10;
/// The rules of in-app messages: the device minds everything else.
const IN_APP: [Rule; 2] = [Rule::Registered, Rule::Cohort];

/// Somebody to be explained.
#[derive(Debug)]
pub(super) struct Person {
    pub id: EndpointId,
    pub ordinal: Ordinal,
    /// Absent if the endpoint is gone.
    pub endpoint: Option<Endpoint>,
    /// False for a snapshot of a stored list.
    pub registered: bool,
}

/// What is asked about.
pub(super) struct Asked<'a> {
    pub context: &'a RunContext,
    /// The segment, or why there is none.
    pub segment: Result<&'a ResolvedSegment, &'a str>,
    /// Why the campaign has no usable messages.
    pub unusable: Option<&'a str>,
    /// The treatment whose run it is.
    pub treatment: u8,
    pub at: Timestamp,
}

/// Another endpoint with the same address.
struct Holder {
    id: EndpointId,
    /// Whether it comes first in a run.
    first: bool,
}

impl Asked<'_> {
    pub(super) async fn explain(
        &self,
        person: &Person,
        history: Vec<Past>,
    ) -> Result<Explained, StoreError> {
        let mut steps = Steps::default();
        self.membership(person, &mut steps);
        let treatment = self.rules(person, &mut steps).await?;
        self.hook(&mut steps);
        if let Some(endpoint) = &person.endpoint {
            self.message(person, endpoint, treatment, &mut steps);
        }
        let due = self.schedule(person, &mut steps);
        Ok(Explained {
            endpoint: person.id.clone(),
            user: person.endpoint.as_ref().and_then(|it| it.user.clone()),
            verdict: steps.verdict.unwrap_or(Verdict::Send),
            treatment,
            due,
            steps: steps.all,
            history,
        })
    }

    fn membership(&self, person: &Person, steps: &mut Steps) {
        let Some(endpoint) = &person.endpoint else {
            let detail = "the endpoint was deleted".to_owned();
            steps.add("SEGMENT", Some(Verdict::NotInSegment), detail, json!({}));
            return;
        };
        match self.segment {
            Err(reason) => {
                let detail = format!("the segment cannot be evaluated: {reason}");
                steps.add("SEGMENT", Some(Verdict::Invalid), detail, json!({}));
            }
            Ok(segment) => {
                let told = explain(segment, endpoint, person.registered, self.at);
                let failed = (!told.belongs).then_some(Verdict::NotInSegment);
                let inputs = membership::inputs(&told);
                steps.add("SEGMENT", failed, membership::detail(&told), inputs);
            }
        }
    }

    /// The rules that decide in a run.
    async fn rules(&self, person: &Person, steps: &mut Steps) -> Result<Option<u8>, StoreError> {
        let campaign = &self.context.campaign;
        let rules: &[Rule] = match campaign.frequency() {
            Frequency::InAppEvent => &IN_APP,
            _ => &Rule::ORDER,
        };
        // Every event has a message of its own, also to an address that another one had.
        let free = campaign.frequency().waits_for_events();
        let holders = match &person.endpoint {
            Some(endpoint) if !free => self.holders(endpoint).await?,
            _ => Vec::new(),
        };
        let reached = self.context.caps.reached(person.ordinal, self.at);
        // In a sweep everybody is looked at when their zone has its turn.
        let turn = self.turn(person.endpoint.as_ref());
        let mut circumstances = Circumstances {
            now: turn.map_or(self.at, |turn| turn.max(self.at)),
            due: turn,
            claimed: false,
            claim: &mut |_| !holders.iter().any(|holder| holder.first),
            campaign_capped: reached.total,
            daily_capped: reached.daily,
        };
        let endpoint = person.endpoint.as_ref();
        let asked = self
            .context
            .rules
            .trace(rules, endpoint, &mut circumstances);
        let (answers, treatment) = asked;
        for (rule, holds) in answers {
            let failed = (!holds).then_some(Verdict::Outcome(rule.outcome()));
            let (detail, inputs) = match endpoint {
                Some(endpoint) => self.words(rule, holds, endpoint, treatment, &holders),
                None => ("the endpoint was deleted".to_owned(), json!({})),
            };
            steps.add(rule.as_str(), failed, detail, inputs);
        }
        Ok(treatment)
    }

    /// When the zone of `endpoint` has its turn, if zones decide.
    fn turn(&self, endpoint: Option<&Endpoint>) -> Option<Timestamp> {
        let turn = self.context.rules.turn(endpoint?)?;
        Some(turn.fires)
    }

    /// Others of the segment with the endpoint's address.
    async fn holders(&self, endpoint: &Endpoint) -> Result<Vec<Holder>, StoreError> {
        let (Some(address), Ok(segment)) = (endpoint.address.as_deref(), self.segment) else {
            return Ok(Vec::new());
        };
        let mut spellings = vec![address.to_owned()];
        for spelling in [normalize(address.trim()), address.to_lowercase()] {
            if !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
        let store = &self.context.shared.store.endpoints;
        let mut holders: Vec<Holder> = Vec::new();
        for spelling in spellings {
            let found = store.by_address(&endpoint.app, &spelling).await?;
            for other in found.into_iter().take(HOLDERS_MAX) {
                let known = holders.iter().any(|holder| holder.id == other.id);
                let same = other.ordinal == endpoint.ordinal;
                if known || same || !belongs(segment, &other, true, self.at) {
                    continue;
                }
                let earlier = other.ordinal < endpoint.ordinal;
                holders.push(Holder {
                    first: earlier && self.context.rules.claims(&other, self.at),
                    id: other.id,
                });
            }
        }
        Ok(holders)
    }

    /// A rule's answer for people, and what it looked at.
    fn words(
        &self,
        rule: Rule,
        holds: bool,
        endpoint: &Endpoint,
        treatment: Option<u8>,
        holders: &[Holder],
    ) -> (String, Value) {
        let channel = endpoint.channel.map(ChannelType::as_str);
        match rule {
            Rule::Registered => (said(holds, "is there", "is gone"), json!({})),
            Rule::Active => {
                let status = endpoint.status.as_str();
                (
                    format!("status {status}"),
                    json!({"endpointStatus": status}),
                )
            }
            Rule::OptIn => {
                let opt_out = endpoint.opt_out.as_str();
                (format!("opt-out {opt_out}"), json!({"optOut": opt_out}))
            }
            Rule::Channel => (
                channel.map_or_else(|| "no channel".to_owned(), |it| format!("channel {it}")),
                json!({"channel": channel}),
            ),
            Rule::Address => (
                said(holds, "has an address", "has no address"),
                json!({"address": endpoint.address}),
            ),
            Rule::Content => self.content_words(holds, channel, treatment),
            Rule::Timezone => {
                let zone = endpoint.demographic.timezone.as_deref();
                let detail = match (self.context.rules.sweeps(), zone) {
                    (false, _) => "zones do not decide".to_owned(),
                    (true, None) => "no zone".to_owned(),
                    (true, Some(zone)) if holds => format!("zone {zone}"),
                    (true, Some(zone)) => format!("there is no zone {zone}"),
                };
                (detail, json!({"zone": zone}))
            }
            Rule::Turn => {
                let fires = self.turn(Some(endpoint)).map(|it| it.to_string());
                let detail = match &fires {
                    None => "zones do not decide".to_owned(),
                    Some(fires) => format!("the zone has its turn at {fires}"),
                };
                (detail, json!({"fires": fires}))
            }
            Rule::Treatment => {
                let number = treatment.unwrap_or(0);
                let part = said(holds, "takes part in the run", "has runs of its own");
                let due = self.context.run.scheduled.to_string();
                (format!("treatment {number} {part}"), json!({"due": due}))
            }
            Rule::Cohort => self.cohort_words(endpoint.cohort, treatment),
            Rule::OwnAddress => address_words(holds, holders),
            Rule::TotalCap | Rule::DailyCap => self.cap_words(rule, endpoint.ordinal),
            Rule::QuietTime => self.quiet_words(holds, endpoint, treatment),
            Rule::MaximumDuration => {
                let seconds = self.context.campaign.limits_in_force().maximum_duration_s;
                let deadline = self.context.rules.deadline(self.turn(Some(endpoint)));
                let deadline = deadline.map(|it| it.to_string());
                let detail = match &deadline {
                    None => "a run may take as long as it needs".to_owned(),
                    Some(deadline) => format!("the run may send until {deadline}"),
                };
                (detail, json!({"seconds": seconds, "until": deadline}))
            }
        }
    }

    fn content_words(
        &self,
        holds: bool,
        channel: Option<&str>,
        treatment: Option<u8>,
    ) -> (String, Value) {
        let number = usize::from(treatment.unwrap_or(0));
        let content = self.context.campaign.content(number).unwrap_or_default();
        let covered: Vec<&str> = ChannelType::ALL
            .iter()
            .filter(|channel| covers(&content, **channel))
            .map(|channel| channel.as_str())
            .collect();
        let detail = format!(
            "treatment {number} says something on {}, {} {}",
            covered.join(", "),
            said(holds, "also on", "not on"),
            channel.unwrap_or("no channel")
        );
        (detail, json!({"channel": channel, "covered": covered}))
    }

    fn cohort_words(&self, cohort: u8, treatment: Option<u8>) -> (String, Value) {
        let campaign = &self.context.campaign;
        let shares: Vec<Value> = (0..=campaign.treatments.len())
            .map(|number| {
                json!({"treatmentId": number.to_string(), "percent": campaign.share(number)})
            })
            .collect();
        let falls = treatment.map_or_else(
            || "the holdout".to_owned(),
            |number| format!("treatment {number}"),
        );
        let inputs = json!({
            "cohort": cohort,
            "holdoutPercent": campaign.holdout_percent,
            "treatments": shares,
        });
        (format!("cohort {cohort} falls to {falls}"), inputs)
    }

    fn cap_words(&self, rule: Rule, ordinal: Ordinal) -> (String, Value) {
        let [total, daily] = self.context.caps.counted(ordinal, self.at);
        let (counted, what) = if rule == Rule::TotalCap {
            (total, "targeted by this campaign")
        } else {
            (daily, "messages within a day")
        };
        match counted {
            None => ("no cap".to_owned(), json!({"cap": null})),
            Some((cap, count)) => (
                format!("{count} of at most {cap} {what}"),
                json!({"cap": cap, "count": count}),
            ),
        }
    }

    fn quiet_words(
        &self,
        holds: bool,
        endpoint: &Endpoint,
        treatment: Option<u8>,
    ) -> (String, Value) {
        let number = usize::from(treatment.unwrap_or(0));
        let quiet = self.context.campaign.quiet_time_in_force(number);
        let zone = endpoint.demographic.timezone.as_deref();
        let local = zone
            .and_then(|zone| schedule::local_clock(zone, self.at))
            .map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
        let range = |QuietTime { start, end }: QuietTime| {
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            (clock(start), clock(end))
        };
        let range = quiet.map(range);
        let detail = match (&range, &local) {
            (None, _) => "no quiet time".to_owned(),
            (Some(_), None) => "no known zone, so quiet time does not apply".to_owned(),
            (Some((start, end)), Some(local)) => {
                let verb = said(holds, "outside", "within");
                format!("{local} is {verb} {start} to {end}")
            }
        };
        let (start, end) = range.unzip();
        let inputs = json!({"timezone": zone, "localTime": local, "start": start, "end": end});
        (detail, inputs)
    }

    /// The hook is named and not asked: it may drop people or change what they get.
    fn hook(&self, steps: &mut Steps) {
        let Some(hook) = self.context.campaign.hook_in_force() else {
            steps.add("HOOK", None, "no hook".to_owned(), json!({}));
            return;
        };
        let CampaignHook {
            function,
            url,
            mode,
        } = hook;
        let target = function.as_deref().or(url.as_deref()).unwrap_or_default();
        let mode = match mode {
            Some(HookMode::Delivery) => "DELIVERY",
            _ => "FILTER",
        };
        let detail = format!("{target} was not asked; in a run it may drop the endpoint");
        let inputs = json!({"function": function, "url": url, "mode": mode, "called": false});
        steps.all.push(step("HOOK", None, detail, inputs));
    }

    /// Whether the message can be made, and whether its address takes any.
    fn message(
        &self,
        person: &Person,
        endpoint: &Endpoint,
        treatment: Option<u8>,
        steps: &mut Steps,
    ) {
        if self.context.campaign.frequency() == Frequency::InAppEvent {
            return;
        }
        if let Some(reason) = self.unusable {
            let detail = format!("the campaign cannot run: {reason}");
            steps.add("MESSAGE", Some(Verdict::Invalid), detail, json!({}));
            return;
        }
        let number = treatment.unwrap_or(0);
        let variables = Variables {
            endpoint: Some(endpoint),
            ..Variables::default()
        };
        let words = self.context.words(number, endpoint.channel);
        let missing = words.map(|words| words.missing(&variables));
        let inputs = json!({"missing": missing.unwrap_or_default()});
        let member = Member {
            ordinal: person.ordinal,
            due: None,
            claimed: true,
            retry: false,
            last_try: true,
            trigger: None,
        };
        match compose(self.context, member, endpoint.clone(), number, self.at) {
            Err(unsendable) => {
                let outcome = unsendable.record.outcome;
                let failed = Some(Verdict::Outcome(outcome));
                steps.add("MESSAGE", failed, unsendable.why, inputs);
            }
            Ok(ready) => {
                let detail = "the message can be made".to_owned();
                steps.add("MESSAGE", None, detail, inputs);
                if let Outgoing::Mail(mail, _) = &ready.message {
                    let listed = self.context.shared.suppression.contains(&mail.to);
                    let detail = said(
                        !listed,
                        "the address is not on the suppression list",
                        "the address is on the suppression list: the message counts as sent",
                    );
                    let failed = listed.then_some(Verdict::Suppressed);
                    steps.add("SUPPRESSION", failed, detail, json!({"suppressed": listed}));
                }
            }
        }
    }

    /// When the person's treatment runs; it never decides.
    fn schedule(&self, person: &Person, steps: &mut Steps) -> Option<Timestamp> {
        let campaign = &self.context.campaign;
        let schedule = campaign.schedule(self.treatment);
        let status = campaign.treatment_status(self.treatment);
        let next = next_run(campaign, self.treatment).filter(|_| !status.is_final());
        let due = next.map(|next| self.turn_in(schedule, next, person.endpoint.as_ref()));
        let waits = campaign.frequency().waits_for_events();
        let live = !campaign.paused && !status.is_final();
        let status = status.as_str();
        let detail = match due {
            _ if campaign.paused => format!("{status}: nothing runs while the campaign is paused"),
            _ if !live => format!("{status}: nothing runs any more"),
            _ if waits => format!("{status}: events decide"),
            Some(due) => format!("{status}: the next run is due at {due}"),
            None => format!("{status}: no further run is due"),
        };
        let start = schedule.map(|schedule| match schedule.start {
            Start::Immediately => "IMMEDIATE".to_owned(),
            Start::At(at) => at.to_string(),
        });
        let end = schedule.and_then(|it| it.end).map(|end| end.to_string());
        let inputs = json!({
            "status": status,
            "paused": campaign.paused,
            "frequency": campaign.frequency().as_str(),
            "start": start,
            "end": end,
            "nextRun": next.map(|next| next.to_string()),
        });
        steps.all.push(step("SCHEDULE", Some(live), detail, inputs));
        due.filter(|_| live && !waits)
    }

    /// When a run that is due at `next` reaches `endpoint`: when its zone has its turn, if zones
    /// decide.
    fn turn_in(
        &self,
        schedule: Option<&Schedule>,
        next: Timestamp,
        endpoint: Option<&Endpoint>,
    ) -> Timestamp {
        let sweep = schedule.and_then(|schedule| Sweep::new(schedule, next));
        let zone = endpoint.and_then(|it| it.demographic.timezone.as_deref());
        let turn = sweep.zip(zone).and_then(|(sweep, zone)| sweep.turn(zone));
        turn.map_or(next, |turn| turn.fires)
    }
}

fn address_words(holds: bool, holders: &[Holder]) -> (String, Value) {
    let named: Vec<&str> = holders
        .iter()
        .take(NAMED_MAX)
        .map(|holder| holder.id.as_str())
        .collect();
    let first = holders.iter().find(|holder| holder.first);
    let detail = match first {
        Some(first) if !holds => format!("{} has the address and comes first", first.id),
        _ if holders.is_empty() => "nobody else has the address".to_owned(),
        _ => "others with the address come later, or get no message".to_owned(),
    };
    (detail, json!({"others": named}))
}

fn said(holds: bool, yes: &str, no: &str) -> String {
    if holds { yes } else { no }.to_owned()
}

/// The steps so far; the first that fails is the verdict.
#[derive(Default)]
struct Steps {
    all: Vec<Step>,
    verdict: Option<Verdict>,
}

impl Steps {
    fn add(&mut self, rule: &'static str, failed: Option<Verdict>, detail: String, inputs: Value) {
        let passed = Some(failed.is_none());
        self.all.push(step(rule, passed, detail, inputs));
        self.verdict = self.verdict.or(failed);
    }
}

fn step(rule: &'static str, passed: Option<bool>, detail: String, inputs: Value) -> Step {
    let inputs = match inputs {
        Value::Object(inputs) => inputs,
        _ => Map::new(),
    };
    Step {
        rule,
        passed,
        detail,
        inputs,
    }
}
