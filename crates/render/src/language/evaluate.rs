//! Turns a syntax tree into text for one recipient.

use std::borrow::Cow;

use crate::template::{MissingPolicy, RenderError, Variables};
use crate::tracking::{
    LINKS_MAX, Link, PIXEL_MARK, Tracker, decode_address, escape_attribute, pixel,
};

use super::ast::{Block, BlockKind, Call, Expression, LinkNode, Node, Path, PathStart};
use super::helper::Helper;
use super::lookup;
use super::text_helper::{self, Align};
use super::value::{Object, Value, text};

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

/// One rendering.
pub(crate) struct Evaluator<'a> {
    variables: Variables<'a>,
    tracking: Tracking<'a>,
    policy: MissingPolicy,
    scopes: Vec<Scope<'a>>,
    steps: usize,
    links: usize,
    /// The last variable that had no value.
    blame: Option<&'a str>,
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
            policy,
            scopes: Vec::new(),
            steps: 0,
            links: 0,
            blame: None,
            missing: Vec::new(),
            unsettled: false,
        }
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
        out.push_str(&printed);
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

    fn value(&mut self, expression: &'a Expression) -> Result<Value<'a>, RenderError> {
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
            Expression::Call(call) => self.call(call)?,
        })
    }

    fn variable(&self, path: &'a Path) -> Value<'a> {
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

    fn call(&mut self, call: &'a Call) -> Result<Value<'a>, RenderError> {
        let arguments = &call.arguments;
        if let Some(holds) = self.condition(call)? {
            return Ok(Value::Bool(holds));
        }
        match call.helper {
            Helper::Yesno => return self.yesno(call),
            Helper::Lookup => {
                let subject = self.value(&arguments[0])?;
                let name = self.value(&arguments[1])?.scalar_text().unwrap_or_default();
                return Ok(subject.member(&name));
            }
            Helper::DefaultIfEmpty => {
                let value = self.value(&arguments[0])?;
                return if value.is_true() {
                    Ok(value)
                } else {
                    self.value(&arguments[1])
                };
            }
            Helper::Join => return self.join(call),
            _ => {}
        }
        let Some(subject) = self.value(&arguments[0])?.scalar_text() else {
            return Ok(Value::Missing);
        };
        let blamed = self.blame;
        let value = self.transformed(call, &subject)?;
        // Only the first argument decides whether something is missing.
        self.blame = blamed;
        Ok(Value::Text(value.into()))
    }

    /// What a condition says; nothing if the helper is none.
    fn condition(&mut self, call: &'a Call) -> Result<Option<bool>, RenderError> {
        let arguments = &call.arguments;
        Ok(Some(match call.helper {
            Helper::Eq => self.equal(arguments)?,
            Helper::Neq => !self.equal(arguments)?,
            Helper::Gt => self.ordered(arguments, std::cmp::Ordering::is_gt)?,
            Helper::Gte => self.ordered(arguments, std::cmp::Ordering::is_ge)?,
            Helper::Lt => self.ordered(arguments, std::cmp::Ordering::is_lt)?,
            Helper::Lte => self.ordered(arguments, std::cmp::Ordering::is_le)?,
            Helper::And => {
                let mut all = true;
                for argument in arguments {
                    all &= self.value(argument)?.is_true();
                }
                all
            }
            Helper::Or => {
                let mut any = false;
                for argument in arguments {
                    any |= self.value(argument)?.is_true();
                }
                any
            }
            Helper::Not => !self.value(&arguments[0])?.is_true(),
            _ => return Ok(None),
        }))
    }

    fn equal(&mut self, arguments: &'a [Expression]) -> Result<bool, RenderError> {
        let left = self.value(&arguments[0])?.scalar_text();
        let right = self.value(&arguments[1])?.scalar_text();
        Ok(left.unwrap_or_default() == right.unwrap_or_default())
    }

    fn ordered(
        &mut self,
        arguments: &'a [Expression],
        holds: fn(std::cmp::Ordering) -> bool,
    ) -> Result<bool, RenderError> {
        let left = self.value(&arguments[0])?.scalar_text();
        let right = self.value(&arguments[1])?.scalar_text();
        let (Some(left), Some(right)) = (left, right) else {
            return Ok(false);
        };
        Ok(match (number(&left), number(&right)) {
            (Some(left), Some(right)) => left.partial_cmp(&right).is_some_and(holds),
            _ => holds(left.cmp(&right)),
        })
    }

    /// The word for a printed condition: `yes=` or `no=`.
    fn flag_word(
        &mut self,
        call: &'a Call,
        flag: bool,
    ) -> Result<Option<Cow<'a, str>>, RenderError> {
        let (key, word) = if flag {
            ("yes", "true")
        } else {
            ("no", "false")
        };
        Ok(Some(self.hash_text(call, key)?.unwrap_or(word.into())))
    }

    fn yesno(&mut self, call: &'a Call) -> Result<Value<'a>, RenderError> {
        let value = self.value(&call.arguments[0])?;
        let says = match &value {
            Value::Missing => None,
            value => match value.scalar_text() {
                Some(word) if word.eq_ignore_ascii_case("true") => Some(true),
                Some(word) if word.eq_ignore_ascii_case("false") => Some(false),
                _ => Some(value.is_true()),
            },
        };
        let key = match says {
            Some(true) => "yes",
            Some(false) => "no",
            None => "maybe",
        };
        Ok(Value::Text(
            self.hash_text(call, key)?.unwrap_or(key.into()),
        ))
    }

    fn join(&mut self, call: &'a Call) -> Result<Value<'a>, RenderError> {
        let Some((separator, parts)) = call.arguments.split_last() else {
            return Ok(Value::Missing);
        };
        let separator = self.value(separator)?.scalar_text().unwrap_or_default();
        let mut joined: Vec<Cow<'a, str>> = Vec::new();
        for part in parts {
            match self.value(part)? {
                Value::List(items) => joined.extend(items.iter().map(|item| item.as_str().into())),
                value => joined.extend(value.text()),
            }
        }
        let prefix = self.hash_text(call, "prefix")?.unwrap_or_default();
        let suffix = self.hash_text(call, "suffix")?.unwrap_or_default();
        if joined.is_empty() {
            return Ok(text(""));
        }
        let joined = joined.join(&*separator);
        Ok(Value::Text(format!("{prefix}{joined}{suffix}").into()))
    }

    /// Helpers that make text from their first argument.
    fn transformed(&mut self, call: &'a Call, subject: &str) -> Result<String, RenderError> {
        Ok(match call.helper {
            Helper::Upper => subject.to_uppercase(),
            Helper::Lower => subject.to_lowercase(),
            Helper::Capitalize => {
                let fully = self
                    .hash_text(call, "fully")?
                    .is_some_and(|word| word == "true");
                text_helper::capitalize(subject, fully)
            }
            Helper::CapitalizeFirst => text_helper::capitalize_first(subject),
            Helper::Abbreviate => {
                text_helper::abbreviate(subject, self.count(call, 1, "size")?.unwrap_or(0))
            }
            Helper::Center => self.pad(call, subject, Align::Center)?,
            Helper::Ljust => self.pad(call, subject, Align::Left)?,
            Helper::Rjust => self.pad(call, subject, Align::Right)?,
            Helper::Cut => {
                let gone = self.argument_text(call, 1)?;
                subject.replace(gone.as_deref().unwrap_or(" "), "")
            }
            Helper::Replace => {
                let from = self.argument_text(call, 1)?.unwrap_or_default();
                let to = self.argument_text(call, 2)?.unwrap_or_default();
                if from.is_empty() {
                    subject.to_owned()
                } else {
                    subject.replace(&*from, &to)
                }
            }
            Helper::Substring => {
                let start = self.count(call, 1, "")?.unwrap_or(0);
                text_helper::substring(subject, start, self.count(call, 2, "")?)
            }
            Helper::Slugify => text_helper::slugify(subject),
            Helper::StripTags => text_helper::strip_tags(subject),
            Helper::Ordinalize => text_helper::ordinalize(whole(call.helper, subject)?),
            Helper::Inflect => self.inflect(call, subject)?,
            Helper::Encode64 => text_helper::encode64(subject),
            Helper::Decode64 => {
                text_helper::decode64(subject).ok_or_else(|| RenderError::Helper {
                    helper: call.helper.name(),
                    message: "the value is not Base64 of UTF-8 text".to_owned(),
                })?
            }
            Helper::Sha256 => text_helper::sha256(subject),
            Helper::Sha512 => text_helper::sha512(subject),
            // The others were answered before, from their arguments' values.
            _ => subject.to_owned(),
        })
    }

    fn pad(&mut self, call: &'a Call, subject: &str, align: Align) -> Result<String, RenderError> {
        let size = self.count(call, 1, "size")?.unwrap_or(0);
        let pad = self.hash_text(call, "pad")?;
        Ok(text_helper::pad(
            subject,
            size,
            pad.as_deref().unwrap_or(" "),
            align,
        ))
    }

    fn inflect(&mut self, call: &'a Call, subject: &str) -> Result<String, RenderError> {
        let count = number(subject).ok_or_else(|| not_a_number(call.helper, subject))?;
        #[expect(clippy::float_cmp, reason = "only exactly one is singular")]
        let at = if count == 1.0 { 1 } else { 2 };
        let word = match &call.arguments[at] {
            // An unresolvable path stands for its own text (`docs/spec/templates.md §3`).
            Expression::Path(path) => self
                .variable(path)
                .scalar_text()
                .unwrap_or_else(|| Cow::from(&*path.text)),
            other => self.value(other)?.scalar_text().unwrap_or_default(),
        };
        let counted = self
            .hash_text(call, "includeCount")?
            .is_some_and(|word| word == "true");
        Ok(if counted {
            format!("{subject} {word}")
        } else {
            word.into_owned()
        })
    }

    fn argument_text(
        &mut self,
        call: &'a Call,
        at: usize,
    ) -> Result<Option<Cow<'a, str>>, RenderError> {
        match call.arguments.get(at) {
            Some(argument) => Ok(self.value(argument)?.scalar_text()),
            None => Ok(None),
        }
    }

    fn hash_text(
        &mut self,
        call: &'a Call,
        key: &str,
    ) -> Result<Option<Cow<'a, str>>, RenderError> {
        match call.hash.iter().find(|(name, _)| &**name == key) {
            Some((_, argument)) => Ok(self.value(argument)?.scalar_text()),
            None => Ok(None),
        }
    }

    /// A count given as argument `at` or as `key=`; negative counts are zero.
    fn count(
        &mut self,
        call: &'a Call,
        at: usize,
        key: &str,
    ) -> Result<Option<usize>, RenderError> {
        let given = match self.argument_text(call, at)? {
            Some(given) => Some(given),
            None => self.hash_text(call, key)?,
        };
        given
            .map(|given| {
                let count = whole(call.helper, &given)?;
                Ok(usize::try_from(count).unwrap_or(0))
            })
            .transpose()
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to the range before"
)]
fn whole(helper: Helper, text: &str) -> Result<i64, RenderError> {
    let number = number(text).ok_or_else(|| not_a_number(helper, text))?;
    Ok(number.clamp(-1e15, 1e15) as i64)
}

fn not_a_number(helper: Helper, text: &str) -> RenderError {
    let shown: String = text.chars().take(40).collect();
    RenderError::Helper {
        helper: helper.name(),
        message: format!("{shown:?} is not a number"),
    }
}
