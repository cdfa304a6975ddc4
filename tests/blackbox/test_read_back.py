"""Minimal and rich inputs of endpoints, segments and settings, read back member by member."""

import pytest

ENDPOINT = {
    "Address": "ada@mail.example",
    "Attributes": {"plan": ["gold", "early"], "team": ["red"]},
    "ChannelType": "EMAIL",
    "Demographic": {
        "AppVersion": "3.2.0", "Locale": "de_DE", "Make": "Google", "Model": "Pixel 8",
        "ModelVersion": "8", "Platform": "Android", "PlatformVersion": "14",
        "Timezone": "Europe/Berlin",
    },
    "EffectiveDate": "2026-03-04T05:06:07.123Z",
    "EndpointStatus": "ACTIVE",
    "Location": {
        "City": "Berlin", "Country": "DE", "Latitude": 52.5, "Longitude": 13.3,
        "PostalCode": "10115", "Region": "BE",
    },
    "Metrics": {"orders": 3.0, "spent": 12.5},
    "OptOut": "NONE",
    "RequestId": "4f3c1c0e-6c0b-4c55-9a0a-2c6f6b6c7d11",
    "User": {"UserId": "u-1", "UserAttributes": {"FirstName": ["Ada"], "Tags": ["a", "b"]}},
}
DIMENSIONS = {
    "Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold", "silver"]}},
    "Behavior": {"Recency": {"Duration": "DAY_30", "RecencyType": "ACTIVE"}},
    "Demographic": {
        member: {"DimensionType": "INCLUSIVE", "Values": values}
        for member, values in {
            "AppVersion": ["3.2.0"], "Channel": ["EMAIL", "SMS"], "DeviceType": ["phone"],
            "Make": ["Google"], "Model": ["Pixel 8"], "Platform": ["Android"]}.items()
    },
    "Location": {
        "Country": {"DimensionType": "EXCLUSIVE", "Values": ["US"]},
        "GPSPoint": {"Coordinates": {"Latitude": 52.5, "Longitude": 13.25},
                     "RangeInKilometers": 25.0},
    },
    "Metrics": {"orders": {"ComparisonOperator": "GREATER_THAN", "Value": 2.0}},
    "UserAttributes": {"FirstName": {"AttributeType": "CONTAINS", "Values": ["Ad"]}},
}
QUIET = {"Start": "21:00", "End": "08:00"}


def within(found, asked, path=""):
    """Every member that was asked for is there as it was asked."""
    for member, value in asked.items():
        if isinstance(value, dict):
            within(found[member], value, f"{path}.{member}")
        else:
            assert found[member] == value, f"{path}.{member}"


@pytest.mark.parametrize("request_", [{}, {"ChannelType": "SMS", "Address": "+15550100"}, ENDPOINT])
def test_endpoints(server, app, request_):
    client = server.pinpoint()
    client.update_endpoint(ApplicationId=app, EndpointId="one", EndpointRequest=request_)
    item = dict(request_, Id="two")
    client.update_endpoints_batch(
        ApplicationId=app, EndpointBatchRequest={"Item": [item]})
    for name in ("one", "two"):
        got = client.get_endpoint(ApplicationId=app, EndpointId=name)["EndpointResponse"]
        asked = dict(request_)
        if name == "one" and asked.get("Address"):
            # The newest owner of an address displaces the one before.
            asked.pop("EndpointStatus", None)
        within(got, asked)
        assert (got["Id"], got["ApplicationId"]) == (name, app)
    if request_ is ENDPOINT:
        found = client.get_user_endpoints(ApplicationId=app, UserId="u-1")["EndpointsResponse"]
        assert {item["Id"] for item in found["Item"]} == {"one", "two"}
        gone = client.delete_endpoint(ApplicationId=app, EndpointId="two")["EndpointResponse"]
        within(gone, ENDPOINT)


def test_segments(server, app):
    client = server.pinpoint()

    def create(**request):
        made = client.create_segment(ApplicationId=app, WriteSegmentRequest=request)
        made = made["SegmentResponse"]
        got = client.get_segment(ApplicationId=app, SegmentId=made["Id"])["SegmentResponse"]
        version = client.get_segment_version(
            ApplicationId=app, SegmentId=made["Id"], Version="1")["SegmentResponse"]
        for shown in (made, got, version):
            within(shown, {name: of for name, of in request.items() if name != "SegmentGroups"})
        return got

    create(Name="everyone")
    whole = create(Name="rich", Dimensions=DIMENSIONS, tags={"team": "red"})
    assert (whole["SegmentType"], whole["Version"]) == ("DIMENSIONAL", 1)
    groups = {"Include": "ANY", "Groups": [{
        "Dimensions": [DIMENSIONS], "Type": "ALL", "SourceType": "ANY",
        "SourceSegments": [{"Id": whole["Id"], "Version": 1}]}]}
    got = create(Name="groups", SegmentGroups=groups)["SegmentGroups"]
    assert got["Include"] == "ANY"
    [group], [asked] = got["Groups"], groups["Groups"]
    assert (group["Type"], group["SourceType"]) == ("ALL", "ANY")
    within(group["SourceSegments"][0], asked["SourceSegments"][0])
    within(group["Dimensions"][0], DIMENSIONS)


def test_settings(server, app):
    client = server.pinpoint()
    rich = {
        "CampaignHook": {"LambdaFunctionName": "hook", "Mode": "FILTER"},
        "EventTaggingEnabled": True,
        "Limits": {"Daily": 3, "MaximumDuration": 600, "MessagesPerSecond": 50, "Total": 7,
                   "Session": 2},
        "QuietTime": QUIET,
        "JourneyLimits": {"DailyCap": 2, "TotalCap": 9,
                          "TimeframeCap": {"Cap": 4, "Days": 7}},
    }
    for request in ({}, rich, {}):
        client.update_application_settings(
            ApplicationId=app, WriteApplicationSettingsRequest=request)
        got = client.get_application_settings(ApplicationId=app)["ApplicationSettingsResource"]
        asked = {name: value for name, value in request.items() if name != "EventTaggingEnabled"}
        within(got, asked)
