"""A mail server that is down, slow to accept, or breaks off loses and doubles nothing."""

import time

from beckon import Server, free_port, wait_for
from smtp_sink import SmtpSink


def audience(server, count):
    app = server.new_app()
    server.enable_email(app)
    lines = ["ChannelType,Address,Id"] + [f"EMAIL,f{n}@mail.example,f{n}" for n in range(count)]
    (server.imports / "faults.csv").write_text("\n".join(lines) + "\n")
    server.import_file(app, "s3://crm/faults.csv", RegisterEndpoints=True, DefineSegment=False)
    return app


def launch(server, app, **more):
    client = server.pinpoint()
    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "all"})
    request = {
        "Name": "faults",
        "SegmentId": segment["SegmentResponse"]["Id"],
        "MessageConfiguration": {"EmailMessage": {"Title": "Hello", "HtmlBody": "<p>x</p>", "Body": "x"}},
        "Schedule": {"StartTime": "IMMEDIATE"},
    }
    got = client.create_campaign(ApplicationId=app, WriteCampaignRequest=request | more)
    return got["CampaignResponse"]["Id"]


def outcomes(server, app, campaign):
    return server.progress(app, campaign)["runs"][0]


def test_a_server_that_is_down_at_first(tmp_path):
    port = free_port()
    with Server(tmp_path / "beckon", smtp=port) as server:
        app = audience(server, 50)
        campaign = launch(server, app)
        time.sleep(3)
        assert server.campaign(app, campaign)["State"]["CampaignStatus"] == "EXECUTING"
        with SmtpSink(port=port) as sink:
            server.wait_for_campaign(app, campaign, seconds=120)
            assert len(sink.taken) == 50 and set(sink.taken.values()) == {1}
            assert outcomes(server, app, campaign)["sent"] == 50


def test_greylisting(mail_server):
    server, sink = mail_server
    sink.behave = lambda recipient, attempt: "250 taken" if attempt > 1 else "451 4.7.1 try again"
    app = audience(server, 20)
    campaign = launch(server, app)
    server.wait_for_campaign(app, campaign, seconds=240)
    assert len(sink.taken) == 20 and set(sink.taken.values()) == {1}
    assert set(sink.attempts.values()) == {2}


def test_refusals_bounce_and_are_not_tried_again(mail_server):
    server, sink = mail_server
    sink.behave = lambda recipient, _: "550 5.1.1 no such user" if recipient < "f2" else "250 taken"
    app = audience(server, 20)
    campaign = launch(server, app)
    server.wait_for_campaign(app, campaign)
    refused = {r for r in sink.attempts if r < "f2"}
    assert set(sink.attempts.values()) == {1} and len(sink.taken) == 20 - len(refused)

    def bounced():
        charts = server.beckon("GET", f"/apps/{app}/campaigns/{campaign}/analytics")
        return charts["totals"]["hardBounces"] == len(refused)

    wait_for(bounced, seconds=10)

    def suppressed():
        listed = server.beckon("GET", "/suppressions?limit=1000")["items"]
        return refused <= {entry["address"] for entry in listed}

    wait_for(suppressed, seconds=10)


def test_breaking_off(mail_server):
    server, sink = mail_server

    def behave(recipient, attempt):
        if recipient < "f2" and attempt == 1:
            return "drop-before"
        if recipient >= "f8":
            return "drop-after"
        return "250 taken"

    sink.behave = behave
    app = audience(server, 20)
    campaign = launch(server, app)
    server.wait_for_campaign(app, campaign, seconds=240)
    # What may have been taken is never sent again: it stays open or failed, but single.
    assert set(sink.taken.values()) == {1}
    run = outcomes(server, app, campaign)
    assert run["planned"] == 20 == run["sent"] + run["skipped"] + run["failed"] + run["inDoubt"]
    certain = {r for r in sink.taken if "f2" <= r < "f8"}
    assert len(certain) + run["failed"] + run["inDoubt"] <= 20 and run["sent"] >= len(certain)
