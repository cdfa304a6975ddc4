"""A sink that counts what custom-channel calls tell, and a load generator that makes such calls."""

import http.server
import json
import re
import subprocess
import threading
import time

BATCH = 50


class Sink(http.server.ThreadingHTTPServer):
    """Takes every POST and counts the endpoints in it."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taker)
        self.lock, self.told, self.calls, self.first, self.sample = threading.Lock(), 0, 0, None, None
        self.url = f"http://127.0.0.1:{self.server_port}/sink"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Taker(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        count = body.count(b'"ChannelType"')
        with self.server.lock:
            self.server.told += count
            self.server.calls += 1
            self.server.first = self.server.first or time.time()
            self.server.sample = self.server.sample or body
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    def log_message(self, *_):
        pass


def h2load(sink, messages, folder):
    """Messages per second that `h2load` gets rid of: a call that the sink saw, with `BATCH` endpoints
    like the first in it, over and over, on 16 connections kept alive."""
    call = json.loads(sink.sample)
    one = next(iter(call["Endpoints"].values()))
    body = folder / "call.json"
    body.write_text(json.dumps({**call, "Endpoints": {f"m{n:06}": one for n in range(BATCH)}}))
    done = subprocess.run(
        ["h2load", "--h1", "-n", str(-(-messages // BATCH)), "-c", "16", "-d", str(body),
         "-H", "Content-Type: application/json", sink.url], capture_output=True, text=True, check=True)
    assert " 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout
    return float(re.search(r"([\d.]+) req/s", done.stdout)[1]) * BATCH


def peak_mib(process):
    """The most memory that the process had."""
    with open(f"/proc/{process.pid}/status") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget_peak(process):
    """From here on the most memory is counted anew."""
    with open(f"/proc/{process.pid}/clear_refs", "w") as file:
        file.write("5")


def first_in_inbox(server, app):
    """Waits for the first message in the inbox; answers when it was seen."""
    while not server.beckon("GET", f"/inbox?app={app}&limit=1")["items"]:
        time.sleep(0.005)
    return time.time()


def campaign(server, app, segment, target, seconds, first=lambda: None):
    """Runs a custom campaign to its end; answers its identifier, when it began, how long it took, and
    what `first`, which is called once it has begun, answers."""
    start = time.time()
    made = server.pinpoint().create_campaign(ApplicationId=app, WriteCampaignRequest={
        "Name": "bench", "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"},
        "MessageConfiguration": {"CustomMessage": {"Data": json.dumps({"offer": 7})}},
        "CustomDeliveryConfiguration": {"DeliveryUri": target}})
    campaign = made["CampaignResponse"]["Id"]
    seen = first()
    server.wait_for_campaign(app, campaign, seconds=seconds)
    return campaign, start, time.time() - start, seen
