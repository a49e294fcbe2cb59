//! Tags and branches.

use axum::http::Method;
use vconf::history::{BranchOutcome, TagOutcome};
use vconf::model::value::Value;
use vconf_advice::facts;

use super::save::{check_branch_of, check_moved_tag};
use super::{Access, Action, Answer, Body, Route};
use crate::access::Role;
use crate::call::{Call, ref_name};
use crate::fields::{Fields, missing};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "setTag",
        method: Method::PUT,
        path: "/api/v1/configs/{config}/tags/{tag}",
        about: "Names a version; a tag that names another is moved",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::Json("`version` (latest)"),
        answer: Answer::Json("`config`, `tag`, `from`, `to`, `operation`"),
        action: Action::Write(set_tag),
    },
    Route {
        name: "deleteTag",
        method: Method::DELETE,
        path: "/api/v1/configs/{config}/tags/{tag}",
        about: "Takes a tag away",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::None,
        answer: Answer::Json("`config`, `tag`, `from`, `to`, `operation`"),
        action: Action::Write(delete_tag),
    },
    Route {
        name: "createBranch",
        method: Method::PUT,
        path: "/api/v1/configs/{config}/branches/{branch}",
        about: "Creates a branch that begins at a version",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::Json("`at` (latest)"),
        answer: Answer::Json("`config`, `branch`, `version`, `deleted`, `operation`"),
        action: Action::Write(create_branch),
    },
    Route {
        name: "deleteBranch",
        method: Method::DELETE,
        path: "/api/v1/configs/{config}/branches/{branch}",
        about: "Deletes a branch; its versions stay",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::None,
        answer: Answer::Json("`config`, `branch`, `version`, `deleted`, `operation`"),
        action: Action::Write(delete_branch),
    },
    Route {
        name: "switch",
        method: Method::POST,
        path: "/api/v1/configs/{config}/switch",
        about: "Makes another branch the current one: the one that is meant where none is named",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::Json("`to` (a branch), `create_at` (a version: creates it there)"),
        answer: Answer::Json("`config`, `from`, `to`, `version`, `operation`"),
        action: Action::Write(switch),
    },
];

fn set_tag(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (config, tag) = (call.config()?, call.ref_name(1)?);
    let fields = Fields::read(call, &["version"])?;
    let revision = call.revision(fields.revision("version")?.as_deref().unwrap_or("latest"))?;
    let state = server.known_state(call)?;
    let number = server.store().resolve(&state, &revision).map_err(|error| server.problem(&error, call))?;
    check_branch_of(server, call, &config, number)?;
    check_moved_tag(server, call, &state, &tag)?;
    let context = call.context()?;
    let outcome = server.store().set_tag(&config, &tag, number, &context);
    let outcome = outcome.map_err(|error| server.problem(&error, call))?;
    Ok(tag_reply(call, outcome, &context.operation.id.to_string()))
}

fn delete_tag(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (config, tag) = (call.config()?, call.ref_name(1)?);
    let state = server.known_state(call)?;
    check_moved_tag(server, call, &state, &tag)?;
    let context = call.context()?;
    let outcome = server.store().delete_tag(&config, &tag, &context);
    let outcome = outcome.map_err(|error| server.problem(&error, call))?;
    Ok(tag_reply(call, outcome, &context.operation.id.to_string()))
}

fn tag_reply(call: &Call, outcome: TagOutcome, operation: &str) -> Reply {
    let is_moved = outcome.moved.from != outcome.moved.to;
    let mut told = facts::tag_move(&outcome.moved);
    if let Value::Map(map) = &mut told {
        map.insert("config".to_owned(), call.segment(0).into());
        map.insert("operation".to_owned(), Value::from(is_moved.then_some(operation)));
    }
    let mut reply = Reply::json(&told);
    reply.is_dry = !is_moved;
    reply
}

fn create_branch(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (config, branch) = (call.config()?, call.ref_name(1)?);
    let fields = Fields::read(call, &["at"])?;
    let revision = call.revision(fields.revision("at")?.as_deref().unwrap_or("latest"))?;
    call.check_branch(&config, Some(&branch))?;
    let state = server.known_state(call)?;
    let number = server.store().resolve(&state, &revision).map_err(|error| server.problem(&error, call))?;
    let context = call.context()?;
    let outcome = server.store().create_branch(&config, &branch, number, &context);
    let outcome = outcome.map_err(|error| server.problem(&error, call))?;
    Ok(branch_reply(call, &outcome, false, &context.operation.id.to_string()))
}

fn delete_branch(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (config, branch) = (call.config()?, call.ref_name(1)?);
    call.check_branch(&config, Some(&branch))?;
    let context = call.context()?;
    let outcome = server.store().delete_branch(&config, &branch, &context);
    let outcome = outcome.map_err(|error| server.problem(&error, call))?;
    Ok(branch_reply(call, &outcome, true, &context.operation.id.to_string()))
}

fn branch_reply(call: &Call, outcome: &BranchOutcome, is_deleted: bool, operation: &str) -> Reply {
    Reply::json(&Value::map([
        ("config", Value::from(call.segment(0))),
        ("branch", Value::from(outcome.branch.as_str())),
        ("version", Value::from(outcome.head)),
        ("deleted", Value::from(is_deleted)),
        ("operation", Value::from(operation)),
    ]))
}

fn switch(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let config = call.config()?;
    let fields = Fields::read(call, &["to", "create_at"])?;
    let to = fields.text("to")?.ok_or_else(|| missing("to", "the branch that shall be the current one"))?;
    let to = ref_name(to)?;
    // Which branch is meant where none is named concerns whoever writes to any of them.
    call.check_branch(&config, None)?;
    let state = server.known_state(call)?;
    let create_at = match fields.revision("create_at")? {
        Some(text) => {
            let revision = call.revision(&text)?;
            Some(server.store().resolve(&state, &revision).map_err(|error| server.problem(&error, call))?)
        }
        None => None,
    };
    let context = call.context()?;
    let outcome = server.store().switch(&config, &to, create_at, &context);
    let outcome = outcome.map_err(|error| server.problem(&error, call))?;
    let mut reply = Reply::json(&Value::map([
        ("config", Value::from(config.as_str())),
        ("from", Value::from(outcome.from.as_str())),
        ("to", Value::from(outcome.to.as_str())),
        ("version", Value::from(outcome.head)),
        ("operation", Value::from(context.operation.id.to_string())),
    ]));
    reply.is_dry = outcome.from == outcome.to && create_at.is_none();
    Ok(reply)
}
