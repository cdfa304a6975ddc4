//! Backups of a data folder: taking one, also of a running server, and bringing it back.
//!
//! The copy is what a crash at one instant would have left (`docs/operation.md`): documents and the
//! position of the log are those of an instant between two commits, so whatever the documents say
//! was sent is in the log, and nothing is in the log that they know nothing of. Endpoints, the
//! inbox and uploads are copied after it, so what documents and log refer to is there.

mod control;
mod error;
mod folder;
mod manifest;
mod restore;

use std::path::Path;
use std::sync::Arc;

use clock::Clock;
use parking_lot::Mutex;
use store_embedded::{OpenError, SCHEMA_VERSION};

use crate::cli::BackupArguments;
use crate::error::ServerError;
use crate::parts::Server;

pub use control::{Control, ask_report};
pub use error::BackupError;
pub use restore::restore;

use manifest::{Manifest, Summary};

/// Folders whose files are copied as they lie there: each file is complete, or cut at its end by
/// whoever opens it.
const PLAIN: [&str; 3] = ["inbox", "objects", "archive"];

/// `beckon backup`: by itself, or through the server that works in the data folder.
///
/// # Errors
/// There is no data folder, or the backup cannot be taken; then its folder has no manifest.
pub async fn backup(arguments: &BackupArguments) -> Result<(), ServerError> {
    let config = arguments.data.config.load()?;
    let data = &arguments.data.data;
    let target = std::path::absolute(&arguments.to).map_err(|cause| ServerError::File {
        path: arguments.to.clone(),
        cause,
    })?;
    if !data.join("meta").is_dir() {
        return Err(BackupError::NoData(data.clone()).into());
    }
    let summary = match Server::open(&config, data, Clock::real()).await {
        Ok(server) => {
            let taken = take(&server.parts, data, &target).await;
            server.parts.streams.shutdown().await;
            server.parts.analytics.close().await?;
            taken?
        }
        Err(ServerError::Open(OpenError::Locked(_))) => control::ask(data, &target).await?,
        Err(error) => return Err(error),
    };
    println!("{summary}");
    Ok(())
}

/// Copies the data folder `data`, in which `parts` work, to the folder `target`.
async fn take(parts: &api::Parts, data: &Path, target: &Path) -> Result<Summary, BackupError> {
    folder::prepare(data, target)?;
    let taken = parts.clock.now();
    let held = Arc::new(parts.log.hold());
    // Their position is never ahead of the log: it is read before the log's.
    let pinned = parts.analytics.pin();
    let cut = Arc::new(Mutex::new(None));
    let (noting, holding) = (Arc::clone(&cut), Arc::clone(&held));
    let at_instant = Box::new(move || *noting.lock() = Some(holding.cut()));
    parts.store.backup.copy(target, at_instant).await?;
    let cut = cut.lock().take();
    let cut = cut.ok_or(BackupError::Store(store::StoreError::Closed))?;

    let (data, target) = (data.to_owned(), target.to_owned());
    let copied = tokio::task::spawn_blocking(move || {
        held.copy(&target.join("events"), &cut)?;
        pinned.copy(&target.join("analytics"))?;
        for name in PLAIN {
            folder::copy(&data.join(name), &target.join(name))?;
        }
        let manifest = Manifest {
            format: manifest::FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema: SCHEMA_VERSION,
            taken: taken.to_string(),
            log_position: cut.end,
            files: manifest::seal(&target)?,
        };
        manifest.save(&target)?;
        Ok::<_, BackupError>(manifest.summary(&target))
    });
    copied
        .await
        .map_err(|error| BackupError::Stopped(error.to_string()))?
}
