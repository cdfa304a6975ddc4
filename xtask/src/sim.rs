//! Tries the engine in simulated worlds.

use crate::command::{cargo, program, run, target_dir};

/// Tries seeds as `arguments` say; `cargo xtask sim --help` lists them. Built as the tests are:
/// another selection of packages would choose other features of dependencies.
pub fn run_seeds(arguments: &[&str]) -> Result<(), String> {
    run(cargo().args(["build", "--quiet", "--workspace", "--bin", "sim"]))?;
    let name = format!("sim{}", std::env::consts::EXE_SUFFIX);
    run(program(target_dir().join("debug").join(name)).args(arguments))
}
