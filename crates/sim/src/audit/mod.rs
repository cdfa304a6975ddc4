//! Holds what came of a world against what `docs/spec/campaigns.md` promises.
//!
//! The auditor has a model of its own: it looks at one person after the other, with plain maps and
//! loops, and asks nothing of the engine, of `schedule` or of cohorts. What chance or a crash
//! leaves open it answers with a set of outcomes, of which the real one must be a member.

mod books;
mod calendar;
mod caps;
mod deal;
mod hand_overs;
mod hooks;
mod person;
mod quiet;
mod sets;
mod triggers;
mod turns;
mod view;

use std::fmt;

use crate::evidence::Evidence;
use view::View;

/// Complaints that are listed at most.
const COMPLAINTS_MAX: usize = 20;

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The promise, in a word.
    pub rule: &'static str,
    /// Who and when.
    pub detail: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.detail)
    }
}

/// Gathers complaints.
#[derive(Default)]
struct Complaints(Vec<Complaint>);

impl Complaints {
    /// Complains unless `kept`.
    fn unless(&mut self, kept: bool, rule: &'static str, detail: impl FnOnce() -> String) {
        if !kept && self.0.len() < COMPLAINTS_MAX {
            let detail = detail();
            self.0.push(Complaint { rule, detail });
        }
    }
}

/// Everything that is wrong; empty if nothing is.
#[must_use]
pub fn audit(evidence: &Evidence) -> Vec<Complaint> {
    let mut complaints = Complaints::default();
    let views = View::all(evidence);
    for view in &views {
        sets::check(view, &mut complaints);
        if view.waits_for_events() {
            triggers::check(view, &views, &mut complaints);
        } else {
            person::check(view, &views, &mut complaints);
        }
        hand_overs::check(view, &mut complaints);
        hooks::check(view, &mut complaints);
        caps::check(view, &views, &mut complaints);
        books::check(view, &mut complaints);
    }
    for story in &evidence.campaigns {
        deal::check(story, &views, &mut complaints);
        calendar::check(evidence, story, &mut complaints);
        hand_overs::check_rate(story, &views, &mut complaints);
    }
    hand_overs::check_strays(evidence, &views, &mut complaints);
    hand_overs::check_doubt(evidence, &views, &mut complaints);
    complaints.0
}
