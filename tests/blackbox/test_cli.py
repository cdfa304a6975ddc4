"""The AWS CLI, unmodified, with only the endpoint URL and the key changed."""

import json


def test_the_main_job_by_hand(server):
    app = server.aws("create-app", "--create-application-request", "Name=cli")
    app = app["ApplicationResponse"]["Id"]
    for n in range(3):
        request = {"ChannelType": "EMAIL", "Address": f"cli{n}@mail.example", "Attributes": {"n": [str(n)]}}
        server.aws("update-endpoint", "--application-id", app, "--endpoint-id", f"c{n}",
                   "--endpoint-request", json.dumps(request))
    got = server.aws("get-endpoint", "--application-id", app, "--endpoint-id", "C1")
    assert got["EndpointResponse"]["Address"] == "cli1@mail.example"
    server.aws("update-email-channel", "--application-id", app, "--email-channel-request",
               "FromAddress=me@shop.example,Identity=arn:aws:ses:us-east-1:000000000000:identity/shop.example")
    segment = server.aws("create-segment", "--application-id", app,
                         "--write-segment-request", json.dumps({"Name": "all"}))["SegmentResponse"]
    server.aws("create-email-template", "--template-name", "cli-hello", "--email-template-request",
               json.dumps({"Subject": "Hello {{Attributes.n}}", "HtmlPart": "<p>{{Id}}</p>"}))
    request = {
        "Name": "by hand", "SegmentId": segment["Id"], "Schedule": {"StartTime": "IMMEDIATE"},
        "TemplateConfiguration": {"EmailTemplate": {"Name": "cli-hello", "Version": "1"}},
    }
    campaign = server.aws("create-campaign", "--application-id", app,
                          "--write-campaign-request", json.dumps(request))["CampaignResponse"]
    server.wait_for_campaign(app, campaign["Id"])
    activities = server.aws("get-campaign-activities", "--application-id", app, "--campaign-id", campaign["Id"])
    assert [a["SuccessfulEndpointCount"] for a in activities["ActivitiesResponse"]["Item"]] == [3]
    inbox = server.beckon("GET", f"/inbox?app={app}")["items"]
    assert sorted(m["subject"] for m in inbox) == ["Hello 0", "Hello 1", "Hello 2"]
    rate = server.aws("get-campaign-date-range-kpi", "--application-id", app, "--campaign-id",
                      campaign["Id"], "--kpi-name", "successful-delivery-rate")
    row = rate["CampaignDateRangeKpiResponse"]["KpiResult"]["Rows"][0]
    assert row["Values"][0]["Value"] == "1.0"


def test_an_error_keeps_its_class(server):
    done = server.aws("get-app", "--application-id", "0" * 32, check=False)
    assert done.returncode != 0 and "NotFoundException" in done.stderr and "Application not found" in done.stderr


def taken(name):
    """The account's list of templates is long: one name of ours."""
    return f"cli-{name}"


def test_a_list_page_by_page(server):
    app = server.new_app()
    for n in range(3):
        server.aws("create-segment", "--application-id", app,
                   "--write-segment-request", json.dumps({"Name": f"s{n}"}))
    names, token = [], []
    while token is not None:
        page = server.aws("get-segments", "--application-id", app, "--page-size", "2", *token)
        page = page["SegmentsResponse"]
        names += [item["Name"] for item in page["Item"]]
        token = ["--token", page["NextToken"]] if page.get("NextToken") else None
    assert names == ["s2", "s1", "s0"]


def test_settings_and_channels(server):
    app = server.new_app()
    server.aws("update-application-settings", "--application-id", app,
               "--write-application-settings-request", "Limits={Daily=3},QuietTime={Start=22:00,End=07:00}")
    settings = server.aws("get-application-settings", "--application-id", app)
    assert settings["ApplicationSettingsResource"]["Limits"]["Daily"] == 3
    server.aws("update-sms-channel", "--application-id", app, "--sms-channel-request", "Enabled=true,SenderId=SHOP")
    server.aws("update-gcm-channel", "--application-id", app, "--gcm-channel-request",
               json.dumps({"ApiKey": "AAAA" + "k" * 148, "Enabled": True}))
    channels = server.aws("get-channels", "--application-id", app)["ChannelsResponse"]["Channels"]
    assert channels["SMS"]["Enabled"] and channels["GCM"]["HasCredential"]
    assert "kkkk" not in json.dumps(channels)


def test_templates_of_other_kinds(server):
    for kind, request in (("sms", {"Body": "Hello {{User.UserId}}"}), ("voice", {"Body": "Hello"}),
                          ("push", {"Default": {"Title": "Hi", "Body": "Hello", "Action": "OPEN_APP"}})):
        option = {"push": "--push-notification-template-request"}.get(kind, f"--{kind}-template-request")
        server.aws(f"create-{kind}-template", "--template-name", taken(kind), option, json.dumps(request))
        got = server.aws(f"get-{kind}-template", "--template-name", taken(kind))
        assert got[[key for key in got if key.endswith("Response")][0]]["TemplateName"] == taken(kind)
        server.aws(f"delete-{kind}-template", "--template-name", taken(kind))


def test_a_journey(server):
    app = server.new_app()
    request = {"Name": "welcome", "StartActivity": "w", "Activities": {
        "w": {"Wait": {"WaitTime": {"WaitFor": "PT1H"}, "NextActivity": "h"}}, "h": {"Holdout": {"Percentage": 10}}}}
    made = server.aws("create-journey", "--application-id", app, "--write-journey-request", json.dumps(request))
    listed = server.aws("list-journeys", "--application-id", app)["JourneysResponse"]["Item"]
    assert [journey["Id"] for journey in listed] == [made["JourneyResponse"]["Id"]]
    assert listed[0]["Activities"]["w"]["Wait"]["WaitTime"]["WaitFor"] == "PT1H"


def test_tags_and_events(server):
    app = server.new_app()
    arn = server.aws("get-app", "--application-id", app)["ApplicationResponse"]["Arn"]
    server.aws("tag-resource", "--resource-arn", arn, "--tags-model", json.dumps({"tags": {"team": "crm"}}))
    tags = server.aws("list-tags-for-resource", "--resource-arn", arn)
    assert tags["TagsModel"]["tags"] == {"team": "crm"}
    batch = {"BatchItem": {"phone": {"Endpoint": {"ChannelType": "GCM", "Address": "token"}, "Events": {
        "e": {"EventType": "view", "Timestamp": "2026-11-01T10:00:00Z"}}}}}
    got = server.aws("put-events", "--application-id", app, "--events-request", json.dumps(batch))
    assert got["EventsResponse"]["Results"]["phone"]["EventsItemResponse"]["e"]["StatusCode"] == 202
