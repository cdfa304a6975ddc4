//! The helpers `now` and `dateFormat` (`docs/spec/templates.md §3.3`).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::template::RenderError;

use super::ast::{Call, Expression};
use super::date::{Moment, Pattern, read_iso, zone};
use super::evaluate::Evaluator;
use super::helper::Helper;
use super::value::Value;

/// The style of dates whose call names none.
const DEFAULT_STYLE: &str = "medium";

/// Which arguments of a call say what.
struct Wanted<'a> {
    input: Option<&'a Expression>,
    output: Option<&'a Expression>,
    zone: Option<&'a Expression>,
}

impl<'a> Wanted<'a> {
    fn of(call: &'a Call) -> Self {
        let named = |key: &str| {
            let found = call.hash.iter().find(|(name, _)| &**name == key);
            found.map(|(_, argument)| argument)
        };
        let (input, output, zone) = match (call.helper, call.arguments.as_slice()) {
            (Helper::Now, [output]) | (_, [_, output]) => (None, Some(output), None),
            (_, [_, input, output]) => (Some(input), Some(output), None),
            (_, [_, input, output, zone]) => (Some(input), Some(output), Some(zone)),
            _ => (None, None, None),
        };
        Self {
            input: named("inputFormat").or(input),
            output: named("outputFormat").or(output),
            zone: named("tz").or(zone),
        }
    }
}

/// What is wrong with the patterns and zones that `call` writes out; nothing if it is another
/// helper's.
pub(super) fn refusal(call: &Call) -> Option<String> {
    if !matches!(call.helper, Helper::Now | Helper::DateFormat) {
        return None;
    }
    let wanted = Wanted::of(call);
    for format in [wanted.input, wanted.output].into_iter().flatten() {
        if let Expression::Text(pattern) = format
            && let Err(problem) = Pattern::parse(pattern)
        {
            return Some(problem);
        }
    }
    match wanted.zone {
        Some(Expression::Text(name)) if !name.is_empty() && zone(name).is_none() => {
            Some(unknown_zone(name))
        }
        _ => None,
    }
}

impl<'a> Evaluator<'a> {
    /// The instant of the rendering, in words.
    pub(super) fn now(&mut self, call: &'a Call) -> Result<Value<'a>, RenderError> {
        let now = self
            .instant()
            .and_then(|now| Timestamp::from_millisecond(now.as_millis()).ok());
        let now = now.ok_or_else(|| fail(call, "no time is given here".to_owned()))?;
        self.date(call, Moment::Instant(now))
    }

    /// A date in other words.
    pub(super) fn date_format(&mut self, call: &'a Call) -> Result<Value<'a>, RenderError> {
        let Some(text) = self.value(&call.arguments[0])?.scalar_text() else {
            return Ok(Value::Missing);
        };
        let blamed = self.blame;
        let read = match self.option(Wanted::of(call).input)? {
            None => read_iso(&text),
            Some(pattern) => Pattern::parse(&pattern)
                .map_err(|problem| fail(call, problem))?
                .read(&text),
        };
        let moment = read.ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            fail(call, format!("{shown:?} is not a date of this format"))
        })?;
        let written = self.date(call, moment);
        // Only the first argument decides whether something is missing.
        self.blame = blamed;
        written
    }

    fn date(&mut self, call: &'a Call, moment: Moment) -> Result<Value<'a>, RenderError> {
        let wanted = Wanted::of(call);
        let zone = match self.option(wanted.zone)? {
            None => TimeZone::UTC,
            Some(name) => zone(&name).ok_or_else(|| fail(call, unknown_zone(&name)))?,
        };
        let output = self.option(wanted.output)?;
        let pattern = Pattern::parse(output.as_deref().unwrap_or(DEFAULT_STYLE))
            .map_err(|problem| fail(call, problem))?;
        let zoned = moment
            .in_zone(zone)
            .ok_or_else(|| fail(call, "the date is out of range".to_owned()))?;
        Ok(Value::Text(pattern.write(&zoned).into()))
    }

    /// The text of an argument; an empty one counts as absent.
    fn option(&mut self, argument: Option<&'a Expression>) -> Result<Option<String>, RenderError> {
        let Some(argument) = argument else {
            return Ok(None);
        };
        let text = self.value(argument)?.scalar_text();
        Ok(text.map(String::from).filter(|text| !text.is_empty()))
    }
}

fn unknown_zone(name: &str) -> String {
    let shown: String = name.chars().take(40).collect();
    format!("{shown:?} is not a time zone")
}

fn fail(call: &Call, message: String) -> RenderError {
    RenderError::Helper {
        helper: call.helper.name(),
        message,
    }
}
