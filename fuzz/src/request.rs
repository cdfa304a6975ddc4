//! Decoding of requests: a first line `METHOD PATH?QUERY`, then the body.

use serde_json::Value;
use wire::{Operation, Query, route, shapes, validate};

/// Routes, parses and checks; a body that passes the check can be read.
///
/// # Panics
/// A body passed the check and cannot be read, or does not read the same when written again.
pub fn run(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n');
    let (line, body) = data.split_at(end.unwrap_or(data.len()));
    let line = String::from_utf8_lossy(line);
    let (method, target) = line.split_once(' ').unwrap_or(("GET", &line));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let _ = Query::parse(query);
    let Ok((operation, _)) = route(method, path) else {
        return;
    };
    let Ok(body) = serde_json::from_slice::<Value>(body.trim_ascii()) else {
        return;
    };
    if validate(operation, &body).is_ok() {
        read(operation, body);
    }
}

macro_rules! read_as {
    ($name:expr, $body:expr, $($shape:ident)*) => {
        match $name {
            $(stringify!($shape) => {
                let first: shapes::$shape =
                    serde_json::from_value($body).expect("a body that passed the check");
                let written = serde_json::to_value(&first).expect("a shape is JSON");
                let again: shapes::$shape =
                    serde_json::from_value(written.clone()).expect("what was written");
                assert_eq!(serde_json::to_value(&again).expect("a shape is JSON"), written);
            })*
            other => panic!("no shape {other} is listed"),
        }
    };
}

fn read(operation: Operation, body: Value) {
    let Some(structure) = operation.body() else {
        return;
    };
    read_as!(structure.name, body,
        ADMChannelRequest
        APNSChannelRequest
        APNSSandboxChannelRequest
        APNSVoipChannelRequest
        APNSVoipSandboxChannelRequest
        BaiduChannelRequest
        CreateApplicationRequest
        CreateRecommenderConfiguration
        EmailChannelRequest
        EmailTemplateRequest
        EndpointBatchRequest
        EndpointRequest
        EventsRequest
        ExportJobRequest
        GCMChannelRequest
        ImportJobRequest
        InAppTemplateRequest
        JourneyStateRequest
        MessageRequest
        NumberValidateRequest
        PushNotificationTemplateRequest
        SMSChannelRequest
        SMSTemplateRequest
        SendOTPMessageRequestParameters
        SendUsersMessageRequest
        TagsModel
        TemplateActiveVersionRequest
        UpdateAttributesRequest
        UpdateRecommenderConfiguration
        VerifyOTPMessageRequestParameters
        VoiceChannelRequest
        VoiceTemplateRequest
        WriteApplicationSettingsRequest
        WriteCampaignRequest
        WriteEventStream
        WriteJourneyRequest
        WriteSegmentRequest
    );
}
