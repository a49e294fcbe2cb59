//! Changes carried from one version to another: merged, reverted, picked.

use axum::http::{Method, StatusCode};
use vconf::diff::{Choice, Options};
use vconf::format::Document;
use vconf::history::{Error, Loaded, MergeSide, MergedSource, State, merge_sources};
use vconf::model::name::ConfigName;
use vconf::model::record::Action as Deed;
use vconf::model::value::Value;
use vconf_advice::facts;
use vconf_advice::text::count;

use super::make::{Basis, Made, Wish, make, not_editable};
use super::{Access, Action, Answer, Body, Route};
use crate::access::Role;
use crate::call::{Call, config_name, forbidden, ref_name};
use crate::fields::{Fields, missing};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

const ANSWER: Answer = Answer::Json(
    "a version, with `saved`, `conflicts` and `decided_for` (`ours`, `theirs` or null); \
     409 with `conflicts` where nobody decided; with `dry_run` `config`, `dry_run`, `diff`, `text`",
);

pub(super) const ROUTES: &[Route] = &[
    Route {
        name: "merge",
        method: Method::POST,
        path: "/api/v1/configs/{config}/merge",
        about: "Merges what another branch changed since both were one",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::Json(
            "`from` (a branch or version), `branch`, `prefer` (ours or theirs), `message`, `dry_run`",
        ),
        answer: ANSWER,
        action: Action::Write(merge),
    },
    Route {
        name: "revert",
        method: Method::POST,
        path: "/api/v1/configs/{config}/revert",
        about: "Takes back what one version changed, and keeps what came after",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::Json("`version`, `branch`, `prefer` (ours or theirs), `message`, `dry_run`"),
        answer: ANSWER,
        action: Action::Write(revert),
    },
    Route {
        name: "pick",
        method: Method::POST,
        path: "/api/v1/configs/{config}/pick",
        about: "Carries what one version changed to another branch or config",
        access: Access::Config(Role::Write),
        query: &[],
        body: Body::Json(
            "`version`, `of` (the config that it is a version of, where another), `branch`, `prefer` (ours or theirs), \
             `message`, `dry_run`",
        ),
        answer: ANSWER,
        action: Action::Write(pick),
    },
];

fn wish(fields: &Fields) -> Result<(Wish, Option<Choice>), Problem> {
    let choice = match fields.text("prefer")? {
        None => None,
        Some("ours") => Some(Choice::Ours),
        Some("theirs") => Some(Choice::Theirs),
        Some(other) => return Err(Problem::bad_request(format!("prefer is ours or theirs, not {other}"))),
    };
    let wish = Wish {
        branch: fields.text("branch")?.map(ref_name).transpose()?,
        message: fields.text("message")?.map(str::to_owned),
        is_dry: fields.is_true("dry_run")?,
    };
    Ok((wish, choice))
}

fn merge(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let fields = Fields::read(call, &["from", "branch", "prefer", "message", "dry_run"])?;
    let from =
        fields.revision("from")?.ok_or_else(|| missing("from", "the branch or version that is merged in"))?;
    let revision = call.revision(&from)?;
    let (wish, choice) = wish(&fields)?;
    let config = call.config()?;
    let store = server.store();
    let problem = |error: Error| server.problem(&error, call);
    make(server, call, &config, &wish, |basis| {
        let ours = basis.loaded.version.number;
        let theirs = store.resolve(&basis.state, &revision).map_err(problem)?;
        let base = store.merge_base(&config, ours, theirs).map_err(problem)?.ok_or_else(|| {
            let what = format!("@{ours} and @{theirs} have no version that both come from");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, what)
        })?;
        if base == theirs {
            return Ok(Made::edit(basis.loaded.source.clone()));
        }
        let base = Other::load(server, call, &config, base)?;
        let theirs_side = Other::load(server, call, &config, theirs)?;
        let merged = merged(basis, &base, &theirs_side, choice)?;
        Ok(Made {
            action: Deed::Merge,
            merges: vec![theirs],
            description: Some(format!("Merge of {from} (@{theirs}){}", merged.1)),
            ..merged.0
        })
    })
}

fn revert(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let fields = Fields::read(call, &["version", "branch", "prefer", "message", "dry_run"])?;
    let version =
        fields.revision("version")?.ok_or_else(|| missing("version", "the version that is taken back"))?;
    let (wish, choice) = wish(&fields)?;
    let config = call.config()?;
    let state = server.known_state(call)?;
    let (number, parent) = with_parent(server, call, &state, &version)?;
    // Seen from the version, the latest changed it in one way, and its parent in another.
    let base = Other::load(server, call, &config, number)?;
    let theirs = Other::load(server, call, &config, parent)?;
    make(server, call, &config, &wish, |basis| {
        let (made, decided) = merged(basis, &base, &theirs, choice)?;
        Ok(Made { description: Some(format!("Revert of version {number}{decided}")), ..made })
    })
}

fn pick(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let fields = Fields::read(call, &["version", "of", "branch", "prefer", "message", "dry_run"])?;
    let version =
        fields.revision("version")?.ok_or_else(|| missing("version", "the version that is carried"))?;
    let (wish, choice) = wish(&fields)?;
    let config = call.config()?;
    let from = fields.text("of")?.map(config_name).transpose()?.unwrap_or_else(|| config.clone());
    if !call.caller.may(Role::Read, &from, None) {
        return Err(forbidden(Role::Read, from.as_str(), &call.caller));
    }
    let state = server.store().known_state(&from).map_err(|error| server.problem(&error, call))?;
    let (number, parent) = with_parent(server, call, &state, &version)?;
    let base = Other::load(server, call, &from, parent)?;
    let theirs = Other::load(server, call, &from, number)?;
    make(server, call, &config, &wish, |basis| {
        let (made, decided) = merged(basis, &base, &theirs, choice)?;
        Ok(Made { description: Some(format!("Pick of {from}@{number}{decided}")), ..made })
    })
}

/// A version, and the one that it was made from.
fn with_parent(server: &Server, call: &Call, state: &State, version: &str) -> Result<(u64, u64), Problem> {
    let revision = call.revision(version)?;
    let number = server.store().resolve(state, &revision).map_err(|error| server.problem(&error, call))?;
    let header = server.store().header(&state.config, number);
    let header = header.map_err(|error| server.problem(&error.into(), call))?;
    let parent = header.parents.first().copied().ok_or_else(|| {
        super::save::not_found(format!("{}@{number} is a first version", state.config))
            .detail("there is nothing before it, so that it changed nothing")
    })?;
    Ok((number, parent))
}

/// A version that is one of the three sides.
struct Other {
    loaded: Loaded,
    document: Document,
    name: String,
}

impl Other {
    fn load(server: &Server, call: &Call, config: &ConfigName, number: u64) -> Result<Self, Problem> {
        let loaded =
            server.store().load_number(config, number).map_err(|error| server.problem(&error, call))?;
        let document = loaded.document();
        Ok(Self { loaded, document, name: format!("@{number}") })
    }

    fn side(&self) -> MergeSide<'_> {
        MergeSide { bytes: &self.loaded.source, document: &self.document, name: &self.name }
    }
}

/// One source of three, and what is to be said of conflicts that were decided.
fn merged(
    basis: &Basis,
    base: &Other,
    theirs: &Other,
    choice: Option<Choice>,
) -> Result<(Made, String), Problem> {
    let name = format!("@{}", basis.loaded.version.number);
    let ours = MergeSide { bytes: &basis.loaded.source, document: &basis.document, name: &name };
    let made = merge_sources(base.side(), ours, theirs.side(), &Options::default(), choice)
        .map_err(|error| not_editable(&basis.state.config, &error))?;
    let MergedSource { source, conflicts, marked, .. } = made;
    let told = facts::conflicts(&conflicts);
    let number = count(conflicts.len() as u64, "conflict");
    let Some(source) = source else {
        let message = format!(
            "{number}: {} and {} are not as {} was, each in its own way",
            ours.name, theirs.name, base.name
        );
        let problem = Problem::new(StatusCode::CONFLICT, message)
            .detail("nothing was written; prefer ours or theirs, or save a source in which it is decided");
        let failure = problem.failure.fact("conflicts", told).fact("marked", Value::from(marked));
        return Err(Problem {
            failure: Box::new(failure),
            status: problem.status,
            retry_after_seconds: None,
        });
    };
    let decided = choice.filter(|_| !conflicts.is_empty()).map(|choice| match choice {
        Choice::Ours => "ours",
        Choice::Theirs => "theirs",
    });
    let said = decided.map(|side| format!(", {number} decided for {side}")).unwrap_or_default();
    let facts = vec![("conflicts", told), ("decided_for", Value::from(decided))];
    Ok((Made { facts, ..Made::edit(source) }, said))
}
