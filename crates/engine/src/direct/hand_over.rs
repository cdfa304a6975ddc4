//! Letting the messages of a direct send go: their record first, then the hand-over, then what
//! came of it (`docs/spec/channels.md §2.4`). Nothing is ever handed over twice.

use channels::Delivery;
use channels::feedback::{handed_over, sms_handed_over};
use clock::Timestamp;
use futures::StreamExt as _;
use model::{DirectIntent, DirectRecipient, Event};
use store::{Resource, Store, StoreError};

use super::compose::Outbound;
use super::message::DirectSend;
use super::outcome::SendResult;
use crate::engine::Shared;

/// Messages of one call that are on their way at once.
const IN_FLIGHT_MAX: usize = 16;
/// Unfinished calls that are counted at most.
const DOUBTFUL_MAX: usize = 1_000;
/// Records of one kind that are forgotten at once.
const FORGOTTEN_MAX: usize = 100;

/// Hands the messages of `send` over and answers the result of each, with its number. `events` are
/// recorded with theirs.
pub(super) async fn hand_over(
    shared: &Shared,
    send: &DirectSend,
    key: &str,
    messages: Vec<(usize, Outbound)>,
    mut events: Vec<Event>,
) -> Result<Vec<(usize, SendResult)>, StoreError> {
    let intents = shared.store.of::<DirectIntent>();
    let sending = !messages.is_empty();
    if sending {
        intents
            .create(&intent(shared, send, key, &messages))
            .await?;
    }
    let answers: Vec<_> = futures::stream::iter(messages)
        .map(|(number, message)| async move { (number, one(shared, message).await) })
        .buffer_unordered(IN_FLIGHT_MAX)
        .collect()
        .await;
    let mut results = Vec::with_capacity(answers.len());
    for (number, (result, told)) in answers {
        results.push((number, result));
        events.extend(told);
    }
    if !events.is_empty()
        && let Err(error) = shared.log.append(events).await
    {
        // The messages are out, and that is what the caller must learn; the intent stays.
        tracing::error!(%error, request.id = %send.request_id, "outcomes cannot be recorded");
        return Ok(results);
    }
    if sending && let Err(error) = intents.delete(send.app.as_str(), key).await {
        tracing::error!(%error, request.id = %send.request_id, "an intent cannot be closed");
    }
    Ok(results)
}

fn intent(
    shared: &Shared,
    send: &DirectSend,
    key: &str,
    messages: &[(usize, Outbound)],
) -> DirectIntent {
    let recipients = messages.iter().map(|(_, message)| DirectRecipient {
        channel: message.channel(),
        address: message.to().to_owned(),
        endpoint: message.endpoint().clone(),
        message_id: message.message_id().to_owned(),
    });
    DirectIntent {
        app: send.app.clone(),
        id: key.to_owned(),
        request_id: send.request_id.clone(),
        trace_id: send.trace_id.clone(),
        created: shared.clock.now(),
        recipients: recipients.collect(),
    }
}

async fn one(shared: &Shared, message: Outbound) -> (SendResult, Vec<Event>) {
    let channel = message.channel();
    let id = message.message_id().to_owned();
    match message {
        Outbound::Email(mail, facts) => {
            let delivery = if shared.suppression.contains(&mail.to) {
                Delivery::Suppressed
            } else {
                shared.email.send(*mail).await
            };
            let events = handed_over(&facts, &delivery, shared.clock.now());
            (SendResult::of(channel, &delivery, &id), events)
        }
        Outbound::Sms(message, sms, facts) => {
            let delivery = shared.messages.hand_over(*message).await;
            let events = sms_handed_over(&facts, &sms, &delivery, shared.clock.now());
            (SendResult::of(channel, &delivery, &id), events)
        }
        Outbound::Other(message) => {
            let delivery = shared.messages.hand_over(*message).await;
            (SendResult::of(channel, &delivery, &id), Vec::new())
        }
    }
}

/// Says in the log how many calls an earlier process left unfinished.
pub(crate) async fn tell_doubtful(store: &Store) -> Result<(), StoreError> {
    let ever = Timestamp::from_millis(i64::MAX);
    let left = store.of::<DirectIntent>().due(ever, DOUBTFUL_MAX).await?;
    if !left.is_empty() {
        let recipients: usize = left.iter().map(|intent| intent.recipients.len()).sum();
        tracing::warn!(
            calls = left.len(),
            recipients,
            "direct sends were interrupted; whether their recipients got a message is not known"
        );
    }
    Ok(())
}

/// Removes records whose time is over, at most [`FORGOTTEN_MAX`].
pub(super) async fn forget<R: Resource>(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    for old in store.of::<R>().due(now, FORGOTTEN_MAX).await? {
        match store.documents.commit(vec![old.delete()]).await {
            // Somebody changed or removed it meanwhile.
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
