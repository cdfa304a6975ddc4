//! The thread that writes: messages that wait together become durable together.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::frame;
use super::shelf::Shelf;
use super::{InboxError, InboxMessage};

/// Messages that may wait for the thread; further callers wait.
const QUEUE_MAX: usize = 4_096;
/// Most messages that become durable together.
const GROUP_MAX: usize = 512;
/// Bytes of content after which a group is complete.
const GROUP_BYTES: usize = 4 << 20;

pub(super) enum Command {
    /// Keep a message; its identifier is given here.
    Keep {
        message: Box<InboxMessage>,
        content: Bytes,
        done: oneshot::Sender<Result<(), String>>,
    },
    /// Forget every message.
    Clear(oneshot::Sender<Result<(), InboxError>>),
}

/// Starts the thread; it ends when the last sender is dropped.
pub(super) fn start(
    shelf: Arc<RwLock<Shelf>>,
    live: broadcast::Sender<Arc<InboxMessage>>,
) -> Result<mpsc::Sender<Command>, InboxError> {
    let (sender, commands) = mpsc::channel(QUEUE_MAX);
    std::thread::Builder::new()
        .name("inbox".to_owned())
        .spawn(move || run(&shelf, &live, commands))?;
    Ok(sender)
}

#[derive(Default)]
struct Group {
    messages: Vec<InboxMessage>,
    contents: Vec<Bytes>,
    waiting: Vec<oneshot::Sender<Result<(), String>>>,
    bytes: usize,
}

fn run(
    shelf: &RwLock<Shelf>,
    live: &broadcast::Sender<Arc<InboxMessage>>,
    mut commands: mpsc::Receiver<Command>,
) {
    let mut group = Group::default();
    while let Some(first) = commands.blocking_recv() {
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Keep {
                    message,
                    content,
                    done,
                } => {
                    group.bytes += content.len();
                    group.messages.push(*message);
                    group.contents.push(content);
                    group.waiting.push(done);
                }
                Command::Clear(done) => {
                    write(shelf, live, &mut group);
                    // Nobody waits any more if the caller went away.
                    let _ = done.send(shelf.write().clear());
                }
            }
            let full = group.messages.len() >= GROUP_MAX || group.bytes >= GROUP_BYTES;
            next = if full { None } else { commands.try_recv().ok() };
        }
        write(shelf, live, &mut group);
    }
}

fn write(shelf: &RwLock<Shelf>, live: &broadcast::Sender<Arc<InboxMessage>>, group: &mut Group) {
    if group.messages.is_empty() {
        return;
    }
    let Group {
        mut messages,
        contents,
        waiting,
        ..
    } = std::mem::take(group);
    // Only this thread appends, so the next identifier stays the next one.
    let first = shelf.read().next();
    for (message, id) in messages.iter_mut().zip(first..) {
        message.id = id;
    }
    let kept = frame::encode(&messages, &contents)
        .and_then(|(header, bytes)| Shelf::append(shelf, header, &bytes))
        .map_err(|error| error.to_string());
    if let Err(error) = &kept {
        tracing::error!(%error, messages = messages.len(), "cannot keep messages in the inbox");
    }
    for done in waiting {
        let _ = done.send(kept.clone());
    }
    if kept.is_ok() && live.receiver_count() > 0 {
        for message in messages {
            let _ = live.send(Arc::new(message));
        }
    }
}
