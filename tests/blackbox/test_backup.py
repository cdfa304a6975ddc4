"""A backup of a working server is what a crash at one instant would have left, and comes back whole."""

import collections
import json
import shutil
import subprocess
import time

import pytest

from beckon import BINARY, Server, wait_for
from smtp_sink import SmtpSink
from test_kill import Writer, counted, listed

PEOPLE = 20_000


def run(*words, ok=True):
    """Runs the program; answers what it said."""
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=300)
    assert (done.returncode == 0) == ok, (done.stdout, done.stderr)
    return done.stdout + done.stderr


def backup(server, to, ok=True):
    return run("backup", "--config", server.config, "--data", server.folder / "data", to, ok=ok)


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def campaign_under_way(server):
    """Starts a campaign to many, and answers its application and itself once it is under way."""
    app = server.new_app()
    server.enable_email(app)
    with open(server.imports / "all.csv", "w") as file:
        file.write("ChannelType,Address,Id\n")
        file.writelines(f"EMAIL,k{n}@mail.example,k{n}\n" for n in range(PEOPLE))
    segment = server.import_file(app, "s3://crm/all.csv")["Definition"]["SegmentId"]
    request = {
        "Name": "backup", "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"}, "HoldoutPercent": 5,
        "MessageConfiguration": {"EmailMessage": {"Title": "Hi", "HtmlBody": "<p>Hi</p>"}},
    }
    made = server.pinpoint().create_campaign(ApplicationId=app, WriteCampaignRequest=request)
    campaign = made["CampaignResponse"]["Id"]

    def begun():
        runs = server.progress(app, campaign)["runs"]
        return runs and runs[0]["sent"] > 0

    wait_for(begun, pause=0.02)
    return app, campaign


def test_a_backup_while_everything_goes_on(tmp_path):
    to = tmp_path / "backup"
    with SmtpSink(keep=False) as sink, SmtpSink(keep=False) as other_sink:
        with Server(tmp_path / "one", smtp=sink.port) as server:
            writers = server.new_app("writers")
            writer = Writer(server, writers)
            writer.start()
            app, campaign = campaign_under_way(server)
            endpoints, events = list(writer.endpoints), writer.events
            said = backup(server, to)
            assert "MASTER KEY" in said and str(to) in said
            server.wait_for_campaign(app, campaign)
            writer.stop = True
            writer.join()
        taken_by_one = set(sink.taken)

        other = Server(tmp_path / "two", smtp=other_sink.port)
        run("restore", "--data", other.folder / "data", to)
        other_sink.taken = collections.Counter()
        with other:
            for endpoint in endpoints:
                assert other.call("GET", f"/v1/apps/{writers}/endpoints/{endpoint}")[0] == 200, endpoint
            wait_for(lambda: counted(other, writers) >= events, seconds=20)
            other.wait_for_campaign(app, campaign)
            result = other.progress(app, campaign)["runs"][0]
            assert result["planned"] == PEOPLE
            assert PEOPLE == result["sent"] + result["skipped"] + result["failed"] + result["inDoubt"], result
            assert result["failed"] == 0, result
            held = {person["endpointId"] for person in listed(other, app, campaign, "HOLDOUT")}
            doubt = {person["endpointId"] for person in listed(other, app, campaign, "IN_DOUBT")}
            # Those of whom the backup knows are not mailed again; those of whom it does not, are.
            taken = {address.split("@")[0] for address in other_sink.taken}
            assert all(times == 1 for times in other_sink.taken.values())
            assert not taken & (held | doubt)
            before = result["sent"] - len(taken)
            assert 0 < before < PEOPLE - len(held), (before, len(taken))
            first = {address.split("@")[0] for address in taken_by_one}
            assert taken | first | held == {f"k{n}" for n in range(PEOPLE)}
            # The log and the books agree: one record for each who is not in doubt.
            wait_for(lambda: sends(other, app) == PEOPLE - len(doubt), seconds=20)
        print(f"{before} before the backup, {len(taken)} after it, {len(doubt)} in doubt")


def sends(server, app):
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400)).replace(":", "%3A")
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86_400)).replace(":", "%3A")
    path = f"/apps/{app}/analytics/events?start={start}&end={end}&type=_campaign.send"
    return sum(day["count"] for day in server.beckon("GET", path)["days"])


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A stopped server with something of everything, and a backup of it."""
    folder = tmp_path_factory.mktemp("stopped")
    with Server(folder / "server") as server:
        app = server.new_app()
        client = server.pinpoint()
        client.update_gcm_channel(ApplicationId=app, GCMChannelRequest={
            "ApiKey": "AAAA" + "k" * 148, "Enabled": True})
        for n in range(50):
            server.call("PUT", f"/v1/apps/{app}/endpoints/e{n}",
                        {"ChannelType": "EMAIL", "Address": f"e{n}@mail.example"})
        server.call("POST", f"/v1/apps/{app}/events", {"BatchItem": {"e1": {"Endpoint": {}, "Events": {
            "x": {"EventType": "kill.test", "Timestamp": "2026-11-01T00:00:00Z"}}}}})
        status, _, _ = server.call("POST", f"/beckon/v1/apps/{app}/uploads?name=people.csv", b"Id\n1\n")
    backup(server, folder / "backup")
    return server, app, folder / "backup", status


def test_a_stopped_server(stopped, tmp_path):
    server, app, of, uploaded = stopped
    files = {entry["path"]: entry for entry in manifest(of)["files"]}
    assert {"documents.sqlite", "meta/master.key", "meta/schema"} <= set(files)
    assert any(path.startswith("events/") for path in files)
    assert any(path.startswith("endpoints/") for path in files)
    if uploaded == 201:
        assert any(path.endswith("people.csv") for path in files)
    assert of.stat().st_mode & 0o777 == 0o700
    other = Server(tmp_path / "other")
    run("restore", "--data", other.folder / "data", of)
    assert (other.folder / "data/meta/master.key").stat().st_mode & 0o777 == 0o600
    with other:
        got = other.pinpoint().get_gcm_channel(ApplicationId=app)["GCMChannelResponse"]
        assert got["HasCredential"] and got["Enabled"]
        wait_for(lambda: counted(other, app) == 1)
        for n in range(50):
            assert other.call("GET", f"/v1/apps/{app}/endpoints/e{n}")[0] == 200
        # It is a server like any other: its backup comes back, too.
        backup(other, tmp_path / "again")
    assert "Restored" in run("restore", "--data", tmp_path / "third", tmp_path / "again")


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def rewrite(folder, **members):
    (folder / "manifest.json").write_text(json.dumps(manifest(folder) | members))


def test_what_is_not_whole_is_refused(stopped, tmp_path):
    _, _, of, _ = stopped
    refusals = [
        (lambda copy: (copy / "manifest.json").unlink(), "manifest.json, which is written last"),
        (lambda copy: damage(copy / "documents.sqlite"), "documents.sqlite is damaged: its SHA-256"),
        (lambda copy: (copy / "meta/schema").unlink(), "meta/schema is damaged: it is gone"),
        (lambda copy: (copy / "meta/schema").write_text("2"), "meta/schema is damaged: it has 1 bytes"),
        (lambda copy: (copy / "manifest.json").write_text("{"), "manifest.json is damaged"),
        (lambda copy: rewrite(copy, schema=999, version="9.9"), "use version 9.9 or newer"),
        (lambda copy: rewrite(copy, format=2), "use version"),
        (lambda copy: rewrite(copy, files=[{"path": "../x", "bytes": 0, "sha256": ""}]), "it names ../x"),
    ]
    for number, (spoil, reason) in enumerate(refusals):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(of, copy)
        spoil(copy)
        data = tmp_path / f"data{number}"
        assert reason in run("restore", "--data", data, copy, ok=False)
        assert not data.exists() or not list(data.iterdir())


def test_nothing_is_overwritten(stopped, tmp_path):
    server, _, of, _ = stopped
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("mine")
    assert "is not empty" in run("restore", "--data", full, of, ok=False)
    assert "is not empty" in backup(server, full, ok=False)
    assert [path.name for path in full.iterdir()] == ["mine"]
    assert "lies in the data folder" in backup(server, server.folder / "data/objects/b", ok=False)
    assert "no data folder" in run("backup", "--data", tmp_path / "nothing", tmp_path / "b", ok=False)
    assert not (tmp_path / "nothing").exists()


def test_a_restore_that_was_broken_off(stopped, tmp_path):
    """Nobody can work in half a folder; the next restore begins anew."""
    server, _, of, _ = stopped
    data = tmp_path / "data"
    (data / "meta").mkdir(parents=True)
    (data / "meta/restoring").write_text("")
    (data / "documents.sqlite").write_text("half")
    assert "holds half a backup" in backup(Server(tmp_path), tmp_path / "b", ok=False)
    assert "Restored" in run("restore", "--data", data, of)
    assert not (data / "meta/restoring").exists()
