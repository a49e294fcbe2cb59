//! `vconf import git:FOLDER FILE…`: every revision that files have in a git repository.

use std::collections::HashMap;

use vconf::history::{Context, ForeignRevision, ImportError};
use vconf::model::format::Format;
use vconf::model::name::{ConfigName, RefName};
use vconf::worktree::{Worktree, WorktreeError};

use super::Told;
use crate::advice;
use crate::args::ImportArguments;
use crate::commands::OrAdvise;
use crate::failure::{Exit, Failure};
use crate::git::{Commit, File, Lines, Repository};
use crate::session::Session;
use crate::text::shell;

pub(super) fn run(folder: &str, arguments: &ImportArguments, session: &mut Session) -> Result<Exit, Failure> {
    let shown = folder;
    if folder.contains("://") {
        return Err(Failure::error(format!("{folder} is no folder"))
            .detail("a repository elsewhere is cloned first")
            .help(format!("git clone {}", shell(folder))));
    }
    let folder = vconf::worktree::normalize(&session.folder.join(folder));
    let repository = Repository::open(&folder)?;
    if arguments.files.is_empty() {
        return Err(which_file(shown, &repository)?);
    }
    if arguments.name.is_some() && arguments.files.len() > 1 {
        return Err(Failure::error("--as gives one name, and more than one file is named"));
    }
    // All that can be wrong with what was named is found out before anything is written.
    let mut subjects = Vec::new();
    for file in &arguments.files {
        let lines = look_up(file, shown, &repository, arguments)?;
        let name = arguments.name.as_deref().unwrap_or(file);
        subjects.push((file.as_str(), name, lines));
    }
    let mut tags: HashMap<String, Vec<RefName>> = HashMap::new();
    for (commit, tag) in repository.tags()? {
        tags.entry(commit).or_default().push(tag);
    }
    let context = session.context(&arguments.who)?;
    let mut told = Told::default();
    let mut exit = Exit::Ok;
    for (file, name, lines) in subjects {
        let path = session.path(name);
        let worktree = session.find_or_create(&path)?;
        let config = worktree.name(&path).or_advise(session)?;
        let subject = Subject { file, shown, config, worktree: &worktree, tags: &tags, context: &context };
        match subject.import(&repository, &lines, &mut told, session) {
            Ok(()) => {}
            // What came in so far is told, and one run of the same goes on with it.
            Err(failure) => {
                session.output.fail(&failure);
                exit = exit.max(failure.exit);
            }
        }
    }
    told.finish(session);
    Ok(exit)
}

/// One file that is imported.
struct Subject<'a> {
    file: &'a str,
    /// The repository as it was named.
    shown: &'a str,
    config: ConfigName,
    worktree: &'a Worktree,
    tags: &'a HashMap<String, Vec<RefName>>,
    context: &'a Context,
}

impl Subject<'_> {
    fn import(
        &self,
        repository: &Repository,
        lines: &Lines,
        told: &mut Told,
        session: &mut Session,
    ) -> Result<(), Failure> {
        let begun = self.worktree.store.import_revisions(&self.config, self.context);
        let mut import = begun.map_err(|error| self.failure(error, session))?;
        let mut objects = repository.objects()?;
        let mut was_executable = false;
        for commit in repository.commits(lines)? {
            let commit = commit?;
            let (bytes, is_executable) = match objects.file(&commit.id, self.file)? {
                File::Bytes { bytes, is_executable } => (bytes, is_executable),
                File::Missing => {
                    import.pass(&commit.id, &commit.parents);
                    continue;
                }
                File::Other(what) => {
                    let (file, id) = (self.file, short(&commit.id));
                    session.output.talk("warning", &format!("{file} of {id} is left out: it is {what}"));
                    import.pass(&commit.id, &commit.parents);
                    continue;
                }
            };
            was_executable |= is_executable;
            // Git knows no other permissions. What it does not say of a file that one has already, it does not change.
            let mode = was_executable.then_some(if is_executable { 0o755 } else { 0o644 });
            let Commit { id, parents, side, author, timestamp, description } = commit;
            let tags = self.tags.get(&id).cloned().unwrap_or_default();
            let revision = ForeignRevision {
                name: id,
                parents,
                side,
                author,
                timestamp,
                description,
                source: bytes,
                mode,
                tags,
            };
            let imported = import.add(&revision).map_err(|error| self.failure(error, session))?;
            told.revision(&imported, &short(&revision.name), session);
        }
        told.is_redone |= import.finish(&[]).map_err(|error| self.failure(error, session))?;
        Ok(())
    }

    fn failure(&self, error: ImportError, session: &Session) -> Failure {
        let is_other = matches!(error, ImportError::Exists { .. });
        let failure = advice::worktree_failure(&WorktreeError::Import(error), session);
        if !is_other {
            return failure;
        }
        let (shown, file) = (shell(&format!("git:{}", self.shown)), shell(self.file));
        failure
            .detail("it was not begun by an import of these commits")
            .help(format!("vconf import {shown} {file} --as NAME"))
    }
}

/// The commits of a file that was named.
fn look_up(
    file: &str,
    shown: &str,
    repository: &Repository,
    arguments: &ImportArguments,
) -> Result<Lines, Failure> {
    // What is a name of a config is a name below a folder, and leads nowhere else.
    if file.starts_with('/') || ConfigName::new(file).is_err() {
        return Err(Failure::invalid(format!("{file} is no name below {shown}"))
            .detail("a file is named as in the repository's folder, such as etc/app.yaml"));
    }
    let lines = repository.lines(file, arguments.first_parent)?;
    if lines.count > 0 {
        return Ok(lines);
    }
    let failure = Failure::error(format!("{file} was never in {}", repository.folder().display()));
    let source = shell(&format!("git:{shown}"));
    Err(match repository.near(file) {
        Some(near) => {
            let command = format!("vconf import {source} {}", shell(&near));
            failure.detail(format!("did you mean {near}?")).help(command)
        }
        None => failure.help(format!("vconf import {source}")),
    })
}

/// Asks which file is meant, and lists those that look like configuration.
fn which_file(shown: &str, repository: &Repository) -> Result<Failure, Failure> {
    let files = repository.files()?;
    let is_config = |file: &&String| Format::of_file_name(file).is_some_and(|format| format != Format::Text);
    let configs: Vec<_> = files.iter().filter(is_config).collect();
    let failure = Failure::error(format!("which files of {shown} are to be imported?"));
    let Some(first) = configs.first() else {
        return Ok(failure.detail("none of its files looks like configuration"));
    };
    let failure = failure.detail("these look like configuration:");
    let mut failure =
        configs.iter().take(MOST_LISTED).fold(failure, |failure, file| failure.detail(file.as_str()));
    if let Some(more) = configs.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        failure = failure.detail(format!("… and {more} more"));
    }
    Ok(failure.help(format!("vconf import {} {}", shell(&format!("git:{shown}")), shell(first))))
}

/// How many files are listed.
const MOST_LISTED: usize = 20;

fn short(id: &str) -> String {
    id.get(..10).unwrap_or(id).to_owned()
}
