//! A parsed template and its rendering.

use std::collections::BTreeMap;

use clock::Timestamp;
use model::Endpoint;

use crate::language::ast::{self, Node, PathStart};
use crate::language::evaluate::{Escape, Evaluator, Tracking};
use crate::language::parse_pieces;
use crate::language::piece::{self, Piece, TagKind};
use crate::tracking;

/// Values given with a send: variable text → values (`docs/spec/templates.md §2`, rule 2).
pub type Substitutions = BTreeMap<String, Vec<String>>;

/// Longest template, in characters (`docs/spec/templates.md §1`).
pub const TEMPLATE_CHARS_MAX: usize = 600_000;

/// A template that does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A template that cannot be rendered for a recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable has neither a value nor a default.
    #[error("variable {variable} has no value and no default")]
    Missing {
        /// The variable as the template writes it.
        variable: String,
    },
    /// A helper cannot work with its arguments.
    #[error("helper {helper}: {message}")]
    Helper {
        /// The helper.
        helper: &'static str,
        /// Why.
        message: String,
    },
    /// The text grew beyond what a message may hold.
    #[error("the rendered text is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Loops inside loops took too many steps.
    #[error("the template takes more than {limit} steps")]
    TooManySteps {
        /// The limit.
        limit: usize,
    },
    /// A header line does not keep the rules of `docs/spec/channels.md §4`.
    #[error("header {name}: {message}")]
    Header {
        /// The header.
        name: String,
        /// Which rule.
        message: String,
    },
    /// The rendered sender is not an address.
    #[error("sender: {0}")]
    From(#[from] crate::MailboxError),
}

/// What happens when a printed variable has no value (`docs/spec/templates.md §2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingPolicy {
    /// Rendering fails: templated messages.
    Fail,
    /// The variable becomes empty text: messages written inline.
    Blank,
}

/// Where variables get their values from, strongest first (`docs/spec/templates.md §2`, rule 2).
#[derive(Debug, Clone, Copy, Default)]
pub struct Variables<'a> {
    /// Values for this recipient.
    pub recipient: Option<&'a Substitutions>,
    /// Values for the whole message.
    pub message: Option<&'a Substitutions>,
    /// The recipient.
    pub endpoint: Option<&'a Endpoint>,
    /// Defaults of the template: variable text → value.
    pub defaults: Option<&'a BTreeMap<String, String>>,
    /// The instant that `now` shows; without it that helper fails.
    pub now: Option<Timestamp>,
    /// What `uuid` follows from: the name of the send; without it that helper fails.
    pub seed: Option<&'a str>,
}

/// A rendering that reports what was missing instead of failing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The text, with missing variables empty.
    pub text: String,
    /// Variables without value and default, each once, in order of appearance.
    pub missing: Vec<String>,
}

/// A template, parsed once and rendered many times.
#[derive(Debug, Clone)]
pub struct Template {
    nodes: Vec<Node>,
    /// Bytes of the source, as a guess at the size of what is rendered.
    size: usize,
}

/// Parses `text`.
///
/// # Errors
/// The first thing that is not in the language, with its place.
pub fn parse(text: &str) -> Result<Template, SyntaxError> {
    check_size(text)?;
    let nodes = parse_pieces(text, piece::cut(text)?)?;
    Ok(Template {
        nodes,
        size: text.len(),
    })
}

/// Parses the HTML `text` twice: as it is, and with its links and pixel marked for tracking; the
/// second is absent if the HTML must be looked at per message.
pub(crate) fn parse_html(text: &str) -> Result<(Template, Option<Template>), SyntaxError> {
    check_size(text)?;
    let pieces = piece::cut(text)?;
    let moves = |piece: &Piece<'_>| matches!(piece, Piece::Tag(tag) if tag.kind == TagKind::Inline);
    // A partial is read elsewhere than it is shown: only the finished HTML tells what a link is.
    let marked = if pieces.iter().any(moves) {
        None
    } else {
        tracking::mark_links(&pieces)
    };
    let tracked = marked
        // A link that overlaps a block cannot be marked; it is looked at per message.
        .and_then(|pieces| parse_pieces(text, pieces).ok())
        .map(|nodes| Template {
            nodes,
            size: text.len(),
        });
    let plain = Template {
        nodes: parse_pieces(text, pieces)?,
        size: text.len(),
    };
    Ok((plain, tracked))
}

fn check_size(text: &str) -> Result<(), SyntaxError> {
    // Bytes are cheap to count and never fewer than characters.
    if text.len() > TEMPLATE_CHARS_MAX && text.chars().count() > TEMPLATE_CHARS_MAX {
        return Err(SyntaxError {
            line: 1,
            column: 1,
            message: format!("the template is longer than {TEMPLATE_CHARS_MAX} characters"),
        });
    }
    Ok(())
}

impl Template {
    /// The text for one recipient.
    ///
    /// # Errors
    /// A variable is missing under [`MissingPolicy::Fail`], a helper fails, or a bound is passed.
    pub fn render(
        &self,
        variables: &Variables<'_>,
        policy: MissingPolicy,
    ) -> Result<String, RenderError> {
        self.render_with(variables, policy, Tracking::Off)
            .map(|(text, _)| text)
    }

    /// As [`Self::render`], with printed values escaped.
    pub(crate) fn render_escaped(
        &self,
        variables: &Variables<'_>,
        policy: MissingPolicy,
        escape: Escape,
    ) -> Result<String, RenderError> {
        let mut text = String::with_capacity(self.size + self.size / 8);
        let mut evaluator = Evaluator::new(variables, policy, Tracking::Off).escaping(escape);
        evaluator.nodes(&self.nodes, &mut text)?;
        Ok(text)
    }

    /// The text for one recipient with everything missing left empty and reported.
    ///
    /// # Errors
    /// A helper fails or a bound is passed.
    pub fn preview(&self, variables: &Variables<'_>) -> Result<Preview, RenderError> {
        let mut text = String::with_capacity(self.size);
        let mut evaluator = Evaluator::new(variables, MissingPolicy::Blank, Tracking::Off);
        evaluator.nodes(&self.nodes, &mut text)?;
        Ok(Preview {
            text,
            missing: evaluator.into_missing(),
        })
    }

    /// The text, and whether a value could have changed the structure of the HTML around it.
    pub(crate) fn render_with<'a>(
        &'a self,
        variables: &Variables<'a>,
        policy: MissingPolicy,
        tracking: Tracking<'a>,
    ) -> Result<(String, bool), RenderError> {
        let mut text = String::with_capacity(self.size + self.size / 8);
        let mut evaluator = Evaluator::new(variables, policy, tracking);
        evaluator.nodes(&self.nodes, &mut text)?;
        Ok((text, evaluator.is_unsettled()))
    }

    /// Variables that the template uses, each once, in order of appearance.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let mut names = Vec::new();
        ast::each_path(&self.nodes, &mut |path| {
            let own = matches!(path.start, PathStart::Anywhere | PathStart::Root);
            if own && !names.iter().any(|name| *name == *path.text) {
                names.push(path.text.to_string());
            }
        });
        names
    }
}

/// Variables of `templates` that are printed and have neither value nor default, each once. Of a
/// template that cannot be rendered, none are told.
pub(crate) fn missing_in<'t>(
    templates: impl Iterator<Item = &'t Template>,
    variables: &Variables<'_>,
) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    let previews = templates.filter_map(|template| template.preview(variables).ok());
    for name in previews.flat_map(|preview| preview.missing) {
        if !missing.contains(&name) {
            missing.push(name);
        }
    }
    missing
}

/// The value of the variable written `text`, as it would be printed.
#[must_use]
pub fn variable_value(text: &str, variables: &Variables<'_>) -> Option<String> {
    let template = parse(&format!("{{{{{text}}}}}")).ok()?;
    template.render(variables, MissingPolicy::Fail).ok()
}
