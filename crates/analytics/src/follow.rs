//! Following the log: reading it into memory, and writing memory to files now and then.

use std::sync::Arc;
use std::time::Duration;

use crate::AnalyticsError;
use crate::state::Shared;

/// Events that are read at once.
const READ_MAX: usize = 8192;
/// How long events gather before they are read, so that a trickle does not become a batch each.
const GATHER: Duration = Duration::from_millis(50);
/// How often files are put in order although nothing was written.
const MAINTENANCE: Duration = Duration::from_hours(1);
/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(5);

/// Reads the log until `closing` says so.
pub(crate) async fn read(shared: Arc<Shared>, mut closing: tokio::sync::watch::Receiver<bool>) {
    let mut end = shared.log.subscribe();
    loop {
        let position = shared.reader.lock().position;
        if position >= *end.borrow_and_update() {
            tokio::select! {
                changed = end.changed() => if changed.is_err() { return },
                _ = closing.wait_for(|closing| *closing) => return,
            }
            tokio::time::sleep(GATHER).await;
        }
        if *closing.borrow() {
            return;
        }
        if is_full(&shared) {
            shared.flush_wanted.notify_one();
            tokio::select! {
                () = shared.flushed.notified() => {},
                _ = closing.wait_for(|closing| *closing) => return,
            }
            continue;
        }
        let reading = Arc::clone(&shared);
        let read = tokio::task::spawn_blocking(move || {
            let events = reading.log.read_blocking(position, READ_MAX)?;
            reading.add(&events);
            Ok::<_, AnalyticsError>(())
        });
        match read.await {
            Ok(Ok(())) => {
                let state = shared.state.read();
                if state.hot.rows >= shared.options.flush_rows
                    || state.hot.bytes >= shared.options.flush_bytes
                {
                    shared.flush_wanted.notify_one();
                }
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "analytics cannot read the event log");
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => {
                tracing::error!(%error, "analytics stopped following the event log");
                shared.stopped.send_replace(Some(error.to_string()));
                return;
            }
        }
    }
}

/// Whether memory has no room for more rows: then the log keeps them until a flush succeeds.
fn is_full(shared: &Shared) -> bool {
    let state = shared.state.read();
    state.hot.rows >= 2 * shared.options.flush_rows
        || state.hot.bytes >= 2 * shared.options.flush_bytes
}

/// Writes files until `closing` says so.
pub(crate) async fn write(shared: Arc<Shared>, mut closing: tokio::sync::watch::Receiver<bool>) {
    let mut maintained = shared.clock.monotonic();
    loop {
        tokio::select! {
            () = shared.flush_wanted.notified() => {},
            () = tokio::time::sleep(shared.options.flush_after) => {},
            _ = closing.wait_for(|closing| *closing) => return,
        }
        let rows = {
            let state = shared.state.read();
            state.hot.rows + state.frozen.as_ref().map_or(0, |frozen| frozen.hot.rows)
        };
        let now = shared.clock.monotonic();
        let mut done = Ok(());
        if rows > 0 {
            done = shared.flush().await;
        }
        if done.is_ok() && (rows > 0 || now.saturating_sub(maintained) >= MAINTENANCE) {
            maintained = now;
            done = shared.maintain().await;
        }
        if let Err(error) = done {
            tracing::error!(%error, "analytics cannot write its files; events wait in the log");
            tokio::time::sleep(RETRY).await;
        }
    }
}
