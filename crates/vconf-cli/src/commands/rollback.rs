//! `vconf rollback`: a file as it was, recorded as a new version.

use vconf::format;
use vconf::history::{RollbackOptions, Saved};
use vconf::model::lookup::{self, NotFound};
use vconf::model::place::{self, NoPlace};
use vconf::model::value::{Map, Value};
use vconf::worktree::RolledBack;
use vconf_advice::key::not_found;

use super::OrAdvise;
use super::diff::{Showing, Side};
use super::edit::{Plan, Subject};
use crate::args::RollbackArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::target::{Target, Tracked};
use crate::text::shell;

pub(crate) fn run(arguments: &RollbackArguments, session: &mut Session) -> Result<Exit, Failure> {
    let target = session.target(&arguments.target, arguments.revision.as_deref())?;
    let tracked = session.tracked(&target)?;
    let Some(revision) = &target.revision else {
        return Err(session.which_version(&tracked, "is to come back"));
    };
    let number = session.number(&tracked, Some(revision))?;
    if let Some(expected) = arguments.edit.expect {
        let expectation = tracked.worktree.store.expect_latest(&tracked.config, expected);
        expectation.or_advise(session)?;
    }
    if let Some(key) = &arguments.key {
        return one_key(key, number, &tracked, arguments, session);
    }
    let sides = sides(&tracked, number, session)?;
    let options = session.options_or_warn(&tracked.worktree, &tracked.config);
    let showing = Showing::plain(options);
    if arguments.edit.dry_run {
        return dry(&tracked, number, sides, &showing, session);
    }
    if let Some((old, new)) = sides.filter(|_| !session.output.json) {
        super::diff::show(&old, &new, &showing, session)?;
    }
    let context = session.context(&arguments.who)?;
    let options = RollbackOptions {
        description: arguments.edit.message.clone(),
        expect: arguments.edit.expect,
        ..RollbackOptions::default()
    };
    let done = tracked.worktree.rollback(&tracked.config, number, &options, &context).or_advise(session)?;
    tell(&done, &tracked, session);
    Ok(Exit::Ok)
}

/// Gives one key of the file the value that it had, or takes it away where it was not there.
fn one_key(
    key: &str,
    number: u64,
    tracked: &Tracked,
    arguments: &RollbackArguments,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let RollbackArguments { edit, who, .. } = arguments;
    let target =
        Target { file: tracked.file.clone(), path: tracked.worktree.path(&tracked.config), revision: None };
    let whole = format!("vconf rollback {} --dry-run", shell(&format!("{}@{number}", tracked.file)));
    let subject = Subject::read(target, None, session).map_err(|failure| match failure.help {
        None => failure.help(whole),
        Some(_) => failure,
    })?;
    let loaded = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?;
    let document = loaded.document();
    let Some(then) = document.tree.filter(|_| loaded.is_structured()) else {
        return Err(loaded.no_content()).or_advise(session);
    };
    let now = subject.tree();
    let mut content = subject.content.clone();
    let rollback = |several: &NotFound| {
        let key = several.alternatives.first().map(String::as_str).unwrap_or_default();
        format!("vconf rollback {} -k {}", shell(&format!("{}@{number}", tracked.file)), shell(key))
    };
    match (lookup::find(&then, key), lookup::find(now, key)) {
        (_, Err(several)) if !several.alternatives.is_empty() => {
            return Err(not_found(&tracked.file, key, &several).help(rollback(&several)));
        }
        (Err(several), _) if !several.alternatives.is_empty() => {
            let then = format!("{}@{number}", tracked.config);
            return Err(not_found(&then, key, &several).help(rollback(&several)));
        }
        (Ok(node), _) => {
            let value =
                then.value(node).map_err(|error| Failure::invalid(format!("the value is {error}")))?;
            let levels = subject.document.format.map_levels();
            let place = match place::place(now, key, levels) {
                // An item of a list that is gone comes back at its end.
                Err(NoPlace::NoItem(NotFound { ref found, .. }))
                    if place::path_to(&then, node).split_last().is_some_and(|(list, _)| {
                        lookup::find(&then, found).is_ok_and(|found| place::path_to(&then, found) == list)
                    }) =>
                {
                    place::place(now, &format!("{found}[+]"), levels)
                }
                place => place,
            };
            let place = place.map_err(|error| super::set::no_place(key, error, &subject))?;
            content
                .put_at(&place.path, value)
                .ok_or_else(|| Failure::invalid(format!("{key} can't be set")))?;
        }
        (Err(_), Ok(node)) => {
            if content.take_at(&place::path_to(now, node)).is_none() {
                return Err(Failure::invalid("the whole content can't be taken away"));
            }
        }
        (Err(error), Err(_)) => return Err(super::get::no_value(key, &error, tracked, number)),
    }
    let plan = Plan {
        description: Some(format!("Rollback of {} to version {number}", super::get::told(key))),
        before: format!("Before the rollback of {} to version {number}", super::get::told(key)),
        same: format!("{} is as it was in @{number}", super::get::told(key)),
        ..Plan::new(edit, who)
    };
    subject.write(&content, &plan, session)
}

/// The file as it is, and the version that it gets; `None` where there is no file, or it is the same.
fn sides(tracked: &Tracked, number: u64, session: &Session) -> Result<Option<(Side, Side)>, Failure> {
    let Some(file) = tracked.worktree.read(&tracked.config).or_advise(session)? else { return Ok(None) };
    let loaded = tracked.worktree.store.load_number(&tracked.config, number).or_advise(session)?;
    let mode = file.stat.mode & 0o777;
    if file.bytes == loaded.source && loaded.version.mode.is_none_or(|wanted| wanted == mode) {
        return Ok(None);
    }
    let document = format::read(tracked.config.as_str(), file.bytes, None);
    let name = tracked.file.clone();
    let old = Side { name: name.clone(), label: "file".to_owned(), document, mode: Some(mode) };
    let new =
        Side { name, label: format!("@{number}"), document: loaded.document(), mode: loaded.version.mode };
    Ok(Some((old, new)))
}

fn dry(
    tracked: &Tracked,
    number: u64,
    sides: Option<(Side, Side)>,
    showing: &Showing,
    session: &mut Session,
) -> Result<Exit, Failure> {
    if session.output.json {
        let mut map = Map::new();
        map.insert("config".to_owned(), tracked.config.as_str().into());
        map.insert("file".to_owned(), tracked.file.as_str().into());
        map.insert("target".to_owned(), number.into());
        map.insert("dry_run".to_owned(), true.into());
        let diff = sides.map(|(old, new)| super::diff::told(&old, &new, &showing.options)).transpose()?;
        map.insert("diff".to_owned(), Value::from(diff));
        session.output.json(&Value::Map(map));
        return Ok(Exit::Ok);
    }
    match sides {
        Some((old, new)) => {
            super::diff::show(&old, &new, showing, session)?;
        }
        None => session.output.text(if tracked.worktree.path(&tracked.config).exists() {
            "the file is the same\n"
        } else {
            "the file is not there and would be written\n"
        }),
    }
    session.output.talk("note", "nothing was written (--dry-run)");
    Ok(Exit::Ok)
}

fn tell(done: &RolledBack, tracked: &Tracked, session: &mut Session) {
    let RolledBack { saved_before, rollback, file_written, rescued } = done;
    let output = &mut session.output;
    if output.json {
        let optional = |saved: &Option<Saved>| {
            saved.as_ref().map_or(Value::Null, |saved| facts::version(&saved.version))
        };
        let mut map = facts::version_map(&rollback.version);
        map.insert("saved".to_owned(), rollback.is_new.into());
        map.insert("file_written".to_owned(), (*file_written).into());
        map.insert("saved_before".to_owned(), optional(saved_before));
        map.insert("rescued".to_owned(), optional(rescued));
        output.json(&Value::Map(map));
    } else {
        for saved in saved_before.iter().chain(rescued) {
            output.version(&tracked.file, &saved.version);
        }
        if rollback.is_new {
            output.version(&tracked.file, &rollback.version);
        } else {
            let number = format!("  @{}", rollback.version.number);
            let rest = "  nothing to do: the file is the same";
            output.line(&[(Look::Heading, &*tracked.file), (Look::Moved, &number), (Look::Plain, rest)]);
        }
    }
    for damage in &rollback.damage {
        let check = session.output.command("vconf check");
        session.output.talk("warning", &format!("{damage}. Run: {check}"));
    }
    super::save::tell_undo(rollback.is_new || saved_before.is_some(), session);
}
