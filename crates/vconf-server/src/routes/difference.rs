//! What differs between two versions.

use axum::http::{Method, StatusCode};
use vconf::diff::{self, Order, Rule, merge_patch, text};
use vconf::model::value::Value;
use vconf_advice::difference::{Side, side, told};

use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;
use crate::call::Call;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

pub(super) const ROUTES: &[Route] = &[Route {
    name: "compare",
    method: Method::GET,
    path: "/api/v1/configs/{config}/diff",
    about: "Tells what differs between two versions, by content",
    access: Access::Config(Role::Read),
    query: &[
        Parameter::text("from", "the old version; without it, the one before the new"),
        Parameter::text("to", "the new version (latest)"),
        Parameter::text("with", "the config that the new version is of, where it is another"),
        Parameter::text("order", "strict makes the order of lists count; ignore is usual"),
        Parameter::text("list", "what lists are, such as env=key:name, with commas between several"),
        Parameter::text("as", "json (as `vconf diff --json`), text, patch, json-patch or merge-patch"),
    ],
    body: Body::None,
    answer: Answer::Json(
        "a difference, as docs/JSON.md says; with `as` a patch, or `equal`, `text`, `old`, `new`",
    ),
    action: Action::Run(compare),
}];

fn compare(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (old, new) = sides(server, call)?;
    let options = options(server, call)?;
    let form = call.query.get("as").unwrap_or("json");
    let value = match form {
        "json" => told(&old, &new, &options)?,
        "text" => lines(&old, &new)?,
        "patch" | "json-patch" | "merge-patch" => patch(&old, &new, form, &options)?,
        _ => {
            return Err(Problem::bad_request(format!("a difference can't be told as {form}"))
                .detail("it can as json, text, patch, json-patch or merge-patch"));
        }
    };
    Ok(Reply::json(&value))
}

fn sides(server: &Server, call: &Call) -> Result<(Side, Side), Problem> {
    let store = server.store();
    let state = server.known_state(call)?;
    let other = match call.query.get("with") {
        Some(name) => {
            let config = crate::call::config_name(name)?;
            if !call.caller.may(Role::Read, &config, None) {
                return Err(crate::call::forbidden(Role::Read, config.as_str(), &call.caller));
            }
            Some(store.known_state(&config).map_err(|error| server.problem(&error, call))?)
        }
        None => None,
    };
    let of_new = other.as_ref().unwrap_or(&state);
    let number = |state, text: &str| {
        let revision = call.revision(text)?;
        store.resolve(state, &revision).map_err(|error| server.problem(&error, call))
    };
    let new = number(of_new, call.query.get("to").unwrap_or("latest"))?;
    let old = match (call.query.get("from"), &other) {
        (Some(from), _) => number(&state, from)?,
        (None, Some(_)) => number(&state, "latest")?,
        (None, None) => {
            let header =
                store.header(&state.config, new).map_err(|error| server.problem(&error.into(), call))?;
            header.parents.first().copied().ok_or_else(|| {
                Problem::new(StatusCode::NOT_FOUND, format!("{}@{new} is a first version", state.config))
                    .detail("there is nothing before it: name the old version with `from`")
            })?
        }
    };
    let load = |state: &vconf::history::State, number| {
        let loaded =
            store.load_number(&state.config, number).map_err(|error| server.problem(&error, call))?;
        Ok::<_, Problem>(Side::of_version(state.config.as_str(), &loaded))
    };
    Ok((load(&state, old)?, load(of_new, new)?))
}

fn options(server: &Server, call: &Call) -> Result<diff::Options, Problem> {
    let config = call.config()?;
    let settings = server.store().settings().map_err(|error| server.names(call).settings_problem(error))?;
    let mut options = settings.options(&config);
    options = match call.query.get("order") {
        Some("strict") => options.with_order(Order::Strict),
        None | Some("ignore") => options,
        Some(other) => return Err(Problem::bad_request(format!("order is strict or ignore, not {other}"))),
    };
    for rule in call.query.get("list").unwrap_or("").split(',').filter(|rule| !rule.is_empty()) {
        let rule = Rule::parse(rule).map_err(|_| vconf_advice::advice::rule_failure("list", rule))?;
        options.rules.push(rule);
    }
    if options.rules.len() > diff::Options::MAX_RULES {
        return Err(Problem::bad_request(format!(
            "there are more than {} rules for lists",
            diff::Options::MAX_RULES
        )));
    }
    Ok(options)
}

fn lines(old: &Side, new: &Side) -> Result<Value, Problem> {
    let comparison = old.beside(new);
    let unified = unified(old, new).ok_or_else(|| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bytes have no lines that could be compared")
    })?;
    Ok(Value::map([
        ("equal", Value::from(comparison.same_bytes)),
        ("text", Value::from(unified)),
        ("old", side(old)),
        ("new", side(new)),
    ]))
}

/// The lines that differ, as `diff -u` tells them; `None` where a side is no text.
pub(super) fn unified(old: &Side, new: &Side) -> Option<String> {
    let texts = (std::str::from_utf8(old.source()), std::str::from_utf8(new.source()));
    let (Ok(old_text), Ok(new_text)) = texts else { return None };
    Some(text::unified(old_text, new_text, &old.name, &new.name, CONTEXT_LINES))
}

/// How many lines around a change the unified text shows.
const CONTEXT_LINES: usize = 3;

fn patch(old: &Side, new: &Side, form: &str, options: &diff::Options) -> Result<Value, Problem> {
    let unfit =
        |why: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "there is no such patch").detail(why);
    let comparison = old.beside(new);
    let (old, new) = comparison
        .trees()
        .ok_or_else(|| unfit("a text has no keys and values that a patch could be about".to_owned()))?;
    let patch = diff::compare(old, new, options).to_patch().map_err(|error| unfit(error.to_string()))?;
    Ok(match form {
        "json-patch" => patch.to_json_patch(old).map_err(|error| unfit(error.to_string()))?.to_value(),
        "merge-patch" => {
            let value =
                |tree: &vconf::model::tree::Tree| tree.to_value().map_err(|error| unfit(error.to_string()));
            merge_patch::create(&value(old)?, &value(new)?).map_err(|error| unfit(error.to_string()))?
        }
        _ => patch.to_value(),
    })
}
