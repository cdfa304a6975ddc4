//! Worlds that a seed makes up, to try the engine in: simulated time, providers with bad days,
//! crashes, several workers; and an auditor with a model of its own.
//!
//! A [`plan::Plan`] says what happens in a world. [`world::play`] lets it happen around a real
//! engine, store and log, and gathers what came of it as [`evidence::Evidence`]. [`audit::audit`]
//! holds that against what `docs/spec/campaigns.md` promises.
//!
//! The seed decides everything but one thing: which of two branches of a `select!` that are ready
//! at the same instant goes first. What was found with a seed may therefore need a few repetitions.
//!
//! # Where worlds crash
//!
//! Whatever survives the process is a point before and a point after it, and the process ends at a
//! chosen one: a commit of documents, a write of endpoints, an append to the event log, the note of
//! how far a follower of the log has come, a message in the hands of a provider, a question to a
//! hook. Between two of them nothing lasts, so that a crash elsewhere looks like one at the next
//! point. Reads are no points. Steps of the script happen at one instant each and are not
//! interrupted.
//!
//! # Several workers
//!
//! A run has a worker for each batch, and a batch for each 65,536 ordinals. Worlds are small, so
//! their endpoints are spread over up to six such ranges: most runs have several workers.
//!
//! # What the auditor leaves open
//!
//! - Who was under way in a crash is in doubt, or not; a campaign that sends again decides about
//!   them anew, as if there had been no message.
//! - What happens at one instant may have happened in either order, and people may have been looked
//!   at some seconds before they were sent something.
//! - An event together with a change of its campaign, of its endpoint or of the process may have
//!   found either; an event that arrives after a campaign's end may find nobody.
//! - Which cohorts fall to which treatment is learned from what became of people.
//!
//! Belongs: worlds, faults, the second model of campaigns.
//! Elsewhere: the engine itself (`engine`), simulated time (`clock`).

pub mod audit;
pub mod dice;
pub mod evidence;
pub mod plan;
pub mod world;

use evidence::Evidence;
use plan::{Plan, Size};

/// Why a world is not as it should be.
#[derive(Debug)]
pub struct Failure {
    /// The auditor's complaints, or why the world did not come to its end.
    pub complaints: Vec<String>,
    /// What came of the world, if it came to its end.
    pub evidence: Option<Box<Evidence>>,
}

/// Makes up the world of `seed`, lets it happen, and audits it.
///
/// # Errors
/// What is wrong.
pub fn try_seed(seed: u64, size: &Size) -> Result<Evidence, Failure> {
    let plan = Plan::generate(seed, size);
    let evidence = world::play(&plan).map_err(|error| Failure {
        complaints: vec![error],
        evidence: None,
    })?;
    let complaints = audit::audit(&evidence);
    if complaints.is_empty() {
        return Ok(evidence);
    }
    Err(Failure {
        complaints: complaints.iter().map(ToString::to_string).collect(),
        evidence: Some(Box::new(evidence)),
    })
}
