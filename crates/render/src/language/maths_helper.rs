//! Maths in exact decimals (`docs/spec/templates.md §3.4`).

use rust_decimal::{Decimal, RoundingStrategy};

use crate::template::RenderError;

use super::ast::Call;
use super::call::not_a_number;
use super::evaluate::Evaluator;
use super::helper::Helper;
use super::value::Value;

/// Digits behind the point of a quotient.
const QUOTIENT_DECIMALS: u32 = 8;

impl<'a> Evaluator<'a> {
    /// The value of a call with one or two numbers.
    pub(super) fn maths(&mut self, call: &'a Call) -> Result<Value<'a>, RenderError> {
        let mut operands = [Decimal::ZERO; 2];
        for (operand, argument) in operands.iter_mut().zip(&call.arguments) {
            let Some(text) = self.value(argument)?.scalar_text() else {
                return Ok(Value::Missing);
            };
            *operand = decimal(&text).ok_or_else(|| not_a_number(call.helper, &text))?;
        }
        let result = result(call.helper, operands).map_err(|message| RenderError::Helper {
            helper: call.helper.name(),
            message: message.to_owned(),
        })?;
        Ok(Value::Decimal(result.normalize()))
    }
}

fn result(helper: Helper, [a, b]: [Decimal; 2]) -> Result<Decimal, &'static str> {
    if b.is_zero() && matches!(helper, Helper::Divide | Helper::Modulo) {
        return Err("division by zero");
    }
    let half_up = RoundingStrategy::MidpointAwayFromZero;
    match helper {
        Helper::Add => a.checked_add(b),
        Helper::Subtract => a.checked_sub(b),
        Helper::Multiply => a.checked_mul(b),
        Helper::Divide => a
            .checked_div(b)
            .map(|quotient| quotient.round_dp_with_strategy(QUOTIENT_DECIMALS, half_up)),
        Helper::Modulo => a.checked_rem(b),
        Helper::Ceiling => Some(a.ceil()),
        Helper::Floor => Some(a.floor()),
        _ => Some(a.round_dp_with_strategy(0, half_up)),
    }
    .ok_or("the result is too large")
}

/// A number of at most 28 digits, also in scientific notation.
fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let plain = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
    if !text.bytes().all(plain) {
        return None;
    }
    let number: Decimal = text
        .parse()
        .or_else(|_| Decimal::from_scientific(text))
        .ok()?;
    Some(number)
}
