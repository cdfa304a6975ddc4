//! Analytics as others see it, against the text of its specification.
#![expect(clippy::unwrap_used, reason = "a failed set-up fails the test")]

mod charts;
mod executor;
mod kpi;
mod naive;
mod place;
mod world;
