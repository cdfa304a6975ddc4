//! `beckon import-project`: a project from files of responses (`docs/migration.md`).

use std::path::Path;

use api::migrate::{Source, migrate};
use clock::Clock;

use crate::cli::ImportProjectArguments;
use crate::error::ServerError;
use crate::parts::Server;

/// Bytes of a file.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Takes a project, and says what became of each item.
///
/// # Errors
/// A file cannot be read, before anything is written; or the data folder cannot be used.
pub async fn import_project(arguments: &ImportProjectArguments) -> Result<(), ServerError> {
    let config = arguments.data.config.load()?;
    let sources = arguments.files.iter().map(|path| read(path));
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    let server = Server::open(&config, &arguments.data.data, Clock::real()).await?;
    let report = migrate(&server.state, sources).await;
    server.parts.streams.shutdown().await;
    server.parts.analytics.close().await?;
    let report = report.map_err(|error| ServerError::Migration(error.message().to_owned()))?;
    println!("{report}");
    Ok(())
}

fn read(path: &Path) -> Result<Source, ServerError> {
    let unusable = |cause| ServerError::File {
        path: path.to_owned(),
        cause,
    };
    let size = std::fs::metadata(path).map_err(unusable)?.len();
    if size > FILE_BYTES_MAX {
        return Err(unusable(std::io::Error::from(
            std::io::ErrorKind::FileTooLarge,
        )));
    }
    let bytes = std::fs::read(path).map_err(unusable)?;
    let json = serde_json::from_slice(&bytes).map_err(|cause| ServerError::NotJson {
        path: path.to_owned(),
        cause,
    })?;
    Ok(Source {
        name: path.display().to_string(),
        json,
    })
}
