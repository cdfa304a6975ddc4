//! Calls of helpers (`docs/spec/templates.md §3.2–3.4`).

use std::borrow::Cow;

use crate::template::RenderError;

use super::ast::{Call, Expression};
use super::evaluate::Evaluator;
use super::helper::Helper;
use super::text_helper::{self, Align};
use super::value::{Value, text};

impl<'a> Evaluator<'a> {
    /// The value of a call.
    pub(super) fn call(&mut self, call: &'a Call) -> Result<Value<'a>, RenderError> {
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
            Helper::Now => return self.now(call),
            Helper::DateFormat => return self.date_format(call),
            Helper::Uuid => return self.uuid(),
            Helper::Add
            | Helper::Subtract
            | Helper::Multiply
            | Helper::Divide
            | Helper::Modulo
            | Helper::Ceiling
            | Helper::Floor
            | Helper::Round => return self.maths(call),
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
    pub(super) fn flag_word(
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
            Helper::Md5 => text_helper::md5(subject),
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
        let word = self.argument_text(call, at)?.unwrap_or_default();
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

pub(super) fn not_a_number(helper: Helper, text: &str) -> RenderError {
    let shown: String = text.chars().take(40).collect();
    RenderError::Helper {
        helper: helper.name(),
        message: format!("{shown:?} is not a number"),
    }
}
