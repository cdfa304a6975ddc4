//! Tells the console that something new can be seen, as server-sent events.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use model::{AppId, Campaign};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::input::Params;
use crate::error::ApiError;
use crate::state::AppState;

/// Shortest pause between two notices: at most four a second.
const PAUSE: Duration = Duration::from_millis(250);
/// How often campaigns are looked at.
const CAMPAIGNS_EVERY: Duration = Duration::from_secs(1);
/// How often something is said when there is nothing to say, so that a dead connection shows.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Campaigns that are looked at.
const CAMPAIGNS_READ: usize = 50;
/// Streams at once.
static STREAMS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(500);

struct Live {
    state: AppState,
    app: Option<AppId>,
    events: watch::Receiver<u64>,
    inbox: broadcast::Receiver<std::sync::Arc<channels::inbox::InboxMessage>>,
    campaigns: Vec<(u64, String)>,
    closing: watch::Receiver<bool>,
    _permit: tokio::sync::SemaphorePermit<'static>,
}

pub(crate) async fn run(
    State(state): State<AppState>,
    params: Params,
) -> Result<Response, ApiError> {
    let permit = STREAMS
        .try_acquire()
        .map_err(|_| ApiError::too_many_requests("Too many live streams are open"))?;
    let mut live = Live {
        app: params.get("app").map(AppId::from),
        events: state.parts.analytics.subscribe(),
        inbox: state.parts.inbox.subscribe(),
        campaigns: Vec::new(),
        closing: state.closing.subscribe(),
        state,
        _permit: permit,
    };
    live.events.mark_unchanged();
    live.campaigns = live.standing().await;
    let first = Bytes::from_static(b"retry: 1000\n\n");
    let notices = stream::unfold(live, |mut live| async move {
        let notice = live.next().await?;
        Some((Ok::<_, std::convert::Infallible>(notice), live))
    });
    let body = stream::StreamExt::chain(stream::once(async { Ok(first) }), notices);
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

impl Live {
    /// The next notice; absent when the server is shutting down.
    async fn next(&mut self) -> Option<Bytes> {
        let clock = self.state.parts.clock.clone();
        clock.sleep(PAUSE).await;
        let mut waited = PAUSE;
        loop {
            let mut kinds = Vec::new();
            tokio::select! {
                _ = self.closing.wait_for(|closing| *closing) => return None,
                changed = self.events.changed() => {
                    changed.ok()?;
                    kinds.push("events");
                }
                received = self.inbox.recv() => match received {
                    Ok(message) => {
                        let ours = self.app.as_ref().is_none_or(|app| *app == message.app);
                        if ours {
                            kinds.push("inbox");
                        }
                    }
                    Err(RecvError::Lagged(_)) => kinds.push("inbox"),
                    Err(RecvError::Closed) => return None,
                },
                () = clock.sleep(CAMPAIGNS_EVERY) => {
                    waited += CAMPAIGNS_EVERY;
                }
            }
            let standing = self.standing().await;
            if standing != self.campaigns {
                self.campaigns = standing;
                kinds.push("campaign");
            }
            if !kinds.is_empty() {
                self.skip_waiting();
                let lines: String = kinds
                    .iter()
                    .map(|kind| format!("data: {{\"kind\":\"{kind}\"}}\n\n"))
                    .collect();
                return Some(Bytes::from(lines));
            }
            if waited >= HEARTBEAT {
                return Some(Bytes::from_static(b": still here\n\n"));
            }
        }
    }

    /// Messages that arrived together are one notice.
    fn skip_waiting(&mut self) {
        while self.inbox.try_recv().is_ok() {}
    }

    /// Revision of each of the newest campaigns.
    async fn standing(&self) -> Vec<(u64, String)> {
        let Some(app) = &self.app else {
            return Vec::new();
        };
        let campaigns = self.state.store().of::<Campaign>();
        match campaigns.list(app.as_str(), None, CAMPAIGNS_READ).await {
            Ok(page) => page
                .items
                .into_iter()
                .map(|campaign| (campaign.revision, campaign.value.id.into_string()))
                .collect(),
            Err(error) => {
                tracing::warn!(%error, "api.live.campaigns.unread");
                Vec::new()
            }
        }
    }
}
