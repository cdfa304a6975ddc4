//! Prints `docs/compatibility.md`, for `cargo xtask codegen`.

fn main() {
    print!("{}", api::compatibility_table());
}
