"""What a campaign would do, why somebody gets nothing, and what a run did otherwise
(`docs/spec/campaigns.md §16`)."""

import pytest

from beckon import wait_for

PEOPLE = 40
LATER = "2039-01-01T09:00:00.000Z"


def email(title):
    return {"EmailMessage": {"Title": title, "HtmlBody": "<p>Good morning</p>"}}


@pytest.fixture
def shop(server, app):
    """An application with people `p0` …, of whom each fifth has no name and `p1` opted out; answers
    it with a segment of everyone."""
    server.enable_email(app)
    client = server.pinpoint()
    for n in range(PEOPLE):
        user = {"UserId": f"u{n}"}
        if n % 5:
            user["UserAttributes"] = {"Name": [f"N{n}"]}
        client.update_endpoint(ApplicationId=app, EndpointId=f"p{n}", EndpointRequest={
            "ChannelType": "EMAIL", "Address": f"p{n}@mail.example", "User": user,
            "Demographic": {"Timezone": "Europe/Oslo"},
            "OptOut": "ALL" if n == 1 else "NONE",
        })
    made = client.create_segment(
        ApplicationId=app, WriteSegmentRequest={"Name": "everyone", "Dimensions": {}})
    return app, made["SegmentResponse"]["Id"]


def campaign(segment, **members):
    return {
        "Name": "spring", "SegmentId": segment, "Schedule": {"StartTime": LATER},
        "MessageConfiguration": email("Hello {{User.UserAttributes.Name}}"),
        **members,
    }


def dry_run(server, app, request):
    """A finished dry run."""
    status, _, taken = server.call("POST", f"/beckon/v1/apps/{app}/dry-runs", request)
    assert (status, taken["state"]) == (202, "RUNNING"), taken

    def done():
        found = server.beckon("GET", f"/apps/{app}/dry-runs/{taken['id']}")
        return found["state"] != "RUNNING" and found

    return wait_for(done)


def explain(server, app, campaign, query):
    return server.beckon("GET", f"/apps/{app}/campaigns/{campaign}/explain?{query}")


def test_a_dry_run_says_what_the_run_then_does(server, shop):
    app, segment = shop
    client = server.pinpoint()
    request = campaign(segment, IsPaused=True, HoldoutPercent=20, Schedule={"StartTime": "IMMEDIATE"},
                       AdditionalTreatments=[{"SizePercent": 40, "MessageConfiguration": email("B {{User.UserAttributes.Name}}")}])
    made = client.create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    id = made["CampaignResponse"]["Id"]
    found = dry_run(server, app, {"campaignId": id, "samples": 4})
    assert (found["state"], found["campaignId"], found["planned"]) == ("COMPLETED", id, PEOPLE)
    result = found["result"]
    assert sum(result["outcomes"].values()) == PEOPLE
    assert result["outcomes"]["ENDPOINT_OPT_OUT"] == 1
    assert result["rateAssumed"] and not result["hookNotCalled"] and not result["eligibility"]
    assert [it["id"] for it in result["treatments"]] == ["0", "1"]
    assert sum(it["sent"] for it in result["treatments"]) == result["outcomes"]["SUCCESS"]
    assert sum(hour["sent"] for hour in result["localHours"]) == result["outcomes"]["SUCCESS"]
    assert len(result["samples"]) == 4
    assert all(it["subject"] and "Good morning" in it["html"] for it in result["samples"])
    [missing] = result["missingVariables"]
    assert missing["variable"] == "User.UserAttributes.Name"
    assert set(missing["sample"]) <= {f"p{n}" for n in range(0, PEOPLE, 5)}
    # Nothing was sent, and the run now does the same.
    assert server.beckon("GET", f"/inbox?app={app}")["items"] == []
    path = f"/apps/{app}/dry-runs/{found['id']}/difference"
    assert server.call("GET", f"/beckon/v1{path}")[0] == 404, "no run yet"
    client.update_campaign(
        ApplicationId=app, CampaignId=id, WriteCampaignRequest={"IsPaused": False})
    server.wait_for_campaign(app, id)
    difference = server.beckon("GET", path)
    assert difference["moved"] == []
    assert {it["outcome"]: it["planned"] for it in difference["outcomes"]} == result["outcomes"]
    assert all(it["planned"] == it["actual"] for it in difference["outcomes"])
    run = server.progress(app, id)["runs"][0]
    assert run["outcomes"] == result["outcomes"]
    assert server.beckon("GET", f"{path}?run={run['runId']}") == difference
    assert server.call("GET", f"/beckon/v1{path}?run=nope")[0] == 404


def test_a_campaign_that_is_not_stored_is_planned_too(server, shop):
    app, segment = shop
    before = server.pinpoint().get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"]
    written = campaign(segment, HoldoutPercent=30, Limits={"MessagesPerSecond": 10},
                       Schedule={"StartTime": LATER, "QuietTime": {"Start": "22:00", "End": "07:00"}})
    one = dry_run(server, app, {"campaign": written})
    other = dry_run(server, app, {"campaign": written})
    assert one["result"] == other["result"], "the same question, the same answer"
    assert "campaignId" not in one and one["start"] == LATER
    assert one["result"]["firstMessage"] == LATER
    assert not one["result"]["rateAssumed"] and one["result"]["messagesPerSecond"] == 10
    night = dry_run(server, app, {"campaign": written, "start": "2039-01-01T23:00:00Z"})
    assert night["result"]["outcomes"]["QUIET_TIME"] == one["result"]["outcomes"]["SUCCESS"]
    assert "SUCCESS" not in night["result"]["outcomes"]
    after = server.pinpoint().get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"]
    assert before == after == []
    listed = server.beckon("GET", f"/apps/{app}/dry-runs")["items"]
    assert [it["id"] for it in listed] == [night["id"], other["id"], one["id"]]
    assert all("result" not in it for it in listed)
    status, _, answer = server.call("GET", f"/beckon/v1/apps/{app}/dry-runs/{one['id']}/difference")
    assert status == 400 and "not stored" in answer["Message"]


def test_a_campaign_becomes_that_of_its_dry_run(server, shop):
    """Written, tried, launched with its canary in one step, and held against what was foretold."""
    app, segment = shop
    written = campaign(segment, HoldoutPercent=20, Schedule={"StartTime": "IMMEDIATE"},
                       AdditionalTreatments=[{"SizePercent": 40, "MessageConfiguration": email("B")}])
    safety = {"canary": {"percent": 25, "holdMinutes": 0}}
    tried = dry_run(server, app, {"campaign": written, "safety": safety})
    assert "campaignId" not in tried
    [canary] = tried["result"]["canaries"]
    assert (canary["treatmentIds"], canary["endpoints"]) == (["0", "1"], 10)
    assert "out" in canary and "rest" not in canary
    path = f"/beckon/v1/apps/{app}/campaigns"
    request = {"campaign": written, "safety": safety, "dryRunId": tried["id"]}
    status, _, made = server.call("POST", path, request)
    assert (status, made["ApplicationId"], made["State"]["CampaignStatus"]) == (201, app, "SCHEDULED")
    id = made["Id"]
    assert server.call("GET", f"{path}/{id}/safety")[2]["canary"] == safety["canary"]

    def held():
        runs = server.progress(app, id)["runs"]
        return runs and "held" in runs[0] and runs[0]

    run = wait_for(held)
    assert run["held"]["by"] == "canary" and run["remaining"] == PEOPLE - 10
    # Another canary comes too late for its only run.
    status, _, answer = server.call(
        "PUT", f"{path}/{id}/safety", {"canary": {"percent": 50, "holdMinutes": 0}})
    assert status == 409 and "last run has begun" in answer["Message"]
    assert server.call("POST", f"{path}/{id}/go-on")[0] == 204
    server.wait_for_campaign(app, id)
    assert server.call("DELETE", f"{path}/{id}/safety")[0] == 409, "it runs no more"
    assert server.beckon("GET", f"/apps/{app}/dry-runs/{tried['id']}")["campaignId"] == id
    [listed] = server.beckon("GET", f"/apps/{app}/dry-runs")["items"]
    assert listed["campaignId"] == id
    difference = server.beckon("GET", f"/apps/{app}/dry-runs/{tried['id']}/difference")
    assert difference["moved"] == []
    assert {it["outcome"]: it["actual"] for it in difference["outcomes"]} == tried["result"]["outcomes"]
    # There is one campaign for each dry run; the same words tried again are another campaign.
    assert server.call("POST", path, request)[0] == 409
    again = dry_run(server, app, {"campaign": written})
    assert "campaignId" not in again

    def refused(change, words):
        status, _, answer = server.call("POST", path, {"campaign": written, **change})
        assert status == 400 and words in answer["Message"], answer

    refused({"dryRunId": "nope"}, "dryRunId")
    refused({"safety": {"canary": {"percent": 51, "holdMinutes": 0}}}, "canary.percent must be 1 to 50")
    refused({"safety": {"brakes": {}}}, "brakes")
    refused({"pause": True}, "pause")
    refused({"campaign": campaign("nope")}, "segment")
    assert server.call("POST", path, {})[0] == 400
    status, _, answer = server.call(
        "POST", f"/beckon/v1/apps/{app}/dry-runs", {"campaignId": id, "safety": safety})
    assert status == 400 and "safety" in answer["Message"]


def test_treatments_are_planned_at_their_own_times(server, shop):
    app, segment = shop
    night = {"Start": "22:00", "End": "07:00"}
    later = {"StartTime": "2039-01-01T22:30:00Z", "QuietTime": night}
    local = {"StartTime": "2039-01-02T08:00:00", "IsLocalTime": True}
    others = [{"SizePercent": 40, "Schedule": later}, {"SizePercent": 30, "Schedule": local}]
    result = dry_run(server, app, {"campaign": campaign(segment, AdditionalTreatments=others)})["result"]
    assert [it["due"] for it in result["treatments"]] == [
        LATER, "2039-01-01T22:30:00.000Z", "2039-01-02T08:00:00.000Z"]
    first, second, third = result["treatments"]
    # Half past eleven at night in Oslo; and eight in the morning there.
    assert first["sent"] and second["outcomes"]["QUIET_TIME"] and third["sent"]
    assert "SUCCESS" not in second["outcomes"] and "firstMessage" not in second
    assert third["firstMessage"] == "2039-01-03T07:00:00.000Z"
    assert result["lastMessage"] == third["lastMessage"]
    hours = {it["hour"]: it["sent"] for it in result["localHours"] if it["sent"]}
    assert hours == {10: first["sent"], 8: third["sent"]}


def test_long_text_messages_are_told(server, shop):
    app, segment = shop
    client = server.pinpoint()
    client.update_sms_channel(ApplicationId=app, SMSChannelRequest={"Enabled": True})
    for n, name in enumerate(["short", "x" * 50, "y" * 100]):
        client.update_endpoint(ApplicationId=app, EndpointId=f"s{n}", EndpointRequest={
            "ChannelType": "SMS", "Address": f"+4791000000{n}", "Attributes": {"Word": [name]}})
    words = {"SMSMessage": {"Body": "Say " + 4 * "{{Attributes.Word}}", "MessageType": "PROMOTIONAL"}}
    found = dry_run(server, app, {"campaign": campaign(segment, MessageConfiguration=words)})
    assert found["result"]["outcomes"]["SUCCESS"] == 3
    assert found["result"]["longTexts"] == [
        {"parts": 2, "endpoints": 1}, {"parts": 3, "endpoints": 1}]
    texts = {it["endpointId"]: it["text"] for it in found["result"]["samples"]}
    assert texts["s0"] == "Say shortshortshortshort"


def test_bad_requests_are_refused(server, shop):
    app, segment = shop
    path = f"/beckon/v1/apps/{app}/dry-runs"

    def refused(request, status, words):
        got, _, answer = server.call("POST", path, request)
        assert got == status, answer
        assert words in answer["Message"]

    refused({}, 400, "campaignId")
    refused({"campaignId": "x", "campaign": campaign(segment)}, 400, "campaignId")
    assert server.call("POST", path, {"campaignId": "nope"})[0] == 404
    refused({"campaign": campaign(segment), "start": "tomorrow"}, 400, "start")
    refused({"campaign": campaign(segment), "samples": 51}, 400, "samples")
    refused({"campaign": campaign(segment), "samples": -1}, 400, "not usable")
    refused({"campaign": campaign(segment, HoldoutPercent=101)}, 400, "HoldoutPercent")
    refused({"campaign": campaign("nope")}, 400, "segment")
    assert server.call("GET", f"{path}/nope")[0] == 404
    assert server.beckon("GET", f"/apps/{app}/dry-runs")["items"] == []


def test_a_hook_is_not_asked(server, shop):
    app, segment = shop
    hook = {"WebUrl": "https://hooks.example/choose", "Mode": "FILTER"}
    request = campaign(segment, IsPaused=True, Hook=hook)
    made = server.pinpoint().create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    id = made["CampaignResponse"]["Id"]
    assert dry_run(server, app, {"campaignId": id})["result"]["hookNotCalled"]
    [person] = explain(server, app, id, "endpoint=p7")["people"]
    [step] = [step for step in person["steps"] if step["rule"] == "HOOK"]
    assert step["passed"] is None and "was not asked" in step["detail"]
    assert person["verdict"] == "SEND"


def test_an_explanation_follows_a_person_through_the_rules(server, shop):
    app, segment = shop
    client = server.pinpoint()
    request = campaign(segment, IsPaused=True, Schedule={"StartTime": "IMMEDIATE"}, Limits={"Total": 1})
    made = client.create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    id = made["CampaignResponse"]["Id"]
    told = explain(server, app, id, "endpoint=p7")
    assert told["campaign"] == {"id": id, "name": "spring", "status": "PAUSED"} and not told["past"]
    [person] = told["people"]
    assert (person["verdict"], person["treatmentId"], person["history"]) == ("SEND", "0", [])
    rules = [step["rule"] for step in person["steps"]]
    assert rules == [
        "SEGMENT", "REGISTERED", "ACTIVE", "OPT_OUT", "CHANNEL", "ADDRESS", "CONTENT", "TIMEZONE",
        "TURN", "TREATMENT", "COHORT", "DUPLICATE_ADDRESS", "TOTAL_CAP", "DAILY_CAP", "QUIET_TIME", "MAXIMUM_DURATION", "HOOK",
        "MESSAGE", "SUPPRESSION", "SCHEDULE"]
    assert [step["rule"] for step in person["steps"] if not step["passed"]] == ["SCHEDULE"], "paused"
    [refusing] = explain(server, app, id, "user=u1")["people"]
    assert (refusing["endpointId"], refusing["verdict"]) == ("p1", "ENDPOINT_OPT_OUT")
    server.beckon("PUT", "/suppressions/p3@mail.example")
    assert explain(server, app, id, "endpoint=p3")["people"][0]["verdict"] == "SUPPRESSED"
    client.update_campaign(
        ApplicationId=app, CampaignId=id, WriteCampaignRequest={"IsPaused": False})
    server.wait_for_campaign(app, id)
    run = server.progress(app, id)["runs"][0]["runId"]
    [person] = explain(server, app, id, "endpoint=p7")["people"]
    assert person["verdict"] == "CAMPAIGN_CAP"
    [past] = person["history"]
    assert (past["runId"], past["activityId"], past["outcome"]) == (run, run, "SUCCESS")
    assert past["at"]
    path = f"/beckon/v1/apps/{app}/campaigns"
    for query, status in [("", 400), ("endpoint=p7&user=u7", 400), ("endpoint=nobody", 404),
                          ("user=nobody", 404), ("endpoint=p7&at=noon", 400)]:
        assert server.call("GET", f"{path}/{id}/explain?{query}")[0] == status, query
    assert server.call("GET", f"{path}/nope/explain?endpoint=p7")[0] == 404
