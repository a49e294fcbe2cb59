//! The commands: arguments, one library call, rendering.

pub(crate) mod bisect;
mod blame;
mod branch;
mod carry;
mod check;
mod conflicts;
mod copy;
mod diff;
mod edit;
mod export;
mod find;
#[cfg(feature = "server")]
mod follow;
mod forget;
mod get;
mod import;
mod log;
mod merge;
mod meta;
mod pack;
mod patch;
mod pick;
mod repair;
mod revert;
mod rollback;
mod save;
#[cfg(feature = "server")]
mod serve;
mod set;
mod show;
mod status;
mod switch;
mod tag;
#[cfg(feature = "server")]
mod token;
mod undo;
mod view;
pub(crate) mod words;

use vconf::history::Error;
use vconf::store::StoreError;
use vconf::worktree::WorktreeError;

use crate::advice;
use crate::args::Command;
use crate::failure::{Exit, Failure};
use crate::session::Session;

/// Runs a command; without one, `status`.
pub(crate) fn run(command: Option<Command>, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        None => status::run(&[], session),
        Some(Command::Status { files }) => status::run(&files, session),
        Some(Command::Save(arguments)) => save::run(&arguments, session),
        Some(Command::Log(arguments)) => log::run(&arguments, session),
        Some(Command::Find(arguments)) => find::run(&arguments, session),
        Some(Command::Blame { target, revision }) => blame::run(&target, revision.as_deref(), session),
        Some(Command::Diff(arguments)) => diff::run(&arguments, session),
        Some(Command::Show(arguments)) => show::run(&arguments, session),
        Some(Command::Get { target, key, revision }) => get::run(&target, &key, revision.as_deref(), session),
        Some(Command::Set(arguments)) => set::set(&arguments, session),
        Some(Command::Unset(arguments)) => set::unset(&arguments, session),
        Some(Command::Patch(arguments)) => patch::run(&arguments, session),
        Some(Command::Rollback(arguments)) => rollback::run(&arguments, session),
        Some(Command::Revert(arguments)) => revert::run(&arguments, session),
        Some(Command::Pick(arguments)) => pick::run(&arguments, session),
        Some(Command::Merge(arguments)) => merge::run(&arguments, session),
        Some(Command::Undo { list: true, count, .. }) => undo::list(count, session),
        Some(Command::Undo { who, .. }) => undo::undo(&who, session),
        Some(Command::Redo { who }) => undo::redo(&who, session),
        Some(Command::Tag(arguments)) => tag::run(&arguments, session),
        Some(Command::Branch(arguments)) => branch::run(&arguments, session),
        Some(Command::Switch(arguments)) => switch::run(&arguments, session),
        Some(Command::Forget(arguments)) => forget::run(&arguments, session),
        Some(Command::Pack(arguments)) => pack::run(&arguments, session),
        Some(Command::Check(arguments)) => check::run(&arguments, session),
        Some(Command::Bisect(arguments)) => bisect::run(&arguments, session),
        Some(Command::Import(arguments)) => import::run(&arguments, session),
        Some(Command::Export(arguments)) => export::run(&arguments, session),
        Some(Command::Copy(arguments)) => copy::run(&arguments, session),
        #[cfg(feature = "server")]
        Some(Command::Serve(arguments)) => serve::run(&arguments, session),
        #[cfg(feature = "server")]
        Some(Command::Follow(arguments)) => follow::run(&arguments, session),
        #[cfg(feature = "server")]
        Some(Command::Token(arguments)) => token::run(&arguments, session),
        Some(Command::Completions { shell }) => meta::completions(shell, session),
        Some(Command::Man { command }) => meta::man(command.as_deref(), session),
    }
}

/// Turns the library's errors into advice.
trait OrAdvise<T> {
    fn or_advise(self, session: &Session) -> Result<T, Failure>;
}

impl<T> OrAdvise<T> for Result<T, WorktreeError> {
    fn or_advise(self, session: &Session) -> Result<T, Failure> {
        self.map_err(|error| advice::worktree_failure(&error, session))
    }
}

impl<T> OrAdvise<T> for Result<T, Error> {
    fn or_advise(self, session: &Session) -> Result<T, Failure> {
        self.map_err(|error| advice::history_failure(&error, session, None))
    }
}

impl<T> OrAdvise<T> for Result<T, StoreError> {
    fn or_advise(self, session: &Session) -> Result<T, Failure> {
        self.map_err(|error| advice::store_failure(&error, session))
    }
}
