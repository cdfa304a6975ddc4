"""Several campaigns at once, with twice the workers, killed at random instants: what the receivers
noted says that nobody is lost, nobody gets two, and caps and paces hold over all of them together."""

import bisect
import collections
import datetime
import os
import random
import subprocess
import time

from beckon import BINARY, Server
from receiver import Receiver, certificate
from smtp_sink import SmtpSink
from test_kill import IN_FLIGHT_MAX, KILLS, PEOPLE, SEED, listed

WORKERS = 8  # twice the default
KILLS_HERE = max(2, KILLS // 5)
PEOPLE_HERE = max(200, PEOPLE // 50)
# People about whom calls of one run may be under way.
CALLED_MAX = 800
RATE = 200
DAILY = 3
# Clocks that show the same time, so that the whole sweep falls into the test; "" is nobody's zone.
ZONES = ["UTC", "Africa/Abidjan", "Atlantic/Reykjavik", ""]


class DatedSink(SmtpSink):
    """Notes when each message was taken, by its subject."""

    def __init__(self):
        super().__init__(keep=False)
        self.notes = []

    def take(self, recipient, raw):
        super().take(recipient, raw)
        head = raw.split(b"\r\n\r\n", 1)[0].decode()
        [subject] = [line[9:] for line in head.split("\r\n") if line.startswith("Subject: ")]
        self.notes.append((subject, recipient.split("@")[0], time.monotonic()))


def mail(subject):
    return {"MessageConfiguration": {"EmailMessage": {"Title": subject, "HtmlBody": "<p>x</p>"}}}


def custom(uri):
    return {"MessageConfiguration": {"CustomMessage": {"Data": "{}"}},
            "CustomDeliveryConfiguration": {"DeliveryUri": uri, "EndpointTypes": ["EMAIL"]}}


def zone(n):
    return ZONES[n % len(ZONES)]


def people(server, app):
    with open(server.imports / "crowd.csv", "w") as file:
        file.write("ChannelType,Address,Id,Demographic.Timezone,User.UserId\n")
        file.writelines(f"EMAIL,k{n}@mail.example,k{n},{zone(n)},u{n}\n" for n in range(PEOPLE_HERE))
    job = server.import_file(app, "s3://crm/crowd.csv", seconds=300)
    assert job["TotalFailures"] == 0, job
    return job["Definition"]["SegmentId"]


def begin(server, app, segment, webhook):
    """Creates the campaigns, which all begin within seconds; answers them by name."""
    begins = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=8)
    sweep = {"StartTime": begins.strftime("%Y-%m-%dT%H:%M:%SZ"), "Frequency": "DAILY", "IsLocalTime": True,
             "Timezone": "UTC"}
    shapes = {
        "sweep": {**mail("sweep"), "Schedule": sweep, "IsPaused": False},
        "paced": {**mail("paced"), "Limits": {"Daily": DAILY, "MessagesPerSecond": RATE}},
        "canary": mail("canary"),
        "webhook": custom(webhook.url),
        "inbox": custom("my-hook"),
    }
    client, made = server.pinpoint(), {}
    for name, shape in shapes.items():
        request = {"Name": name, "SegmentId": segment, "IsPaused": True, "Limits": {"Daily": DAILY},
                   "Schedule": {"StartTime": "IMMEDIATE"}, **shape}
        answer = client.create_campaign(ApplicationId=app, WriteCampaignRequest=request)
        made[name] = answer["CampaignResponse"]["Id"]
    server.beckon("PUT", f"/apps/{app}/campaigns/{made['canary']}/safety",
                  {"canary": {"percent": 10, "holdMinutes": 0}, "resendInDoubt": False})
    for name in shapes.keys() - {"sweep"}:
        campaign = made[name]
        client.update_campaign(ApplicationId=app, CampaignId=campaign, WriteCampaignRequest={"IsPaused": False})
    return made


def finished(server, app, campaigns):
    """Whether every campaign has done its first run; lets a canary that is out go on."""
    done = True
    for campaign in campaigns.values():
        runs = server.progress(app, campaign)["runs"]
        done = done and bool(runs) and runs[0]["state"] == "COMPLETED"
        if runs and runs[0].get("held", {}).get("by") == "canary":
            status, _, _ = server.call("POST", f"/beckon/v1/apps/{app}/campaigns/{campaign}/go-on")
            assert status in (204, 409)
    return done


def kill_until_finished(server, app, campaigns, chance):
    kills = 0
    while kills < KILLS_HERE and not finished(server, app, campaigns):
        time.sleep(chance.uniform(0.05, 1.2))
        server.kill()
        kills += 1
        server.start()
    deadline = time.monotonic() + 300
    while not finished(server, app, campaigns):
        assert time.monotonic() < deadline, "the campaigns do not end"
        time.sleep(0.2)
    return kills


def in_inbox(server, app):
    """Campaign and endpoint of every message in the inbox."""
    token = ""
    while True:
        page = server.beckon("GET", f"/inbox?app={app}&limit=1000{token}")
        yield from ((item["campaignId"], item["endpointId"]) for item in page["items"])
        if not page.get("next"):
            return
        token = "&token=" + page["next"]


def most_in_a_second(instants):
    instants = sorted(instants)
    return max(bisect.bisect_left(instants, at + 1.0) - i for i, at in enumerate(instants))


def test_several_campaigns_with_twice_the_workers(tmp_path):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    tls = certificate(tmp_path)
    extra = (f'[outbound]\nca_file = "{tls[0]}"\nallow_private = ["127.0.0.0/8"]\n'
             f"[limits]\ncampaign_workers = {WORKERS}\n")
    with DatedSink() as sink, Receiver(tls=tls) as webhook, \
            Server(tmp_path / "beckon", smtp=sink.port, extra=extra) as server:
        app = server.new_app()
        server.enable_email(app)
        segment = people(server, app)
        campaigns = begin(server, app, segment, webhook)
        kills = kill_until_finished(server, app, campaigns, chance)

        got = {name: collections.Counter() for name in campaigns}
        names = {campaign: name for name, campaign in campaigns.items()}
        for subject, person, _ in sink.notes:
            got[subject][person] += 1
        for call in webhook.calls:
            got[names[call["body"]["CampaignId"]]].update(list(call["body"]["Endpoints"]))
        for campaign, person in in_inbox(server, app):
            got[names[campaign]][person] += 1

        everyone = {f"k{n}" for n in range(PEOPLE_HERE)}
        homeless = {f"k{n}" for n in range(PEOPLE_HERE) if not zone(n)}
        doubts, counted = collections.Counter(), collections.Counter()
        for name, campaign in campaigns.items():
            twice = [person for person, times in got[name].items() if times > 1]
            assert not twice, (name, twice[:10])
            runs = server.progress(app, campaign)["runs"]
            assert len(runs) == 1, (name, runs)
            outcomes = runs[0]["outcomes"]
            sets = {outcome: {person["endpointId"] for person in listed(server, app, campaign, outcome)}
                    for outcome in outcomes}
            assert {outcome: len(people) for outcome, people in sets.items()} == outcomes, name
            # Nobody is lost, and everybody has one outcome.
            assert sum(outcomes.values()) == PEOPLE_HERE == len(set().union(*sets.values())), (name, outcomes)
            success, doubt = sets.pop("SUCCESS", set()), sets.pop("IN_DOUBT", set())
            capped, abroad = sets.pop("DAILY_CAP", set()), sets.pop("ENDPOINT_MISSING_TIMEZONE", set())
            assert not sets, (name, sets.keys())
            assert abroad == (homeless if name == "sweep" else set())
            taken = set(got[name])
            assert success <= taken <= success | doubt, name
            assert everyone == success | doubt | capped | abroad
            doubts["calls" if name == "webhook" else "messages"] += len(doubt)
            counted.update(success | doubt)
            done = verify(server, runs[0]["runId"])
            assert done.returncode == 0 and "Everything adds up." in done.stdout, (name, done)
        assert doubts["messages"] <= kills * IN_FLIGHT_MAX, (doubts, kills)
        assert doubts["calls"] <= kills * CALLED_MAX, (doubts, kills)
        # The cap that all of them share lets exactly so many through, and no receiver saw more.
        assert set(counted.values()) == {DAILY} and set(counted) == everyone, collections.Counter(counted.values())
        received = sum(got.values(), collections.Counter())
        assert max(received.values()) <= DAILY
        # What is under way when a second begins is at most a quarter of a second's messages.
        paced = [at for subject, _, at in sink.notes if subject == "paced"]
        assert most_in_a_second(paced) <= RATE + RATE // 4
        print(f"{kills} kills, {dict(doubts)} in doubt, {sum(received.values())} messages")


def verify(server, run):
    words = [BINARY, "verify", "--config", str(server.config), "--data", str(server.folder / "data"), run]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)
