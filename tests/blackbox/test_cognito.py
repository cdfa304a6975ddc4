"""Guests' credentials as Cognito gives them: boto3's own client for identities, then signed calls."""

import datetime
import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from beckon import REGION, Server

POOL = "us-east-1:11111111-2222-3333-4444-555555555555"
OTHER = "us-east-1:99999999-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def guests(tmp_path_factory):
    """A server with a pool for an application, and the application."""
    folder = tmp_path_factory.mktemp("guests")
    with Server(folder) as server:
        app = server.new_app()
    text = server.config.read_text()
    server.config.write_text(text + f'\n[identity_pools]\n"{POOL}" = "{app}"\n')
    with server:
        yield server, app


def identities(server):
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
    return boto3.client("cognito-identity", endpoint_url=server.url, region_name=REGION, config=config)


def credentials(server):
    client = identities(server)
    identity = client.get_id(IdentityPoolId=POOL)["IdentityId"]
    answer = client.get_credentials_for_identity(IdentityId=identity)
    assert answer["IdentityId"] == identity
    return identity, answer["Credentials"]


def signed_in(server, issued):
    return server.pinpoint(key=issued["AccessKeyId"], secret=issued["SecretKey"], token=issued["SessionToken"])


def code(refusal):
    with pytest.raises(ClientError) as caught:
        refusal()
    return caught.value.response["Error"]["Code"]


def test_a_guest_updates_its_endpoint_and_sends_events(guests):
    server, app = guests
    identity, issued = credentials(server)
    assert identity.startswith("us-east-1:") and issued["AccessKeyId"].startswith("ASIA")
    left = issued["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=50) < left <= datetime.timedelta(minutes=60)
    client = signed_in(server, issued)
    client.update_endpoint(ApplicationId=app, EndpointId="device", EndpointRequest={
        "ChannelType": "GCM", "Address": "token", "User": {"UserId": identity}})
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    answer = client.put_events(ApplicationId=app, EventsRequest={"BatchItem": {"device": {
        "Endpoint": {}, "Events": {"1": {"EventType": "opened", "Timestamp": now}}}}})
    result = answer["EventsResponse"]["Results"]["device"]
    assert result["EventsItemResponse"]["1"]["StatusCode"] == 202
    mine = client.get_user_endpoints(ApplicationId=app, UserId=identity)["EndpointsResponse"]["Item"]
    assert [endpoint["Id"] for endpoint in mine] == ["device"]


def test_everything_else_is_refused(guests):
    server, app = guests
    _, issued = credentials(server)
    client = signed_in(server, issued)
    other = server.new_app("other")
    refused = [
        lambda: client.get_apps(),
        lambda: client.get_app(ApplicationId=app),
        lambda: client.get_endpoint(ApplicationId=app, EndpointId="device"),
        lambda: client.delete_endpoint(ApplicationId=app, EndpointId="device"),
        lambda: client.get_segments(ApplicationId=app),
        lambda: client.create_export_job(ApplicationId=app, ExportJobRequest={"S3UrlPrefix": "s3://crm/x", "RoleArn": "r"}),
        lambda: client.update_endpoint(ApplicationId=other, EndpointId="e", EndpointRequest={}),
        lambda: client.put_events(ApplicationId=other, EventsRequest={"BatchItem": {}}),
    ]
    for call in refused:
        assert code(call) == "AccessDeniedException"
    status, _, _ = server.call("GET", "/beckon/v1/status", key=issued["AccessKeyId"], secret=issued["SecretKey"])
    assert status == 403


def test_a_key_needs_its_own_token_and_secret(guests):
    server, app = guests
    issued, others = credentials(server)[1], credentials(server)[1]

    def update(**changed):
        client = signed_in(server, {**issued, **changed})
        return lambda: client.update_endpoint(ApplicationId=app, EndpointId="e", EndpointRequest={})

    assert code(update(SecretKey=others["SecretKey"])) == "InvalidSignatureException"
    assert code(update(SessionToken=others["SessionToken"])) == "UnrecognizedClientException"
    assert code(update(SessionToken="AAAA")) == "UnrecognizedClientException"
    assert code(update(SessionToken=None)) == "UnrecognizedClientException"
    update()()


def test_credentials_outlive_a_restart_and_end_with_their_pool(tmp_path):
    with Server(tmp_path / "beckon") as server:
        app = server.new_app()
    plain = server.config.read_text()
    server.config.write_text(plain + f'\n[identity_pools]\n"{POOL}" = "{app}"\n')
    with server:
        _, issued = credentials(server)
    with server:
        signed_in(server, issued).update_endpoint(ApplicationId=app, EndpointId="e", EndpointRequest={})
    server.config.write_text(plain)
    with server:
        client = signed_in(server, issued)
        refused = lambda: client.update_endpoint(ApplicationId=app, EndpointId="e", EndpointRequest={})
        assert code(refused) == "UnrecognizedClientException"


def test_errors_have_the_shapes_of_the_original(guests):
    server, _ = guests
    client = identities(server)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_id(IdentityPoolId=OTHER)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_credentials_for_identity(IdentityId=OTHER)
    with pytest.raises(client.exceptions.InvalidParameterException):
        client.get_id(IdentityPoolId="nonsense")
    with pytest.raises(client.exceptions.NotAuthorizedException):
        client.get_id(IdentityPoolId=POOL, Logins={"graph.facebook.com": "token"})
    assert code(lambda: client.describe_identity_pool(IdentityPoolId=POOL)) == "UnknownOperationException"


def post(server, target, body, method="POST"):
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    if target:
        headers["X-Amz-Target"] = f"AWSCognitoIdentityService.{target}"
    request = urllib.request.Request(server.url + "/", data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_bodies_that_are_wrong(guests):
    server, _ = guests
    for body in (b"", b"{", b"[]", b"\xff", b'{"IdentityPoolId": 1}', b"[" * 60000):
        status, headers, answer = post(server, "GetId", body)
        assert status == 400 and json.loads(answer)["__type"] == "SerializationException", (body[:20], answer)
        assert headers["x-amzn-ErrorType"] == "SerializationException"
    status, _, answer = post(server, "GetId", b"{}")
    assert status == 400 and json.loads(answer)["__type"] == "InvalidParameterException"
    assert post(server, "GetId", b" " * 100_000)[0] == 413
    assert post(server, None, b"{}")[0] == 405


def test_browsers_may_call(guests):
    server, _ = guests
    status, headers, _ = post(server, None, None, method="OPTIONS")
    assert status == 200 and headers["Access-Control-Allow-Origin"] == "*"
    allowed = headers["Access-Control-Allow-Headers"]
    for name in ("content-type", "x-amz-target", "x-amz-user-agent", "cache-control"):
        assert name in allowed
    _, headers, _ = post(server, "GetId", json.dumps({"IdentityPoolId": POOL}).encode())
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Content-Type"] == "application/x-amz-json-1.1"


def test_issuing_has_a_pace(tmp_path):
    extra = f'\n[identity_pools]\n"{POOL}" = "{"0" * 32}"\n\n[limits]\nidentity_calls_per_second = 1\n'
    with Server(tmp_path / "beckon", extra=extra) as server:
        client = identities(server)

        def call():
            for _ in range(20):
                client.get_id(IdentityPoolId=POOL)

        assert code(call) == "TooManyRequestsException"
