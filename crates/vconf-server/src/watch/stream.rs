//! Watchers: of one config from a position on, or of all that begin so.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout_at};
use vconf::format::json;
use vconf::model::name::ConfigName;
use vconf::model::value::Value;
use vconf::store::StoreError;

use super::event::{Event, frame};
use super::feed::{Feed, read_between};
use super::hub::Cursor;
use super::tailer::Poke;
use crate::access::{Caller, Role};
use crate::call::{Call, config_name};
use crate::position::Position;
use crate::problem::Problem;
use crate::reply::{Reply, harden};
use crate::server::Server;

/// After how long without news a watcher is told that there are none, so that a dead connection shows.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a client may wait for an answer.
const LONGEST_WAIT_SECONDS: u64 = 300;

/// Answers with events, of one config or of several.
pub(crate) async fn events(server: Arc<Server>, call: Call) -> Result<Response<Body>, Problem> {
    let last = call.headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let after = last.or_else(|| call.query.get("after").map(str::to_owned));
    let only = match (call.segments.first(), call.query.get("config")) {
        (Some(name), _) => Some(config_name(name)?),
        (None, Some(name)) => Some(config_name(name)?),
        (None, None) => None,
    };
    let body = match only {
        Some(config) => {
            if !call.caller.may(Role::Read, &config, None) {
                return Err(crate::call::forbidden(Role::Read, config.as_str(), &call.caller));
            }
            let after = after.map(|text| position(&text)).transpose()?;
            let watcher = Watcher::begin(&server, &call, config, after).await?;
            Body::from_stream(stream::unfold(watcher, Watcher::next))
        }
        None => {
            let prefix = call.query.get("prefix").unwrap_or("").to_owned();
            let watcher = Everything::begin(&server, &call, prefix, after.as_deref()).await?;
            Body::from_stream(stream::unfold(watcher, Everything::next))
        }
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    harden(headers);
    Ok(response)
}

/// Waits until something happens to a config after a position, and answers with that; or, after a while, with nothing.
pub(crate) async fn wait(server: Arc<Server>, call: Call) -> Result<Reply, Problem> {
    let config = call.config()?;
    let after = call.query.get("after").map(position).transpose()?;
    let seconds = call.query.number("timeout", 30, LONGEST_WAIT_SECONDS)?;
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut watcher = Watcher::begin(&server, &call, config, after).await?;
    if after.is_none() {
        watcher.greeting = None;
        return Ok(told(&[], watcher.position));
    }
    watcher.greeting = None;
    loop {
        watcher.fetch().await.map_err(|error| server.problem(&error.into(), &call))?;
        if !server.still_may(&watcher.caller, Role::Read, &watcher.feed.config) {
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "the token does not count any more"));
        }
        if !watcher.pending.is_empty() {
            let events: Vec<_> = watcher.pending.drain(..).collect();
            let position = events.iter().fold(watcher.position, |position, event| event.move_past(position));
            return Ok(told(&events, position));
        }
        let is_over = tokio::select! {
            changed = timeout_at(deadline, watcher.changed.changed()) => !matches!(changed, Ok(Ok(()))),
            _ = watcher.shutdown.wait_for(|is_ending| *is_ending) => true,
        };
        if is_over {
            return Ok(told(&[], watcher.position));
        }
    }
}

fn told(events: &[Arc<Event>], position: Position) -> Reply {
    let data: Vec<_> = events.iter().map(|event| event.data.as_str()).collect();
    let position = json::to_string(&Value::from(position.to_string()));
    let text = format!("{{\"events\":[{}],\"position\":{position}}}\n", data.join(","));
    Reply::bytes("application/json", text)
}

fn position(text: &str) -> Result<Position, Problem> {
    text.parse()
        .map_err(|error| Problem::bad_request(format!("{text} is no position")).detail(format!("{error}")))
}

/// Who watches one config.
struct Watcher {
    server: Arc<Server>,
    feed: Arc<Feed>,
    changed: watch::Receiver<Position>,
    shutdown: watch::Receiver<bool>,
    /// What was told last.
    position: Position,
    pending: VecDeque<Arc<Event>>,
    /// What is told first.
    greeting: Option<Bytes>,
    caller: Caller,
}

impl Watcher {
    async fn begin(
        server: &Arc<Server>,
        call: &Call,
        config: ConfigName,
        after: Option<Position>,
    ) -> Result<Self, Problem> {
        let at = server.clone();
        let name = config.clone();
        let state = server.blocking(move || at.store().state(&name)).await?;
        let state = state.map_err(|error| server.problem(&error, call))?;
        let now = Position::of(&state);
        let (feed, changed) = server.hub().subscribe(&config, now);
        server.tailer().poke(Poke::Watched);
        let position = after.unwrap_or(now);
        let greeting = frame("state", &position.to_string(), &greeting(&config, now));
        let (server, shutdown, caller) = (server.clone(), server.shutdown(), call.caller.clone());
        Ok(Self {
            server,
            feed,
            changed,
            shutdown,
            position,
            pending: VecDeque::new(),
            greeting: Some(greeting),
            caller,
        })
    }

    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if let Some(greeting) = self.greeting.take() {
            return Some((Ok(greeting), self));
        }
        loop {
            // A slow reader is told nothing that came after its token was revoked.
            if !self.server.still_may(&self.caller, Role::Read, &self.feed.config) {
                return None;
            }
            if let Some(event) = self.pending.pop_front() {
                self.position = event.move_past(self.position);
                let sent = match event.after == self.position {
                    true => event.sent.clone(),
                    false => event.sent_as(&self.position.to_string()),
                };
                return Some((Ok(sent), self));
            }
            if let Err(error) = self.fetch().await {
                tracing::warn!(config = self.feed.config.as_str(), error = %error, "a watcher can't be told");
                return None;
            }
            if !self.pending.is_empty() {
                continue;
            }
            let is_news = tokio::select! {
                changed = self.changed.changed() => { changed.ok()?; true }
                () = sleep(KEEP_ALIVE) => false,
                _ = self.shutdown.wait_for(|is_ending| *is_ending) => return None,
            };
            if !is_news {
                return Some((Ok(Bytes::from_static(b":\n\n")), self));
            }
        }
    }

    /// Gets what follows the position.
    async fn fetch(&mut self) -> Result<(), StoreError> {
        let now = *self.changed.borrow_and_update();
        if now.is_within(self.position) {
            return Ok(());
        }
        self.pending = match self.feed.recent_after(self.position) {
            Some(recent) => recent,
            None => {
                let (server, feed, from) = (self.server.clone(), self.feed.clone(), self.position);
                let to =
                    Position { versions: now.versions.max(from.versions), refs: now.refs.max(from.refs) };
                let read = self.server.blocking(move || read_between(server.store(), &feed.config, from, to));
                read.await.unwrap_or_else(|_| Ok(VecDeque::new()))?
            }
        };
        Ok(())
    }
}

fn greeting(config: &ConfigName, now: Position) -> String {
    json::to_string(&Value::map([
        ("event", Value::from("state")),
        ("config", Value::from(config.as_str())),
        ("position", Value::from(now.to_string())),
    ]))
}

/// Who watches all configs whose names begin so.
struct Everything {
    server: Arc<Server>,
    changed: watch::Receiver<u64>,
    shutdown: watch::Receiver<bool>,
    prefix: String,
    cursor: Cursor,
    /// What is told where configs stand, before anything else.
    states: VecDeque<Bytes>,
    pending: VecDeque<(u64, Arc<Event>)>,
    caller: Caller,
}

impl Everything {
    async fn begin(
        server: &Arc<Server>,
        call: &Call,
        prefix: String,
        after: Option<&str>,
    ) -> Result<Self, Problem> {
        let changed = server.hub().subscribe_all();
        let (done, is_followed) = oneshot::channel();
        server.tailer().poke(Poke::FollowAll(done));
        is_followed.await.map_err(|_| Problem::busy("the server is ending"))?;
        let mut watcher = Self {
            server: server.clone(),
            changed,
            shutdown: server.shutdown(),
            prefix,
            cursor: server.hub().cursor(),
            states: VecDeque::new(),
            pending: VecDeque::new(),
            caller: call.caller.clone(),
        };
        match after.and_then(cursor).filter(|cursor| server.hub().all_after(*cursor).is_some()) {
            Some(cursor) => watcher.cursor = cursor,
            None => watcher.tell_states().await?,
        }
        Ok(watcher)
    }

    /// Tells where each config stands: a client that knows where it stood asks for what came since.
    async fn tell_states(&mut self) -> Result<(), Problem> {
        self.cursor = self.server.hub().cursor();
        let (server, caller, prefix) = (self.server.clone(), self.caller.clone(), self.prefix.clone());
        let read = self.server.blocking(move || {
            let configs = server.configs().unwrap_or_default();
            let meant = configs.into_iter().filter(|config| {
                config.as_str().starts_with(&prefix) && caller.may(Role::Read, config, None)
            });
            let states = meant.filter_map(|config| server.store().state(&config).ok());
            states.map(|state| (state.config.clone(), Position::of(&state))).collect::<Vec<_>>()
        });
        let states = read.await?;
        let id = id(self.cursor);
        self.states = states
            .iter()
            .map(|(config, position)| frame("state", &id, &greeting(config, *position)))
            .collect();
        self.states.push_back(frame("ready", &id, "{\"event\":\"ready\"}"));
        Ok(())
    }

    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            if let Some(state) = self.states.pop_front() {
                return Some((Ok(state), self));
            }
            while let Some((number, event)) = self.pending.pop_front() {
                self.cursor.number = number;
                if self.is_meant(&event) {
                    return Some((Ok(event.sent_as(&id(self.cursor))), self));
                }
            }
            self.changed.borrow_and_update();
            match self.server.hub().all_after(self.cursor) {
                Some(events) if !events.is_empty() => {
                    self.pending = events.into();
                    continue;
                }
                Some(_) => {}
                None => {
                    self.tell_states().await.ok()?;
                    continue;
                }
            }
            let is_news = tokio::select! {
                changed = self.changed.changed() => { changed.ok()?; true }
                () = sleep(KEEP_ALIVE) => false,
                _ = self.shutdown.wait_for(|is_ending| *is_ending) => return None,
            };
            if !self.server.still_counts(&self.caller) {
                return None;
            }
            if !is_news {
                return Some((Ok(Bytes::from_static(b":\n\n")), self));
            }
        }
    }

    /// What was in the states already may be told again: the position says so.
    fn is_meant(&self, event: &Event) -> bool {
        event.config.as_str().starts_with(&self.prefix)
            && self.caller.may(Role::Read, &event.config, None)
            && self.server.still_may(&self.caller, Role::Read, &event.config)
    }
}

fn id(cursor: Cursor) -> String {
    format!("e{:x}.{}", cursor.epoch, cursor.number)
}

fn cursor(text: &str) -> Option<Cursor> {
    let (epoch, number) = text.strip_prefix('e')?.split_once('.')?;
    Some(Cursor { epoch: u64::from_str_radix(epoch, 16).ok()?, number: number.parse().ok()? })
}
