//! Applications and their settings.

use model::{App, AppId, AppSettings, Tags};
use store::StoreError;
use wire::Operation;

use super::Migration;
use super::item::Item;
use super::report::Outcome;
use crate::apps::settings::Change;
use crate::apps::wire::read_tags;
use crate::error::ApiError;

/// Takes what GetApp returned.
pub(super) async fn app(migration: &mut Migration<'_>, item: &Item) -> Result<Outcome, ApiError> {
    let state = migration.state;
    let id = AppId::from(item.needed("Id")?);
    let name = item.needed("Name")?;
    let request: wire::shapes::CreateApplicationRequest =
        migration.request(Operation::CreateApp, item)?;
    let tags = read_tags(request.tags, state.settings.limits.tags)?;
    let apps = state.store().of::<App>();
    let found = apps.get("", id.as_str()).await?;
    if found.as_ref().is_some_and(|app| app.name != id.as_str()) {
        return Ok(Outcome::There);
    }
    let (region, notes) = region(migration, item);
    let app = App {
        id: id.clone(),
        name: name.to_owned(),
        tags,
        region,
        created: item.date("CreationDate", migration.now),
    };
    // In place of one that an earlier file needed and none described.
    let put = async { apps.put(&app).await };
    state.apps.changing(id.as_str(), put).await?;
    Ok(Outcome::with(notes))
}

/// The region in the ARN, if this server answers for it.
fn region(migration: &Migration<'_>, item: &Item) -> (String, Vec<String>) {
    let account = &migration.state.account;
    let there = item.text("Arn").and_then(|arn| arn.split(':').nth(3));
    match there {
        Some(region) if account.regions.iter().any(|known| known == region) => {
            (region.to_owned(), Vec::new())
        }
        Some(region) => {
            let default = account.default_region();
            let note = format!(
                "its region is {default}: this server does not answer for {region} \
                 (account.regions in the configuration)"
            );
            (default.to_owned(), vec![note])
        }
        None => (account.default_region().to_owned(), Vec::new()),
    }
}

/// Creates an application that is only known by its identifier; answers whether it had to.
pub(super) async fn create_unnamed(
    migration: &Migration<'_>,
    id: &AppId,
) -> Result<bool, StoreError> {
    let state = migration.state;
    let apps = state.store().of::<App>();
    if apps.get("", id.as_str()).await?.is_some() {
        return Ok(false);
    }
    let app = App {
        id: id.clone(),
        name: id.to_string(),
        tags: Tags::new(),
        region: state.account.default_region().to_owned(),
        created: migration.now,
    };
    apps.create(&app).await?;
    Ok(true)
}

/// Takes what GetApplicationSettings returned.
pub(super) async fn settings(
    migration: &mut Migration<'_>,
    item: &Item,
) -> Result<Outcome, ApiError> {
    let app = migration.app_of(item).await?;
    let stored = migration.state.store().of::<AppSettings>();
    let found = stored.get("", app.as_str()).await?;
    if found.is_some_and(|settings| settings.modified.is_some()) {
        return Ok(Outcome::There);
    }
    let request = migration.request(Operation::UpdateApplicationSettings, item)?;
    let mut settings = AppSettings {
        app,
        hook: None,
        limits: None,
        quiet_time: None,
        journey_limits: None,
        modified: Some(item.date("LastModifiedDate", migration.now)),
    };
    Change::read(request)?.apply(&mut settings);
    stored.put(&settings).await?;
    Ok(Outcome::Taken)
}
