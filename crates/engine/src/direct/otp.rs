//! One-time passwords: made, sent as a text message, checked (`docs/spec/channels.md §7`).

use std::collections::BTreeMap;
use std::time::Duration;

use channels::message::{SmsKind, SmsOrigin};
use channels::phone;
use hmac::{Hmac, Mac as _};
use model::{AppId, ChannelType, OneTimePassword, TemplateConfiguration};
use sha2::{Digest as _, Sha256};
use store::StoreError;

use super::content::DirectError;
use super::message::{Addressee, DirectMessages, DirectSend, DirectSms, Overrides, Target, Worded};
use super::otp_text;
use super::outcome::SendResult;
use crate::engine::{Engine, Shared};

/// What a code has unless the call says otherwise: digits, minutes, attempts.
const LENGTH: u32 = 6;
const MINUTES: u32 = 15;
const ATTEMPTS: u32 = 3;
/// Tries of a write when somebody else was faster.
const WRITES_MAX: usize = 16;

/// A code that is to be sent.
#[derive(Debug, Clone)]
pub struct OtpRequest {
    /// The application.
    pub app: AppId,
    /// The request, as events name it.
    pub request_id: String,
    /// Who sends, for the text.
    pub brand: String,
    /// The recipient's number.
    pub destination: String,
    /// The number or name that sends.
    pub origination: String,
    /// The caller's name of the check.
    pub reference: String,
    /// Digits of the code; 6 if absent.
    pub length: Option<u32>,
    /// How long the code is good; 15 minutes if absent.
    pub minutes: Option<u32>,
    /// Wrong tries that kill the code; 3 if absent.
    pub attempts: Option<u32>,
    /// The language of the text; `en-US` if absent.
    pub language: Option<String>,
    /// What carriers want to know.
    pub entity_id: Option<String>,
    /// What carriers want to know.
    pub template_id: Option<String>,
}

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub enum OtpError {
    /// A value that the call may not have.
    #[error("{member}: {problem}")]
    Invalid {
        /// The member.
        member: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Nothing was sent.
    #[error(transparent)]
    Direct(#[from] DirectError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Sends a fresh code, which replaces an earlier one for the same number and reference.
    ///
    /// # Errors
    /// The request breaks a rule, or the store failed; what concerns the number is in the result.
    pub async fn send_otp(&self, request: OtpRequest) -> Result<SendResult, OtpError> {
        check(&request)?;
        let Some(number) = phone::normalize(&request.destination) else {
            return Ok(SendResult::unusable("Invalid phone number"));
        };
        let shared = self.shared();
        let code = code(shared.clock.random_u64(), request.length.unwrap_or(LENGTH));
        let language = request.language.as_deref().unwrap_or(otp_text::LANGUAGE);
        let text = otp_text::text(language, &code, &request.brand);
        let text = text.ok_or_else(|| invalid("Language", "is not known"))?;
        let now = shared.clock.now();
        let minutes = request.minutes.unwrap_or(MINUTES);
        let password = OneTimePassword {
            id: name(&number, &request.reference),
            digest: Vec::new(),
            salt: shared.clock.random_bytes::<16>().to_vec(),
            attempts_left: request.attempts.unwrap_or(ATTEMPTS),
            created: now,
            expires: now.plus(Duration::from_secs(u64::from(minutes) * 60)),
            app: request.app.clone(),
        };
        let password = OneTimePassword {
            digest: digest(shared, &password, &code)
                .finalize()
                .into_bytes()
                .to_vec(),
            ..password
        };
        shared.store.of::<OneTimePassword>().put(&password).await?;
        let to = Addressee {
            target: Target::Address(number, Some(ChannelType::Sms)),
            own: Overrides::default(),
        };
        let sent = self.send_messages(message(request, text), vec![to]).await?;
        Ok(sent
            .into_iter()
            .next()
            .unwrap_or_else(|| SendResult::unusable("Invalid Message")))
    }

    /// Whether `code` is the one that was sent to `destination` for `reference`. A right code is
    /// used up, a wrong one costs an attempt.
    ///
    /// # Errors
    /// The store failed.
    pub async fn verify_otp(
        &self,
        app: &AppId,
        destination: &str,
        reference: &str,
        code: &str,
    ) -> Result<bool, StoreError> {
        let Some(number) = phone::normalize(destination) else {
            return Ok(false);
        };
        let shared = self.shared();
        let passwords = shared.store.of::<OneTimePassword>();
        for _ in 0..WRITES_MAX {
            let stored = passwords
                .get(app.as_str(), &name(&number, reference))
                .await?;
            let Some(mut stored) = stored else {
                return Ok(false);
            };
            if stored.expires <= shared.clock.now() {
                return Ok(false);
            }
            let right = digest(shared, &stored, code)
                .verify_slice(&stored.digest)
                .is_ok();
            // The answer counts only once the code is used up, or the attempt is counted.
            let write = if right || stored.attempts_left <= 1 {
                stored.delete()
            } else {
                stored.attempts_left -= 1;
                stored.replace()?
            };
            match shared.store.documents.commit(vec![write]).await {
                Ok(()) => return Ok(right),
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict(format!(
            "one-time password for {reference}"
        )))
    }
}

fn invalid(member: &'static str, problem: impl Into<String>) -> OtpError {
    OtpError::Invalid {
        member,
        problem: problem.into(),
    }
}

fn check(request: &OtpRequest) -> Result<(), OtpError> {
    let texts = [
        ("BrandName", &request.brand, 20),
        ("ReferenceId", &request.reference, 48),
    ];
    for (member, text, most) in texts {
        let length = text.chars().count();
        if length == 0 || length > most {
            let problem = format!("expected 1 to {most} characters, found {length}");
            return Err(invalid(member, problem));
        }
    }
    let numbers = [
        ("CodeLength", request.length, 5, 8),
        ("ValidityPeriod", request.minutes, 5, 60),
        ("AllowedAttempts", request.attempts, 1, 5),
    ];
    for (member, number, least, most) in numbers {
        if number.is_some_and(|number| number < least || number > most) {
            return Err(invalid(member, format!("expected {least} to {most}")));
        }
    }
    if let Some(language) = &request.language
        && otp_text::text(language, "", "").is_none()
    {
        let shown: String = language.chars().take(20).collect();
        return Err(invalid("Language", format!("'{shown}' is not supported")));
    }
    Ok(())
}

/// `length` digits; a bias of one in 10¹¹ is no help to anybody.
fn code(random: u64, length: u32) -> String {
    let width = length as usize;
    format!("{:0width$}", random % 10_u64.pow(length))
}

/// The identifier under which the code for a number and a reference is kept.
fn name(number: &str, reference: &str) -> String {
    hex::encode(Sha256::digest(format!("{number}\n{reference}")))
}

/// The keyed hash of a code; neither the store alone nor a code elsewhere helps to guess it.
fn digest(shared: &Shared, password: &OneTimePassword, code: &str) -> Hmac<Sha256> {
    let key = shared.store.secrets.derived_key("one-time-password");
    let mut digest =
        Hmac::<Sha256>::new_from_slice(&key).expect("the hash takes keys of any length");
    digest.update(&password.salt);
    digest.update(password.id.as_bytes());
    digest.update(code.as_bytes());
    digest
}

fn message(request: OtpRequest, text: String) -> DirectSend {
    let is_number = phone::normalize(&request.origination).is_some();
    let (number, sender) = if is_number {
        (Some(request.origination), None)
    } else {
        (None, Some(request.origination))
    };
    let sms = DirectSms {
        // As a value, so that braces in the brand's name stay braces.
        body: Some("{{Text}}".to_owned()),
        kind: Some(SmsKind::Transactional),
        origin: SmsOrigin {
            origination_number: number,
            sender_id: sender,
            entity_id: request.entity_id,
            template_id: request.template_id,
            ..SmsOrigin::default()
        },
    };
    DirectSend {
        app: request.app,
        request_id: request.request_id,
        messages: DirectMessages {
            sms: Some(Worded {
                message: sms,
                substitutions: BTreeMap::from([("Text".to_owned(), vec![text])]),
            }),
            ..DirectMessages::default()
        },
        template: TemplateConfiguration::default(),
        context: BTreeMap::new(),
        trace_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_leading_zeros() {
        assert_eq!(code(1_000_042, 6), "000042");
        assert_eq!(code(u64::MAX, 8).len(), 8);
        assert_eq!(code(7, 5), "00007");
    }
}
