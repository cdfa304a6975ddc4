//! Direct sends: SendMessages, SendUsersMessages and one-time passwords
//! (`docs/spec/channels.md §2, §7`).
//!
//! Belongs: whom a call means, what it says to each, letting the messages go, what it answers,
//! codes and their checks.
//! Elsewhere: payloads (`render`), transports and records (`channels`), campaigns (`run`).

mod compose;
mod content;
mod hand_over;
mod message;
mod otp;
mod otp_text;
mod outcome;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use model::{ChannelType, DirectIntent, Endpoint, EndpointId, Event, OneTimePassword, OptOut};
use store::{DeletedCampaign, StoreError};

pub use content::DirectError;
pub(crate) use hand_over::tell_doubtful;
pub use message::{
    Addressee, DirectEmail, DirectMessages, DirectSend, DirectSms, Overrides, SimpleEmail, Target,
    Users, Worded,
};
pub use otp::{OtpError, OtpRequest};
pub use outcome::{SendResult, SendStatus};

use compose::{Outbound, Recipient, Settled, compose, dialled};
use content::Contents;

use crate::engine::{Engine, Shared};

/// Recipients of one SendMessages call (`docs/spec/channels.md §2.1`).
pub const RECIPIENTS_MAX: usize = 100;
/// Users of one SendUsersMessages call (`docs/spec/channels.md §2.3`).
pub const USERS_MAX: usize = 100;

/// Results by user, and by the endpoint of the user.
pub type UserResults = BTreeMap<model::UserId, BTreeMap<EndpointId, SendResult>>;

/// A recipient that was looked up.
struct Found {
    target: Target,
    endpoint: Option<Endpoint>,
    own: Arc<Overrides>,
    /// Whether an endpoint that opted out is left out.
    minds_opt_out: bool,
}

impl Engine {
    /// Sends to addresses and endpoints; the results come in the same order.
    ///
    /// # Errors
    /// Nothing was sent, because a template does not exist or the store failed.
    pub async fn send_messages(
        &self,
        send: DirectSend,
        to: Vec<Addressee>,
    ) -> Result<Vec<SendResult>, DirectError> {
        let ids: Vec<EndpointId> = to
            .iter()
            .filter_map(|addressee| match &addressee.target {
                Target::Endpoint(id) => Some(id.clone()),
                Target::Address(..) => None,
            })
            .collect();
        let endpoints = self.shared().store.endpoints.find(&send.app, &ids).await?;
        let mut endpoints = endpoints.into_iter();
        let found = to
            .into_iter()
            .map(|Addressee { target, own }| Found {
                endpoint: match &target {
                    Target::Endpoint(_) => endpoints.next().flatten(),
                    Target::Address(..) => None,
                },
                target,
                own: Arc::new(own),
                minds_opt_out: false,
            })
            .collect();
        self.send_all(send, found).await
    }

    /// Sends to every endpoint of each user.
    ///
    /// # Errors
    /// Nothing was sent, because a template does not exist or the store failed.
    pub async fn send_users_messages(
        &self,
        send: DirectSend,
        users: Users,
    ) -> Result<UserResults, DirectError> {
        let shared = self.shared();
        let mut results = UserResults::new();
        let (mut found, mut places) = (Vec::new(), Vec::new());
        for (user, own) in users {
            let own = Arc::new(own);
            let endpoints = shared.store.endpoints.user(&send.app, &user).await?;
            let of_user = results.entry(user.clone()).or_default();
            if endpoints.is_empty() {
                let nobody = SendResult::unusable("No endpoints found for userId.");
                of_user.insert(EndpointId::new(shared.clock.id()), nobody);
            }
            for endpoint in endpoints {
                places.push((user.clone(), endpoint.id.clone()));
                found.push(Found {
                    target: Target::Endpoint(endpoint.id.clone()),
                    endpoint: Some(endpoint),
                    own: Arc::clone(&own),
                    minds_opt_out: true,
                });
            }
        }
        let sent = self.send_all(send, found).await?;
        for ((user, endpoint), result) in places.into_iter().zip(sent) {
            results.entry(user).or_default().insert(endpoint, result);
        }
        Ok(results)
    }

    /// Goes on to its end even if the caller stops waiting: what is out must be recorded.
    async fn send_all(
        &self,
        send: DirectSend,
        found: Vec<Found>,
    ) -> Result<Vec<SendResult>, DirectError> {
        let contents = Contents::load(&self.shared().store, &send).await?;
        let engine = self.clone();
        let work =
            tokio::spawn(async move { engine.prepare_and_send(send, contents, found).await });
        work.await
            .map_err(|error| DirectError::Interrupted(error.to_string()))?
    }

    async fn prepare_and_send(
        self,
        send: DirectSend,
        contents: Contents,
        found: Vec<Found>,
    ) -> Result<Vec<SendResult>, DirectError> {
        let send = Arc::new(send);
        let key = self.shared().clock.id();
        let prepared = {
            let (engine, send, key) = (self.clone(), Arc::clone(&send), key.clone());
            tokio::task::spawn_blocking(move || {
                prepare(engine.shared(), &send, contents, &found, &key)
            })
        };
        let prepared = prepared
            .await
            .map_err(|error| DirectError::Interrupted(error.to_string()))?;
        let Prepared {
            mut results,
            messages,
            events,
            addresses,
        } = prepared;
        let sent = hand_over::hand_over(self.shared(), &send, &key, messages, events).await?;
        for (number, result) in sent {
            results[number] = Some(result);
        }
        Ok(results
            .into_iter()
            .zip(addresses)
            .map(|(result, address)| SendResult {
                address,
                ..result.unwrap_or_else(|| {
                    SendResult::refused(SendStatus::UnknownFailure, 500, "no outcome is known")
                })
            })
            .collect())
    }
}

/// What is left to do of a call.
struct Prepared {
    /// Results that are known already.
    results: Vec<Option<SendResult>>,
    /// Messages to hand over, with the numbers of their recipients.
    messages: Vec<(usize, Outbound)>,
    /// Records of recipients without a message.
    events: Vec<Event>,
    /// The endpoints' addresses.
    addresses: Vec<Option<String>>,
}

fn prepare(
    shared: &Shared,
    send: &DirectSend,
    mut contents: Contents,
    found: &[Found],
    key: &str,
) -> Prepared {
    let mut prepared = Prepared {
        results: Vec::with_capacity(found.len()),
        messages: Vec::new(),
        events: Vec::new(),
        addresses: Vec::with_capacity(found.len()),
    };
    let mut seen = HashSet::new();
    for (number, found) in found.iter().enumerate() {
        let endpoint = found.endpoint.as_ref();
        let address = endpoint.and_then(|endpoint| endpoint.address.clone());
        prepared.addresses.push(address);
        let key = format!("direct/{key}/{number}");
        match message(shared, send, &mut contents, found, key, &mut seen) {
            Ok(outbound) => {
                prepared.messages.push((number, outbound));
                prepared.results.push(None);
            }
            Err(settled) => {
                prepared.events.extend(settled.event.map(|event| *event));
                prepared.results.push(Some(settled.result));
            }
        }
    }
    prepared
}

/// The message to one recipient, or why there is none.
fn message(
    shared: &Shared,
    send: &DirectSend,
    contents: &mut Contents,
    found: &Found,
    key: String,
    seen: &mut HashSet<(ChannelType, String)>,
) -> Result<Outbound, Settled> {
    let (channel, address, id) = match (&found.target, &found.endpoint) {
        (Target::Address(address, channel), _) => {
            let channel = channel.or_else(|| contents.only_channel()).ok_or_else(|| {
                SendResult::unusable("ChannelType is required: the message has several channels")
            })?;
            (
                channel,
                address.as_str(),
                EndpointId::new(shared.clock.uuid()),
            )
        }
        (Target::Endpoint(_), None) => {
            let text = "Endpoint not found";
            return Err(SendResult::refused(SendStatus::PermanentFailure, 404, text).into());
        }
        (Target::Endpoint(id), Some(endpoint)) => {
            let place = endpoint.channel.zip(endpoint.address.as_deref());
            let (channel, address) = place
                .ok_or_else(|| SendResult::unusable("The endpoint has no channel or no address"))?;
            if found.minds_opt_out && endpoint.opt_out == OptOut::All {
                let text = "The endpoint opted out";
                return Err(SendResult::refused(SendStatus::OptOut, 400, text).into());
            }
            (channel, address, id.clone())
        }
    };
    let content = contents
        .message(channel, &found.own)
        .map_err(SendResult::unusable)?;
    let address = dialled(channel, address)?;
    if !seen.insert((channel, address.clone())) {
        let text = "The address is repeated in the request";
        return Err(SendResult::refused(SendStatus::Duplicate, 400, text).into());
    }
    let substitutions = contents.substitutions(channel);
    let to = Recipient {
        key,
        channel,
        address,
        id,
        endpoint: found.endpoint.as_ref(),
        own: &found.own,
        message: &substitutions,
    };
    compose(shared, send, &content, to, shared.clock.now())
}

/// Forgets intents and codes whose time is over.
pub(crate) async fn forget_old(shared: &Shared) -> Result<(), StoreError> {
    let now = shared.clock.now();
    hand_over::forget::<DirectIntent>(&shared.store, now).await?;
    hand_over::forget::<OneTimePassword>(&shared.store, now).await?;
    hand_over::forget::<DeletedCampaign>(&shared.store, now).await
}
