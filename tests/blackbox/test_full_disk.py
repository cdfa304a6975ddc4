"""A disk that runs full under the running server: writes are refused with a clear error, reads go
on, nothing acknowledged is lost, and with room again everything goes on by itself."""

import os
import subprocess

import botocore.exceptions
import pytest

from beckon import Server, wait_for

EVENT = {
    "EventType": "visit", "Timestamp": "2026-11-20T10:00:00.000Z",
    "Attributes": {f"a{number}": "x" * 150 for number in range(30)},
}


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400M", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(path):
    """Writes a file until the disk has no room at all."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def update(client, app, number):
    client.update_endpoint(
        ApplicationId=app, EndpointId=f"e{number}",
        EndpointRequest={"ChannelType": "EMAIL", "Address": f"e{number}@mail.example"})


def put_events(client, app, number, name="v"):
    """Some hundred kilobytes of events: more than the rest of a page of the disk."""
    events = {f"{name}{count}": EVENT for count in range(80)}
    batch = {f"e{number}": {"Endpoint": {}, "Events": events}}
    answer = client.put_events(ApplicationId=app, EventsRequest={"BatchItem": batch})
    item = answer["EventsResponse"]["Results"][f"e{number}"]["EventsItemResponse"]
    assert {one["StatusCode"] for one in item.values()} == {202}


def refusal(write, *arguments):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        write(*arguments)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] in (500, 507), answer
    return answer["Message"]


def test_a_full_disk_stops_writes_and_loses_nothing(small_disk):
    with Server(small_disk / "server") as server:
        client = server.pinpoint()
        app = server.new_app()
        for number in range(5):
            update(client, app, number)
            put_events(client, app, number)

        ballast = small_disk / "ballast"
        fill(ballast)
        for write, arguments in [
            (update, (client, app, 100)),
            (put_events, (client, app, 0, "w")),
            (server.new_app, ("another",)),
        ]:
            said = refusal(write, *arguments)
            assert "free some" in said or "full" in said, (write, said)
        for number in range(5):
            found = client.get_endpoint(ApplicationId=app, EndpointId=f"e{number}")
            assert found["EndpointResponse"]["Address"] == f"e{number}@mail.example"
        assert server.healthy()

        ballast.unlink()

        def works_again():
            try:
                update(client, app, 200)
                put_events(client, app, 200)
                return server.new_app("another")
            except botocore.exceptions.ClientError:
                return None

        another = wait_for(works_again, seconds=60)
        server.kill()
        server.start()
        apps = {item["Id"] for item in client.get_apps()["ApplicationsResponse"]["Item"]}
        assert {app, another} <= apps
        for number in [0, 1, 2, 3, 4, 200]:
            client.get_endpoint(ApplicationId=app, EndpointId=f"e{number}")
        with pytest.raises(client.exceptions.NotFoundException):
            client.get_endpoint(ApplicationId=app, EndpointId="e100")
