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


def test_what_is_not_there_yet_says_so(server):
    app = server.new_app()
    done = server.aws("list-journeys", "--application-id", app, check=False)
    assert done.returncode != 0 and "NotImplementedException" in done.stderr
