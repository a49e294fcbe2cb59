//! The library's facts about files, as advice; what is said of histories is said everywhere alike.

use std::path::Path;

use vconf::disk;
use vconf::history::{Error, ImportError};
use vconf::model::lookup::nearest as nearest_name;
use vconf::model::name::ConfigName;
use vconf::model::revision::Clock;
use vconf::store::StoreError;
use vconf::worktree::{Worktree, WorktreeError};
use vconf_advice::advice::{self, Naming};

pub(crate) use vconf_advice::advice::{backend_failure, io_failure, rule_failure, settings_failure};

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::target::Tracked;
use crate::text::shell;

/// What to say of an error with a history.
pub(crate) fn history_failure(error: &Error, session: &Session, worktree: Option<&Worktree>) -> Failure {
    advice::history_failure(error, &Named { session, worktree })
}

/// What to say of an error of the store.
pub(crate) fn store_failure(error: &StoreError, session: &Session) -> Failure {
    advice::store_failure(error, &Named { session, worktree: None })
}

/// How things are called from where one stands.
struct Named<'a> {
    session: &'a Session,
    /// The store that it is about; without it, the one that was looked up last.
    worktree: Option<&'a Worktree>,
}

impl Naming for Named<'_> {
    fn file(&self, config: &ConfigName) -> String {
        match self.worktree {
            Some(worktree) => self.session.file_name(worktree, config),
            None => self.session.name_of(config),
        }
    }

    fn clock(&self) -> Clock {
        self.session.clock()
    }

    fn object(&self, object: &str) -> String {
        let path = Path::new(object).strip_prefix(&self.session.folder);
        path.map_or_else(|_| object.to_owned(), |path| path.display().to_string())
    }

    fn has_file(&self, config: &ConfigName) -> bool {
        self.worktree.is_some_and(|worktree| worktree.path(config).is_file())
    }
}

/// What to say of an error with a file.
pub(crate) fn worktree_failure(error: &WorktreeError, session: &Session) -> Failure {
    match error {
        WorktreeError::History(error) => history_failure(error, session, None),
        WorktreeError::Import(ImportError::History(error)) => history_failure(error, session, None),
        WorktreeError::Import(error) => import_failure(error),
        WorktreeError::Read { source, .. }
        | WorktreeError::Write { source, .. }
        | WorktreeError::Replaced { source, .. } => io_failure(&error.to_string(), source),
        WorktreeError::SetAside { path, kept_at, source } => {
            let [kept_at, path] = [kept_at, path].map(|path| shell(&path.display().to_string()));
            io_failure(&error.to_string(), source).help(format!("mv -n {kept_at} {path}"))
        }
        WorktreeError::UnfinishedSwitch { config, to, switch } => {
            let file = session.name_of(config);
            let rollback = shell(&format!("{file}@{}", switch.number));
            Failure::new(Exit::from(error.kind()), error.to_string())
                .detail(format!("the file holds what @{} of {} holds", switch.number, switch.from))
                .detail(format!(
                    "to have that on {to} as well: {}",
                    session.output.command(&format!("vconf rollback {rollback}"))
                ))
                .help(format!("vconf switch {} {to}", shell(&file)))
        }
        WorktreeError::TrialUnderway { config } => {
            let failure = Failure::new(Exit::from(error.kind()), error.to_string());
            failure.detail(format!("until it ends, {config} holds what the bisect tries"))
        }
        WorktreeError::Touched { .. } => Failure::new(Exit::from(error.kind()), error.to_string()),
        WorktreeError::Switched { config, branch } => {
            Failure::new(Exit::from(error.kind()), error.to_string())
                .detail(format!(
                    "what was done is in the log of {branch}; the file is that of the other branch"
                ))
                .help(format!("vconf log {} --branch {branch}", shell(&session.name_of(config))))
        }
        WorktreeError::AfterSaving { config, number, source } => {
            after_saving(worktree_failure(source, session), config, *number, session)
        }
        WorktreeError::Name { source, .. } => {
            let failure = Failure::invalid(error.to_string());
            match source {
                Some(why) => failure.detail(why.reason),
                None => failure,
            }
        }
        WorktreeError::NoFile { config, is_tracked: true, .. } => Failure::error(error.to_string())
            .detail("its versions are still there")
            .help(format!("vconf rollback {}", shell(&format!("{}@latest", session.name_of(config))))),
        WorktreeError::NoFile { path, .. } => no_file(&path.display().to_string(), path),
    }
}

/// Tells besides that what a file held was saved before.
fn after_saving(failure: Failure, config: &ConfigName, number: u64, session: &Session) -> Failure {
    let file = shell(&format!("{}@{number}", session.name_of(config)));
    failure.detail(format!("what the file held was saved before, as {file}"))
}

/// What to say where a file could not be switched to a branch.
pub(crate) fn switch_failure(error: &WorktreeError, tracked: &Tracked, session: &Session) -> Failure {
    match error {
        WorktreeError::History(error) => branch_failure(error, tracked, session),
        WorktreeError::AfterSaving { config, number, source } => {
            after_saving(switch_failure(source, tracked, session), config, *number, session)
        }
        _ => worktree_failure(error, session),
    }
}

/// What to say of a file that is not there: perhaps another is meant.
pub(crate) fn no_file(file: &str, path: &Path) -> Failure {
    let failure = Failure::error(format!("there is no file {file}"));
    let names = path.parent().and_then(|parent| disk::list(parent).ok().flatten()).unwrap_or_default();
    let names: Vec<String> =
        names.into_iter().take(MOST_NAMES_LOOKED_AT).filter_map(|name| name.into_string().ok()).collect();
    let wanted = path.file_name().and_then(|name| name.to_str()).unwrap_or(file);
    match nearest_name(wanted, &names) {
        Some(name) => {
            failure.detail(format!("did you mean {name}?")).help(format!("vconf save {}", shell(name)))
        }
        None => {
            let mut files: Vec<_> = names.into_iter().filter(|name| !name.starts_with('.')).collect();
            files.sort_unstable();
            let shown: Vec<_> = files.iter().take(MOST_NAMES_TOLD).map(String::as_str).collect();
            let more = if files.len() > shown.len() { ", …" } else { "" };
            let failure = match shown.as_slice() {
                [] => failure.detail("its folder is empty, or not there"),
                shown => failure.detail(format!("its folder has {}{more}", shown.join(", "))),
            };
            failure.help("vconf status")
        }
    }
}

/// How many names of a folder are told where none is alike.
const MOST_NAMES_TOLD: usize = 8;

/// How many names of a folder are looked at for one that is alike.
const MOST_NAMES_LOOKED_AT: usize = 10_000;

/// What to say where a branch could not be created or made the current one.
pub(crate) fn branch_failure(error: &Error, tracked: &Tracked, session: &Session) -> Failure {
    let failure = history_failure(error, session, Some(&tracked.worktree));
    let file = shell(&tracked.file);
    match error {
        // That a tag may not have its name is no reason here.
        Error::NameTaken { name, is_branch: true, .. } => {
            Failure { details: Vec::new(), ..failure }.help(format!("vconf switch {file} {name}"))
        }
        Error::UnknownBranch { name, branches, .. } => {
            let tags = tracked.worktree.store.tags(&tracked.state).unwrap_or_default();
            if let Some(number) = tags.get(name) {
                return Failure { details: vec![format!("{name} is a tag, of @{number}")], ..failure }
                    .help(format!("vconf rollback {}", shell(&format!("{}@{name}", tracked.file))));
            }
            let names: Vec<_> = branches.iter().map(ToString::to_string).collect();
            failure.help(match nearest_name(name.as_str(), &names) {
                Some(near) => format!("vconf switch {file} {near}"),
                None => format!("vconf switch -c {file} {name}"),
            })
        }
        _ => failure,
    }
}

/// What to say where a version was named in place of a branch that is not there.
pub(crate) fn unknown_branch_name(failure: Failure, name: &str, tracked: &Tracked) -> Failure {
    let branches: Vec<_> = tracked.state.branches().iter().map(ToString::to_string).collect();
    let failure = match nearest_name(name, &branches) {
        Some(near) => Failure { details: vec![format!("did you mean {near}?")], ..failure },
        None => failure,
    };
    failure
        .detail(format!("its branches are {}", branches.join(", ")))
        .help(format!("vconf branch {}", shell(&tracked.file)))
}

fn import_failure(error: &ImportError) -> Failure {
    let failure = Failure::new(Exit::Invalid, error.to_string());
    match error {
        ImportError::NoVersions(warnings) if warnings.is_empty() => {
            failure.detail("version files are called v1.json, v1.0.0.json and so on")
        }
        ImportError::NoVersions(warnings) => warnings.iter().take(5).fold(failure, |failure, warning| {
            failure.detail(format!("{}: {}", warning.file, warning.problem))
        }),
        ImportError::Exists { .. } => {
            let mut failure = failure.help("vconf import DIR --as NAME");
            failure.exit = Exit::Conflict;
            failure
        }
        ImportError::History(_) => failure,
    }
}
