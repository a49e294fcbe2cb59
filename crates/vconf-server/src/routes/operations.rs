//! Operations: listed, undone, done again.

use axum::http::{Method, StatusCode};
use vconf::history::{Error, OperationRecords, Undone};
use vconf::model::record::RefAction;
use vconf::model::value::Value;
use vconf_advice::facts;

use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;
use crate::call::Call;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "listOperations",
        method: Method::GET,
        path: "/api/v1/operations",
        about: "Lists what was done, newest first: what can be undone",
        access: Access::Some(Role::Read),
        query: &[Parameter::number("limit", "how many (20; at most 1000)")],
        body: Body::None,
        answer: Answer::Json("`operations` [as `vconf undo --list --json` writes]"),
        action: Action::Run(list),
    },
    Route {
        name: "undo",
        method: Method::POST,
        path: "/api/v1/undo",
        about: "Takes back the last operation, of any kind",
        access: Access::Some(Role::Write),
        query: &[],
        body: Body::Json("`operation` (its id: undo only if it is the last one), `dry_run`"),
        answer: Answer::Json("`action`, `operation`, `changes` [{`config`, `heads`, `current`, `tags`}]"),
        action: Action::Write(undo),
    },
    Route {
        name: "redo",
        method: Method::POST,
        path: "/api/v1/redo",
        about: "Does the operation again that was undone last",
        access: Access::Some(Role::Write),
        query: &[],
        body: Body::Json("`operation` (its id: redo only if it is that one), `dry_run`"),
        answer: Answer::Json("`action`, `operation`, `changes` [{`config`, `heads`, `current`, `tags`}]"),
        action: Action::Write(redo),
    },
];

/// How many operations are looked at for those that are told.
const MOST_LOOKED_AT: usize = 10_000;

fn list(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let limit = call.query.number("limit", 20, 1000)?.max(1) as usize;
    let operations = server.store().operations().map_err(|error| server.problem(&error, call))?;
    let mut told = Vec::new();
    for operation in operations.take(MOST_LOOKED_AT) {
        let operation = operation.map_err(|error| server.problem(&error, call))?;
        let may_know = operation
            .configs()
            .iter()
            .all(|config| !config.is_absolute() && call.caller.may(Role::Read, config, None));
        if may_know {
            told.push(facts::operation_records(&operation));
        }
        if told.len() == limit {
            break;
        }
    }
    Ok(Reply::json(&Value::map([("operations", Value::list(told))])))
}

fn undo(server: &Server, call: &Call) -> Result<Reply, Problem> {
    turn(server, call, RefAction::Undo)
}

fn redo(server: &Server, call: &Call) -> Result<Reply, Problem> {
    turn(server, call, RefAction::Redo)
}

fn turn(server: &Server, call: &Call, action: RefAction) -> Result<Reply, Problem> {
    let fields = Fields::read(call, &["operation", "dry_run"])?;
    let store = server.store();
    let problem = |error: Error| server.problem(&error, call);
    let next = if action == RefAction::Undo { store.next_undo() } else { store.next_redo() };
    let next = next.map_err(problem)?;
    // Of what one may not see nothing is told.
    for config in next.configs() {
        // A file elsewhere, by its absolute path, is a matter of that machine.
        let may = !config.is_absolute() && call.check_branch(&config, None).is_ok();
        may.then_some(()).ok_or_else(|| {
            let what =
                format!("the last operation is about configs that {} may not write to", call.caller.author);
            Problem::new(StatusCode::FORBIDDEN, what)
        })?;
    }
    if let Some(wanted) = fields.text("operation")?.filter(|wanted| *wanted != next.operation.id.to_string())
    {
        return Err(not_the_one(wanted, &next, action));
    }
    if fields.is_true("dry_run")? {
        let mut reply = Reply::json(&Value::map([
            ("action", Value::from(action.name())),
            ("dry_run", Value::from(true)),
            ("operation", facts::operation_records(&next)),
        ]));
        reply.is_dry = true;
        return Ok(reply);
    }
    let context = call.context()?;
    let turned =
        if action == RefAction::Undo { store.undo(next, &context) } else { store.redo(next, &context) };
    let Undone { operation, changes, superseded } = turned.map_err(problem)?;
    let mut reply = Reply::json(&Value::map([
        ("action", Value::from(action.name())),
        ("operation", facts::operation_records(&operation)),
        ("changes", Value::list(changes.iter().map(facts::refs_left))),
        ("superseded", Value::list(superseded.iter().map(|config| config.as_str()))),
    ]));
    reply.touched = changes.into_iter().map(|change| change.config).collect();
    Ok(reply)
}

fn not_the_one(wanted: &str, next: &OperationRecords, action: RefAction) -> Problem {
    let verb = if action == RefAction::Undo { "undone" } else { "redone" };
    let message = format!("{} is not the operation that can be {verb} next", wanted.escape_debug());
    let problem = Problem::new(StatusCode::CONFLICT, message)
        .detail(format!("that is {}, by {}: {}", next.operation.id, next.author, next.operation.command));
    let failure = problem.failure.fact("next", facts::operation_records(next));
    Problem { failure: Box::new(failure), status: problem.status, retry_after_seconds: None }
}
