//! What push messages say.

use std::collections::BTreeMap;

use model::{
    CampaignContent, ChannelType, MessageConfiguration, PushMessage, PushTemplate, TemplateContent,
    TemplateKind,
};
use render::{PushContent, PushDraft};
use store::Store;

use super::{ContentError, Terms, existing};

/// A push message that can be rendered for any recipient of its channel.
#[derive(Debug, Clone)]
pub(crate) struct PushTreatment {
    pub content: PushContent,
}

/// Channels that share what they are told: in a template, and in a message.
struct Family {
    channels: &'static [ChannelType],
    block: fn(&PushTemplate) -> &Option<PushMessage>,
    message: fn(&MessageConfiguration) -> &Option<PushMessage>,
}

const FAMILIES: [Family; 4] = [
    Family {
        channels: &[
            ChannelType::Apns,
            ChannelType::ApnsSandbox,
            ChannelType::ApnsVoip,
            ChannelType::ApnsVoipSandbox,
        ],
        block: |template| &template.apns,
        message: |message| &message.apns,
    },
    Family {
        channels: &[ChannelType::Gcm],
        block: |template| &template.gcm,
        message: |message| &message.gcm,
    },
    Family {
        channels: &[ChannelType::Adm],
        block: |template| &template.adm,
        message: |message| &message.adm,
    },
    Family {
        channels: &[ChannelType::Baidu],
        block: |template| &template.baidu,
        message: |message| &message.baidu,
    },
];

/// The push messages of `content`: the template's block for the channel or its default, else the
/// message for the channel, else the default message (`docs/spec/campaigns.md §2`). With a
/// template, the message gives transport options only.
pub(super) async fn push(
    store: &Store,
    content: &CampaignContent,
) -> Result<BTreeMap<ChannelType, PushTreatment>, ContentError> {
    let message = content.message.as_ref();
    let template = match content.template.as_ref().and_then(|it| it.push.as_ref()) {
        Some(reference) => Some(existing(store, TemplateKind::Push, reference).await?),
        None => None,
    };
    let mut found = BTreeMap::new();
    for family in FAMILIES {
        let own = message.and_then(|message| (family.message)(message).as_ref());
        let written = own.or_else(|| message.and_then(|message| message.default.as_ref()));
        let block = template.as_ref().and_then(|template| {
            let TemplateContent::Push(push) = &template.content else {
                return None;
            };
            let block = (family.block)(push).as_ref().or(push.default.as_ref())?;
            Some((Terms::of(template), with_options(block, own)))
        });
        let inline = || written.map(|message| (Terms::inline(), PushDraft::from(message)));
        let Some((terms, draft)) = block.or_else(inline) else {
            continue;
        };
        let content = PushContent::compile(draft, &terms.defaults, terms.policy)?;
        for channel in family.channels {
            let content = content.clone();
            found.insert(*channel, PushTreatment { content });
        }
    }
    Ok(found)
}

/// The template's words with the message's transport options.
fn with_options(block: &PushMessage, message: Option<&PushMessage>) -> PushDraft {
    let mut block = block.clone();
    if let Some(message) = message {
        block.time_to_live = message.time_to_live.or(block.time_to_live);
        block.silent_push = message.silent_push.or(block.silent_push);
    }
    PushDraft::from(&block)
}
