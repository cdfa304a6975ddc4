//! How a message leaves, and what comes back.
//!
//! Belongs: mail and the messages of the other channels with their transports, the inbox, calls of
//! others by HTTP and whom they may not reach, the classification of what a provider answers,
//! suppression, tracking tokens, the records of what happened to a message.
//! Elsewhere: what a message says (`render`), who gets one and when (`engine`), the event log
//! (`events`).

pub mod credential;
mod delivery;
pub mod email;
pub mod feedback;
pub mod inbox;
pub mod message;
pub mod outbound;
pub mod phone;
mod roots;
pub mod suppression;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;

pub use delivery::{Delivery, Refusal, Report};
pub use roots::RootsError;
