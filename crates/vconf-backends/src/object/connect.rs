//! Connections: the client of a store by its address and what the environment says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{HttpClient, HttpConnector};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use crate::tls;
use crate::trouble::Trouble;

/// Where objects are, and the client that reaches them.
pub(super) struct Target {
    pub(super) client: Arc<dyn ObjectStore>,
    pub(super) prefix: Path,
}

/// Makes the client for an address: `SCHEME://BUCKET/PREFIX`. Of S3 there may be `endpoint`, `region` and
/// `virtual_hosted` among its parameters; all else, and all secrets, come from the environment that is given.
pub(super) fn target(url: &str, environment: &BTreeMap<String, String>) -> Result<Target, Trouble> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(Trouble::refused("the address names no bucket"));
    }
    let prefix = Path::parse(prefix).map_err(|error| Trouble::refused(error.to_string()))?;
    let mut parameters = BTreeMap::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some((name @ ("endpoint" | "region" | "virtual_hosted"), value)) if scheme == "s3" => {
                parameters.insert(name, value);
            }
            _ => return Err(Trouble::refused(format!("the parameter {parameter:?} is not known"))),
        }
    }
    let client = match scheme {
        "s3" => s3(bucket, &parameters, environment)?,
        "gs" => gs(bucket, environment)?,
        _ => az(bucket, environment)?,
    };
    Ok(Target { client, prefix })
}

fn s3(
    bucket: &str,
    parameters: &BTreeMap<&str, &str>,
    environment: &BTreeMap<String, String>,
) -> Result<Arc<dyn ObjectStore>, Trouble> {
    let mut builder = AmazonS3Builder::new();
    for (name, value) in of_kind(environment, "AWS_") {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(region) = parameters.get("region") {
        builder = builder.with_region(*region);
    }
    if let Some(endpoint) = parameters.get("endpoint") {
        builder = builder.with_endpoint(*endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    if let Some(is_virtual) = parameters.get("virtual_hosted") {
        builder = builder.with_virtual_hosted_style_request(*is_virtual == "true");
    }
    let builder = builder.with_bucket_name(bucket).with_retry(retry()).with_http_connector(Connector);
    Ok(Arc::new(builder.build().map_err(|error| Trouble::refused(error.to_string()))?))
}

fn gs(bucket: &str, environment: &BTreeMap<String, String>) -> Result<Arc<dyn ObjectStore>, Trouble> {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (name, value) in of_kind(environment, "GOOGLE_") {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    let builder = builder.with_bucket_name(bucket).with_retry(retry()).with_http_connector(Connector);
    Ok(Arc::new(builder.build().map_err(|error| Trouble::refused(error.to_string()))?))
}

fn az(container: &str, environment: &BTreeMap<String, String>) -> Result<Arc<dyn ObjectStore>, Trouble> {
    let mut builder = MicrosoftAzureBuilder::new();
    for (name, value) in of_kind(environment, "AZURE_") {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    let builder = builder.with_container_name(container).with_retry(retry()).with_http_connector(Connector);
    Ok(Arc::new(builder.build().map_err(|error| Trouble::refused(error.to_string()))?))
}

fn of_kind<'a>(
    environment: &'a BTreeMap<String, String>,
    prefix: &'a str,
) -> impl Iterator<Item = (String, &'a str)> {
    let is_of_kind = move |(name, _): &(&String, &String)| name.starts_with(prefix);
    environment.iter().filter(is_of_kind).map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
}

/// Makes HTTP clients that trust what we trust.
#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic {
            store: "HTTP",
            source,
        };
        let tls = tls::config(None).map_err(|trouble| failed(trouble.source.into()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(IDLE_LIMIT)
            .no_proxy()
            .build()
            .map_err(|error| failed(error.into()))?;
        Ok(HttpClient::new(client))
    }
}

/// Short: what is asked for again and again is asked for by us, who know what an answer means.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: 4,
        retry_timeout: Duration::from_secs(20),
    }
}

/// How long making a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long an answer may keep us waiting, with the time that it takes to send what is asked.
const IDLE_LIMIT: Duration = Duration::from_secs(120);
