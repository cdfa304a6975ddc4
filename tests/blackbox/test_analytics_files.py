"""The Parquet files answer another engine as Beckon answers itself (`docs/analytics-files.md`)."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORLD = os.environ.get("DUCKDB_WORLD", "target/debug/examples/duckdb_world")


def test_duckdb_reads_the_same_numbers(tmp_path):
    subprocess.run([WORLD, str(tmp_path)], check=True, timeout=300)
    check = ROOT / "crates/analytics/tests/duckdb_check.py"
    done = subprocess.run([sys.executable, str(check), str(tmp_path)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
