//! Whom campaigns call: hooks, webhooks and functions (`docs/spec/campaigns.md §8–9`).
//!
//! Belongs: what a name stands for, invoking it, how its answer is to be read.
//! Elsewhere: HTTP and whom it may not reach (`channels::outbound`), what is said to whom (`run`).

mod function;
mod lambda;

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use channels::outbound::{Answer, CallError, ChosenBy, HttpCaller};

pub use function::FunctionName;
pub use lambda::LambdaSettings;

use lambda::Lambda;

/// Bytes of an answer (`docs/spec/campaigns.md §8`).
pub const ANSWER_BYTES_MAX: usize = 6 << 20;
/// The header with which a webhook shows that it wants this account's messages.
const ACCOUNT_HEADER: &str = "x-amz-pinpoint-accountid";

/// Who is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A function.
    Function(FunctionName),
    /// An http or https URL.
    Url(String),
}

/// What the operator puts in the place of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandIn {
    /// The built-in inbox.
    Inbox,
    /// A URL, which may be anywhere.
    Url(String),
}

/// Why a call brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalleeError {
    /// There was no answer, or none that could be read.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer says no.
    #[error("the answer was {0}")]
    Status(u16),
    /// The function failed.
    #[error("the function failed: {0}")]
    Function(String),
    /// The inbox answers nothing.
    #[error("the function stands for the inbox, which takes custom messages and answers nothing")]
    Inbox,
}

impl CalleeError {
    /// Whether the callee may have acted although no answer says so.
    #[must_use]
    pub const fn is_unclear(&self) -> bool {
        matches!(self, Self::Call(CallError::NoAnswer(_)))
    }

    /// Whether nothing left this server: asking again repeats nothing.
    #[must_use]
    pub const fn never_left(&self) -> bool {
        matches!(self, Self::Call(CallError::NotSent(_)))
    }
}

/// Why a webhook may not get messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It does not answer.
    #[error("must answer a HEAD request, and did not: {0}")]
    NoAnswer(CallError),
    /// Its answer names another account, or none.
    #[error("must answer a HEAD request with the header X-Amz-Pinpoint-AccountId: {0}")]
    OtherAccount(String),
}

/// Calls others. The caller bounds how many calls there are and how long they take.
#[async_trait]
pub trait Callees: Send + Sync {
    /// Whether messages for `target` go to the built-in inbox instead.
    fn stays_here(&self, target: &Target) -> bool;

    /// Gives `target` the JSON text `body`, once, and answers what it said.
    ///
    /// # Errors
    /// There is no answer, or it says no.
    async fn call(&self, target: &Target, body: Bytes) -> Result<Bytes, CalleeError>;

    /// Asks the webhook at `url` whether it wants messages of this account.
    ///
    /// # Errors
    /// It does not say so.
    async fn prove(&self, url: &str) -> Result<(), ProofError>;
}

impl Target {
    /// What a text means: a URL if it has `://`, else the name or ARN of a function.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.contains("://") {
            Self::Url(text.to_owned())
        } else {
            Self::Function(FunctionName::parse(text))
        }
    }
}

/// Calls by HTTP, and AWS Lambda.
pub struct HttpCallees {
    http: HttpCaller,
    functions: BTreeMap<String, StandIn>,
    lambda: Lambda,
    account: String,
}

impl HttpCallees {
    /// Calls for the account with this number. What is not among `functions` is invoked at AWS
    /// Lambda.
    #[must_use]
    pub fn new(
        http: HttpCaller,
        functions: BTreeMap<String, StandIn>,
        lambda: LambdaSettings,
        account: String,
    ) -> Self {
        Self {
            http,
            functions,
            lambda: Lambda::new(lambda),
            account,
        }
    }

    fn stand_in(&self, name: &FunctionName) -> Option<&StandIn> {
        name.spellings()
            .find_map(|spelling| self.functions.get(&spelling))
    }

    async fn post(&self, url: &str, by: ChosenBy, body: Bytes) -> Result<Bytes, CalleeError> {
        let answer = self.http.post(url, by, body, ANSWER_BYTES_MAX).await?;
        match answer.status {
            200..=299 => Ok(answer.body),
            status => Err(CalleeError::Status(status)),
        }
    }
}

#[async_trait]
impl Callees for HttpCallees {
    fn stays_here(&self, target: &Target) -> bool {
        match target {
            Target::Function(name) => self.stand_in(name) == Some(&StandIn::Inbox),
            Target::Url(_) => false,
        }
    }

    async fn call(&self, target: &Target, body: Bytes) -> Result<Bytes, CalleeError> {
        let name = match target {
            Target::Url(url) => return self.post(url, ChosenBy::User, body).await,
            Target::Function(name) => name,
        };
        match self.stand_in(name) {
            Some(StandIn::Url(url)) => self.post(url, ChosenBy::Operator, body).await,
            Some(StandIn::Inbox) => Err(CalleeError::Inbox),
            None => self.lambda.invoke(name, body).await,
        }
    }

    async fn prove(&self, url: &str) -> Result<(), ProofError> {
        let answer = self.http.head(url, ChosenBy::User).await;
        let Answer { headers, .. } = answer.map_err(ProofError::NoAnswer)?;
        let found = headers.get(ACCOUNT_HEADER);
        let found = found.and_then(|value| value.to_str().ok()).map(str::trim);
        match found {
            Some(account) if account == self.account => Ok(()),
            Some(_) => Err(ProofError::OtherAccount(format!(
                "expected {}, and the answer has another value",
                self.account
            ))),
            None => Err(ProofError::OtherAccount(format!(
                "expected {}, and the answer lacks it",
                self.account
            ))),
        }
    }
}
