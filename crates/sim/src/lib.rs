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
