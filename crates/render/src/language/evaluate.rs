//! Turns a syntax tree into text for one recipient.

use clock::Timestamp;

use crate::template::{MissingPolicy, RenderError, Variables};
use crate::tracking::{
    LINKS_MAX, Link, PIXEL_MARK, Tracker, decode_address, escape_attribute, pixel,
};

use super::ast::{Block, BlockKind, Expression, LinkNode, Node, Path, PathStart};
use super::helper::Helper;
use super::value::{Object, Value, text};
use super::{lookup, text_helper};

/// Most elements that a list is repeated for (`docs/spec/templates.md §3.1`).
const EACH_MAX: usize = 15;

/// Largest rendered part, in bytes: what a message may hold (`docs/spec/channels.md §4`).
pub(crate) const OUTPUT_BYTES_MAX: usize = 10 << 20;

/// Most nodes that one rendering visits.
const STEPS_MAX: usize = 1_000_000;

/// What happens at the place of the pixel and at links.
#[derive(Clone, Copy)]
pub(crate) enum Tracking<'a> {
    /// No pixel; links as written.
    Off,
    /// A mark at the place of the pixel; links as written.
    Mark,
    /// Both replaced.
    On(&'a dyn Tracker),
}

/// What becomes of printed values, so that they keep the form of the document around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// Printed as they are.
    None,
    /// As inside a JSON string.
    Json,
    /// As XML text.
    Xml,
}

impl Escape {
    fn push(self, value: &str, out: &mut String) {
        match self {
            Self::None => out.push_str(value),
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                out.push_str(&quoted[1..quoted.len() - 1]);
            }
            Self::Xml => {
                for c in value.chars() {
                    match c {
                        '&' => out.push_str("&amp;"),
                        '<' => out.push_str("&lt;"),
                        '>' => out.push_str("&gt;"),
                        '"' => out.push_str("&quot;"),
                        '\'' => out.push_str("&apos;"),
                        c => out.push(c),
                    }
                }
            }
        }
    }
}

/// One rendering.
pub(crate) struct Evaluator<'a> {
    variables: Variables<'a>,
    tracking: Tracking<'a>,
    escape: Escape,
    policy: MissingPolicy,
    scopes: Vec<Scope<'a>>,
    steps: usize,
    links: usize,
    uuids: usize,
    /// The last variable that had no value.
    pub(super) blame: Option<&'a str>,
    /// Printed variables without value, each once.
    missing: Vec<String>,
    /// A value holds characters that could change the structure of HTML.
    unsettled: bool,
}

#[derive(Clone)]
struct Scope<'a> {
    value: Value<'a>,
    /// Index, whether last, and key, inside a loop.
    turn: Option<(usize, bool, Option<&'a str>)>,
}

impl<'a> Evaluator<'a> {
    pub fn new(variables: &Variables<'a>, policy: MissingPolicy, tracking: Tracking<'a>) -> Self {
        Self {
            variables: *variables,
            tracking,
            escape: Escape::None,
            policy,
            scopes: Vec::new(),
            steps: 0,
            links: 0,
            uuids: 0,
            blame: None,
            missing: Vec::new(),
            unsettled: false,
        }
    }

    /// With printed values escaped.
    pub fn escaping(self, escape: Escape) -> Self {
        Self { escape, ..self }
    }

    /// Variables that were printed and had no value.
    pub fn into_missing(self) -> Vec<String> {
        self.missing
    }

    /// Whether a printed value could have changed the structure of the HTML around it.
    pub fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    pub fn nodes(&mut self, nodes: &'a [Node], out: &mut String) -> Result<(), RenderError> {
        for node in nodes {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return Err(RenderError::TooManySteps { limit: STEPS_MAX });
            }
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Print { what, in_attribute } => self.print(what, *in_attribute, out)?,
                Node::Block(block) => self.block(block, out)?,
                Node::Link(link) => self.link(link, out)?,
                Node::Define(_) => {}
                Node::Partial(body) => self.nodes(body, out)?,
                Node::Pixel => match self.tracking {
                    Tracking::Off => {}
                    Tracking::Mark => out.push(PIXEL_MARK),
                    Tracking::On(tracker) => out.push_str(&pixel(&tracker.pixel())),
                },
            }
            if out.len() > OUTPUT_BYTES_MAX {
                return Err(RenderError::TooLarge {
                    limit: OUTPUT_BYTES_MAX,
                });
            }
        }
        Ok(())
    }

    fn print(
        &mut self,
        what: &'a Expression,
        in_attribute: bool,
        out: &mut String,
    ) -> Result<(), RenderError> {
        self.blame = None;
        let value = self.value(what)?;
        let printed = match (&value, what) {
            (Value::Bool(flag), Expression::Call(call)) => self.flag_word(call, *flag)?,
            _ => value.text(),
        };
        let Some(printed) = printed else {
            return self.report_missing(what);
        };
        self.unsettled |= printed.bytes().any(|b| match b {
            b'<' | b'>' => true,
            b'"' | b'\'' => in_attribute,
            _ => false,
        });
        self.escape.push(&printed, out);
        Ok(())
    }

    fn report_missing(&mut self, what: &'a Expression) -> Result<(), RenderError> {
        let variable = match (what, self.blame) {
            (Expression::Path(path), _) => &*path.text,
            (_, Some(blamed)) => blamed,
            // A literal `null` prints nothing and lacks nothing.
            _ => return Ok(()),
        };
        if self.policy == MissingPolicy::Fail {
            return Err(RenderError::Missing {
                variable: variable.to_owned(),
            });
        }
        if !self.missing.iter().any(|known| known == variable) {
            self.missing.push(variable.to_owned());
        }
        Ok(())
    }

    fn block(&mut self, block: &'a Block, out: &mut String) -> Result<(), RenderError> {
        match &block.kind {
            BlockKind::If(condition) => {
                let holds = self.value(condition)?.is_true();
                self.branch(block, holds, out)
            }
            BlockKind::Unless(condition) => {
                let holds = self.value(condition)?.is_true();
                self.branch(block, !holds, out)
            }
            BlockKind::With(subject) => {
                let value = self.value(subject)?;
                self.enter(block, value, out)
            }
            BlockKind::Each(subject) => {
                let value = self.value(subject)?;
                self.each(block, &value, out)
            }
            BlockKind::Section(subject) => match self.value(subject)? {
                value @ Value::List(_) => self.each(block, &value, out),
                value @ Value::Object(_) => self.enter(block, value, out),
                value => self.branch(block, value.is_true(), out),
            },
        }
    }

    fn branch(
        &mut self,
        block: &'a Block,
        holds: bool,
        out: &mut String,
    ) -> Result<(), RenderError> {
        self.nodes(if holds { &block.body } else { &block.otherwise }, out)
    }

    fn enter(
        &mut self,
        block: &'a Block,
        value: Value<'a>,
        out: &mut String,
    ) -> Result<(), RenderError> {
        if !value.is_true() {
            return self.nodes(&block.otherwise, out);
        }
        self.scopes.push(Scope { value, turn: None });
        let done = self.nodes(&block.body, out);
        self.scopes.pop();
        done
    }

    fn each(
        &mut self,
        block: &'a Block,
        value: &Value<'a>,
        out: &mut String,
    ) -> Result<(), RenderError> {
        let turns: Vec<(Option<&'a str>, Value<'a>)> = match value {
            Value::List(items) => items
                .iter()
                .take(EACH_MAX)
                .map(|item| (None, text(item)))
                .collect(),
            Value::Object(object) => object
                .entries(EACH_MAX)
                .into_iter()
                .map(|(key, value)| (Some(key), value))
                .collect(),
            // A single value is a list of one.
            value if value.is_true() => vec![(None, value.clone())],
            _ => Vec::new(),
        };
        if turns.is_empty() {
            return self.nodes(&block.otherwise, out);
        }
        let last = turns.len() - 1;
        for (index, (key, value)) in turns.into_iter().enumerate() {
            self.scopes.push(Scope {
                value,
                turn: Some((index, index == last, key)),
            });
            let done = self.nodes(&block.body, out);
            self.scopes.pop();
            done?;
        }
        Ok(())
    }

    fn link(&mut self, link: &'a LinkNode, out: &mut String) -> Result<(), RenderError> {
        let Tracking::On(tracker) = self.tracking else {
            return self.nodes(&link.written, out);
        };
        if let (Some(url), true) = (&link.fixed, self.links < LINKS_MAX) {
            self.redirect(tracker, url, link, out);
            return Ok(());
        }
        let mut written = String::new();
        self.nodes(&link.written, &mut written)?;
        match decode_address(&written) {
            Some(url) if self.links < LINKS_MAX => self.redirect(tracker, &url, link, out),
            _ => out.push_str(&written),
        }
        Ok(())
    }

    fn redirect(&mut self, tracker: &dyn Tracker, url: &str, link: &LinkNode, out: &mut String) {
        let link = Link {
            index: self.links,
            url,
            tags: &link.tags,
        };
        out.push_str(&escape_attribute(&tracker.redirect(&link)));
        self.links += 1;
    }

    pub(super) fn value(&mut self, expression: &'a Expression) -> Result<Value<'a>, RenderError> {
        Ok(match expression {
            Expression::Text(literal) => text(literal),
            Expression::Number(number) => Value::Number(*number),
            Expression::Bool(flag) => Value::Bool(*flag),
            Expression::Nothing => Value::Missing,
            Expression::Path(path) => {
                let value = self.variable(path);
                if matches!(value, Value::Missing) {
                    self.blame = Some(&path.text);
                }
                value
            }
            Expression::Word(path) => match self.variable(path) {
                Value::Missing => text(&path.text),
                value => value,
            },
            Expression::Call(call) => self.call(call)?,
        })
    }

    /// The instant of the rendering, if it is known.
    pub(super) fn instant(&self) -> Option<Timestamp> {
        self.variables.now
    }

    /// A version 4 UUID that follows from the seed and from how many came before.
    pub(super) fn uuid(&mut self) -> Result<Value<'a>, RenderError> {
        let seed = self.variables.seed.ok_or_else(|| RenderError::Helper {
            helper: Helper::Uuid.name(),
            message: "no seed is given here".to_owned(),
        })?;
        self.uuids += 1;
        Ok(Value::Text(text_helper::uuid(seed, self.uuids).into()))
    }

    pub(super) fn variable(&self, path: &'a Path) -> Value<'a> {
        let turn = || self.scopes.iter().rev().find_map(|scope| scope.turn);
        match path.start {
            PathStart::Anywhere => {
                for scope in self.scopes.iter().rev() {
                    let found = lookup::members(scope.value.clone(), &path.segments);
                    if !matches!(found, Value::Missing) {
                        return found;
                    }
                }
                lookup::at_root(&self.variables, path)
            }
            PathStart::Scope(up) => match self.scopes.len().checked_sub(up + 1) {
                Some(at) => lookup::members(self.scopes[at].value.clone(), &path.segments),
                None => self.recipient_member(path),
            },
            PathStart::Root => self.recipient_member(path),
            #[expect(clippy::cast_precision_loss, reason = "an index is at most 14")]
            PathStart::Index => {
                turn().map_or(Value::Missing, |(index, ..)| Value::Number(index as f64))
            }
            PathStart::First => {
                turn().map_or(Value::Missing, |(index, ..)| Value::Bool(index == 0))
            }
            PathStart::Last => turn().map_or(Value::Missing, |(_, last, _)| Value::Bool(last)),
            PathStart::Key => turn()
                .and_then(|(.., key)| key)
                .map_or(Value::Missing, text),
        }
    }

    fn recipient_member(&self, path: &'a Path) -> Value<'a> {
        self.variables.endpoint.map_or(Value::Missing, |endpoint| {
            lookup::members(Value::Object(Object::Endpoint(endpoint)), &path.segments)
        })
    }
}
