//! The configs that there are, and where each stands.

use axum::http::Method;
use vconf::history::{KnownTags, State};
use vconf::model::name::ConfigName;
use vconf::model::value::{Map, Value};
use vconf_advice::facts;

use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;
use crate::call::{Call, config_name};
use crate::position::Position;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "listConfigs",
        method: Method::GET,
        path: "/api/v1/configs",
        about: "Lists the configs, each with its latest version",
        access: Access::Some(Role::Read),
        query: &[
            Parameter::text("prefix", "only those whose names begin so"),
            Parameter::text("after", "go on after this config: the `next` of the page before"),
            Parameter::number("limit", "how many (100; at most 1000)"),
        ],
        body: Body::None,
        answer: Answer::Json(
            "`configs` [{`config`, `branch`, `latest` (a version or null), `versions`, `position`}], `next`",
        ),
        action: Action::Run(list),
    },
    Route {
        name: "showConfig",
        method: Method::GET,
        path: "/api/v1/configs/{config}",
        about: "Tells where a config stands: its branches, tags and latest version",
        access: Access::Config(Role::Read),
        query: &[],
        body: Body::None,
        answer: Answer::Json(
            "`config`, `branch` (the current one), `latest`, `versions`, `position`, \
             `branches` [{`branch`, `version`, `current`}], `tags` [{`tag`, `version`}], `damage` (texts)",
        ),
        action: Action::Run(show),
    },
    Route {
        name: "whoAmI",
        method: Method::GET,
        path: "/api/v1/self",
        about: "Tells who the token is of, and what it allows",
        access: Access::Some(Role::Read),
        query: &[],
        body: Body::None,
        answer: Answer::Json("`author`, `token` (its id or null), `grants` (texts)"),
        action: Action::Run(whoami),
    },
];

const MOST_CONFIGS: u64 = 1000;

fn list(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let limit = call.query.number("limit", 100, MOST_CONFIGS)?.max(1) as usize;
    let prefix = call.query.get("prefix").unwrap_or("");
    let after = call.query.get("after").map(config_name).transpose()?;
    let configs = server.configs().map_err(|error| server.problem(&error.into(), call))?;
    let mut meant = configs.into_iter().filter(|config| {
        config.as_str().starts_with(prefix)
            && after.as_ref().is_none_or(|after| config > after)
            && call.caller.may(Role::Read, config, None)
    });
    let mut told = Vec::new();
    let mut last = None;
    for config in meant.by_ref().take(limit) {
        told.push(match server.store().state(&config) {
            Ok(state) => Value::Map(stands(server, &state)),
            Err(error) => broken(&config, &server.problem(&error, call)),
        });
        last = Some(config);
    }
    let next = last.filter(|_| meant.next().is_some());
    Ok(Reply::json(&Value::map([
        ("configs", Value::list(told)),
        ("next", Value::from(next.as_ref().map(ConfigName::as_str))),
    ])))
}

/// A config that can't be told of: the others are there all the same.
fn broken(config: &ConfigName, problem: &Problem) -> Value {
    Value::map([
        ("config", Value::from(config.as_str())),
        ("latest", Value::Null),
        ("damage", Value::list([problem.failure.message.as_str()])),
    ])
}

fn show(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let config = call.config()?;
    let store = server.store();
    let state = store.known_state(&config).map_err(|error| server.problem(&error, call))?;
    let mut map = stands(server, &state);
    let mut branches = Vec::new();
    for branch in state.branches() {
        let head = store.head_number(&state, &branch).map_err(|error| server.problem(&error, call))?;
        branches.push(Value::map([
            ("branch", Value::from(branch.as_str())),
            ("version", Value::from(head)),
            ("current", Value::from(branch == state.current)),
        ]));
    }
    let KnownTags { tags, damage } =
        store.known_tags(&state).map_err(|error| server.problem(&error, call))?;
    let tags = tags.iter().map(|(tag, number)| {
        Value::map([("tag", Value::from(tag.as_str())), ("version", Value::from(*number))])
    });
    map.insert("branches".to_owned(), Value::list(branches));
    map.insert("tags".to_owned(), Value::list(tags));
    let damage = state.damage.iter().chain(damage.as_deref()).map(ToString::to_string);
    map.insert("damage".to_owned(), Value::list(damage));
    Ok(Reply::json(&Value::Map(map)))
}

/// Where a config stands. A latest version that can't be read is told as damage.
fn stands(server: &Server, state: &State) -> Map {
    let store = server.store();
    let latest = match store.head_number(state, &state.current) {
        Ok(Some(number)) => match store.header(&state.config, number) {
            Ok(version) => facts::version(&version),
            Err(vconf::store::StoreError::Corrupt(corruption)) => facts::missing(&corruption),
            Err(_) => Value::Null,
        },
        _ => Value::Null,
    };
    let told = [
        ("config", Value::from(state.config.as_str())),
        ("branch", Value::from(state.current.as_str())),
        ("latest", latest),
        ("versions", Value::from(state.versions.number)),
        ("position", Value::from(Position::of(state).to_string())),
    ];
    told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn whoami(_: &Server, call: &Call) -> Result<Reply, Problem> {
    let caller = &call.caller;
    Ok(Reply::json(&Value::map([
        ("author", Value::from(&*caller.author)),
        ("token", Value::from(caller.token.as_ref().map(|id| id.as_str()))),
        ("grants", Value::list(caller.grants.iter().map(ToString::to_string))),
    ])))
}
