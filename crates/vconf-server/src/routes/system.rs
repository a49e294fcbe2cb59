//! What is asked of a server and not of its store.

use axum::http::{Method, StatusCode};
use vconf::format::json;
use vconf::history::Error;
use vconf::model::value::Value;
use vconf::store::StoreError;
use vconf_advice::facts;

use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;
use crate::call::Call;
use crate::openapi;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "describe",
        method: Method::GET,
        path: "/api/v1/openapi.json",
        about: "Gives this description",
        access: Access::Open,
        query: &[],
        body: Body::None,
        answer: Answer::Json("an OpenAPI 3.1 document"),
        action: Action::Run(describe),
    },
    Route {
        name: "isAlive",
        method: Method::GET,
        path: "/healthz",
        about: "Says that the server runs",
        access: Access::Open,
        query: &[],
        body: Body::None,
        answer: Answer::Text("ok"),
        action: Action::Run(is_alive),
    },
    Route {
        name: "isReady",
        method: Method::GET,
        path: "/readyz",
        about: "Says whether the server can use its store",
        access: Access::Open,
        query: &[],
        body: Body::None,
        answer: Answer::Text("ready"),
        action: Action::Run(is_ready),
    },
    Route {
        name: "listAudit",
        method: Method::GET,
        path: "/api/v1/audit",
        about: "Lists what was written by whom, newest first",
        access: Access::All(Role::Admin),
        query: &[
            Parameter::number(
                "from",
                "from this version of the log downwards: the `next` of the page before",
            ),
            Parameter::number(
                "limit",
                "how many versions, each with all that was written at the same time (100; at most 1000)",
            ),
        ],
        body: Body::None,
        answer: Answer::Json(
            "`entries` [{`time`, `author`, `token`, `peer`, `request`, `config`, `status`, `version`}], `next`",
        ),
        action: Action::Run(audit),
    },
    Route {
        name: "measure",
        method: Method::GET,
        path: "/metrics",
        about: "Tells numbers for Prometheus",
        access: Access::Some(Role::Read),
        query: &[],
        body: Body::None,
        answer: Answer::Text("Prometheus' text format"),
        action: Action::Run(measure),
    },
];

fn describe(_: &Server, _: &Call) -> Result<Reply, Problem> {
    Ok(Reply::bytes("application/json", json::to_string_pretty(openapi::document())))
}

fn is_alive(_: &Server, _: &Call) -> Result<Reply, Problem> {
    Ok(Reply::bytes(PLAIN, "ok\n"))
}

fn is_ready(server: &Server, _: &Call) -> Result<Reply, Problem> {
    match server.store().configs() {
        Ok(_) if !server.is_ending() => Ok(Reply::bytes(PLAIN, "ready\n")),
        Ok(_) => Ok(Reply::bytes(PLAIN, "ending\n").with_status(StatusCode::SERVICE_UNAVAILABLE)),
        // Where the store lies is nobody's business who has no token.
        Err(_) => Ok(Reply::bytes(PLAIN, "no store\n").with_status(StatusCode::SERVICE_UNAVAILABLE)),
    }
}

fn audit(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (store, config) = server.audit().log();
    let problem = |error: Error| server.problem(&error, call);
    let last = store.state(config).map_err(problem)?.versions.number;
    let from = call.query.number("from", last, u64::MAX)?.min(last);
    let limit = call.query.number("limit", 100, 1000)?.max(1);
    let stop = from.saturating_sub(limit);
    let mut entries = Vec::new();
    for number in (stop + 1..=from).rev() {
        match store.load_number(config, number).and_then(|loaded| loaded.value()) {
            Ok(content) => {
                let Some(Value::List(batch)) = content.get("entries") else { continue };
                entries.extend(batch.iter().rev().cloned());
            }
            Err(Error::Store(StoreError::Corrupt(corruption))) => entries.push(facts::missing(&corruption)),
            Err(error) => return Err(problem(error)),
        }
    }
    let next = Some(stop).filter(|next| *next > 0);
    Ok(Reply::json(&Value::map([("entries", Value::list(entries)), ("next", Value::from(next))])))
}

fn measure(server: &Server, _: &Call) -> Result<Reply, Problem> {
    Ok(Reply::bytes("text/plain; version=0.0.4; charset=utf-8", server.metrics().to_text()))
}

const PLAIN: &str = "text/plain; charset=utf-8";
