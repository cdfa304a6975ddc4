"""When campaigns run (`docs/spec/campaigns.md §4–6`): recurrence, the local-time sweep and quiet time
against a second implementation (dateutil and zoneinfo), and campaigns that run by them."""

import datetime as dt
import random
import zoneinfo

import pytest
from botocore.exceptions import ClientError
from dateutil import rrule

from beckon import wait_for

UTC = dt.timezone.utc
ZONES = [
    "UTC", "Europe/Berlin", "Europe/Dublin", "Europe/London", "America/New_York", "America/Phoenix",
    "America/Santiago", "America/St_Johns", "America/Havana", "America/Asuncion", "Africa/Cairo",
    "Africa/Casablanca", "Africa/Lagos", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata",
    "Asia/Tehran", "Asia/Tokyo", "Australia/Adelaide", "Australia/Eucla", "Australia/Lord_Howe",
    "Antarctica/Troll", "Pacific/Apia", "Pacific/Chatham", "Pacific/Easter", "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]
LABELS = {
    "UTC": 0, "UTC+01": 60, "UTC+05:45": 345, "UTC+09:30": 570, "UTC+10:30": 630, "UTC+13": 780,
    "UTC-03": -180, "UTC-05": -300, "UTC-11": -660,
}


def label_zone(label):
    return dt.timezone(dt.timedelta(minutes=LABELS[label]))


def wire(instant):
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def occurrences(start, frequency, label, end):
    """The first ten runs, by dateutil on the wall clock of the label."""
    local = start.astimezone(label_zone(label)).replace(tzinfo=None)
    until = end and end.astimezone(label_zone(label)).replace(tzinfo=None)
    if frequency == "ONCE":
        rule = [local]
    elif frequency == "MONTHLY":
        # The day of the start, or the last one that the month has.
        days = range(min(local.day, 28), local.day + 1)
        rule = rrule.rrule(rrule.MONTHLY, dtstart=local, bymonthday=tuple(days), bysetpos=-1, count=10, until=None)
        rule = [it for it in rule if until is None or it <= until]
    else:
        kind = {"HOURLY": rrule.HOURLY, "DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY}[frequency]
        rule = rrule.rrule(kind, dtstart=local, until=until) if until else rrule.rrule(kind, dtstart=local, count=10)
    return [it.replace(tzinfo=label_zone(label)) for it in list(rule[:10] if not isinstance(rule, list) else rule)[:10]]


def shows(zone, wall):
    """The instants at which a clock shows `wall`; one that skips it shows it that much later."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    skipped = first.astimezone(zone).replace(tzinfo=None) != wall
    return {first} if skipped else {first, second}


def turn(zone, opens, label, end):
    """When a zone has its turn in a sweep, and whether that is past the end."""
    label = label_zone(label)
    wall = opens.astimezone(label).replace(tzinfo=None)
    noons = [dt.datetime(wall.year, month, 1, 12, tzinfo=UTC) for month in (1, 7)]
    standard = min(noon.astimezone(zone).utcoffset() for noon in noons)
    offset = label.utcoffset(None)
    if standard <= offset < opens.astimezone(zone).utcoffset():
        fires, meant = opens, wall
    else:
        today = opens.astimezone(zone).date()
        walls = [dt.datetime.combine(today + dt.timedelta(days=day), wall.time()) for day in range(-1, 3)]
        fires, meant = min(
            (instant, meant) for meant in walls for instant in shows(zone, meant) if instant >= opens
        )
    return fires, end is not None and meant > end.astimezone(label).replace(tzinfo=None)


def is_quiet(quiet, local):
    start, end = quiet["Start"], quiet["End"]
    now = local.strftime("%H:%M")
    return start <= now <= end if start <= end else now >= start or now <= end


def near_a_change(pick):
    """An instant within two days of a change of the clocks in one of the zones."""
    zone = zoneinfo.ZoneInfo(pick.choice(ZONES))
    at = dt.datetime(pick.randrange(2027, 2036), 1, 1, tzinfo=UTC) + dt.timedelta(hours=pick.randrange(4000))
    before = at.astimezone(zone).utcoffset()
    for hour in range(366 * 24):
        later = at + dt.timedelta(hours=hour)
        if later.astimezone(zone).utcoffset() != before:
            at = later
            break
    return at + dt.timedelta(minutes=pick.randrange(-2880, 2880))


@pytest.fixture(scope="module")
def around_the_earth(server):
    """An application with someone in each zone, and two whose zone is not known."""
    client = server.pinpoint()
    app = client.create_app(CreateApplicationRequest={"Name": "earth"})["ApplicationResponse"]["Id"]
    for number, zone in enumerate([*ZONES, "Mars/Olympus", None]):
        client.update_endpoint(ApplicationId=app, EndpointId=f"e{number}", EndpointRequest={
            "ChannelType": "SMS", "Address": f"+4791{number:06}",
            **({"Demographic": {"Timezone": zone}} if zone else {}),
        })
    return app


@pytest.mark.parametrize("seed", range(12))
def test_schedules_agree_with_a_second_implementation(server, around_the_earth, seed):
    pick = random.Random(seed)
    for _ in range(40):
        start = near_a_change(pick)
        frequency = pick.choice(["ONCE", "HOURLY", "DAILY", "WEEKLY", "MONTHLY"])
        label = pick.choice(sorted(LABELS))
        end = start + dt.timedelta(hours=pick.choice([1, 23, 25, 24 * 3, 24 * 70])) if pick.random() < 0.5 else None
        local_time = pick.random() < 0.7
        quiet = {"Start": f"{pick.randrange(24):02}:{pick.randrange(60):02}", "End": f"{pick.randrange(24):02}:30"}
        schedule = {
            "StartTime": wire(start), "Frequency": frequency, "Timezone": label, "IsLocalTime": local_time,
            **({"EndTime": wire(end)} if end else {}),
            **({"QuietTime": quiet} if pick.random() < 0.5 else {}),
        }
        got = server.beckon("POST", f"/apps/{around_the_earth}/schedule-preview", {"Schedule": schedule})
        assert got["runs"] == [wire(run) for run in occurrences(start, frequency, label, end)], schedule
        assert got["missingZone"] == 2
        want, heat = [], {}
        for name in sorted(ZONES):
            zone = zoneinfo.ZoneInfo(name)
            fires, over = start, False
            if local_time and frequency != "HOURLY":
                fires, over = turn(zone, start, label, end)
            local = fires.astimezone(zone)
            hours = (fires.hour, local.hour)
            heat[hours] = heat.get(hours, 0) + 1
            want.append({
                "zone": name, "endpoints": 1, "fires": wire(fires), "localTime": local.strftime("%Y-%m-%dT%H:%M:%S"),
                "quiet": over or ("QuietTime" in schedule and is_quiet(quiet, local)),
            })
        assert got["zones"] == want, schedule
        assert {(it["utcHour"], it["localHour"]): it["endpoints"] for it in got["heat"]} == heat


@pytest.mark.parametrize("schedule, said", [
    ({"StartTime": "soon"}, "Schedule.StartTime"),
    ({"StartTime": "2020-01-01T00:00:00Z"}, "Schedule.StartTime"),
    ({"StartTime": "2039-02-30T09:00:00Z"}, "Schedule.StartTime"),
    ({"StartTime": "2039-03-01T09:00:00Z", "Timezone": "Mars"}, "Schedule.Timezone"),
    ({"StartTime": "2039-03-01T09:00:00Z", "EndTime": "2039-03-01T08:00:00Z"}, "Schedule.EndTime"),
    ({"StartTime": "2039-03-01T09:00:00Z", "EndTime": "later"}, "Schedule.EndTime"),
    ({"StartTime": "2039-03-01T09:00:00Z", "Frequency": "YEARLY"}, "Schedule.Frequency"),
    ({"StartTime": "IMMEDIATE", "Frequency": "DAILY"}, "Schedule.Frequency"),
    ({"StartTime": "2039-03-01T09:00:00Z", "QuietTime": {"Start": "25:00", "End": "07:00"}}, "Schedule.QuietTime"),
])
def test_impossible_schedules_are_refused_by_name(server, app, schedule, said):
    status, _, answer = server.call("POST", f"/beckon/v1/apps/{app}/schedule-preview", {"Schedule": schedule})
    assert status == 400 and said in answer["Message"], answer
    client = server.pinpoint()
    request = campaign(client, app, schedule)
    with pytest.raises(ClientError, match=said.replace(".", r"\.")):
        client.create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    own = {**campaign(client, app, {"StartTime": "2039-03-01T09:00:00Z"}),
           "AdditionalTreatments": [{"SizePercent": 10, "Schedule": schedule}]}
    with pytest.raises(ClientError, match=r"AdditionalTreatments\[0\]\." + said.replace(".", r"\.")):
        client.create_campaign(ApplicationId=app, WriteCampaignRequest=own)


def test_a_preview_without_a_schedule_or_with_a_strange_segment_is_refused(server, app):
    path = f"/beckon/v1/apps/{app}/schedule-preview"
    assert server.call("POST", path, {})[0] == 400
    assert server.call("POST", path, {"Schedule": {}})[0] == 400
    body = {"Schedule": {"StartTime": "2039-03-01T09:00:00Z"}, "SegmentId": "0" * 32}
    assert server.call("POST", path, body)[0] == 404


def segment(client, app):
    got = client.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "all", "Dimensions": {}})
    return got["SegmentResponse"]["Id"]


def campaign(client, app, schedule, **more):
    return {
        "Name": "when", "SegmentId": segment(client, app), "Schedule": schedule,
        "MessageConfiguration": {"SMSMessage": {"Body": "Hello", "MessageType": "PROMOTIONAL"}}, **more,
    }


def create(client, app, schedule, **more):
    request = campaign(client, app, schedule, **more)
    return client.create_campaign(ApplicationId=app, WriteCampaignRequest=request)["CampaignResponse"]


def activities(client, app, made):
    got = client.get_campaign_activities(ApplicationId=app, CampaignId=made["Id"])
    return got["ActivitiesResponse"]["Item"]


def people(client, app, zones):
    client.update_sms_channel(ApplicationId=app, SMSChannelRequest={"Enabled": True, "SenderId": "SHOP"})
    for name, zone in zones.items():
        client.update_endpoint(ApplicationId=app, EndpointId=name, EndpointRequest={
            "ChannelType": "SMS", "Address": f"+47912345{len(name):02}", "Demographic": {"Timezone": zone},
        })


def inbox(server, app):
    return sorted(it["endpointId"] for it in server.beckon("GET", f"/inbox?app={app}&limit=200")["items"])


def now():
    return dt.datetime.now(UTC).replace(microsecond=0)


def test_a_sweep_reaches_one_zone_now_and_lets_the_other_wait(server, app):
    client = server.pinpoint()
    people(client, app, {"h": "UTC", "th": "america/phoenix", "wai": "Mars/Olympus"})
    schedule = {"StartTime": wire(now()), "IsLocalTime": True, "Frequency": "ONCE"}
    made = create(client, app, schedule)
    wait_for(lambda: [it for it in activities(client, app, made) if it["TimezonesCompletedCount"] == 1])
    [activity] = activities(client, app, made)
    assert (activity["State"], activity["TimezonesTotalCount"]) == ("RUNNING", 2)
    assert "Result" not in activity and activity["SuccessfulEndpointCount"] == 1
    assert activity["ExecutionMetrics"]["ENDPOINT_MISSING_TIMEZONE"] == "1"
    assert inbox(server, app) == ["h"]
    # What waits survives a crash.
    server.kill()
    server.start()
    [again] = activities(client, app, made)
    assert (again["State"], again["TimezonesCompletedCount"]) == ("RUNNING", 1)

    def change(**request):
        got = client.update_campaign(ApplicationId=app, CampaignId=made["Id"], WriteCampaignRequest=request)
        return got["CampaignResponse"]["State"]["CampaignStatus"]

    assert change(IsPaused=True) == "PAUSED"
    wait_for(lambda: activities(client, app, made)[0]["State"] == "PAUSED")
    assert change(IsPaused=False) == "EXECUTING"
    # Who moves to a zone that had its turn gets nothing, as nobody gets it early.
    assert inbox(server, app) == ["h"]
    gone = client.delete_campaign(ApplicationId=app, CampaignId=made["Id"])["CampaignResponse"]
    assert gone["State"]["CampaignStatus"] == "DELETED"


def test_a_sweep_is_kept_as_it_was_written(server, app):
    client = server.pinpoint()
    schedule = {
        "StartTime": "2039-03-01T09:00:00Z", "EndTime": "2039-04-01T09:00:00Z", "IsLocalTime": True,
        "Frequency": "DAILY", "Timezone": "UTC-05", "QuietTime": {"Start": "22:00", "End": "07:00"},
    }
    made = create(client, app, schedule)
    assert made["State"]["CampaignStatus"] == "SCHEDULED" and made["Schedule"] == schedule


def test_treatments_run_by_their_own_schedules(server, app):
    client = server.pinpoint()
    client.update_sms_channel(ApplicationId=app, SMSChannelRequest={"Enabled": True, "SenderId": "SHOP"})
    for number in range(60):
        client.update_endpoint(ApplicationId=app, EndpointId=f"e{number}", EndpointRequest={
            "ChannelType": "SMS", "Address": f"+4791234{number:03}",
        })
    daily = {"StartTime": wire(now()), "Frequency": "DAILY"}
    later = {"StartTime": "2039-03-01T09:00:00Z", "Frequency": "ONCE"}
    soon = {"StartTime": wire(now()), "Frequency": "ONCE"}
    made = create(client, app, daily, HoldoutPercent=10, AdditionalTreatments=[
        {"SizePercent": 30, "TreatmentName": "later", "Schedule": later},
        {"SizePercent": 30, "TreatmentName": "soon", "Schedule": soon},
    ])

    def states():
        got = client.get_campaign(ApplicationId=app, CampaignId=made["Id"])["CampaignResponse"]
        of_treatments = [it["State"]["CampaignStatus"] for it in got["AdditionalTreatments"]]
        return [got["State"]["CampaignStatus"], got["DefaultState"]["CampaignStatus"], *of_treatments]

    wait_for(lambda: states() == ["PENDING_NEXT_RUN", "PENDING_NEXT_RUN", "SCHEDULED", "COMPLETED"])
    done = activities(client, app, made)
    assert sorted(it["TreatmentId"] for it in done) == ["0", "2"]
    for activity in done:
        assert activity["State"] == "COMPLETED"
        others = int(activity["ExecutionMetrics"]["TREATMENT_HOLDOUT"])
        assert others + activity["TotalEndpointCount"] == 60
    assert len(inbox(server, app)) == sum(it["SuccessfulEndpointCount"] for it in done)
    runs = server.progress(app, made["Id"])["runs"]
    assert len(runs) == 2
    for run in runs:
        assert run["planned"] == 60 == sum(run["outcomes"].values())
    assert sum(run["outcomes"].get("HOLDOUT", 0) > 0 for run in runs) <= 1
    # After the first run, times of treatments stay as they are.
    with pytest.raises(ClientError, match="AdditionalTreatments"):
        client.update_campaign(ApplicationId=app, CampaignId=made["Id"], WriteCampaignRequest={
            "AdditionalTreatments": [{"SizePercent": 30, "Schedule": later}],
        })


def test_quiet_time_drops_messages_where_it_is_quiet(server, app):
    client = server.pinpoint()
    people(client, app, {"h": "UTC", "th": "Asia/Kathmandu", "wai": "Mars/Olympus"})
    local = now().astimezone(zoneinfo.ZoneInfo("Asia/Kathmandu"))
    hour = dt.timedelta(hours=1)
    quiet = {"Start": (local - hour).strftime("%H:%M"), "End": (local + hour).strftime("%H:%M")}
    made = create(client, app, {"StartTime": "IMMEDIATE", "QuietTime": quiet})
    server.wait_for_campaign(app, made["Id"])
    # Without a zone nothing is quiet.
    assert inbox(server, app) == ["h", "wai"]
    assert server.progress(app, made["Id"])["runs"][0]["outcomes"] == {"SUCCESS": 2, "QUIET_TIME": 1}
