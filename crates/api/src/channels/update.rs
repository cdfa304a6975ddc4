//! UpdateEmailChannel, UpdateSmsChannel and the like: creates or changes; what is omitted stays,
//! and a new channel is enabled.

use model::{Channel, Credentials};
use store::Expect;

use super::wire::{Members, answer};
use super::{change, find, kind};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (app, kind) = (call.app_id()?, kind(&call)?);
    let members: Members = call.body()?;
    let store = call.state.store();
    let _turn = call.state.channel_changes.lock().await;
    // The application may have gone while this waited for its turn.
    call.state.apps.find(store, app.as_str()).await?;
    let current = find(&call).await?;
    let mut credentials = match &current {
        Some(channel) => store.channel_credentials(channel).await?,
        None => Credentials::default(),
    };
    let settings = change::apply(
        kind,
        &members,
        current.as_ref().map(|channel| &channel.settings),
        &mut credentials,
    )?;
    let (mut next, expect) = match current {
        None => {
            let fresh = Channel::new(app, kind, settings, call.now);
            (fresh, Expect::Absent)
        }
        Some(stored) => {
            let expect = Expect::Revision(stored.revision);
            let next = Channel {
                settings,
                version: stored.version.saturating_add(1),
                modified: call.now,
                ..stored.value
            };
            (next, expect)
        }
    };
    next.enabled = members.flag("Enabled").unwrap_or(next.enabled);
    next.credentials = credentials.kinds();
    next.modified_by.clone_from(&call.caller.name);
    store.put_channel(&next, &credentials, expect).await?;
    Reply::json(&answer(&call.state, &next).await?)
}
