//! Brings what the tests need onto a fresh machine: Debian's packages, a Python environment, the
//! console's packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{cargo, has, program, root, run, target_dir};

/// The Debian packages that the tests use, each with a program that shows it is there.
const TEST_PACKAGES: [(&str, &str); 2] = [("python3-venv", "python3"), ("chromium", "chromium")];

/// The Debian packages that the benchmarks use besides.
const BENCH_PACKAGES: [(&str, &str); 2] = [("postfix", "smtp-sink"), ("nghttp2-client", "h2load")];

/// Installs what the tests need and is missing.
pub fn for_tests() -> Result<(), String> {
    packages(&TEST_PACKAGES)?;
    python()
}

/// Installs what the benchmarks need and is missing.
pub fn for_benches() -> Result<(), String> {
    packages(&BENCH_PACKAGES)?;
    python()
}

/// The Python of the tests' own environment.
pub fn python_program() -> PathBuf {
    target_dir().join("venv/bin/python")
}

/// Installs the console's packages and builds it into `console/dist`.
pub fn console() -> Result<(), String> {
    let console = root().join("console");
    node_packages(&console)?;
    run(program("npm").args(["run", "build"]).current_dir(&console))
}

/// Installs the packages that the lock file in `folder` names, unless they are there.
pub fn node_packages(folder: &Path) -> Result<(), String> {
    if !has("npm") {
        return Err("Node.js with npm is needed".to_owned());
    }
    let lock = stamp(&folder.join("package-lock.json"));
    let installed = stamp(&folder.join("node_modules/.package-lock.json"));
    if installed < lock || installed.is_none() {
        run(program("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder))?;
    }
    Ok(())
}

/// Installs cargo-deny beside the build, if the machine has none.
pub fn cargo_deny() -> Result<(), String> {
    tool("cargo-deny")
}

/// Installs cargo-fuzz beside the build, if the machine has none.
pub fn cargo_fuzz() -> Result<(), String> {
    tool("cargo-fuzz")
}

/// The cargo-fuzz to run.
pub fn fuzz_program() -> PathBuf {
    if has("cargo-fuzz") {
        "cargo-fuzz".into()
    } else {
        target_dir().join("tools/bin/cargo-fuzz")
    }
}

fn tool(name: &str) -> Result<(), String> {
    let tools = target_dir().join("tools");
    if has(name) || tools.join("bin").join(name).exists() {
        return Ok(());
    }
    run(cargo()
        .args(["install", "--locked", name, "--root"])
        .arg(&tools))
}

/// The cargo-deny to run.
pub fn deny_program() -> PathBuf {
    target_dir().join("tools/bin/cargo-deny")
}

fn stamp(path: &Path) -> Option<std::time::SystemTime> {
    path.metadata().and_then(|facts| facts.modified()).ok()
}

fn packages(wanted: &[(&str, &str)]) -> Result<(), String> {
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(package, program)| !installed(package, program))
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !has("apt-get") {
        return Err(format!("install these packages and try again: {names}"));
    }
    let apt = |arguments: &[&str]| {
        run(program("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"))
        .map_err(|error| format!("{error}; install these packages as root: {names}"))
    };
    apt(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(missing);
    apt(&install)
}

/// Whether a package is on the machine, by Debian's record or by its program.
fn installed(package: &str, program: &str) -> bool {
    if package == "python3-venv" {
        return Command::new(program)
            .args(["-c", "import ensurepip, venv"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    }
    ["/usr/bin", "/usr/sbin", "/usr/local/bin"]
        .iter()
        .any(|folder| std::path::Path::new(folder).join(program).exists())
}

fn python() -> Result<(), String> {
    let requirements = root().join("tests/requirements.txt");
    let done = target_dir().join("venv/requirements.txt");
    let wanted = std::fs::read(&requirements).map_err(|error| error.to_string())?;
    if std::fs::read(&done).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    let folder = target_dir().join("venv");
    run(program("python3").args(["-m", "venv"]).arg(&folder))?;
    run(Command::new(python_program())
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(&requirements))?;
    std::fs::write(done, wanted).map_err(|error| error.to_string())
}
