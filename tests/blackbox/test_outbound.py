"""Hooks, webhooks and functions over real connections, as their owners see the calls."""

import collections
import json
import random
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from beckon import Server, wait_for
from receiver import Receiver, certificate

# People about whom calls of one run may be under way (docs/spec/campaigns.md §9).
CALLED_MAX = 800
DOCUMENTED = {"Message", "Data", "ApplicationId", "CampaignId", "TreatmentId", "ActivityId", "ScheduledTime",
              "Endpoints"}


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


def outbound(tls):
    return f'[outbound]\nca_file = "{tls[0]}"\nallow_private = ["127.0.0.0/8"]\n'


def people(server, app, count, channel="CUSTOM"):
    """People `p0` … of one channel; answers the segment of all."""
    domain = "@mail.example" if channel == "EMAIL" else ""
    with open(server.imports / "people.csv", "w") as file:
        file.write("ChannelType,Address,Id,User.UserAttributes.Name,User.UserId\n")
        file.writelines(f"{channel},a{n}{domain},p{n},N{n},u{n}\n" for n in range(count))
    return server.import_file(app, "s3://crm/people.csv")["Definition"]["SegmentId"]


def create(server, app, segment, **request):
    request = {"Name": "outbound", "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"}, **request}
    made = server.pinpoint().create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    return made["CampaignResponse"]["Id"]


def custom(uri, **more):
    return {"MessageConfiguration": {"CustomMessage": {"Data": '{"offer":7}'}},
            "CustomDeliveryConfiguration": {"DeliveryUri": uri, **more}}


def outcomes(server, app, campaign):
    server.wait_for_campaign(app, campaign)
    return server.progress(app, campaign)["runs"][0]["outcomes"]


def unchanged(call):
    return 200, json.dumps(call["body"]["Endpoints"])


def test_a_webhook_gets_everybody_once(tmp_path, tls):
    with Receiver(tls=tls) as webhook, Server(tmp_path / "s", extra=outbound(tls)) as server:
        app = server.new_app()
        segment = people(server, app, 1000)
        campaign = create(server, app, segment, **custom(webhook.url))
        assert webhook.heads == ["/hook"]
        assert outcomes(server, app, campaign) == {"SUCCESS": 1000}
        assert sorted(webhook.told()) == sorted(f"p{n}" for n in range(1000))
        assert max(len(call["body"]["Endpoints"]) for call in webhook.calls) <= 50
        call = webhook.calls[0]
        body = call["body"]
        assert set(body) == DOCUMENTED
        assert (body["Data"], body["Message"], body["TreatmentId"]) == ('{"offer":7}', {}, "0")
        assert (body["ApplicationId"], body["CampaignId"]) == (app, campaign)
        activities = server.pinpoint().get_campaign_activities(ApplicationId=app, CampaignId=campaign)
        [activity] = activities["ActivitiesResponse"]["Item"]
        assert body["ActivityId"] == activity["Id"] and activity["SuccessfulEndpointCount"] == 1000
        endpoint, told = next(iter(body["Endpoints"].items()))
        assert told["Address"] == f"a{endpoint[1:]}" and told["ChannelType"] == "CUSTOM"
        assert told["User"] == {"UserId": f"u{endpoint[1:]}", "UserAttributes": {"Name": [f"N{endpoint[1:]}"]}}
        # Pausing asks nobody; only what is new is asked about.
        later = create(server, app, segment, **custom(webhook.url),
                       **{"Schedule": {"StartTime": "2039-01-01T00:00:00Z"}})
        server.pinpoint().update_campaign(ApplicationId=app, CampaignId=later,
                                          WriteCampaignRequest={"IsPaused": True})
        assert len(webhook.heads) == 2


def test_a_webhook_must_want_the_account(tmp_path, tls):
    with Receiver(tls=tls, account="111111111111") as other, Receiver(tls=tls, account=None) as silent, \
            Server(tmp_path / "s", extra=outbound(tls)) as server:
        app = server.new_app()
        segment = people(server, app, 1)
        for webhook, said in [(other, "another value"), (silent, "lacks it")]:
            with pytest.raises(ClientError) as refused:
                create(server, app, segment, **custom(webhook.url))
            response = refused.value.response
            assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
            message = response.get("Message") or response["Error"]["Message"]
            assert "DeliveryUri" in message and "X-Amz-Pinpoint-AccountId" in message and said in message
        # What is wrong otherwise is said without a call.
        before = len(other.heads)
        with pytest.raises(ClientError, match="HoldoutPercent"):
            create(server, app, segment, HoldoutPercent=101, **custom(other.url))
        assert len(other.heads) == before and not other.calls and not silent.calls


def test_inner_addresses_are_not_called(tmp_path, tls):
    extra = f'[outbound]\nca_file = "{tls[0]}"\n'
    with Receiver(tls=tls) as inside, Server(tmp_path / "s", extra=extra) as server:
        app = server.new_app()
        segment = people(server, app, 3, "EMAIL")
        server.enable_email(app)
        with pytest.raises(ClientError, match="it is loopback"):
            create(server, app, segment, **custom(inside.url))
        campaign = create(server, app, segment, Hook={"WebUrl": inside.url},
                          MessageConfiguration={"EmailMessage": {"Title": "t", "HtmlBody": "b"}})
        assert outcomes(server, app, campaign) == {"HOOK_FAILURE": 3}
        assert not inside.calls and not inside.heads


def test_one_answer_for_all_in_a_call(tmp_path):
    given = {}

    def answer(call):
        status = [200, 500, None][len(given) % 3]
        given[frozenset(call["body"]["Endpoints"])] = status
        return status and (status, "x" * (len(given) % 7))

    with Receiver(answer) as function:
        functions = f'offer = "{function.url}"'
        with Server(tmp_path / "s", functions=functions) as server:
            app = server.new_app()
            segment = people(server, app, 600)
            arn = "arn:aws:lambda:us-east-1:000000000000:function:offer:7"
            campaign = create(server, app, segment, **custom(arn))
            got = outcomes(server, app, campaign)
            want = collections.Counter()
            for endpoints, status in given.items():
                want[{200: "SUCCESS", 500: "CUSTOM_DELIVERY_FAILURE", None: "UNKNOWN"}[status]] += len(endpoints)
            assert got == dict(want)
            assert len(function.told()) == len(set(function.told())) == 600
            assert not function.heads


def test_endpoint_types_choose(tmp_path):
    with Receiver() as function, Server(tmp_path / "s", functions=f'f = "{function.url}"') as server:
        app = server.new_app()
        segment = people(server, app, 20, "EMAIL")
        campaign = create(server, app, segment, **custom("f"))
        assert outcomes(server, app, campaign) == {"ENDPOINT_CHANNEL_MISMATCH": 20}
        assert not function.calls
        campaign = create(server, app, segment, **custom("f", EndpointTypes=["EMAIL"]))
        assert outcomes(server, app, campaign) == {"SUCCESS": 20}
        assert sorted(function.told()) == sorted(f"p{n}" for n in range(20))


def test_the_hook_of_the_application_filters_and_changes(tmp_path, tls):
    def answer(call):
        kept = {}
        for endpoint in call["body"]["Endpoints"]:
            number = int(endpoint[1:])
            if number % 2:
                kept[endpoint] = {"Address": "thief@mail.example",
                                  "User": {"UserAttributes": {"Name": [f"hooked {number}"]}}}
        return 200, json.dumps(kept)

    with Receiver(answer, tls=tls) as hook, Server(tmp_path / "s", extra=outbound(tls)) as server:
        app = server.new_app()
        server.enable_email(app)
        segment = people(server, app, 120, "EMAIL")
        server.pinpoint().update_application_settings(
            ApplicationId=app, WriteApplicationSettingsRequest={"CampaignHook": {"WebUrl": hook.url}})
        campaign = create(server, app, segment, MessageConfiguration={
            "EmailMessage": {"Title": "Hi {{User.UserAttributes.Name}}", "HtmlBody": "<p>x</p>"}})
        assert outcomes(server, app, campaign) == {"SUCCESS": 60, "FILTERED_OUT_BY_HOOK": 60}
        assert sorted(hook.told()) == sorted(f"p{n}" for n in range(120))
        body = hook.calls[0]["body"]
        assert set(body) == DOCUMENTED - {"Message", "Data"} | {"MessageConfiguration"}
        assert body["MessageConfiguration"]["EmailMessage"]["Title"] == "Hi {{User.UserAttributes.Name}}"
        items = server.beckon("GET", f"/inbox?app={app}&limit=200")["items"]
        assert {(it["to"], it["subject"]) for it in items} == {
            (f"a{n}@mail.example", f"Hi hooked {n}") for n in range(1, 120, 2)}


def test_a_hook_that_answers_nonsense(tmp_path):
    answers = iter([(200, "<html>"), (500, "{}"), (200, "x" * (6 << 20) + "x")])
    with Receiver(lambda call: next(answers)) as hook, \
            Server(tmp_path / "s", functions=f'f = "{hook.url}"') as server:
        app = server.new_app()
        server.enable_email(app)
        segment = people(server, app, 10, "EMAIL")
        campaign = create(server, app, segment, Hook={"LambdaFunctionName": "f"},
                          MessageConfiguration={"EmailMessage": {"Title": "t", "HtmlBody": "b"}})
        assert outcomes(server, app, campaign) == {"HOOK_FAILURE": 10}
        assert len(hook.calls) == 3


def test_functions_that_are_not_mapped_are_invoked_at_aws(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDLAMBDA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "lambda-secret")
    with Receiver(unchanged) as aws:
        base = aws.url.removesuffix("/hook")
        with Server(tmp_path / "s", extra=f'[aws]\nendpoint_url = "{base}"\n') as server:
            app = server.new_app()
            segment = people(server, app, 5)
            arn = "arn:aws:lambda:eu-west-1:000000000000:function:offer:7"
            campaign = create(server, app, segment, **custom(arn))
            assert outcomes(server, app, campaign) == {"SUCCESS": 5}
            [call] = aws.calls
            assert call["path"] == "/2015-03-31/functions/offer/invocations?Qualifier=7"
            headers = {name.lower(): value for name, value in call["headers"].items()}
            authorization = headers["authorization"]
            assert "/eu-west-1/lambda/aws4_request" in authorization
            # What a stock signer makes of the same request.
            signed = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
            names = {name: headers[name] for name in signed}
            request = AWSRequest("POST", base + call["path"], headers=names)
            request.context["timestamp"] = headers["x-amz-date"]
            signer = SigV4Auth(Credentials("AKIDLAMBDA", "lambda-secret"), "lambda", "eu-west-1")
            signer.payload = lambda _: headers["x-amz-content-sha256"]
            canonical = signer.canonical_request(request)
            signature = signer.signature(signer.string_to_sign(request, canonical), request)
            assert authorization.endswith(f"Signature={signature}")


def test_killed_while_a_webhook_campaign_runs(tmp_path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)

    def answer(call):
        time.sleep(chance.uniform(0, 0.05))
        return 200, ""

    count = 20_000
    with Receiver(answer) as function, Server(tmp_path / "s", functions=f'f = "{function.url}"') as server:
        app = server.new_app()
        segment = people(server, app, count)
        campaign = create(server, app, segment, **custom("f"))
        kills = 0
        while kills < 4:
            seen = len(function.calls)
            ended = wait_for(lambda: len(function.calls) > seen + 5 or server.campaign(app, campaign)["State"][
                "CampaignStatus"] == "COMPLETED", pause=0.02)
            if ended and server.campaign(app, campaign)["State"]["CampaignStatus"] == "COMPLETED":
                break
            time.sleep(chance.uniform(0, 0.2))
            server.kill()
            kills += 1
            server.start()
        server.wait_for_campaign(app, campaign)
        run = server.progress(app, campaign)["runs"][0]
        told = function.told()
        assert len(told) == len(set(told)), "somebody was told twice"
        assert run["planned"] == count == run["sent"] + run["failed"] + run["skipped"] + run["inDoubt"]
        assert run["failed"] == run["skipped"] == 0
        assert run["inDoubt"] <= kills * CALLED_MAX
        assert run["sent"] <= len(told) <= run["sent"] + run["inDoubt"]
