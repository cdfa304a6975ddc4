//! Tries the engine in simulated worlds.

use crate::command::{cargo, run};

/// Tries seeds as `arguments` say; `cargo xtask sim --help` lists them. Built as the tests are:
/// another selection of packages would choose other features of dependencies.
pub fn run_seeds(arguments: &[&str]) -> Result<(), String> {
    run(cargo()
        .args(["run", "--quiet", "--workspace", "--bin", "sim", "--"])
        .args(arguments))
}
