//! What is answered: a status, headers and a body.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use vconf::format::json;
use vconf::model::format::Format;
use vconf::model::name::ConfigName;
use vconf::model::record::Version;
use vconf::model::value::Value;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// The version that was made, for the audit log.
    pub made: Option<Box<Version>>,
    /// The configs that were written to, besides the one that the path names.
    pub touched: Vec<ConfigName>,
    /// Whether nothing was written: it was only asked what would be.
    pub is_dry: bool,
}

impl Reply {
    /// Answers with bytes of a type.
    pub fn bytes(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self {
            status: StatusCode::OK,
            headers,
            body: body.into(),
            made: None,
            touched: Vec::new(),
            is_dry: false,
        }
    }

    /// Answers with JSON.
    pub fn json(value: &Value) -> Self {
        let mut text = json::to_string(value);
        text.push('\n');
        Self::bytes("application/json", text)
    }

    /// The same with another status.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same with the tag of a version.
    pub fn tagged(mut self, version: &Version) -> Self {
        self.header(header::ETAG, entity_tag(version));
        self
    }

    /// Adds a header, in place of the one before.
    pub fn header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// Says of what type the body is.
    pub fn content_type(&mut self, value: HeaderValue) {
        self.header(header::CONTENT_TYPE, value);
    }

    /// Says what a version is, in headers of our own.
    pub fn described(mut self, version: &Version) -> Self {
        let pairs = [
            ("vconf-version", version.number.to_string()),
            ("vconf-branch", version.branch.to_string()),
            ("vconf-format", version.format.name().to_owned()),
            ("vconf-checksum", version.checksum.to_string()),
            ("vconf-mode", version.mode.map(|mode| format!("{mode:04o}")).unwrap_or_default()),
        ];
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            self.header(HeaderName::from_static(name), header_text(&value));
        }
        self
    }

    /// The answer as it is sent.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        harden(response.headers_mut());
        response
    }
}

/// Says to browsers that nothing in an answer is to be run, shown in a frame or guessed at.
pub(crate) fn harden(headers: &mut HeaderMap) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache, private"),
    ];
    if headers.contains_key(header::REFERRER_POLICY) {
        return;
    }
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// The tag of a version: its number and the beginning of its seal.
pub(crate) fn entity_tag(version: &Version) -> HeaderValue {
    let seal = version.seal.to_string();
    let digits = seal.trim_start_matches("sha256:");
    let text = format!("\"{}-{}\"", version.number, &digits[..digits.len().min(16)]);
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
}

/// A text as it may stand in a header: what is not plain is escaped as in a URL.
pub(crate) fn header_text(text: &str) -> HeaderValue {
    let escaped = utf8_percent_encode(text, NOT_PLAIN).to_string();
    HeaderValue::from_str(&escaped).unwrap_or(HeaderValue::from_static(""))
}

/// All but what needs no escaping in the path of a URL or a header.
pub(crate) const NOT_PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'+').remove(b':');

/// The type of a source that is served as it is.
pub(crate) fn media_type(format: Format) -> &'static str {
    match format {
        Format::Json | Format::Jsonc | Format::Json5 => "application/json",
        Format::Yaml => "application/yaml",
        Format::Toml => "application/toml",
        Format::Binary => "application/octet-stream",
        Format::Ini | Format::Env | Format::Properties | Format::Text => "text/plain; charset=utf-8",
    }
}

/// The format that a type speaks of; `None` where it leaves that open.
pub(crate) fn format_of_media_type(text: &str) -> Option<Format> {
    let essence = text.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => Some(Format::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Some(Format::Yaml),
        "application/toml" => Some(Format::Toml),
        _ => None,
    }
}
