//! The program `beckon`: reads its arguments and configuration, puts the parts together, and runs
//! them.
//!
//! Belongs: commands, the order in which parts start and stop, what is said on the terminal.
//! Elsewhere: what the parts do.

mod backup;
mod check;
mod cli;
mod demo;
mod error;
mod export;
mod first_start;
mod import;
mod import_project;
mod keys;
mod load_archive;
mod logs;
mod maintenance;
mod parts;
mod progress;
mod serve;
mod users;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, KeysCommand, UsersCommand};
use error::ServerError;

/// Many small, short-lived values of many threads are what the server makes most of.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("beckon: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), ServerError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServerError::Runtime)?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(arguments) => Box::pin(serve::serve(&arguments)).await,
            Command::Demo(arguments) => Box::pin(serve::demo(&arguments)).await,
            Command::Check(arguments) => check::check(&arguments),
            Command::Import(arguments) => Box::pin(import::import(&arguments)).await,
            Command::Export(arguments) => Box::pin(export::export(&arguments)).await,
            Command::ImportProject(arguments) => {
                Box::pin(import_project::import_project(&arguments)).await
            }
            Command::LoadArchive(arguments) => {
                Box::pin(load_archive::load_archive(&arguments)).await
            }
            Command::Backup(arguments) => Box::pin(backup::backup(&arguments)).await,
            Command::Restore(arguments) => backup::restore(&arguments),
            Command::Verify(arguments) => Box::pin(verify::verify(&arguments)).await,
            Command::Keys {
                command: KeysCommand::Create(arguments),
            } => Box::pin(keys::create(&arguments)).await,
            Command::Users {
                command: UsersCommand::Create(arguments),
            } => Box::pin(users::create(&arguments)).await,
            Command::Users {
                command: UsersCommand::Password(arguments),
            } => Box::pin(users::password(&arguments)).await,
        }
    })
}
