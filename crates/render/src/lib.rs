//! What a message says: templates, variables, mail content, tracking, MIME.
//!
//! Belongs: the template language of `docs/spec/templates.md`, the rules about missing values,
//! header rules, link rewriting, the bytes of a mail. Everything here is pure.
//! Elsewhere: delivery (`channels`), the tokens inside tracked links (`channels`), who receives
//! (`audience`).

mod email;
mod encoded_word;
mod header;
mod language;
mod mailbox;
mod mime;
mod quoted_printable;
mod substitutions;
mod template;
mod tracking;

pub use email::{
    EmailContent, EmailContentError, EmailPart, EmailPreview, EmailSource, RenderedEmail,
};
pub use mailbox::{Mailbox, MailboxError};
pub use mime::{Envelope, mime};
pub use substitutions::{SubstitutionsError, parse_default_substitutions};
pub use template::{
    MissingPolicy, Preview, RenderError, Substitutions, SyntaxError, TEMPLATE_CHARS_MAX, Template,
    Variables, parse, variable_value,
};
pub use tracking::{Link, LinkTags, TrackedHtml, Tracker, track};
