//! Direct sends, one-time passwords and telephone numbers (`docs/spec/channels.md §2, §7, §8`).

pub(crate) mod otp;
pub(crate) mod phone;
pub(crate) mod send;
pub(crate) mod send_users;
mod wire;
