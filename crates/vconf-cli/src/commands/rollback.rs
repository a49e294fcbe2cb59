//! `vconf rollback`: a file as it was, recorded as a new version.

use vconf::format;
use vconf::history::RollbackOptions;
use vconf::model::value::Value;
use vconf::worktree::RolledBack;

use super::diff::{Showing, Side};
use super::{OrAdvise, Stop};
use crate::args::RollbackArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::target::Tracked;
use crate::text::shell;

pub(crate) fn run(arguments: &RollbackArguments, session: &mut Session) -> Result<Exit, Stop> {
    let target = session.target(&arguments.target, arguments.revision.as_deref())?;
    let tracked = session.tracked(&target)?;
    let Some(revision) = &target.revision else {
        let latest = session.number(&tracked, None)?;
        return Err(Failure::error(format!("which version of {} is to come back?", tracked.file))
            .detail(format!("the latest is @{latest}; @-1 is the one before it"))
            .help(format!("vconf log {}", shell(&tracked.file)))
            .into());
    };
    let number = session.number(&tracked, Some(revision))?;
    if !session.output.json {
        preview(&tracked, number, session)?;
    }
    if arguments.dry_run {
        return dry(&tracked, number, session);
    }
    let context = session.context(&arguments.who)?;
    let options = RollbackOptions { description: arguments.message.clone(), expect: arguments.expect };
    let done = tracked.worktree.rollback(&tracked.config, number, &options, &context).or_advise(session)?;
    tell(&done, &tracked, session)?;
    Ok(Exit::Ok)
}

/// Shows what the file loses and gets.
fn preview(tracked: &Tracked, number: u64, session: &mut Session) -> Result<(), Stop> {
    let Some(file) = tracked.worktree.read(&tracked.config).or_advise(session)? else { return Ok(()) };
    let loaded = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?;
    if file.bytes == loaded.source {
        return Ok(());
    }
    let document = format::read(tracked.config.as_str(), file.bytes.as_slice(), None);
    let old = Side { name: tracked.file.clone(), label: "file".to_owned(), document, source: file.bytes };
    let document = loaded.document();
    let new =
        Side { name: tracked.file.clone(), label: format!("@{number}"), document, source: loaded.source };
    let showing = Showing { options: vconf::diff::Options::default(), text: false, layout: false };
    super::diff::show(&old, &new, &showing, session)?;
    Ok(())
}

fn dry(tracked: &Tracked, number: u64, session: &mut Session) -> Result<Exit, Stop> {
    if session.output.json {
        let value = Value::map([
            ("config", Value::from(tracked.config.as_str())),
            ("target", Value::from(number)),
            ("dry_run", Value::from(true)),
        ]);
        session.output.json(&value)?;
    } else {
        session.output.talk("note", "nothing was written (--dry-run)")?;
    }
    Ok(Exit::Ok)
}

fn tell(done: &RolledBack, tracked: &Tracked, session: &mut Session) -> Result<(), Stop> {
    let RolledBack { saved_before, rollback, file_written, rescued } = done;
    let output = &mut session.output;
    if output.json {
        let optional = |saved: &Option<vconf::history::Saved>| {
            saved.as_ref().map_or(Value::Null, |saved| facts::version(&saved.version))
        };
        let mut map = facts::version_map(&rollback.version);
        map.insert("saved".to_owned(), rollback.is_new.into());
        map.insert("file_written".to_owned(), (*file_written).into());
        map.insert("saved_before".to_owned(), optional(saved_before));
        map.insert("rescued".to_owned(), optional(rescued));
        output.json(&Value::Map(map))?;
        return Ok(());
    }
    for saved in saved_before.iter().chain(rescued) {
        output.line(&facts::version_line(&saved.version))?;
    }
    if rollback.is_new {
        output.line(&facts::version_line(&rollback.version))?;
    } else {
        let number = format!("  @{}", rollback.version.number);
        let rest = if *file_written {
            "  file written; it is the latest version again"
        } else {
            "  nothing to do: the file is the same"
        };
        output.line(&[
            (Look::Heading, &*tracked.config.to_string()),
            (Look::Moved, &number),
            (Look::Plain, rest),
        ])?;
    }
    super::save::tell_undo(rollback.is_new || saved_before.is_some(), session)
}
