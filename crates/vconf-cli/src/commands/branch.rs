//! `vconf branch`: lines of versions.

use vconf::history::{BranchOutcome, State};
use vconf::model::value::Value;
use vconf::store::Store;

use super::OrAdvise;
use super::save::{ref_name, tell_undo};
use crate::advice;
use crate::args::BranchArguments;
use crate::failure::{Exit, Failure};
use crate::render::style::Look;
use crate::session::Session;
use crate::target::Tracked;
use crate::text::{one_line, shell};

pub(crate) fn run(arguments: &BranchArguments, session: &mut Session) -> Result<Exit, Failure> {
    let Some(word) = &arguments.target else { return list_all(session) };
    let at = arguments.revision.as_deref().or(arguments.at.as_deref());
    let target = session.target(word, at)?;
    let tracked = session.tracked(&target)?;
    let store = &tracked.worktree.store;
    match (&arguments.name, &arguments.delete) {
        (Some(name), _) => {
            let name = ref_name(name)?;
            let number = session.number(&tracked, target.revision.as_ref())?;
            let context = session.context(&arguments.who)?;
            let outcome = store.create_branch(&tracked.config, &name, number, &context);
            let outcome = outcome.map_err(|error| advice::branch_failure(&error, &tracked, session))?;
            tell(&tracked, &outcome, false, session);
        }
        (None, Some(name)) => {
            let name = ref_name(name)?;
            let context = session.context(&arguments.who)?;
            let outcome = store.delete_branch(&tracked.config, &name, &context).or_advise(session)?;
            tell(&tracked, &outcome, true, session);
        }
        (None, None) if target.revision.is_some() => {
            let file = match at {
                Some(at) => format!("{word}@{}", at.trim_start_matches('@')),
                None => word.clone(),
            };
            return Err(Failure::error("the new branch needs a name")
                .detail("without a version, the branches are listed")
                .help(format!("vconf branch {} NAME", shell(&file))));
        }
        (None, None) => list(&tracked.worktree.store, &tracked.state, &tracked.file, session)?,
    }
    Ok(Exit::Ok)
}

/// The branches of all configs.
fn list_all(session: &mut Session) -> Result<Exit, Failure> {
    let Some(worktree) = session.maybe_here()? else {
        session.tell_nothing_tracked();
        return Ok(Exit::Ok);
    };
    for config in worktree.store.configs().or_advise(session)? {
        let state = worktree.store.state(&config).or_advise(session)?;
        let file = session.file_name(&worktree, &config);
        list(&worktree.store, &state, &file, session)?;
    }
    Ok(Exit::Ok)
}

fn list(store: &Store, state: &State, file: &str, session: &mut Session) -> Result<(), Failure> {
    let config = &state.config;
    for branch in state.branches() {
        let head = store.head_number(state, &branch).or_advise(session)?;
        let is_current = branch == state.current;
        if session.output.json {
            session.output.json(&Value::map([
                ("config", Value::from(config.as_str())),
                ("branch", Value::from(branch.as_str())),
                ("version", Value::from(head)),
                ("current", Value::from(is_current)),
            ]));
            continue;
        }
        let number = head.map_or_else(|| "–".to_owned(), |head| format!("@{head}"));
        // A damaged head is told by whoever reads it.
        let version = head.and_then(|head| store.header(config, head).ok());
        let why = version
            .map(|version| one_line(&version.description, session.output.most_chars(72)).into_owned())
            .unwrap_or_default();
        session.output.line(&[
            (Look::Plain, format!("{file}  ").as_str()),
            (Look::Moved, &format!("{number}  ")),
            (Look::Added, branch.as_str()),
            (Look::Plain, &format!("  {why}")),
            (Look::Dim, if is_current { "  ← current" } else { "" }),
        ]);
    }
    Ok(())
}

fn tell(tracked: &Tracked, outcome: &BranchOutcome, is_deleted: bool, session: &mut Session) {
    let BranchOutcome { branch, head } = outcome;
    if session.output.json {
        session.output.json(&Value::map([
            ("config", Value::from(tracked.config.as_str())),
            ("branch", Value::from(branch.as_str())),
            ("version", Value::from(*head)),
            ("deleted", Value::from(is_deleted)),
        ]));
        return;
    }
    let number = head.map_or_else(|| "–".to_owned(), |head| format!("@{head}"));
    let told = if is_deleted {
        format!("{}  branch {branch}  deleted, was {number}; its versions stay", tracked.file)
    } else {
        format!("{}  branch {branch}  → {number}", tracked.file)
    };
    session.output.line(&[(Look::Plain, told)]);
    if !is_deleted {
        session.output.talk("help", &format!("vconf switch {} {branch}", shell(&tracked.file)));
    }
    tell_undo(true, session);
}
