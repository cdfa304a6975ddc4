//! Blocking work away from the threads that poll.

use store::StoreError;

/// Runs `work` where it may block.
///
/// # Errors
/// The runtime is shutting down.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        if error.is_panic() {
            StoreError::Backend(error.to_string())
        } else {
            StoreError::Closed
        }
    })
}
