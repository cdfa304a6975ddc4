//! Push templates.

use model::{PushMessage, PushTemplate, TemplateContent, TemplateKind};
use wire::shapes::{
    APNSPushNotificationTemplate, AndroidPushNotificationTemplate, DefaultPushNotificationTemplate,
    PushNotificationTemplateRequest,
};

use super::kind::{Draft, Kind, check_size, check_syntax, read_defaults};
use crate::error::ApiError;

/// Characters of one channel's block.
const CHARS_MAX: usize = 4_000;
/// Characters of the block for Amazon Device Messaging.
const ADM_CHARS_MAX: usize = 6_000;

impl Kind for PushNotificationTemplateRequest {
    const KIND: TemplateKind = TemplateKind::Push;

    fn read(self) -> Result<Draft, ApiError> {
        let template = PushTemplate {
            default: self.default.map(Block::read),
            adm: self.adm.map(Block::read),
            apns: self.apns.map(Block::read),
            baidu: self.baidu.map(Block::read),
            gcm: self.gcm.map(Block::read),
            recommender: self.recommender_id.filter(|id| !id.is_empty()),
        };
        check("ADM", template.adm.as_ref(), ADM_CHARS_MAX)?;
        check("APNS", template.apns.as_ref(), CHARS_MAX)?;
        check("Baidu", template.baidu.as_ref(), CHARS_MAX)?;
        check("Default", template.default.as_ref(), CHARS_MAX)?;
        check("GCM", template.gcm.as_ref(), CHARS_MAX)?;
        Ok(Draft {
            content: TemplateContent::Push(Box::new(template)),
            default_substitutions: read_defaults(self.default_substitutions.as_deref())?,
            description: self.template_description,
            tags: self.tags,
        })
    }

    fn written(content: TemplateContent) -> Option<Self> {
        let TemplateContent::Push(template) = content else {
            return None;
        };
        Some(Self {
            adm: template.adm.map(Block::written),
            apns: template.apns.map(Block::written),
            baidu: template.baidu.map(Block::written),
            default: template.default.map(Block::written),
            gcm: template.gcm.map(Block::written),
            recommender_id: template.recommender,
            ..Self::default()
        })
    }
}

/// Checks size and syntax of one channel's block.
fn check(name: &str, block: Option<&PushMessage>, most: usize) -> Result<(), ApiError> {
    let Some(block) = block else {
        return Ok(());
    };
    let rendered = [
        ("Body", &block.body),
        ("ImageIconUrl", &block.image_icon_url),
        ("ImageUrl", &block.image_url),
        ("MediaUrl", &block.media_url),
        ("RawContent", &block.raw_content),
        ("SmallImageIconUrl", &block.image_small_icon_url),
        ("Title", &block.title),
        ("Url", &block.url),
    ];
    let texts = rendered.map(|(_, text)| text);
    check_size(name, most, texts.into_iter().chain([&block.sound]))?;
    for (member, text) in rendered {
        check_syntax(&format!("{name}.{member}"), text.as_ref())?;
    }
    Ok(())
}

/// An action; an empty word counts as absent.
fn action(word: Option<String>) -> Option<String> {
    word.filter(|word| !word.is_empty())
}

/// One channel's part of a template.
trait Block {
    /// What it says.
    fn read(self) -> PushMessage;

    /// The block that says it.
    fn written(of: PushMessage) -> Self;
}

/// A block in both directions: each of our members, and what the wire calls it.
macro_rules! blocks {
    ($($wire:ident { $($ours:ident: $theirs:ident,)* })*) => {$(
        impl Block for $wire {
            fn read(self) -> PushMessage {
                PushMessage {
                    action: action(self.action),
                    $($ours: self.$theirs,)*
                    ..PushMessage::default()
                }
            }

            fn written(of: PushMessage) -> Self {
                Self {
                    action: of.action,
                    $($theirs: of.$ours,)*
                }
            }
        }
    )*};
}

blocks! {
    DefaultPushNotificationTemplate {
        body: body,
        sound: sound,
        title: title,
        url: url,
    }
    APNSPushNotificationTemplate {
        body: body,
        media_url: media_url,
        raw_content: raw_content,
        sound: sound,
        title: title,
        url: url,
    }
    AndroidPushNotificationTemplate {
        body: body,
        image_icon_url: image_icon_url,
        image_small_icon_url: small_image_icon_url,
        image_url: image_url,
        raw_content: raw_content,
        sound: sound,
        title: title,
        url: url,
    }
}
