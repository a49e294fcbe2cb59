//! `vconf export`: histories in the forms of other systems.

mod tar;

use std::path::Path;

use vconf::history::{ExportError, Exported};
use vconf::model::name::ConfigName;
use vconf::model::value::Value;
use vconf::worktree::Worktree;

use super::OrAdvise;
use crate::advice;
use crate::args::ExportArguments;
use crate::failure::{Exit, Failure};
use crate::git::Writer;
use crate::session::Session;
use crate::text::{count, shell};

pub(crate) fn run(arguments: &ExportArguments, session: &mut Session) -> Result<Exit, Failure> {
    let target = arguments.target.to_str().unwrap_or_default();
    let (kind, place, files) = match (target.split_once(':'), arguments.files.split_first()) {
        (Some((kind @ ("git" | "tar"), place)), _) if !place.is_empty() => (kind, place, &*arguments.files),
        // `tar FILE` is as good as `tar:FILE`.
        (None, Some((place, files))) if matches!(target, "git" | "tar") => (target, place.as_str(), files),
        _ => {
            return Err(Failure::error(format!("{} is nothing to export to", arguments.target.display()))
                .detail("there is git:FOLDER and tar:FILE")
                .help("vconf export git:history"));
        }
    };
    let subjects = subjects(files, session)?;
    match kind {
        "git" => git(place, &subjects, session),
        _ => tar::run(place, &subjects, session),
    }
}

/// A store, and the configs of it that are exported.
struct Subjects {
    worktree: Worktree,
    configs: Vec<ConfigName>,
}

fn subjects(files: &[String], session: &mut Session) -> Result<Subjects, Failure> {
    let mut found: Option<Subjects> = None;
    for file in files {
        let target = session.target(file, None)?;
        if target.revision.is_some() {
            return Err(Failure::error("whole histories are exported, not versions")
                .help(format!("vconf show {}", shell(file))));
        }
        let tracked = session.tracked(&target)?;
        match &mut found {
            None => {
                found = Some(Subjects { worktree: tracked.worktree, configs: vec![tracked.config] });
            }
            Some(found) if found.worktree.root() != tracked.worktree.root() => {
                return Err(Failure::error(format!("{file} is in another store")));
            }
            Some(found) if !found.configs.contains(&tracked.config) => found.configs.push(tracked.config),
            Some(_) => {}
        }
    }
    if let Some(found) = found {
        return Ok(found);
    }
    let worktree = session.here()?;
    let mut configs = worktree.store.configs().or_advise(session)?;
    // Of one that was never saved there is nothing to export.
    configs.retain(|config| worktree.store.state(config).is_ok_and(|state| state.versions.number > 0));
    if configs.is_empty() {
        return Err(Failure::error("there is nothing to export").detail("no file is tracked here yet"));
    }
    Ok(Subjects { worktree, configs })
}

fn git(folder: &str, subjects: &Subjects, session: &mut Session) -> Result<Exit, Failure> {
    let path = vconf::worktree::normalize(&session.folder.join(folder));
    let mut writer = Writer::create(&path)?;
    let done = match subjects.worktree.store.export_git(&subjects.configs, writer.stream()) {
        Ok(done) => done,
        Err(ExportError::Write(error)) => return Err(writer.abandon(&error)),
        Err(ExportError::History(error)) => {
            // What was begun has no branches yet, and is told by the failure of the history.
            drop(writer.abandon(&std::io::ErrorKind::Interrupted.into()));
            return Err(advice::history_failure(&error, session, Some(&subjects.worktree)));
        }
    };
    writer.finish(done.current.as_deref())?;
    tell_git(folder, &done, session)
}

fn tell_git(folder: &str, done: &Exported, session: &mut Session) -> Result<Exit, Failure> {
    let exit = tell_damage(&done.damage.iter().map(ToString::to_string).collect::<Vec<_>>(), session);
    if session.output.json {
        session.output.json(&Value::map([
            ("target", Value::from(format!("git:{folder}"))),
            ("versions", done.versions.into()),
            ("commits", done.commits.into()),
            ("refs", Value::list(done.refs.iter().map(String::as_str))),
            ("damage", Value::list(done.damage.iter().map(ToString::to_string))),
        ]));
        return Ok(exit);
    }
    let (versions, commits) = (count(done.versions, "version"), count(done.commits, "commit"));
    session.output.text(&format!("{}: {versions} as {commits}\n", crate::render::style::safe(folder)));
    session.output.talk("help", &format!("git -C {} log --stat", shell(folder)));
    Ok(exit)
}

/// Says what was left out.
fn tell_damage(damage: &[String], session: &mut Session) -> Exit {
    for damage in damage {
        let check = session.output.command("vconf check");
        session.output.talk("warning", &format!("left out: {damage}. Run: {check}"));
    }
    if damage.is_empty() { Exit::Ok } else { Exit::Damage }
}

/// The absolute path of a file that is written.
fn absolute(place: &str, session: &Session) -> std::path::PathBuf {
    vconf::worktree::normalize(&session.folder.join(Path::new(place)))
}
