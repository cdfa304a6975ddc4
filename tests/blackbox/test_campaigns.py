"""Campaigns as stock clients see them: every member is read back as it was written
(`docs/spec/campaigns.md §2–5`), and every channel delivers into the inbox."""

import json

import pytest
from botocore.exceptions import ClientError

from beckon import wait_for

PUSH = {
    "Action": "DEEP_LINK",
    "Body": "Hello {{User.UserAttributes.Name}}",
    "ImageIconUrl": "https://shop.example/icon.png",
    "ImageSmallIconUrl": "https://shop.example/small.png",
    "ImageUrl": "https://shop.example/i.png",
    "JsonBody": '{"k":1}',
    "MediaUrl": "https://shop.example/m.mp4",
    "SilentPush": False,
    "TimeToLive": 3600,
    "Title": "Sale",
    "Url": "shop://sale",
}
EMAIL = {
    "Body": "Hello",
    "FromAddress": "Sale <sale@shop.example>",
    "Headers": [{"Name": "X-Campaign", "Value": "spring"}],
    "HtmlBody": "<p>Hello</p>",
    "Title": "Sale",
}
SMS = {
    "Body": "Hello {{User.UserAttributes.Name}}",
    "MessageType": "PROMOTIONAL",
    "OriginationNumber": "+15550100",
    "SenderId": "SHOP",
    "EntityId": "1201159195912345678",
    "TemplateId": "1207161732000000000",
}
CARD = {
    "BackgroundColor": "#ffffff",
    "ImageUrl": "https://shop.example/i.png",
    "HeaderConfig": {"Header": "Hi", "TextColor": "#111111", "Alignment": "LEFT"},
    "BodyConfig": {"Body": "Sale", "TextColor": "#222222", "Alignment": "CENTER"},
    "PrimaryBtn": {
        "DefaultConfig": {
            "ButtonAction": "LINK",
            "Link": "https://shop.example",
            "Text": "Go",
            "TextColor": "#333333",
            "BackgroundColor": "#444444",
            "BorderRadius": 4,
        },
        "Android": {"ButtonAction": "DEEP_LINK", "Link": "shop://sale"},
        "IOS": {"ButtonAction": "CLOSE"},
        "Web": {"ButtonAction": "LINK", "Link": "https://shop.example/web"},
    },
    "SecondaryBtn": {"DefaultConfig": {"ButtonAction": "CLOSE", "Text": "No"}},
}
IN_APP = {"Body": "b", "Content": [CARD], "CustomConfig": {"k": "v"}, "Layout": "TOP_BANNER"}
MESSAGES = {
    "ADMMessage": PUSH,
    "APNSMessage": {**PUSH, "RawContent": '{"aps":{"alert":"x"}}'},
    "BaiduMessage": PUSH,
    "DefaultMessage": {"Body": "Hello"},
    "EmailMessage": EMAIL,
    "GCMMessage": PUSH,
    "SMSMessage": SMS,
    "CustomMessage": {"Data": '{"offer":7}'},
}
FILTER = {
    "FilterType": "ENDPOINT",
    "Dimensions": {
        "EventType": {"DimensionType": "INCLUSIVE", "Values": ["cart.add", "cart.view"]},
        "Attributes": {
            "sku": {"AttributeType": "CONTAINS", "Values": ["shoe"]},
            "since": {"AttributeType": "BETWEEN", "Values": ["2030-01-01", "2031-01-01"]},
        },
        "Metrics": {"price": {"ComparisonOperator": "GREATER_THAN_OR_EQUAL", "Value": 9.5}},
    },
}
LATER = "2039-03-01T09:00:00Z"
END = "2039-09-01T09:00:00+02:00"


def segment(client, app):
    got = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "everyone", "Dimensions": {}})
    return got["SegmentResponse"]["Id"]


def create(client, app, **request):
    request.setdefault("Name", "spring")
    request.setdefault("SegmentId", segment(client, app))
    got = client.create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    return got["CampaignResponse"]


def get(client, app, campaign):
    got = client.get_campaign(ApplicationId=app, CampaignId=campaign)
    return got["CampaignResponse"]


def holds(got, want, path=""):
    """Whether everything in `want` is in `got`."""
    if isinstance(want, dict):
        for name, value in want.items():
            assert name in got, f"{path}.{name} is absent"
            holds(got[name], value, f"{path}.{name}")
    elif isinstance(want, list):
        assert len(got) == len(want), path
        for n, (one, other) in enumerate(zip(got, want)):
            holds(one, other, f"{path}[{n}]")
    else:
        assert got == want, f"{path}: {got!r} is not {want!r}"


def templates(client):
    """Templates of all kinds that a campaign can use."""
    client.create_email_template(
        TemplateName="c-mail", EmailTemplateRequest={"Subject": "s", "TextPart": "t"}
    )
    client.create_push_template(
        TemplateName="c-push",
        PushNotificationTemplateRequest={"Default": {"Title": "From a template", "Body": "b"}},
    )
    client.create_sms_template(TemplateName="c-sms", SMSTemplateRequest={"Body": "From a template"})
    client.create_in_app_template(
        TemplateName="c-in-app", InAppTemplateRequest={"Content": [CARD], "Layout": "CAROUSEL"}
    )


@pytest.fixture(scope="module")
def with_templates(server):
    templates(server.pinpoint())


def test_a_minimal_campaign_has_its_defaults(server, app):
    client = server.pinpoint()
    made = create(client, app, MessageConfiguration={"SMSMessage": {"Body": "x"}}, Schedule={"StartTime": LATER})
    got = get(client, app, made["Id"])
    assert got == made
    holds(got, {
        "AdditionalTreatments": [], "HoldoutPercent": 0, "IsPaused": False, "Limits": {},
        "Schedule": {"StartTime": LATER, "Frequency": "ONCE", "IsLocalTime": False, "Timezone": "UTC"},
        "State": {"CampaignStatus": "SCHEDULED"}, "SegmentVersion": 1, "Version": 1,
        "MessageConfiguration": {"SMSMessage": {"Body": "x"}}, "TemplateConfiguration": {}, "tags": {},
    })
    assert "DefaultState" not in got and "Description" not in got and "Priority" not in got
    assert got["Arn"].endswith(f"apps/{app}/campaigns/{made['Id']}")


def test_a_rich_campaign_is_read_back_member_by_member(server, app, with_templates):
    client = server.pinpoint()
    quiet = {"Start": "22:00", "End": "07:00"}
    schedule = {
        "StartTime": LATER, "EndTime": END, "Frequency": "WEEKLY", "IsLocalTime": True,
        "QuietTime": quiet, "Timezone": "UTC+05:45", "EventFilter": FILTER,
    }
    request = {
        "Name": "rich",
        "Description": "d",
        "MessageConfiguration": MESSAGES,
        "TemplateConfiguration": {
            "EmailTemplate": {"Name": "c-mail", "Version": "1"},
            "PushTemplate": {"Name": "c-push"},
            "SMSTemplate": {"Name": "c-sms"},
        },
        "CustomDeliveryConfiguration": {
            "DeliveryUri": "arn:aws:lambda:us-east-1:000000000000:function:offer:7",
            "EndpointTypes": ["CUSTOM", "EMAIL"],
        },
        "AdditionalTreatments": [
            {
                "SizePercent": 30, "TreatmentName": "B", "TreatmentDescription": "b",
                "MessageConfiguration": MESSAGES,
                "TemplateConfiguration": {"SMSTemplate": {"Name": "c-sms"}},
                "CustomDeliveryConfiguration": {"DeliveryUri": "my-function", "EndpointTypes": ["SMS"]},
                "Schedule": {**schedule, "StartTime": "2039-03-02T09:00:00Z"},
            },
            {"SizePercent": 20},
        ],
        "TreatmentName": "A",
        "TreatmentDescription": "a",
        "HoldoutPercent": 10,
        "Schedule": schedule,
        "Limits": {"Daily": 3, "Total": 9, "MaximumDuration": 600, "MessagesPerSecond": 50, "Session": 2},
        "Hook": {"LambdaFunctionName": "f", "Mode": "FILTER", "WebUrl": "https://hooks.shop.example/f"},
        "IsPaused": True,
        "Priority": 4,
        "tags": {"team": "crm"},
    }
    made = create(client, app, **request)
    got = get(client, app, made["Id"])
    assert got == made
    holds(got, request)
    assert got["State"] == got["DefaultState"] == {"CampaignStatus": "PAUSED"}
    assert [it["Id"] for it in got["AdditionalTreatments"]] == ["1", "2"]
    resume = {"IsPaused": False}
    resumed = client.update_campaign(ApplicationId=app, CampaignId=made["Id"], WriteCampaignRequest=resume)
    assert resumed["CampaignResponse"]["State"] == {"CampaignStatus": "SCHEDULED"}


@pytest.mark.parametrize("frequency", ["HOURLY", "DAILY", "WEEKLY", "MONTHLY"])
def test_recurring_schedules_wait_for_their_run(server, app, frequency):
    client = server.pinpoint()
    schedule = {"StartTime": LATER, "EndTime": END, "Frequency": frequency, "Timezone": "UTC-05"}
    made = create(client, app, MessageConfiguration={"SMSMessage": SMS}, Schedule=schedule)
    assert made["State"]["CampaignStatus"] == "SCHEDULED"
    holds(made["Schedule"], schedule)
    paused = client.update_campaign(
        ApplicationId=app, CampaignId=made["Id"], WriteCampaignRequest={"IsPaused": True}
    )["CampaignResponse"]
    assert (paused["State"]["CampaignStatus"], paused["Version"]) == ("PAUSED", 2)
    resumed = client.update_campaign(
        ApplicationId=app, CampaignId=made["Id"], WriteCampaignRequest={"IsPaused": False}
    )["CampaignResponse"]
    assert resumed["State"]["CampaignStatus"] == "SCHEDULED"


def test_event_campaigns_are_kept_while_paused(server, app):
    client = server.pinpoint()
    schedule = {"StartTime": LATER, "Frequency": "EVENT", "EventFilter": {**FILTER, "FilterType": "SYSTEM"}}
    made = create(client, app, MessageConfiguration={"SMSMessage": SMS}, Schedule=schedule, IsPaused=True)
    holds(get(client, app, made["Id"])["Schedule"], schedule)


@pytest.mark.parametrize("change, said", [
    ({"Name": " "}, "Name"),
    ({"SegmentId": "0" * 32}, "segment"),
    ({"Schedule": {"StartTime": "2020-01-01T00:00:00Z"}}, "has passed"),
    ({"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "DAILY"}}, "ONCE"),
    ({"Schedule": {"StartTime": LATER, "EndTime": LATER}}, "not after the start"),
    ({"Schedule": {"StartTime": LATER, "Timezone": "Europe/Berlin"}}, "time zone label"),
    ({"Schedule": {"StartTime": LATER, "Frequency": "EVENT"}, "IsPaused": True}, "EventFilter"),
    ({"Schedule": {"StartTime": LATER, "Frequency": "IN_APP_EVENT", "EventFilter": FILTER}}, "InAppMessage"),
    ({"MessageConfiguration": {"InAppMessage": IN_APP}}, "IN_APP_EVENT"),
    ({"MessageConfiguration": {}}, "is required"),
    ({"MessageConfiguration": {"CustomMessage": {"Data": "x"}}}, "CustomDeliveryConfiguration"),
    ({"MessageConfiguration": {"CustomMessage": {"Data": "x" * 5121}},
      "CustomDeliveryConfiguration": {"DeliveryUri": "f"}}, "5 KB"),
    ({"CustomDeliveryConfiguration": {"DeliveryUri": "http://shop.example"}}, "DeliveryUri"),
    ({"TemplateConfiguration": {"SMSTemplate": {"Name": "nobody"}}}, "template"),
    ({"TemplateConfiguration": {"VoiceTemplate": {"Name": "v"}}}, "VoiceTemplate"),
    ({"HoldoutPercent": 101}, "HoldoutPercent"),
    ({"AdditionalTreatments": [{"SizePercent": 60}, {"SizePercent": 50}]}, "100"),
    ({"Limits": {"Daily": 101}}, "Limits.Daily"),
    ({"Priority": -1}, "Priority"),
    ({"Hook": {"WebUrl": "ftp://hooks.shop.example/f"}}, "Hook.WebUrl"),
    # Its name leads nowhere, and its address is not public.
    ({"CustomDeliveryConfiguration": {"DeliveryUri": "https://hooks.shop.example/offer"}}, "must answer a HEAD"),
    ({"CustomDeliveryConfiguration": {"DeliveryUri": "https://127.0.0.1:1/"}}, "it is loopback"),
])
def test_what_breaks_a_rule_is_refused_by_name(server, app, change, said):
    client = server.pinpoint()
    request = {"MessageConfiguration": {"SMSMessage": SMS}, "Schedule": {"StartTime": LATER}, **change}
    with pytest.raises(client.exceptions.BadRequestException) as refused:
        create(client, app, **request)
    message = refused.value.response.get("Message") or refused.value.response["Error"]["Message"]
    assert said in message
    assert client.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"] == []


def test_updates_replace_members_and_keep_versions(server, app):
    client = server.pinpoint()
    made = create(client, app, MessageConfiguration={"SMSMessage": SMS}, Schedule={"StartTime": LATER})
    changes = {
        "Name": "new", "Description": "more", "HoldoutPercent": 5, "Limits": {"Total": 1},
        "MessageConfiguration": {"GCMMessage": PUSH}, "Schedule": {"StartTime": END, "Frequency": "MONTHLY"},
        "AdditionalTreatments": [{"SizePercent": 10, "TreatmentName": "B"}],
    }
    changed = client.update_campaign(
        ApplicationId=app, CampaignId=made["Id"], WriteCampaignRequest=changes
    )["CampaignResponse"]
    holds(changed, changes)
    assert (changed["Version"], changed["SegmentId"]) == (2, made["SegmentId"])
    assert "SMSMessage" not in changed["MessageConfiguration"]
    old = client.get_campaign_version(ApplicationId=app, CampaignId=made["Id"], Version="1")
    assert old["CampaignResponse"]["MessageConfiguration"] == made["MessageConfiguration"]
    versions = client.get_campaign_versions(ApplicationId=app, CampaignId=made["Id"])
    assert [it["Version"] for it in versions["CampaignsResponse"]["Item"]] == [2, 1]


def inbox(server, app):
    """Messages of the application, with their content, by endpoint."""
    items = server.beckon("GET", f"/inbox?app={app}&limit=200")["items"]
    return {it["endpointId"]: server.beckon("GET", f"/inbox/{it['id']}") for it in items}


def enable_channels(client, app):
    client.update_gcm_channel(ApplicationId=app, GCMChannelRequest={"ApiKey": "AAAA" + "k" * 148, "Enabled": True})
    client.update_apns_channel(ApplicationId=app, APNSChannelRequest={"Enabled": True})
    client.update_sms_channel(ApplicationId=app, SMSChannelRequest={"Enabled": True, "SenderId": "CHANNEL"})


def test_one_campaign_on_every_channel(server, app, with_templates):
    client = server.pinpoint()
    server.enable_email(app)
    enable_channels(client, app)
    people = {
        "mail": ("EMAIL", "ana@mail.example"), "gcm": ("GCM", "tok-1"), "apns": ("APNS", "ab" * 32),
        "sms": ("SMS", "+47 912 34 567"), "custom": ("CUSTOM", "somebody"), "adm": ("ADM", "tok-2"),
        "refused": ("GCM", "simulator-unregistered"), "bounced": ("SMS", "+14255550104"),
    }
    for endpoint, (channel, address) in people.items():
        client.update_endpoint(ApplicationId=app, EndpointId=endpoint, EndpointRequest={
            "ChannelType": channel, "Address": address,
            "User": {"UserId": f"u-{endpoint}", "UserAttributes": {"Name": [endpoint.upper()]}},
        })
    made = create(client, app, **{
        "MessageConfiguration": {k: v for k, v in MESSAGES.items() if k != "APNSMessage"},
        "TemplateConfiguration": {"SMSTemplate": {"Name": "c-sms"}},
        "CustomDeliveryConfiguration": {"DeliveryUri": "my-hook"},
        "Schedule": {"StartTime": "IMMEDIATE"},
    })
    server.wait_for_campaign(app, made["Id"])
    progress = server.progress(app, made["Id"])["runs"][0]
    assert progress["outcomes"] == {"SUCCESS": 5, "UNSUPPORTED_CHANNEL": 1, "FAILURE_PERMANENT": 2}
    got = inbox(server, app)
    assert set(got) == set(people) - {"adm"}
    assert {it["campaignId"] for it in got.values()} == {made["Id"]}
    assert got["mail"]["subject"] == "Sale"
    data = got["gcm"]["content"]["payload"]["data"]
    assert data["pinpoint.notification.body"] == "Hello GCM"
    assert data["pinpoint.campaign.campaign_id"] == made["Id"]
    assert data["pinpoint.deeplink"] == "shop://sale"
    assert got["gcm"]["content"]["timeToLive"] == 3600
    assert got["apns"]["content"]["payload"]["aps"]["alert"]["body"] == "Hello"
    # The template says what, the message says how.
    sms = got["sms"]["content"]
    assert (sms["text"], sms["messageType"], sms["senderId"]) == ("From a template", "Promotional", "SHOP")
    assert got["sms"]["to"] == "+4791234567"
    custom = json.loads(got["custom"]["content"]["body"])
    assert custom["Data"] == '{"offer":7}' and custom["CampaignId"] == made["Id"]
    assert custom["Endpoints"]["custom"]["Address"] == "somebody"

    activities = client.get_campaign_activities(ApplicationId=app, CampaignId=made["Id"])
    [activity] = activities["ActivitiesResponse"]["Item"]
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "SUCCESS")
    assert (activity["TotalEndpointCount"], activity["SuccessfulEndpointCount"]) == (7, 5)
    assert activity["ExecutionMetrics"]["ENDPOINT_PRODUCED"] == "8"

    def kpi(name):
        rows = client.get_campaign_date_range_kpi(ApplicationId=app, CampaignId=made["Id"], KpiName=name)
        rows = rows["CampaignDateRangeKpiResponse"]["KpiResult"]["Rows"]
        return [float(row["Values"][0]["Value"]) for row in rows]

    wait_for(lambda: kpi("unique-deliveries") == [5.0], seconds=20)
    # A text message that was refused at once was never sent (`docs/spec/analytics.md §1.2`).
    assert kpi("attempted-deliveries-grouped-by-campaign-activity") == [6.0]
    assert kpi("successful-deliveries-grouped-by-campaign-activity") == [5.0]


def test_a_campaign_without_its_channel_is_invalid(server, app):
    client = server.pinpoint()
    client.update_endpoint(ApplicationId=app, EndpointId="e", EndpointRequest={"ChannelType": "SMS", "Address": "+4791234567"})
    made = create(client, app, MessageConfiguration={"SMSMessage": SMS}, Schedule={"StartTime": "IMMEDIATE"})
    server.wait_for_campaign(app, made["Id"], status="INVALID")
    assert server.progress(app, made["Id"])["reason"] == "the application has no sms channel that is enabled"
