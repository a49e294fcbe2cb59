//! Running the command on other bytes of a file, and what it says of them.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use vconf::canonical;
use vconf::history::Verdict;
use vconf::model::checksum::{Checksum, Id};
use vconf::worktree::{Trial, WorktreeError};

use crate::advice::io_failure;
use crate::failure::Failure;
use crate::signals::Watch;

/// The command, and what it is known to say.
pub(super) struct Runner<'a> {
    command: Vec<OsString>,
    place: Place<'a>,
    watch: Watch,
    known: HashMap<Checksum, (Verdict, String)>,
    /// How often the command was run.
    pub(super) runs: u64,
    /// How often it need not be, for it had said what it says of these bytes.
    pub(super) reused: u64,
}

/// Where the bytes are put.
pub(super) enum Place<'a> {
    /// In the file's place.
    File(Trial<'a>),
    /// In a copy of it.
    Copy(Scratch),
}

/// Why the search was ended.
pub(super) enum Stop {
    /// A signal asked for it.
    Signal(&'static str),
    /// The file could not be written, or was by somebody else.
    File(WorktreeError),
    /// The command could not be run, or something else failed.
    Failure(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl<'a> Runner<'a> {
    /// Makes ready to run a command, in which `{}` stands for the path of the file.
    pub(super) fn new(command: &[OsString], file: &Path, place: Place<'a>, watch: Watch) -> Self {
        let path = match &place {
            Place::File(_) => file,
            Place::Copy(scratch) => &scratch.file,
        };
        let command = command.iter().map(|word| with_path(word, path)).collect();
        Self { command, place, watch, known: HashMap::new(), runs: 0, reused: 0 }
    }

    /// What the command says of these bytes. It is asked once.
    pub(super) fn verdict(&mut self, bytes: &[u8]) -> Result<Verdict, Stop> {
        Ok(self.told(bytes)?.0)
    }

    /// The same, and how the command ended.
    pub(super) fn told(&mut self, bytes: &[u8]) -> Result<(Verdict, String), Stop> {
        if let Some(signal) = self.watch.caught() {
            return Err(Stop::Signal(signal));
        }
        let checksum = canonical::checksum(bytes);
        if let Some(known) = self.known.get(&checksum) {
            self.reused += 1;
            return Ok(known.clone());
        }
        match &mut self.place {
            Place::File(trial) => trial.put(bytes).map_err(Stop::File)?,
            Place::Copy(scratch) => {
                scratch.put(bytes).map_err(|error| io_failure("the copy can't be written", &error))?;
            }
        }
        self.runs += 1;
        let status = self.run()?;
        if let Some(signal) = self.watch.caught() {
            return Err(Stop::Signal(signal));
        }
        let told = (verdict(status, &self.command)?, ending(status));
        self.known.insert(checksum, told.clone());
        Ok(told)
    }

    fn run(&self) -> Result<ExitStatus, Failure> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(Failure::error("no command was given"));
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        // What it says is talk: the standard output is for the outcome.
        if let Ok(talk) = io::stderr().as_fd().try_clone_to_owned() {
            command.stdout(Stdio::from(talk));
        }
        self.watch.run(&mut command).map_err(|error| {
            let program = program.to_string_lossy();
            match error.kind() {
                io::ErrorKind::NotFound => Failure::error(format!("there is no program {program}")),
                _ => io_failure(&format!("{program} can't be run"), &error),
            }
        })
    }

    /// Puts the file back, and takes copies away.
    pub(super) fn finish(self) -> Result<(), WorktreeError> {
        match self.place {
            Place::File(trial) => trial.end(),
            Place::Copy(_) => Ok(()),
        }
    }
}

/// What an exit status means.
fn verdict(status: ExitStatus, command: &[OsString]) -> Result<Verdict, Failure> {
    let stopped = |how: &str| {
        let program = command.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        Failure::error(format!("{program} {how}, so what it says of the file is not known"))
    };
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(Verdict::Good),
        (Some(125), _) => Ok(Verdict::Unresolved),
        (Some(126), _) => Err(stopped("could not be executed (exit 126)")),
        (Some(127), _) => Err(stopped("did not find a program (exit 127)")),
        // What a shell says of a program that such a signal ended.
        (Some(code @ (129 | 130 | 131 | 137 | 143)), _) => {
            Err(stopped(&format!("was ended from outside (exit {code})")))
        }
        (None, Some(signal @ (1 | 2 | 3 | 9 | 15))) => {
            Err(stopped(&format!("was ended from outside (signal {signal})")))
        }
        // A program that crashes on a file does not like it.
        _ => Ok(Verdict::Bad),
    }
}

/// How a command ended.
fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        _ => "an unknown end".to_owned(),
    }
}

/// A word with a path in the place of each `{}`.
fn with_path(word: &OsStr, path: &Path) -> OsString {
    let mut rest = word.as_bytes();
    let mut made = Vec::new();
    while let Some(at) = rest.windows(2).position(|pair| pair == b"{}") {
        made.extend_from_slice(&rest[..at]);
        made.extend_from_slice(path.as_os_str().as_bytes());
        rest = &rest[at + 2..];
    }
    made.extend_from_slice(rest);
    OsString::from_vec(made)
}

/// A copy of the file in a folder of its own, which goes when it is not needed any more.
pub(super) struct Scratch {
    folder: PathBuf,
    file: PathBuf,
    mode: u32,
}

impl Scratch {
    /// Makes a folder that only this user can look into, for a copy of the same name.
    pub(super) fn create(name: &OsStr, mode: u32, id: Id) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("vconf-bisect-{id}"));
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let file = folder.join(name);
        Ok(Self { folder, file, mode })
    }

    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(self.mode | 0o600).open(&self.file)?;
        io::Write::write_all(&mut file, bytes)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_stands_wherever_it_is_asked_for() {
        let word = |word: &str| with_path(OsStr::new(word), Path::new("/a b/c"));
        assert_eq!(word("{}"), "/a b/c");
        assert_eq!(word("--config={}:{}"), "--config=/a b/c:/a b/c");
        assert_eq!(word("{ }"), "{ }");
    }

    #[test]
    fn an_exit_status_says_what_it_says_elsewhere() {
        let of = |code: i32| verdict(ExitStatus::from_raw(code << 8), &["x".into()]).ok();
        assert_eq!(of(0), Some(Verdict::Good));
        assert_eq!(of(125), Some(Verdict::Unresolved));
        for code in [1, 2, 124, 128, 134, 139, 255] {
            assert_eq!(of(code), Some(Verdict::Bad), "{code}");
        }
        for code in [126, 127, 130, 137, 143] {
            assert_eq!(of(code), None, "{code}");
        }
        let by_signal = |signal: i32| verdict(ExitStatus::from_raw(signal), &["x".into()]).ok();
        assert_eq!(by_signal(11), Some(Verdict::Bad));
        assert_eq!(by_signal(2), None);
    }
}
