//! `vconf merge`: what another branch changed, brought into the file.

use vconf::history::MergeSide;
use vconf::model::record::Action;
use vconf::model::revision::Revision;

use super::OrAdvise;
use super::carry::{self, Carrying, Kind, Version};
use super::edit::{Original, Plan, tell_nothing};
use crate::advice;
use crate::args::MergeArguments;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::target::Target;
use crate::text::shell;

pub(crate) fn run(arguments: &MergeArguments, session: &mut Session) -> Result<Exit, Failure> {
    let MergeArguments { target, branch, sides, edit, who } = arguments;
    let target = session.target(target, None)?;
    if target.revision.is_some() {
        return Err(Failure::error("a branch is merged into the file, not into a version").help(format!(
            "vconf merge {} {}",
            shell(&target.file),
            shell(branch)
        )));
    }
    let tracked = session.tracked(&target)?;
    let revision = session.revision(branch.strip_prefix('@').unwrap_or(branch))?;
    let theirs = session.number(&tracked, Some(&revision)).map_err(|failure| match &revision {
        Revision::Name(name) if failure.exit == Exit::Error => {
            advice::unknown_branch_name(failure, name.as_str(), &tracked)
        }
        _ => failure,
    })?;
    let what = match &revision {
        Revision::Name(name) => format!("{name} (@{theirs})"),
        _ => format!("@{theirs}"),
    };
    let ours = session.number(&tracked, None)?;
    let base = tracked.worktree.store.merge_base(&tracked.config, ours, theirs).or_advise(session)?;
    let Some(base) = base else {
        return Err(Failure::error(format!("@{ours} and @{theirs} have no version that both come from"))
            .help(format!("vconf diff {0}@{theirs} {0}", shell(&tracked.file))));
    };
    if base == theirs {
        let why = match theirs == ours {
            true => format!("nothing to merge: {branch} names @{ours}, which is the latest here"),
            false => format!("nothing to merge: @{ours}, the latest, has all of {what} already"),
        };
        return Ok(tell_nothing(&tracked.file, &why, session));
    }
    let file =
        Target { file: tracked.file.clone(), path: tracked.worktree.path(&tracked.config), revision: None };
    let original = Original::read(file, None, session)?;
    let base = Version::load(&tracked, base, session)?;
    let theirs_version = Version::load(&tracked, theirs, session)?.called(what.clone());
    let ours = MergeSide { bytes: &original.file.bytes, document: &original.document, name: &tracked.file };
    let retry = format!("vconf merge {} {}", shell(&tracked.file), shell(branch));
    let carrying = Carrying { kind: Kind::Merge, retry: &retry };
    let carried = carry::merged([base.side(), ours, theirs_version.side()], sides, carrying, session)?;
    let plan = Plan {
        action: Action::Merge,
        merges: vec![theirs],
        description: Some(carried.outcome.described(format!("Merge of {what}"))),
        conflicts: Some(&carried.outcome),
        before: format!("Before the merge of {what}"),
        ..Plan::new(edit, who)
    };
    original.rewrite(carried.source.clone(), &plan, session)
}
