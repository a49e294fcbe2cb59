//! Whole sources: saved, and brought back.

use axum::http::{Method, StatusCode};
use vconf::format;
use vconf::history::{Error, RollbackOptions, SaveOptions, Saved, State};
use vconf::model::name::{ConfigName, RefName};
use vconf::model::value::Value;
use vconf_advice::difference::{Side, told};
use vconf_advice::facts;

use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;
use crate::call::{Call, ref_name};
use crate::fields::{Fields, missing};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "save",
        method: Method::PUT,
        path: "/api/v1/configs/{config}/source",
        about: "Saves the exact bytes of the body as a new version, unless the latest holds the same",
        access: Access::Config(Role::Write),
        query: &[
            Parameter::text("message", "why; without it, the summary of the change"),
            Parameter::text("branch", "the branch; without it, the current one"),
            Parameter::text("tag", "a tag for the version"),
            Parameter::text("mode", "the permission bits of the file, such as 0640"),
            Parameter::text("format", "the format, where neither the name nor the type of the body says it"),
            Parameter::flag("dry_run", "only tell what would change"),
        ],
        body: Body::Source,
        answer: Answer::Json(
            "a version, with `saved` (false where nothing changed), `warnings`, `tag`; with `dry_run` a difference",
        ),
        action: Action::Write(save),
    },
    Route {
        name: "rollback",
        method: Method::POST,
        path: "/api/v1/configs/{config}/rollback",
        about: "Makes a new version that holds the bytes of an earlier one",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::Json("`to` (a version), `message`, `branch`, `dry_run`"),
        answer: Answer::Json("a version, with `saved`; with `dry_run` `config`, `target`, `dry_run`, `diff`"),
        action: Action::Write(rollback),
    },
];

fn save(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let config = call.config()?;
    let state = server.store().state(&config).map_err(|error| server.problem(&error, call))?;
    // What is allowed must be what is written to, whoever switches meanwhile.
    let branch = call.branch()?.unwrap_or_else(|| state.current.clone());
    call.check_branch(&config, Some(&branch))?;
    let tag = call.query.get("tag").map(ref_name).transpose()?;
    if let Some(tag) = &tag {
        check_moved_tag(server, call, &state, tag)?;
    }
    let expect = call.expected()?;
    let options = SaveOptions {
        description: call.query.get("message").map(str::to_owned),
        mode: call.query.get("mode").map(mode).transpose()?,
        format: call.format(&config)?,
        expect,
        tag,
        branch: Some(branch),
        ..SaveOptions::default()
    };
    if call.query.is_true("dry_run")? {
        return what_a_save_changes(server, call, &state, &options);
    }
    let saved = server.store().save(&config, &call.body, &options, &call.context()?);
    Ok(saved_reply(saved.map_err(|error| server.problem(&error, call))?))
}

fn saved_reply(saved: Saved) -> Reply {
    let mut reply = Reply::json(&facts::saved(&saved)).tagged(&saved.version);
    reply.is_dry = !saved.is_new && saved.tagged.is_none();
    reply.made = saved.is_new.then(|| Box::new(saved.version));
    reply
}

fn mode(text: &str) -> Result<u32, Problem> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| {
        Problem::bad_request(format!("a mode is up to three octal digits, such as 0640, not {text}"))
    })
}

fn what_a_save_changes(
    server: &Server,
    call: &Call,
    state: &State,
    options: &SaveOptions,
) -> Result<Reply, Problem> {
    let (store, config) = (server.store(), &state.config);
    let problem = |error: Error| server.problem(&error, call);
    let branch = options.branch.as_ref().unwrap_or(&state.current);
    let head = store.head_number(state, branch).map_err(problem)?;
    let document = format::read(config.as_str(), call.body.to_vec(), options.format);
    let mut new = Side { name: config.to_string(), label: "edited".to_owned(), document, mode: None };
    let old = match head {
        Some(number) => {
            Side::of_version(config.as_str(), &store.load_number(config, number).map_err(problem)?)
        }
        None => {
            let document = format::read(config.as_str(), Vec::new(), Some(new.document.format));
            Side { name: config.to_string(), label: "nothing".to_owned(), document, mode: None }
        }
    };
    new.mode = options.mode.or(old.mode);
    let mut reply = Reply::json(&Value::map([
        ("config", Value::from(config.as_str())),
        ("dry_run", Value::from(true)),
        ("diff", told(&old, &new, &store.options(config))?),
        ("lines", Value::from(super::difference::unified(&old, &new))),
    ]));
    reply.is_dry = true;
    Ok(reply)
}

fn rollback(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let fields = Fields::read(call, &["to", "message", "branch", "dry_run"])?;
    let to =
        fields.revision("to")?.ok_or_else(|| missing("to", "the version whose bytes are to come back"))?;
    let config = call.config()?;
    let state = server.known_state(call)?;
    let problem = |error: Error| server.problem(&error, call);
    let number = server.store().resolve(&state, &call.revision(&to)?).map_err(problem)?;
    let branch = fields.text("branch")?.map(ref_name).transpose()?;
    let meant = branch.unwrap_or_else(|| state.current.clone());
    call.check_branch(&config, Some(&meant))?;
    if fields.is_true("dry_run")? {
        let head = server.store().head_number(&state, &meant).map_err(problem)?.unwrap_or(number);
        let side = |number| {
            let loaded = server.store().load_number(&config, number).map_err(problem)?;
            Ok::<_, Problem>(Side::of_version(config.as_str(), &loaded))
        };
        let mut reply = Reply::json(&Value::map([
            ("config", Value::from(config.as_str())),
            ("target", Value::from(number)),
            ("dry_run", Value::from(true)),
            ("diff", told(&side(head)?, &side(number)?, &server.store().options(&config))?),
        ]));
        reply.is_dry = true;
        return Ok(reply);
    }
    let options = RollbackOptions {
        description: fields.text("message")?.map(str::to_owned),
        expect: call.expected()?,
        restores_file: false,
        branch: Some(meant),
    };
    let saved = server.store().rollback(&config, number, &options, &call.context()?);
    Ok(saved_reply(saved.map_err(problem)?))
}

/// Who moves a tag away from a version must be allowed to write to that one's branch too.
pub(super) fn check_moved_tag(
    server: &Server,
    call: &Call,
    state: &State,
    tag: &RefName,
) -> Result<(), Problem> {
    let tags = server.store().known_tags(state).map_err(|error| server.problem(&error, call))?;
    match tags.tags.get(tag) {
        Some(number) => check_branch_of(server, call, &state.config, *number),
        None => Ok(()),
    }
}

/// Fails where the caller may not write to the branch that a version is on.
pub(super) fn check_branch_of(
    server: &Server,
    call: &Call,
    config: &ConfigName,
    number: u64,
) -> Result<(), Problem> {
    // Of a version that can't be read nobody knows on which branch it is.
    let branch = server.store().header(config, number).ok().map(|version| version.branch);
    call.check_branch(config, branch.as_ref())
}

/// That something is not there.
pub(super) fn not_found(what: impl Into<String>) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, what)
}
