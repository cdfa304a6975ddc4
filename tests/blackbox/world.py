"""One of each resource, made over the wire, so that a call has something to meet."""

import contextlib
import json
import urllib.parse

from beckon import Server
from operations import model, path_parameters, template

ROLE = "arn:aws:iam::000000000000:role/beckon"
UNKNOWN = "0123456789abcdef0123456789abcdef"
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/events"
TEMPLATES = {
    "email": {"Subject": "Hello", "HtmlPart": "<p>Hello</p>"},
    "sms": {"Body": "Hello"},
    "push": {"Default": {"Title": "Hello", "Body": "Hello", "Action": "OPEN_APP"}},
    "voice": {"Body": "Hello"},
    "inapp": {"Layout": "TOP_BANNER", "Content": [{"HeaderConfig": {
        "Alignment": "LEFT", "Header": "Hello", "TextColor": "#000000"}}]},
}
JOURNEY = {
    "Name": "welcome",
    "StartActivity": "only",
    "Activities": {"only": {"Holdout": {"Percentage": 50}}},
}


@contextlib.contextmanager
def new_world(folder):
    """A server of its own with a world on it; it must be fine in the end."""
    with Server(folder, extra=f'\n[streams]\n"{STREAM}" = "{folder / "stream"}"\n') as server:
        yield World(server)
        assert server.healthy()
        problems = [line for line in server.log_text().splitlines()
                    if " ERROR " in line or "panicked" in line]
        assert not problems, problems[:5]


class World:
    """Resources on a server. What it cannot make has an id that leads nowhere."""

    def __init__(self, server):
        self.server = server
        app = self.make("POST", "/v1/apps", {"Name": "world"})
        self.app = app["Id"]
        base = f"/v1/apps/{self.app}"
        self.make("PUT", f"{base}/endpoints/someone", {
            "ChannelType": "EMAIL", "Address": "some@one.example", "User": {"UserId": "user"}})
        segment = self.make("POST", f"{base}/segments", {"Name": "all"})["Id"]
        for kind, content in TEMPLATES.items():
            self.make("POST", f"/v1/templates/hello/{kind}", content)
        campaign = self.make("POST", f"{base}/campaigns", {
            "Name": "later", "SegmentId": segment,
            "MessageConfiguration": {"EmailMessage": {"Title": "Hello", "HtmlBody": "<p>Hello</p>"}},
            "Schedule": {"StartTime": "2099-01-01T00:00:00Z", "Frequency": "ONCE"}})
        (server.imports / "world.csv").write_text("ChannelType,Address\nEMAIL,row@one.example\n")
        files = {"S3Url": "s3://crm/world.csv", "RoleArn": ROLE, "Format": "CSV",
                 "RegisterEndpoints": True}
        imported = self.make("POST", f"{base}/jobs/import", files)
        exported = self.make("POST", f"{base}/jobs/export",
                             {"S3UrlPrefix": "s3://crm/out/", "RoleArn": ROLE})
        journey = self.make("POST", f"{base}/journeys", JOURNEY)
        recommender = self.make("POST", "/v1/recommenders", {
            "Name": "likes", "RecommendationProviderRoleArn": ROLE,
            "RecommendationsDisplayName": "Likes",
            "RecommendationProviderUri": "arn:aws:personalize:us-east-1:000000000000:campaign/likes"})
        self.make("POST", f"{base}/eventstream", {
            "RoleArn": ROLE,
            "DestinationStreamArn": STREAM})
        self.parameters = {
            "application-id": self.app,
            "endpoint-id": "someone",
            "user-id": "user",
            "segment-id": segment,
            "campaign-id": campaign.get("Id", UNKNOWN),
            "journey-id": journey.get("Id", UNKNOWN),
            "template-name": "hello",
            "recommender-id": recommender.get("Id", UNKNOWN),
            "resource-arn": app["Arn"],
            "version": "1",
            "kpi-name": "unique-deliveries",
            "attribute-type": "endpoint-custom-attributes",
            "journey-activity-id": "only",
            "run-id": UNKNOWN,
            "template-type": "EMAIL",
        }
        self.jobs = {"import": imported.get("Id", UNKNOWN), "export": exported.get("Id", UNKNOWN)}

    def make(self, method, path, body):
        status, _, answer = self.server.call(method, path, body)
        assert status < 300, (path, status, answer)
        return answer

    def values(self, name):
        """The path parameters with which an operation finds what it is about."""
        values = {key: self.parameters.get(key) for key in path_parameters(name)}
        if "job-id" in values:
            values["job-id"] = self.jobs["export" if "Export" in name else "import"]
        return values

    def path(self, name, query=True, **changed):
        """The path of an operation on this world, with what the model wants in the query."""
        values = self.values(name) | {key.replace("_", "-"): value for key, value in changed.items()}
        path = template(name)
        for key, value in values.items():
            path = path.replace("{%s}" % key, urllib.parse.quote(value, safe=""))
        wanted = required_query(name) if query else {}
        return path + ("?" + urllib.parse.urlencode(wanted, doseq=True) if wanted else "")


def required_query(name):
    taken = model().operation_model(name).input_shape
    found = {}
    for member in taken.required_members if taken else []:
        shape = taken.members[member]
        if shape.serialization.get("location") == "querystring":
            values = {"attributes": ["endpoint-custom-attributes"]}
            found[shape.serialization["name"]] = values.get(member, ["x"])
    return found


def refusal(answer):
    """Status, exception name and message of a refused call."""
    status, headers, body = answer
    kind = (headers.get("x-amzn-ErrorType") or "").split(":")[0]
    assert isinstance(body, dict), (status, body if isinstance(body, dict) else bytes(body)[:200])
    return status, kind, body.get("Message") or body.get("message") or json.dumps(body)
