"""A sink that counts what custom-channel calls tell, and a plain client that makes such calls."""

import http.client
import http.server
import json
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


def plain(sink, messages, clients=16):
    """Messages per second that a loop of keep-alive POSTs gets rid of: a call that the sink saw, with
    `BATCH` endpoints like the first in it."""
    call = json.loads(sink.sample)
    one = next(iter(call["Endpoints"].values()))
    body = json.dumps({**call, "Endpoints": {f"m{n:06}": one for n in range(BATCH)}}).encode()
    left = iter(range(-(-messages // BATCH)))
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", sink.server_port)
        while True:
            with lock:
                if next(left, None) is None:
                    return
            connection.request("POST", "/sink", body, {"Content-Type": "application/json"})
            connection.getresponse().read()

    start = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return messages / (time.perf_counter() - start)


def peak_mib(process):
    """The most memory that the process had."""
    with open(f"/proc/{process.pid}/status") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget_peak(process):
    """From here on the most memory is counted anew."""
    with open(f"/proc/{process.pid}/clear_refs", "w") as file:
        file.write("5")


def campaign(server, app, segment, target, seconds):
    """Runs a custom campaign to its end; answers its identifier and how long it took."""
    start = time.time()
    made = server.pinpoint().create_campaign(ApplicationId=app, WriteCampaignRequest={
        "Name": "bench", "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"},
        "MessageConfiguration": {"CustomMessage": {"Data": json.dumps({"offer": 7})}},
        "CustomDeliveryConfiguration": {"DeliveryUri": target}})
    campaign = made["CampaignResponse"]["Id"]
    server.wait_for_campaign(app, campaign, seconds=seconds)
    return campaign, start, time.time() - start
