//! What a policy permits (`docs/spec/audience.md §1.2`).

use model::{AppId, Policy};
use wire::{Operation, PathParams, parameter};

use super::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// What a route of the Beckon API needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Reading.
    Read,
    /// Sending messages and putting files.
    Send,
    /// Everything else.
    Admin,
}

impl Need {
    pub(crate) const fn permitted_by(self, policy: Policy) -> bool {
        match self {
            Self::Read => matches!(policy, Policy::Admin | Policy::Send | Policy::Read),
            Self::Send => matches!(policy, Policy::Admin | Policy::Send),
            Self::Admin => matches!(policy, Policy::Admin),
        }
    }
}

/// Whether a policy lets its holder call `operation`.
pub(crate) fn permits(policy: Policy, operation: Operation) -> bool {
    let reads = matches!(operation.method(), "GET");
    match policy {
        Policy::Admin => true,
        Policy::Read => reads,
        Policy::Send => reads || is_sending(operation),
        Policy::Client => matches!(
            operation,
            Operation::PutEvents
                | Operation::UpdateEndpoint
                | Operation::GetUserEndpoints
                | Operation::GetInAppMessages
        ),
    }
}

const fn is_sending(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::PutEvents
            | Operation::UpdateEndpoint
            | Operation::UpdateEndpointsBatch
            | Operation::DeleteEndpoint
            | Operation::DeleteUserEndpoints
            | Operation::SendMessages
            | Operation::SendUsersMessages
            | Operation::SendOTPMessage
            | Operation::VerifyOTPMessage
            | Operation::PhoneNumberValidate
    )
}

/// Lets the caller pass, or says why not.
///
/// # Errors
/// The policy does not permit the operation, or the application is not the caller's.
pub(crate) fn authorize(
    state: &AppState,
    caller: &Caller,
    operation: Operation,
    params: &PathParams,
) -> Result<(), ApiError> {
    let app = params.get(parameter::APPLICATION_ID);
    if permits(caller.policy, operation) && is_own(caller, app) {
        return Ok(());
    }
    Err(ApiError::access_denied(
        &state.account.principal(&caller.name),
        operation.action(),
        &resource(state, caller, operation, params),
    ))
}

/// Lets the caller of a Beckon route pass, or says why not.
///
/// # Errors
/// As [`authorize`].
pub(crate) fn authorize_need(
    state: &AppState,
    caller: &Caller,
    need: Need,
    app: Option<&str>,
    route: &str,
) -> Result<(), ApiError> {
    if need.permitted_by(caller.policy) && is_own(caller, app) {
        return Ok(());
    }
    let suffix = app.map_or_else(|| "apps".to_owned(), |app| format!("apps/{app}"));
    Err(ApiError::access_denied(
        &state.account.principal(&caller.name),
        &format!("beckon:{route}"),
        &state.account.arn(&caller.region, &suffix),
    ))
}

fn is_own(caller: &Caller, app: Option<&str>) -> bool {
    match (&caller.app, app) {
        (None, _) => true,
        (Some(own), Some(app)) => own.as_str() == app,
        (Some(_), None) => false,
    }
}

/// The ARN of what the call is about, as policies name it (`docs/spec/audience.md §3`).
fn resource(
    state: &AppState,
    caller: &Caller,
    operation: Operation,
    params: &PathParams,
) -> String {
    let get = |name| params.get(name);
    let mut suffix = match get(parameter::APPLICATION_ID) {
        Some(app) => format!("apps/{}", AppId::from(app)),
        None => match (get(parameter::TEMPLATE_NAME), get(parameter::RESOURCE_ARN)) {
            (Some(name), _) => format!("templates/{name}"),
            (None, Some(arn)) => return arn.to_owned(),
            (None, None) => match get(parameter::RECOMMENDER_ID) {
                Some(id) => format!("recommenders/{id}"),
                None if operation.path().starts_with("/v1/recommenders") => {
                    "recommenders".to_owned()
                }
                None => "apps".to_owned(),
            },
        },
    };
    let jobs = if operation.path().contains("/jobs/export") {
        "jobs/export"
    } else {
        "jobs/import"
    };
    for (name, word) in [
        (parameter::SEGMENT_ID, "segments"),
        (parameter::ENDPOINT_ID, "endpoints"),
        (parameter::USER_ID, "users"),
        (parameter::JOB_ID, jobs),
        (parameter::CAMPAIGN_ID, "campaigns"),
        (parameter::JOURNEY_ID, "journeys"),
        (parameter::ATTRIBUTE_TYPE, "attributes"),
        (parameter::KPI_NAME, "kpis"),
    ] {
        if let Some(value) = get(name) {
            suffix = format!("{suffix}/{word}/{value}");
        }
    }
    state.account.arn(&caller.region, &suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_permit_what_they_say() {
        let count = |policy| {
            Operation::ALL
                .into_iter()
                .filter(|op| permits(policy, *op))
                .count()
        };
        assert_eq!(count(Policy::Admin), 122);
        assert_eq!(count(Policy::Client), 4);
        assert!(count(Policy::Read) < count(Policy::Send));
        assert!(permits(Policy::Send, Operation::PutEvents));
        assert!(!permits(Policy::Send, Operation::CreateCampaign));
        assert!(!permits(Policy::Read, Operation::UpdateEndpoint));
        assert!(permits(Policy::Read, Operation::GetCampaignDateRangeKpi));
        assert!(!permits(Policy::Client, Operation::GetSegments));
    }
}
