"""Fixtures: a real server, the peers it talks to, and stock clients."""

import pytest

from beckon import Server
from smtp_sink import SmtpSink
from world import new_world


def pytest_collection_modifyitems(items):
    """What looks back on the session goes last."""
    items.sort(key=lambda item: item.path.name == "test_walk.py")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server whose mail goes to its own inbox, with room for an application for every test."""
    room = "\n[limits]\napplications = 10000\n"
    with Server(tmp_path_factory.mktemp("beckon"), extra=room) as server:
        yield server


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """A server of its own for those who mean it ill, with one of each resource."""
    with new_world(tmp_path_factory.mktemp("hostile")) as world:
        yield world


@pytest.fixture
def app(server):
    """A fresh application."""
    return server.pinpoint().create_app(CreateApplicationRequest={"Name": "shop"})[
        "ApplicationResponse"
    ]["Id"]


@pytest.fixture
def sink():
    """An SMTP server that records what it is given."""
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def mail_server(tmp_path, sink):
    """A server that sends its mail to `sink`, and the sink."""
    with Server(tmp_path / "beckon", smtp=sink.port) as server:
        yield server, sink
