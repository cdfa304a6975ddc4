//! Every operation routes, whatever its parameters hold.

use wire::{Operation, PathParams, RouteError, parameter, route};

#[track_caller]
fn check(method: &str, path: &str, operation: Operation, params: &[(&str, &str)]) {
    let (found, found_params) = route(method, path).expect("the path routes");
    assert_eq!(found, operation);
    assert_eq!(found_params.iter().collect::<Vec<_>>(), params);
}

#[track_caller]
fn check_error(method: &str, path: &str, error: &RouteError) {
    assert_eq!(route(method, path).as_ref().err(), Some(error));
}

#[test]
fn every_operation_round_trips() {
    for operation in Operation::ALL {
        let values: Vec<String> = (0..operation.path_parameters().len())
            .map(|i| format!("a/b:c@d é+%{i}"))
            .collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let path = operation.request_path(&values);
        let expected: Vec<(&str, &str)> = operation
            .path_parameters()
            .iter()
            .copied()
            .zip(values.iter().copied())
            .collect();
        check(operation.method(), &path, operation, &expected);
        check(
            operation.method(),
            &format!("{path}/"),
            operation,
            &expected,
        );
    }
}

#[test]
fn encoded_separators_stay_inside_their_parameter() {
    check(
        "PUT",
        "/v1/apps/a1/endpoints/eu-central-1%3Ax%2Fy",
        Operation::UpdateEndpoint,
        &[
            (parameter::APPLICATION_ID, "a1"),
            (parameter::ENDPOINT_ID, "eu-central-1:x/y"),
        ],
    );
    check(
        "GET",
        "/v1/apps/a1/users/ada@example.com",
        Operation::GetUserEndpoints,
        &[
            (parameter::APPLICATION_ID, "a1"),
            (parameter::USER_ID, "ada@example.com"),
        ],
    );
    check(
        "GET",
        "/v1/apps/%25zz/users/a+b",
        Operation::GetUserEndpoints,
        &[
            (parameter::APPLICATION_ID, "%zz"),
            (parameter::USER_ID, "a+b"),
        ],
    );
}

#[test]
fn tag_arns_may_hold_raw_slashes() {
    let arn = "arn:aws:mobiletargeting:eu-west-1:000000000000:apps/a1/segments/s1";
    for path in [
        format!("/v1/tags/{arn}"),
        format!("/v1/tags/{arn}/"),
        format!("/v1/tags/{}", wire::encode_segment(arn)),
        Operation::ListTagsForResource.request_path(&[arn]),
    ] {
        check(
            "GET",
            &path,
            Operation::ListTagsForResource,
            &[(parameter::RESOURCE_ARN, arn)],
        );
    }
}

#[test]
fn browsers_flush_events_to_a_second_path() {
    check(
        "POST",
        "/v1/apps/a1/events/legacy",
        Operation::PutEvents,
        &[(parameter::APPLICATION_ID, "a1")],
    );
}

#[test]
fn literal_segments_win_over_parameters() {
    check(
        "GET",
        "/v1/templates/versions/email",
        Operation::GetEmailTemplate,
        &[(parameter::TEMPLATE_NAME, "versions")],
    );
    check(
        "GET",
        "/v1/templates/t/EMAIL/versions",
        Operation::ListTemplateVersions,
        &[
            (parameter::TEMPLATE_NAME, "t"),
            (parameter::TEMPLATE_TYPE, "EMAIL"),
        ],
    );
}

#[test]
fn wrong_methods_name_the_allowed_ones() {
    check_error(
        "DELETE",
        "/v1/apps",
        &RouteError::WrongMethod {
            allowed: vec!["POST", "GET"],
        },
    );
    check_error(
        "get",
        "/v1/apps/a1/settings",
        &RouteError::WrongMethod {
            allowed: vec!["GET", "PUT"],
        },
    );
}

#[test]
fn unknown_paths() {
    for path in [
        "",
        "/",
        "v1/apps",
        "/v1",
        "/v2/apps",
        "/v1/apps//endpoints",
        "/v1/apps//",
        "/v1//apps",
        "/v1/apps/a1/endpoints/x/y",
        "/v1/Apps",
        "/v1/tags/",
        "/v1/tags//x",
        "/v1/apps/a1/nothing",
    ] {
        check_error("GET", path, &RouteError::UnknownPath);
    }
}

#[test]
fn parameters_must_be_utf8() {
    check_error(
        "GET",
        "/v1/apps/%FF",
        &RouteError::NotUtf8 {
            parameter: parameter::APPLICATION_ID,
        },
    );
}

#[test]
fn a_missing_parameter_is_none() {
    assert_eq!(PathParams::default().get(parameter::APPLICATION_ID), None);
    let (_, params) = route("GET", "/v1/apps/a1").unwrap();
    assert_eq!(&params[parameter::APPLICATION_ID], "a1");
}
