//! What a message says: templates, variables, mail content, tracking, MIME, the payloads of push,
//! text messages and calls.
//!
//! Belongs: the template language of `docs/spec/templates.md`, the rules about missing values,
//! header rules, link rewriting, the bytes of a mail, the form of every push service, alphabets and
//! lengths of text messages. Everything here is pure.
//! Elsewhere: delivery (`channels`), the tokens inside tracked links (`channels`), who receives
//! (`audience`).

mod email;
mod encoded_word;
mod header;
mod language;
mod mailbox;
mod mime;
mod payload;
mod push;
mod quoted_printable;
mod raw_mail;
mod sms;
mod substitutions;
mod template;
mod tracking;
mod voice;

pub use email::{
    EmailContent, EmailContentError, EmailPart, EmailPreview, EmailSource, RenderedEmail,
};
pub use mailbox::{Mailbox, MailboxError};
pub use mime::{Envelope, mime};
pub use payload::PayloadError;
pub use push::{PushAction, PushContent, PushDraft, PushOrigin, PushPriority, RenderedPush};
pub use raw_mail::{complete_mail, mail_header};
pub use sms::{SmsContent, SmsEncoding, SmsText, sms_text};
pub use substitutions::{SubstitutionsError, parse_default_substitutions};
pub use template::{
    MissingPolicy, Preview, RenderError, Substitutions, SyntaxError, TEMPLATE_CHARS_MAX, Template,
    Variables, parse, variable_value,
};
pub use tracking::{Link, LinkTags, TrackedHtml, Tracker, track};
pub use voice::{VoiceContent, VoiceText};
