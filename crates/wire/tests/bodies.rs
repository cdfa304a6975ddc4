//! Bodies read leniently, are checked by name, and are written exactly.

use serde_json::{Value, json};
use wire::{Operation, schema::Structure, shapes::*, validate, validate_structure};

#[track_caller]
fn check(operation: Operation, body: &Value, violation: &str) {
    let text = match validate(operation, body) {
        Ok(()) => String::new(),
        Err(violation) => violation.to_string(),
    };
    assert_eq!(text, violation);
}

#[track_caller]
fn read<T: serde::de::DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).expect("the body reads")
}

#[test]
fn scalars_stand_for_lists_and_text() {
    let body = json!({
        "Attributes": {"a": "x", "b": ["y", 2, true, null], "c": 1.5, "d": null, "e": []},
        "User": {"UserAttributes": {"f": false}},
        "Metrics": {"m": 3, "n": null},
    });
    check(Operation::UpdateEndpoint, &body, "");
    let endpoint: EndpointRequest = read(body);
    let attributes = endpoint.attributes.unwrap();
    assert_eq!(attributes["a"], ["x"]);
    assert_eq!(attributes["b"], ["y", "2", "true"]);
    assert_eq!(attributes["c"], ["1.5"]);
    assert!(!attributes.contains_key("d"));
    assert!(attributes["e"].is_empty());
    assert_eq!(
        endpoint.user.unwrap().user_attributes.unwrap()["f"],
        ["false"]
    );
    assert_eq!(
        endpoint.metrics.unwrap().into_iter().collect::<Vec<_>>(),
        [("m".to_owned(), 3.0)]
    );

    let body = json!({"tags": {"a": 1, "b": "x"}});
    check(Operation::TagResource, &body, "");
    let tags = read::<TagsModel>(body).tags.unwrap();
    assert_eq!(tags["a"], "1");
    assert_eq!(tags["b"], "x");
}

#[test]
fn null_is_absent_and_unknown_members_are_ignored() {
    let body = json!({"Name": "n", "tags": null, "Colour": {"deep": [1]}});
    check(Operation::CreateApp, &body, "");
    let request: CreateApplicationRequest = read(body);
    assert_eq!(request.name.as_deref(), Some("n"));
    assert_eq!(request.tags, None);
    check(Operation::CreateApp, &json!({"Name": null}), "Missing Name");
}

#[test]
fn output_omits_unset_members() {
    let response = ApplicationResponse {
        id: Some("1".to_owned()),
        tags: Some(std::collections::BTreeMap::new()),
        ..ApplicationResponse::default()
    };
    assert_eq!(
        serde_json::to_string(&response).unwrap(),
        r#"{"Id":"1","tags":{}}"#
    );
}

#[test]
fn names_follow_the_wire() {
    let body = json!({"RequestID": "r", "Message": "m"});
    assert_eq!(
        serde_json::to_value(read::<MessageBody>(body.clone())).unwrap(),
        body
    );
    let condition: SimpleCondition = read(json!({"segmentDimensions": {}}));
    assert_eq!(condition, read(json!({"SegmentDimensions": {}})));
    assert_eq!(
        serde_json::to_value(condition).unwrap(),
        json!({"segmentDimensions": {}})
    );
}

#[test]
fn whole_numbers_may_have_a_zero_fraction() {
    let body = json!({"Limits": {"Daily": 3.0}});
    check(Operation::UpdateApplicationSettings, &body, "");
    let request: WriteApplicationSettingsRequest = read(body);
    assert_eq!(request.limits.unwrap().daily, Some(3));
    check(
        Operation::UpdateApplicationSettings,
        &json!({"Limits": {"Daily": 3.5}}),
        "Limits.Daily: expected a whole number of 32 bits, found a number",
    );
    check(
        Operation::UpdateApplicationSettings,
        &json!({"Limits": {"Daily": 4_000_000_000_u32}}),
        "Limits.Daily: expected a whole number of 32 bits, found a number",
    );
    assert!(serde_json::from_value::<CampaignLimits>(json!({"Daily": 0.5})).is_err());
}

#[test]
fn violations_name_the_member() {
    check(
        Operation::CreateApp,
        &json!([]),
        "the request body: expected an object, found a list",
    );
    check(Operation::CreateApp, &json!({}), "Missing Name");
    check(
        Operation::CreateApp,
        &json!({"Name": 1}),
        "Name: expected a string, found a number",
    );
    check(
        Operation::UpdateEndpointsBatch,
        &json!({"Item": [{}, {"Location": {"Latitude": "north"}}]}),
        "Item[1].Location.Latitude: expected a number, found a string",
    );
    check(
        Operation::UpdateEndpointsBatch,
        &json!({"Item": {"Id": "x"}}),
        "Item: expected a list, found an object",
    );
    check(
        Operation::UpdateEndpoint,
        &json!({"Attributes": {"a": [["nested"]]}}),
        "Attributes.a[0]: expected a string, found a list",
    );
    check(
        Operation::CreateImportJob,
        &json!({"Format": "XML", "S3Url": "s3://b/k", "RoleArn": "r"}),
        "Format: 'XML' is not one of CSV, JSON",
    );
    check(
        Operation::CreateImportJob,
        &json!({"Format": "", "S3Url": "s3://b/k", "RoleArn": "r"}),
        "Missing Format",
    );
    check(
        Operation::CreateImportJob,
        &json!({"Format": "CSV", "S3Url": "s3://b/k", "RoleArn": "r", "DefineSegment": "yes"}),
        "DefineSegment: expected a boolean, found a string",
    );
}

#[test]
fn an_empty_enum_value_is_absent() {
    check(Operation::UpdateEndpoint, &json!({"ChannelType": ""}), "");
}

#[test]
fn values_beyond_the_model_are_accepted_where_the_reference_has_them() {
    let body = json!({"Dimensions": {"Attributes": {
        "d": {"AttributeType": "NOT_BETWEEN", "Values": ["2026-01-01", "2026-02-01"]}}}});
    check(Operation::CreateSegment, &body, "");
}

#[test]
fn faults_of_events_are_left_to_the_items() {
    let event = json!({"Attributes": {}});
    let body = |endpoint: Value| json!({"BatchItem": {"e": {"Endpoint": endpoint, "Events": {"1": event}}}});
    check(Operation::PutEvents, &body(json!({})), "");
    check(
        Operation::PutEvents,
        &body(json!({"ChannelType": "PIGEON"})),
        "",
    );
    check(
        Operation::PutEvents,
        &body(json!({"ChannelType": 1})),
        "BatchItem.e.Endpoint.ChannelType: expected a string, found a number",
    );
    check(
        Operation::PutEvents,
        &json!({"BatchItem": {"e": {"Endpoint": {}}}}),
        "Missing BatchItem.e.Events",
    );
}

#[test]
fn the_walk_ends_where_the_model_does() {
    let mut deep = json!({});
    for _ in 0..100 {
        deep = json!([{"Unknown": deep}]);
    }
    check(
        Operation::CreateApp,
        &json!({"Name": "n", "Other": deep}),
        "",
    );
    check(
        Operation::CreateApp,
        &json!({"Name": deep}),
        "Name: expected a string, found a list",
    );
}

#[test]
fn operations_without_a_body_take_anything() {
    check(Operation::GetApp, &json!("whatever"), "");
}

#[test]
fn parts_of_bodies_can_be_checked() {
    let structure = Structure::by_name("EndpointDemographic").unwrap();
    let violation = validate_structure(structure, &json!({"Make": {}})).unwrap_err();
    assert_eq!(violation.path, "Make");
    assert!(Structure::by_name("Nothing").is_none());
    let required: Vec<_> = wire::schema::structures::IMPORT_JOB_REQUEST
        .required()
        .collect();
    assert_eq!(required, ["Format", "RoleArn", "S3Url"]);
}

#[test]
fn an_empty_body_lacks_only_required_members() {
    for operation in Operation::ALL {
        if let Some(structure) = operation.body() {
            let outcome = validate(operation, &json!({}));
            assert_eq!(outcome.is_ok(), structure.required().next().is_none());
        }
    }
}
