//! The built-in inbox: every channel can deliver into it, and the console shows it.

mod content;
mod frame;
mod shelf;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use clock::{Clock, Timestamp};
use model::{AppId, CampaignRef, ChannelType, EndpointId, Header, JourneyRef, UserId};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::email::simulator::{MTA, Simulated, simulated};
use crate::email::{Delivery, EmailTransport, OutboundEmail, Refusal};
use crate::message::simulator::{self, Fate};
use crate::message::{MessageTransport, OutboundMessage, Payload};
use shelf::Shelf;
use writer::Command;

/// What became of a message in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub enum InboxState {
    Delivered,
    Bounced,
    SoftBounced,
    Complained,
    Suppressed,
    /// Taken by the provider, not by the recipient's side.
    Undeliverable,
    Refused,
    OptedOut,
    Throttled,
    Unavailable,
}

/// A message as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxMessage {
    /// Grows with every message; never reused.
    pub id: u64,
    /// The application.
    pub app: AppId,
    /// The channel.
    pub channel: ChannelType,
    /// The send's name.
    pub key: String,
    /// The identifier that events carry.
    pub message_id: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The subject; empty where the channel has none.
    pub subject: String,
    /// The recipient's endpoint.
    pub endpoint: EndpointId,
    /// The recipient's user.
    pub user: Option<UserId>,
    /// The campaign that sent.
    pub campaign: Option<CampaignRef>,
    /// The journey that sent.
    pub journey: Option<JourneyRef>,
    /// Whether it is a test message.
    pub test: bool,
    /// When it arrived.
    pub received: Timestamp,
    /// What became of it.
    pub state: InboxState,
}

/// A message with its content.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxDetail {
    /// The message.
    pub message: InboxMessage,
    /// HTML.
    pub html: Option<String>,
    /// Plain text.
    pub text: Option<String>,
    /// Headers in order, decoded.
    pub headers: Vec<Header>,
    /// The message as its channel takes it; absent for mail.
    pub payload: Option<Payload>,
}

/// Which messages to list.
#[derive(Debug, Clone, Default)]
pub struct InboxQuery {
    /// Only this application.
    pub app: Option<AppId>,
    /// Only messages of these channels; empty means all.
    pub channels: Vec<ChannelType>,
    /// Only messages whose sender, recipient, subject or endpoint contains this, in any case.
    pub text: Option<String>,
    /// Only messages older than the one with this identifier.
    pub before: Option<u64>,
    /// At most so many, 1 to 1000.
    pub limit: usize,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxPage {
    /// The messages.
    pub items: Vec<InboxMessage>,
    /// Give it as `before` to go on; absent on the last page.
    pub next: Option<u64>,
}

/// How much is kept.
#[derive(Debug, Clone)]
pub struct InboxOptions {
    /// The folder.
    pub dir: PathBuf,
    /// Messages kept; older ones go first.
    pub messages_max: u64,
    /// Bytes kept on disk; older messages go first.
    pub bytes_max: u64,
}

/// A failure of the inbox.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// A file or the folder cannot be read or written.
    #[error("inbox: {0}")]
    Io(#[from] std::io::Error),
    /// A stored message does not decode.
    #[error("inbox: stored message is damaged: {0}")]
    Damaged(String),
    /// The inbox is closed, or a write failed before: nothing more is taken.
    #[error("inbox: closed: {0}")]
    Closed(String),
}

/// The inbox; cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    shelf: Arc<RwLock<Shelf>>,
    writer: mpsc::Sender<Command>,
    live: broadcast::Sender<Arc<InboxMessage>>,
    clock: Clock,
}

/// Messages that a slow subscriber may lag behind.
const LIVE_MAX: usize = 1_024;
/// Characters of a message that stand for it in lists.
const HEADLINE_CHARS: usize = 120;
/// Most messages of a page.
const PAGE_MAX: usize = 1_000;
/// Frames that are looked at before the map is asked again.
const FRAMES_AT_ONCE: usize = 64;

impl InboxOptions {
    /// The defaults: 200,000 messages and 2 GiB.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            messages_max: 200_000,
            bytes_max: 2 << 30,
        }
    }
}

impl Inbox {
    /// Opens the inbox in its folder, creating it if needed. Blocks while it reads the folder.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn open(options: InboxOptions, clock: Clock) -> Result<Self, InboxError> {
        let shelf = Arc::new(RwLock::new(Shelf::open(options)?));
        let (live, _) = broadcast::channel(LIVE_MAX);
        let writer = writer::start(Arc::clone(&shelf), live.clone())?;
        Ok(Self {
            shelf,
            writer,
            live,
            clock,
        })
    }

    /// Messages, newest first.
    ///
    /// # Errors
    /// A file cannot be read.
    pub async fn list(&self, query: &InboxQuery) -> Result<InboxPage, InboxError> {
        let shelf = Arc::clone(&self.shelf);
        let query = query.clone();
        blocking(move || list(&shelf, &query)).await
    }

    /// A message with its content.
    ///
    /// # Errors
    /// A file cannot be read.
    pub async fn get(&self, id: u64) -> Result<Option<InboxDetail>, InboxError> {
        let shelf = Arc::clone(&self.shelf);
        let found = blocking(move || message(&shelf, id)).await?;
        found
            .map(|(message, raw)| detail(message, &raw))
            .transpose()
    }

    /// A message as it was handed over, with its channel: a mail, or JSON.
    ///
    /// # Errors
    /// A file cannot be read.
    pub async fn raw(&self, id: u64) -> Result<Option<(ChannelType, Bytes)>, InboxError> {
        let shelf = Arc::clone(&self.shelf);
        let found = blocking(move || message(&shelf, id)).await?;
        Ok(found.map(|(message, raw)| (message.channel, raw)))
    }

    /// Removes every message.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub async fn clear(&self) -> Result<(), InboxError> {
        let (done, cleared) = oneshot::channel();
        let closed = || InboxError::Closed("its thread has ended".to_owned());
        self.writer
            .send(Command::Clear(done))
            .await
            .map_err(|_| closed())?;
        cleared.await.map_err(|_| closed())?
    }

    /// Every message from now on, after it is durable. A receiver that lags misses some.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<InboxMessage>> {
        self.live.subscribe()
    }

    async fn keep(&self, message: InboxMessage, content: Bytes) -> Result<(), String> {
        let (done, kept) = oneshot::channel();
        let command = Command::Keep {
            message: Box::new(message),
            content,
            done,
        };
        self.writer
            .send(command)
            .await
            .map_err(|_| "the inbox is closed".to_owned())?;
        kept.await.map_err(|_| "the inbox is closed".to_owned())?
    }
}

#[async_trait]
impl EmailTransport for Inbox {
    async fn send(&self, mail: OutboundEmail) -> Delivery {
        let fate = simulated(&mail.to).unwrap_or(Simulated::Success);
        let message = InboxMessage {
            id: 0,
            app: mail.app,
            channel: ChannelType::Email,
            key: mail.key,
            message_id: mail.message_id,
            from: mail.from,
            to: mail.to,
            subject: mail.subject,
            endpoint: mail.endpoint,
            user: mail.user,
            campaign: mail.campaign,
            journey: mail.journey,
            test: mail.test,
            received: self.clock.now(),
            state: match fate {
                Simulated::Success => InboxState::Delivered,
                Simulated::Bounce => InboxState::Bounced,
                Simulated::SoftBounce => InboxState::SoftBounced,
                Simulated::Complaint => InboxState::Complained,
                Simulated::Suppressed => InboxState::Suppressed,
            },
        };
        let delivery = fate.delivery(&message.message_id);
        match self.keep(message, mail.mime).await {
            Ok(()) => delivery,
            Err(why) => not_kept(why),
        }
    }
}

#[async_trait]
impl MessageTransport for Inbox {
    async fn hand_over(&self, message: OutboundMessage) -> Delivery {
        let fate = simulator::simulated(message.channel, &message.to).unwrap_or(Fate::Success);
        let content = match serde_json::to_vec(&message.payload) {
            Ok(content) => Bytes::from(content),
            Err(error) => return not_kept(error.to_string()),
        };
        let headline = message.payload.headline().chars();
        let kept = InboxMessage {
            id: 0,
            app: message.app,
            channel: message.channel,
            key: message.key,
            message_id: message.message_id,
            from: message.payload.sender().to_owned(),
            to: message.to,
            subject: headline.take(HEADLINE_CHARS).collect(),
            endpoint: message.endpoint,
            user: message.user,
            campaign: message.campaign,
            journey: message.journey,
            test: message.test,
            received: self.clock.now(),
            state: fate.state(),
        };
        let delivery = fate.delivery(message.channel, &kept.message_id);
        match self.keep(kept, content).await {
            Ok(()) => delivery,
            Err(why) => not_kept(why),
        }
    }
}

/// The answer when a message cannot be written.
fn not_kept(why: String) -> Delivery {
    Delivery::Transient(Refusal {
        diagnostic: why,
        mta: MTA.to_owned(),
        ..Refusal::default()
    })
}

fn detail(message: InboxMessage, raw: &[u8]) -> Result<InboxDetail, InboxError> {
    if message.channel == ChannelType::Email {
        let content = content::read(raw);
        return Ok(InboxDetail {
            message,
            html: content.html,
            text: content.text,
            headers: content.headers,
            payload: None,
        });
    }
    let payload = serde_json::from_slice(raw);
    Ok(InboxDetail {
        message,
        html: None,
        text: None,
        headers: Vec::new(),
        payload: Some(payload.map_err(|error| InboxError::Damaged(error.to_string()))?),
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InboxError> + Send + 'static,
) -> Result<T, InboxError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(InboxError::Closed(error.to_string())))
}

fn list(shelf: &RwLock<Shelf>, query: &InboxQuery) -> Result<InboxPage, InboxError> {
    let limit = query.limit.clamp(1, PAGE_MAX);
    let text = query.text.as_ref().map(|text| text.to_lowercase());
    let mut before = query.before.unwrap_or(u64::MAX);
    let mut items: Vec<InboxMessage> = Vec::new();
    loop {
        let (floor, places) = {
            let shelf = shelf.read();
            (shelf.floor(), shelf.frames_before(before, FRAMES_AT_ONCE))
        };
        let Some(oldest) = places.last() else {
            return Ok(InboxPage { items, next: None });
        };
        let oldest = oldest.header.first;
        for place in places {
            let messages = frame::decode_list(&place.header, &place.read(place.header.list())?)?;
            for message in messages.into_iter().rev() {
                if message.id >= before
                    || message.id < floor
                    || !wanted(&message, query, text.as_deref())
                {
                    continue;
                }
                if items.len() == limit {
                    let next = items.last().map(|last| last.id);
                    return Ok(InboxPage { items, next });
                }
                items.push(message);
            }
        }
        before = oldest;
    }
}

fn wanted(message: &InboxMessage, query: &InboxQuery, text: Option<&str>) -> bool {
    if query.app.as_ref().is_some_and(|app| *app != message.app) {
        return false;
    }
    if !query.channels.is_empty() && !query.channels.contains(&message.channel) {
        return false;
    }
    let Some(text) = text else {
        return true;
    };
    let places = [
        &message.from,
        &message.to,
        &message.subject,
        message.endpoint.as_str(),
    ];
    places
        .iter()
        .any(|place| place.to_lowercase().contains(text))
}

fn message(shelf: &RwLock<Shelf>, id: u64) -> Result<Option<(InboxMessage, Bytes)>, InboxError> {
    let Some(place) = shelf.read().frame_of(id) else {
        return Ok(None);
    };
    let number = usize::try_from(id - place.header.first).unwrap_or(usize::MAX);
    let mut messages = frame::decode_list(&place.header, &place.read(place.header.list())?)?;
    if number >= messages.len() {
        return Err(InboxError::Damaged("the list ends early".to_owned()));
    }
    let message = messages.swap_remove(number);
    let content = place.read(place.header.content())?;
    let raw = frame::decode_content(&place.header, &content, number)?;
    Ok(Some((message, raw)))
}

impl InboxState {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "DELIVERED",
            Self::Bounced => "BOUNCED",
            Self::SoftBounced => "SOFT_BOUNCED",
            Self::Complained => "COMPLAINED",
            Self::Suppressed => "SUPPRESSED",
            Self::Undeliverable => "UNDELIVERABLE",
            Self::Refused => "REFUSED",
            Self::OptedOut => "OPTED_OUT",
            Self::Throttled => "THROTTLED",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}
