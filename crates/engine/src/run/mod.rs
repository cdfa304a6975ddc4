//! Runs: a frozen set, worked off in batches under leases, exactly (`docs/spec/campaigns.md §7`).
//!
//! Belongs: opening and driving runs, the pipeline of one endpoint, intents, hand-over, outcomes,
//! recovery after a crash, pace and caps.
//! Elsewhere: what a campaign may be (`campaigns`), transports (`channels`), counting what
//! happened (`analytics`).

pub(crate) mod breaker;
mod call;
pub(crate) mod canary;
pub(crate) mod caps;
pub(crate) mod compose;
pub(crate) mod content;
pub(crate) mod context;
mod dispatch;
pub(crate) mod driver;
mod duplicates;
mod fold;
mod fresh;
pub(crate) mod guard;
pub(crate) mod hook;
mod lane;
pub(crate) mod open;
pub(crate) mod pace;
pub(crate) mod pipeline;
mod rate;
mod recovery;
pub(crate) mod sums;
pub(crate) mod sweep;
mod triggered;
pub(crate) mod unit;
mod waiting;
mod worker;
