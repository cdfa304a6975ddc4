//! Sets up, checks and tests everything.

use std::process::Command;

use crate::command::{cargo, has, program, root, run, target_dir};
use crate::{codegen, setup};

type Stage = (&'static str, fn() -> Result<(), String>);

/// The stages in the order in which they run.
const STAGES: [Stage; 8] = [
    ("setup", setup::for_tests),
    ("console", console),
    ("format", format),
    ("lint", lint),
    ("unit", unit),
    ("blackbox", blackbox),
    ("amplify", amplify),
    ("browser", browser),
];

/// Runs the stages named, or all.
pub fn run_stages(names: &[&str]) -> Result<(), String> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !STAGES.iter().any(|(stage, _)| stage == *name))
    {
        let known: Vec<&str> = STAGES.iter().map(|(stage, _)| *stage).collect();
        return Err(format!(
            "no stage {unknown}; there are {}",
            known.join(", ")
        ));
    }
    for (name, stage) in STAGES {
        if names.is_empty() || names.contains(&name) {
            eprintln!("=== {name}");
            stage().map_err(|error| format!("stage {name}: {error}"))?;
        }
    }
    Ok(())
}

/// Checks licences, sources and duplicate versions of dependencies.
pub fn deny() -> Result<(), String> {
    let deny = if has("cargo-deny") {
        "cargo-deny".into()
    } else {
        setup::deny_program()
    };
    run(program(deny).args(["check", "bans", "licenses", "sources"]))
}

fn console() -> Result<(), String> {
    setup::console()?;
    for script in ["check", "test"] {
        run(program("npm")
            .args(["run", script])
            .current_dir(root().join("console")))?;
    }
    Ok(())
}

fn format() -> Result<(), String> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    codegen::run(true)
}

fn lint() -> Result<(), String> {
    run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Builds everything that tests are or start. One selection of packages for all stages: another
/// one would choose other features of dependencies, and build those once more.
fn build() -> Result<(), String> {
    run(cargo().args(["build", "--workspace", "--all-targets"]))
}

fn unit() -> Result<(), String> {
    build()?;
    run(cargo().args(["test", "--workspace"]))
}

fn blackbox() -> Result<(), String> {
    build()?;
    run(Command::new(setup::python_program())
        .args(["-m", "pytest", "-q", "--durations=10", "tests/blackbox"])
        .env("BECKON", target_dir().join("debug/beckon"))
        .env(
            "DUCKDB_WORLD",
            target_dir().join("debug/examples/duckdb_world"),
        )
        .current_dir(root()))
}

fn amplify() -> Result<(), String> {
    let folder = root().join("tests/amplify");
    setup::node_packages(&folder)?;
    build()?;
    run(program("node")
        // Amplify keeps a timer of its own for ever.
        .args(["--test", "--test-force-exit", "tests/amplify/"])
        .env("BECKON", target_dir().join("debug/beckon")))
}

fn browser() -> Result<(), String> {
    build()?;
    run(program("node")
        .args(["--test", "tests/browser/"])
        .env("BECKON", target_dir().join("debug/beckon"))
        .env("CONSOLE", root().join("console")))
}
