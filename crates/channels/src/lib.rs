//! How a message leaves, and what comes back.
//!
//! Belongs: one module per channel with its transports, the inbox, the classification of what a
//! provider answers, suppression, tracking tokens, the records of what happened to a message.
//! Elsewhere: what a message says (`render`), who gets one and when (`engine`), the event log
//! (`events`).

pub mod credential;
pub mod email;
pub mod feedback;
pub mod inbox;
pub mod suppression;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
