//! The embedded backend: everything of a node in one data folder.
//!
//! Belongs: the data folder with its lock, schema version and master key; documents and secrets on
//! SQLite; endpoints and users on a log-structured key-value store with the columnar index in
//! memory.
//! Elsewhere: what the traits promise (`store`), the rules of endpoints (`audience`).

mod backup;
mod blocking;
mod documents;
mod endpoints;
mod error;
mod folder;
mod loaded;
mod options;
mod secrets;

pub use error::OpenError;
pub use folder::{RESTORING, SCHEMA_VERSION};
pub use loaded::LoadedArchives;
pub use options::Options;

use std::sync::Arc;

use clock::Clock;
use store::Store;

/// Opens the data folder, creating or migrating it as needed, and reads the index into memory.
///
/// The folder stays locked until every clone of the store is gone; dropping the last one waits
/// for writes that were accepted.
///
/// # Errors
/// The folder cannot be written, is in use, comes from a newer version, is damaged, or belongs to
/// another master key.
pub async fn open(options: Options, clock: Clock) -> Result<Store, OpenError> {
    blocking::run(move || open_blocking(&options, &clock)).await?
}

fn open_blocking(options: &Options, clock: &Clock) -> Result<Store, OpenError> {
    let folder = Arc::new(folder::Folder::open(&options.dir)?);
    let opened = documents::open(&folder, options)?;
    let master_key = secrets::MasterKey::resolve(&folder, options, clock, &opened)?;
    folder.write_schema_version()?;
    let documents = documents::Sqlite::start(Arc::clone(&folder), opened)
        .map_err(|error| folder.unusable(&error))?;
    let endpoints = endpoints::open(&folder, options, clock.clone())?;
    let endpoints = Arc::new(endpoints);
    Ok(Store {
        backup: Arc::new(backup::EmbeddedBackup::new(
            folder,
            documents.clone(),
            Arc::clone(&endpoints),
        )),
        secrets: Arc::new(secrets::SealedSecrets::new(
            documents.clone(),
            master_key,
            clock.clone(),
        )),
        documents: Arc::new(documents),
        endpoints,
    })
}
