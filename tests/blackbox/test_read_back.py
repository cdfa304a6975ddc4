"""Minimal and rich inputs, read back member by member, of what has no file of its own."""

import datetime

import pytest

from beckon import wait_for

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
    gone = client.delete_segment(ApplicationId=app, SegmentId=whole["Id"])["SegmentResponse"]
    within(gone, {"Name": "rich", "Dimensions": DIMENSIONS})
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_segment(ApplicationId=app, SegmentId=whole["Id"])


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


@pytest.mark.parametrize("more", [{}, {"tags": {"team": "red", "stage": "live"}}])
def test_applications(server, more):
    client = server.pinpoint()
    made = client.create_app(CreateApplicationRequest={"Name": "read back", **more})["ApplicationResponse"]
    assert made["Name"] == "read back" and made["Arn"].endswith(f"apps/{made['Id']}")
    assert made.get("tags", {}) == more.get("tags", {}) and made["CreationDate"]
    assert client.get_app(ApplicationId=made["Id"])["ApplicationResponse"] == made
    found, token = [], {}
    while token is not None:
        page = client.get_apps(PageSize="100", **token)["ApplicationsResponse"]
        found += [item for item in page["Item"] if item["Id"] == made["Id"]]
        token = {"Token": page["NextToken"]} if page.get("NextToken") else None
    assert found == [made]
    assert client.delete_app(ApplicationId=made["Id"])["ApplicationResponse"] == made
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_app(ApplicationId=made["Id"])


def taggable(client, app):
    """Everything that has tags: how it is made with some, and read."""
    def application():
        return app, lambda: client.get_app(ApplicationId=app)["ApplicationResponse"]

    def segment():
        made = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "s"})["SegmentResponse"]
        return made["Id"], lambda: client.get_segment(ApplicationId=app, SegmentId=made["Id"])["SegmentResponse"]

    def campaign():
        of, _ = segment()
        made = client.create_campaign(ApplicationId=app, WriteCampaignRequest={
            "Name": "c", "SegmentId": of, "IsPaused": True,
            "Schedule": {"StartTime": "2099-01-01T00:00:00Z"},
            "MessageConfiguration": {"SMSMessage": {"Body": "hi"}}})["CampaignResponse"]
        return made["Id"], lambda: client.get_campaign(ApplicationId=app, CampaignId=made["Id"])["CampaignResponse"]

    def journey():
        made = client.create_journey(ApplicationId=app, WriteJourneyRequest={"Name": "j"})["JourneyResponse"]
        return made["Id"], lambda: client.get_journey(ApplicationId=app, JourneyId=made["Id"])["JourneyResponse"]

    def template(method, request, content):
        def make():
            name = f"tagged-{method}-{app[:8]}"
            getattr(client, f"create_{method}_template")(TemplateName=name, **{f"{request}Request": content})
            get = getattr(client, f"get_{method}_template")
            return name, lambda: get(TemplateName=name)[f"{request}Response"]
        return make

    return [
        application, segment, campaign, journey,
        template("email", "EmailTemplate", {"Subject": "s"}),
        template("push", "PushNotificationTemplate", {"Default": {"Title": "t"}}),
        template("sms", "SMSTemplate", {"Body": "b"}),
        template("voice", "VoiceTemplate", {"Body": "b"}),
        template("in_app", "InAppTemplate", {}),
    ]


def arn_of(server, app, got):
    """Journeys tell no ARN; it follows from their identifiers."""
    if "Arn" in got:
        return got["Arn"]
    own = server.pinpoint().get_app(ApplicationId=app)["ApplicationResponse"]["Arn"]
    return f"{own}/journeys/{got['Id']}"


def test_tags_on_everything_that_has_them(server, app):
    client = server.pinpoint()
    for make in taggable(client, app):
        _, get = make()
        arn = arn_of(server, app, get())
        tags = lambda: client.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"]
        assert tags() == {}, arn
        client.tag_resource(ResourceArn=arn, TagsModel={"tags": {"team": "red", "stage": "test", "a": "b"}})
        client.tag_resource(ResourceArn=arn, TagsModel={"tags": {"stage": "live"}})
        assert tags() == {"team": "red", "stage": "live", "a": "b"}, arn
        assert get()["tags"] == tags(), arn
        client.untag_resource(ResourceArn=arn, TagKeys=["a", "stage", "none"])
        assert tags() == {"team": "red"} == get()["tags"], arn


def test_lists_of_campaigns(server, app):
    client = server.pinpoint()
    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "s"})["SegmentResponse"]["Id"]
    made = [client.create_campaign(ApplicationId=app, WriteCampaignRequest={
        "Name": f"c{n}", "SegmentId": segment, "IsPaused": True, "Schedule": {"StartTime": "2099-01-01T00:00:00Z"},
        "MessageConfiguration": {"SMSMessage": {"Body": "hi"}}})["CampaignResponse"]["Id"] for n in range(3)]
    single = [client.get_campaign(ApplicationId=app, CampaignId=one)["CampaignResponse"] for one in made]
    listed = client.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"]
    assert listed == single[::-1]
    page = client.get_campaigns(ApplicationId=app, PageSize="2")["CampaignsResponse"]
    rest = client.get_campaigns(ApplicationId=app, PageSize="2", Token=page["NextToken"])["CampaignsResponse"]
    assert page["Item"] + rest["Item"] == listed and "NextToken" not in rest
    gone = client.delete_campaign(ApplicationId=app, CampaignId=made[0])["CampaignResponse"]
    assert (gone["Id"], gone["State"]["CampaignStatus"]) == (made[0], "DELETED")
    assert [one["Id"] for one in client.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"]] == made[:0:-1]


ROLE = "arn:aws:iam::000000000000:role/i"


def test_import_jobs(server, app):
    client = server.pinpoint()
    (server.imports / "read-back.csv").write_text("ChannelType,Address,Id\nEMAIL,a@mail.example,i1\nEMAIL,,i2\n")
    least = {"Format": "CSV", "S3Url": "s3://crm/read-back.csv", "RoleArn": ROLE, "RegisterEndpoints": True}
    rich = dict(least, DefineSegment=True, RegisterEndpoints=False, SegmentName="from a file", ExternalId="ours")
    for request in (least, rich):
        made = client.create_import_job(ApplicationId=app, ImportJobRequest=request)["ImportJobResponse"]
        done = server.import_file(app, request["S3Url"], **{
            name: value for name, value in request.items() if name not in ("Format", "S3Url", "RoleArn")})
        got = client.get_import_job(ApplicationId=app, JobId=made["Id"])["ImportJobResponse"]
        for shown in (made, got, done):
            assert (shown["ApplicationId"], shown["Type"]) == (app, "IMPORT")
            within(shown["Definition"], request)
            assert shown["CreationDate"]
        assert done["JobStatus"] == "COMPLETED" and done["CompletionDate"]
        assert (done["TotalPieces"], done["CompletedPieces"], done["FailedPieces"]) == (1, 1, 0)
        assert done["TotalProcessed"] == 2
        listed = client.get_import_jobs(ApplicationId=app)["ImportJobsResponse"]["Item"]
        assert {made["Id"], done["Id"]} <= {job["Id"] for job in listed}
    segment = done["Definition"]["SegmentId"]
    got = client.get_segment(ApplicationId=app, SegmentId=segment)["SegmentResponse"]
    assert (got["Name"], got["SegmentType"]) == ("from a file", "IMPORT")
    within(got["ImportDefinition"], {"Format": "CSV", "S3Url": least["S3Url"], "RoleArn": ROLE})
    own = client.get_segment_import_jobs(ApplicationId=app, SegmentId=segment)["ImportJobsResponse"]["Item"]
    assert done in own


def test_export_jobs(server, app):
    client = server.pinpoint()
    (server.imports / "out-read-back").mkdir(exist_ok=True)
    client.update_endpoint(ApplicationId=app, EndpointId="e", EndpointRequest={"ChannelType": "SMS", "Address": "+1"})
    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "s"})["SegmentResponse"]["Id"]
    least = {"S3UrlPrefix": "s3://crm/out-read-back", "RoleArn": ROLE}
    for request in (least, dict(least, SegmentId=segment), dict(least, SegmentId=segment, SegmentVersion=1)):
        made = client.create_export_job(ApplicationId=app, ExportJobRequest=request)["ExportJobResponse"]
        done = wait_for_job(client.get_export_job, "ExportJobResponse", app, made["Id"])
        for shown in (made, done):
            assert (shown["ApplicationId"], shown["Type"]) == (app, "EXPORT")
            within(shown["Definition"], request)
        assert done["JobStatus"] == "COMPLETED" and done["TotalProcessed"] == 1 and done["CompletionDate"]
        assert client.get_export_jobs(ApplicationId=app)["ExportJobsResponse"]["Item"][0] == done
        if "SegmentId" in request:
            own = client.get_segment_export_jobs(ApplicationId=app, SegmentId=segment)
            assert own["ExportJobsResponse"]["Item"][0] == done


def wait_for_job(get, response, app, job):
    def ended():
        now = get(ApplicationId=app, JobId=job)[response]
        return now if now["JobStatus"] in ("COMPLETED", "FAILED") else None

    return wait_for(ended)


def test_kpis_tell_what_was_asked(server, app):
    """Names, scope and window come back; where nothing happened, there are no rows."""
    client = server.pinpoint()
    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "s"})["SegmentResponse"]["Id"]
    campaign = client.create_campaign(ApplicationId=app, WriteCampaignRequest={
        "Name": "c", "SegmentId": segment, "IsPaused": True, "Schedule": {"StartTime": "2099-01-01T00:00:00Z"},
        "MessageConfiguration": {"SMSMessage": {"Body": "hi"}}})["CampaignResponse"]["Id"]
    journey = client.create_journey(ApplicationId=app, WriteJourneyRequest={"Name": "j"})["JourneyResponse"]["Id"]
    end = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    start = end - datetime.timedelta(days=7)
    asked = [
        (client.get_application_date_range_kpi, "ApplicationDateRangeKpiResponse", {}, "unique-deliveries"),
        (client.get_campaign_date_range_kpi, "CampaignDateRangeKpiResponse", {"CampaignId": campaign},
         "unique-deliveries"),
        (client.get_journey_date_range_kpi, "JourneyDateRangeKpiResponse", {"JourneyId": journey},
         "journey-emails-sent"),
    ]
    for call, response, scope, name in asked:
        for window in ({}, {"StartTime": start, "EndTime": end}):
            got = call(ApplicationId=app, KpiName=name, **scope, **window)[response]
            assert (got["ApplicationId"], got["KpiName"]) == (app, name)
            within(got, scope)
            if window:
                assert (got["StartTime"], got["EndTime"]) == (start, end)
            else:
                assert got["EndTime"] - got["StartTime"] == datetime.timedelta(days=31)
            assert got["KpiResult"]["Rows"] == [] or all(row["Values"] for row in got["KpiResult"]["Rows"])
        with pytest.raises(client.exceptions.BadRequestException):
            call(ApplicationId=app, KpiName=name, **scope, StartTime=end, EndTime=start)
        with pytest.raises((client.exceptions.BadRequestException, client.exceptions.NotFoundException)):
            call(ApplicationId=app, KpiName="no-such-kpi", **scope)
