//! `vconf revert`: what one version changed, taken back in the file as it is now.

use vconf::history::MergeSide;

use super::carry::{self, Carrying, Kind, Version};
use super::edit::{Original, Plan};
use crate::args::RevertArguments;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::target::{Target, Tracked};
use crate::text::shell;

pub(crate) fn run(arguments: &RevertArguments, session: &mut Session) -> Result<Exit, Failure> {
    let RevertArguments { edit, who, sides, .. } = arguments;
    let target = session.target(&arguments.target, arguments.revision.as_deref())?;
    let tracked = session.tracked(&target)?;
    let Some(revision) = &target.revision else {
        return Err(session.which_version(&tracked, "is to be taken back"));
    };
    let number = session.number(&tracked, Some(revision))?;
    let parent = parent(&tracked, number, "there is nothing before it that could come back", session)?;
    let file =
        Target { file: tracked.file.clone(), path: tracked.worktree.path(&tracked.config), revision: None };
    let original = Original::read(file, None, session)?;
    // Seen from the version, the file changed it in one way, and its parent in another.
    let base = Version::load(&tracked, number, session)?;
    let theirs = Version::load(&tracked, parent, session)?;
    let ours = MergeSide { bytes: &original.file.bytes, document: &original.document, name: &tracked.file };
    let retry = format!("vconf revert {}", shell(&format!("{}@{number}", tracked.file)));
    let carrying = Carrying { kind: Kind::Revert, retry: &retry };
    let carried = carry::merged([base.side(), ours, theirs.side()], sides, carrying, session)?;
    let plan = Plan {
        description: Some(carried.outcome.described(format!("Revert of version {number}"))),
        conflicts: Some(&carried.outcome),
        before: format!("Before the revert of version {number}"),
        same: format!("what @{number} changed is not there any more"),
        ..Plan::new(edit, who)
    };
    original.rewrite(carried.source.clone(), &plan, session)
}

/// The version that another one was made from.
pub(super) fn parent(
    tracked: &Tracked,
    number: u64,
    why_not: &str,
    session: &Session,
) -> Result<u64, Failure> {
    use super::OrAdvise;
    let header = tracked.worktree.store.header(&tracked.config, number).or_advise(session)?;
    header.parents.first().copied().ok_or_else(|| {
        Failure::error(format!("{}@{number} is a first version", tracked.config)).detail(why_not)
    })
}
