//! What concerns some people, counted by its words. Pure.

use std::collections::HashMap;

use model::{EndpointId, Finding};

/// Different findings that are told apart; the rest counts as [`OTHERS`].
const DISTINCT_MAX: usize = 50;
/// People that are named for each.
const SAMPLE_MAX: usize = 10;
/// Characters of a finding.
const WORDS_MAX: usize = 300;
/// What stands for findings beyond those that are told apart.
const OTHERS: &str = "others";

/// Findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings(HashMap<String, Finding>);

impl Findings {
    /// Notes that `what` concerns `endpoint`.
    pub(super) fn note(&mut self, what: &str, endpoint: &EndpointId) {
        let mut what: String = what.chars().take(WORDS_MAX).collect();
        if self.0.len() >= DISTINCT_MAX && !self.0.contains_key(&what) {
            OTHERS.clone_into(&mut what);
        }
        let found = self.0.entry(what.clone()).or_insert(Finding {
            what,
            endpoints: 0,
            sample: Vec::new(),
        });
        found.endpoints += 1;
        if found.sample.len() < SAMPLE_MAX {
            found.sample.push(endpoint.clone());
        }
    }

    /// All of them, those of most people first.
    pub(super) fn into_sorted(self) -> Vec<Finding> {
        let mut all: Vec<Finding> = self.0.into_values().collect();
        all.sort_by(|one, other| {
            let by_people = other.endpoints.cmp(&one.endpoints);
            by_people.then_with(|| one.what.cmp(&other.what))
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_bounded_and_lose_nobody() {
        let mut findings = Findings::default();
        for n in 0..200 {
            findings.note(&format!("reason {n}"), &EndpointId::from("e"));
        }
        for n in 0..30 {
            findings.note("reason 7", &format!("e{n}").as_str().into());
        }
        let all = findings.into_sorted();
        assert_eq!(all.len(), DISTINCT_MAX + 1);
        assert_eq!(all.iter().map(|it| it.endpoints).sum::<u64>(), 230);
        assert_eq!((all[0].what.as_str(), all[0].endpoints), (OTHERS, 150));
        assert_eq!((all[1].what.as_str(), all[1].endpoints), ("reason 7", 31));
        assert_eq!(all[1].sample.len(), SAMPLE_MAX);
    }
}
