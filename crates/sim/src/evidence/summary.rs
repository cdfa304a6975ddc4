//! A world in a page of text, for whoever looks for what went wrong in it.

use std::collections::BTreeMap;
use std::fmt;

use model::Campaign;

use super::{Evidence, HandOver, RunRecord, Story};

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = &self.plan;
        writeln!(
            f,
            "{} endpoints over {} ranges, {} messages at once, from {} to {}",
            plan.people.len(),
            plan.spread,
            plan.in_flight_max,
            plan.begin,
            self.end
        )?;
        writeln!(f, "defaults {:?}", plan.defaults)?;
        writeln!(f, "providers {:?}", plan.habits)?;
        for life in &self.lives {
            let end = life
                .crash
                .map_or("in good order".to_owned(), |place| format!("at {place}"));
            writeln!(f, "life from {} to {}, ended {end}", life.from, life.to)?;
        }
        for (number, story) in self.campaigns.iter().enumerate() {
            writeln!(
                f,
                "campaign {number} for {:?}",
                plan.audiences.get(story.audience)
            )?;
            write_story(f, story, &self.hand_overs)?;
        }
        Ok(())
    }
}

fn write_story(f: &mut fmt::Formatter<'_>, story: &Story, sent: &[HandOver]) -> fmt::Result {
    for (at, edit) in &story.edits {
        match edit {
            None => writeln!(f, "  {at} deleted")?,
            Some(campaign) => writeln!(f, "  {at} {}", in_short(campaign))?,
        }
    }
    if let Some(last) = &story.last {
        let (status, next) = (last.status.as_str(), last.next_run);
        writeln!(
            f,
            "  at last {status}, next run {next:?}, {:?}",
            last.status_reason
        )?;
    }
    for record in &story.runs {
        write_run(f, record, sent)?;
    }
    Ok(())
}

fn in_short(campaign: &Campaign) -> String {
    let schedule = campaign.default_treatment.schedule.as_ref();
    let shares: Vec<u8> = campaign
        .treatments
        .iter()
        .map(|it| it.size_percent)
        .collect();
    format!(
        "version {}: {} {:?}{}{}, end {:?}, quiet {:?}, holdout {}, treatments {shares:?}, {:?}{}",
        campaign.version,
        campaign.frequency().as_str(),
        schedule.map(|schedule| schedule.start),
        if schedule.is_some_and(|it| it.local_time) {
            " local"
        } else {
            ""
        },
        if campaign.paused { ", paused" } else { "" },
        schedule.and_then(|schedule| schedule.end),
        schedule.and_then(|schedule| schedule.quiet_time),
        campaign.holdout_percent,
        campaign.limits,
        if campaign.hook.is_some() {
            ", hook"
        } else {
            ""
        },
    )
}

fn write_run(f: &mut fmt::Formatter<'_>, record: &RunRecord, sent: &[HandOver]) -> fmt::Result {
    let run = &record.run;
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (outcome, set) in record.batches.iter().flat_map(|batch| &batch.outcomes) {
        *counts.entry(outcome.as_str()).or_default() += set.len();
    }
    let messages = sent
        .iter()
        .filter(|sent| run.activities.contains(&sent.activity))
        .count();
    writeln!(
        f,
        "  run of {} version {} from {} to {:?} {:?}: {} in {} batches, {messages} handed over, {counts:?}",
        run.scheduled,
        run.campaign_version,
        run.started,
        run.ended,
        run.state,
        run.produced,
        run.batches,
    )
}
