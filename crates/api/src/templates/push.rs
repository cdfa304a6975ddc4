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
            default: self.default.map(from_default),
            adm: self.adm.map(from_android),
            apns: self.apns.map(from_apns),
            baidu: self.baidu.map(from_android),
            gcm: self.gcm.map(from_android),
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
            adm: template.adm.map(to_android),
            apns: template.apns.map(to_apns),
            baidu: template.baidu.map(to_android),
            default: template.default.map(to_default),
            gcm: template.gcm.map(to_android),
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

fn from_default(it: DefaultPushNotificationTemplate) -> PushMessage {
    PushMessage {
        action: action(it.action),
        body: it.body,
        sound: it.sound,
        title: it.title,
        url: it.url,
        ..PushMessage::default()
    }
}

fn to_default(it: PushMessage) -> DefaultPushNotificationTemplate {
    DefaultPushNotificationTemplate {
        action: it.action,
        body: it.body,
        sound: it.sound,
        title: it.title,
        url: it.url,
    }
}

fn from_apns(it: APNSPushNotificationTemplate) -> PushMessage {
    PushMessage {
        action: action(it.action),
        body: it.body,
        media_url: it.media_url,
        raw_content: it.raw_content,
        sound: it.sound,
        title: it.title,
        url: it.url,
        ..PushMessage::default()
    }
}

fn to_apns(it: PushMessage) -> APNSPushNotificationTemplate {
    APNSPushNotificationTemplate {
        action: it.action,
        body: it.body,
        media_url: it.media_url,
        raw_content: it.raw_content,
        sound: it.sound,
        title: it.title,
        url: it.url,
    }
}

fn from_android(it: AndroidPushNotificationTemplate) -> PushMessage {
    PushMessage {
        action: action(it.action),
        body: it.body,
        image_icon_url: it.image_icon_url,
        image_small_icon_url: it.small_image_icon_url,
        image_url: it.image_url,
        raw_content: it.raw_content,
        sound: it.sound,
        title: it.title,
        url: it.url,
        ..PushMessage::default()
    }
}

fn to_android(it: PushMessage) -> AndroidPushNotificationTemplate {
    AndroidPushNotificationTemplate {
        action: it.action,
        body: it.body,
        image_icon_url: it.image_icon_url,
        image_url: it.image_url,
        raw_content: it.raw_content,
        small_image_icon_url: it.image_small_icon_url,
        sound: it.sound,
        title: it.title,
        url: it.url,
    }
}
