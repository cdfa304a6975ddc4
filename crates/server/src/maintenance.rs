//! What has to be done from time to time.

use std::time::Duration;

use clock::Clock;
use events::Log;

/// Pause between two rounds.
const EVERY: Duration = Duration::from_secs(60);
/// Who must have seen an event before it may go.
const CONSUMERS: [&str; 2] = ["analytics", "engine"];

/// Trims the event log behind its consumers; never returns.
pub async fn run(log: Log, clock: Clock) {
    loop {
        clock.sleep(EVERY).await;
        let passed = CONSUMERS
            .into_iter()
            .map(|name| log.consumer_position(name).unwrap_or_else(|| log.start()))
            .min();
        let Some(passed) = passed else { continue };
        let log = log.clone();
        let trimmed = tokio::task::spawn_blocking(move || log.trim(passed)).await;
        match trimmed {
            Ok(Ok(0)) => {}
            Ok(Ok(segments)) => tracing::info!(segments, "server.log.trimmed"),
            Ok(Err(error)) => tracing::warn!(%error, "server.log.untrimmed"),
            Err(error) => tracing::error!(%error, "server.log.untrimmed"),
        }
    }
}
