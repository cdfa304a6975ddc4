//! Records into a stream of Kinesis or a delivery stream of Firehose, at AWS or a service that
//! speaks as it does.

use std::fmt::Display;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::stream::{Record, Sink, SinkError};
use serde_json::{Value, json};

use crate::aws::{AwsClient, NoAnswer, endpoint};

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Characters of an answer that are repeated in an error.
const QUOTE_CHARS_MAX: usize = 200;
/// Errors that pass by themselves, as words in their names.
const PASSING: [&str; 5] = ["Throttl", "Exceeded", "Unavailable", "Internal", "InUse"];

/// Which service takes the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Kinesis,
    Firehose,
}

impl Service {
    const fn word(self) -> &'static str {
        match self {
            Self::Kinesis => "kinesis",
            Self::Firehose => "firehose",
        }
    }

    /// The call that tells whether the stream is there.
    const fn describe(self) -> &'static str {
        match self {
            Self::Kinesis => "Kinesis_20131202.DescribeStream",
            Self::Firehose => "Firehose_20150804.DescribeDeliveryStream",
        }
    }

    /// The call that takes records.
    const fn put(self) -> &'static str {
        match self {
            Self::Kinesis => "Kinesis_20131202.PutRecords",
            Self::Firehose => "Firehose_20150804.PutRecordBatch",
        }
    }

    /// The member that names the stream.
    const fn name(self) -> &'static str {
        match self {
            Self::Kinesis => "StreamName",
            Self::Firehose => "DeliveryStreamName",
        }
    }

    /// The member of an answer that tells the fate of each record.
    const fn fates(self) -> &'static str {
        match self {
            Self::Kinesis => "Records",
            Self::Firehose => "RequestResponses",
        }
    }
}

/// Why no sink can be made.
#[derive(Debug, thiserror::Error)]
pub enum AwsSinkError {
    /// The ARN is not one of a stream.
    #[error("streams.{0}: expected the ARN of a Kinesis or Firehose stream")]
    Arn(String),
    /// The client cannot be made.
    #[error("streams.{arn}: {reason}")]
    Client {
        /// The ARN.
        arn: String,
        /// Why.
        reason: String,
    },
}

/// A stream of Kinesis or Firehose. Credentials come from the usual `AWS_*` variables.
pub struct AwsSink {
    client: AwsClient,
    url: String,
    service: Service,
    name: String,
}

impl AwsSink {
    /// A sink to the stream called `arn`, at `endpoint_url` unless it is AWS's own.
    ///
    /// # Errors
    /// The ARN is not one of a stream, or the client cannot be made.
    pub fn new(arn: &str, endpoint_url: Option<&str>) -> Result<Self, AwsSinkError> {
        let no_stream = || AwsSinkError::Arn(arn.to_owned());
        if !super::is_destination(arn) {
            return Err(no_stream());
        }
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, service, region, _, resource] = parts.as_slice() else {
            return Err(no_stream());
        };
        let service = match *service {
            "kinesis" => Service::Kinesis,
            _ => Service::Firehose,
        };
        let (_, name) = resource.split_once('/').ok_or_else(no_stream)?;
        let url = format!("{}/", endpoint(service.word(), region, endpoint_url));
        let client = AwsClient::new(service.word(), region, &url);
        let client = client.map_err(|error| AwsSinkError::Client {
            arn: arn.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            client,
            url,
            service,
            name: name.to_owned(),
        })
    }

    async fn call(&self, target: &'static str, body: &Value) -> Result<Value, SinkError> {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target),
        ];
        let body = body.to_string().into_bytes();
        let posted = self
            .client
            .post(&self.url, &headers, body, ANSWER_BYTES_MAX);
        let answer = posted.await.map_err(|failure| match failure {
            NoAnswer::NotSent(why) => SinkError::Refused(why),
            NoAnswer::Lost(why) | NoAnswer::Unusable { why, .. } => SinkError::Unavailable(why),
        })?;
        let (status, bytes) = (answer.status, answer.body);
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(unavailable);
        }
        let text = String::from_utf8_lossy(&bytes);
        let quote: String = text.chars().take(QUOTE_CHARS_MAX).collect();
        let problem = format!("{status}: {quote}");
        if status.is_server_error() || is_passing(&text) {
            Err(SinkError::Unavailable(problem))
        } else {
            Err(SinkError::Refused(problem))
        }
    }
}

#[async_trait]
impl Sink for AwsSink {
    async fn test(&self) -> Result<(), SinkError> {
        let body = json!({ self.service.name(): self.name });
        self.call(self.service.describe(), &body).await.map(drop)
    }

    async fn put(&self, records: &[Record]) -> Result<Vec<usize>, SinkError> {
        let entries: Vec<Value> = records
            .iter()
            .map(|record| {
                let data = STANDARD.encode(&record.line);
                match self.service {
                    Service::Kinesis => json!({"Data": data, "PartitionKey": record.key}),
                    Service::Firehose => json!({"Data": data}),
                }
            })
            .collect();
        let body = json!({ self.service.name(): self.name, "Records": entries });
        let answer = self.call(self.service.put(), &body).await?;
        let fates = answer[self.service.fates()].as_array();
        let fates = fates.filter(|fates| fates.len() == records.len());
        let fates = fates.ok_or_else(|| unavailable("the answer tells no fate of the records"))?;
        let failed = |fate: &Value| fate.get("ErrorCode").is_some_and(|code| !code.is_null());
        let indices = fates.iter().enumerate().filter(|(_, fate)| failed(fate));
        Ok(indices.map(|(index, _)| index).collect())
    }
}

/// Whether the name of the error in an answer is that of one that passes.
fn is_passing(answer: &str) -> bool {
    let name = serde_json::from_str::<Value>(answer)
        .ok()
        .and_then(|answer| Some(answer.get("__type")?.as_str()?.to_owned()))
        .unwrap_or_default();
    PASSING.iter().any(|word| name.contains(word))
}

fn unavailable(error: impl Display) -> SinkError {
    SinkError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_knows_its_service_and_place() {
        let kinesis = "arn:aws:kinesis:eu-west-1:000000000000:stream/shop";
        let sink = AwsSink::new(kinesis, None).expect("a sink");
        assert_eq!(
            (sink.service, sink.name.as_str(), sink.url.as_str()),
            (
                Service::Kinesis,
                "shop",
                "https://kinesis.eu-west-1.amazonaws.com/"
            )
        );
        let firehose = "arn:aws-cn:firehose:cn-north-1:000000000000:deliverystream/shop";
        let sink = AwsSink::new(firehose, None).expect("a sink");
        assert_eq!(sink.url, "https://firehose.cn-north-1.amazonaws.com.cn/");
        let sink = AwsSink::new(kinesis, Some("http://127.0.0.1:4566")).expect("a sink");
        assert_eq!(sink.url, "http://127.0.0.1:4566/");
        assert!(AwsSink::new("arn:aws:s3:::bucket", None).is_err());
    }

    #[test]
    fn errors_pass_or_stay() {
        for (name, want) in [
            ("ProvisionedThroughputExceededException", true),
            ("com.amazonaws.kinesis#LimitExceededException", true),
            ("ThrottlingException", true),
            ("ResourceNotFoundException", false),
            ("AccessDeniedException", false),
        ] {
            assert_eq!(
                is_passing(&json!({"__type": name}).to_string()),
                want,
                "{name}"
            );
        }
        assert!(!is_passing("<html>"));
    }
}
