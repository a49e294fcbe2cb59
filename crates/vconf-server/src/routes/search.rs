//! What is in any version.

use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use vconf::history::{FindQuery, Found, Pattern};
use vconf::model::name::ConfigName;
use vconf::model::revision::Edge;
use vconf::model::value::Value;
use vconf_advice::facts;

use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;
use crate::call::{Call, config_name};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

pub(super) const ROUTES: &[Route] = &[Route {
    name: "find",
    method: Method::GET,
    path: "/api/v1/find",
    about: "Finds a text in all versions, or a key, an author, a change",
    access: Access::Some(Role::Read),
    query: &[
        Parameter::text("text", "what is to be found in lines, descriptions, authors and tags"),
        Parameter::flag("regex", "the text is a regular expression"),
        Parameter::flag("ignore_case", "upper and lower case are one"),
        Parameter::text("key", "in the values of this key"),
        Parameter::flag("values", "in values, not in lines"),
        Parameter::text("author", "only in versions by this author"),
        Parameter::text("since", "only in versions not before this time"),
        Parameter::text("until", "only in versions not after this time"),
        Parameter::text("tag", "only in versions with this tag"),
        Parameter::text("changed", "only in versions that changed this key"),
        Parameter::text("config", "only in this config"),
        Parameter::text("prefix", "only in configs whose names begin so"),
        Parameter::number("limit", "how many hits (100; at most 1000)"),
        Parameter::text("after", "go on there: the `next` of the page before"),
    ],
    body: Body::None,
    answer: Answer::Json("`hits` [as `vconf find --json` writes], `next`"),
    action: Action::Search(find),
}];

const MOST_HITS: u64 = 1000;

/// How long a search may take; what is left is told by the next page.
const MOST_TIME: Duration = Duration::from_secs(10);

fn find(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let query = query(call)?;
    let limit = call.query.number("limit", 100, MOST_HITS)?.max(1) as usize;
    let begin = call.query.get("after").map(Cursor::parse).transpose()?;
    let deadline = Instant::now() + MOST_TIME;
    let mut hits = Vec::new();
    for config in configs(server, call, begin.as_ref())? {
        let skip = begin.as_ref().filter(|begin| begin.config == config).map_or(0, |begin| begin.skip);
        let state = server.store().state(&config).map_err(|error| server.problem(&error, call))?;
        let found = server.store().search(&state, &query).map_err(|error| server.problem(&error, call))?;
        for (at, found) in found.enumerate().skip(skip) {
            if hits.len() == limit || Instant::now() >= deadline {
                return Ok(answer(hits, Some(Cursor { config, skip: at })));
            }
            hits.push(match found.map_err(|error| server.problem(&error, call))? {
                Found::Damaged(corruption) => facts::missing(&corruption),
                Found::Hit { version, last, place, marks } => facts::found(&version, last, &place, &marks),
            });
        }
    }
    Ok(answer(hits, None))
}

fn answer(hits: Vec<Value>, next: Option<Cursor>) -> Reply {
    let next = next.map(|next| format!("{}:{}", next.skip, next.config));
    Reply::json(&Value::map([("hits", Value::list(hits)), ("next", Value::from(next))]))
}

/// The configs that are meant, in order, from the one on where the page before ended.
fn configs(server: &Server, call: &Call, begin: Option<&Cursor>) -> Result<Vec<ConfigName>, Problem> {
    let prefix = call.query.get("prefix").unwrap_or("");
    let only = call.query.get("config").map(config_name).transpose()?;
    let all = server.configs().map_err(|error| server.problem(&error.into(), call))?;
    let is_meant = |config: &ConfigName| {
        config.as_str().starts_with(prefix)
            && only.as_ref().is_none_or(|only| only == config)
            && begin.is_none_or(|begin| *config >= begin.config)
            && call.caller.may(Role::Read, config, None)
    };
    Ok(all.into_iter().filter(is_meant).collect())
}

/// Where a page ended: in this config, after so many hits.
struct Cursor {
    config: ConfigName,
    skip: usize,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, Problem> {
        let parts = text.split_once(':').and_then(|(skip, config)| Some((skip.parse().ok()?, config)));
        let (skip, config) =
            parts.ok_or_else(|| Problem::bad_request("after is not the `next` of a page"))?;
        Ok(Self { config: config_name(config)?, skip })
    }
}

fn query(call: &Call) -> Result<FindQuery, Problem> {
    let text = |name| call.query.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let ignores_case = call.query.is_true("ignore_case")?;
    let pattern = match text("text") {
        None => None,
        Some(text) if call.query.is_true("regex")? => Some(Pattern::regex(&text, ignores_case)),
        Some(text) => Some(Pattern::text(&text, ignores_case)),
    };
    let pattern = pattern.transpose().map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the pattern can't be used: {error}"))
    })?;
    let query = FindQuery {
        pattern,
        key: text("key"),
        values_only: call.query.is_true("values")?,
        author: text("author"),
        since: call.time("since", Edge::Start)?,
        until: call.time("until", Edge::End)?,
        tag: text("tag"),
        changed: text("changed"),
    };
    if query.is_empty() {
        return Err(Problem::bad_request("what is to be found?")
            .detail("give text, or one of key, changed, author, since, until, tag"));
    }
    Ok(query)
}
