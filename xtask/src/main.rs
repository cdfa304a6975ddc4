//! Chores of the repository, run as `cargo xtask <chore>`.

mod bench;
mod codegen;
mod command;
mod demo;
mod documents;
mod fuzz;
mod setup;
mod sim;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>

  demo [--listen ADDR]   build everything and serve a sample project
  test [STAGE…]          set up, check and test everything, or only the stages named
  codegen [--check]      generate what follows from the API model and the configuration
  bench [ROW…]           measure, as ratios against named references
  fuzz TARGET [SECONDS]  try what strangers may send: request, signature, segment, rows
  sim [ARGUMENT…]        try the engine in simulated worlds; --help lists what can be chosen
  deny                   check licences, sources and duplicate versions of dependencies";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["demo", rest @ ..] => demo::run_demo(rest),
        ["test", stages @ ..] => test::run_stages(stages),
        ["codegen"] => codegen::run(false).and_then(|()| documents::write()),
        ["codegen", "--check"] => codegen::run(true),
        ["bench", rows @ ..] => bench::run_rows(rows),
        ["fuzz", target] => fuzz::run_target(target, None),
        ["fuzz", target, seconds] => fuzz::run_target(target, Some(seconds)),
        ["sim", rest @ ..] => sim::run_seeds(rest),
        ["deny"] => setup::cargo_deny().and_then(|()| test::deny()),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
