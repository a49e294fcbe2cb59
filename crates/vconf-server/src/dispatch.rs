//! The way of a request: who makes it, whether it may be made, what it says, and its answer.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::RequestExt;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, Version, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use vconf::model::time::Timestamp;

use crate::access::{Caller, ConfigPattern, Grant, Role, Secret};
use crate::audit::Entry;
use crate::call::{Call, Query, forbidden};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::routes::{Access, Action, Body as BodyKind, Route};
use crate::server::{Server, now};
use crate::watch::{self, Poke};

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// How long a client may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// How long a request waits where there is much to do.
const WAITING_TIME: Duration = Duration::from_secs(10);

/// Carries out a request.
pub(crate) async fn dispatch(server: Arc<Server>, route: &'static Route, request: Request) -> Response<Body> {
    let begun = Instant::now();
    // Both are counted references; the line is made only where it is told.
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let response = match answer(&server, route, request).await {
        Ok(response) => response,
        Err(problem) => {
            let status = problem.status.as_u16();
            let line = request_line(&method, &uri);
            tracing::info!(request = line, status, problem = problem.failure.message, "refused");
            problem.reply().into_response()
        }
    };
    server.metrics().count(Some(route.name), response.status().as_u16(), begun.elapsed());
    response
}

async fn answer(
    server: &Arc<Server>,
    route: &'static Route,
    mut request: Request,
) -> Result<Response<Body>, Problem> {
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    let caller = caller(server, route, &request, peer)?;
    let segments = segments(&mut request).await?;
    let (mut parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query().unwrap_or(""), route.query)?;
    let mut call = Call {
        segments,
        query,
        line: match route.action {
            Action::Write(_) => request_line(&parts.method, &parts.uri),
            _ => String::new(),
        },
        headers: std::mem::take(&mut parts.headers),
        body: Bytes::new(),
        caller,
        now: now(),
    };
    check_access(route, &call)?;
    if matches!(route.action, Action::Keep(_))
        && call.query.is_empty()
        && let Some(reply) = server.heads().get(server.store(), call.segment(0), call.segment(1))
    {
        return Ok(unless_known(&call, reply).into_response());
    }
    match route.action {
        Action::Events => watch::events(server.clone(), call).await,
        Action::Wait => watch::wait(server.clone(), call).await.map(Reply::into_response),
        Action::Run(handler) | Action::Search(handler) | Action::Keep(handler) | Action::Write(handler) => {
            let is_write = matches!(route.action, Action::Write(_));
            let (body, held) = read_body(server, route, &call.headers, body).await?;
            call.body = body;
            let turn = match is_write && route.path.contains("{config}") {
                true => {
                    let turn = timeout(WAITING_TIME, server.turn(&call.config()?)).await;
                    Some(turn.map_err(|_| Problem::busy("others write to this config without a pause"))?)
                }
                false => None,
            };
            let search = match route.action {
                Action::Search(_) => Some(place(server.searches(), 1).await?),
                _ => None,
            };
            let place = place(server.places(), 1).await?;
            let at = server.clone();
            let reply = server.blocking(move || {
                let reply = handler(&at, &call);
                let reply = match is_write {
                    true => finish_write(&at, route, &call, reply),
                    false => reply.map(|reply| unless_known(&call, reply)),
                };
                drop((turn, search, place, held));
                reply
            });
            reply.await?.map(Reply::into_response)
        }
    }
}

/// An answer without its body, where the client has that already.
fn unless_known(call: &Call, reply: Reply) -> Reply {
    let tag = reply.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    match tag.is_some_and(|tag| call.has(tag)) {
        true => Reply { body: Bytes::new(), status: StatusCode::NOT_MODIFIED, ..reply },
        false => reply,
    }
}

/// Writes down what was done, and tells who waits for it. Runs to its end also where the client has gone.
fn finish_write(
    server: &Server,
    route: &Route,
    call: &Call,
    reply: Result<Reply, Problem>,
) -> Result<Reply, Problem> {
    let (status, made) = match &reply {
        Ok(reply) => (reply.status, reply.made.as_deref()),
        Err(problem) => (problem.status, None),
    };
    let config = if route.path.contains("{config}") { call.config().ok() } else { None };
    let is_done = reply.as_ref().is_ok_and(|reply| !reply.is_dry);
    if is_done {
        for config in reply.iter().flat_map(|reply| &reply.touched).chain(&config) {
            let version = made.filter(|made| made.config == *config).map(|made| made.number);
            server.tailer().poke(Poke::Written { config: config.clone(), version });
        }
        let entry = Entry {
            time: call.now,
            author: call.caller.author.to_string(),
            token: call.caller.token.as_ref().map(ToString::to_string),
            peer: call.caller.peer.to_string(),
            request: call.line.clone(),
            config: config.as_ref().map(ToString::to_string),
            status: status.as_u16(),
            version: made.map(|made| made.number),
        };
        if !server.audit().record(entry) {
            return Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "it was done, but the audit log could not be written",
            )
            .detail("look at the log before you try again"));
        }
    }
    if is_done {
        let (author, request, status) = (&*call.caller.author, call.line.as_str(), status.as_u16());
        tracing::info!(author, request, status, version = made.map(|made| made.number), "written");
    }
    reply
}

/// Who makes a request.
fn caller(server: &Server, route: &Route, request: &Request, peer: IpAddr) -> Result<Caller, Problem> {
    let (at, address) = (Instant::now(), peer.to_string());
    let caller = match authorization(request.headers())? {
        Some(text) => {
            with_token(server, text, peer, now()).ok_or_else(|| wrong_token(server, &address, at))?
        }
        None if route.access == Access::Open => nobody(peer),
        None => anonymous(server, request, peer)?,
    };
    let client = caller.token.as_ref().map_or(address.as_str(), |id| id.as_str());
    if route.access != Access::Open && !server.limits().take(client, at) {
        return Err(too_many("this client asks for more than it may"));
    }
    Ok(caller)
}

/// Says that a token does not count. Who has sent many such is not even told that for a while.
fn wrong_token(server: &Server, address: &str, at: Instant) -> Problem {
    server.metrics().wrong_tokens.fetch_add(1, Ordering::Relaxed);
    match server.limits().take_wrong(address, at) {
        true => unauthorized("the token does not count: it is unknown, revoked or has expired"),
        false => too_many("so many wrong tokens came from this address that it has to wait"),
    }
}

fn authorization(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match (token, values.next()) {
        (Some(token), None) => Ok(Some(token)),
        _ => Err(unauthorized("the header Authorization takes one token: Bearer vconf_…")),
    }
}

fn with_token(server: &Server, text: &str, peer: IpAddr, now: Timestamp) -> Option<Caller> {
    let secret = Secret::read(text)?;
    let token = server.tokens().get(secret.id())?;
    let counts = token.is_of(&secret) && token.is_valid(now);
    counts.then_some(Caller { author: token.author, token: Some(token.id), grants: token.grants, peer })
}

fn nobody(peer: IpAddr) -> Caller {
    Caller { author: "nobody".into(), token: None, grants: [].into(), peer }
}

/// Who needs no token: a program on this machine, where that was allowed. A page in a browser on this machine is none:
/// it comes from elsewhere, and shows by where it says to be from, or under which name it calls.
fn anonymous(server: &Server, request: &Request, peer: IpAddr) -> Result<Caller, Problem> {
    let needs_token = || unauthorized("a token is needed: Authorization: Bearer vconf_…");
    if !server.options().allow_anonymous_loopback || !peer.is_loopback() {
        return Err(needs_token());
    }
    let headers = request.headers();
    // Proxies speak HTTP/1.0 to what is behind them unless told otherwise.
    let is_forwarded =
        request.version() < Version::HTTP_11 || FORWARDED.iter().any(|name| headers.contains_key(*name));
    if is_forwarded {
        return Err(needs_token().detail("it came through a proxy, so that it may be from anywhere"));
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    if !is_own_name(server, host) {
        return Err(needs_token().detail(format!("{} is no name of this machine", host.escape_debug())));
    }
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or(""));
    let is_own_page = origin.is_none_or(|origin| {
        let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        own == Some(host)
    });
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    if !is_own_page || matches!(site, Some(b"cross-site" | b"same-site")) {
        return Err(needs_token().detail("it comes from a page of another site"));
    }
    let is_from_page = origin.is_some() || site.is_some();
    if is_from_page && !request.method().is_safe() && !headers.contains_key(PAGE_HEADER) {
        return Err(
            needs_token().detail("what a page asks for and may change something has the header Vconf-Page")
        );
    }
    let everything = Grant { role: Role::Admin, configs: ConfigPattern::All, branch: None };
    Ok(Caller { author: format!("anonymous@{peer}").into(), token: None, grants: [everything].into(), peer })
}

/// What proxies add.
const FORWARDED: [&str; 9] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "via",
];

/// What the page of the server sends along: no form, picture or link of any page can, and a script of another site would
/// have to ask first whether it may, which is answered with no.
const PAGE_HEADER: &str = "vconf-page";

fn is_own_name(server: &Server, host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    let is_loopback = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback
        || name.eq_ignore_ascii_case("localhost")
        || server.options().hosts.iter().any(|own| own == name)
}

fn unauthorized(why: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, why).help("vconf token create NAME --allow read")
}

fn too_many(why: &str) -> Problem {
    Problem { retry_after_seconds: Some(1), ..Problem::new(StatusCode::TOO_MANY_REQUESTS, why) }
}

/// What the path names, decoded once: a config's name is one part of the path, its `/` written as `%2F`.
async fn segments(request: &mut Request) -> Result<Vec<String>, Problem> {
    let params = request.extract_parts::<RawPathParams>().await;
    let params = params.map_err(|_| Problem::bad_request("the path is not UTF-8"))?;
    Ok(params.iter().map(|(_, value)| value.to_owned()).collect())
}

fn check_access(route: &Route, call: &Call) -> Result<(), Problem> {
    let (is_allowed, role, what) = match route.access {
        Access::Open => return Ok(()),
        Access::Some(role) => (call.caller.may_some(role), role, "any config".to_owned()),
        Access::All(role) => (call.caller.may_all(role), role, "all configs".to_owned()),
        Access::Config(role) => {
            let config = call.config()?;
            let may =
                call.caller.grants.iter().any(|grant| grant.role >= role && grant.configs.matches(&config));
            (may, role, config.to_string())
        }
    };
    if is_allowed { Ok(()) } else { Err(forbidden(role, &what, &call.caller)) }
}

/// Reads a body, no longer than one may be, and no more of them at once than there is room for.
async fn read_body(
    server: &Server,
    route: &Route,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Problem> {
    let most = if route.body == BodyKind::None { 0 } else { server.options().max_body_bytes };
    let said =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_long = || match most {
        0 => Problem::bad_request("this takes no body"),
        most => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a body has at most {most} bytes")),
    };
    if said.is_some_and(|said| said > most) {
        return Err(too_long());
    }
    let held = match most {
        0 => None,
        most => {
            let kib = u32::try_from(said.unwrap_or(most).div_ceil(1024)).unwrap_or(u32::MAX);
            Some(place(server.body_kib(), kib).await?)
        }
    };
    let collected = timeout(BODY_TIME, Limited::new(body, most).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok((collected.to_bytes(), held)),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_long()),
        Ok(Err(_)) => Err(Problem::bad_request("the body broke off")),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    }
}

async fn place(places: &Arc<Semaphore>, count: u32) -> Result<OwnedSemaphorePermit, Problem> {
    let place = timeout(WAITING_TIME, places.clone().acquire_many_owned(count)).await;
    match place {
        Ok(Ok(place)) => Ok(place),
        _ => Err(Problem::busy("the server has too much to do")),
    }
}

/// `PUT /api/v1/configs/app.yaml/source`: what was asked for, for logs and records. The query is left out, for it may
/// hold what is in a config.
fn request_line(method: &Method, uri: &Uri) -> String {
    format!("{method} {}", uri.path())
}

/// Answers where nothing is.
pub(crate) async fn nothing(server: Arc<Server>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let problem = Problem::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", path.escape_debug()))
        .detail("a config's name is one part of the path: its / is written as %2F")
        .help("GET /api/v1/openapi.json");
    server.metrics().count(None, 404, Duration::ZERO);
    problem.reply().into_response()
}

/// Answers where something is that has not this method.
pub(crate) async fn other_method(server: Arc<Server>, methods: String, request: Request) -> Response<Body> {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("this has no {}", request.method()))
        .detail(format!("it has {methods}"));
    server.metrics().count(None, 405, Duration::ZERO);
    let mut reply = problem.reply();
    if let Ok(value) = HeaderValue::from_str(&methods) {
        reply.header(header::ALLOW, value);
    }
    reply.into_response()
}
