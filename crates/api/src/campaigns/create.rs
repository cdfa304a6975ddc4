//! CreateCampaign.

use engine::campaigns::{self, CampaignError};

use super::wire::{campaign, draft};
use crate::apps::wire::read_tags;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let app = call.app()?;
    let state = &call.state;
    let mut draft = draft(call.body()?)?;
    draft.tags = Some(read_tags(draft.tags, state.settings.limits.tags)?);
    let most = state.settings.limits.active_campaigns;
    let (callees, clock) = (state.parts.engine.callees(), &state.parts.clock);
    let made = campaigns::create_asking(callees, state.store(), clock, &app.id, &draft, most);
    let created = made.await?;
    state.parts.engine.wake();
    Reply::json(&campaign(&state.account, &app.region, &created))
}

impl From<CampaignError> for ApiError {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::NotFound(_) => Self::not_found(),
            CampaignError::Busy(_) => Self::conflict(),
            CampaignError::TooLate(why) => Self::conflicting(why),
            CampaignError::Refused(refusal) => Self::bad_request(refusal),
            CampaignError::Store(error) => error.into(),
        }
    }
}
