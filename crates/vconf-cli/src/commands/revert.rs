//! `vconf revert`: what one version changed, taken back in the file as it is now.

use vconf::diff::{self, Options, Rejection, RejectionReason};
use vconf::format::json;
use vconf::model::tree::Tree;
use vconf::model::value::Value;

use super::OrAdvise;
use super::edit::{Plan, Subject};
use crate::args::RevertArguments;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::target::{Target, Tracked};
use crate::text::{count, one_line, shell};

pub(crate) fn run(arguments: &RevertArguments, session: &mut Session) -> Result<Exit, Failure> {
    let RevertArguments { edit, who, .. } = arguments;
    let target = session.target(&arguments.target, arguments.revision.as_deref())?;
    let tracked = session.tracked(&target)?;
    let number = session.number(&tracked, target.revision.as_ref())?;
    let header = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?.version;
    let Some(&parent) = header.parents.first() else {
        return Err(Failure::error(format!("{}@{number} is a first version", tracked.config))
            .detail("there is nothing before it that could come back"));
    };
    let after = content(&tracked, number, session)?;
    let before = content(&tracked, parent, session)?;
    let file =
        Target { file: tracked.file.clone(), path: tracked.worktree.path(&tracked.config), revision: None };
    let subject = Subject::read(file, None, session)?;
    let made = reverted(&before, &after, &subject.content)?;
    if !made.conflicts.is_empty() {
        return Err(conflicts(&made.conflicts, &tracked, number));
    }
    let plan = Plan {
        arguments: edit,
        who,
        description: Some(format!("Revert of version {number}")),
        before: format!("Before the revert of version {number}"),
        same: format!("what @{number} changed is not there any more"),
        shows: true,
    };
    subject.write(&made.content, &plan, session)
}

fn content(tracked: &Tracked, number: u64, session: &Session) -> Result<Value, Failure> {
    let loaded = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?;
    if !loaded.is_structured() {
        return Err(loaded.no_content()).or_advise(session);
    }
    loaded.value().or_advise(session)
}

fn reverted(before: &Value, after: &Value, now: &Value) -> Result<diff::Fuzzy, Failure> {
    let too_deep = |error: &dyn std::fmt::Display| Failure::invalid(format!("the difference is {error}"));
    let tree = |value| Tree::from_value(value).map_err(|error| too_deep(&error));
    let (old, new) = (tree(before)?, tree(after)?);
    let patch =
        diff::compare(&old, &new, &Options::default()).to_patch().map_err(|error| too_deep(&error))?;
    diff::apply_fuzzy(after, now, &patch.invert()).map_err(|error| too_deep(&error))
}

fn conflicts(conflicts: &[Rejection], tracked: &Tracked, number: u64) -> Failure {
    let what = format!("{} of @{number} can't be taken back", count(conflicts.len() as u64, "change"));
    let failure = Failure::new(Exit::Conflict, what);
    let failure = conflicts.iter().take(10).fold(failure, |failure, conflict| {
        let told = match &conflict.reason {
            RejectionReason::Gone => conflict.to_string(),
            RejectionReason::Differs { expected, found } => {
                let show = |value: &Value| one_line(&json::to_string(value), 40).into_owned();
                format!("{conflict}: {}, not {}", show(found), show(expected))
            }
        };
        failure.detail(told)
    });
    let file = shell(&format!("{}@{number}", tracked.file));
    failure.detail("nothing was written").help(format!("vconf diff {file} {}", shell(&tracked.file)))
}
