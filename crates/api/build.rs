//! Compiles the console's files anew into the program whenever they were built anew.

use std::fs;

fn main() {
    let built = "../../console/dist";
    // A folder that is not there yet could not be watched; that it stays empty without the console
    // is no error.
    if let Err(error) = fs::create_dir_all(built) {
        println!("cargo::warning={built} cannot be watched: {error}");
    }
    println!("cargo::rerun-if-changed={built}");
}
