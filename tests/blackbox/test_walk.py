"""Looks back on the session: a scenario called every operation, and it worked."""

import collections
import pathlib
import re

import pytest

import beckon
import operations
import shown

HERE = pathlib.Path(__file__).parent


def test_every_operation_is_called_by_a_scenario(request):
    config = request.config
    ran = {item.path for item in request.session.items}
    partly = config.option.keyword or config.option.markexpr or any("::" in a for a in config.args)
    if partly or not ran.issuperset(HERE.glob("test_*.py")):
        pytest.skip("looks back on the whole folder, of which only a part ran")
    missing = sorted(set(operations.names()) - set(beckon.ANSWERED))
    assert not missing, "no scenario calls " + ", ".join(missing)


def test_every_operation_is_shown_by_one_test():
    """The table names each operation once, and tests that there are."""
    counts = collections.Counter(name for name, _ in shown.shown())
    assert set(counts) == set(operations.names())
    assert [name for name, times in counts.items() if times > 1] == []
    for test in shown.SHOWN_BY:
        file, name = test.split("::")
        assert re.search(rf"^def {name}\(", (HERE / file).read_text(), re.MULTILINE), test


def test_what_the_table_names_was_called_there(request):
    """Of the tests that ran, each called with success what the table says it shows."""
    ran = {f"{item.path.name}::{item.name.split('[')[0]}" for item in request.session.items}
    failed = [f"{test} does not call {name}" for name, test in shown.shown()
              if test in ran and test not in beckon.ANSWERED.get(name, ())]
    assert not failed, failed
