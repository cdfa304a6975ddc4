"""Endpoints, users and segments as stock clients see them (`docs/spec/audience.md §15`)."""

import pytest


def put(client, app, endpoint, **request):
    return client.update_endpoint(ApplicationId=app, EndpointId=endpoint, EndpointRequest=request)


def get(client, app, endpoint):
    return client.get_endpoint(ApplicationId=app, EndpointId=endpoint)["EndpointResponse"]


def test_case_insensitive_and_merged(server, app):
    client = server.pinpoint()
    put(client, app, "abc", ChannelType="EMAIL", Address="a@x.example",
        Attributes={"a": ["1"], "b": ["x"]}, User={"UserId": "u", "UserAttributes": {"n": ["Ada"]}})
    put(client, app, "ABC", Attributes={"a": ["2"]})
    got = get(client, app, "aBc")
    assert got["Id"] == "abc" and got["Attributes"] == {"a": ["2"], "b": ["x"]}
    assert got["OptOut"] == "NONE" and 0 <= int(got["CohortId"]) <= 99
    put(client, app, "second", ChannelType="GCM", Address="tok", User={"UserId": "u"})
    assert get(client, app, "second")["User"]["UserAttributes"] == {"n": ["Ada"]}
    both = client.get_user_endpoints(ApplicationId=app, UserId="u")["EndpointsResponse"]["Item"]
    assert {e["Id"] for e in both} == {"abc", "second"}


def test_opt_out_follows_the_address_of_creation(server, app):
    client = server.pinpoint()
    put(client, app, "bare", Attributes={"k": ["v"]})
    assert get(client, app, "bare")["OptOut"] == "ALL"
    put(client, app, "bare", ChannelType="SMS", Address="+15550100")
    assert get(client, app, "bare")["OptOut"] == "ALL"
    put(client, app, "bare", OptOut="NONE")
    assert get(client, app, "bare")["OptOut"] == "NONE"


def test_the_newest_owner_of_an_address_wins(server, app):
    client = server.pinpoint()
    put(client, app, "old", ChannelType="EMAIL", Address="same@x.example")
    put(client, app, "new", ChannelType="EMAIL", Address="same@x.example")
    assert get(client, app, "old")["EndpointStatus"] == "INACTIVE"
    assert get(client, app, "new")["EndpointStatus"] == "ACTIVE"
    put(client, app, "old", Attributes={"k": ["v"]})
    assert get(client, app, "old")["EndpointStatus"] == "ACTIVE"


def test_the_sixteenth_endpoint_of_a_user(server, app):
    client = server.pinpoint()
    for n in range(15):
        put(client, app, f"e{n}", ChannelType="EMAIL", Address=f"{n}@x.example", User={"UserId": "u"})
    with pytest.raises(client.exceptions.BadRequestException) as refused:
        put(client, app, "e15", ChannelType="EMAIL", Address="15@x.example", User={"UserId": "u"})
    message = refused.value.response.get("Message") or refused.value.response["Error"]["Message"]
    assert message.startswith("Exceeded maximum endpoint per user count: 15")
    for n in range(15):
        put(client, app, f"g{n}", ChannelType="GCM", Address=f"t{n}", User={"UserId": "v"},
            EffectiveDate=f"2026-01-{n + 1:02}T00:00:00Z")
    put(client, app, "g15", ChannelType="GCM", Address="t15", User={"UserId": "v"})
    assert get(client, app, "g0")["EndpointStatus"] == "INACTIVE" and get(client, app, "g0")["User"] == {}
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_user_endpoints(ApplicationId=app, UserId="nobody")


def test_a_batch_is_all_or_nothing(server, app):
    client = server.pinpoint()
    good = {"Id": "good", "ChannelType": "EMAIL", "Address": "g@x.example"}
    with pytest.raises(client.exceptions.BadRequestException, match="bad"):
        client.update_endpoints_batch(
            ApplicationId=app,
            EndpointBatchRequest={"Item": [good, {"Id": "bad", "Address": "no-channel"}]},
        )
    with pytest.raises(client.exceptions.NotFoundException):
        get(client, app, "good")
    client.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": [good]})
    assert get(client, app, "good")["Address"] == "g@x.example"
    deleted = client.delete_endpoint(ApplicationId=app, EndpointId="good")["EndpointResponse"]
    assert deleted["Address"] == "g@x.example"
    assert client.delete_endpoint(ApplicationId=app, EndpointId="good")["EndpointResponse"]["Id"] == "good"


def test_segments_answer_what_clients_dereference(server, app):
    client = server.pinpoint()
    put(client, app, "red-blue", ChannelType="EMAIL", Address="r@x.example", Attributes={"c": ["red", "blue"]})
    put(client, app, "plain", ChannelType="EMAIL", Address="p@x.example")

    def size(request):
        got = client.create_segment(ApplicationId=app, WriteSegmentRequest=request)["SegmentResponse"]
        assert got["tags"] == {} and got["Version"] == 1
        return server.beckon("GET", f"/apps/{app}/segments/{got['Id']}/size")["endpoints"]

    assert size({"Name": "everyone"}) == 2
    empty = {"Groups": [{"SourceSegments": [], "SourceType": "ANY", "Dimensions": []}], "Include": "ALL"}
    assert size({"Name": "groups", "SegmentGroups": empty}) == 2
    exclusive = {"Attributes": {"c": {"AttributeType": "EXCLUSIVE", "Values": ["red"]}}}
    assert size({"Name": "not red", "Dimensions": exclusive}) == 1
    assert all("tags" in s for s in client.get_segments(ApplicationId=app)["SegmentsResponse"]["Item"])


def test_settings_always_have_their_blocks(server, app):
    client = server.pinpoint()
    fresh = client.get_application_settings(ApplicationId=app)["ApplicationSettingsResource"]
    assert (fresh["CampaignHook"], fresh["Limits"], fresh["QuietTime"]) == ({}, {}, {})
    client.update_application_settings(
        ApplicationId=app, WriteApplicationSettingsRequest={"Limits": {"Daily": 3}}
    )
    client.update_application_settings(
        ApplicationId=app,
        WriteApplicationSettingsRequest={"QuietTime": {"Start": "22:00", "End": "07:00"}},
    )
    now = client.get_application_settings(ApplicationId=app)["ApplicationSettingsResource"]
    assert now["Limits"] == {"Daily": 3} and now["QuietTime"] == {"Start": "22:00", "End": "07:00"}


def test_tags_of_an_encoded_arn(server, app):
    client = server.pinpoint()
    arn = client.get_app(ApplicationId=app)["ApplicationResponse"]["Arn"]
    client.tag_resource(ResourceArn=arn, TagsModel={"tags": {"team": "crm", "x": "y"}})
    client.untag_resource(ResourceArn=arn, TagKeys=["x", "unknown"])
    assert client.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"] == {"team": "crm"}


def test_events_answer_per_item(server, app):
    client = server.pinpoint()
    batch = {
        "phone": {
            "Endpoint": {"ChannelType": "GCM", "Address": "tok"},
            "Events": {
                "good": {"EventType": "_session.start", "Timestamp": "2026-11-01T10:00:00Z",
                         "Session": {"Id": "s", "StartTimestamp": "2026-11-01T10:00:00Z"}},
                "bad": {"EventType": "view", "Timestamp": "yesterday"},
            },
        },
        "nameless": {"Endpoint": {"Address": "no-channel"}, "Events": {}},
    }
    got = client.put_events(ApplicationId=app, EventsRequest={"BatchItem": batch})["EventsResponse"]["Results"]
    assert got["phone"]["EndpointItemResponse"]["StatusCode"] == 202
    assert got["phone"]["EventsItemResponse"]["good"]["StatusCode"] == 202
    assert got["phone"]["EventsItemResponse"]["bad"]["StatusCode"] == 400
    assert got["nameless"]["EndpointItemResponse"]["StatusCode"] == 400
    assert get(client, app, "phone")["Address"] == "tok"


def test_deleting_an_application_takes_its_endpoints(server):
    client = server.pinpoint()
    app = server.new_app("short-lived")
    put(client, app, "x", ChannelType="EMAIL", Address="x@x.example")
    client.delete_app(ApplicationId=app)
    with pytest.raises(client.exceptions.NotFoundException, match="Application not found"):
        get(client, app, "x")


def test_a_user_is_deleted_with_all_endpoints(server, app):
    client = server.pinpoint()
    for endpoint in ("phone", "tablet"):
        put(client, app, endpoint, ChannelType="GCM", Address=endpoint, User={"UserId": "u"})
    gone = client.delete_user_endpoints(ApplicationId=app, UserId="u")["EndpointsResponse"]["Item"]
    assert {e["Id"]: e["Address"] for e in gone} == {"phone": "phone", "tablet": "tablet"}
    with pytest.raises(client.exceptions.NotFoundException):
        get(client, app, "phone")
    again = client.delete_user_endpoints(ApplicationId=app, UserId="u")["EndpointsResponse"]
    assert again["Item"] == []


def test_removed_attributes_are_not_captured_again(server, app):
    client = server.pinpoint()
    old = {"color": ["red"], "pref_a": ["1"], "plan": ["gold"]}
    put(client, app, "e", ChannelType="EMAIL", Address="a@x.example", Attributes=old)
    left = client.remove_attributes(
        ApplicationId=app, AttributeType="endpoint-custom-attributes",
        UpdateAttributesRequest={"Blacklist": ["color", "pref_*"]})["AttributesResource"]
    assert left == {"ApplicationId": app, "AttributeType": "endpoint-custom-attributes", "Attributes": ["plan"]}
    put(client, app, "e", Attributes={"color": ["blue"], "pref_b": ["2"], "plan": ["basic"]})
    assert get(client, app, "e")["Attributes"] == old | {"plan": ["basic"]}
    with pytest.raises(client.exceptions.BadRequestException):
        client.remove_attributes(ApplicationId=app, AttributeType="colors",
                                 UpdateAttributesRequest={"Blacklist": ["color"]})


def test_every_version_of_a_segment_stays(server, app):
    client = server.pinpoint()
    red = {"Attributes": {"c": {"AttributeType": "INCLUSIVE", "Values": ["red"]}}}
    made = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "one", "Dimensions": red})
    which = {"ApplicationId": app, "SegmentId": made["SegmentResponse"]["Id"]}
    client.update_segment(**which, WriteSegmentRequest={"Name": "two"})
    first = client.get_segment_version(**which, Version="1")["SegmentResponse"]
    second = client.get_segment_version(**which, Version="2")["SegmentResponse"]
    assert (first["Name"], first["Version"]) == ("one", 1) and (second["Name"], second["Version"]) == ("two", 2)
    assert first["Dimensions"]["Attributes"] == second["Dimensions"]["Attributes"] == red["Attributes"]
    assert first["CreationDate"] == second["CreationDate"]
    listed = client.get_segment_versions(**which)["SegmentsResponse"]["Item"]
    assert [segment["Version"] for segment in listed] == [2, 1]
    for unknown in ("3", "0", "last"):
        with pytest.raises(client.exceptions.NotFoundException):
            client.get_segment_version(**which, Version=unknown)
