use model::{AppId, JourneyId, Tags};
use serde_json::{Value, json};

use super::*;

fn read(body: Value) -> Result<JourneyDraft, String> {
    wire::validate(wire::Operation::CreateJourney, &body).map_err(|error| error.to_string())?;
    let request: shapes::WriteJourneyRequest =
        serde_json::from_value(body).map_err(|error| error.to_string())?;
    draft(request).map_err(|error| error.message().to_owned())
}

/// What is answered about a journey with the content of `draft`.
fn written(draft: JourneyDraft) -> Value {
    let stored = Journey {
        app: AppId::from("a"),
        id: JourneyId::from("j"),
        name: draft.name,
        state: draft.state.unwrap_or(JourneyState::Draft),
        start_condition: draft.start_condition,
        start_activity: draft.start_activity,
        activities: draft.activities.unwrap_or_default(),
        schedule: draft.schedule,
        limits: draft.limits,
        local_time: draft.local_time,
        quiet_time: draft.quiet_time.flatten(),
        wait_for_quiet_time: draft.wait_for_quiet_time,
        sending_schedule: draft.sending_schedule,
        open_hours: draft.open_hours,
        closed_days: draft.closed_days,
        refresh_frequency: draft.refresh_frequency,
        refresh_on_segment_update: draft.refresh_on_segment_update,
        timezone_estimation: draft.timezone_estimation,
        channel_settings: draft.channel_settings,
        tags: Tags::new(),
        launch: None,
        paused_at: None,
        created: Timestamp::default(),
        modified: Timestamp::default(),
    };
    let stored = serde_json::to_string(&stored).expect("encodes");
    let stored: Journey = serde_json::from_str(&stored).expect("decodes");
    serde_json::to_value(journey(&stored)).expect("encodes")
}

#[track_caller]
fn echoes(body: &Value) {
    let answer = written(read(body.clone()).expect("readable"));
    let members = body.as_object().expect("an object");
    for (name, value) in members {
        assert_eq!(answer.get(name), Some(value), "{name}");
    }
}

#[test]
fn a_draft_needs_a_name_alone() {
    assert_eq!(
        written(read(json!({"Name": "n"})).expect("readable")),
        json!({
            "ApplicationId": "a", "Id": "j", "Name": "n", "State": "DRAFT", "tags": {},
            "CreationDate": "1970-01-01T00:00:00.000Z",
            "LastModifiedDate": "1970-01-01T00:00:00.000Z"
        })
    );
    assert_eq!(read(json!({})), Err("Missing Name".to_owned()));
}

#[test]
fn every_member_comes_back_as_it_was_written() {
    let rule = json!([{"StartTime": "09:00", "EndTime": "T12:00:30"}]);
    let closed = json!([{"Name": "eve", "StartDateTime": "2031-12-24T00:00:00",
        "EndDateTime": "2031-12-25T00:00:00"}]);
    let channel = |value: &Value| json!({"CUSTOM": value, "EMAIL": value, "PUSH": value, "SMS": value, "VOICE": value});
    echoes(&json!({
        "Name": "n",
        "State": "ACTIVE",
        "StartActivity": "mail",
        "Schedule": {"StartTime": "2031-04-01T08:00:00.000Z", "EndTime": "2031-05-01T08:00:00.000Z",
            "Timezone": "UTC+12:45"},
        "Limits": {"DailyCap": 2, "TotalCap": 3, "TimeframeCap": {"Cap": 4, "Days": 5},
            "MessagesPerSecond": 6, "EndpointReentryCap": 7, "EndpointReentryInterval": "P7D"},
        "LocalTime": true,
        "QuietTime": {"Start": "22:00", "End": "07:00"},
        "WaitForQuietTime": false,
        "SendingSchedule": true,
        "OpenHours": channel(&json!({"MONDAY": rule, "SUNDAY": []})),
        "ClosedDays": channel(&closed),
        "RefreshFrequency": "PT12H",
        "RefreshOnSegmentUpdate": true,
        "TimezoneEstimationMethods": ["POSTAL_CODE", "PHONE_NUMBER"],
        "JourneyChannelSettings": {"ConnectCampaignArn": "arn:c",
            "ConnectCampaignExecutionRoleArn": "arn:r"}
    }));
}

#[test]
fn every_start_comes_back_as_it_was_written() {
    let start = |start: Value| echoes(&json!({"Name": "n", "StartCondition": start}));
    start(json!({"Description": "later"}));
    start(json!({"Description": "d", "SegmentStartCondition": {"SegmentId": "s"}}));
    start(
        json!({"EventStartCondition": {"SegmentId": "s", "EventFilter": {
            "FilterType": "ENDPOINT",
            "Dimensions": {
                "EventType": {"DimensionType": "INCLUSIVE", "Values": ["cart.left"]},
                "Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}},
                "Metrics": {"total": {"ComparisonOperator": "GREATER_THAN", "Value": 9.5}}
            }
        }}}),
    );
}

#[test]
fn every_activity_comes_back_as_it_was_written() {
    let wait = json!({"WaitFor": "P2D"});
    let event = json!({"EventCondition": {"MessageActivity": "mail", "Dimensions": {
        "EventType": {"DimensionType": "INCLUSIVE", "Values": ["_email.open"]}}}});
    let segment = json!({"SegmentCondition": {"SegmentId": "s"}});
    let criteria = json!({"segmentDimensions": {
        "Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}});
    echoes(&json!({"Name": "n", "Activities": {
        "mail": {"Description": "d", "EMAIL": {"TemplateName": "t", "TemplateVersion": "2",
            "MessageConfig": {"FromAddress": "a@b.example"}, "NextActivity": "text"}},
        "text": {"SMS": {"TemplateName": "t", "MessageConfig": {"MessageType": "PROMOTIONAL",
            "OriginationNumber": "+12065550100", "SenderId": "SHOP", "EntityId": "e",
            "TemplateId": "i"}, "NextActivity": "push"}},
        "push": {"PUSH": {"TemplateName": "t", "MessageConfig": {"TimeToLive": "3600"},
            "NextActivity": "hook"}},
        "hook": {"CUSTOM": {"DeliveryUri": "https://shop.example", "EndpointTypes": ["EMAIL", "CUSTOM"],
            "MessageConfig": {"Data": "x"}, "TemplateName": "t", "TemplateVersion": "1",
            "NextActivity": "call"}},
        "call": {"ContactCenter": {"NextActivity": "wait"}},
        "wait": {"Wait": {"WaitTime": wait, "NextActivity": "until"}},
        "until": {"Wait": {"WaitTime": {"WaitUntil": "2031-04-02T08:00:00Z"}, "NextActivity": "yesno"}},
        "yesno": {"ConditionalSplit": {"EvaluationWaitTime": wait, "TrueActivity": "many",
            "FalseActivity": "out",
            "Condition": {"Operator": "ANY", "Conditions": [event, segment, criteria]}}},
        "many": {"MultiCondition": {"EvaluationWaitTime": {"WaitUntil": "2031-04-03T08:00:00Z"},
            "DefaultActivity": "chance",
            "Branches": [{"Condition": segment, "NextActivity": "chance"}, {"Condition": event}]}},
        "chance": {"RandomSplit": {"Branches": [
            {"Percentage": 30, "NextActivity": "out"}, {"Percentage": 70}]}},
        "out": {"Holdout": {"Percentage": 10, "NextActivity": "end"}},
        "end": {"EMAIL": {}}
    }}));
}

#[track_caller]
fn refuses(body: &Value, want: &str) {
    let mut body = body.clone();
    body["Name"] = json!("n");
    let said = read(body).expect_err("refused");
    assert!(said.contains(want), "{said}");
}

#[test]
fn what_is_wrong_is_named() {
    let activity = |it: Value| json!({"Activities": {"a1": it}});
    refuses(
        &activity(json!({"Description": "nothing"})),
        "Activities.a1: expected exactly one of EMAIL",
    );
    refuses(
        &activity(json!({"EMAIL": {}, "SMS": {}})),
        "Activities.a1: expected exactly one of EMAIL",
    );
    refuses(
        &activity(json!({"EMAIL": {"TemplateVersion": "newest"}})),
        "Activities.a1.EMAIL.TemplateVersion: expected a number from 1, found 'newest'",
    );
    refuses(
        &activity(json!({"Wait": {"WaitTime": {"WaitFor": "P1D", "WaitUntil": "x"}}})),
        "Activities.a1.Wait.WaitTime: WaitFor and WaitUntil exclude each other",
    );
    refuses(
        &activity(json!({"ConditionalSplit": {"Condition": {"Conditions": [{}]}}})),
        "Activities.a1.ConditionalSplit.Condition.Conditions[0]: expected exactly one of",
    );
    refuses(&activity(json!({"Holdout": {}})), "Percentage");
    refuses(
        &json!({"StartCondition": {"SegmentStartCondition": {"SegmentId": "s"},
            "EventStartCondition": {}}}),
        "exclude each other",
    );
    refuses(
        &json!({"Schedule": {"StartTime": "tomorrow"}}),
        "Schedule.StartTime: 'tomorrow' is not an ISO 8601 instant",
    );
    refuses(
        &json!({"Limits": {"DailyCap": -1}}),
        "Limits.DailyCap: expected 0 or more, found -1",
    );
    refuses(
        &json!({"OpenHours": {"EMAIL": {"Someday": []}}}),
        "OpenHours.EMAIL: 'Someday' is unknown",
    );
}
