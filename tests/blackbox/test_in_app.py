"""In-app campaigns: who may show what (`docs/spec/campaigns.md §11`)."""

import datetime
import time

import pytest

from beckon import wait_for
from test_campaigns import CARD, END, FILTER, IN_APP, LATER, create, get, holds


def instant(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def schedule(start=-60, **members):
    return {"StartTime": instant(start), "Frequency": "IN_APP_EVENT", "EventFilter": FILTER, **members}


def add(client, app, endpoint, **request):
    client.update_endpoint(ApplicationId=app, EndpointId=endpoint, EndpointRequest=request)


def messages(client, app, endpoint):
    got = client.get_in_app_messages(ApplicationId=app, EndpointId=endpoint)
    return got["InAppMessagesResponse"]["InAppMessageCampaigns"]


def offer(client, app, **request):
    request.setdefault("MessageConfiguration", {"InAppMessage": IN_APP})
    request.setdefault("Schedule", schedule())
    return create(client, app, **request)


def test_a_rich_campaign_is_read_back_and_offered(server, app):
    client = server.pinpoint()
    add(client, app, "e", ChannelType="GCM", Address="tok")
    times = schedule(EndTime=END, QuietTime={"Start": "22:00", "End": "07:00"})
    request = {
        "MessageConfiguration": {"InAppMessage": IN_APP},
        "Schedule": times,
        "Limits": {"Daily": 1, "Session": 2, "Total": 3},
        "Priority": 2,
    }
    made = offer(client, app, **request)
    holds(get(client, app, made["Id"]), request)
    assert messages(client, app, "e") == [{
        "CampaignId": made["Id"],
        "TreatmentId": "0",
        "Priority": 2,
        "DailyCap": 1,
        "SessionCap": 2,
        "TotalCap": 3,
        "InAppMessage": {k: IN_APP[k] for k in ("Content", "CustomConfig", "Layout")},
        "Schedule": {"EndDate": END, "EventFilter": FILTER, "QuietTime": times["QuietTime"]},
    }]
    running = wait_for(
        lambda: get(client, app, made["Id"])["State"]["CampaignStatus"] == "EXECUTING", seconds=10
    )
    assert running


def test_a_minimal_campaign_is_unlimited(server, app):
    client = server.pinpoint()
    add(client, app, "e", ChannelType="GCM", Address="tok")
    assert messages(client, app, "e") == []
    filter = {"FilterType": "ENDPOINT", "Dimensions": {}}
    made = offer(client, app, MessageConfiguration={"InAppMessage": {"Body": "Hello"}},
                 Schedule=schedule(EventFilter=filter))
    [got] = messages(client, app, "e")
    assert got == {
        "CampaignId": made["Id"], "TreatmentId": "0", "DailyCap": 0, "SessionCap": 0, "TotalCap": 0,
        "InAppMessage": {
            "Content": [{"BodyConfig": {"Body": "Hello", "Alignment": "LEFT", "TextColor": "#000000"}}]
        },
        "Schedule": {"EventFilter": filter},
    }


def test_templates_and_treatments(server, app):
    client = server.pinpoint()
    client.create_in_app_template(
        TemplateName="in-app-b", InAppTemplateRequest={"Content": [CARD], "Layout": "CAROUSEL"}
    )
    made = offer(client, app, HoldoutPercent=20, AdditionalTreatments=[
        {"SizePercent": 40, "TemplateConfiguration": {"InAppTemplate": {"Name": "in-app-b"}}},
    ])
    seen = {}
    for n in range(60):
        add(client, app, f"e{n}", ChannelType="GCM", Address=f"tok{n}")
        got = messages(client, app, f"e{n}")
        cohort = int(client.get_endpoint(ApplicationId=app, EndpointId=f"e{n}")["EndpointResponse"]["CohortId"])
        treatment = got[0]["TreatmentId"] if got else None
        assert seen.setdefault(cohort, treatment) == treatment
        if treatment == "1":
            assert got[0]["InAppMessage"]["Layout"] == "CAROUSEL"
        elif treatment == "0":
            assert got[0]["InAppMessage"]["Layout"] == "TOP_BANNER"
    assert set(seen.values()) == {None, "0", "1"}
    assert client.get_campaign_activities(ApplicationId=app, CampaignId=made["Id"])["ActivitiesResponse"]["Item"] == []


def test_only_open_campaigns_of_ones_segment_in_their_order(server, app):
    client = server.pinpoint()
    add(client, app, "gold", ChannelType="GCM", Address="a", Attributes={"plan": ["gold"]})
    add(client, app, "basic", ChannelType="GCM", Address="b", Attributes={"plan": ["basic"]})
    gold = client.create_segment(ApplicationId=app, WriteSegmentRequest={
        "Name": "gold", "Dimensions": {"Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}},
    })["SegmentResponse"]["Id"]
    last = offer(client, app, Name="no priority")["Id"]
    second = offer(client, app, Priority=3)["Id"]
    time.sleep(0.01)
    third = offer(client, app, Priority=3)["Id"]
    first = offer(client, app, Priority=1, SegmentId=gold)["Id"]
    offer(client, app, Schedule={**schedule(), "StartTime": LATER})
    offer(client, app, IsPaused=True)
    ids = lambda endpoint: [it["CampaignId"] for it in messages(client, app, endpoint)]
    assert ids("gold") == [first, second, third, last]
    assert ids("basic") == [second, third, last]
    client.update_campaign(ApplicationId=app, CampaignId=second, WriteCampaignRequest={"IsPaused": True})
    client.delete_campaign(ApplicationId=app, CampaignId=third)
    add(client, app, "basic", Attributes={"plan": ["gold"]})
    assert ids("basic") == [first, last]
    client.update_campaign(ApplicationId=app, CampaignId=second, WriteCampaignRequest={"IsPaused": False})
    assert ids("basic") == [first, second, last]


def test_the_window_closes(server, app):
    client = server.pinpoint()
    add(client, app, "e", ChannelType="GCM", Address="tok")
    made = offer(client, app, Schedule=schedule(EndTime=instant(3)))
    assert len(messages(client, app, "e")) == 1
    wait_for(lambda: messages(client, app, "e") == [], seconds=20)
    server.wait_for_campaign(app, made["Id"])


def test_unknown_endpoints_and_the_quota(server, app):
    client = server.pinpoint()
    with pytest.raises(client.exceptions.NotFoundException):
        messages(client, app, "nobody")
    for _ in range(25):
        offer(client, app)
    with pytest.raises(client.exceptions.BadRequestException, match="25 in-app campaigns"):
        offer(client, app)
