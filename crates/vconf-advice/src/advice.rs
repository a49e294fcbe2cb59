//! The library's facts, as advice: what failed, why, the nearest valid thing, and one command to run next.

use std::error::Error as _;
use std::io;

use vconf::backend::{BackendError, BackendErrorKind};
use vconf::diff::ListKind;
use vconf::history::Error;
use vconf::model::lookup::nearest as nearest_name;
use vconf::model::name::ConfigName;
use vconf::model::record::Version;
use vconf::model::revision::Clock;
use vconf::model::time::Timestamp;
use vconf::store::{Corruption, SettingsError, SettingsProblem, StoreError};

use crate::failure::{Exit, Failure};
use crate::text::{count, one_line, shell, when};

/// How things are called where the advice is read.
pub trait Naming {
    /// How a config is named on the command line.
    fn file(&self, config: &ConfigName) -> String;

    /// What time it is, and where.
    fn clock(&self) -> Clock;

    /// How an object of the store is named.
    fn object(&self, object: &str) -> String {
        object.to_owned()
    }

    /// Whether there is a file that could be saved as the config.
    fn has_file(&self, _config: &ConfigName) -> bool {
        false
    }
}

/// What to say of an error with a history.
pub fn history_failure(error: &Error, naming: &dyn Naming) -> Failure {
    let file = |config: &ConfigName| shell(&naming.file(config));
    let failure = Failure::new(Exit::from(error.kind()), error.to_string());
    match error {
        Error::Store(error) => store_failure(error, naming),
        Error::UnknownConfig { config, near } => {
            let failure = match near.as_slice() {
                [] => failure,
                near => failure.detail(format!("did you mean {}?", listed(near))),
            };
            let is_file = naming.has_file(config);
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
                Some(latest) => failure.detail(format!("{has}; latest is {}", described(latest, naming))),
                None => failure.detail(has),
            };
            failure.help(format!("vconf log {}", file(config)))
        }
        Error::TooFarBack { config, .. } => failure.help(format!("vconf log {}", file(config))),
        Error::BeforeFirst { config, first, time } => {
            Failure::error(format!("{config} had no version yet at {}", local(*time, naming)))
                .detail(format!("its first is {}", described(first, naming)))
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
                failure.detail(format!("since then: {}", described(version, naming)))
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
            let failure = failure.detail(damaged_object(damage, naming));
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
                .detail(damaged_object(damage, naming))
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

/// What to say of an error of the store.
pub fn store_failure(error: &StoreError, naming: &dyn Naming) -> Failure {
    match error {
        StoreError::Corrupt(corruption) => corruption_failure(corruption, naming),
        StoreError::Backend(error) => backend_failure(error),
        StoreError::TooLarge { .. } => Failure::invalid(error.to_string()),
    }
}

/// What to say of settings that can't be used.
pub fn settings_failure(error: &SettingsError) -> Failure {
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
pub fn rule_failure(option: &str, text: &str) -> Failure {
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

fn corruption_failure(corruption: &Corruption, naming: &dyn Naming) -> Failure {
    let Corruption { config, number, is_ref, .. } = corruption;
    if let Some(gap) = corruption.forgotten() {
        let (first, last) = (gap.versions.first, gap.versions.last);
        let those = if first == last { format!("@{first}") } else { format!("@{first} to @{last}") };
        return Failure::error(format!("version {number} of {config} was forgotten"))
            .detail(format!("{} forgot {those} at {}", gap.author, local(gap.timestamp, naming)))
            .help(format!("vconf log {}", shell(config.as_str())));
    }
    let what = if *is_ref { "change of refs" } else { "version" };
    Failure::new(Exit::Damage, format!("{config}: {what} {number} is damaged"))
        .detail(damaged_object(corruption, naming))
        .detail("the other versions are not touched by this")
        .help("vconf check")
}

/// Where the damage is, and what.
fn damaged_object(Corruption { object, flaw, .. }: &Corruption, naming: &dyn Naming) -> String {
    format!("{}: {flaw}", naming.object(object))
}

/// What to say of an error of the backend.
pub fn backend_failure(error: &BackendError) -> Failure {
    let failure = io_failure(&error.to_string(), &error.source);
    match error.kind {
        BackendErrorKind::Failed | BackendErrorKind::Unreadable => failure,
        BackendErrorKind::Unknown | BackendErrorKind::Unconfirmed => {
            failure.detail("look whether the version is there before you try again").help("vconf log")
        }
    }
}

/// What to say of an error of the system.
pub fn io_failure(what: &str, error: &io::Error) -> Failure {
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

/// `@4 ("bump port", ops, 2 min ago)`.
fn described(version: &Version, naming: &dyn Naming) -> String {
    let description = one_line(&version.description, 50);
    let time = when(version.timestamp, &naming.clock());
    format!("@{} (\"{description}\", {}, {time})", version.number, version.author)
}

/// A time as people here write it.
fn local(time: Timestamp, naming: &dyn Naming) -> String {
    let local = time.as_jiff().to_zoned_datetime(naming.clock().zone());
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

/// How many of the versions that came after an expected one are told.
const MOST_TOLD_SINCE: usize = 5;
