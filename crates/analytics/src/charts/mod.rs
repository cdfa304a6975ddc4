//! Charts as data over the questions (`docs/spec/analytics.md §6–8`).

mod campaign;
mod demographics;
mod events;
mod series;
mod usage;

pub use campaign::{CampaignChart, CampaignGroup, CampaignTotals};
pub use demographics::{Facet, Share};
pub use events::EventType;
pub use series::{Point, Series, Step};
pub use usage::UsageChart;

pub(crate) use campaign::{campaign, campaign_series};
pub(crate) use demographics::demographics;
pub(crate) use events::{attribute_names, event_series, event_types};
pub(crate) use usage::{OPENED_APP, usage};
