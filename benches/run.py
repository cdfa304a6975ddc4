"""Measures Beckon against named references in the same run, and writes docs/benchmarks.md.

`cargo xtask bench [segment upserts import events smtp triggers webhook]`
"""

import datetime
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

import callout
from beckon import KEY, SECRET, Server, free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benches/results.json"
ENDPOINTS = int(os.environ.get("BENCH_ENDPOINTS", "10000000"))
IMPORT_ROWS = int(os.environ.get("BENCH_IMPORT_ROWS", "1000000"))
RAW_ROWS = 1_000_000
TRIGGERS = int(os.environ.get("BENCH_TRIGGERS", "500"))
MAILS = int(os.environ.get("BENCH_MAILS", "100000"))
WEBHOOK_PEOPLE = int(os.environ.get("BENCH_WEBHOOK_PEOPLE", "100000"))
COLUMNS = {
    "attributes": "MAP(VARCHAR, VARCHAR[])", "user_attributes": "MAP(VARCHAR, VARCHAR[])",
    "metrics": "MAP(VARCHAR, DOUBLE)", "country": "VARCHAR", "platform": "VARCHAR",
}
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "5000"))


def cargo_bench(package, bench, *arguments):
    """Runs a bench target and answers the JSON lines that it prints."""
    done = subprocess.run(
        ["cargo", "bench", "--quiet", "-p", package, "--bench", bench, "--", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def load(mode, server=None, app="0", requests=REQUESTS):
    where = ["--url", server.url, "--app", app, "--key", KEY, "--secret", SECRET] if server else []
    [line] = cargo_bench("server", "load", mode, *where, "--requests", requests)
    return line["items_per_second"]


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()} {platform.release()}"


def row(work, reference, ours, theirs, ratio, target):
    return {"work": work, "reference": reference, "ours": ours, "theirs": theirs, "ratio": ratio, "target": target}


def segment(folder):
    """Five clauses, narrow and broad, over the same rows in DuckDB, attributes in maps."""
    dump = folder / "endpoints.ndjson"
    lines = cargo_bench("audience", "segment_size", "--endpoints", ENDPOINTS, "--dump", dump)
    base = duckdb.connect(str(folder / "d.duckdb"))
    base.execute(f"SET threads={os.cpu_count()}")
    base.execute(f"CREATE TABLE endpoints AS SELECT * FROM read_json('{dump}', format='newline_delimited', "
                 f"columns={COLUMNS})")
    dump.unlink()
    rows = []
    for ours in (line for line in lines if "where" in line):
        query = f"SELECT count(*) FROM endpoints WHERE {ours['where']}"
        times = []
        for _ in range(5):
            start = time.perf_counter()
            [(matches,)] = base.execute(query).fetchall()
            times.append((time.perf_counter() - start) * 1000)
        assert matches == ours["matches"], (matches, ours)
        theirs = statistics.median(times)
        rows.append(row(
            f"segment size, {ENDPOINTS:,} endpoints, five clauses, {ours['case']}",
            f"DuckDB {duckdb.__version__}, attributes in maps, same rows, same answer",
            f"{ours['millis_median']:.1f} ms ({ours['memory_bytes'] / 2**30:.2f} GiB index)",
            f"{theirs:.0f} ms", theirs / ours["millis_median"], "≥ 10× and < 30 ms"))
    return rows


def raw_store():
    """New endpoints a second that the bare key-value store takes in bulk: identifier looked up, old
    value read, user kept."""
    lines = cargo_bench("store-embedded", "upserts", RAW_ROWS, "raw_fjall")
    return max(line["rows_per_second"] for line in lines if line["bench"].endswith("_new"))


def upserts(folder):
    theirs = raw_store()
    with Server(folder / "upserts") as server:
        ours = load("upserts", server, server.new_app())
    return [row("endpoints upserted in batches of 100 over HTTP, signed, durable",
                "raw fjall in bulk, with the lookups that an upsert needs", f"{ours:,.0f}/s", f"{theirs:,.0f}/s", ours / theirs,
                "≥ 0.70 and ≥ 45,000/s")]


def imports(folder):
    theirs = raw_store()
    with Server(folder / "import") as server:
        with open(server.imports / "rows.csv", "w") as file:
            file.write("ChannelType,Address,Id,User.UserId,Attributes.plan,Attributes.team,Metrics.orders\n")
            file.writelines(f"EMAIL,m{n}@mail.example,m{n},u{n},{('gold', 'basic')[n % 2]},t{n % 50},{n % 20}\n"
                            for n in range(IMPORT_ROWS))
        app = server.new_app()
        start = time.perf_counter()
        job = server.import_file(app, "s3://crm/rows.csv", seconds=1200)
        ours = IMPORT_ROWS / (time.perf_counter() - start)
        assert job["TotalFailures"] == 0
    return [row(f"import of {IMPORT_ROWS:,} rows of CSV, with a segment", "raw fjall in bulk, with the lookups that an upsert needs",
                f"{ours:,.0f}/s", f"{theirs:,.0f}/s", ours / theirs, "≥ 0.80 and ≥ 50,000/s")]


def events(folder):
    theirs = load("echo", requests=2 * REQUESTS)
    with Server(folder / "events") as server:
        ours = load("events", server, server.new_app(), requests=2 * REQUESTS)
    return [row("PutEvents, 100 a request, signed, durable", "HTTP echo that parses the same body",
                f"{ours:,.0f}/s", f"{theirs:,.0f}/s", ours / theirs, "≥ 0.35 and ≥ 250,000/s")]


class PostfixSink:
    def __enter__(self):
        self.port = free_port()
        self.process = subprocess.Popen(
            [tool("smtp-sink"), "-u", "nobody", f"127.0.0.1:{self.port}", "1000"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("smtp-sink does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def tool(name):
    return shutil.which(name) or f"/usr/sbin/{name}"


def smtp(folder):
    with PostfixSink() as sink:
        start = time.perf_counter()
        subprocess.run([tool("smtp-source"), "-d", "-s", "16", "-l", "2048", "-m", str(MAILS),
                        "-f", "a@x.example", "-t", "b@y.example", f"127.0.0.1:{sink.port}"], check=True)
        theirs = MAILS / (time.perf_counter() - start)
    with PostfixSink() as sink, Server(folder / "smtp", smtp=sink.port) as server:
        app = server.new_app()
        server.enable_email(app)
        with open(server.imports / "rows.csv", "w") as file:
            file.write("ChannelType,Address,Id,User.UserId,User.UserAttributes.Name\n")
            file.writelines(f"EMAIL,m{n}@mail.example,m{n},u{n},N{n}\n" for n in range(MAILS))
        job = server.import_file(app, "s3://crm/rows.csv", seconds=600)
        html = "<p>Hello {{User.UserAttributes.Name}}</p>" + "<p>words</p>" * 80
        html += '<a href="https://shop.example/a">a</a><a href="https://shop.example/b">b</a>'
        start = time.perf_counter()
        made = server.pinpoint().create_campaign(ApplicationId=app, WriteCampaignRequest={
            "Name": "bench", "SegmentId": job["Definition"]["SegmentId"], "Schedule": {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"EmailMessage": {"Title": "Hi {{User.UserAttributes.Name}}", "HtmlBody": html}}})
        campaign = made["CampaignResponse"]["Id"]
        server.wait_for_campaign(app, campaign, seconds=600)
        ours = MAILS / (time.perf_counter() - start)
        assert server.progress(app, campaign)["runs"][0]["sent"] == MAILS
    return [row(f"campaign of {MAILS:,} by SMTP to a sink, personalised, tracked, recorded",
                "smtp-source -d → smtp-sink, bare messages of 2 KB, 16 sessions",
                f"{ours:,.0f}/s", f"{theirs:,.0f}/s", ours / theirs, "≥ 0.60 and ≥ 10,000/s")]


def triggers(folder):
    """From PutEvents answered to the message in the inbox, one event after the other."""
    def instant(seconds):
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    acknowledged, handed_over = {}, {}
    with Server(folder / "triggers") as server:
        app, client = server.new_app(), server.pinpoint()
        server.enable_email(app)
        for n in range(TRIGGERS):
            client.update_endpoint(ApplicationId=app, EndpointId=f"p{n}", EndpointRequest={
                "ChannelType": "EMAIL", "Address": f"p{n}@mail.example"})
        everyone = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "all"})
        kind = {"DimensionType": "INCLUSIVE", "Values": ["cart.add"]}
        schedule = {"Frequency": "EVENT",
                    "EventFilter": {"FilterType": "ENDPOINT", "Dimensions": {"EventType": kind}}}
        made = client.create_campaign(ApplicationId=app, WriteCampaignRequest={
            "Name": "bench", "SegmentId": everyone["SegmentResponse"]["Id"],
            "Schedule": {**schedule, "StartTime": instant(1200)},
            "MessageConfiguration": {"EmailMessage": {"Title": "Hi", "HtmlBody": "<p>x</p>"}}})
        campaign = made["CampaignResponse"]["Id"]
        client.update_campaign(ApplicationId=app, CampaignId=campaign, WriteCampaignRequest={
            "Schedule": {**schedule, "StartTime": instant(-60)}})
        server.wait_for_campaign(app, campaign, "EXECUTING", seconds=20)
        for n in range(TRIGGERS):
            event = {"EventType": "cart.add", "Timestamp": instant(0)}
            client.put_events(ApplicationId=app, EventsRequest={
                "BatchItem": {f"p{n}": {"Endpoint": {}, "Events": {"e": event}}}})
            acknowledged[f"p{n}"] = time.time()
            time.sleep(0.02)
        while len(handed_over) < TRIGGERS:
            got = server.beckon("GET", f"/inbox?app={app}&limit=1000")
            for item in got["items"]:
                at = datetime.datetime.fromisoformat(item["received"].replace("Z", "+00:00"))
                handed_over[item["endpointId"]] = at.timestamp()
    took = sorted(max(0.0, handed_over[who] - acknowledged[who]) * 1000 for who in acknowledged)
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    return [row("event acknowledged to message handed over, p50 / p99", "one second",
                f"{p50:,.0f} / {p99:,.0f} ms", "1,000 ms", p99 / 1000, "p99 ≤ 1")]


def webhook(folder):
    """The same custom campaign to a sink, at most 50 in a call, and to the inbox."""
    count = WEBHOOK_PEOPLE
    with callout.Sink() as sink, Server(folder / "webhook", functions=f'sink = "{sink.url}"') as server:
        app = server.new_app()
        with open(server.imports / "rows.csv", "w") as file:
            file.write("ChannelType,Address,Id,User.UserId,User.UserAttributes.Name\n")
            file.writelines(f"CUSTOM,a{n},m{n},u{n},N{n}\n" for n in range(count))
        segment = server.import_file(app, "s3://crm/rows.csv", seconds=1200)["Definition"]["SegmentId"]
        callout.forget_peak(server.process)
        made, start, took, _ = callout.campaign(server, app, segment, "sink", 3600)
        assert server.progress(app, made)["runs"][0]["sent"] == count == sink.told
        first, memory = (sink.first - start) * 1000, callout.peak_mib(server.process)
        each = sink.told / sink.calls
        theirs = callout.h2load(sink, count, folder)
        callout.forget_peak(server.process)
        seen = lambda: callout.first_in_inbox(server, app)
        made, start, inbox, seen = callout.campaign(server, app, segment, "my-hook", 3600, seen)
        assert server.progress(app, made)["runs"][0]["sent"] == count
        inbox_first, inbox_memory = (seen - start) * 1000, callout.peak_mib(server.process)
    seen = f"{each:.0f} in a call on average, first message after {first:.0f} ms, peak memory {memory:.0f} MiB"
    return [row(f"campaign of {count:,} to a webhook sink, recorded ({seen})",
                "h2load --h1, 16 connections, calls of 50 to the same sink",
                f"{count / took:,.0f}/s", f"{theirs:,.0f}/s", count / took / theirs, "≥ 0.50 and ≥ 25,000/s"),
            row(f"the same campaign of {count:,} to the inbox (first message seen after {inbox_first:.0f} ms, peak memory {inbox_memory:.0f} MiB)", "h2load of the row above",
                f"{count / inbox:,.0f}/s", f"{theirs:,.0f}/s", count / inbox / theirs, "–")]


ROWS = {"segment": segment, "upserts": upserts, "import": imports, "events": events, "smtp": smtp,
        "triggers": triggers, "webhook": webhook}


def busy():
    """What to say of figures that are measured now: others may be using the machine."""
    load = os.getloadavg()[0]
    return f" (the machine was shared: load {load:.0f} on {os.cpu_count()} cores)" if load > os.cpu_count() / 2 else ""


def write_page(results):
    text = (ROOT / "benches/head.md").read_text().replace("$MACHINE", machine())
    for name in ROWS:
        for line in results.get(name, []):
            text += (f"| {line['work']} | {line['ours']} | {line['reference']} | {line['theirs']} "
                     f"| {line['ratio']:.2f} | {line['target']} |\n")
    (ROOT / "docs/benchmarks.md").write_text(text)


def main():
    # Rows that are not measured now stay as they are.
    results = json.loads(RESULTS.read_text())
    if unknown := set(sys.argv[1:]) - ROWS.keys():
        sys.exit(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    for name in sys.argv[1:] or ROWS:
        shared = busy()
        with tempfile.TemporaryDirectory(prefix="beckon-bench-") as folder:
            lines = ROWS[name](pathlib.Path(folder))
        results[name] = [{**line, "work": line["work"] + shared} for line in lines]
        for line in results[name]:
            print(f"{line['work']}: {line['ours']} against {line['theirs']}: {line['ratio']:.2f}", flush=True)
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    write_page(results)


if __name__ == "__main__":
    main()
