//! `beckon check`.

use crate::cli::ConfigArguments;
use crate::error::ServerError;
use crate::logs;

/// Looks at the configuration and says that it is fine.
///
/// # Errors
/// It is not; the error tells each key.
pub fn check(arguments: &ConfigArguments) -> Result<(), ServerError> {
    let config = arguments.load()?;
    logs::filter(&config.log.filter)?;
    for (name, folder) in &config.buckets {
        if !folder.is_dir() {
            println!("buckets.{name}: {} is not a folder (yet)", folder.display());
        }
    }
    println!("The configuration is fine.");
    Ok(())
}
