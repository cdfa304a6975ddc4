//! CreateJourney.

use ::journeys::JourneyFault;
use engine::journeys::{self, JourneyError, Quotas};

use super::wire::{draft, journey};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app_id()?;
    let draft = draft(call.body()?)?;
    let state = &call.state;
    let clock = &state.parts.clock;
    let created = journeys::create(state.store(), clock, &app, &draft, quotas(&call)).await?;
    Reply::json(&journey(&created))
}

/// How many journeys may be live at once.
pub(super) fn quotas(call: &Call) -> Quotas {
    let limits = &call.state.settings.limits;
    Quotas {
        live: limits.active_journeys,
        live_by_event: limits.active_event_journeys,
    }
}

impl From<JourneyError> for ApiError {
    fn from(error: JourneyError) -> Self {
        match error {
            JourneyError::NotFound(_) => Self::not_found(),
            JourneyError::Busy(_) => Self::conflict(),
            JourneyError::Fault(fault @ JourneyFault::NotEditable { .. }) => {
                Self::conflicting(fault)
            }
            JourneyError::Fault(fault) => Self::bad_request(fault),
            JourneyError::Refused(refusal) => Self::bad_request(refusal),
            JourneyError::Store(error) => error.into(),
        }
    }
}
