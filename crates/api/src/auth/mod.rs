//! Who calls, and what they may do.

mod caller;
mod keys;
mod login;
mod password;
mod permission;
mod session;

pub(crate) use caller::{Caller, claim};
pub(crate) use keys::Keys;
pub use keys::{CreatedKey, NewKey, create_key};
pub(crate) use login::{LoginThrottle, Wait};
pub(crate) use password::check_password;
pub use password::{PasswordError, create_user, set_password};
pub(crate) use permission::{Need, authorize, authorize_need};
pub(crate) use session::{Session, close, cookie, find, open, removal_cookie};
