//! Prints `docs/configuration.md`, for `cargo xtask codegen`.

fn main() {
    print!("{}", config::reference());
}
