//! What a data folder needs before anybody can use it: a key, unless one is configured, and a
//! console user. Both are made and printed once.

use api::NewKey;
use clock::Clock;
use config::Config;
use model::{AccessKey, ConsoleUser, Policy};
use store::Store;

use crate::error::ServerError;

/// The name of the first console user.
pub const FIRST_USER: &str = "admin";

/// What was made, to be shown once.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// Access key id and secret.
    pub key: Option<(String, String)>,
    /// Console user and password.
    pub user: Option<(String, String)>,
}

/// Makes what is missing.
///
/// # Errors
/// The store failed.
pub async fn prepare(config: &Config, store: &Store, clock: &Clock) -> Result<Made, ServerError> {
    let mut made = Made::default();
    if config.auth.admin.is_none() && store.of::<AccessKey>().count("").await? == 0 {
        let new = NewKey {
            policy: Policy::Admin,
            app: None,
            description: Some("made at first start".to_owned()),
            lifetime: None,
        };
        let created = api::create_key(store, clock, new).await?;
        made.key = Some((created.key.id.into_string(), created.secret));
    }
    if store.of::<ConsoleUser>().count("").await? == 0 {
        let password = new_password(clock);
        api::create_user(store, clock, FIRST_USER, &password, Policy::Admin).await?;
        made.user = Some((FIRST_USER.to_owned(), password));
    }
    Ok(made)
}

/// A password that people can type.
pub fn new_password(clock: &Clock) -> String {
    let letters = b"abcdefghjkmnpqrstuvwxyz23456789";
    let bytes = clock.random_bytes::<20>();
    let mut password = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            password.push('-');
        }
        password.push(char::from(letters[usize::from(*byte) % letters.len()]));
    }
    password
}

impl Made {
    /// Prints what was made.
    pub fn print(&self) {
        if let Some((id, secret)) = &self.key {
            println!("Access key (shown once): {id}");
            println!("Secret    (shown once): {secret}");
        }
        if let Some((name, password)) = &self.user {
            println!("Console user: {name}");
            println!("Password (shown once): {password}");
        }
    }
}
