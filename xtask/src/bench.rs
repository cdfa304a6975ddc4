//! Builds what the benchmarks measure, and runs them.

use std::process::Command;

use crate::command::{cargo, root, run, target_dir};
use crate::setup;

/// Measures the rows named, or all, and rewrites `docs/benchmarks.md`.
pub fn run_rows(rows: &[&str]) -> Result<(), String> {
    setup::for_benches()?;
    run(cargo().args(["build", "--release", "--package", "server"]))?;
    run(Command::new(setup::python_program())
        .arg("benches/run.py")
        .args(rows)
        .env("BECKON", target_dir().join("release/beckon"))
        .env("PYTHONPATH", root().join("tests/blackbox"))
        .current_dir(root()))
}
