//! Message templates (`docs/spec/templates.md §1`).

mod email;
mod in_app;
pub(crate) mod kind;
pub(crate) mod list;
mod push;
pub(crate) mod single;
mod sms;
pub(crate) mod stored;
pub(crate) mod versions;
mod voice;
pub(crate) mod wire;

pub(crate) use ::wire::shapes::{
    EmailTemplateRequest as Email, InAppTemplateRequest as InApp,
    PushNotificationTemplateRequest as Push, SMSTemplateRequest as Sms,
    VoiceTemplateRequest as Voice,
};
