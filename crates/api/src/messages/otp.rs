//! SendOTPMessage and VerifyOTPMessage.

use std::collections::BTreeMap;

use engine::direct::{OtpError, OtpRequest};
use wire::shapes;

use super::wire::write_result;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn send(call: Call) -> Result<Reply, ApiError> {
    let request: shapes::SendOTPMessageRequestParameters = call.body()?;
    let channel = request.channel.unwrap_or_default();
    if channel != "SMS" {
        return Err(ApiError::bad_request("Channel: expected SMS"));
    }
    let app = call.app_id()?;
    let destination = request.destination_identity.unwrap_or_default();
    let otp = OtpRequest {
        app: app.clone(),
        request_id: call.request_id.clone(),
        brand: request.brand_name.unwrap_or_default(),
        destination: destination.clone(),
        origination: request.origination_identity.unwrap_or_default(),
        reference: request.reference_id.unwrap_or_default(),
        length: number("CodeLength", request.code_length)?,
        minutes: number("ValidityPeriod", request.validity_period)?,
        attempts: number("AllowedAttempts", request.allowed_attempts)?,
        language: request.language.filter(|language| !language.is_empty()),
        entity_id: request.entity_id.filter(|id| !id.is_empty()),
        template_id: request.template_id.filter(|id| !id.is_empty()),
    };
    let result = call.state.parts.engine.send_otp(otp).await?;
    Reply::json(&shapes::MessageResponse {
        application_id: Some(app.to_string()),
        endpoint_result: None,
        request_id: Some(call.request_id.clone()),
        result: Some(BTreeMap::from([(destination, write_result(result))])),
    })
}

pub(crate) async fn verify(call: Call) -> Result<Reply, ApiError> {
    let request: shapes::VerifyOTPMessageRequestParameters = call.body()?;
    let engine = &call.state.parts.engine;
    let valid = engine
        .verify_otp(
            &call.app_id()?,
            &request.destination_identity.unwrap_or_default(),
            &request.reference_id.unwrap_or_default(),
            &request.otp.unwrap_or_default(),
        )
        .await?;
    Reply::json(&shapes::VerificationResponse { valid: Some(valid) })
}

fn number(member: &str, number: Option<i64>) -> Result<Option<u32>, ApiError> {
    let read = number.map(u32::try_from).transpose();
    read.map_err(|_| ApiError::bad_request(format!("{member}: expected 0 or more")))
}

impl From<OtpError> for ApiError {
    fn from(error: OtpError) -> Self {
        match error {
            OtpError::Invalid { .. } => Self::bad_request(error),
            OtpError::Direct(error) => error.into(),
            OtpError::Store(error) => error.into(),
        }
    }
}
