//! GetApplicationSettings and UpdateApplicationSettings.

use model::{AppId, AppSettings, CampaignHook, JourneyLimits, Limits, QuietTime};
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

pub(crate) async fn update(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let change = Change::read(call.body()?)?;
    let store = call.state.store();
    for _ in 0..ATTEMPTS_MAX {
        let (mut next, expect) = current(store, &app).await?;
        change.apply(&mut next);
        next.modified = Some(call.now);
        match store.documents.commit(vec![put(&next, expect)?]).await {
            Ok(()) => return Reply::json(&settings(&next)),
            Err(store::StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::conflict())
}

/// What a request makes of settings: an omitted block stays, a present one replaces, an empty one
/// clears.
pub(crate) struct Change {
    hook: Option<Option<CampaignHook>>,
    limits: Option<Option<Limits>>,
    quiet_time: Option<Option<QuietTime>>,
    journey_limits: Option<Option<JourneyLimits>>,
}

impl Change {
    /// Reads a request.
    ///
    /// # Errors
    /// A member has an unusable value.
    pub(crate) fn read(request: WriteApplicationSettingsRequest) -> Result<Self, ApiError> {
        Ok(Self {
            hook: request
                .campaign_hook
                .map(|hook| read_hook("CampaignHook", hook))
                .transpose()?,
            limits: request
                .limits
                .map(|limits| read_limits("Limits", &limits))
                .transpose()?,
            quiet_time: request
                .quiet_time
                .map(|quiet| read_quiet_time("QuietTime", &quiet))
                .transpose()?,
            journey_limits: request
                .journey_limits
                .map(|limits| read_journey_limits(&limits))
                .transpose()?,
        })
    }

    /// Changes `settings`.
    pub(crate) fn apply(&self, settings: &mut AppSettings) {
        if let Some(hook) = &self.hook {
            settings.hook.clone_from(hook);
        }
        if let Some(limits) = self.limits {
            settings.limits = limits;
        }
        if let Some(quiet) = self.quiet_time {
            settings.quiet_time = quiet;
        }
        if let Some(journeys) = self.journey_limits {
            settings.journey_limits = journeys;
        }
    }
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
