//! New versions that are made of the latest of a branch: what editing, merging, reverting and picking share.

use axum::http::StatusCode;
use vconf::canonical;
use vconf::format::{self, Document};
use vconf::history::{Error, Loaded, SaveOptions, State};
use vconf::model::name::{ConfigName, RefName};
use vconf::model::record::Action;
use vconf::model::value::Value;
use vconf_advice::difference::{Side, told};
use vconf_advice::facts;

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::server::Server;

/// What is asked of every change.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    /// The branch; without it, the current one.
    pub(super) branch: Option<RefName>,
    /// Why.
    pub(super) message: Option<String>,
    /// Whether it is only to be told what would change.
    pub(super) is_dry: bool,
}

/// What a change is made of.
pub(super) struct Basis {
    pub(super) state: State,
    pub(super) loaded: Loaded,
    pub(super) document: Document,
}

/// A change.
pub(super) struct Made {
    pub(super) source: Vec<u8>,
    pub(super) action: Action,
    /// The versions that are merged in.
    pub(super) merges: Vec<u64>,
    /// Why, where nobody says.
    pub(super) description: Option<String>,
    /// What is told besides.
    pub(super) facts: Vec<(&'static str, Value)>,
}

impl Made {
    /// A plain edit.
    pub(super) fn edit(source: Vec<u8>) -> Self {
        Self { source, action: Action::Edit, merges: Vec::new(), description: None, facts: Vec::new() }
    }
}

/// How often a change is made anew where another process was faster.
const MOST_ATTEMPTS: usize = 16;

/// Makes a version of the latest one of a branch. Where another process wrote meanwhile, it is made anew of what that
/// wrote, unless the request says which version it expects.
pub(super) fn make(
    server: &Server,
    call: &Call,
    config: &ConfigName,
    wish: &Wish,
    change: impl Fn(&Basis) -> Result<Made, Problem>,
) -> Result<Reply, Problem> {
    let expected = call.expected()?;
    let context = call.context()?;
    for _ in 0..MOST_ATTEMPTS {
        let basis = basis(server, call, config, wish)?;
        let number = basis.loaded.version.number;
        if let Some(expected) = expected.filter(|expected| *expected != number) {
            return Err(not_expected(server, call, config, expected, number));
        }
        let made = change(&basis)?;
        let is_same = canonical::checksum(&made.source) == basis.loaded.version.checksum;
        if wish.is_dry {
            return dry(server, config, &basis, made);
        }
        if is_same && made.merges.is_empty() {
            return Ok(reply(facts::version(&basis.loaded.version), false, made.facts));
        }
        let options = SaveOptions {
            description: wish.message.clone().or(made.description),
            format: Some(basis.loaded.version.format),
            expect: Some(number),
            branch: Some(wish.branch.clone().unwrap_or(basis.state.current)),
            action: made.action,
            merges: made.merges,
            ..SaveOptions::default()
        };
        match server.store().save(config, &made.source, &options, &context) {
            Err(Error::Conflict { .. }) if expected.is_none() => {}
            Err(error) => return Err(server.problem(&error, call)),
            Ok(saved) => {
                let mut reply = reply(facts::saved(&saved), saved.is_new, made.facts).tagged(&saved.version);
                reply.made = Some(Box::new(saved.version));
                return Ok(reply);
            }
        }
    }
    Err(server.problem(&Error::Busy { config: config.clone() }, call))
}

fn basis(server: &Server, call: &Call, config: &ConfigName, wish: &Wish) -> Result<Basis, Problem> {
    let problem = |error: Error| server.problem(&error, call);
    let state = server.store().known_state(config).map_err(problem)?;
    let branch = wish.branch.as_ref().unwrap_or(&state.current);
    call.check_branch(config, Some(branch))?;
    if !state.has_branch(branch) {
        let (name, branches) = (branch.clone(), state.branches().into_iter().collect());
        return Err(problem(Error::UnknownBranch { config: config.clone(), name, branches }));
    }
    let head = server.store().head_number(&state, branch).map_err(problem)?;
    let newest = state.versions.number;
    let number = head.ok_or_else(|| problem(Error::NoLatest { config: config.clone(), newest }))?;
    let loaded = server.store().load_number(config, number).map_err(problem)?;
    let document = loaded.document();
    Ok(Basis { state, loaded, document })
}

/// That the latest version is another, and what came since.
fn not_expected(server: &Server, call: &Call, config: &ConfigName, expected: u64, found: u64) -> Problem {
    let first = expected.saturating_add(1).max(found.saturating_sub(MOST_TOLD_SINCE));
    let since = (first..=found).filter_map(|number| server.store().header(config, number).ok()).collect();
    server.problem(&Error::Conflict { config: config.clone(), expected, found, since }, call)
}

/// How many of the versions that came since are told.
const MOST_TOLD_SINCE: u64 = 20;

/// What would change.
fn dry(server: &Server, config: &ConfigName, basis: &Basis, made: Made) -> Result<Reply, Problem> {
    let old = Side::of_version(config.as_str(), &basis.loaded);
    let document = format::read(config.as_str(), made.source.clone(), Some(basis.document.format));
    let new = Side { name: config.to_string(), label: "edited".to_owned(), document, mode: old.mode };
    let text = Value::from(std::str::from_utf8(&made.source).ok());
    let told = [
        ("config", Value::from(config.as_str())),
        ("dry_run", Value::from(true)),
        ("diff", told(&old, &new, &server.store().options(config))?),
        ("text", text),
    ];
    let mut reply = Reply::json(&Value::map(told.into_iter().chain(made.facts)));
    reply.is_dry = true;
    Ok(reply)
}

fn reply(told: Value, is_new: bool, facts: Vec<(&'static str, Value)>) -> Reply {
    let Value::Map(mut map) = told else { return Reply::json(&told) };
    map.insert("saved".to_owned(), is_new.into());
    map.extend(facts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let mut reply = Reply::json(&Value::Map(map));
    reply.is_dry = !is_new;
    reply
}

/// What stands in the way of an edit.
pub(super) fn not_editable(config: &ConfigName, error: &dyn std::fmt::Display) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{config} {error}"))
        .detail("nothing was written; save the whole source in place of this")
}
