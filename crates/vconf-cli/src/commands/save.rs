//! `vconf save`: files as new versions.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use vconf::format::{Document, Format, ParseError};
use vconf::history::{Context, SaveOptions, Saved};
use vconf::model::name::{ConfigName, RefName};
use vconf::worktree::{SavedIfChanged, Worktree, WorktreeError};

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
        save_changed(&options, &context, session)
    } else {
        save_named(&arguments.files, &options, &context, session)
    }
}

/// The name of a tag.
pub(super) fn ref_name(text: &str) -> Result<RefName, Failure> {
    RefName::new(text).map_err(|error| Failure::invalid(error.to_string()))
}

/// Saves files that were named. Where one can't be saved, the others are all the same.
fn save_named(
    files: &[String],
    options: &SaveOptions,
    context: &Context,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let mut told = Told::default();
    let mut batch: Option<(Worktree, Vec<ConfigName>)> = None;
    for file in files {
        match find_file(file, session) {
            Ok((worktree, config)) => match &mut batch {
                Some((known, configs)) if known.root() == worktree.root() => configs.push(config),
                _ => {
                    save_batch(batch.replace((worktree, vec![config])), options, context, &mut told, session)
                }
            },
            Err(failure) => {
                save_batch(batch.take(), options, context, &mut told, session);
                told.fail(&failure, session);
            }
        }
    }
    save_batch(batch, options, context, &mut told, session);
    // Files of several stores have an undo in each.
    for root in told.changed {
        session.uses(&root);
        tell_undo(true, session);
    }
    Ok(told.exit)
}

/// Saves files of one store at once, and tells of them in their order.
fn save_batch(
    batch: Option<(Worktree, Vec<ConfigName>)>,
    options: &SaveOptions,
    context: &Context,
    told: &mut Told,
    session: &mut Session,
) {
    let Some((worktree, configs)) = batch else { return };
    session.uses(worktree.root());
    let save = |config: &ConfigName| {
        worktree.save(config, options, context).map(Box::new).map(SavedIfChanged::Saved)
    };
    save_each(&worktree, &configs, save, told, session);
}

/// Saves the tracked files that changed.
fn save_changed(options: &SaveOptions, context: &Context, session: &mut Session) -> Result<Exit, Failure> {
    let worktree = session.here()?;
    let mut configs = worktree.store.configs().or_advise(session)?;
    // A file elsewhere is saved only where it is named: a store that came with a folder must not reach out of it.
    configs.retain(|config| session.store_was_named() || !config.is_absolute());
    let mut told = Told::default();
    let seen = worktree.seen_files(context.timestamp);
    configs.retain(|config| seen.unchanged(&worktree, config).is_none());
    let save = |config: &ConfigName| worktree.save_if_changed(config, options, context);
    save_each(&worktree, &configs, save, &mut told, session);
    let any_new = !told.changed.is_empty();
    if !any_new && told.exit == Exit::Ok {
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
    Ok(told.exit)
}

/// Finds what a file that was named is a config of; creates the store where there is none.
fn find_file(file: &str, session: &mut Session) -> Result<(Worktree, ConfigName), Failure> {
    let path = session.path(file);
    look_first(file, &path, session)?;
    let worktree = session.find_or_create(&path)?;
    let config = worktree.name(&path).or_advise(session)?;
    Ok((worktree, config))
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

/// What was told of files so far.
#[derive(Default)]
struct Told {
    exit: Exit,
    /// The folders of the stores in which something changed.
    changed: Vec<PathBuf>,
}

impl Told {
    fn fail(&mut self, failure: &Failure, session: &mut Session) {
        session.output.fail(failure);
        self.exit = self.exit.max(failure.exit);
    }
}

/// Saves configs, many at once, and tells what became of each in their order.
fn save_each(
    worktree: &Worktree,
    configs: &[ConfigName],
    save: impl Fn(&ConfigName) -> Result<SavedIfChanged, WorktreeError> + Sync,
    told: &mut Told,
    session: &mut Session,
) {
    let done = worktree.for_each(configs, save, |config, outcome| {
        match outcome.or_advise(session) {
            Ok(outcome) => {
                let is_changed = tell_outcome(&outcome, worktree, config, session);
                if is_changed && !told.changed.iter().any(|root| root == worktree.root()) {
                    told.changed.push(worktree.root().to_owned());
                }
            }
            Err(failure) => told.fail(&failure, session),
        }
        Ok::<(), Infallible>(())
    });
    let Ok(()) = done;
}

/// Says what became of a file; returns whether anything in its history changed.
fn tell_outcome(
    outcome: &SavedIfChanged,
    worktree: &Worktree,
    config: &ConfigName,
    session: &mut Session,
) -> bool {
    let file = session.file_name(worktree, config);
    let saved = match outcome {
        SavedIfChanged::Saved(saved) => saved,
        SavedIfChanged::Same => return false,
        SavedIfChanged::Missing => {
            let back =
                session.output.command(&format!("vconf rollback {}", shell(&format!("{file}@latest"))));
            session.output.talk("note", &format!("{file} is gone; to have it back: {back}"));
            return false;
        }
    };
    // The version's summary is told by the settings.
    session.warn_of_settings(worktree);
    tell_saved(saved, &file, session);
    if saved.is_new && saved.document.dialect.is_some() {
        // The format of the version before, where that can be known.
        let before =
            saved.version.parents.first().and_then(|&parent| worktree.store.header(config, parent).ok());
        tell_dialect(&file, &saved.document, before.map(|before| before.format), session);
    }
    saved.is_new || saved.tagged.as_ref().is_some_and(|tagged| tagged.moved.from != tagged.moved.to)
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
