"""Schemathesis reads the OpenAPI document and tries every operation with bodies of the right form.

`test_negative.py` sends those of a wrong one.
"""

import json
import pathlib

import hypothesis
import pytest
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from schemathesis.config import SchemathesisConfig

import operations
from beckon import KEY, REGION, SECRET
from world import new_world

FILE = pathlib.Path(__file__).parents[2] / "docs/openapi.json"
DOCUMENT = json.loads(FILE.read_text())
# Endless by design, and slowed down for who guesses passwords.
for path in ("/beckon/v1/live", "/beckon/v1/session"):
    del DOCUMENT["paths"][path]

SEED = 20261030
CONFIG = SchemathesisConfig.from_dict({
    "seed": SEED,
    "generation": {"mode": "positive", "deterministic": True, "with-security-parameters": False,
                   "no-shrink": True},
    "phases": {"coverage": {"enabled": False}},
})
schema = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


class Signed(requests.auth.AuthBase):
    """Signs a request as it will be sent."""

    def __call__(self, request):
        copy = AWSRequest(request.method, request.url, data=request.body or b"")
        SigV4Auth(Credentials(KEY, SECRET), "mobiletargeting", REGION).add_auth(copy)
        request.headers.update(dict(copy.headers))
        return request


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    with new_world(tmp_path_factory.mktemp("tried")) as world, requests.Session() as session:
        world.session = session
        yield world


def test_the_document_is_served_as_it_is_kept(server):
    got = requests.get(server.url + "/openapi.json", timeout=20)
    assert got.text == FILE.read_text() and got.headers["Access-Control-Allow-Origin"] == "*"
    again = requests.get(server.url + "/openapi.json", timeout=20,
                         headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@schema.parametrize()
@hypothesis.settings(max_examples=8, deadline=None, database=None, derandomize=True,
                     suppress_health_check=list(hypothesis.HealthCheck),
                     phases=[hypothesis.Phase.generate])
def test_no_server_error(case, tried):
    lead_somewhere(case, tried)
    answer = case.call(base_url=tried.server.url, auth=Signed(), session=tried.session, timeout=20)
    case.validate_response(answer, checks=[schemathesis.checks.not_a_server_error])


def lead_somewhere(case, world):
    """Lets the path name what exists, unless that would be removed."""
    values = case.path_parameters
    name = case.operation.definition.raw["operationId"]
    if name in ("DeleteApp", "BeckonDeleteKeysId"):
        return
    if "app" in values:
        values["app"] = world.app
    known = world.values(name) if name in operations.names() else {}
    for key, value in known.items():
        if key in values and (case.method.upper() != "DELETE" or key == "application-id"):
            values[key] = value
