"""`beckon load-archive`: what a service streamed before becomes history here, once and for ever."""

import datetime
import gzip
import json
import random
import re
import signal
import subprocess
import time
import urllib.request

import boto3
import pytest
from moto.server import ThreadedMotoServer

from beckon import BINARY, KEY, SECRET, Server, wait_for
from test_event_stream import KINESIS, put, records
from test_import_project import take, write

APP_KPIS = ["successful-delivery-rate", "unique-deliveries", "unique-deliveries-grouped-by-campaign",
            "successful-deliveries-grouped-by-campaign", "email-open-rate", "push-open-rate",
            "unique-deliveries-grouped-by-date"]
CAMPAIGN_KPIS = ["successful-delivery-rate", "hard-bounce-rate", "email-open-rate", "unique-deliveries",
                 "unique-deliveries-grouped-by-campaign-activity",
                 "attempted-deliveries-grouped-by-campaign-activity",
                 "direct-email-opens-grouped-by-campaign-activity"]


def words_of(server, *words):
    return [BINARY, "load-archive", "--config", str(server.config), "--data", str(server.folder / "data"),
            *map(str, words)]


def load(server, *words, ok=True, env=None):
    """Loads into a stopped server's data folder; answers what the command reported."""
    done = subprocess.run(words_of(server, *words), capture_output=True, text=True, timeout=300, env=env)
    assert (done.returncode == 0) == ok, (done.stdout, done.stderr)
    return done.stdout if ok else done.stderr


def now_ms():
    return int(time.time() * 1000)


def app_event(app, n, kind="archive.test", **more):
    """A record of a client's event as the spec's §3.2 shows it, of an hour ago."""
    at = now_ms() // 3_600_000 * 3_600_000 - 3_600_000 + n
    return {
        "event_type": kind, "event_timestamp": at, "arrival_timestamp": at + 868, "event_version": "3.1",
        "application": {"app_id": app, "package_name": "org.example.shop", "title": "Shop",
                        "sdk": {"name": "aws-sdk-android", "version": "2.77.0"},
                        "version_name": "3.2.0", "version_code": "320"},
        "client": {"client_id": f"ep-{n}", "cognito_id": "us-east-1:x"},
        "device": {"locale": {"code": "de_DE", "country": "DE", "language": "de"}, "make": "Google",
                   "model": "Pixel 8", "platform": {"name": "Android", "version": "14"}},
        "session": {"session_id": f"s-{n}", "start_timestamp": at},
        "attributes": {"theme": "dark"}, "metrics": {"cold_start_ms": 412.0},
        "endpoint": {"ChannelType": "GCM", "EndpointStatus": "ACTIVE", "OptOut": "NONE", "Id": f"ep-{n}",
                     "Location": {"Country": "DE"}, "Demographic": {"Platform": "Android"},
                     "User": {"UserId": f"u-{n}"}, "ApplicationId": app, "CohortId": "37"},
        "awsAccountId": "000000000000",
    } | more


def mail_event(app, n, kind, part, campaign):
    at = now_ms() // 3_600_000 * 3_600_000 - 3_600_000 + n
    return {
        "event_type": f"_email.{kind}", "event_timestamp": at, "arrival_timestamp": at + 3_871,
        "event_version": "3.1", "application": {"app_id": app, "sdk": {}}, "client": {"client_id": f"ep-{n}"},
        "device": {"platform": {}}, "session": {},
        "attributes": {"feedback": kind, "campaign_id": campaign, "campaign_activity_id": "a" * 32,
                       "treatment_id": "0"}, "metrics": {},
        "client_context": {"custom": {"legacy_identifier": app}}, "awsAccountId": "000000000000",
        "facets": {"email_channel": {"mail_event": {"mail": {
            "message_id": f"m-{n}", "message_send_timestamp": at, "from_address": "news@shop.example",
            "destination": [f"p{n}@mail.example"], "headers_truncated": False, "headers": [],
            "common_headers": {"from": "news@shop.example", "to": [f"p{n}@mail.example"]}}} | part}},
    }


def counted(server, app, kind="archive.test"):
    now = datetime.datetime.now(datetime.timezone.utc)
    start, end = (now - datetime.timedelta(days=5)), (now + datetime.timedelta(days=1))
    span = "&".join(f"{name}={at.strftime('%Y-%m-%dT%H%%3A%M%%3A%SZ')}" for name, at in (("start", start), ("end", end)))
    answer = server.beckon("GET", f"/apps/{app}/analytics/events?{span}&type={kind}")
    return sum(day["count"] for day in answer["days"])


def kpis(server, app, campaign):
    """What the KPIs of an application and a campaign say."""
    client, found = server.pinpoint(), {}
    for name in APP_KPIS:
        got = client.get_application_date_range_kpi(ApplicationId=app, KpiName=name)
        found["app", name] = got["ApplicationDateRangeKpiResponse"]["KpiResult"]
    for name in CAMPAIGN_KPIS:
        got = client.get_campaign_date_range_kpi(ApplicationId=app, CampaignId=campaign, KpiName=name)
        found["campaign", name] = got["CampaignDateRangeKpiResponse"]["KpiResult"]
    return found


@pytest.fixture
def target(tmp_path):
    """A stopped server with an application."""
    folder = tmp_path / "target"
    server = Server(folder, extra=f'\n[streams]\n"{KINESIS}" = "{folder}/stream"\n')
    with server:
        server.app = server.new_app()
    return server


def test_what_one_server_streamed_answers_on_another(tmp_path):
    stream = tmp_path / "stream"
    fates = ["success", "bounce", "softbounce", "complaint", "success", "success"]
    with Server(tmp_path / "one", extra=f'\n[streams]\n"{KINESIS}" = "{stream}"\n') as one:
        client, app = one.pinpoint(), one.new_app()
        one.enable_email(app)
        put(one, app)
        lines = ["ChannelType,Address,Id,User.UserId\n"]
        lines += [f"EMAIL,{fate}+{n}@simulator.beckon.test,e{n},u{n // 2}\n" for n, fate in enumerate(fates)]
        (one.imports / "people.csv").write_text("".join(lines))
        segment = one.import_file(app, "s3://crm/people.csv")["Definition"]["SegmentId"]
        campaign = client.create_campaign(ApplicationId=app, WriteCampaignRequest={
            "Name": "spring", "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"EmailMessage": {"Title": "Hi", "HtmlBody": "<a href='https://x.example/'>x</a>"}},
        })["CampaignResponse"]["Id"]
        one.wait_for_campaign(app, campaign)
        for message in one.beckon("GET", f"/inbox?app={app}")["items"][:2]:
            html = one.beckon("GET", f"/inbox/{message['id']}")["html"]
            for url in re.findall(r'src="(http[^"]+)"', html):
                urllib.request.urlopen(url).read()
        at = datetime.datetime.now(datetime.timezone.utc).isoformat()
        client.put_events(ApplicationId=app, EventsRequest={"BatchItem": {"e0": {"Endpoint": {}, "Events": {
            "s": {"EventType": "_session.start", "Timestamp": at, "Session": {"Id": "s", "StartTimestamp": at}},
            "p": {"EventType": "archive.test", "Timestamp": at, "Attributes": {"k": "v"}, "Metrics": {"m": 2.5}}}}}})
        wait_for(lambda: {"archive.test", "_email.open"} <= {r["event_type"] for r in records(stream)})
        wait_for(lambda: counted(one, app) == 1)
        before = kpis(one, app, campaign)
        project = [
            write(tmp_path, "app", client.get_app(ApplicationId=app)),
            write(tmp_path, "segments", client.get_segments(ApplicationId=app)),
            write(tmp_path, "campaigns", client.get_campaigns(ApplicationId=app)),
        ]
    written = len(records(stream))
    rates = before["campaign", "successful-delivery-rate"]["Rows"][0]["Values"][0]["Value"]
    assert 0 < float(rates) < 1 and before["campaign", "email-open-rate"]["Rows"][0]["Values"][0]["Value"] != "0.0"

    two = Server(tmp_path / "two")
    take(two, *project)
    # People first, so that history finds them.
    (two.imports / "people.csv").write_text("".join(lines))
    with two:
        two.import_file(app, "s3://crm/people.csv", RegisterEndpoints=True, DefineSegment=False)
    report = load(two, stream)
    assert f"{written} records loaded, 0 repeated, 0 refused" in report, report
    assert f"0 records loaded, {written} repeated, 0 refused" in load(two, stream)
    with two:
        assert kpis(two, app, campaign) == before
        assert counted(two, app) == 1
        # History sends nothing and suppresses nobody.
        assert two.beckon("GET", f"/inbox?app={app}")["items"] == []


def test_an_archive_as_firehose_left_it(target):
    """Date-partitioned folders, packed or not, records one after the other or line by line."""
    app, folder = target.app, target.folder / "archive"
    hour = folder / "2026/11/21/10"
    hour.mkdir(parents=True)
    campaign = "c0ffee1292d84f06b1e0c9d2f4000001"
    bounce = {"bounce": {"bounce_type": "Permanent", "bounce_sub_type": "General", "feedback_id": "f",
                         "bounced_recipients": [{"email_address": "p9@mail.example", "status": "5.1.1"}]}}
    one_line = "".join(json.dumps(app_event(app, n)) for n in range(3))
    packed = "\n".join(json.dumps(record) for record in [
        mail_event(app, 7, "send", {"send": {}}, campaign),
        mail_event(app, 7, "delivered", {"delivery": {"smtp_response": "250 ok", "recipients": ["p7@mail.example"]}}, campaign),
        mail_event(app, 9, "send", {"send": {}}, campaign),
        mail_event(app, 9, "hardbounce", bounce, campaign),
        app_event(app, 4, "_session.start")])
    (hour / "shop-1-2026-11-21-10-00-00-a").write_text(one_line)
    # Two members, as when files were joined.
    (hour / "shop-1-2026-11-21-10-05-00-b.gz").write_bytes(
        gzip.compress(packed.encode()) + gzip.compress(json.dumps(app_event(app, 5)).encode()))
    (hour / "broken").write_text("\n".join([
        json.dumps(app_event(app, 6)),
        "not a record",
        json.dumps(app_event(app, 10))[:80],
        json.dumps(app_event("0" * 32, 11)),
        json.dumps({"event_type": "x", "application": {"app_id": app}, "client": {"client_id": "e"}}),
        json.dumps(app_event(app, 12, metrics={"m": "many"})),
        json.dumps(app_event(app, 13) | {"arrival_timestamp": 1_500_000_000_000, "event_timestamp": 1_500_000_000_000}),
        json.dumps(app_event(app, 14) | {"arrival_timestamp": now_ms() + 86_400_000, "event_timestamp": now_ms() + 86_400_000}),
        json.dumps(app_event(app, 0)),
        json.dumps(dict(reversed(app_event(app, 6).items()))),
    ]))
    (hour / "empty").write_text("")
    (hour / "_SUCCESS").write_text("not meant")
    (hour / "torn.gz").write_bytes(gzip.compress(packed.encode())[:40])
    report = load(target, folder)
    assert "10 records loaded, 2 repeated" in report, report
    broken = [line.split("broken:")[1] for line in report.splitlines() if "broken:" in line]
    assert [line.split(":")[0] for line in broken] == ["2", "3", "4", "5", "6", "7", "8"], broken
    for line, words in zip(broken, ["expected a JSON object", "cut off", "there is no application 000",
                                    "event_timestamp: missing", "metrics.m: expected a number",
                                    "store.retention_days", "lies in the future"]):
        assert words in line, line
    assert re.search(r"torn\.gz:\d+: .*cannot be read", report)
    with target:
        wait_for(lambda: counted(target, app) == 5)
        client = target.pinpoint()
        rate = client.get_application_date_range_kpi(ApplicationId=app, KpiName="successful-delivery-rate")
        assert rate["ApplicationDateRangeKpiResponse"]["KpiResult"]["Rows"][0]["Values"][0]["Value"] == "0.5"
        # A bounce of the past suppresses nobody here, and nobody became an endpoint.
        assert target.beckon("GET", "/suppressions")["items"] == []
        assert target.call("GET", f"/v1/apps/{app}/endpoints/ep-1")[0] == 404


def test_history_is_not_streamed_out_again(target):
    with target:
        put(target, target.app)
    file = target.folder / "archive.json"
    file.write_text("\n".join(json.dumps(app_event(target.app, n)) for n in range(10)))
    assert "10 records loaded" in load(target, file)
    with target:
        target.call("POST", f"/v1/apps/{target.app}/events", {"BatchItem": {"e": {"Endpoint": {}, "Events": {
            "x": {"EventType": "live", "Timestamp": "2026-11-22T00:00:00Z"}}}}})
        wait_for(lambda: records(target.folder / "stream"))
        assert [record["event_type"] for record in records(target.folder / "stream")] == ["live"]


def test_records_go_to_the_application_that_is_named(target):
    old, other = "1" * 32, "2" * 32
    file = target.folder / "archive.json"
    file.write_text(json.dumps(app_event(old, 1)) + json.dumps(app_event(other, 2)))
    report = load(target, "--map", f"{old}={target.app}", file)
    assert "1 records loaded, 0 repeated, 1 refused" in report and f"no application {other}" in report
    assert "1 records loaded, 1 repeated, 0 refused" in load(target, "--app", target.app, file)
    assert "there is no application nobody" in load(target, "--app", "nobody", file, ok=False)
    assert "expected OLD=NEW" in load(target, "--map", "x", file, ok=False)
    assert "missing" in load(target, target.folder / "missing", ok=False)
    with target:
        wait_for(lambda: counted(target, target.app) == 2)


def test_a_load_that_is_killed_goes_on(target):
    folder = target.folder / "archive"
    folder.mkdir()
    total = 60_000
    for part in range(6):
        with gzip.open(folder / f"{part}.gz", "wt") as file:
            file.writelines(json.dumps(app_event(target.app, part * 10_000 + n)) + "\n" for n in range(10_000))
    for kill in range(4):
        process = subprocess.Popen(words_of(target, folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = b""
        while said.count(b"records loaded") < 2 + 3 * kill:
            byte = process.stderr.read(1)
            assert byte, said
            said += byte
        time.sleep(random.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    # A server that runs in between settles what was under way.
    with target:
        target.call("POST", f"/v1/apps/{target.app}/events", {"BatchItem": {"e": {"Endpoint": {}, "Events": {
            "x": {"EventType": "live", "Timestamp": "2026-11-22T00:00:00Z"}}}}})
    report = load(target, folder)
    loaded, repeated = map(int, re.search(r"(\d+) records loaded, (\d+) repeated, 0 refused", report).groups())
    assert loaded + repeated == total
    assert f"0 records loaded, {total} repeated" in load(target, folder)
    with target:
        wait_for(lambda: counted(target, target.app) >= total, seconds=60)
        assert counted(target, target.app) == total
    assert repeated >= 4_000
    print(f"{repeated} records loaded before the last kill")


def test_from_s3(target, monkeypatch):
    s3 = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    s3.start()
    host, port = s3.get_host_and_port()
    try:
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1",
                              aws_access_key_id=KEY, aws_secret_access_key=SECRET)
        client.create_bucket(Bucket="history")
        body = gzip.compress(json.dumps(app_event(target.app, 1)).encode())
        client.put_object(Bucket="history", Key="shop/2026/11/21/part-1.gz", Body=body)
        client.put_object(Bucket="history", Key="other/part-1", Body=b"not ours")
        with open(target.config, "a") as file:
            file.write(f'\n[aws]\nendpoint_url = "http://{host}:{port}"\nregion = "us-east-1"\n')
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        assert "1 records loaded, 0 repeated, 0 refused" in load(target, "s3://history/shop")
    finally:
        s3.stop()
