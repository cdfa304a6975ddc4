"""Killed at random instants, the server finishes its campaigns: nobody is lost, nobody gets two."""

import collections
import os
import random
import threading
import time

from beckon import Server, wait_for
from smtp_sink import SmtpSink

KILLS = int(os.environ.get("BECKON_KILLS", "50"))
PEOPLE = int(os.environ.get("BECKON_KILL_PEOPLE", "100000"))
SEED = int(os.environ.get("BECKON_KILL_SEED", "0")) or random.randrange(1 << 32)
# Intents without an outcome at one instant are bounded by this, whatever the campaign's size.
IN_FLIGHT_MAX = 512


class Writer(threading.Thread):
    """Writes endpoints and events all the while, and remembers what was acknowledged."""

    def __init__(self, server, app):
        super().__init__(daemon=True)
        self.server, self.app = server, app
        self.endpoints, self.events, self.stop = [], 0, False

    def run(self):
        number = 0
        while not self.stop:
            number += 1
            endpoint = f"w{number}"
            try:
                status, _, _ = self.server.call(
                    "PUT", f"/v1/apps/{self.app}/endpoints/{endpoint}",
                    {"ChannelType": "SMS", "Address": f"+1555{number:07}"})
                if status == 202:
                    self.endpoints.append(endpoint)
                event = {"EventType": "kill.test", "Timestamp": "2026-11-01T00:00:00Z"}
                status, _, _ = self.server.call(
                    "POST", f"/v1/apps/{self.app}/events",
                    {"BatchItem": {endpoint: {"Endpoint": {}, "Events": {f"e{number}": event}}}})
                if status == 202:
                    self.events += 1
            except OSError:
                time.sleep(0.05)


def test_kill_at_random_instants(tmp_path):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    with SmtpSink(keep=False) as sink, Server(tmp_path / "beckon", smtp=sink.port) as server:
        app = server.new_app()
        server.enable_email(app)
        with open(server.imports / "all.csv", "w") as file:
            file.write("ChannelType,Address,Id,User.UserAttributes.Name,User.UserId\n")
            file.writelines(f"EMAIL,k{n}@mail.example,k{n},N{n},u{n}\n" for n in range(PEOPLE))
        job = server.import_file(app, "s3://crm/all.csv", seconds=600)
        assert job["TotalFailures"] == 0
        segment = job["Definition"]["SegmentId"]
        other = server.new_app("writers")
        writer = Writer(server, other)
        writer.start()
        kills, campaigns = 0, []
        while kills < KILLS:
            kills += one_campaign(server, sink, app, segment, chance, KILLS - kills, campaigns)
        writer.stop = True
        writer.join()
        for endpoint in writer.endpoints:
            assert server.call("GET", f"/v1/apps/{other}/endpoints/{endpoint}")[0] == 200, endpoint
        wait_for(lambda: counted(server, other) >= writer.events, seconds=20)
        print(f"{kills} kills, {len(campaigns)} campaigns, in doubt {sum(c[1] for c in campaigns)}, "
              f"{len(writer.endpoints)} endpoints and {writer.events} events acknowledged")


def counted(server, app):
    answer = server.beckon("GET", f"/apps/{app}/analytics/events?start=2026-10-31T00%3A00%3A00Z"
                                  "&end=2026-11-02T00%3A00%3A00Z&type=kill.test")
    return sum(day["count"] for day in answer["days"])


def one_campaign(server, sink, app, segment, chance, kills_left, campaigns):
    """Runs a campaign under kills to its end, audits it, and answers how many kills there were."""
    sink.taken = collections.Counter()
    request = {
        "Name": "kill", "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"}, "HoldoutPercent": 5,
        "MessageConfiguration": {"EmailMessage": {"Title": "Hi {{User.UserAttributes.Name}}",
                                                  "HtmlBody": '<a href="https://x.example/">x</a>'}},
    }
    made = server.pinpoint().create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    campaign = made["CampaignResponse"]["Id"]
    kills = 0
    while kills < kills_left:
        time.sleep(chance.uniform(0.05, 1.2))
        if server.campaign(app, campaign)["State"]["CampaignStatus"] == "COMPLETED":
            break
        server.kill()
        kills += 1
        server.start()
    server.wait_for_campaign(app, campaign, seconds=600)
    run = server.progress(app, campaign)["runs"][0]
    assert run["planned"] == PEOPLE == run["sent"] + run["skipped"] + run["failed"] + run["inDoubt"], run
    assert run["failed"] == 0 and run["skipped"] == run["outcomes"].get("HOLDOUT", 0), run
    # Nobody gets two.
    twice = [address for address, times in sink.taken.items() if times > 1]
    assert not twice, twice[:10]
    # Who is in doubt is listed by name, and is no more than what was in flight.
    doubt = {person["endpointId"] for person in listed(server, app, campaign, "IN_DOUBT")}
    assert len(doubt) == run["inDoubt"] <= kills * IN_FLIGHT_MAX
    # Nobody is lost: everybody planned was taken by the mail server, is in doubt, or held out.
    held = {person["endpointId"] for person in listed(server, app, campaign, "HOLDOUT")}
    taken = {address.split("@")[0] for address in sink.taken}
    everyone = {f"k{n}" for n in range(PEOPLE)}
    assert everyone - taken - held <= doubt and not taken & held
    assert run["sent"] + len(doubt & taken) == len(taken)
    campaigns.append((campaign, len(doubt)))
    return kills


def listed(server, app, campaign, outcome):
    token = ""
    while True:
        page = server.beckon("GET", f"/apps/{app}/campaigns/{campaign}/people?outcome={outcome}&limit=1000{token}")
        yield from page["items"]
        if not page.get("next"):
            return
        token = "&token=" + page["next"]
