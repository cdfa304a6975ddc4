//! Documents that the program itself knows best.

use std::process::Stdio;

use crate::command::{cargo, root};

/// Package, example that prints the document, and the file that keeps it. A test of the package
/// holds the file to the program.
const DOCUMENTS: [(&str, &str, &str); 2] = [
    ("api", "compatibility", "docs/compatibility.md"),
    ("config", "reference", "docs/configuration.md"),
];

/// Writes the documents anew.
pub fn write() -> Result<(), String> {
    for (package, example, file) in DOCUMENTS {
        let printed = cargo()
            .args(["run", "--quiet", "--package", package, "--example", example])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| error.to_string())?;
        if !printed.status.success() {
            return Err(format!("example {example} of {package} failed"));
        }
        std::fs::write(root().join(file), printed.stdout)
            .map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}
