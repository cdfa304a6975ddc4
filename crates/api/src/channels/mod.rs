//! Channel settings (`docs/spec/channels.md §1`): one handler for all channels; which channel is
//! meant stands at the end of the path.

mod change;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;
mod wire;

use model::{Channel, ChannelSettings, ChannelType, Credentials};
use serde_json::Value;
use store::Stored;

use self::wire::Members;
use crate::call::Call;
use crate::error::ApiError;

/// The channel that the call is about.
fn kind(call: &Call) -> Result<ChannelType, ApiError> {
    let path = call.operation.path();
    let word = path.rsplit('/').next().unwrap_or_default();
    ChannelType::parse(&word.to_ascii_uppercase()).ok_or_else(ApiError::not_found)
}

/// The channel that the call is about, as it is set now.
async fn find(call: &Call) -> Result<Option<Stored<Channel>>, ApiError> {
    let store = call.state.store();
    Ok(store.channel(&call.app()?.id, kind(call)?).await?)
}

/// The settings that `answer`, of a Get operation, tells: everything but secrets and what needs
/// them.
///
/// # Errors
/// A member is unusable or lacks another that it needs.
pub(crate) fn settings_without_secrets(
    kind: ChannelType,
    answer: &Value,
) -> Result<ChannelSettings, ApiError> {
    let members = Members::without_secrets(answer)?;
    change::apply(kind, &members, None, &mut Credentials::default())
}

/// Whether a channel proves itself to its provider by secrets of its own.
pub(crate) const fn takes_secrets(kind: ChannelType) -> bool {
    !change::secrets(kind).is_empty()
}

#[cfg(test)]
mod tests {
    use ::wire::Operation;

    use super::*;

    #[test]
    fn every_path_of_a_channel_names_it() {
        let mut named = Vec::new();
        for operation in Operation::ALL {
            let path = operation.path();
            if operation.method() == "GET" && path.contains("/channels/") {
                let word = path.rsplit('/').next().unwrap_or_default();
                named.extend(ChannelType::parse(&word.to_ascii_uppercase()));
            }
        }
        named.sort_by_key(|kind| kind.as_str());
        assert_eq!(named, ChannelType::CONFIGURABLE);
    }
}
