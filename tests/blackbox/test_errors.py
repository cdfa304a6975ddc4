"""Bad input gets a clear typed error, and the server is fine afterwards."""

import json
import subprocess

import boto3
import pytest

from beckon import BINARY, KEY, SECRET, free_port


def problem(answer):
    """(status, exception name, message) of a refused call."""
    status, headers, body = answer
    kind = (headers.get("x-amzn-ErrorType") or "").split(":")[0]
    assert isinstance(body, dict), body
    return status, kind, body.get("Message") or body.get("message") or ""


def test_the_error_shape(server):
    answer = server.call("GET", "/v1/apps/" + "0" * 32)
    status, kind, message = problem(answer)
    assert (status, kind, message) == (404, "NotFoundException", "Application not found")
    assert answer[2]["RequestID"] == answer[1]["x-amzn-RequestId"]


def test_signatures(server, app):
    path = f"/v1/apps/{app}"
    assert problem(server.call("GET", path, key=None))[:2] == (403, "MissingAuthenticationTokenException")
    assert problem(server.call("GET", path, secret="wrong"))[:2] == (403, "InvalidSignatureException")
    assert problem(server.call("GET", path, key="AKIDNOBODY"))[:2] == (403, "UnrecognizedClientException")
    other = boto3.Session(aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="mars-1")
    with pytest.raises(other.client("pinpoint", endpoint_url=server.url).exceptions.ClientError) as refused:
        other.client("pinpoint", endpoint_url=server.url).get_app(ApplicationId=app)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_routes(server, app):
    assert problem(server.call("GET", "/v1/nothing"))[:2] == (403, "MissingAuthenticationTokenException")
    assert problem(server.call("DELETE", f"/v1/apps/{app}/segments"))[:2] == (405, "MethodNotAllowedException")


@pytest.mark.parametrize("body", [b"{", b"[1", b'{"Name": "x",}', b'{"Name": tru}', b"\xff\xfe", b"[" * 100_000])
def test_malformed_json(server, body):
    status, kind, message = problem(server.call("POST", "/v1/apps", body))
    assert (status, kind) == (400, "BadRequestException")
    assert message


def test_json_errors_tell_where(server):
    _, _, message = problem(server.call("POST", "/v1/apps", b'{\n  "Name": "x",\n  oops\n}'))
    assert "line 3" in message and "column" in message


def test_a_body_over_the_limit(server, app):
    big = json.dumps({"Item": [{"Id": "x", "Address": "y" * 8_000_000}]}).encode()
    status, kind, _ = problem(server.call("PUT", f"/v1/apps/{app}/endpoints", big))
    assert (status, kind) == (413, "PayloadTooLargeException")
    assert server.call("GET", f"/v1/apps/{app}")[0] == 200


CASES = [
    ("PUT", "/endpoints/e", {"ChannelType": "PIGEON"}, "ChannelType"),
    ("PUT", "/endpoints/e", {"Address": "a@x.example"}, "Missing ChannelType"),
    ("PUT", "/endpoints/e", {"OptOut": "NONE"}, "Missing Address"),
    ("PUT", "/endpoints/e", {"Attributes": {"k" * 51: ["v"]}}, "50"),
    ("PUT", "/endpoints/e", {"Attributes": {"k": ["v" * 101]}}, "100"),
    ("PUT", "/endpoints/e", {"Attributes": {"k": ["v"] * 51}}, "50"),
    ("PUT", "/endpoints/e", {"Location": {"Latitude": 91, "Longitude": 0}}, "Latitude"),
    ("PUT", "/endpoints/e", {"Location": {"Latitude": 1}}, "Longitude"),
    ("PUT", "/endpoints/e", {"EffectiveDate": "soon"}, "EffectiveDate"),
    ("PUT", "/endpoints/e%24", {"ChannelType": "EMAIL"}, "$"),
    ("PUT", "/endpoints", {"Item": []}, "Item"),
    ("PUT", "/endpoints", {"Item": [{"Id": str(n)} for n in range(101)]}, "100"),
    ("PUT", "/endpoints", {"Item": [{"ChannelType": "EMAIL"}]}, "Id"),
    ("POST", "/segments", {"Dimensions": {}, "SegmentGroups": {"Groups": []}}, "SegmentGroups"),
    ("POST", "/segments", {"Dimensions": {"Attributes": {"a": {"Values": []}}}}, "Values"),
    ("POST", "/segments", {"Dimensions": {"Metrics": {"m": {"ComparisonOperator": "ABOUT", "Value": 1}}}}, "ComparisonOperator"),
    ("POST", "/segments", {"Dimensions": {"Attributes": {"a": {"AttributeType": "BEFORE", "Values": ["soon"]}}}}, "soon"),
    ("POST", "/segments", {"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "0" * 32}]}]}}, "0" * 32),
    ("POST", "/jobs/import", {"Format": "XML", "S3Url": "s3://crm/x", "RoleArn": "r", "RegisterEndpoints": True}, "Format"),
    ("POST", "/jobs/import", {"Format": "CSV", "S3Url": "http://x/y", "RoleArn": "r", "RegisterEndpoints": True}, "S3Url"),
    ("POST", "/jobs/import", {"Format": "CSV", "S3Url": "s3://crm/x.csv", "RoleArn": "r"}, "Segment"),
    ("POST", "/campaigns", {"Name": " "}, "SegmentId"),
    ("PUT", "/settings", {"Limits": {"Daily": 101}}, "Daily"),
    ("PUT", "/settings", {"QuietTime": {"Start": "25:00", "End": "07:00"}}, "QuietTime"),
    ("POST", "/events", {"BatchItem": {"e": {"Endpoint": {}}}}, "Events"),
]


@pytest.mark.parametrize("method,path,body,word", CASES)
def test_refusals_name_what_is_wrong(server, app, method, path, body, word):
    status, kind, message = problem(server.call(method, f"/v1/apps/{app}{path}", body))
    assert (status, kind) == (400, "BadRequestException")
    assert word in message


def test_treatments_over_the_whole(server, app):
    client = server.pinpoint()
    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest={})["SegmentResponse"]["Id"]
    base = {"Name": "x", "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"EmailMessage": {"Title": "t", "Body": "b"}}}
    bad = [
        {"HoldoutPercent": 60, "AdditionalTreatments": [{"SizePercent": 50}]},
        {"AdditionalTreatments": [{"SizePercent": 1}] * 5},
        {"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "DAILY"}},
        {"Schedule": {"StartTime": "2020-01-01T00:00:00Z"}},
        {"SegmentId": "0" * 32},
        {"TemplateConfiguration": {"EmailTemplate": {"Name": "no-such-template"}}},
        {"Limits": {"MessagesPerSecond": 20001}},
    ]
    for change in bad:
        status, kind, message = problem(server.call("POST", f"/v1/apps/{app}/campaigns", base | change))
        assert (status, kind) == (400, "BadRequestException"), change
        assert message


def test_a_client_key_stays_in_its_application(server, app):
    key = server.beckon("POST", "/keys", {"policy": "client", "app": app})
    mine = {"key": key["accessKeyId"], "secret": key["secretAccessKey"]}
    endpoint = {"ChannelType": "EMAIL", "Address": "a@x.example"}
    assert server.call("PUT", f"/v1/apps/{app}/endpoints/e", endpoint, **mine)[0] == 202
    status, kind, message = problem(server.call("GET", f"/v1/apps/{app}/segments", **mine))
    assert (status, kind) == (403, "AccessDeniedException")
    assert "is not authorized to perform: mobiletargeting:GetSegments" in message
    other = server.new_app("other")
    assert server.call("PUT", f"/v1/apps/{other}/endpoints/e", endpoint, **mine)[0] == 403
    assert server.call("GET", "/beckon/v1/keys", **mine)[0] == 403


def start(config, *words, data):
    return subprocess.run([BINARY, "serve", "--config", config, "--data", data, *words],
                          capture_output=True, text=True, timeout=60)


def test_a_server_that_cannot_start_says_why(tmp_path, server):
    config = tmp_path / "beckon.toml"
    config.write_text('[email.smtp]\nport = 0\n')
    done = start(config, data=tmp_path / "d")
    assert done.returncode != 0 and "email.smtp.port" in done.stderr
    config.write_text('[serverr]\nlisten = "127.0.0.1:1"\n')
    done = start(config, data=tmp_path / "d")
    assert done.returncode != 0 and "serverr" in done.stderr
    config.write_text("")
    done = start(config, "--listen", f"127.0.0.1:{server.port}", data=tmp_path / "d")
    assert done.returncode != 0 and str(server.port) in done.stderr
    (tmp_path / "file").write_text("")
    done = start(config, "--listen", f"127.0.0.1:{free_port()}", data=tmp_path / "file")
    assert done.returncode != 0 and "file" in done.stderr
    done = start(config, "--listen", f"127.0.0.1:{free_port()}", data=server.folder / "data")
    assert done.returncode != 0 and "another process" in done.stderr


def test_check_names_the_key(tmp_path):
    config = tmp_path / "beckon.toml"
    config.write_text('[server]\nlisten = "nowhere"\n')
    done = subprocess.run([BINARY, "check", "--config", config], capture_output=True, text=True)
    assert done.returncode != 0 and "server.listen" in done.stderr + done.stdout


def test_secrets_are_neither_in_the_log_nor_in_the_files(server, app):
    server.pinpoint().get_app(ApplicationId=app)
    assert SECRET not in server.log_text()
    for file in (server.folder / "data").rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file
