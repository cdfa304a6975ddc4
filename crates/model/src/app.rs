//! Applications and their settings.

use std::collections::BTreeMap;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppId, Limits, TimeframeCap};

/// Labels on a resource.
pub type Tags = BTreeMap<String, String>;

/// An application (project): the owner of endpoints, segments and campaigns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// The identifier.
    pub id: AppId,
    /// 1 to 64 characters, not unique, fixed at creation.
    pub name: String,
    /// Labels.
    pub tags: Tags,
    /// The region that the application was created in.
    pub region: String,
    /// When it was created.
    pub created: Timestamp,
}

/// Defaults for campaigns and journeys created afterwards (`docs/spec/audience.md §5`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppSettings {
    /// The application.
    pub app: AppId,
    /// Default hook.
    pub hook: Option<CampaignHook>,
    /// Default limits.
    pub limits: Option<Limits>,
    /// Default quiet time.
    pub quiet_time: Option<QuietTime>,
    /// Default journey limits.
    pub journey_limits: Option<JourneyLimits>,
    /// When the settings were last written.
    pub modified: Option<Timestamp>,
}

/// A function or URL that filters or delivers (`docs/spec/campaigns.md §8`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignHook {
    /// Name or ARN of a function.
    pub function: Option<String>,
    /// What the hook does.
    pub mode: Option<HookMode>,
    /// An http(s) URL.
    pub url: Option<String>,
}

/// What a hook does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookMode {
    /// It chooses who receives.
    Filter,
    /// It delivers, as a custom channel.
    Delivery,
}

/// Hours in which nothing is sent, in the endpoint's own zone, inclusive at both ends
/// (`docs/spec/campaigns.md §4.2`). Minutes since midnight, 0 to 1439; the range may wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietTime {
    /// First quiet minute of the day.
    pub start: u16,
    /// Last quiet minute of the day.
    pub end: u16,
}

/// Caps of journeys; 0 means unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyLimits {
    /// Messages per endpoint and day.
    pub daily: Option<u32>,
    /// Messages per endpoint.
    pub total: Option<u32>,
    /// Messages per endpoint in a number of days.
    pub timeframe: Option<TimeframeCap>,
}
