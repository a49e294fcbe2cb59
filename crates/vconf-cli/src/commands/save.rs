//! `vconf save`: files as new versions.

use std::path::{Path, PathBuf};

use vconf::format::{Document, Format, ParseError};
use vconf::history::{Context, SaveOptions, Saved};
use vconf::model::name::{ConfigName, RefName};
use vconf::worktree::{FileStatus, Worktree};

use super::OrAdvise;
use crate::advice;
use crate::args::SaveArguments;
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::render::style::Look;
use crate::session::Session;
use crate::text::{conflict_line, shell};

pub(crate) fn run(arguments: &SaveArguments, session: &mut Session) -> Result<Exit, Failure> {
    let context = session.context(&arguments.who)?;
    let options = SaveOptions {
        description: arguments.message.clone(),
        format: arguments.format,
        expect: arguments.expect,
        branch: None,
        tag: arguments.tag.as_deref().map(ref_name).transpose()?,
        ..SaveOptions::default()
    };
    if arguments.files.is_empty() {
        return save_changed(&options, &context, session);
    }
    let mut exit = Exit::Ok;
    let mut changed = Vec::new();
    for file in &arguments.files {
        match save_file(file, &options, &context, session) {
            Ok(Some(root)) if !changed.contains(&root) => changed.push(root),
            Ok(_) => {}
            // The other files are saved all the same.
            Err(failure) => {
                session.output.fail(&failure);
                exit = exit.max(failure.exit);
            }
        }
    }
    // Files of several stores have an undo in each.
    for root in changed {
        session.uses(&root);
        tell_undo(true, session);
    }
    Ok(exit)
}

/// The name of a tag.
pub(super) fn ref_name(text: &str) -> Result<RefName, Failure> {
    RefName::new(text).map_err(|error| Failure::invalid(error.to_string()))
}

fn save_changed(options: &SaveOptions, context: &Context, session: &mut Session) -> Result<Exit, Failure> {
    let worktree = session.here()?;
    let mut exit = Exit::Ok;
    let mut any_new = false;
    for config in worktree.store.configs().or_advise(session)? {
        // A file elsewhere is saved only where it is named: a store that came with a folder must not reach out of it.
        if config.as_str().starts_with('/') && !session.store_was_named() {
            continue;
        }
        match save_if_changed(&worktree, &config, options, context, session) {
            Ok(is_new) => any_new |= is_new,
            Err(failure) => {
                session.output.fail(&failure);
                exit = exit.max(failure.exit);
            }
        }
    }
    if !any_new && exit == Exit::Ok {
        if let Some(tag) = &options.tag {
            return Err(Failure::error(format!("nothing to save, so no version got the tag {tag}"))
                .detail("no tracked file has changed")
                .help(format!("vconf tag FILE {tag}")));
        }
        if !session.output.json {
            session.output.text("nothing to save: no tracked file has changed\n");
        }
    }
    tell_undo(any_new, session);
    Ok(exit)
}

fn save_if_changed(
    worktree: &Worktree,
    config: &ConfigName,
    options: &SaveOptions,
    context: &Context,
    session: &mut Session,
) -> Result<bool, Failure> {
    match worktree.status(config).or_advise(session)?.file {
        FileStatus::Changed { .. } | FileStatus::Unsaved => {
            save_config(worktree, config, options, context, session)
        }
        FileStatus::Unreadable(error) => Err(advice::worktree_failure(&error, session)),
        FileStatus::Missing => {
            let file = session.file_name(worktree, config);
            let back =
                session.output.command(&format!("vconf rollback {}", shell(&format!("{file}@latest"))));
            session.output.talk("note", &format!("{file} is gone; to have it back: {back}"));
            Ok(false)
        }
        FileStatus::Same => Ok(false),
    }
}

/// Saves a file that was named; returns the folder of its store, where anything in that changed.
fn save_file(
    file: &str,
    options: &SaveOptions,
    context: &Context,
    session: &mut Session,
) -> Result<Option<PathBuf>, Failure> {
    let path = session.path(file);
    look_first(file, &path, session)?;
    let worktree = session.find_or_create(&path)?;
    let config = worktree.name(&path).or_advise(session)?;
    let is_changed = save_config(&worktree, &config, options, context, session)?;
    Ok(is_changed.then(|| worktree.root().to_owned()))
}

/// Refuses what can't be saved before a store is created for it.
fn look_first(file: &str, path: &Path, session: &Session) -> Result<(), Failure> {
    if file.is_empty() {
        return Err(Failure::error("the name of a file is empty"));
    }
    if session.is_in_store(path) {
        return Err(Failure::invalid(format!("{file} is a part of the store"))
            .detail("vconf keeps versions of your files, not of its own"));
    }
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let inside = format!("{}/FILE", file.trim_end_matches('/'));
            Err(Failure::error(format!("{file} is a folder"))
                .detail("vconf keeps versions of files; name the files in it")
                .help(format!("vconf save {}", shell(&inside))))
        }
        Ok(metadata) if !metadata.is_file() => Err(Failure::error(format!("{file} is not a regular file"))
            .detail("vconf keeps versions of files, not of pipes and devices")),
        // Whoever has a history of it says more.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => match session.find(path)? {
            Some(_) => Ok(()),
            None => Err(advice::no_file(file, path)),
        },
        _ => match std::fs::File::open(path) {
            Ok(_) => Ok(()),
            Err(error) => Err(advice::io_failure(&format!("{file} can't be read"), &error)),
        },
    }
}

fn save_config(
    worktree: &Worktree,
    config: &ConfigName,
    options: &SaveOptions,
    context: &Context,
    session: &mut Session,
) -> Result<bool, Failure> {
    // A version is told by the settings.
    session.options_or_warn(worktree, config);
    let saved = worktree.save(config, options, context).or_advise(session)?;
    let file = session.file_name(worktree, config);
    tell_saved(&saved, &file, session);
    if saved.is_new && saved.document.dialect.is_some() {
        // The format of the version before, where that can be known.
        let before =
            saved.version.parents.first().and_then(|&parent| worktree.store.header(config, parent).ok());
        tell_dialect(&file, &saved.document, before.map(|before| before.format), session);
    }
    let is_tag_moved = saved.tagged.as_ref().is_some_and(|tagged| tagged.moved.from != tagged.moved.to);
    Ok(saved.is_new || is_tag_moved)
}

/// Says what became of a save.
fn tell_saved(saved: &Saved, file: &str, session: &mut Session) {
    let version = &saved.version;
    let output = &mut session.output;
    if output.json {
        output.json(&facts::saved(saved));
    } else if saved.is_new {
        output.version(file, version);
    } else {
        let number = format!("  @{}", version.number);
        let rest = "  unchanged, nothing to save";
        output.line(&[(Look::Heading, file), (Look::Moved, &number), (Look::Plain, rest)]);
    }
    if let Some(tagged) = &saved.tagged
        && !output.json
    {
        output.line(&[(Look::Plain, &facts::tag_line(file, &tagged.moved))]);
    }
    tell_document(file, &saved.document, session);
    let tree = saved.document.tree.as_ref().filter(|_| saved.document.format == Format::Text);
    if let Some(line) = tree.and_then(|tree| conflict_line(tree.source())) {
        let told = format!("{file} still has a conflict that is not resolved, at line {line}");
        session.output.talk("warning", &told);
    }
    for damage in &saved.damage {
        let check = session.output.command("vconf check");
        session.output.talk("warning", &format!("{damage}; saved after it all the same. Run: {check}"));
    }
}

/// Warns of what is odd about a source.
pub(super) fn tell_document(file: &str, document: &Document, session: &mut Session) {
    for warning in facts::document_warnings(document) {
        session.output.talk("warning", &format!("{file}: {warning}"));
    }
}

/// Notes that strict readers refuse a file that is called JSON, unless it was so before.
pub(super) fn tell_dialect(file: &str, document: &Document, before: Option<Format>, session: &mut Session) {
    let Some(ParseError { line, column, message, .. }) = &document.dialect else { return };
    if before != Some(document.format) {
        let kept = document.format.name().to_uppercase();
        let told =
            format!("{file} is not strict JSON: line {line}, column {column}: {message}; kept as {kept}");
        session.output.talk("note", &told);
    }
}

/// Says how to take back what was done.
pub(super) fn tell_undo(was_done: bool, session: &mut Session) {
    if was_done && !session.output.json {
        session.output.talk("undo", "vconf undo");
    }
}
