"""Campaigns that events trigger (`docs/spec/campaigns.md §10`), from PutEvents to the inbox."""

import datetime
import urllib.request

from beckon import Server, wait_for
from test_campaigns import create, get


def instant(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event_filter(*kinds, source="ENDPOINT", **dimensions):
    kind = {"DimensionType": "INCLUSIVE", "Values": list(kinds)}
    return {"FilterType": source, "Dimensions": {"EventType": kind, **dimensions}}


def begin(server, app, filter, title="Hi {{User.UserAttributes.Name}}", **request):
    """A campaign that events trigger from now on: its start is moved nearer after its creation."""
    client = server.pinpoint()
    html = '<p>x</p><a href="https://shop.example/a">a</a>'
    request.setdefault("MessageConfiguration", {"EmailMessage": {"Title": title, "HtmlBody": html}})
    schedule = {"StartTime": instant(1200), "Frequency": "EVENT", "EventFilter": filter}
    made = create(client, app, Schedule=schedule, **request)
    assert made["State"]["CampaignStatus"] == "SCHEDULED"
    client.update_campaign(
        ApplicationId=app, CampaignId=made["Id"],
        WriteCampaignRequest={"Schedule": {**schedule, "StartTime": instant(-60)}})
    server.wait_for_campaign(app, made["Id"], "EXECUTING", seconds=20)
    return made["Id"]


def person(server, app, endpoint, **request):
    request = {
        "ChannelType": "EMAIL", "Address": f"{endpoint}@mail.example",
        "User": {"UserId": f"u-{endpoint}", "UserAttributes": {"Name": [endpoint]}}, **request,
    }
    server.pinpoint().update_endpoint(
        ApplicationId=app, EndpointId=endpoint, EndpointRequest=request)


def put(server, app, endpoint, kind, id="e1", at=None, **members):
    event = {"EventType": kind, "Timestamp": at or instant(0), **members}
    batch = {endpoint: {"Endpoint": {}, "Events": {id: event}}}
    got = server.pinpoint().put_events(ApplicationId=app, EventsRequest={"BatchItem": batch})
    item = got["EventsResponse"]["Results"][endpoint]["EventsItemResponse"][id]
    assert item["StatusCode"] == 202, item


def subjects(server, app):
    """How often each endpoint got each subject."""
    items = server.beckon("GET", f"/inbox?app={app}&limit=200")["items"]
    return sorted((it["endpointId"], it["subject"]) for it in items)


def settles(server, app, campaign, **outcomes):
    """Waits until events have brought these outcomes."""
    def now():
        runs = server.progress(app, campaign)["runs"]
        return runs[0]["outcomes"] if runs and runs[0]["remaining"] == 0 else {}
    wait_for(lambda: now() == outcomes, seconds=60)


def test_an_event_brings_a_message_at_once(server, app):
    server.enable_email(app)
    for name in ("ada", "bob"):
        person(server, app, name)
    spends = {"spent": {"ComparisonOperator": "GREATER_THAN", "Value": 10.0}}
    shoes = {"item": {"AttributeType": "CONTAINS", "Values": ["shoe"]}}
    campaign = begin(server, app, event_filter("cart.add", Attributes=shoes, Metrics=spends))
    at = instant(0)
    fits = {"Attributes": {"item": "red shoes"}, "Metrics": {"spent": 12.5}}
    put(server, app, "bob", "cart.add", Attributes={"item": "hat"}, Metrics={"spent": 12.5})
    put(server, app, "bob", "cart.add", Attributes={"item": "shoe"}, Metrics={"spent": 10.0})
    put(server, app, "bob", "cart.drop", **fits)
    put(server, app, "ada", "cart.add", at=at, **fits)
    settles(server, app, campaign, SUCCESS=1)
    # The same event again is none; another one is.
    put(server, app, "ada", "cart.add", at=at, **fits)
    put(server, app, "ada", "cart.add", **fits)
    settles(server, app, campaign, SUCCESS=2)
    assert subjects(server, app) == [("ada", "Hi ada")] * 2
    [activity] = server.pinpoint().get_campaign_activities(
        ApplicationId=app, CampaignId=campaign)["ActivitiesResponse"]["Item"]
    assert (activity["State"], activity["SuccessfulEndpointCount"]) == ("RUNNING", 2)
    assert get(server.pinpoint(), app, campaign)["State"]["CampaignStatus"] == "EXECUTING"


def test_an_opened_mail_triggers_another_one(server, app):
    server.enable_email(app)
    person(server, app, "ada")
    follow_up = begin(server, app, event_filter("_email.open", source="SYSTEM"), title="Glad you read it")
    client = server.pinpoint()
    news = create(client, app, Schedule={"StartTime": "IMMEDIATE"}, MessageConfiguration={
        "EmailMessage": {"Title": "News", "HtmlBody": "<p>x</p>"}})
    server.wait_for_campaign(app, news["Id"])
    [item] = server.beckon("GET", f"/inbox?app={app}&limit=9")["items"]
    mail = server.beckon("GET", f"/inbox/{item['id']}")
    pixel = next(part for part in mail["html"].split('"') if "/o/" in part or "open" in part)
    urllib.request.urlopen(pixel).read()
    settles(server, app, follow_up, SUCCESS=1)
    assert ("ada", "Glad you read it") in subjects(server, app)


def test_one_message_a_day_across_campaigns(server, app):
    server.enable_email(app)
    person(server, app, "ada")
    limits = {"Limits": {"Daily": 1}}
    campaigns = [begin(server, app, event_filter("cart.add"), **limits) for _ in range(2)]
    put(server, app, "ada", "cart.add")

    def outcomes():
        runs = [run for campaign in campaigns for run in server.progress(app, campaign)["runs"]]
        found = sorted(str(run["outcomes"]) for run in runs)
        return found == ["{'DAILY_CAP': 1}", "{'SUCCESS': 1}"]

    wait_for(outcomes, seconds=60)
    assert len(subjects(server, app)) == 1


def test_what_was_reported_before_a_power_cut_is_not_lost(tmp_path):
    with Server(tmp_path / "beckon") as server:
        app = server.new_app()
        server.enable_email(app)
        for n in range(20):
            person(server, app, f"p{n}")
        campaign = begin(server, app, event_filter("cart.add"))
        for n in range(20):
            put(server, app, f"p{n}", "cart.add")
        server.kill()
        server.start()

        def counted():
            runs = server.progress(app, campaign)["runs"]
            done = runs and runs[0]["planned"] == 20 and runs[0]["remaining"] == 0
            return runs[0] if done else None

        run = wait_for(counted, seconds=60)
        assert run["sent"] + run["inDoubt"] == 20, run
        assert run["sent"] <= len(subjects(server, app)) <= 20
