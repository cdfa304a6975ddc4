"""The main job, by boto3: from endpoints in a file to opens and clicks in the KPIs."""

import datetime
import email
import email.policy
import re
import urllib.request

from beckon import wait_for

HTML = """<html><body><p>Hello {{User.UserAttributes.FirstName}}!</p>
<p><a href="https://shop.example/sale?who={{Id}}">See the sale</a>
<a href="mailto:help@shop.example">Write to us</a></p></body></html>"""


def people(count):
    lines = ["ChannelType,Address,Id,User.UserId,User.UserAttributes.FirstName,Attributes.plan,Metrics.orders"]
    for n in range(count):
        plan = "gold" if n % 2 else "basic"
        lines.append(f"EMAIL,p{n}@mail.example,ep-{n},u-{n},Name{n},{plan},{n % 20}")
    return "\n".join(lines) + "\n"


def fetch(url, data=None, follow=True):
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(*([] if follow else [Stay]))
    try:
        return opener.open(urllib.request.Request(url, data=data), timeout=10)
    except urllib.error.HTTPError as error:
        return error


def kpi(client, app, campaign, name):
    got = client.get_campaign_date_range_kpi(ApplicationId=app, CampaignId=campaign, KpiName=name)
    rows = got["CampaignDateRangeKpiResponse"]["KpiResult"]["Rows"]
    return [float(row["Values"][0]["Value"]) for row in rows]


def test_from_a_file_to_a_chart(mail_server):
    server, sink = mail_server
    client = server.pinpoint()
    app = server.new_app()
    (server.imports / "people.csv").write_text(people(400))
    job = server.import_file(app, "s3://crm/people.csv")
    assert job["JobStatus"] == "COMPLETED" and job["TotalFailures"] == 0, job
    assert job["TotalProcessed"] == 400

    segment = client.create_segment(
        ApplicationId=app,
        WriteSegmentRequest={
            "Name": "gold buyers",
            "SegmentGroups": {
                "Include": "ALL",
                "Groups": [
                    {
                        "Type": "ANY",
                        "SourceType": "ANY",
                        "SourceSegments": [{"Id": job["Definition"]["SegmentId"]}],
                        "Dimensions": [
                            {"Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}},
                            {
                                "Metrics": {
                                    "orders": {
                                        "ComparisonOperator": "GREATER_THAN_OR_EQUAL",
                                        "Value": 18,
                                    }
                                }
                            },
                        ],
                    }
                ],
            },
        },
    )["SegmentResponse"]
    assert segment["SegmentType"] == "DIMENSIONAL" and segment["tags"] == {}
    size = server.beckon("GET", f"/apps/{app}/segments/{segment['Id']}/size")
    members = {n for n in range(400) if n % 2 or n % 20 >= 18}
    assert size["endpoints"] == len(members)

    server.enable_email(app)
    client.create_email_template(
        TemplateName="sale",
        EmailTemplateRequest={
            "Subject": "Hi {{User.UserAttributes.FirstName}}",
            "HtmlPart": HTML,
            "TextPart": "Hello {{User.UserAttributes.FirstName}}!",
            "DefaultSubstitutions": '{"User.UserAttributes.FirstName": "friend"}',
        },
    )
    campaign = client.create_campaign(
        ApplicationId=app,
        WriteCampaignRequest={
            "Name": "spring",
            "SegmentId": segment["Id"],
            "HoldoutPercent": 10,
            "TemplateConfiguration": {"EmailTemplate": {"Name": "sale"}},
            "AdditionalTreatments": [
                {
                    "SizePercent": 40,
                    "TreatmentName": "B",
                    "MessageConfiguration": {
                        "EmailMessage": {"Title": "Variant B", "HtmlBody": HTML, "Body": "B"}
                    },
                    "TemplateConfiguration": {},
                }
            ],
            "Schedule": {"StartTime": "IMMEDIATE"},
        },
    )["CampaignResponse"]
    assert campaign["State"]["CampaignStatus"] in ("SCHEDULED", "EXECUTING")
    done = server.wait_for_campaign(app, campaign["Id"])
    assert done["SegmentVersion"] == 1

    # One message per person, none for the holdout.
    assert sink.taken and set(sink.taken.values()) == {1}
    numbers = {int(re.match(r"p(\d+)@", address)[1]) for address in sink.taken}
    assert numbers <= members
    progress = server.progress(app, campaign["Id"])["runs"][0]
    assert progress["planned"] == len(members)
    assert progress["sent"] == len(sink.taken)
    assert progress["skipped"] == progress["outcomes"]["HOLDOUT"] == len(members) - len(sink.taken)
    activities = client.get_campaign_activities(ApplicationId=app, CampaignId=campaign["Id"])
    activities = activities["ActivitiesResponse"]["Item"]
    assert {a["TreatmentId"] for a in activities} == {"0", "1"}
    assert sum(a["SuccessfulEndpointCount"] for a in activities) == len(sink.taken)
    assert all(a["State"] == "COMPLETED" and a["Result"] == "SUCCESS" for a in activities)

    # The message: multipart, personal, tracked.
    by_subject = {}
    for recipient, raw in sink.messages:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        by_subject.setdefault("B" if message["Subject"] == "Variant B" else "A", []).append(message)
        assert message["To"].addresses[0].addr_spec == recipient
    assert set(by_subject) == {"A", "B"}
    message = by_subject["A"][0]
    number = int(re.match(r"p(\d+)@", message["To"].addresses[0].addr_spec)[1])
    assert message["Subject"] == f"Hi Name{number}"
    assert message["From"].addresses[0].addr_spec == "news@shop.example"
    assert message.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    html = message.get_body(("html",)).get_content()
    assert f"Hello Name{number}!" in html and "mailto:help@shop.example" in html
    ids = [m["Message-ID"] for group in by_subject.values() for m in group]
    assert len(set(ids)) == len(ids) and all(ids)

    # The recipient opens, clicks, unsubscribes.
    pixel = re.search(rf'{server.url}/t/o/[^"\'\s]+', html)[0]
    link = re.search(rf'href="({server.url}/t/c/[^"]+)"', html)[1].replace("&amp;", "&")
    with fetch(pixel) as answer:
        assert answer.headers["Content-Type"].startswith("image/")
    redirect = fetch(link, follow=False)
    assert redirect.status == 302
    assert redirect.headers["Location"] == f"https://shop.example/sale?who=ep-{number}"
    forged = link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB")
    assert fetch(forged, follow=False).status in (400, 403, 404)
    one_click = re.search(r"<(http[^>]+)>", message["List-Unsubscribe"])[1]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with fetch(one_click, data=b"List-Unsubscribe=One-Click") as answer:
        assert answer.status == 200

    sent = len(sink.taken)
    opened = lambda: kpi(client, app, campaign["Id"], "email-open-rate") == [1 / sent]
    wait_for(opened, seconds=5)
    clicks = "clicks-grouped-by-campaign-activity"
    wait_for(lambda: kpi(client, app, campaign["Id"], clicks) and
             sum(kpi(client, app, campaign["Id"], clicks)) == 1, seconds=5)
    assert kpi(client, app, campaign["Id"], "successful-delivery-rate") == [1.0]
    assert sum(kpi(client, app, campaign["Id"],
                   "attempted-deliveries-grouped-by-campaign-activity")) == sent
    unsubscribed = client.get_endpoint(ApplicationId=app, EndpointId=f"ep-{number}")
    assert unsubscribed["EndpointResponse"]["OptOut"] == "ALL"

    today = datetime.datetime.now(datetime.timezone.utc)
    whole = client.get_application_date_range_kpi(
        ApplicationId=app,
        KpiName="unique-deliveries",
        StartTime=today - datetime.timedelta(days=7),
        EndTime=today + datetime.timedelta(minutes=1),
    )["ApplicationDateRangeKpiResponse"]
    assert whole["KpiResult"]["Rows"][0]["Values"][0] == {
        "Key": "UniqueDeliveries", "Type": "Double", "Value": f"{sent}.0",
    }

    def charts_with_the_last_event():
        charts = server.beckon("GET", f"/apps/{app}/campaigns/{campaign['Id']}/analytics")
        return charts if charts["totals"]["unsubscribes"] == 1 else None

    charts = wait_for(charts_with_the_last_event, seconds=5)
    assert charts["totals"]["sent"] == sent
    assert charts["totals"]["uniqueOpens"] == 1 and charts["totals"]["uniqueClicks"] == 1
    assert sum(t["metrics"]["sent"] for t in charts["treatments"]) == sent
    assert charts["holdout"]["endpoints"] == len(members) - sent


def test_once_waits_for_its_time(mail_server):
    server, sink = mail_server
    client = server.pinpoint()
    app = server.new_app()
    server.enable_email(app)
    client.update_endpoint(
        ApplicationId=app,
        EndpointId="one",
        EndpointRequest={"ChannelType": "EMAIL", "Address": "one@mail.example"},
    )
    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "all"})
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
    campaign = client.create_campaign(
        ApplicationId=app,
        WriteCampaignRequest={
            "Name": "later",
            "SegmentId": segment["SegmentResponse"]["Id"],
            "MessageConfiguration": {"EmailMessage": {"Title": "Later", "HtmlBody": "<p>now</p>"}},
            "Schedule": {"StartTime": start.isoformat(), "Frequency": "ONCE"},
        },
    )["CampaignResponse"]
    assert campaign["State"]["CampaignStatus"] == "SCHEDULED" and not sink.taken
    server.wait_for_campaign(app, campaign["Id"], seconds=30)
    assert datetime.datetime.now(datetime.timezone.utc) >= start
    assert dict(sink.taken) == {"one@mail.example": 1}


def test_pause_holds_a_running_campaign_back(mail_server):
    server, sink = mail_server
    client = server.pinpoint()
    app = server.new_app()
    server.enable_email(app)
    (server.imports / "p.csv").write_text(people(300))
    server.import_file(app, "s3://crm/p.csv", RegisterEndpoints=True, DefineSegment=False)
    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "all"})
    campaign = client.create_campaign(
        ApplicationId=app,
        WriteCampaignRequest={
            "Name": "slow",
            "SegmentId": segment["SegmentResponse"]["Id"],
            "MessageConfiguration": {"EmailMessage": {"Title": "Slow", "HtmlBody": "<p>now</p>"}},
            "Schedule": {"StartTime": "IMMEDIATE"},
            "Limits": {"MessagesPerSecond": 50},
        },
    )["CampaignResponse"]["Id"]
    wait_for(lambda: len(sink.taken) >= 20, seconds=30)
    client.update_campaign(
        ApplicationId=app, CampaignId=campaign, WriteCampaignRequest={"IsPaused": True}
    )
    server.wait_for_campaign(app, campaign, status="PAUSED", seconds=30)
    held = wait_for(lambda: settled(sink), seconds=30)
    assert held < 300
    client.update_campaign(
        ApplicationId=app, CampaignId=campaign, WriteCampaignRequest={"IsPaused": False}
    )
    server.wait_for_campaign(app, campaign, seconds=60)
    assert len(sink.taken) == 300 and set(sink.taken.values()) == {1}


def settled(sink):
    """The number of messages once it has stopped growing."""
    import time

    before = sum(sink.taken.values())
    time.sleep(1.5)
    return before if sum(sink.taken.values()) == before else None


def test_a_campaign_without_its_template_says_why(mail_server):
    server, _ = mail_server
    client = server.pinpoint()
    app = server.new_app()
    server.enable_email(app)
    client.create_email_template(TemplateName="gone", EmailTemplateRequest={"Subject": "x"})
    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest={})
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
    campaign = client.create_campaign(
        ApplicationId=app,
        WriteCampaignRequest={
            "Name": "broken",
            "SegmentId": segment["SegmentResponse"]["Id"],
            "TemplateConfiguration": {"EmailTemplate": {"Name": "gone"}},
            "Schedule": {"StartTime": start.isoformat()},
        },
    )["CampaignResponse"]["Id"]
    client.delete_segment(ApplicationId=app, SegmentId=segment["SegmentResponse"]["Id"])

    def ended():
        status = server.campaign(app, campaign)["State"]["CampaignStatus"]
        return status if status in ("INVALID", "DELETED") else None

    wait_for(ended, seconds=30)
    assert server.progress(app, campaign).get("reason")
