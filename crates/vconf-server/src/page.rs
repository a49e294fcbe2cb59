//! The web page: files that are in the binary, and what browsers are told of them.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, header};
use vconf::canonical;

use crate::dispatch::nothing;
use crate::reply::Reply;
use crate::server::Server;

/// One file of the page.
struct File {
    path: &'static str,
    media: &'static str,
    text: &'static str,
}

/// Tells of a file in the folder `web`, by its name.
macro_rules! file {
    ($name:literal, $media:expr) => {
        File { path: concat!("/ui/", $name), media: $media, text: include_str!(concat!("../web/", $name)) }
    };
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Every file. The page asks for no other, here or elsewhere.
const FILES: &[File] = &[
    File { path: "/", media: HTML, text: include_str!("../web/index.html") },
    file!("icon.svg", "image/svg+xml"),
    file!("style.css", CSS),
    file!("diff.css", CSS),
    file!("activity.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("app.js", SCRIPT),
    file!("blame.js", SCRIPT),
    file!("chart.js", SCRIPT),
    file!("compare.js", SCRIPT),
    file!("config.js", SCRIPT),
    file!("configs.js", SCRIPT),
    file!("dialog.js", SCRIPT),
    file!("diff.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("edit.js", SCRIPT),
    file!("events.js", SCRIPT),
    file!("keys.js", SCRIPT),
    file!("lanes.js", SCRIPT),
    file!("lines.js", SCRIPT),
    file!("search.js", SCRIPT),
    file!("sign-in.js", SCRIPT),
    file!("timeline.js", SCRIPT),
    file!("values.js", SCRIPT),
    file!("version.js", SCRIPT),
    file!("words.js", SCRIPT),
];

/// What the page is allowed: its own files and its own server, and nothing that is written into it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The paths under which there are files.
pub(crate) const PATHS: [&str; 2] = ["/", "/ui/{*file}"];

/// Gives a file of the page.
pub(crate) async fn page(server: Arc<Server>, request: Request) -> Response<Body> {
    let begun = Instant::now();
    let Some(at) = FILES.iter().position(|file| file.path == request.uri().path()) else {
        return nothing(server, request).await;
    };
    let (file, tag) = (&FILES[at], &TAGS[at]);
    let is_known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known == tag);
    let mut reply = match is_known {
        true => Reply::bytes(file.media, "").with_status(StatusCode::NOT_MODIFIED),
        false => Reply::bytes(file.media, file.text),
    };
    reply.header(header::ETAG, tag.clone());
    reply.header(header::CONTENT_SECURITY_POLICY, POLICY);
    reply.header(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    reply.header(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    reply.header(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    server.metrics().count(None, reply.status.as_u16(), begun.elapsed());
    reply.into_response()
}

const OPENER_POLICY: header::HeaderName = header::HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: header::HeaderName = header::HeaderName::from_static("cross-origin-resource-policy");

/// A tag for each file: the beginning of its checksum.
static TAGS: LazyLock<Vec<HeaderValue>> = LazyLock::new(|| {
    let tag = |file: &File| {
        let checksum = canonical::checksum(file.text.as_bytes()).to_string();
        let digits: String = checksum.trim_start_matches("sha256:").chars().take(16).collect();
        HeaderValue::from_str(&format!("\"{digits}\"")).unwrap_or(HeaderValue::from_static("\"\""))
    };
    FILES.iter().map(tag).collect()
});
