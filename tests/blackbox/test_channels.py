"""Channel settings by boto3: each channel is written, read back member by member, and removed."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from beckon import Server

IDENTITY = "arn:aws:ses:us-east-1:000000000000:identity/shop.example"
SECRETS = {"ApiKey", "Certificate", "ClientId", "ClientSecret", "PrivateKey", "SecretKey",
           "ServiceJson", "TokenKey", "TokenKeyId", "TeamId", "BundleId"}


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def token_key():
    return pem(ec.generate_private_key(ec.SECP256R1()))


def certificate():
    """A certificate as Apple's are: RSA, with its key beside it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Apple Push: example.shop")])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode(), pem(key)


def service_json():
    key = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "shop",
            "private_key_id": "k1",
            "private_key": key,
            "client_email": "push@shop.example",
            "token_uri": "https://oauth2.example/token",
        }
    )


def apns():
    pem_certificate, key = certificate()
    return {
        "BundleId": "example.shop",
        "Certificate": pem_certificate,
        "DefaultAuthenticationMethod": "CERTIFICATE",
        "Enabled": True,
        "PrivateKey": key,
        "TeamId": "TEAM000001",
        "TokenKey": token_key(),
        "TokenKeyId": "KEY0000001",
    }


APNS_ANSWER = {"DefaultAuthenticationMethod": "CERTIFICATE", "HasTokenKey": True}
EMAIL = {
    "ConfigurationSet": "fast",
    "Enabled": True,
    "FromAddress": "Shop <news@shop.example>",
    "Identity": IDENTITY,
    "OrchestrationSendingRoleArn": "arn:aws:iam::000000000000:role/orchestrate",
    "RoleArn": "arn:aws:iam::000000000000:role/send",
}

# Channel in Python, in the shapes and on the wire; least and full request; what is answered.
CHANNELS = [
    ("adm", "ADM", "ADM", {"ClientId": "c", "ClientSecret": "s"}, lambda: {}, {}),
    ("apns", "APNS", "APNS", {}, apns, APNS_ANSWER),
    ("apns_sandbox", "APNSSandbox", "APNS_SANDBOX", {}, apns, APNS_ANSWER),
    ("apns_voip", "APNSVoip", "APNS_VOIP", {}, apns, APNS_ANSWER),
    ("apns_voip_sandbox", "APNSVoipSandbox", "APNS_VOIP_SANDBOX", {}, apns, APNS_ANSWER),
    (
        "baidu",
        "Baidu",
        "BAIDU",
        {"ApiKey": "key-of-baidu", "SecretKey": "s"},
        lambda: {},
        {"Credential": "********"},
    ),
    (
        "email",
        "Email",
        "EMAIL",
        {"FromAddress": "a@b.example", "Identity": IDENTITY},
        lambda: EMAIL,
        {name: value for name, value in EMAIL.items() if name != "Enabled"},
    ),
    (
        "gcm",
        "GCM",
        "GCM",
        {},
        lambda: {
            "ApiKey": "key-of-firebase",
            "DefaultAuthenticationMethod": "TOKEN",
            "ServiceJson": service_json(),
        },
        {"DefaultAuthenticationMethod": "TOKEN", "HasFcmServiceCredentials": True},
    ),
    (
        "sms",
        "SMS",
        "SMS",
        {},
        lambda: {"Enabled": True, "SenderId": "LARKSPUR", "ShortCode": "12345"},
        {"SenderId": "LARKSPUR", "ShortCode": "12345"},
    ),
    ("voice", "Voice", "VOICE", {}, lambda: {"Enabled": True}, {}),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("channels")) as running:
        yield running


@pytest.mark.parametrize("row", CHANNELS, ids=[row[0] for row in CHANNELS])
def test_a_channel_from_first_to_last(server, row):
    word, shape, platform, least, rich, answered = row
    client = server.pinpoint()
    app = server.new_app(word)

    def call(verb, **more):
        got = getattr(client, f"{verb}_{word}_channel")(ApplicationId=app, **more)
        return got[f"{shape}ChannelResponse"]

    with pytest.raises(client.exceptions.NotFoundException):
        call("get")
    with pytest.raises(client.exceptions.NotFoundException):
        call("delete")
    first = call("update", **{f"{shape}ChannelRequest": least})
    assert first["Platform"] == platform and first["Id"] == platform.lower()
    assert first["Enabled"] is True and first["IsArchived"] is False and first["Version"] == 1
    assert first["ApplicationId"] == app and first["LastModifiedBy"]
    full = {**least, **rich()}
    second = call("update", **{f"{shape}ChannelRequest": full})
    assert second["Version"] == 2 and second["CreationDate"] == first["CreationDate"]
    assert {name: second.get(name) for name in answered} == answered
    assert second["HasCredential"] is bool(SECRETS & full.keys())
    assert not SECRETS & second.keys()
    assert call("get") == second
    listed = client.get_channels(ApplicationId=app)["ChannelsResponse"]["Channels"]
    assert set(listed) == {platform, "IN_APP"}
    assert listed[platform]["Version"] == 2
    off = call("update", **{f"{shape}ChannelRequest": {**least, "Enabled": False}})
    assert off["Enabled"] is False and off["HasCredential"] == second["HasCredential"]
    last = call("delete")
    assert last["Enabled"] is False and last["Version"] == 3
    with pytest.raises(client.exceptions.NotFoundException):
        call("get")
    log = server.log_text()
    assert "key-of-baidu" not in log and "key-of-firebase" not in log


def test_secrets_are_nowhere_in_the_data_folder(server):
    client = server.pinpoint()
    app = server.new_app()
    marker = "a-secret-that-must-not-be-seen"
    client.update_adm_channel(
        ApplicationId=app, ADMChannelRequest={"ClientId": marker, "ClientSecret": marker}
    )
    for path in server.folder.rglob("*"):
        if path.is_file():
            assert marker.encode() not in path.read_bytes(), path


def test_what_cannot_work_is_refused(server):
    client = server.pinpoint()
    app = server.new_app()
    pem_certificate, key = certificate()
    rows = [
        ("apns", "APNS", {"DefaultAuthenticationMethod": "key"}, "TokenKey"),
        ("apns", "APNS", {"Certificate": pem_certificate, "PrivateKey": token_key()}, "belong"),
        ("apns", "APNS", {"Certificate": pem_certificate}, "needs PrivateKey"),
        ("apns", "APNS", {"Certificate": key, "PrivateKey": key}, "Certificate: expected"),
        ("apns", "APNS", {"TokenKey": "nonsense"}, "TokenKey: expected"),
        ("gcm", "GCM", {"ServiceJson": "{}"}, "service_account"),
        ("gcm", "GCM", {"ApiKey": ""}, "ApiKey"),
        ("adm", "ADM", {"ClientId": "", "ClientSecret": "s"}, "ClientId"),
        ("sms", "SMS", {"SenderId": "far too long a sender"}, "SenderId"),
        ("email", "Email", {"FromAddress": "nobody", "Identity": IDENTITY}, "FromAddress"),
    ]
    for word, shape, body, told in rows:
        with pytest.raises(ClientError) as refused:
            getattr(client, f"update_{word}_channel")(
                ApplicationId=app, **{f"{shape}ChannelRequest": body}
            )
        error = refused.value.response["Error"]
        assert error["Code"] == "BadRequestException" and told in error["Message"], error
        with pytest.raises(client.exceptions.NotFoundException):
            getattr(client, f"get_{word}_channel")(ApplicationId=app)
