//! `beckon load-archive`: archives of event streams, with the progress on the terminal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clock::Clock;
use config::Config;
use engine::archive::{Applications, ArchiveLoad, Report, settle};
use events::Log;
use model::AppId;
use store_embedded::LoadedArchives;

use crate::cli::LoadArchiveArguments;
use crate::error::ServerError;
use crate::parts::{Server, buckets, retention};

/// Loads archives, and says what became of their records.
///
/// # Errors
/// A place cannot be read, or the data folder cannot be used; what was loaded before stays.
pub async fn load_archive(arguments: &LoadArchiveArguments) -> Result<(), ServerError> {
    let config = arguments.data.config.load()?;
    let places = arguments
        .paths
        .iter()
        .zip(0..)
        .map(|(path, number)| locate(path, number));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let server = Server::open(&config, &arguments.data.data, Clock::real()).await?;
    let outcome = run(arguments, &config, &server, places).await;
    if let Ok(report) = &outcome {
        eprintln!();
        println!("{report}");
    }
    let parts = &server.parts;
    parts.analytics.caught_up(parts.log.end()).await?;
    parts.streams.shutdown().await;
    parts.analytics.close().await?;
    outcome.map(drop)
}

async fn run(
    arguments: &LoadArchiveArguments,
    config: &Config,
    server: &Server,
    places: Vec<Place>,
) -> Result<Report, ServerError> {
    let (urls, folders): (Vec<String>, Vec<_>) = places
        .into_iter()
        .map(|place| (place.url, place.folder))
        .unzip();
    let data = arguments.data.data.clone();
    let of_data = data.clone();
    let loaded = tokio::task::spawn_blocking(move || LoadedArchives::open(&of_data)).await??;
    let load = ArchiveLoad {
        store: server.parts.store.clone(),
        log: server.parts.log.clone(),
        clock: server.parts.clock.clone(),
        loaded: Arc::new(loaded),
        buckets: buckets(config, &data, folders.into_iter().flatten())?,
        applications: Applications {
            all: arguments.app.as_deref().map(AppId::from),
            renamed: arguments.map.iter().cloned().collect(),
        },
        retention: retention(config),
    };
    let run = move || load.run(&urls, &mut |report| eprint!("\r{}   ", report.counts()));
    Ok(tokio::task::spawn_blocking(run).await??)
}

/// Notes what of a load that was killed had come to the log of the data folder `dir`, if there ever
/// was one. Blocks.
///
/// # Errors
/// The log or the data folder cannot be read or written.
pub fn settle_former(dir: &Path, log: &Log) -> Result<(), ServerError> {
    if LoadedArchives::path(dir).exists() {
        settle(log, &LoadedArchives::open(dir)?)?;
    }
    Ok(())
}

/// Where files lie.
struct Place {
    url: String,
    /// The bucket that stands for a local folder.
    folder: Option<(String, PathBuf)>,
}

fn locate(path: &str, number: usize) -> Result<Place, ServerError> {
    if path.starts_with("s3://") {
        return Ok(Place {
            url: path.to_owned(),
            folder: None,
        });
    }
    let unusable = |cause| ServerError::File {
        path: PathBuf::from(path),
        cause,
    };
    let whole = Path::new(path).canonicalize().map_err(unusable)?;
    let (folder, key) = if whole.is_dir() {
        (whole.as_path(), "")
    } else {
        let not_a_file = || unusable(std::io::Error::from(std::io::ErrorKind::InvalidInput));
        let name = whole.file_name().and_then(|name| name.to_str());
        let folder = whole.parent().ok_or_else(not_a_file)?;
        (folder, name.ok_or_else(not_a_file)?)
    };
    let bucket = format!("beckon-command-line-{number}");
    Ok(Place {
        url: format!("s3://{bucket}/{key}"),
        folder: Some((bucket, folder.to_owned())),
    })
}
