//! `vconf save`: files as new versions.

use std::io;
use std::path::Path;

use vconf::history::{Context, SaveOptions, Saved};
use vconf::model::name::{ConfigName, RefName};
use vconf::worktree::{FileStatus, Worktree};

use super::{OrAdvise, Stop};
use crate::advice::io_failure;
use crate::args::SaveArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::shell;

pub(crate) fn run(arguments: &SaveArguments, session: &mut Session) -> Result<Exit, Stop> {
    let context = session.context(&arguments.who)?;
    let options = SaveOptions {
        description: arguments.message.clone(),
        mode: None,
        format: arguments.format,
        expect: arguments.expect,
        tag: arguments.tag.as_deref().map(ref_name).transpose()?,
    };
    if arguments.files.is_empty() {
        return save_changed(&options, &context, session);
    }
    let mut worst = Exit::Ok;
    let mut any_new = false;
    for file in &arguments.files {
        match save_file(file, &options, &context, session)? {
            Ok(is_new) => any_new |= is_new,
            // The other files are saved all the same.
            Err(failure) => {
                session.output.fail(&failure)?;
                worst = if worst == Exit::Ok { failure.exit } else { worst };
            }
        }
    }
    tell_undo(any_new, session)?;
    Ok(worst)
}

/// The name of a tag.
pub(super) fn ref_name(text: &str) -> Result<RefName, Failure> {
    RefName::new(text).map_err(|error| Failure::invalid(error.to_string()))
}

fn save_changed(options: &SaveOptions, context: &Context, session: &mut Session) -> Result<Exit, Stop> {
    let worktree = session.here()?;
    let mut any_new = false;
    let mut worst = Exit::Ok;
    for config in worktree.store.configs().or_advise(session)? {
        let status = match worktree.status(&config).or_advise(session) {
            Ok(status) => status,
            Err(failure) => {
                session.output.fail(&failure)?;
                worst = failure.exit;
                continue;
            }
        };
        match status.file {
            FileStatus::Changed { .. } | FileStatus::Unsaved => {
                any_new |= save_config(&worktree, &config, options, context, session)?;
            }
            FileStatus::Unreadable(error) => {
                let failure = crate::advice::worktree_failure(&error, session);
                session.output.fail(&failure)?;
                worst = failure.exit;
            }
            FileStatus::Same | FileStatus::Missing => {}
        }
    }
    if !any_new && worst == Exit::Ok && !session.output.json {
        session.output.text("nothing to save: no tracked file has changed\n")?;
    }
    tell_undo(any_new, session)?;
    Ok(worst)
}

fn save_file(
    file: &str,
    options: &SaveOptions,
    context: &Context,
    session: &mut Session,
) -> Result<Result<bool, Failure>, Stop> {
    let path = session.path(file);
    if let Some(failure) = refuse(file, &path, session) {
        return Ok(Err(failure));
    }
    let worktree = match session.find(&path) {
        Ok(Some(worktree)) => worktree,
        Ok(None) => {
            let created = check_readable(file, &path).and_then(|()| session.find_or_create(&path));
            match created {
                Ok(worktree) => worktree,
                Err(failure) => return Ok(Err(failure)),
            }
        }
        Err(failure) => return Ok(Err(failure)),
    };
    let config = match worktree.name(&path).or_advise(session) {
        Ok(config) => config,
        Err(failure) => return Ok(Err(failure)),
    };
    match save_config(&worktree, &config, options, context, session) {
        Ok(is_new) => Ok(Ok(is_new)),
        Err(Stop::Failure(failure)) => Ok(Err(failure)),
        Err(stop) => Err(stop),
    }
}

/// What can't be saved, so that no store is created for it and no history begun.
fn refuse(file: &str, path: &Path, session: &Session) -> Option<Failure> {
    if file.is_empty() {
        return Some(Failure::error("the name of a file is empty"));
    }
    if session.is_in_store(path) {
        return Some(
            Failure::invalid(format!("{file} is a part of the store"))
                .detail("vconf keeps versions of your files, not of its own"),
        );
    }
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Some(
            Failure::error(format!("{file} is a folder"))
                .detail("vconf keeps versions of files; name the files in it")
                .help(format!("vconf save {}", shell(&format!("{}/FILE", file.trim_end_matches('/'))))),
        ),
        Ok(metadata) if !metadata.is_file() => Some(
            Failure::error(format!("{file} is not a regular file"))
                .detail("vconf keeps versions of files, not of pipes and devices"),
        ),
        _ => None,
    }
}

/// No store is created for a file that can't be read.
fn check_readable(file: &str, path: &Path) -> Result<(), Failure> {
    match std::fs::File::open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Failure::error(format!("there is no file {}", path.display())).help("ls"))
        }
        Err(error) => Err(io_failure(&format!("{file} can't be read"), &error)),
    }
}

fn save_config(
    worktree: &Worktree,
    config: &ConfigName,
    options: &SaveOptions,
    context: &Context,
    session: &mut Session,
) -> Result<bool, Stop> {
    let saved = worktree.save(config, options, context).map_err(|error| {
        let failure = crate::advice::worktree_failure(&error, session);
        Stop::Failure(failure)
    })?;
    tell_saved(&saved, session)?;
    Ok(saved.is_new || saved.tagged.is_some())
}

/// Says what became of a save.
fn tell_saved(saved: &Saved, session: &mut Session) -> Result<(), Stop> {
    let version = &saved.version;
    let output = &mut session.output;
    if output.json {
        output.json(&facts::saved(saved))?;
    } else if saved.is_new {
        output.line(&facts::version_line(version))?;
    } else {
        let name = version.config.to_string();
        let number = format!("  @{}", version.number);
        let rest = "  unchanged, nothing to save";
        output.line(&[(Look::Heading, &*name), (Look::Moved, &number), (Look::Plain, rest)])?;
    }
    if let Some(tagged) = &saved.tagged
        && !output.json
    {
        output.line(&[(Look::Plain, &facts::tag_line(&version.config, &tagged.moved))])?;
    }
    tell_document(&version.config, &saved.document, session)?;
    for damage in &saved.damage {
        session
            .output
            .talk("warning", &format!("{damage}; saved after it all the same. Run: vconf check"))?;
    }
    Ok(())
}

/// Warns of what is odd about a source.
pub(super) fn tell_document(
    config: &ConfigName,
    document: &vconf::format::Document,
    session: &mut Session,
) -> Result<(), Stop> {
    for warning in facts::document_warnings(document) {
        session.output.talk("warning", &format!("{config}: {warning}"))?;
    }
    Ok(())
}

/// Says how to take back what was done.
pub(super) fn tell_undo(was_done: bool, session: &mut Session) -> Result<(), Stop> {
    if was_done && !session.output.json {
        session.output.talk("undo", "vconf undo")?;
    }
    Ok(())
}
