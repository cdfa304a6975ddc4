//! Builds everything and serves a sample project.

use crate::command::{cargo, program, run, target_dir};
use crate::setup;

/// Builds the console and the server, then runs `beckon demo` with `arguments` until it is stopped.
pub fn run_demo(arguments: &[&str]) -> Result<(), String> {
    setup::console()?;
    run(cargo().args(["build", "--package", "server"]))?;
    run(program(target_dir().join("debug/beckon"))
        .arg("demo")
        .args(arguments))
}
