//! Documents that the program itself knows best.

use std::process::{Command, Stdio};

use crate::command::{cargo, root, run, target_dir};

/// Example that prints the document, and the file that keeps it. A test of the example's package
/// holds the file to the program.
const DOCUMENTS: [(&str, &str); 2] = [
    ("compatibility", "docs/compatibility.md"),
    ("reference", "docs/configuration.md"),
];

/// Writes the documents anew. Examples are built under the selection of packages that tests have,
/// so that no dependency is built once more.
pub fn write() -> Result<(), String> {
    let examples = DOCUMENTS
        .iter()
        .flat_map(|(example, _)| ["--example", example]);
    run(cargo()
        .args(["build", "--quiet", "--workspace"])
        .args(examples))?;
    for (example, file) in DOCUMENTS {
        let printed = Command::new(target_dir().join("debug/examples").join(example))
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| error.to_string())?;
        if !printed.status.success() {
            return Err(format!("example {example} failed"));
        }
        std::fs::write(root().join(file), printed.stdout)
            .map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}
