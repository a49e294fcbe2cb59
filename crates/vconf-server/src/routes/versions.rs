//! The versions of a config: their list, and each of them.

use axum::http::{Method, StatusCode};
use vconf::canonical;
use vconf::format;
use vconf::history::{KeyEntry, Loaded, LogEntry, LogFilter, State};
use vconf::model::format::Format;
use vconf::model::lookup;
use vconf::model::revision::{Edge, Revision};
use vconf::model::value::Value;
use vconf::store::{Corruption, Problem as RecordProblem};
use vconf_advice::{facts, key};

use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;
use crate::call::Call;
use crate::heads::Rest;
use crate::problem::Problem;
use crate::reply::{Reply, media_type};
use crate::server::{Server, now};

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "listVersions",
        method: Method::GET,
        path: "/api/v1/configs/{config}/log",
        about: "Lists the versions of a config, newest first",
        access: Access::Config(Role::Read),
        query: LOG,
        body: Body::None,
        answer: Answer::Json("`entries` [as `vconf log --json` writes], `next`"),
        action: Action::Run(log),
    },
    Route {
        name: "listKeyValues",
        method: Method::GET,
        path: "/api/v1/configs/{config}/key-log",
        about: "Lists the values that one key had, newest first",
        access: Access::Config(Role::Read),
        query: KEY_LOG,
        body: Body::None,
        answer: Answer::Json("`entries` [as `vconf log -k KEY --json` writes], `next`"),
        action: Action::Search(key_log),
    },
    Route {
        name: "showVersion",
        method: Method::GET,
        path: "/api/v1/configs/{config}/versions/{version}",
        about: "Tells all of a version, with its content",
        access: Access::Config(Role::Read),
        query: &[],
        body: Body::None,
        answer: Answer::Json(
            "a version, with `content` (null where it has no structure) and `text` (null where it is not UTF-8)",
        ),
        action: Action::Run(show),
    },
    Route {
        name: "getSource",
        method: Method::GET,
        path: "/api/v1/configs/{config}/versions/{version}/source",
        about: "Gives the exact bytes of a version, or its content in another format",
        access: Access::Config(Role::Read),
        query: &[Parameter::text("as", "the format to write the content in: json, yaml, toml or canonical")],
        body: Body::None,
        answer: Answer::Bytes("the bytes as they were saved"),
        action: Action::Keep(source),
    },
    Route {
        name: "getRecord",
        method: Method::GET,
        path: "/api/v1/configs/{config}/versions/{version}/record",
        about: "Gives the exact bytes of a version's record, with its seal",
        access: Access::Config(Role::Read),
        query: &[],
        body: Body::None,
        answer: Answer::Bytes("the record, as docs/FORMAT.md says"),
        action: Action::Run(record),
    },
    Route {
        name: "getValue",
        method: Method::GET,
        path: "/api/v1/configs/{config}/versions/{version}/value",
        about: "Tells one value of a version",
        access: Access::Config(Role::Read),
        query: &[Parameter::text("key", "db.pool, env[name=B].value, list[0], or a JSON Pointer /db/pool")
            .required()],
        body: Body::None,
        answer: Answer::Json("`config`, `version`, `key`, `value`"),
        action: Action::Run(value),
    },
    Route {
        name: "blame",
        method: Method::GET,
        path: "/api/v1/configs/{config}/versions/{version}/blame",
        about: "Tells which version last set each value, and each line",
        access: Access::Config(Role::Read),
        query: &[],
        body: Body::None,
        answer: Answer::Json(
            "`config`, `version`, `values` [as `vconf blame --json` writes], \
             `lines` [{`text`, `version` (or null)}], `damage` (texts)",
        ),
        action: Action::Search(blame),
    },
];

const MOST_ENTRIES: u64 = 1000;

const FROM: Parameter =
    Parameter::number("from", "from this version downwards: the `next` of the page before");
const LIMIT: Parameter = Parameter::number("limit", "how many (100; at most 1000)");
const BRANCH: Parameter = Parameter::text("branch", "only the line of this branch");
const SINCE: Parameter = Parameter::text("since", "not before this time");
const UNTIL: Parameter = Parameter::text("until", "not after this time");
const AUTHOR: Parameter = Parameter::text("author", "by this author, as written or as a part of it");

const LOG: &[Parameter] = &[FROM, LIMIT, BRANCH, SINCE, UNTIL, AUTHOR];

const KEY_LOG: &[Parameter] = &[
    Parameter::text("key", "db.pool, env[name=B].value, list[0], or a JSON Pointer /db/pool").required(),
    FROM,
    LIMIT,
    BRANCH,
    SINCE,
    UNTIL,
    AUTHOR,
];

fn filter(call: &Call) -> Result<LogFilter, Problem> {
    let from = call.query.number("from", 0, u64::MAX)?;
    Ok(LogFilter {
        from: Some(from).filter(|from| *from > 0),
        branch: call.branch()?,
        since: call.time("since", Edge::Start)?,
        until: call.time("until", Edge::End)?,
        author: call.query.get("author").map(str::to_owned),
    })
}

fn log(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let state = server.known_state(call)?;
    let filter = filter(call)?;
    let limit = call.query.number("limit", 100, MOST_ENTRIES)?.max(1) as usize;
    let mut entries = server.store().log(&state, &filter).map_err(|error| server.problem(&error, call))?;
    let mut told = Vec::new();
    let mut next = None;
    for entry in entries.by_ref() {
        let entry = entry.map_err(|error| server.problem(&error, call))?;
        let number = match &entry {
            LogEntry::Version { version, .. } => version.number,
            LogEntry::Damaged(corruption) => first_of(corruption),
        };
        told.push(facts::log_entry(&entry));
        if told.len() == limit {
            next = Some(number.saturating_sub(1)).filter(|number| *number > 0);
            break;
        }
    }
    page(told, next.filter(|_| entries.next().is_some()))
}

/// The lowest number of a run of versions that can't be told of.
fn first_of(corruption: &Corruption) -> u64 {
    match &corruption.flaw.problem {
        RecordProblem::MissingRange { first, .. } => *first,
        RecordProblem::Forgotten(gap) => gap.versions.first,
        _ => corruption.number,
    }
}

fn page(entries: Vec<Value>, next: Option<u64>) -> Result<Reply, Problem> {
    Ok(Reply::json(&Value::map([("entries", Value::list(entries)), ("next", Value::from(next))])))
}

fn key_log(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let state = server.known_state(call)?;
    let filter = filter(call)?;
    let key = call.query.get("key").unwrap_or("");
    let limit = call.query.number("limit", 100, MOST_ENTRIES)?.max(1) as usize;
    let find = |tree: &vconf::model::tree::Tree| lookup::find(tree, key).ok();
    let entries = server.store().key_log(&state, &filter, key, find);
    let mut told = Vec::new();
    let mut next = None;
    for entry in entries.map_err(|error| server.problem(&error, call))? {
        let entry = entry.map_err(|error| server.problem(&error, call))?;
        let number = match &entry {
            KeyEntry::Value { version, .. } => version.number,
            KeyEntry::Damaged(corruption) => first_of(corruption),
        };
        if told.len() == limit {
            next = Some(number);
            break;
        }
        told.push(facts::key_entry(key, entry));
    }
    page(told, next)
}

fn show(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let loaded = load(server, call)?;
    Ok(Reply::json(&facts::loaded(&loaded)).tagged(&loaded.version))
}

fn source(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let rest = Rest::look(server.store(), &call.config()?);
    let asked = now();
    let loaded = load(server, call)?;
    if let Some(name) = call.query.get("as") {
        let (media, text) = printed(server, call, &loaded, name)?;
        return Ok(Reply::bytes(media, text).described(&loaded.version));
    }
    let version = &loaded.version;
    let body = loaded.source.clone();
    let reply = Reply::bytes(media_type(version.format), body).tagged(version).described(version);
    // What a time names changes by itself.
    let is_fixed = !matches!(call.revision(call.segment(1)), Ok(Revision::AsOf(_)) | Err(_));
    if let Some(rest) = rest.filter(|_| is_fixed) {
        server.heads().put((call.segment(0), call.segment(1)), &version.config, rest, asked, &reply);
    }
    Ok(reply)
}

fn printed(
    server: &Server,
    call: &Call,
    loaded: &Loaded,
    name: &str,
) -> Result<(&'static str, String), Problem> {
    let no_content = || server.problem(&loaded.no_content(), call);
    let tree = loaded.document().tree.filter(|_| loaded.is_structured()).ok_or_else(no_content)?;
    let format = match name {
        "canonical" => return Ok(("application/json", canonical::to_string(&tree))),
        "json" => Format::Json,
        "yaml" => Format::Yaml,
        "toml" => Format::Toml,
        _ => {
            return Err(Problem::bad_request(format!("content can't be written as {name}"))
                .detail("it can as json, yaml, toml or canonical"));
        }
    };
    let value = loaded.value().map_err(|error| server.problem(&error, call))?;
    let text = format::print(format, &value).map_err(|error| {
        let what = format!("version {} can't be written as {format}", loaded.version.number);
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, what).detail(error.to_string())
    })?;
    Ok((media_type(format), text))
}

fn record(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (state, number) = named(server, call)?;
    let bytes = server.store().record_bytes(&state.config, number);
    let bytes = bytes.map_err(|error| server.problem(&error.into(), call))?;
    Ok(Reply::bytes("application/json", bytes))
}

fn value(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let loaded = load(server, call)?;
    let key = call.query.get("key").unwrap_or("");
    let no_content = || server.problem(&loaded.no_content(), call);
    let tree = loaded.document().tree.filter(|_| loaded.is_structured()).ok_or_else(no_content)?;
    let (config, number) = (&loaded.version.config, loaded.version.number);
    let node = lookup::find(&tree, key)
        .map_err(|error| key::not_found(&format!("{config}@{number}"), key, &error))?;
    let value = tree
        .value(node)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the value is {error}")))?;
    let told = Value::map([
        ("config", Value::from(config.as_str())),
        ("version", Value::from(number)),
        ("key", Value::from(key)),
        ("value", value),
    ]);
    Ok(Reply::json(&told).tagged(&loaded.version))
}

fn blame(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (state, number) = named(server, call)?;
    let blame = server.store().blame(&state, number).map_err(|error| server.problem(&error, call))?;
    let lines = blame
        .lines()
        .into_iter()
        .map(|(text, version)| Value::map([("text", Value::from(text)), ("version", Value::from(version))]));
    Ok(Reply::json(&Value::map([
        ("config", Value::from(state.config.as_str())),
        ("version", Value::from(number)),
        ("values", Value::list(blame.values().map(|value| facts::blamed(&blame, &value)))),
        ("lines", Value::list(lines)),
        ("damage", Value::list(blame.damage.iter().map(ToString::to_string))),
    ])))
}

/// The version that the path names.
fn named(server: &Server, call: &Call) -> Result<(State, u64), Problem> {
    let revision = call.revision(call.segment(1))?;
    let state = server.known_state(call)?;
    let number = server.store().resolve(&state, &revision).map_err(|error| server.problem(&error, call))?;
    Ok((state, number))
}

fn load(server: &Server, call: &Call) -> Result<Loaded, Problem> {
    let (state, number) = named(server, call)?;
    server.store().load_number(&state.config, number).map_err(|error| server.problem(&error, call))
}
