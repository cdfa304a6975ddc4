//! Log lines, to standard error.

use config::{LogFormat, Logging};
use tracing_subscriber::EnvFilter;

use crate::error::ServerError;

/// Starts logging.
///
/// # Errors
/// The filter cannot be read.
pub fn start(logging: &Logging) -> Result<(), ServerError> {
    let filter = filter(&logging.filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // Logging that somebody else has started stays.
    let _already = match logging.format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Reads a filter such as `info,engine=debug`.
///
/// # Errors
/// It is none.
pub fn filter(text: &str) -> Result<EnvFilter, ServerError> {
    EnvFilter::builder()
        .parse(text)
        .map_err(|error| ServerError::LogFilter(error.to_string()))
}
