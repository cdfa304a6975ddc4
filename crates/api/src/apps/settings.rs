//! GetApplicationSettings and UpdateApplicationSettings.

use model::{AppId, AppSettings};
use store::{Expect, Store, put};
use wire::shapes::WriteApplicationSettingsRequest;

use super::wire::{read_hook, read_journey_limits, read_limits, read_quiet_time, settings};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

/// Attempts when others write at the same time.
const ATTEMPTS_MAX: usize = 5;

pub(crate) async fn get(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let (current, _) = current(call.state.store(), &app).await?;
    Reply::json(&settings(&current))
}

/// An omitted block stays, a present one replaces, an empty one clears.
pub(crate) async fn update(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let request: WriteApplicationSettingsRequest = call.body()?;
    let hook = request
        .campaign_hook
        .map(|hook| read_hook("CampaignHook", hook))
        .transpose()?;
    let limits = request
        .limits
        .map(|limits| read_limits("Limits", &limits))
        .transpose()?;
    let quiet = request
        .quiet_time
        .map(|quiet| read_quiet_time("QuietTime", &quiet))
        .transpose()?;
    let journeys = request
        .journey_limits
        .map(|limits| read_journey_limits(&limits))
        .transpose()?;
    let store = call.state.store();
    for _ in 0..ATTEMPTS_MAX {
        let (mut next, expect) = current(store, &app).await?;
        if let Some(hook) = &hook {
            next.hook.clone_from(hook);
        }
        if let Some(limits) = limits {
            next.limits = limits;
        }
        if let Some(quiet) = quiet {
            next.quiet_time = quiet;
        }
        if let Some(journeys) = journeys {
            next.journey_limits = journeys;
        }
        next.modified = Some(call.now);
        match store.documents.commit(vec![put(&next, expect)?]).await {
            Ok(()) => return Reply::json(&settings(&next)),
            Err(store::StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::conflict())
}

async fn current(store: &Store, app: &AppId) -> Result<(AppSettings, Expect), ApiError> {
    let stored = store.of::<AppSettings>().get("", app.as_str()).await?;
    Ok(match stored {
        Some(stored) => (stored.value, Expect::Revision(stored.revision)),
        None => {
            let fresh = AppSettings {
                app: app.clone(),
                hook: None,
                limits: None,
                quiet_time: None,
                journey_limits: None,
                modified: None,
            };
            (fresh, Expect::Absent)
        }
    })
}
