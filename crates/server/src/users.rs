//! `beckon users create` and `beckon users password`.

use clock::Clock;

use crate::cli::{PasswordArguments, UserArguments};
use crate::error::ServerError;
use crate::first_start::new_password;
use crate::parts::open_store;

/// Creates a user.
///
/// # Errors
/// The data folder cannot be used, or the name or password is not acceptable.
pub async fn create(arguments: &UserArguments) -> Result<(), ServerError> {
    let config = arguments.data.config.load()?;
    let clock = Clock::real();
    let (password, made) = password_for(&clock, arguments.password_stdin)?;
    let store = open_store(&config, &arguments.data.data, &clock).await?;
    let name = &arguments.name;
    api::create_user(&store, &clock, name, &password, arguments.policy.into()).await?;
    println!("Console user: {name}");
    show(&password, made);
    Ok(())
}

/// Replaces a user's password.
///
/// # Errors
/// As [`create`], and if there is no such user.
pub async fn password(arguments: &PasswordArguments) -> Result<(), ServerError> {
    let config = arguments.data.config.load()?;
    let clock = Clock::real();
    let (password, made) = password_for(&clock, arguments.password_stdin)?;
    let store = open_store(&config, &arguments.data.data, &clock).await?;
    api::set_password(&store, &clock, &arguments.name, &password).await?;
    println!("Console user: {}", arguments.name);
    show(&password, made);
    Ok(())
}

fn password_for(clock: &Clock, from_stdin: bool) -> Result<(String, bool), ServerError> {
    if !from_stdin {
        return Ok((new_password(clock), true));
    }
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    let password = line.trim_end_matches(['\r', '\n']);
    if read.is_err() || password.is_empty() {
        return Err(ServerError::NoPassword);
    }
    Ok((password.to_owned(), false))
}

fn show(password: &str, made: bool) {
    if made {
        println!("Password (shown once): {password}");
    }
}
