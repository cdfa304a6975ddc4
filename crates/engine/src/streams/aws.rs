//! Records into a stream of Kinesis or a delivery stream of Firehose, at AWS or a service that
//! speaks as it does.

use std::fmt::Display;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use events::stream::{Record, Sink, SinkError};
use futures::StreamExt as _;
use object_store::ClientOptions;
use object_store::aws::{AmazonS3Builder, AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpConnector as _, HttpRequest, ReqwestConnector};
use serde_json::{Value, json};

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
    client: HttpClient,
    credentials: AwsCredentialProvider,
    url: String,
    service: Service,
    region: String,
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
        let url = endpoint_url.map_or_else(
            || {
                let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
                format!("https://{}.{region}.amazonaws.com{suffix}/", service.word())
            },
            |url| format!("{}/", url.trim_end_matches('/')),
        );
        let failed = |error: object_store::Error| AwsSinkError::Client {
            arn: arn.to_owned(),
            reason: error.to_string(),
        };
        let options = ClientOptions::new().with_allow_http(url.starts_with("http://"));
        let client = ReqwestConnector::default()
            .connect(&options)
            .map_err(failed)?;
        // Only for its way to find credentials; the bucket is never looked at.
        let finder = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_region(*region)
            .build()
            .map_err(failed)?;
        Ok(Self {
            client,
            credentials: finder.credentials().clone(),
            url,
            service,
            region: (*region).to_owned(),
            name: name.to_owned(),
        })
    }

    async fn call(&self, target: &'static str, body: &Value) -> Result<Value, SinkError> {
        let credential = self.credentials.get_credential().await;
        let credential = credential.map_err(refused)?;
        let mut request = HttpRequest::new(body.to_string().into());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.url.parse().map_err(refused)?;
        let headers = request.headers_mut();
        for (name, value) in [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target),
        ] {
            headers.insert(name, http::HeaderValue::from_static(value));
        }
        AwsAuthorizer::new(&credential, self.service.word(), &self.region)
            .try_authorize(&mut request, None)
            .map_err(refused)?;
        let response = self.client.execute(request).await.map_err(unavailable)?;
        let status = response.status();
        let mut bytes = Vec::new();
        let mut pieces = response.into_body().bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece: Bytes = piece.map_err(unavailable)?;
            bytes.extend_from_slice(&piece);
            if bytes.len() > ANSWER_BYTES_MAX {
                return Err(unavailable("the answer is too long"));
            }
        }
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

fn refused(error: impl Display) -> SinkError {
    SinkError::Refused(error.to_string())
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
