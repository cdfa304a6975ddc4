"""One-time passwords: sent, checked once, killed by wrong tries."""

import re

import botocore.exceptions
import pytest

NUMBER = "+4791234567"


def send(server, app, **more):
    request = {
        "Channel": "SMS",
        "BrandName": "Shop",
        "DestinationIdentity": NUMBER,
        "OriginationIdentity": "+4759440000",
        "ReferenceId": "r-1",
        **more,
    }
    return server.pinpoint().send_otp_message(
        ApplicationId=app, SendOTPMessageRequestParameters=request
    )["MessageResponse"]


def verify(server, app, otp, reference="r-1", number=NUMBER):
    return server.pinpoint().verify_otp_message(
        ApplicationId=app,
        VerifyOTPMessageRequestParameters={
            "DestinationIdentity": number,
            "ReferenceId": reference,
            "Otp": otp,
        },
    )["VerificationResponse"]["Valid"]


def sent(server, app):
    item = server.beckon("GET", f"/inbox?app={app}&channel=SMS")["items"][0]
    return server.beckon("GET", f"/inbox/{item['id']}")["content"]


def code(text):
    return re.search(r"\d+", text)[0]


@pytest.fixture
def app(server):
    app = server.new_app()
    server.pinpoint().update_sms_channel(
        ApplicationId=app, SMSChannelRequest={"Enabled": True}
    )
    return app


def wrong(otp):
    return str((int(otp) + 1) % 10 ** len(otp)).zfill(len(otp))


def test_a_code_is_good_once(server, app):
    answer = send(server, app)
    assert answer["ApplicationId"] == app
    result = answer["Result"][NUMBER]
    assert (result["DeliveryStatus"], result["StatusCode"]) == ("SUCCESSFUL", 200)
    message = sent(server, app)
    otp = code(message["text"])
    assert message["text"] == f"This is your One Time Password: {otp} from Shop"
    assert len(otp) == 6 and message["messageType"] == "Transactional"
    assert message["originationNumber"] == "+4759440000"
    assert not verify(server, app, otp, reference="r-2")
    assert not verify(server, app, otp, number="+4791234568")
    assert verify(server, app, otp)
    assert not verify(server, app, otp)


def test_wrong_tries_kill_a_code(server, app):
    send(server, app, AllowedAttempts=2, CodeLength=8, Language="de-DE")
    text = sent(server, app)["text"]
    otp = code(text)
    assert len(otp) == 8 and text.startswith("Ihr Einmalpasswort")
    assert not verify(server, app, wrong(otp))
    assert not verify(server, app, wrong(otp))
    assert not verify(server, app, otp)


def test_a_new_code_replaces_the_old(server, app):
    send(server, app)
    old = code(sent(server, app)["text"])
    send(server, app)
    new = code(sent(server, app)["text"])
    if old != new:
        assert not verify(server, app, old)
    assert verify(server, app, new)


def test_carriers_are_told(server, app):
    send(server, app, EntityId="e-1", TemplateId="t-1", OriginationIdentity="SHOP", BrandName="{{b}}")
    message = sent(server, app)
    assert (message["entityId"], message["templateId"], message["senderId"]) == ("e-1", "t-1", "SHOP")
    assert message["text"].endswith("from {{b}}")


@pytest.mark.parametrize(
    "more",
    [
        {"CodeLength": 4},
        {"CodeLength": 9},
        {"ValidityPeriod": 4},
        {"ValidityPeriod": 61},
        {"AllowedAttempts": 0},
        {"AllowedAttempts": 6},
        {"Language": "xx-XX"},
        {"BrandName": "x" * 21},
        {"ReferenceId": "x" * 49},
        {"Channel": "EMAIL"},
    ],
)
def test_values_out_of_range(server, app, more):
    with pytest.raises(botocore.exceptions.ClientError, match=next(iter(more))):
        send(server, app, **more)


def test_without_the_channel(server):
    app = server.new_app()
    result = send(server, app)["Result"][NUMBER]
    assert result["StatusMessage"].startswith("No channel of type SMS is enabled")
