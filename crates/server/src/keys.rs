//! `beckon keys create`.

use api::NewKey;
use clock::Clock;
use model::{App, AppId};

use crate::cli::KeyArguments;
use crate::error::ServerError;
use crate::parts::open_store;

/// Creates a key and prints it.
///
/// # Errors
/// The data folder cannot be used, or there is no such application.
pub async fn create(arguments: &KeyArguments) -> Result<(), ServerError> {
    let config = arguments.data.config.load()?;
    let clock = Clock::real();
    let store = open_store(&config, &arguments.data.data, &clock).await?;
    if let Some(app) = &arguments.app
        && store.of::<App>().get("", app).await?.is_none()
    {
        return Err(ServerError::NoApp(app.clone()));
    }
    let new = NewKey {
        policy: arguments.policy.into(),
        app: arguments.app.as_deref().map(AppId::from),
        description: arguments.description.clone(),
        lifetime: None,
    };
    let created = api::create_key(&store, &clock, new).await?;
    println!("Access key: {}", created.key.id);
    println!("Secret (shown once): {}", created.secret);
    Ok(())
}
