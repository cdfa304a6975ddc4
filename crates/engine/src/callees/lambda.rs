//! Invoking AWS Lambda, or a service that speaks as it does.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use channels::outbound::CallError;
use parking_lot::Mutex;

use super::function::FunctionName;
use super::{ANSWER_BYTES_MAX, CalleeError};
use crate::aws::{AwsClient, NoAnswer, endpoint};

/// The service's name in URLs and signatures.
const SERVICE: &str = "lambda";
/// Says that the function itself failed.
const FUNCTION_ERROR: &str = "x-amz-function-error";
/// Characters of a failure that are repeated.
const QUOTE_CHARS_MAX: usize = 200;
/// Regions whose clients are kept, with their connections and credentials.
const CLIENTS_MAX: usize = 64;

/// Where functions are invoked.
#[derive(Debug, Clone)]
pub struct LambdaSettings {
    /// The endpoint, if it is not AWS's own.
    pub endpoint_url: Option<String>,
    /// The region of functions that are named without one.
    pub region: String,
}

/// Invokes functions of the account whose credentials the usual `AWS_*` variables give.
pub(super) struct Lambda {
    settings: LambdaSettings,
    clients: Mutex<BTreeMap<String, Arc<AwsClient>>>,
}

impl Lambda {
    pub fn new(settings: LambdaSettings) -> Self {
        Self {
            settings,
            clients: Mutex::default(),
        }
    }

    fn client(&self, region: &str, base: &str) -> Result<Arc<AwsClient>, object_store::Error> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(region) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(AwsClient::new(SERVICE, region, base)?);
        if clients.len() < CLIENTS_MAX {
            clients.insert(region.to_owned(), Arc::clone(&client));
        }
        Ok(client)
    }

    /// Invokes the function with `body` and waits for what it returns.
    pub async fn invoke(&self, function: &FunctionName, body: Bytes) -> Result<Bytes, CalleeError> {
        let not_sent = |why: String| CalleeError::Call(CallError::NotSent(why));
        let region = function.region().unwrap_or(&self.settings.region);
        let versioned = function.qualifier().is_none_or(is_qualifier);
        if !is_name(function.name()) || !versioned || !is_name(region) {
            let text = function.as_str();
            return Err(not_sent(format!("{text} is no name of a function")));
        }
        let base = endpoint(SERVICE, region, self.settings.endpoint_url.as_deref());
        let client = self.client(region, &base);
        let client = client.map_err(|error| not_sent(error.to_string()))?;
        let url = url(&base, function);
        let headers = [("content-type", "application/json")];
        let posted = client.post(&url, &headers, body.to_vec(), ANSWER_BYTES_MAX);
        let answer = posted.await.map_err(|failure| match failure {
            NoAnswer::NotSent(why) => CallError::NotSent(why),
            NoAnswer::Lost(why) => CallError::NoAnswer(why),
            NoAnswer::Unusable { status, why } => CallError::Unusable {
                status,
                problem: why,
            },
        })?;
        if !answer.status.is_success() {
            return Err(CalleeError::Status(answer.status.as_u16()));
        }
        if answer.headers.contains_key(FUNCTION_ERROR) {
            let said = String::from_utf8_lossy(&answer.body);
            let said = said.chars().take(QUOTE_CHARS_MAX).collect();
            return Err(CalleeError::Function(said));
        }
        Ok(answer.body.into())
    }
}

fn url(base: &str, function: &FunctionName) -> String {
    let name = function.name();
    let path = format!("{base}/2015-03-31/functions/{name}/invocations");
    match function.qualifier() {
        Some(qualifier) => format!("{path}?Qualifier={}", qualifier.replace('$', "%24")),
        None => path,
    }
}

/// Names have an alphabet that needs no escape in a URL.
fn is_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(known)
}

fn is_qualifier(text: &str) -> bool {
    text == "$LATEST" || is_name(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_reaches_nobody() {
        for text in [
            "",
            "offer/../x",
            "arn:aws:lambda:evil.example/:000000000000:function:offer",
            "arn:aws:s3:::bucket",
            "offer:a b",
        ] {
            let lambda = Lambda::new(LambdaSettings {
                endpoint_url: None,
                region: "us-east-1".to_owned(),
            });
            let function = FunctionName::parse(text);
            let invoked = lambda.invoke(&function, Bytes::new());
            let Err(error) = futures::executor::block_on(invoked) else {
                panic!("{text} was invoked");
            };
            assert!(error.to_string().contains("is no name"), "{text}: {error}");
        }
    }

    #[test]
    fn urls_name_function_and_version() {
        #[track_caller]
        fn check(function: &str, want: &str) {
            let got = url("http://aws.example", &FunctionName::parse(function));
            assert_eq!(got, format!("http://aws.example{want}"));
        }
        check("offer", "/2015-03-31/functions/offer/invocations");
        check(
            "arn:aws:lambda:eu-west-1:000000000000:function:offer:$LATEST",
            "/2015-03-31/functions/offer/invocations?Qualifier=%24LATEST",
        );
    }
}
