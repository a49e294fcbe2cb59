//! A client of the API, for programs that are not async.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::utf8_percent_encode;
use tokio_rustls::rustls::crypto::ring;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use vconf::format::json;
use vconf::model::name::ConfigName;
use vconf::model::value::Value;

use crate::position::Position;
use crate::reply::NOT_PLAIN;

/// A server, and the token to ask it with.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
    /// Without a `/` at its end.
    base: String,
    authorization: Option<String>,
}

/// A version as a server gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// Its number.
    pub number: u64,
    /// The branch that it is on.
    pub branch: String,
    /// The exact bytes.
    pub source: Vec<u8>,
    /// The permission bits of the file.
    pub mode: Option<u32>,
    /// Its `ETag`.
    pub tag: String,
}

/// How long a connection, and an answer that is not waited for, may take.
const USUAL_TIME: Duration = Duration::from_secs(30);

/// How long an answer may be.
const MOST_BYTES: u64 = 512 << 20;

impl Client {
    /// Takes the address of a server, such as `https://host:7117`. With a file of certificates (PEM), those are
    /// trusted, and else those that the system trusts.
    pub fn new(address: &str, token: Option<&str>, certificates: Option<&Path>) -> Result<Self, ClientError> {
        let is_url = address.starts_with("http://") || address.starts_with("https://");
        if !is_url || address.contains(['?', '#', '@', ' ']) {
            return Err(ClientError::Address(address.to_owned()));
        }
        let is_plain = |token: &str| token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_some_and(|token| !is_plain(token)) {
            return Err(ClientError::Token);
        }
        let roots = match certificates {
            None => RootCerts::new_with_certs(&trusted_by_the_system(address)),
            Some(path) => RootCerts::new_with_certs(&read_certificates(path)?),
        };
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        // A token goes to the server that was named and to no other.
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(10)))
            .build();
        Ok(Self {
            agent: ureq::Agent::new_with_config(config),
            base: address.trim_end_matches('/').to_owned(),
            authorization: token.map(|token| format!("Bearer {token}")),
        })
    }

    /// Gets a version; `None` where it still has the tag that is known.
    pub fn fetch(
        &self,
        config: &ConfigName,
        revision: &str,
        known: Option<&str>,
    ) -> Result<Option<Fetched>, ClientError> {
        let path =
            format!("/api/v1/configs/{}/versions/{}/source", escaped(config.as_str()), escaped(revision));
        let mut answer = self.get(&path, known, USUAL_TIME)?;
        if answer.status() == 304 {
            return Ok(None);
        }
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        let number = header("vconf-version").and_then(|text| text.parse().ok());
        let mode = header("vconf-mode").and_then(|text| u32::from_str_radix(&text, 8).ok());
        let branch = header("vconf-branch").unwrap_or_default();
        let tag = header("etag").unwrap_or_default();
        let number = number.ok_or(ClientError::NoServer)?;
        let source = body(&mut answer)?;
        Ok(Some(Fetched { number, branch, source, mode: mode.map(|mode| mode & 0o777), tag }))
    }

    /// Where a config stands: at once, or, after a position, once something has happened or the time is over.
    pub fn wait(
        &self,
        config: &ConfigName,
        after: Option<Position>,
        seconds: u64,
    ) -> Result<Position, ClientError> {
        let after = after.map(|after| format!("?after={after}&timeout={seconds}")).unwrap_or_default();
        let path = format!("/api/v1/configs/{}/wait{after}", escaped(config.as_str()));
        let mut answer = self.get(&path, None, USUAL_TIME + Duration::from_secs(seconds))?;
        let told = text_of(&body(&mut answer)?)?;
        told.get("position")
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok())
            .ok_or(ClientError::NoServer)
    }

    /// Whether one of the newest versions of a config has this checksum.
    pub fn has_version(&self, config: &ConfigName, checksum: &str) -> Result<bool, ClientError> {
        let path = format!("/api/v1/configs/{}/log?limit=1000", escaped(config.as_str()));
        let mut answer = self.get(&path, None, USUAL_TIME)?;
        let told = text_of(&body(&mut answer)?)?;
        let Some(Value::List(entries)) = told.get("entries") else { return Err(ClientError::NoServer) };
        Ok(entries.iter().any(|entry| entry.get("checksum").and_then(Value::as_str) == Some(checksum)))
    }

    fn get(
        &self,
        path: &str,
        known: Option<&str>,
        time: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, ClientError> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        if let Some(known) = known {
            request = request.header("If-None-Match", known);
        }
        let request = request.config().timeout_global(Some(time)).build();
        let mut answer = request.call().map_err(|error| ClientError::Unreachable(error.to_string()))?;
        match answer.status().as_u16() {
            200 | 304 => Ok(answer),
            status => {
                let told = body(&mut answer).ok().and_then(|bytes| text_of(&bytes).ok());
                Err(refused(status, told.as_ref()))
            }
        }
    }
}

/// What a server says of why it refuses.
fn refused(status: u16, told: Option<&Value>) -> ClientError {
    let text = |name| told.and_then(|told| told.get(name)).and_then(Value::as_str);
    let details = match told.and_then(|told| told.get("details")) {
        Some(Value::List(lines)) => lines.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let message =
        text("detail").map_or_else(|| format!("the server answers with status {status}"), str::to_owned);
    ClientError::Refused { status, message, details }
}

fn body(answer: &mut ureq::http::Response<ureq::Body>) -> Result<Vec<u8>, ClientError> {
    let read = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
    read.map_err(|error| ClientError::Unreachable(error.to_string()))
}

fn text_of(bytes: &[u8]) -> Result<Value, ClientError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ClientError::NoServer)?;
    let tree = json::parse(text).map_err(|_| ClientError::NoServer)?;
    tree.to_value().map_err(|_| ClientError::NoServer)
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NOT_PLAIN).to_string()
}

/// What the system trusts; nothing is read where nothing is to be trusted. A certificate that can't be read is left out.
fn trusted_by_the_system(address: &str) -> Vec<Certificate<'static>> {
    if !address.starts_with("https:") {
        return Vec::new();
    }
    let found = rustls_native_certs::load_native_certs().certs;
    found.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate<'static>>, ClientError> {
    let bad = |why: String| ClientError::Certificates(format!("{}: {why}", path.display()));
    let read = vconf::disk::read_file(path, 1 << 20).map_err(|error| bad(error.to_string()))?;
    let file = read.ok_or_else(|| bad("there is no such file".to_owned()))?;
    let items = ureq::tls::parse_pem(&file.bytes).filter_map(|item| match item {
        Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    });
    let found: Result<Vec<_>, _> = items.collect();
    match found {
        Ok(found) if found.is_empty() => Err(bad("it has no certificate".to_owned())),
        found => found.map_err(|error| bad(error.to_string())),
    }
}

/// Why a server did not answer what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientError {
    /// This is no address of one.
    Address(String),
    /// This can't be a token.
    Token,
    /// The certificates can't be used.
    Certificates(String),
    /// It can't be reached, or does not answer to the end. Trying again later may do.
    Unreachable(String),
    /// It refuses.
    Refused {
        /// The status of the answer.
        status: u16,
        /// What can't be done.
        message: String,
        /// Why, and what there is instead: a line each.
        details: Vec<String>,
    },
    /// What answers is no server of this kind.
    NoServer,
}

impl ClientError {
    /// Whether trying again later may do.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::Address(_) | Self::Token | Self::Certificates(_) | Self::NoServer => false,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{} is no address of a server", address.escape_debug()),
            Self::Token => f.write_str("the token has characters that none has"),
            Self::Certificates(why) => write!(f, "the certificates can't be used: {why}"),
            Self::Unreachable(why) => write!(f, "the server can't be reached: {why}"),
            Self::Refused { message, .. } => f.write_str(message),
            Self::NoServer => f.write_str("what answers there is no vconf server"),
        }
    }
}

impl std::error::Error for ClientError {}
