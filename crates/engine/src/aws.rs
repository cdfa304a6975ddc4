//! Signed calls of AWS, or of a service that speaks as it does.

use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use object_store::ClientOptions;
use object_store::aws::{AmazonS3Builder, AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpConnector as _, HttpRequest, ReqwestConnector};

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// Nothing was sent: there are no credentials, or no usable URL.
    NotSent(String),
    /// The request may have arrived.
    Lost(String),
    /// The answer began and cannot be used.
    Unusable {
        /// Its status.
        status: u16,
        /// What is wrong with it.
        why: String,
    },
}

/// What was answered.
pub(crate) struct AwsAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Calls one service in one region. Credentials come from the usual `AWS_*` variables.
pub(crate) struct AwsClient {
    client: HttpClient,
    credentials: AwsCredentialProvider,
    service: &'static str,
    region: String,
}

/// Where `service` is reached, without a slash at the end: `url` if there is one.
pub(crate) fn endpoint(service: &str, region: &str, url: Option<&str>) -> String {
    url.map_or_else(
        || {
            let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
            format!("https://{service}.{region}.amazonaws.com{suffix}")
        },
        |url| url.trim_end_matches('/').to_owned(),
    )
}

impl AwsClient {
    /// A client of `service`, whose URLs begin as `url` does.
    pub(crate) fn new(
        service: &'static str,
        region: &str,
        url: &str,
    ) -> Result<Self, object_store::Error> {
        let options = ClientOptions::new().with_allow_http(url.starts_with("http://"));
        let client = ReqwestConnector::default().connect(&options)?;
        // Only for its way to find credentials; the bucket is never looked at.
        let finder = AmazonS3Builder::from_env()
            .with_bucket_name("none")
            .with_region(region)
            .build()?;
        Ok(Self {
            client,
            credentials: finder.credentials().clone(),
            service,
            region: region.to_owned(),
        })
    }

    /// POSTs `body` to `url`; at most `limit` bytes of the answer are read.
    pub(crate) async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, &'static str)],
        body: Vec<u8>,
        limit: usize,
    ) -> Result<AwsAnswer, NoAnswer> {
        let not_sent = |error: String| NoAnswer::NotSent(error);
        let credential = self.credentials.get_credential().await;
        let credential = credential.map_err(|error| not_sent(error.to_string()))?;
        let mut request = HttpRequest::new(body.into());
        *request.method_mut() = Method::POST;
        let url: Result<http::Uri, _> = url.parse();
        *request.uri_mut() = url.map_err(|error| not_sent(error.to_string()))?;
        for (name, value) in headers {
            let value = HeaderValue::from_static(value);
            request.headers_mut().insert(*name, value);
        }
        AwsAuthorizer::new(&credential, self.service, &self.region)
            .try_authorize(&mut request, None)
            .map_err(|error| not_sent(error.to_string()))?;
        let response = self.client.execute(request).await;
        let response = response.map_err(|error| NoAnswer::Lost(error.to_string()))?;
        let (head, body) = response.into_parts();
        let status = head.status;
        let unusable = |why: String| NoAnswer::Unusable {
            status: status.as_u16(),
            why,
        };
        let mut bytes = Vec::new();
        let mut pieces = body.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece: Bytes = piece.map_err(|error| unusable(error.to_string()))?;
            bytes.extend_from_slice(&piece);
            if bytes.len() > limit {
                return Err(unusable(format!("has more than {limit} bytes")));
            }
        }
        Ok(AwsAnswer {
            status,
            headers: head.headers,
            body: bytes,
        })
    }
}
