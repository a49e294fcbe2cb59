//! What keeps a store in order.

use axum::http::Method;
use vconf::history::{Error, ForgetEntry, ForgetOutcome, ForgetPlan, KeepRules, PackOptions};
use vconf::model::name::ConfigName;
use vconf::model::revision::{Clock, Edge, parse_time};
use vconf::model::value::Value;
use vconf_advice::facts;

use super::{Access, Action, Answer, Body, Route};
use crate::access::Role;
use crate::call::{Call, forbidden};
use crate::fields::Fields;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "check",
        method: Method::GET,
        path: "/api/v1/check",
        about: "Verifies every record, seal and checksum of all configs",
        access: Access::All(Role::Read),
        query: &[],
        body: Body::None,
        answer: Answer::Json("as `vconf check --json` writes"),
        action: Action::Search(check_all),
    },
    Route {
        name: "checkConfig",
        method: Method::GET,
        path: "/api/v1/configs/{config}/check",
        about: "Verifies every record, seal and checksum of a config",
        access: Access::Config(Role::Read),
        query: &[],
        body: Body::None,
        answer: Answer::Json("as `vconf check --json` writes"),
        action: Action::Search(check),
    },
    Route {
        name: "pack",
        method: Method::POST,
        path: "/api/v1/configs/{config}/pack",
        about: "Keeps old versions in one compressed file; every version reads as before",
        access: Access::Config(Role::Admin),
        query: &[],
        body: Body::Json("`keep_loose` (32)"),
        answer: Answer::Json("as `vconf pack --json` writes"),
        action: Action::Write(pack),
    },
    Route {
        name: "forget",
        method: Method::POST,
        path: "/api/v1/configs/{config}/forget",
        about: "Tells which old versions no rule keeps, and forgets them with `apply`: this can't be undone",
        access: Access::Config(Role::Admin),
        query: &[],
        body: Body::Json(
            "`keep_last`, `keep_daily`, `keep_weekly`, `keep_monthly`, `keep_yearly`, `keep_within` (7d), `apply`",
        ),
        answer: Answer::Json(
            "`config`, `applied`, `versions`, `size_bytes`, `forgotten` [{`first`, `last`}], `stopped_at`",
        ),
        action: Action::Write(forget),
    },
];

fn check_all(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let problem = |error: Error| server.problem(&error, call);
    let mut configs = server.store().configs().map_err(|error| problem(error.into()))?;
    configs.retain(|config| !config.is_absolute());
    let mut report = server.store().check(&configs, |_| ()).map_err(problem)?;
    report.weaknesses.extend(server.store().check_description().map_err(problem)?);
    Ok(Reply::json(&facts::report(&report, [])))
}

fn check(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let state = server.known_state(call)?;
    let report =
        server.store().check(&[state.config], |_| ()).map_err(|error| server.problem(&error, call))?;
    Ok(Reply::json(&facts::report(&report, [])))
}

fn pack(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let fields = Fields::read(call, &["keep_loose"])?;
    let state = server.known_state(call)?;
    check_all_branches(call, &state.config)?;
    let default = PackOptions::default();
    let keep_loose = match fields.revision("keep_loose")? {
        Some(_) => fields.number("keep_loose")?,
        None => default.keep_loose,
    };
    let packed = server.store().pack(&state.config, PackOptions { keep_loose, ..default }, |_| ());
    let packed = packed.map_err(|error| server.problem(&error, call))?;
    Ok(Reply::json(&Value::map([
        ("config", Value::from(state.config.as_str())),
        ("versions", Value::from(packed.versions)),
        ("bytes", Value::from(packed.bytes)),
        ("packs", Value::from(packed.packs)),
        ("pack_bytes", Value::from(packed.pack_bytes)),
        ("stopped_at", Value::list(packed.stopped_at.iter().map(facts::damage))),
    ])))
}

fn forget(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let names =
        ["keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "keep_within", "apply"];
    let fields = Fields::read(call, &names)?;
    let clock = call.clock();
    let rules = KeepRules {
        last: fields.number("keep_last")?,
        daily: fields.number("keep_daily")?,
        weekly: fields.number("keep_weekly")?,
        monthly: fields.number("keep_monthly")?,
        yearly: fields.number("keep_yearly")?,
        since: within(fields.text("keep_within")?, &clock)?,
    };
    if rules.is_empty() {
        return Err(Problem::bad_request("no rule says what is kept")
            .detail("such as keep_last, keep_daily, keep_within"));
    }
    let config = call.config()?;
    check_all_branches(call, &config)?;
    let problem = |error: Error| server.problem(&error, call);
    if !fields.is_true("apply")? {
        let state = server.known_state(call)?;
        let plan = server.store().plan_forgetting(&state, &rules, &clock.zone()).map_err(problem)?;
        let mut reply = told(&config, &plan, None);
        reply.is_dry = true;
        return Ok(reply);
    }
    let outcome = server.store().forget(&config, &rules, &clock.zone(), &call.context()?).map_err(problem)?;
    Ok(told(&config, &outcome.plan, Some(&outcome)))
}

/// What is done to a whole config needs the role for all its branches.
fn check_all_branches(call: &Call, config: &ConfigName) -> Result<(), Problem> {
    if call.caller.may(Role::Admin, config, None) {
        return Ok(());
    }
    Err(forbidden(Role::Admin, &format!("all branches of {config}"), &call.caller))
}

fn within(text: Option<&str>, clock: &Clock) -> Result<Option<vconf::model::time::Timestamp>, Problem> {
    let time = text.map(|text| parse_time(text, clock, Edge::Start));
    time.transpose().map_err(|error| Problem::bad_request(error.to_string()))
}

fn told(config: &ConfigName, plan: &ForgetPlan, outcome: Option<&ForgetOutcome>) -> Reply {
    let stretches = plan.entries.iter().filter_map(|entry| match entry {
        ForgetEntry::Gone { first, last, .. } => {
            Some(Value::map([("first", Value::from(*first)), ("last", Value::from(*last))]))
        }
        ForgetEntry::Kept { .. } => None,
    });
    let stopped_at = outcome.map(|outcome| outcome.packed.stopped_at.as_slice()).unwrap_or_default();
    Reply::json(&Value::map([
        ("config", Value::from(config.as_str())),
        ("applied", Value::from(outcome.is_some())),
        ("versions", Value::from(plan.versions)),
        ("size_bytes", Value::from(plan.size_bytes)),
        ("forgotten", Value::list(stretches)),
        ("stopped_at", Value::list(stopped_at.iter().map(facts::damage))),
    ]))
}
