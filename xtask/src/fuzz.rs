//! Runs a fuzz target of `fuzz/` for a while.

use std::process::Command;

use crate::command::{cargo, has, root, run, target_dir};
use crate::setup;

/// How long a target runs when the caller does not say, in seconds.
const SECONDS: &str = "60";

/// Runs `target` for so many seconds, from its seeds and from what earlier runs found. What made
/// it fail is kept in `fuzz/artifacts`.
pub fn run_target(target: &str, seconds: Option<&str>) -> Result<(), String> {
    let seeds = root().join("fuzz/seeds").join(target);
    if !seeds.is_dir() {
        return Err(format!(
            "no target {target}: there is no {}",
            seeds.display()
        ));
    }
    if !has_nightly() {
        return Err("libFuzzer needs a nightly compiler: rustup toolchain install nightly".into());
    }
    setup::cargo_fuzz()?;
    let found = target_dir().join("fuzz/corpus").join(target);
    std::fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
    let seconds = seconds.unwrap_or(SECONDS);
    run(Command::new(setup::fuzz_program())
        .current_dir(root())
        .env("RUSTUP_TOOLCHAIN", "nightly")
        .env("CARGO_TARGET_DIR", target_dir().join("fuzz"))
        .args(["fuzz", "run", "--fuzz-dir", "fuzz", target])
        .arg(found)
        .arg(seeds)
        .args(["--", &format!("-max_total_time={seconds}"), "-timeout=10"]))
}

fn has_nightly() -> bool {
    cargo()
        .env("RUSTUP_TOOLCHAIN", "nightly")
        .arg("--version")
        .output()
        .is_ok_and(|answer| answer.status.success())
        && has("rustup")
}
