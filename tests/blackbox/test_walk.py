"""Looks back on the session: a scenario called every operation, and it worked."""

import pathlib

import pytest

import beckon
import operations


def test_every_operation_is_called_by_a_scenario(request):
    config = request.config
    here = pathlib.Path(__file__).parent
    ran = {item.path for item in request.session.items}
    partly = config.option.keyword or config.option.markexpr or any("::" in a for a in config.args)
    if partly or not ran.issuperset(here.glob("test_*.py")):
        pytest.skip("looks back on the whole folder, of which only a part ran")
    missing = sorted(set(operations.names()) - beckon.ANSWERED)
    assert not missing, "no scenario calls " + ", ".join(missing)
