"""What became of everybody: canary and brake, recounts, people as segments, lift
(`docs/spec/campaigns.md §12, §15`, `docs/spec/analytics.md §8.4`)."""

import json
import sqlite3
import subprocess

import pytest

from beckon import BINARY, Server, wait_for


def people(server, app, addresses):
    """Registers one endpoint for each address; answers a segment of everyone."""
    with open(server.imports / f"{app}.csv", "w") as file:
        file.write("ChannelType,Address,Id,User.UserId\n")
        file.writelines(f"EMAIL,{address},p{n},u{n}\n" for n, address in enumerate(addresses))
    job = server.import_file(app, f"s3://crm/{app}.csv")
    assert job["TotalFailures"] == 0
    return job["Definition"]["SegmentId"]


def create(server, app, segment, safety=None, **members):
    """A campaign that begins once its precautions are set."""
    request = {
        "Name": "careful", "SegmentId": segment, "IsPaused": True,
        "Schedule": {"StartTime": "IMMEDIATE"},
        "MessageConfiguration": {"EmailMessage": {"Title": "Hello", "HtmlBody": "<p>Hello</p>"}},
        **members,
    }
    client = server.pinpoint()
    made = client.create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    campaign = made["CampaignResponse"]["Id"]
    if safety is not None:
        path = f"/apps/{app}/campaigns/{campaign}/safety"
        assert server.beckon("PUT", path, safety)
    client.update_campaign(
        ApplicationId=app, CampaignId=campaign, WriteCampaignRequest={"IsPaused": False})
    return campaign


def latest(server, app, campaign):
    return server.progress(app, campaign)["runs"][0]


def wait_held(server, app, campaign, by):
    def held():
        runs = server.progress(app, campaign)["runs"]
        return runs and runs[0].get("held", {}).get("by") == by and runs[0]

    return wait_for(held)


def verification(server, app, campaign):
    run = latest(server, app, campaign)["runId"]
    return server.beckon("GET", f"/apps/{app}/campaigns/{campaign}/runs/{run}/verification")


@pytest.fixture
def shop(server, app):
    server.enable_email(app)
    return app


def test_precautions_are_kept_and_checked(server, shop):
    segment = people(server, shop, ["a@mail.example"])
    campaign = create(server, shop, segment, Schedule={"StartTime": "2039-01-01T00:00:00Z"})
    path = f"/beckon/v1/apps/{shop}/campaigns/{campaign}/safety"
    assert server.call("GET", path)[2] == {"resendInDoubt": False}
    want = {
        "canary": {"percent": 5, "holdMinutes": 30},
        "brake": {"hardBouncePercent": 5.0, "complaintPercent": 0.1, "minimum": 200},
        "resendInDoubt": True,
    }
    assert server.call("PUT", path, want)[::2] == (200, want)
    # It survives a new version, and makes none.
    got = server.pinpoint().update_campaign(
        ApplicationId=shop, CampaignId=campaign, WriteCampaignRequest={"Description": "d"})
    assert got["CampaignResponse"]["Version"] == 3
    assert server.call("GET", path)[2] == want
    for body, message in [
        ({"canary": {"percent": 51, "holdMinutes": 0}}, "canary.percent must be 1 to 50"),
        ({"canary": {"percent": 1, "holdMinutes": 10081}}, "canary.holdMinutes must be"),
        ({"canary": {"percent": 300, "holdMinutes": 1}}, "not usable"),
        ({"canary": {"percent": 5}}, "holdMinutes"),
        ({"brake": {"minimum": 5}}, "brake needs at least one threshold"),
        ({"brake": {"complaintPercent": 101, "minimum": 5}}, "brake.complaintPercent must be"),
        ({"brake": {"complaintPercent": 1, "minimum": 0}}, "brake.minimum must be"),
        ({"brakes": {}}, "brakes"),
        ([], "not usable"),
    ]:
        status, _, answer = server.call("PUT", path, body)
        assert status == 400 and message in answer["Message"], (body, answer)
    assert server.call("GET", path)[2] == want
    assert server.call("POST", path.replace("safety", "go-on"))[0] == 409
    assert server.call("DELETE", path)[0] == 204
    assert server.call("GET", path)[2] == {"resendInDoubt": False}
    nobody = f"/beckon/v1/apps/{shop}/campaigns/{'0' * 32}"
    for method, end in [("GET", "safety"), ("PUT", "safety"), ("DELETE", "safety"), ("POST", "go-on"),
                        ("GET", "lift"), ("GET", "runs/x/verification")]:
        assert server.call(method, f"{nobody}/{end}", {} if method == "PUT" else None)[0] == 404
    status, _, answer = server.call("GET", path.replace("safety", "runs/x/verification"))
    assert status == 404, answer


def test_the_rest_waits_for_the_canary(server, shop):
    segment = people(server, shop, [f"c{n}@mail.example" for n in range(150)])
    campaign = create(server, shop, segment, {"canary": {"percent": 10, "holdMinutes": 0}})
    run = wait_held(server, shop, campaign, "canary")
    assert run["stage"] == "canary" and "until" not in run["held"]
    assert (run["sent"], run["remaining"], run["state"]) == (15, 135, "RUNNING")
    assert server.campaign(shop, campaign)["State"]["CampaignStatus"] == "EXECUTING"
    assert verification(server, shop, campaign)["agrees"]
    assert server.call("POST", f"/beckon/v1/apps/{shop}/campaigns/{campaign}/go-on")[0] == 204
    server.wait_for_campaign(shop, campaign)
    run = latest(server, shop, campaign)
    assert run["sent"] == 150 and run["stage"] == "rest" and "held" not in run


@pytest.mark.parametrize("fate, member, words", [
    ("bounce", "hardBouncePercent", "hard bounces in"),
    ("complaint", "complaintPercent", "complaints in"),
])
def test_feedback_pulls_the_brake(server, shop, fate, member, words):
    addresses = [f"{fate}+{n}@simulator.beckon.test" for n in range(300)]
    segment = people(server, shop, addresses)
    brake = {"brake": {member: 20, "minimum": 40}}
    campaign = create(server, shop, segment, brake, Limits={"MessagesPerSecond": 60})
    run = wait_held(server, shop, campaign, "brake")
    assert words in run["held"]["reason"] and "above the 20 % of the brake" in run["held"]["reason"]
    assert run["remaining"] > 0 and run["planned"] == 300
    before = run["remaining"]
    path = f"/apps/{shop}/campaigns/{campaign}"
    assert verification(server, shop, campaign)["agrees"]
    # Going on, it counts anew, and stops again.
    server.beckon("POST", path + "/go-on")
    wait_for(lambda: latest(server, shop, campaign)["remaining"] < before)
    wait_held(server, shop, campaign, "brake")
    server.call("DELETE", "/beckon/v1" + path + "/safety")
    server.beckon("POST", path + "/go-on")
    server.wait_for_campaign(shop, campaign)
    found = verification(server, shop, campaign)
    assert found["agrees"] and found["remaining"] == 0 and sum(found["log"].values()) == 300


def test_people_of_an_outcome_become_a_segment(server, shop):
    addresses = [f"s{n}@mail.example" for n in range(8)] + ["no address", "s1@MAIL.example"]
    segment = people(server, shop, addresses)
    campaign = create(server, shop, segment)
    server.wait_for_campaign(shop, campaign)
    run = latest(server, shop, campaign)
    assert run["outcomes"] == {"SUCCESS": 8, "FAILURE_PERMANENT": 1, "DUPLICATE_ADDRESS": 1}
    path = f"/apps/{shop}/campaigns/{campaign}/people"
    for outcome, count in run["outcomes"].items():
        for only in ({}, {"runId": run["runId"]}):
            body = {"name": f"those {outcome}", "outcome": outcome, **only}
            made = server.beckon("POST", path + "/segment", body)
            size = server.beckon("GET", f"/apps/{shop}/segments/{made['segmentId']}/size")
            assert size["endpoints"] == count
            query = "".join(f"&{name}={value}" for name, value in only.items())
            listed = server.beckon("GET", f"{path}?outcome={outcome}{query}")["items"]
            members = server.beckon(
                "POST", f"/apps/{shop}/segments/members", {"SegmentId": made["segmentId"]})["items"]
            assert sorted(p["endpointId"] for p in listed) == sorted(m["Id"] for m in members)
    got = server.pinpoint().get_segment(ApplicationId=shop, SegmentId=made["segmentId"])["SegmentResponse"]
    assert got["SegmentType"] == "IMPORT" and got["Name"] == f"those {outcome}"
    # Somebody can be sent to: a campaign over the list reaches just them.
    second = create(server, shop, server.beckon(
        "POST", path + "/segment", {"name": "again", "outcome": "SUCCESS"})["segmentId"])
    server.wait_for_campaign(shop, second)
    assert latest(server, shop, second)["outcomes"] == {"SUCCESS": 8}
    assert server.beckon("GET", f"{path}?outcome=SUCCESS&runId=other")["items"] == []
    for body, message in [
        ({"name": "x", "outcome": "THROTTLED"}, "outcome: nobody"),
        ({"name": "x", "outcome": "SENT"}, "outcome: expected one of"),
        ({"name": " ", "outcome": "SUCCESS"}, "name: is required"),
        ({"outcome": "SUCCESS"}, "name"),
        ({"name": "x", "outcome": "SUCCESS", "runId": "other"}, "runId:"),
    ]:
        status, _, answer = server.call("POST", "/beckon/v1" + path + "/segment", body)
        assert status == 400 and message in answer["Message"], (body, answer)


def verify(server, run):
    data = str(server.folder / "data")
    words = [BINARY, "verify", "--config", str(server.config), "--data", data, run]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


def test_a_run_is_recounted_from_the_command_line(tmp_path):
    with Server(tmp_path / "beckon") as server:
        app = server.new_app()
        server.enable_email(app)
        segment = people(server, app, [f"v{n}@mail.example" for n in range(30)])
        campaign = create(server, app, segment, HoldoutPercent=30)
        server.wait_for_campaign(app, campaign)
        found = verification(server, app, campaign)
        assert found["agrees"] and found["recordsKept"] and found["differences"] == []
        assert found["sets"] == found["log"] and sum(found["sets"].values()) == 30
        run = found["runId"]
        # The server runs: it is asked.
        done = verify(server, run)
        assert done.returncode == 0 and "Everything adds up." in done.stdout, done
        assert f"{found['sets']['SUCCESS']}  SUCCESS" in done.stdout
        server.stop()
        # It does not: the folder is read.
        assert verify(server, run).stdout == done.stdout
        # Two members lose their outcome, as no program of ours would do it.
        documents = sqlite3.connect(server.folder / "data" / "documents.sqlite")
        row = documents.execute("SELECT id, body FROM document WHERE kind = 'run_batch'").fetchone()
        batch = json.loads(row[1])
        batch["outcomes"]["Throttled"] = batch["outcomes"].pop("Holdout")
        documents.execute(
            "UPDATE document SET body = ? WHERE kind = 'run_batch' AND id = ?",
            (json.dumps(batch).encode(), row[0]))
        documents.commit()
        documents.close()
        done = verify(server, run)
        held_out = found["sets"]["HOLDOUT"]
        assert done.returncode == 1, done
        assert f"recordedOtherwise (THROTTLED): {held_out} people, such as p" in done.stdout, done
        assert "do not add up" in done.stderr
        done = verify(server, "0" * 32)
        assert done.returncode == 1 and "there is no run" in done.stderr
        server.start()
        found = verification(server, app, campaign)
        assert not found["agrees"]
        difference = found["differences"][0]
        assert (difference["kind"], difference["endpoints"]) == ("recordedOtherwise", held_out)
        assert len(difference["sample"]) == min(10, held_out)
        done = verify(server, run)
        assert done.returncode == 1 and "recordedOtherwise" in done.stdout


def test_lift_compares_treatments_with_the_holdout(server, shop):
    count = 200
    segment = people(server, shop, [f"l{n}@mail.example" for n in range(count)])
    # Somebody was active before: that does not count.
    def report(kind, names, label="e"):
        batch = {name: {"Endpoint": {}, "Events": {
            label: {"EventType": kind, "Timestamp": "2020-01-01T00:00:00Z"}}} for name in names}
        server.pinpoint().put_events(ApplicationId=shop, EventsRequest={"BatchItem": batch})

    report("_session.start", [f"p{n}" for n in range(50)], "before")
    campaign = create(server, shop, segment, HoldoutPercent=40, TreatmentName="A", AdditionalTreatments=[
        {"SizePercent": 30, "TreatmentName": "B"}])
    server.wait_for_campaign(shop, campaign)
    path = f"/apps/{shop}/campaigns/{campaign}"
    treatment = {}
    for outcome in ("SUCCESS", "HOLDOUT"):
        for person in server.beckon("GET", f"{path}/people?outcome={outcome}&limit=1000")["items"]:
            treatment[person["endpointId"]] = person.get("treatmentId", "holdout")
    arms = {arm: sorted(p for p, of in treatment.items() if of == arm) for arm in ("0", "1", "holdout")}
    assert sum(map(len, arms.values())) == count and all(arms.values())
    active = arms["0"][:20] + arms["1"][:5] + arms["holdout"][:4]
    report("_session.start", active)
    report("_monetization.purchase", arms["1"][:1])

    def told():
        lift = server.beckon("GET", f"{path}/lift")
        goals = {goal["goal"]: goal for goal in lift["goals"]}
        done = goals["sessions"]["holdout"]["reached"] == 4 and goals["purchases"]["treatments"][1]["reached"]
        return done and (lift, goals)

    lift, goals = wait_for(told)
    assert lift["confidence"] == 0.95 and lift["holdout"]["people"] == len(arms["holdout"])
    assert list(goals) == ["opens", "sessions", "purchases"]
    sessions = goals["sessions"]
    for arm, name, reached in (("0", "A", 20), ("1", "B", 5)):
        got = sessions["treatments"][int(arm)]
        assert (got["id"], got["name"], got["people"], got["reached"]) == (arm, name, len(arms[arm]), reached)
        share, other = reached / len(arms[arm]), 4 / len(arms["holdout"])
        assert abs(got["rate"] - share) < 1e-12 and abs(got["difference"] - (share - other)) < 1e-12
        low, high = newcombe(reached, len(arms[arm]), 4, len(arms["holdout"]))
        assert abs(got["low"] - low) < 1e-6 and abs(got["high"] - high) < 1e-6
    assert [t["reached"] for t in goals["opens"]["treatments"]] == [0, 0]
    # No run began in the window: nobody is compared.
    lift = server.beckon("GET", f"{path}/lift?start=2020-01-01&end=2020-02-01")
    empty = lift["goals"][0]["treatments"][0]
    assert (empty["people"], empty["rate"], empty["difference"], empty["low"]) == (0, None, None, None)
    status, _, answer = server.call("GET", f"/beckon/v1{path}/lift?start=2021-01-01&end=2020-01-01")
    assert status == 400 and answer["Message"].startswith("start:")


def newcombe(reached, people, other_reached, other_people):
    """The hybrid score interval, by solving for the bounds of each share by bisection."""
    def bound(reached, people, up):
        share = reached / people
        inside, outside = share, 1.0 if up else 0.0
        for _ in range(100):
            middle = (inside + outside) / 2
            spread = 1.959963984540054 * (middle * (1 - middle) / people) ** 0.5
            inside, outside = (middle, outside) if abs(share - middle) <= spread else (inside, middle)
        return inside

    share, other = reached / people, other_reached / other_people
    low, high = bound(reached, people, False), bound(reached, people, True)
    other_low, other_high = bound(other_reached, other_people, False), bound(other_reached, other_people, True)
    difference = share - other
    return (difference - ((share - low) ** 2 + (other_high - other) ** 2) ** 0.5,
            difference + ((high - share) ** 2 + (other - other_low) ** 2) ** 0.5)
