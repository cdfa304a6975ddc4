//! The content of a mail: compiled once per run and treatment, rendered for each endpoint.

use std::collections::BTreeMap;

use model::Header;

use crate::header::{HEADERS_MAX, one_line, refuse_name, refuse_value};
use crate::language::evaluate::Tracking;
use crate::template::{self, parse_html, variable_value};
use crate::{
    Mailbox, MissingPolicy, RenderError, SyntaxError, Template, Tracker, Variables, track, tracking,
};

/// What a mail is made of.
#[derive(Debug, Clone, Copy)]
pub struct EmailSource<'a> {
    /// The sender, with or without a display name; may contain variables.
    pub from: &'a str,
    /// Subject.
    pub subject: Option<&'a str>,
    /// HTML.
    pub html: Option<&'a str>,
    /// Plain text.
    pub text: Option<&'a str>,
    /// Extra headers.
    pub headers: &'a [Header],
    /// Values for variables that a recipient lacks.
    pub defaults: &'a BTreeMap<String, String>,
    /// What a missing variable does.
    pub policy: MissingPolicy,
}

/// Where in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailPart {
    /// The sender.
    From,
    /// The subject.
    Subject,
    /// The HTML.
    Html,
    /// The plain text.
    Text,
    /// The header with this name.
    Header(String),
}

/// Content that no mail can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailContentError {
    /// A part does not parse.
    #[error("{part}: {error}")]
    Syntax {
        /// Which part.
        part: EmailPart,
        /// What is wrong.
        error: SyntaxError,
    },
    /// A header breaks a rule of `docs/spec/channels.md §4`.
    #[error("header {name}: {reason}")]
    Header {
        /// The header.
        name: String,
        /// Which rule.
        reason: String,
    },
    /// More headers than allowed.
    #[error("{count} headers; at most {limit} are allowed")]
    TooManyHeaders {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The sender is not an address.
    #[error("sender: {0}")]
    From(#[from] crate::MailboxError),
}

/// Mail content, ready to be rendered many times from many threads.
#[derive(Debug, Clone)]
pub struct EmailContent {
    from: Sender,
    subject: Option<Template>,
    html: Option<Html>,
    text: Option<Template>,
    headers: Vec<(String, Template)>,
    defaults: BTreeMap<String, String>,
    policy: MissingPolicy,
}

/// The sender: the same for everyone, or not.
#[derive(Debug, Clone)]
enum Sender {
    Fixed(Mailbox),
    Varying(Template),
}

/// HTML as it is, and with its links and pixel marked if that can be done ahead.
#[derive(Debug, Clone)]
struct Html {
    plain: Template,
    tracked: Option<Template>,
}

/// The content of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedEmail {
    /// The sender.
    pub from: Mailbox,
    /// Subject; may be empty.
    pub subject: String,
    /// HTML.
    pub html: Option<String>,
    /// Plain text.
    pub text: Option<String>,
    /// Extra headers.
    pub headers: Vec<Header>,
}

/// A mail as it would look, with a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailPreview {
    /// The mail, with missing variables empty.
    pub email: RenderedEmail,
    /// Variables that the content uses, each once, with the text that they print.
    pub variables: Vec<(String, Option<String>)>,
    /// Variables that are printed somewhere and have neither value nor default, each once.
    pub missing: Vec<String>,
}

impl EmailContent {
    /// Compiles `source`.
    ///
    /// # Errors
    /// A part does not parse, or a header breaks a rule.
    pub fn compile(source: &EmailSource<'_>) -> Result<Self, EmailContentError> {
        if source.headers.len() > HEADERS_MAX {
            return Err(EmailContentError::TooManyHeaders {
                count: source.headers.len(),
                limit: HEADERS_MAX,
            });
        }
        let mut headers = Vec::with_capacity(source.headers.len());
        for header in source.headers {
            if let Some(reason) = refuse_name(&header.name) {
                return Err(EmailContentError::Header {
                    name: header.name.clone(),
                    reason,
                });
            }
            let value = parse(&header.value, || EmailPart::Header(header.name.clone()))?;
            headers.push((header.name.clone(), value));
        }
        let sender = parse(source.from, || EmailPart::From)?;
        let from = if sender.variables().is_empty() {
            Sender::Fixed(Mailbox::parse(source.from)?)
        } else {
            Sender::Varying(sender)
        };
        let html = source.html.map(|html| match parse_html(html) {
            Ok((plain, tracked)) => Ok(Html { plain, tracked }),
            Err(error) => Err(EmailContentError::Syntax {
                part: EmailPart::Html,
                error,
            }),
        });
        Ok(Self {
            from,
            subject: parse_optional(source.subject, EmailPart::Subject)?,
            html: html.transpose()?,
            text: parse_optional(source.text, EmailPart::Text)?,
            headers,
            defaults: source.defaults.clone(),
            policy: source.policy,
        })
    }

    /// The mail for one recipient; `variables.defaults` are taken from the content. With a
    /// tracker, links are replaced and a pixel is added.
    ///
    /// # Errors
    /// See [`RenderError`]; a failure concerns this recipient only.
    pub fn render(
        &self,
        variables: &Variables<'_>,
        tracker: Option<&dyn Tracker>,
    ) -> Result<RenderedEmail, RenderError> {
        self.render_under(self.policy, &self.with_defaults(variables), tracker)
    }

    /// The mail as it would look for one recipient, untracked, whatever is missing.
    ///
    /// # Errors
    /// A helper fails or a bound is passed.
    pub fn preview(&self, variables: &Variables<'_>) -> Result<EmailPreview, RenderError> {
        let variables = self.with_defaults(variables);
        let email = self.render_under(MissingPolicy::Blank, &variables, None)?;
        let mut missing: Vec<String> = Vec::new();
        for template in self.templates() {
            for name in template.preview(&variables)?.missing {
                if !missing.contains(&name) {
                    missing.push(name);
                }
            }
        }
        let variables = self
            .variables()
            .into_iter()
            .map(|name| {
                let value = variable_value(&name, &variables);
                (name, value)
            })
            .collect();
        Ok(EmailPreview {
            email,
            variables,
            missing,
        })
    }

    /// Variables that are printed for a recipient and have neither value nor default, each once.
    #[must_use]
    pub fn missing(&self, variables: &Variables<'_>) -> Vec<String> {
        template::missing_in(self.templates(), &self.with_defaults(variables))
    }

    /// Variables that the content uses, each once.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.templates().flat_map(Template::variables) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        let from = match &self.from {
            Sender::Varying(template) => Some(template),
            Sender::Fixed(_) => None,
        };
        let html = self.html.as_ref().map(|html| &html.plain);
        from.into_iter()
            .chain(&self.subject)
            .chain(html)
            .chain(&self.text)
            .chain(self.headers.iter().map(|(_, value)| value))
    }

    fn with_defaults<'a>(&'a self, variables: &Variables<'a>) -> Variables<'a> {
        Variables {
            defaults: Some(&self.defaults),
            ..*variables
        }
    }

    fn render_under(
        &self,
        policy: MissingPolicy,
        variables: &Variables<'_>,
        tracker: Option<&dyn Tracker>,
    ) -> Result<RenderedEmail, RenderError> {
        let from = match &self.from {
            Sender::Fixed(mailbox) => mailbox.clone(),
            Sender::Varying(template) => Mailbox::parse(&template.render(variables, policy)?)?,
        };
        let part = |template: &Option<Template>| {
            let template = template.as_ref();
            template.map(|it| it.render(variables, policy)).transpose()
        };
        let subject = part(&self.subject)?.unwrap_or_default();
        let html = self.html.as_ref();
        Ok(RenderedEmail {
            from,
            subject: one_line(&subject).into_owned(),
            html: html
                .map(|html| html.render(variables, policy, tracker))
                .transpose()?,
            text: part(&self.text)?,
            headers: self.render_headers(variables, policy)?,
        })
    }

    fn render_headers(
        &self,
        variables: &Variables<'_>,
        policy: MissingPolicy,
    ) -> Result<Vec<Header>, RenderError> {
        let render = |(name, template): &(String, Template)| {
            let value = template.render(variables, policy)?;
            if let Some(message) = refuse_value(&value) {
                return Err(RenderError::Header {
                    name: name.clone(),
                    message,
                });
            }
            Ok(Header {
                name: name.clone(),
                value: one_line(&value).into_owned(),
            })
        };
        self.headers.iter().map(render).collect()
    }
}

impl Html {
    fn render(
        &self,
        variables: &Variables<'_>,
        policy: MissingPolicy,
        tracker: Option<&dyn Tracker>,
    ) -> Result<String, RenderError> {
        let Some(tracker) = tracker else {
            return match &self.tracked {
                Some(tracked) => tracked.render(variables, policy),
                None => Ok(tracking::untrack(self.plain.render(variables, policy)?)),
            };
        };
        if let Some(tracked) = &self.tracked {
            let on = Tracking::On(tracker);
            let (html, unsettled) = tracked.render_with(variables, policy, on)?;
            if !unsettled {
                return Ok(html);
            }
        }
        // A value may hold links or the end of a tag: only the finished HTML tells.
        let (html, _) = self.plain.render_with(variables, policy, Tracking::Mark)?;
        Ok(track(&html, tracker).html)
    }
}

fn parse(text: &str, part: impl FnOnce() -> EmailPart) -> Result<Template, EmailContentError> {
    template::parse(text).map_err(|error| EmailContentError::Syntax {
        part: part(),
        error,
    })
}

fn parse_optional(
    text: Option<&str>,
    part: EmailPart,
) -> Result<Option<Template>, EmailContentError> {
    text.map(|text| parse(text, || part)).transpose()
}

impl std::fmt::Display for EmailPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::From => f.write_str("sender"),
            Self::Subject => f.write_str("subject"),
            Self::Html => f.write_str("html"),
            Self::Text => f.write_str("text"),
            Self::Header(name) => write!(f, "header {name}"),
        }
    }
}
