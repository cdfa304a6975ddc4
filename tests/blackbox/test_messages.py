"""Direct sends on every channel, read back from the answer, the inbox and the events."""

import json

import botocore.exceptions
import pytest


def enable(server, app, *channels):
    client = server.pinpoint()
    for channel in channels:
        if channel == "EMAIL":
            server.enable_email(app)
        elif channel == "SMS":
            client.update_sms_channel(
                ApplicationId=app, SMSChannelRequest={"Enabled": True, "SenderId": "SHOP"}
            )
        elif channel == "VOICE":
            client.update_voice_channel(ApplicationId=app, VoiceChannelRequest={"Enabled": True})
        elif channel == "GCM":
            client.update_gcm_channel(
                ApplicationId=app, GCMChannelRequest={"Enabled": True, "ApiKey": "AAAA" + "x" * 148}
            )
        elif channel == "ADM":
            client.update_adm_channel(
                ApplicationId=app,
                ADMChannelRequest={
                    "Enabled": True,
                    "ClientId": "amzn1.application-oa2-client.0123456789abcdef0123456789abcdef",
                    "ClientSecret": "0123456789abcdef" * 4,
                },
            )
        elif channel == "BAIDU":
            client.update_baidu_channel(
                ApplicationId=app,
                BaiduChannelRequest={
                    "Enabled": True,
                    "ApiKey": "a" * 24,
                    "SecretKey": "b" * 32,
                },
            )


def send(server, app, **request):
    return server.pinpoint().send_messages(ApplicationId=app, MessageRequest=request)[
        "MessageResponse"
    ]


def send_users(server, app, **request):
    return server.pinpoint().send_users_messages(
        ApplicationId=app, SendUsersMessageRequest=request
    )["SendUsersMessageResponse"]


def inbox(server, app, channel=None):
    """The messages of the inbox with their content, newest first."""
    query = f"/inbox?app={app}" + (f"&channel={channel}" if channel else "")
    items = server.beckon("GET", query)["items"]
    return [server.beckon("GET", f"/inbox/{item['id']}") for item in items]


def endpoint(server, app, name, **request):
    server.pinpoint().update_endpoint(
        ApplicationId=app, EndpointId=name, EndpointRequest=request
    )


def test_a_text_message(server):
    app = server.new_app()
    enable(server, app, "SMS")
    answer = send(
        server,
        app,
        Addresses={
            "+47 912 34 567": {"ChannelType": "SMS", "Substitutions": {"Name": ["Ana"]}},
            "12": {"ChannelType": "SMS"},
            "+14255550101": {"ChannelType": "SMS"},
            "+14255550102": {"ChannelType": "SMS", "BodyOverride": "Own words"},
            "+4791234567": {"ChannelType": "SMS"},
        },
        MessageConfiguration={
            "SMSMessage": {
                "Body": "Hi {{Name}}{{None}}!",
                "MessageType": "PROMOTIONAL",
                "Substitutions": {"Name": ["you"]},
            }
        },
        Context={"order": "7"},
        TraceId="trace-1",
    )
    assert answer["ApplicationId"] == app and answer["RequestId"]
    results = answer["Result"]
    assert "EndpointResult" not in answer
    # The caller's own spelling is the key, and the second spelling of a number is a repetition.
    good = results["+47 912 34 567"]
    assert (good["DeliveryStatus"], good["StatusCode"]) == ("SUCCESSFUL", 200)
    assert good["StatusMessage"] == f"MessageId: {good['MessageId']}"
    assert len(good["MessageId"]) == 40
    statuses = {key: (it["DeliveryStatus"], it["StatusCode"]) for key, it in results.items()}
    assert statuses == {
        "+47 912 34 567": ("SUCCESSFUL", 200),
        "+4791234567": ("DUPLICATE", 400),
        "12": ("PERMANENT_FAILURE", 400),
        "+14255550101": ("PERMANENT_FAILURE", 400),
        "+14255550102": ("THROTTLED", 429),
    }
    assert results["12"]["StatusMessage"] == "Invalid phone number"
    assert results["+14255550101"]["StatusMessage"] == "Phone number is opted out"
    messages = {it["to"]: it for it in inbox(server, app, "SMS")}
    got = messages["+4791234567"]
    assert got["state"] == "DELIVERED" and got["from"] == "SHOP"
    assert got["content"] == {
        "kind": "sms",
        "text": "Hi Ana!",
        "encoding": "GSM",
        "parts": 1,
        "messageType": "Promotional",
        "senderId": "SHOP",
        "originationNumber": None,
        "keyword": None,
        "entityId": None,
        "templateId": None,
    }
    assert messages["+14255550102"]["content"]["text"] == "Own words"
    assert messages["+14255550101"]["state"] == "OPTED_OUT"
    assert inbox(server, app, "PUSH") == []


def test_push_messages(server):
    app = server.new_app()
    enable(server, app, "GCM", "ADM", "BAIDU")
    answer = send(
        server,
        app,
        Addresses={
            "devtok": {"ChannelType": "GCM", "Context": {"k": "v"}},
            "simulator-unregistered": {"ChannelType": "GCM", "TitleOverride": "Own"},
            "simulator-unavailable": {"ChannelType": "ADM"},
            "baidutok": {"ChannelType": "BAIDU", "RawContent": '{"msg":{"title":"raw"}}'},
            "apnstok": {"ChannelType": "APNS"},
        },
        MessageConfiguration={
            "DefaultPushNotificationMessage": {
                "Title": "Sale",
                "Body": "Today",
                "Action": "DEEP_LINK",
                "Url": "shop://x",
                "Data": {"a": "b"},
            },
            "GCMMessage": {"Body": "Now", "Priority": "high", "TimeToLive": 60, "Title": "Sale"},
        },
    )
    results = answer["Result"]
    assert results["devtok"]["StatusMessage"] == ""
    assert results["devtok"]["DeliveryStatus"] == "SUCCESSFUL"
    dead = results["simulator-unregistered"]
    assert (dead["DeliveryStatus"], dead["StatusCode"]) == ("PERMANENT_FAILURE", 410)
    assert json.loads(dead["StatusMessage"])["pushProviderError"] == "UNREGISTERED"
    assert results["simulator-unavailable"]["DeliveryStatus"] == "TEMPORARY_FAILURE"
    off = f"No channel of type APNS is enabled for the application {app}"
    assert results["apnstok"]["StatusMessage"] == off
    assert results["apnstok"]["StatusCode"] == 400
    messages = {it["to"]: it for it in inbox(server, app, "PUSH")}
    assert set(messages) == set(results) - {"apnstok"}
    assert messages["devtok"]["content"]["payload"] == {
        "data": {
            "pinpoint.campaign.campaign_id": "_DIRECT",
            "pinpoint.k": "v",
            "pinpoint.notification.title": "Sale",
            "pinpoint.notification.body": "Now",
            "pinpoint.notification.silentPush": "0",
            "pinpoint.openApp": "true",
        },
        "android": {"priority": "HIGH", "ttl": "60s"},
    }
    assert messages["simulator-unregistered"]["subject"] == "Own"
    adm = messages["simulator-unavailable"]["content"]["payload"]["data"]
    assert adm["pinpoint.deeplink"] == "shop://x" and adm["pinpoint.jsonBody"] == '{"a":"b"}'
    assert messages["baidutok"]["content"]["payload"] == {"msg": {"title": "raw"}}


def test_mail(server):
    app = server.new_app()
    enable(server, app, "EMAIL")
    html = '<p>Hi {{Name}} <a href="https://shop.example/">shop</a></p>'
    simple = {
        "Subject": {"Data": "Hi {{Name}}", "Charset": "UTF-8"},
        "HtmlPart": {"Data": html},
        "TextPart": {"Data": "Hi"},
        "Headers": [{"Name": "X-Order", "Value": "{{Order}}"}],
    }
    answer = send(
        server,
        app,
        Addresses={
            "ana@mail.example": {
                "ChannelType": "EMAIL",
                "Substitutions": {"Name": ["Ana"], "Order": ["7"]},
            },
            "ben@mail.example": {
                "ChannelType": "EMAIL",
                "TitleOverride": "Own",
                "BodyOverride": "<p>Own</p>",
            },
            "bounce@simulator.amazonses.com": {"ChannelType": "EMAIL"},
            "suppressionlist@simulator.amazonses.com": {"ChannelType": "EMAIL"},
            "nobody": {"ChannelType": "EMAIL"},
        },
        MessageConfiguration={
            "EmailMessage": {
                "FromAddress": "Shop <shop@shop.example>",
                "ReplyToAddresses": ["help@shop.example"],
                "SimpleEmail": simple,
            }
        },
    )
    results = {key: it["DeliveryStatus"] for key, it in answer["Result"].items()}
    assert results == {
        "ana@mail.example": "SUCCESSFUL",
        "ben@mail.example": "SUCCESSFUL",
        "bounce@simulator.amazonses.com": "PERMANENT_FAILURE",
        "suppressionlist@simulator.amazonses.com": "SUCCESSFUL",
        "nobody": "PERMANENT_FAILURE",
    }
    ana = answer["Result"]["ana@mail.example"]
    assert ana["StatusMessage"] == ana["MessageId"]
    assert ana["MessageId"].endswith("-000000")
    mails = {it["to"]: it for it in inbox(server, app, "EMAIL")}
    got = mails["ana@mail.example"]
    headers = {it["name"]: it["value"] for it in got["headers"]}
    assert got["subject"] == "Hi Ana" and "/t/c/" in got["html"]
    assert headers["X-Order"] == "7" and headers["Reply-To"] == "help@shop.example"
    assert "List-Unsubscribe" in headers
    assert (mails["ben@mail.example"]["subject"], mails["ben@mail.example"]["text"].strip()) == (
        "Own",
        "Hi",
    )
    assert "<p>Own</p>" in mails["ben@mail.example"]["html"]

    by_hand = send(
        server,
        app,
        Addresses={"raw@mail.example": {"ChannelType": "EMAIL"}},
        MessageConfiguration={"EmailMessage": {"RawEmail": {"Data": b"Subject: by hand\n\nHello\n"}}},
    )
    assert by_hand["Result"]["raw@mail.example"]["DeliveryStatus"] == "SUCCESSFUL"
    got = inbox(server, app, "EMAIL")[0]
    assert (got["subject"], got["text"].strip()) == ("by hand", "Hello")
    names = {it["name"] for it in got["headers"]}
    assert {"From", "Date", "Message-ID"} <= names


def test_templates_and_endpoints(server):
    app = server.new_app()
    client = server.pinpoint()
    enable(server, app, "SMS", "EMAIL", "VOICE", "GCM")
    client.create_sms_template(
        TemplateName="sent",
        SMSTemplateRequest={
            "Body": "{{User.UserAttributes.Name}}: {{Attributes.order}}",
            "DefaultSubstitutions": json.dumps({"User.UserAttributes.Name": "You"}),
        },
    )
    client.create_voice_template(
        TemplateName="call",
        VoiceTemplateRequest={"Body": "<speak>{{Name}}</speak>", "VoiceId": "Hans"},
    )
    client.create_email_template(
        TemplateName="mail", EmailTemplateRequest={"Subject": "{{Missing}}", "TextPart": "x"}
    )
    endpoint(
        server,
        app,
        "phone",
        ChannelType="SMS",
        Address="+4791234567",
        OptOut="ALL",
        Attributes={"order": ["7"]},
        User={"UserId": "u-1"},
    )
    endpoint(server, app, "other", ChannelType="SMS", Address="+4791234568", User={"UserId": "u-2"})
    answer = send(
        server,
        app,
        Endpoints={"phone": {}, "other": {}, "gone": {}},
        TemplateConfiguration={"SMSTemplate": {"Name": "sent"}},
        MessageConfiguration={},
    )
    results = answer["EndpointResult"]
    assert results["phone"]["DeliveryStatus"] == "SUCCESSFUL"
    assert results["phone"]["Address"] == "+4791234567"
    assert results["other"]["DeliveryStatus"] == "PERMANENT_FAILURE"
    assert "Attributes.order" in results["other"]["StatusMessage"]
    assert results["gone"]["StatusCode"] == 404
    assert inbox(server, app)[0]["content"]["text"] == "You: 7"

    answer = send(
        server,
        app,
        Addresses={
            "+4791234567": {"ChannelType": "VOICE", "Substitutions": {"Name": ["A & B"]}},
            "ana@mail.example": {"ChannelType": "EMAIL"},
        },
        TemplateConfiguration={
            "VoiceTemplate": {"Name": "call"},
            "EmailTemplate": {"Name": "mail"},
        },
        MessageConfiguration={},
    )["Result"]
    # A mail that cannot be made counts as accepted, and nothing arrives.
    assert answer["ana@mail.example"]["DeliveryStatus"] == "SUCCESSFUL"
    assert inbox(server, app, "EMAIL") == []
    call = inbox(server, app, "VOICE")[0]["content"]
    assert call["text"] == "<speak>A &amp; B</speak>" and call["ssml"]
    assert (call["languageCode"], call["voiceId"]) == ("en-US", "Hans")

    with pytest.raises(botocore.exceptions.ClientError, match="SMS template none does not exist"):
        send(
            server,
            app,
            Addresses={"+4791234567": {"ChannelType": "SMS"}},
            TemplateConfiguration={"SMSTemplate": {"Name": "none"}},
            MessageConfiguration={},
        )


def test_users(server):
    app = server.new_app()
    enable(server, app, "SMS", "GCM")
    user = {"UserId": "u-1"}
    endpoint(server, app, "phone", ChannelType="SMS", Address="+4791234567", User=user)
    endpoint(
        server,
        app,
        "tablet",
        ChannelType="GCM",
        Address="devtok",
        EndpointStatus="INACTIVE",
        User=user,
    )
    endpoint(
        server, app, "shy", ChannelType="SMS", Address="+4791234568", OptOut="ALL", User=user
    )
    answer = send_users(
        server,
        app,
        Users={"u-1": {"Substitutions": {"Name": ["Ana"]}}, "u-2": {}},
        MessageConfiguration={"SMSMessage": {"Body": "Hi {{Name}}"}},
    )
    results = answer["Result"]["u-1"]
    assert answer["ApplicationId"] == app
    assert results["phone"]["DeliveryStatus"] == "SUCCESSFUL"
    assert results["phone"]["Address"] == "+4791234567"
    assert (results["shy"]["DeliveryStatus"], results["shy"]["StatusCode"]) == ("OPT_OUT", 400)
    assert results["tablet"]["StatusMessage"] == "Either template or push message must be specified"
    nobody = list(answer["Result"]["u-2"].values())
    assert [it["StatusMessage"] for it in nobody] == ["No endpoints found for userId."]
    assert [it["content"]["text"] for it in inbox(server, app)] == ["Hi Ana"]


def test_what_is_refused(server):
    app = server.new_app()

    def refused(match, **request):
        with pytest.raises(botocore.exceptions.ClientError, match=match):
            send(server, app, **request)

    default = {"DefaultMessage": {"Body": "Hi"}}
    refused("expected 1 to 100 recipients", MessageConfiguration=default)
    many = {f"+479123{n:04}": {"ChannelType": "SMS"} for n in range(101)}
    refused("found 101", Addresses=many, MessageConfiguration=default)
    one = {"+4791234567": {"ChannelType": "SMS"}}
    refused(
        "APNSMessage.CollapseId",
        Addresses=one,
        MessageConfiguration={"APNSMessage": {"CollapseId": "x" * 65}},
    )
    refused(
        "GCMMessage.Priority",
        Addresses=one,
        MessageConfiguration={"GCMMessage": {"Priority": "soon"}},
    )
    status, _, answer = server.call("POST", f"/v1/apps/{app}/messages", {"Addresses": one})
    assert (status, answer["Message"]) == (400, "Missing MessageConfiguration")
    # Without a channel in the address, the message decides, if it can.
    answer = send(
        server,
        app,
        Addresses={"+4791234567": {}},
        MessageConfiguration={"SMSMessage": {"Body": "Hi"}},
    )["Result"]["+4791234567"]
    assert answer["StatusMessage"].startswith("No channel of type SMS is enabled")
    answer = send(server, app, Addresses={"+4791234567": {}}, MessageConfiguration=default)
    assert "ChannelType is required" in answer["Result"]["+4791234567"]["StatusMessage"]
