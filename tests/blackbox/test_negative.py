"""Whatever a caller sends, it hears what is wrong with it, and the server is fine afterwards.

The cases of each operation follow from botocore's model of it.
"""

import datetime
import http.client
import json
import socket
import time
import urllib.parse

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import operations
from beckon import KEY, REGION, SECRET
from operations import ABSENT, body_shape, method, places, replaced, sample
from world import UNKNOWN, refusal

EVERY = operations.names()
WITH_BODY = [name for name in EVERY if body_shape(name)]
WITH_APP = [name for name in EVERY if "application-id" in operations.path_parameters(name)]

# Events and endpoints inside PutEvents are answered item by item.
PER_ITEM = {"Event", "Session", "PublicEndpoint"}

# Required by the model only: a template can stand in (docs/spec/channels.md).
REPLACEABLE = {("MessageRequest", "MessageConfiguration"), ("SendUsersMessageRequest", "MessageConfiguration")}

# What an unknown name means where it is not simply not found.
CREATES = {"UpdateEndpoint", "DeleteEndpoint", "DeleteUserEndpoints"} | {
    name for name in EVERY if name.startswith("Create") and name.endswith("Template")}
VALUES = {"kpi-name", "attribute-type", "template-type", "resource-arn"}


def send(world, name, body=None, path=None, verb=None):
    """(status, exception name, message) of a call; the message is empty if it worked."""
    answer = world.server.call(verb or method(name), path or world.path(name), body)
    status, _, content = answer
    if status < 300:
        return status, "", ""
    status, kind, message = refusal(answer)
    assert kind and message, (name, answer)
    assert status < 500, (name, body, answer)
    return status, kind, message


def check_refused(world, name, body, path, told):
    status, kind, message = send(world, name, body)
    member = [step for step in path if isinstance(step, str) and step != "key"][-1]
    assert (status, kind) == (400, "BadRequestException"), (told, path, status, message)
    assert member in message, (told, path, message)


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_missing_member(hostile, name):
    shape = body_shape(name)
    rich = sample(shape, rich=True)
    for path, _, required, structure in places(shape):
        if required and structure not in PER_ITEM and (structure, path[-1]) not in REPLACEABLE:
            for absent in (ABSENT, None):
                check_refused(hostile, name, replaced(rich, path, absent), path, "missing")


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_wrong_type(hostile, name):
    shape = body_shape(name)
    rich = sample(shape, rich=True)
    for path, member, _, structure in places(shape):
        wrong = "text" if member.type_name in ("structure", "map") else {}
        if name == "PutEvents" and len(path) > 2:
            assert send(hostile, name, replaced(rich, path, wrong))[0] in (202, 400)
            continue
        check_refused(hostile, name, replaced(rich, path, wrong), path, "wrong type")
        if member.type_name == "string" and member.enum:
            check_refused(hostile, name, replaced(rich, path, "NONSENSE"), path, "unknown value")
        if member.type_name in ("integer", "long", "double", "boolean"):
            check_refused(hostile, name, replaced(rich, path, "1"), path, "text")
        if member.type_name in ("integer", "long"):
            for number in (1.5, 1e300):
                check_refused(hostile, name, replaced(rich, path, number), path, "no whole number")


@pytest.mark.parametrize("name", WITH_BODY)
def test_every_member_at_once(hostile, name):
    """All members, of the right types but without sense: any answer but a failure."""
    rich = sample(body_shape(name), rich=True)
    send(hostile, name, rich)
    for change in extremes(rich):
        send(hostile, name, change)


def extremes(value):
    """`value` with all its texts, numbers, lists and maps taken to their ends."""
    yield mapped(value, lambda leaf: "" if isinstance(leaf, str) else leaf)
    yield mapped(value, lambda leaf: "x" * 3_000 if isinstance(leaf, str) else leaf)
    yield mapped(value, lambda leaf: "\0\u202e😀{{" if isinstance(leaf, str) else leaf)
    yield mapped(value, lambda leaf: -1 if is_number(leaf) else leaf)
    yield mapped(value, lambda leaf: 2**31 - 1 if is_number(leaf) else leaf)
    yield mapped(value, lambda leaf: leaf, lists=lambda items: [])
    yield mapped(value, lambda leaf: leaf, lists=lambda items: items * 50)


def is_number(leaf):
    return isinstance(leaf, (int, float)) and not isinstance(leaf, bool)


def mapped(value, leaf, lists=lambda items: items):
    if isinstance(value, dict):
        return {key: mapped(inner, leaf, lists) for key, inner in value.items()}
    if isinstance(value, list):
        return lists([mapped(inner, leaf, lists) for inner in value])
    return leaf(value)


@pytest.mark.parametrize("name", WITH_BODY)
def test_unknown_members_and_nulls_change_nothing(hostile, name):
    shape = body_shape(name)
    least = sample(shape)
    status, kind, message = send(hostile, name, least)
    if kind == "ConflictException" or "already exists" in message:
        pytest.skip("worked before")
    padded = {member: None for member, _, required in operations.members(shape) if not required}
    padded |= least | {"NoSuchMember": {"deep": [1, None]}, "": "", "__proto__": {}}
    again = send(hostile, name, padded)
    if status < 300 and name.startswith("Create") and again[0] == 400:
        assert "already exists" in again[2], again
    else:
        assert again == (status, kind, message)


@pytest.mark.parametrize("name", WITH_APP)
def test_an_unknown_application(hostile, name):
    body = sample(body_shape(name)) if body_shape(name) else None
    got = send(hostile, name, body, hostile.path(name, application_id=UNKNOWN))
    assert got == (404, "NotFoundException", "Application not found")


@pytest.mark.parametrize("name", EVERY)
def test_unknown_ids(hostile, name):
    body = sample(body_shape(name)) if body_shape(name) else None
    for parameter in operations.path_parameters(name):
        if parameter == "application-id":
            continue
        unknown = UNKNOWN[::-1] if name in CREATES else UNKNOWN
        for value in (unknown, "no such thing", "../..", "é😀", "x" * 2_000, "%00", "0", "-1", "18446744073709551616"):
            status, kind, _ = send(hostile, name, body, hostile.path(name, **{parameter: value}))
            if value != unknown:
                continue
            if parameter in VALUES:
                assert status in (400, 404), (parameter, value, status)
            elif name not in CREATES:
                assert (status, kind) == (404, "NotFoundException"), (parameter, value, status)


@pytest.mark.parametrize("template", sorted({operations.template(name) for name in EVERY}))
def test_a_wrong_method(hostile, template):
    allowed = {method(name) for name in EVERY if operations.template(name) == template}
    name = next(name for name in EVERY if operations.template(name) == template)
    path = hostile.path(name)
    for verb in {"GET", "PUT", "POST", "DELETE", "PATCH"} - allowed:
        status, _, headers_or_message = send(hostile, name, path=path, verb=verb)
        assert status == 405, (verb, path, headers_or_message)
    status, _, content = hostile.server.call("OPTIONS", path, key=None, raw=True)
    assert (status, content) == (200, b"")


@pytest.mark.parametrize("name", EVERY)
def test_queries_without_sense(hostile, name):
    if method(name) == "DELETE":
        pytest.skip("would do what it says")
    body = sample(body_shape(name)) if body_shape(name) else None
    path = hostile.path(name, query=False)
    if method(name) != "GET":
        for query in ("?", "?x=%FF", "?" + "a=1&" * 1_001):
            send(hostile, name, body if "%" in query or "&" in query else [], path + query)
        return
    taken = operations.operation(name).input_shape
    for shape in taken.members.values() if taken else []:
        if shape.serialization.get("location") != "querystring":
            continue
        key = shape.serialization["name"]
        for value in ("", "0", "-1", "1.5", "nonsense", "9" * 40, "%FF", "%00", "x" * 4_000, "a&%s=b" % key):
            send(hostile, name, None, f"{path}?{key}={value}")


BODIES = {
    "empty": b"",
    "blank": b" \n",
    "cut": b'{"Name": "x"',
    "cut in a string": b'{"Name": "x',
    "trailing comma": b'{"Name": "x",}',
    "two values": b"{} {}",
    "not UTF-8": b'{"Name": "\xff\xfe"}',
    "UTF-16": '{"Name": "x"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "lone surrogate": b'{"Name": "\\ud800"}',
    "NaN": b'{"Name": NaN}',
    "a huge number": b'{"Name": 1e999999}',
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"Name":' * 100_000,
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "a text": b'"text"',
    "binary": bytes(range(256)),
    "a member twice": b'{"Name": "a", "Name": {}}',
}


@pytest.mark.parametrize("name", WITH_BODY)
def test_bodies_that_are_no_requests(hostile, name):
    accepted = {"empty", "blank", "a member twice", "lone surrogate"}
    for told, body in BODIES.items():
        status, _, _ = send(hostile, name, body)
        assert status == 400 or told in accepted, (told, status)


@pytest.mark.parametrize("name", ["CreateApp", "UpdateEndpointsBatch", "PutEvents", "CreateJourney"])
def test_a_body_too_large(hostile, name):
    path = hostile.path(name)
    status, kind, _ = send(hostile, name, b'{"x": "' + b"y" * 8_000_000 + b'"}')
    assert (status, kind) == (413, "PayloadTooLargeException")
    assert hostile.server.call("GET", path.removesuffix("/journeys"), raw=True)[0] in (200, 405)


def signed(world, verb="PUT", path=None, body=b"{}", auth=SigV4Auth, **headers):
    """Path, headers and body of a well-signed request."""
    path = path or f"/v1/apps/{world.app}/endpoints/signed"
    request = AWSRequest(method=verb, url=world.server.url + path, data=body, headers=headers)
    auth(Credentials(KEY, SECRET), "mobiletargeting", REGION).add_auth(request)
    prepared = request.prepare()
    return prepared.url.removeprefix(world.server.url), dict(prepared.headers), body


def presigned(world, **words):
    """As `signed`, in the query; botocore presigns requests without a body only."""
    auth = lambda *given: SigV4QueryAuth(*given, **words)
    return signed(world, "GET", f"/v1/apps/{world.app}", b"", auth)


def exchange(world, verb, path, headers, body):
    """Status, exception name and message of a request sent just so."""
    connection = http.client.HTTPConnection("127.0.0.1", world.server.port, timeout=20)
    try:
        connection.putrequest(verb, path)
        for key, value in headers.items():
            if key.lower() not in ("host", "content-length"):
                connection.putheader(key, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status < 300:
        return answer.status, "", ""
    return refusal((answer.status, answer.headers, json.loads(content)))


def changed(old, new):
    return lambda text: text.replace(old, new, 1) if old in text else pytest.fail(f"{old}: {text}")


def flipped(text):
    """A signature with its last digit changed."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


NOW = datetime.datetime.now(datetime.timezone.utc)
HEADER = {
    "algorithm": changed("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
    "scheme": changed("AWS4-HMAC-SHA256", "Bearer"),
    "key": changed(KEY, "AKIDNOBODY"),
    "no key": changed(KEY, ""),
    "day": changed(f"{NOW:%Y%m%d}", "20200101"),
    "region": changed(REGION, "mars-north-1"),
    "no region": changed(REGION, ""),
    "service": changed("mobiletargeting", "s3"),
    "ending": changed("aws4_request", "aws4"),
    "headers": changed("host", "accept"),
    "headers twice": changed("host;", "host;host;"),
    "signature": flipped,
    "short signature": lambda text: text[:-8],
    "upper case": lambda text: text[:-64] + text[-64:].upper(),
    "no signature": lambda text: text[: text.index(", Signature")],
    "no credential": lambda text: "AWS4-HMAC-SHA256 " + text[text.index("SignedHeaders"):],
    "only a scheme": lambda text: "AWS4-HMAC-SHA256",
    "parts twice": lambda text: text + ", " + text[text.index("Signature="):],
    "empty": lambda text: "",
    "long": lambda text: text + "0" * 5_000,
    "commas": lambda text: text.replace(", ", ",,,"),
}


@pytest.mark.parametrize("part", HEADER)
def test_a_header_broken(hostile, part):
    path, headers, body = signed(hostile)
    assert exchange(hostile, "PUT", path, headers, body)[0] == 202
    headers["Authorization"] = HEADER[part](headers["Authorization"])
    status, kind, _ = exchange(hostile, "PUT", path, headers, body)
    assert status == 403 and kind, kind


# Those of them that a query can show.
QUERY = ["algorithm", "key", "no key", "day", "region", "no region", "service", "ending", "headers",
         "signature", "short signature", "upper case", "long"]


@pytest.mark.parametrize("part", QUERY)
def test_a_presigned_query_broken(hostile, part):
    path, headers, body = presigned(hostile)
    assert exchange(hostile, "GET", path, headers, body)[0] == 200
    before, query = path.split("?")
    broken = HEADER[part](urllib.parse.unquote(query))
    pairs = [pair.split("=", 1) for pair in broken.split("&")]
    query = "&".join(f"{key}={urllib.parse.quote(value, safe='')}" for key, value in pairs)
    status, kind, _ = exchange(hostile, "GET", f"{before}?{query}", headers, body)
    assert status == 403 and kind, kind


def stale(hours):
    return f"{NOW + datetime.timedelta(hours=hours):%Y%m%dT%H%M%SZ}"


CHANGES = {
    "another body": lambda r: (r[0], r[1], b'{"OptOut":"ALL"}'),
    "another path": lambda r: (r[0] + "x", r[1], r[2]),
    "a query": lambda r: (r[0] + "?a=b", r[1], r[2]),
    "an old date": lambda r: (r[0], r[1] | {"X-Amz-Date": stale(-5)}, r[2]),
    "a date to come": lambda r: (r[0], r[1] | {"X-Amz-Date": stale(5)}, r[2]),
    "no date": lambda r: (r[0], {k: v for k, v in r[1].items() if k.lower() != "x-amz-date"}, r[2]),
    "a senseless date": lambda r: (r[0], r[1] | {"X-Amz-Date": "20261301T999999Z"}, r[2]),
    "an unsigned body": lambda r: (r[0], r[1] | {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, r[2]),
    "twice": lambda r: (signed_query(r), r[1], r[2]),
}


def signed_query(request):
    return request[0] + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"


@pytest.mark.parametrize("change", CHANGES)
def test_a_request_changed_after_signing(hostile, change):
    path, headers, body = CHANGES[change](signed(hostile))
    status, kind, _ = exchange(hostile, "PUT", path, headers, body)
    assert status == 403 and kind, kind


def test_another_method_than_was_signed(hostile):
    path, headers, body = signed(hostile, body=b"")
    assert exchange(hostile, "DELETE", path, headers, b"")[0] == 403


def test_a_signed_header_changed(hostile):
    path, headers, body = signed(hostile, **{"x-amz-meta-note": "a"})
    assert exchange(hostile, "PUT", path, headers, body)[0] == 202
    assert exchange(hostile, "PUT", path, headers | {"x-amz-meta-note": "b"}, body)[0] == 403
    del headers["x-amz-meta-note"]
    assert exchange(hostile, "PUT", path, headers, body)[0] == 403


def test_a_presigned_request_expired(hostile):
    path, headers, body = presigned(hostile, expires=1)
    assert exchange(hostile, "GET", path, headers, body)[0] == 200
    longer = path.replace("X-Amz-Expires=1", "X-Amz-Expires=604801")
    assert exchange(hostile, "GET", longer, headers, body)[0] == 403
    time.sleep(2)
    status, kind, _ = exchange(hostile, "GET", path, headers, body)
    assert (status, kind) == (403, "ExpiredTokenException")


def test_a_temporary_key_needs_its_token(hostile):
    key = hostile.server.beckon(
        "POST", "/keys", {"policy": "admin", "expiresInSeconds": 600})
    path = f"/v1/apps/{hostile.app}"
    for token, want in ((key["sessionToken"], 200), (None, 403), ("wrong", 403)):
        request = AWSRequest(method="GET", url=hostile.server.url + path)
        credentials = Credentials(key["accessKeyId"], key["secretAccessKey"], token)
        SigV4Auth(credentials, "mobiletargeting", REGION).add_auth(request)
        assert exchange(hostile, "GET", path, dict(request.headers), b"")[0] == want


def raw(world, *parts, seconds=20):
    """What comes back on a connection for bytes sent as they are."""
    with socket.create_connection(("127.0.0.1", world.server.port), timeout=seconds) as wire:
        try:
            for part in parts:
                wire.sendall(part)
            wire.shutdown(socket.SHUT_WR)
            got = b""
            while part := wire.recv(65_536):
                got += part
            return got
        except TimeoutError:
            raise
        except OSError:
            return b""


def head(world, path, headers, length):
    lines = [f"PUT {path} HTTP/1.1", f"Host: 127.0.0.1:{world.server.port}"]
    lines += [f"{k}: {v}" for k, v in headers.items() if k.lower() not in ("host", "content-length")]
    return "\r\n".join([*lines, length, "", ""]).encode()


def test_a_body_cut_off(hostile):
    path, headers, _ = signed(hostile, body=b'{"OptOut": "ALL"}')
    for body in (b"", b'{"OptOut"'):
        got = raw(hostile, head(hostile, path, headers, "Content-Length: 17"), body)
        assert got == b"" or b" 400 " in got.split(b"\r\n")[0], got
    for body in (b"5\r\n{\"Opt", b"zz\r\n", b"ffffffffffffffffff\r\n{}", b"-1\r\n"):
        got = raw(hostile, head(hostile, path, headers, "Transfer-Encoding: chunked"), body)
        assert got == b"" or b" 400 " in got.split(b"\r\n")[0], got
    assert hostile.server.healthy()


GARBAGE = {
    "nothing": b"",
    "line breaks": b"\r\n" * 1_000,
    "no HTTP": bytes(range(256)) * 64,
    "TLS": bytes.fromhex("1603010200010001fc0303") + bytes(500),
    "another version": b"GET / HTTP/9.9\r\n\r\n",
    "no host": b"GET /v1/apps HTTP/1.1\r\n\r\n",
    "a long line": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
    "many headers": b"GET /v1/apps HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 50_000 + b"\r\n",
    "a long header": b"GET /v1/apps HTTP/1.1\r\nHost: x\r\na: " + b"b" * 1_000_000 + b"\r\n\r\n",
    "two lengths": b"PUT /v1/apps HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a negative length": b"PUT /v1/apps HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a whole URL": b"GET http://elsewhere.example/v1/apps HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path not UTF-8": b"GET /v1/apps/%FF%FE HTTP/1.1\r\nHost: x\r\n\r\n",
    "a broken escape": b"GET /v1/apps/%zz%1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "an upgrade": b"GET /v1/apps HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("told", GARBAGE)
def test_what_is_no_request(hostile, told):
    got = raw(hostile, GARBAGE[told])
    assert got == b"" or got.split(b" ")[1][:1] == b"4" or b" 200 " in got[:20], got[:200]
    assert hostile.server.healthy()


def test_the_server_is_fine_afterwards(hostile):
    """Everything that was there is there, and new things can be made."""
    client = hostile.server.pinpoint()
    app = client.get_app(ApplicationId=hostile.app)["ApplicationResponse"]
    assert app["Name"] == "world"
    segment = hostile.parameters["segment-id"]
    client.get_segment(ApplicationId=hostile.app, SegmentId=segment)
    new = hostile.server.new_app("afterwards")
    client.delete_app(ApplicationId=new)
