//! Single values and patches: the smallest edit of the source, all else in it as it was.

use axum::http::{Method, StatusCode, header};
use vconf::format::Format;
use vconf::format::edit::edit;
use vconf::model::lookup;
use vconf::model::place;
use vconf::model::value::Value;
use vconf_advice::{key, patch};

use super::make::{Basis, Made, Wish, make, not_editable};
use super::{Access, Action, Answer, Body, Parameter, Route};
use crate::access::Role;
use crate::call::Call;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

const KEY: Parameter = Parameter::text(
    "key",
    "db.pool, env[name=B].value, list[0], list[+] for a new item, or a JSON Pointer /db/pool",
)
.required();
const MESSAGE: Parameter = Parameter::text("message", "why; without it, the summary of the change");
const BRANCH: Parameter = Parameter::text("branch", "the branch; without it, the current one");
const DRY_RUN: Parameter = Parameter::flag("dry_run", "only tell what would change");

const ANSWER: Answer = Answer::Json(
    "a version, with `saved` (false where nothing changed); with `dry_run` `config`, `dry_run`, `diff`, `text`",
);

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "setValue",
        method: Method::PUT,
        path: "/api/v1/configs/{config}/value",
        about: "Sets one value and keeps all else as it is",
        access: Access::Config(Role::Write),
        query: &[KEY, MESSAGE, BRANCH, DRY_RUN],
        body: Body::Json("the value"),
        answer: ANSWER,
        action: Action::Write(set),
    },
    Route {
        name: "unsetValue",
        method: Method::DELETE,
        path: "/api/v1/configs/{config}/value",
        about: "Takes one value out and keeps all else as it is",
        access: Access::Config(Role::Write),
        query: &[KEY, MESSAGE, BRANCH, DRY_RUN],
        body: Body::None,
        answer: ANSWER,
        action: Action::Write(unset),
    },
    Route {
        name: "patch",
        method: Method::PATCH,
        path: "/api/v1/configs/{config}/content",
        about: "Makes the edits of a patch and keeps all else as it is",
        access: Access::Config(Role::Write),
        query: &[MESSAGE, BRANCH, DRY_RUN],
        body: Body::Json(
            "a JSON Patch (a list), a merge patch (a map; of the type application/merge-patch+json where it could be \
             taken for another), or what `vconf diff --as patch` writes",
        ),
        answer: ANSWER,
        action: Action::Write(make_patch),
    },
];

fn wish(call: &Call) -> Result<Wish, Problem> {
    Ok(Wish {
        branch: call.branch()?,
        message: call.query.get("message").map(str::to_owned),
        is_dry: call.query.is_true("dry_run")?,
    })
}

fn set(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let config = call.config()?;
    let value = call.json_value()?;
    let key = whole_key(call)?;
    make(server, call, &config, &wish(call)?, |basis| {
        let mut content = content(basis)?;
        let format = basis.document.format;
        if format == Format::Toml && value == Value::Null {
            return Err(invalid("TOML has no null").detail("take the key away with DELETE"));
        }
        let tree = basis.document.tree.as_ref().ok_or_else(|| no_keys(basis))?;
        let place = place::place(tree, key, format.map_levels()).map_err(|error| {
            invalid(format!("{key} can't be set: {error}"))
                .detail("a key is db.pool, env[name=B].value, list[0], list[+] for a new item, or /db/pool")
        })?;
        if place.path.0.is_empty() {
            return Err(invalid("the whole content can't be set: name one of its keys"));
        }
        place::set(&mut content, &place.path, value.clone())
            .ok_or_else(|| invalid(format!("{key} can't be set")))?;
        written(basis, &content)
    })
}

fn unset(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let config = call.config()?;
    let key = whole_key(call)?;
    make(server, call, &config, &wish(call)?, |basis| {
        let mut content = content(basis)?;
        let tree = basis.document.tree.as_ref().ok_or_else(|| no_keys(basis))?;
        let what = format!("{config}@{}", basis.loaded.version.number);
        let node = lookup::find(tree, key).map_err(|error| key::not_found(&what, key, &error))?;
        let path = place::path_to(tree, node);
        content.take_at(&path).ok_or_else(|| invalid("the whole content can't be taken away"))?;
        written(basis, &content)
    })
}

fn make_patch(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let config = call.config()?;
    let wanted = call.json_value()?;
    let media = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_merge_patch =
        media.split(';').next().is_some_and(|media| media.trim() == "application/merge-patch+json");
    make(server, call, &config, &wish(call)?, |basis| {
        let content = content(basis)?;
        let content = patch::apply(&content, &wanted, is_merge_patch)?;
        written(basis, &content)
    })
}

fn whole_key(call: &Call) -> Result<&str, Problem> {
    match call.query.get("key").unwrap_or("") {
        "" | "." => {
            Err(invalid("a key is needed").detail("it is db.pool, env[name=B].value, list[0], or /db/pool"))
        }
        key => Ok(key),
    }
}

fn content(basis: &Basis) -> Result<Value, Problem> {
    let document = &basis.document;
    let tree =
        document.tree.as_ref().filter(|_| document.format != Format::Text && document.warning.is_none());
    let tree = tree.ok_or_else(|| no_keys(basis))?;
    tree.to_value().map_err(|error| no_keys(basis).detail(format!("its content is {error}")))
}

fn written(basis: &Basis, content: &Value) -> Result<Made, Problem> {
    let source = edit(&basis.document, content);
    Ok(Made::edit(source.map_err(|error| not_editable(&basis.state.config, &error))?))
}

fn no_keys(basis: &Basis) -> Problem {
    let problem = invalid(format!("{} can't be edited by its keys", basis.state.config));
    match &basis.document.warning {
        Some(warning) => problem.detail(warning.to_string()),
        None => problem.detail(format!("it is {}, which has no keys and values", basis.document.format)),
    }
}

fn invalid(message: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}
