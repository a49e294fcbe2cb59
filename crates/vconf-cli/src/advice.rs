//! The library's facts, as advice: what failed, why, the nearest valid thing, and one command to run next.

use std::error::Error as _;
use std::io;
use std::path::Path;

use vconf::backend::{BackendError, BackendErrorKind};
use vconf::diff::ListKind;
use vconf::disk;
use vconf::history::{Error, ImportError};
use vconf::model::lookup::nearest as nearest_name;
use vconf::model::name::ConfigName;
use vconf::model::record::Version;
use vconf::store::{Corruption, SettingsError, SettingsProblem, StoreError};
use vconf::worktree::{Worktree, WorktreeError};

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::target::Tracked;
use crate::text::{count, one_line, shell, when};

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

/// How many of the versions that came after an expected one are told.
const MOST_TOLD_SINCE: usize = 5;

/// How many names of a folder are looked at for one that is alike.
const MOST_NAMES_LOOKED_AT: usize = 10_000;

/// What to say of an error with a history.
pub(crate) fn history_failure(error: &Error, session: &Session, worktree: Option<&Worktree>) -> Failure {
    let file = |config: &vconf::model::name::ConfigName| {
        shell(
            &worktree.map_or_else(|| session.name_of(config), |worktree| session.file_name(worktree, config)),
        )
    };
    let failure = Failure::new(Exit::from(error.kind()), error.to_string());
    match error {
        Error::Store(error) => store_failure(error, session),
        Error::UnknownConfig { config, near } => {
            let failure = match near.as_slice() {
                [] => failure,
                near => failure.detail(format!("did you mean {}?", listed(near))),
            };
            let is_file = worktree.is_some_and(|worktree| worktree.path(config).is_file());
            match near.first() {
                Some(nearest) => failure.help(format!("vconf log {}", file(nearest))),
                None if is_file => failure.help(format!("vconf save {}", file(config))),
                None => failure.detail("nor is there such a file").help("vconf status"),
            }
        }
        Error::NoLatest { config, newest } => failure
            .detail(format!("version {newest} and those before it are still there"))
            .help(format!("vconf rollback {}@{newest}", file(config))),
        Error::UnknownVersion { config, newest, latest, .. } => {
            let has = if *newest == 1 { "it has only 1".to_owned() } else { format!("it has 1–{newest}") };
            let failure = match latest {
                Some(latest) => failure.detail(format!("{has}; latest is {}", described(latest, session))),
                None => failure.detail(has),
            };
            failure.help(format!("vconf log {}", file(config)))
        }
        Error::TooFarBack { config, .. } => failure.help(format!("vconf log {}", file(config))),
        Error::BeforeFirst { config, first, time } => {
            Failure::error(format!("{config} had no version yet at {}", local(*time, session)))
                .detail(format!("its first is {}", described(first, session)))
                .help(format!("vconf show {}@{}", file(config), first.number))
        }
        Error::UnknownName { config, near, .. } => {
            let failure = match near.as_slice() {
                [] => failure,
                near => failure.detail(format!("did you mean {}?", listed(near))),
            };
            failure.help(format!("vconf tag {}", file(config)))
        }
        Error::Conflict { config, expected, found, since } => {
            let told = since.iter().rev().take(MOST_TOLD_SINCE);
            let failure = told.fold(failure, |failure, version| {
                failure.detail(format!("since then: {}", described(version, session)))
            });
            let more = since.len().saturating_sub(MOST_TOLD_SINCE);
            let failure = match more {
                0 => failure,
                more => failure.detail(format!("and {} before these", count(more as u64, "version"))),
            };
            match (expected, found) {
                (_, 0) => failure.help(format!("vconf save {}", file(config))),
                (1.., found) if expected < found => {
                    failure.help(format!("vconf diff {}@{expected} @{found}", file(config)))
                }
                (_, found) => failure.help(format!("vconf diff {}@{found}", file(config))),
            }
        }
        Error::TagConflict { config, found, .. } => {
            let now =
                found.map_or_else(|| "it is gone now".to_owned(), |found| format!("it is at @{found} now"));
            failure.detail(now).help(format!("vconf tag {}", file(config)))
        }
        Error::NameTaken { config, name, is_branch: true } => failure
            .detail("a branch and a tag of one name could not be told apart")
            .help(format!("vconf switch {} {name}", file(config))),
        Error::NameTaken { config, .. } => failure
            .detail("a branch and a tag of one name could not be told apart")
            .help(format!("vconf tag {}", file(config))),
        Error::UnknownBranch { config, name, branches } => {
            let names: Vec<_> = branches.iter().map(ToString::to_string).collect();
            let failure = match nearest_name(name.as_str(), &names) {
                Some(near) => failure.detail(format!("did you mean {near}?")),
                None => failure,
            };
            failure
                .detail(format!("it has {}", names.join(", ")))
                .help(format!("vconf branch {}", file(config)))
        }
        Error::BranchInUse { config, is_current: true, branch } if branch.as_str() != "main" => {
            failure.detail("switch to another first").help(format!("vconf switch {} main", file(config)))
        }
        Error::BranchInUse { config, .. } | Error::BranchConflict { config, .. } => {
            failure.help(format!("vconf branch {}", file(config)))
        }
        Error::Busy { .. } => failure.detail("try again"),
        Error::LastUnknown { damage } => {
            let failure = failure.detail(damaged_object(damage, session));
            let failure = failure.detail("an undo takes back only what is known to be the last");
            match damage.is_ref {
                true => failure.help("vconf check"),
                false => failure
                    .detail("an earlier version can be brought back all the same")
                    .help(format!("vconf log {}", file(&damage.config))),
            }
        }
        Error::CurrentUnknown { damage, branches } => {
            let names: Vec<_> = branches.iter().map(ToString::to_string).collect();
            failure
                .detail(damaged_object(damage, session))
                .detail(format!(
                    "it has the branches {}; a switch to the right one says so anew",
                    names.join(", ")
                ))
                .detail("nothing was written, and a switch leaves the file as it is")
                .help(format!("vconf switch {} BRANCH", file(&damage.config)))
        }
        Error::NothingToUndo => failure.help("vconf log"),
        Error::NothingToRedo { superseded: true } => failure
            .detail("something else was done since the last undo; what was undone is still in the log")
            .help("vconf log"),
        Error::NothingToRedo { superseded: false } => {
            failure.detail("nothing was undone").help("vconf undo --list")
        }
        Error::NoContent { config, number, reason } => {
            let failure = match reason {
                Some(reason) => failure.detail(reason.to_string()),
                None => failure.detail("it is not structured text"),
            };
            failure.help(format!("vconf show {}@{number}", file(config)))
        }
        Error::WrongType { .. } | Error::NotExpressible { .. } => failure,
        Error::Random(source) => failure.detail(source.to_string()),
    }
}

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

/// What to say of an error of the store.
pub(crate) fn store_failure(error: &StoreError, session: &Session) -> Failure {
    match error {
        StoreError::Corrupt(corruption) => corruption_failure(corruption, session),
        StoreError::Backend(error) => backend_failure(error),
        StoreError::TooLarge { .. } => Failure::invalid(error.to_string()),
    }
}

/// What to say of settings that can't be used.
pub(crate) fn settings_failure(error: &SettingsError) -> Failure {
    let problem = match error {
        SettingsError::Unreadable(error) => return backend_failure(error),
        SettingsError::Bad { error, .. } => &error.problem,
    };
    let failure = Failure::invalid(error.to_string());
    match problem {
        SettingsProblem::UnknownSetting { header: Some(header), .. } => {
            failure.detail(format!("did you mean {header}?"))
        }
        SettingsProblem::UnknownSetting { near: Some(near), .. } => {
            failure.detail(format!("did you mean {near}?"))
        }
        SettingsProblem::UnknownSetting { known, .. } => {
            let failure = failure.detail(format!("there is {}", known.join(" and ")));
            failure.detail("rules for lists stand below a line [lists]")
        }
        SettingsProblem::UnknownKind { near, .. } => {
            let failure = match near {
                Some(near) => failure.detail(format!("did you mean {near}?")),
                None => failure,
            };
            failure.detail(kinds())
        }
        SettingsProblem::BadPath(_) => {
            failure.detail("a path is the end of one, such as env or spec.args, or a whole one, /spec/args")
        }
        SettingsProblem::NotATable(word) => {
            failure.detail(format!("write its settings below a line [{word}]"))
        }
        SettingsProblem::NotUtf8
        | SettingsProblem::Syntax(_)
        | SettingsProblem::BadName(_)
        | SettingsProblem::TooMany => failure,
    }
}

/// What to say of a rule for lists that is none.
pub(crate) fn rule_failure(option: &str, text: &str) -> Failure {
    let failure = Failure::invalid(format!("{text} is not a rule for lists"));
    if option == "key" {
        return failure
            .detail("a rule is the path of a list and a field of its items")
            .help("vconf diff FILE --key env=name");
    }
    let failure = match text.rsplit_once('=').and_then(|(_, kind)| ListKind::nearest_word(kind)) {
        Some(near) => failure.detail(format!("did you mean {near}?")),
        None => failure,
    };
    failure.detail(kinds()).help("vconf diff FILE --list hosts=set")
}

/// `a list is a sequence, …`.
fn kinds() -> String {
    format!("the kinds of lists are {}", ListKind::WORDS.join(", "))
}

fn corruption_failure(corruption: &Corruption, session: &Session) -> Failure {
    let Corruption { config, number, is_ref, .. } = corruption;
    if let Some(gap) = corruption.forgotten() {
        let (first, last) = (gap.versions.first, gap.versions.last);
        let those = if first == last { format!("@{first}") } else { format!("@{first} to @{last}") };
        return Failure::error(format!("version {number} of {config} was forgotten"))
            .detail(format!("{} forgot {those} at {}", gap.author, local(gap.timestamp, session)))
            .help(format!("vconf log {}", shell(config.as_str())));
    }
    let what = if *is_ref { "change of refs" } else { "version" };
    Failure::new(Exit::Damage, format!("{config}: {what} {number} is damaged"))
        .detail(damaged_object(corruption, session))
        .detail("the other versions are not touched by this")
        .help("vconf check")
}

/// Where the damage is, and what.
fn damaged_object(Corruption { object, flaw, .. }: &Corruption, session: &Session) -> String {
    let path = Path::new(object).strip_prefix(&session.folder).map(|path| path.display().to_string());
    format!("{}: {flaw}", path.unwrap_or_else(|_| object.clone()))
}

/// What to say of an error of the backend.
pub(crate) fn backend_failure(error: &BackendError) -> Failure {
    let failure = io_failure(&error.to_string(), &error.source);
    match error.kind {
        BackendErrorKind::Failed | BackendErrorKind::Unreadable => failure,
        BackendErrorKind::Unknown | BackendErrorKind::Unconfirmed => {
            failure.detail("look whether the version is there before you try again").help("vconf log")
        }
    }
}

/// What to say of an error of the system.
pub(crate) fn io_failure(what: &str, error: &io::Error) -> Failure {
    let failure = Failure::error(what).detail(system_text(error));
    match error.kind() {
        io::ErrorKind::StorageFull => failure.detail("nothing was lost; make room and try again"),
        io::ErrorKind::PermissionDenied => {
            failure.detail("who may do this is decided by the folder's owner and mode")
        }
        _ => failure,
    }
}

/// What the system says, without its number.
fn system_text(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.find(" (os error") {
        text.truncate(at);
    }
    match error.source() {
        Some(source) if !text.contains(&source.to_string()) => format!("{text}: {source}"),
        _ => text,
    }
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

/// `@4 ("bump port", ops, 2 min ago)`.
fn described(version: &Version, session: &Session) -> String {
    let description = one_line(&version.description, 50);
    let time = when(version.timestamp, &session.clock());
    format!("@{} (\"{description}\", {}, {time})", version.number, version.author)
}

/// A time as people here write it.
fn local(time: vconf::model::time::Timestamp, session: &Session) -> String {
    let local = time.as_jiff().to_zoned_datetime(session.clock().zone());
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

fn listed<T: ToString>(names: &[T]) -> String {
    let names: Vec<_> = names.iter().map(T::to_string).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => count(0, "name"),
    }
}
