//! Passwords of console users.

use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use clock::Clock;
use model::{ConsoleUser, Policy};
use store::{Store, StoreError};
use tokio::sync::Semaphore;

/// Shortest password, in characters.
const PASSWORD_CHARS_MIN: usize = 8;
/// Longest password, in bytes.
const PASSWORD_BYTES_MAX: usize = 1_024;
/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 128;
/// Passwords that are hashed at once: each takes tens of megabytes and a core.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Why a user or password is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The name is empty or too long.
    #[error("a user name has 1 to {NAME_BYTES_MAX} bytes and no control characters")]
    Name,
    /// The password is too short or too long.
    #[error(
        "a password has at least {PASSWORD_CHARS_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes"
    )]
    Password,
    /// There is such a user already.
    #[error("there is a user {0} already")]
    Taken(String),
    /// There is no such user.
    #[error("there is no user {0}")]
    Unknown(String),
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a console user.
///
/// # Errors
/// The name or password is not acceptable or the name is taken, or the store failed.
pub async fn create_user(
    store: &Store,
    clock: &Clock,
    name: &str,
    password: &str,
    policy: Policy,
) -> Result<ConsoleUser, PasswordError> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(PasswordError::Name);
    }
    let user = ConsoleUser {
        name: name.to_owned(),
        password_hash: hash(clock, password).await?,
        policy,
        created: clock.now(),
    };
    match store.of::<ConsoleUser>().create(&user).await {
        Ok(()) => Ok(user),
        Err(StoreError::Conflict(_)) => Err(PasswordError::Taken(name.to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// Replaces a user's password; sessions that are open stay open.
///
/// # Errors
/// There is no such user, the password is not acceptable, or the store failed.
pub async fn set_password(
    store: &Store,
    clock: &Clock,
    name: &str,
    password: &str,
) -> Result<(), PasswordError> {
    let users = store.of::<ConsoleUser>();
    let mut user = users
        .get("", name)
        .await?
        .ok_or_else(|| PasswordError::Unknown(name.to_owned()))?;
    user.password_hash = hash(clock, password).await?;
    users.replace(&mut user).await?;
    Ok(())
}

/// The user with this name and password. It takes as long when there is no such user.
pub(crate) async fn check_password(
    store: &Store,
    clock: &Clock,
    name: &str,
    password: &str,
) -> Result<Option<ConsoleUser>, PasswordError> {
    if password.len() > PASSWORD_BYTES_MAX || name.len() > NAME_BYTES_MAX {
        return Ok(None);
    }
    let Some(user) = store.of::<ConsoleUser>().get("", name).await? else {
        hash(clock, "a password that takes as long").await?;
        return Ok(None);
    };
    let kept = user.password_hash.clone();
    let given = password.to_owned();
    let matches = on_a_thread(move || {
        let kept = PasswordHash::new(&kept).map_err(|error| error.to_string())?;
        Ok(Argon2::default()
            .verify_password(given.as_bytes(), &kept)
            .is_ok())
    })
    .await?;
    Ok(matches.then_some(user.value))
}

async fn hash(clock: &Clock, password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::Password);
    }
    let password = password.to_owned();
    let salt = clock.random_bytes::<16>();
    on_a_thread(move || {
        let salt = SaltString::encode_b64(&salt).map_err(|error| error.to_string())?;
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string())
            .map_err(|error| error.to_string())
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, PasswordError> {
    let permit = HASHING
        .acquire()
        .await
        .map_err(|error| PasswordError::Hash(error.to_string()))?;
    let result = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| PasswordError::Hash(error.to_string()))?;
    drop(permit);
    result.map_err(PasswordError::Hash)
}
