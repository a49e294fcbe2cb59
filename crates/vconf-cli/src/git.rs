//! Git repositories, read and written through the `git` program.
//!
//! A repository may come from anywhere, so nothing in it is let run a program: no hooks, no monitor, no filters, no
//! fetching of what it lacks.

mod history;
mod objects;
mod write;

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use vconf::model::lookup::nearest;
use vconf::model::name::RefName;

use crate::advice::io_failure;
use crate::failure::Failure;
use crate::text::shell;

pub(crate) use history::{Commit, Lines};
pub(crate) use objects::File;
pub(crate) use write::Writer;

/// A repository that is there.
#[derive(Debug)]
pub(crate) struct Repository {
    folder: PathBuf,
    /// Where in the repository its folder is: empty, or ending in `/`.
    prefix: Vec<u8>,
}

impl Repository {
    /// Finds the repository that a folder belongs to, and that it has commits.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        if !folder.is_dir() {
            return Err(Failure::error(format!("there is no folder {}", folder.display())));
        }
        let mut repository = Self { folder: folder.to_owned(), prefix: Vec::new() };
        let prefix = repository.ask(["rev-parse", "--show-prefix"])?;
        repository.prefix = prefix.strip_suffix(b"\n").unwrap_or(&prefix).to_vec();
        if repository.ask(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).is_err() {
            return Err(Failure::error(format!("{} has no commits on its current branch", folder.display())));
        }
        Ok(repository)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The names of the files that the newest commit has here.
    pub(crate) fn files(&self) -> Result<Vec<String>, Failure> {
        let listed = self.ask(["ls-tree", "-r", "-z", "--name-only", "HEAD"])?;
        let names = listed.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        Ok(names.take(MOST_FILES).filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect())
    }

    /// The names of those that are most like one.
    pub(crate) fn near(&self, file: &str) -> Option<String> {
        let files = self.files().unwrap_or_default();
        nearest(file, &files).map(str::to_owned)
    }

    /// The tags of commits, as far as their names can be those of tags here.
    pub(crate) fn tags(&self) -> Result<Vec<(String, RefName)>, Failure> {
        let format = "--format=%(objectname) %(*objectname) %(refname:strip=2)";
        let listed = self.ask(["for-each-ref", format, "refs/tags"])?;
        let listed = String::from_utf8_lossy(&listed);
        let tag = |line: &str| {
            let (object, rest) = line.split_once(' ')?;
            let (peeled, name) = rest.split_once(' ')?;
            let commit = if peeled.is_empty() { object } else { peeled };
            Some((commit.to_owned(), RefName::new(name).ok()?))
        };
        Ok(listed.lines().take(MOST_FILES).filter_map(tag).collect())
    }

    /// Runs git and gives what it says.
    fn ask<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<Vec<u8>, Failure> {
        let mut child = self.start(arguments)?;
        let mut said = Vec::new();
        let read = child.stdout.take().map(|stdout| stdout.take(MOST_SAID_BYTES).read_to_end(&mut said));
        let told = self.end(child);
        read.transpose().map_err(|error| io_failure("git can't be heard", &error))?;
        told.map(|()| said)
    }

    /// Starts git with its standard output to be read.
    fn start<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<Child, Failure> {
        let mut command = plain(&self.folder);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| not_started(&error))
    }

    /// Waits for git, and tells why it failed.
    fn end(&self, mut child: Child) -> Result<(), Failure> {
        // Whoever hears no more of it lets it end.
        drop(child.stdout.take());
        let complaint = complaint(&mut child);
        match child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(failed(&self.folder, &complaint)),
            Err(error) => Err(io_failure("git can't be waited for", &error)),
        }
    }
}

/// Git in a folder, with nothing in its repository let run a program.
fn plain(folder: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        // What tells where one's own repository is, as in a hook; one's own settings stay.
        if !matches!(name.to_str(), Some("GIT_CONFIG_GLOBAL")) {
            command.env_remove(name);
        }
    }
    let settings = [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_ALLOW_PROTOCOL", "none"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_PAGER", "cat"),
        ("LC_ALL", "C"),
    ];
    command.envs(settings).arg("-C").arg(folder).arg("--no-pager");
    for setting in [
        "core.fsmonitor=false",
        "core.hooksPath=/dev/null",
        "core.sshCommand=false",
        "core.askPass=",
        "core.quotePath=false",
        "log.showSignature=false",
        "i18n.logOutputEncoding=UTF-8",
    ] {
        command.args(["-c", setting]);
    }
    command
}

/// What git says on its standard error, the beginning of it.
fn complaint(child: &mut Child) -> String {
    let mut said = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        // Without it the status says that it failed.
        let _ = stderr.take(MOST_COMPLAINT_BYTES).read_to_end(&mut said);
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn not_started(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::error("git is not installed").detail("vconf reads and writes repositories with it")
        }
        _ => io_failure("git can't be started", error),
    }
}

/// What to say where git failed.
fn failed(folder: &Path, complaint: &str) -> Failure {
    let place = folder.display();
    if complaint.contains("dubious ownership") {
        return Failure::error(format!("{place} belongs to another user, so git does not read it"))
            .detail("if you trust it, say so to git")
            .help(format!("git config --global --add safe.directory {}", shell(&place.to_string())));
    }
    if complaint.contains("not a git repository") {
        return Failure::error(format!("{place} is no git repository"))
            .detail("it is looked for there and in the folders above");
    }
    let failure = Failure::error(format!("git could not do its work in {place}"));
    complaint.lines().filter(|line| !line.trim().is_empty()).take(5).fold(failure, Failure::detail)
}

/// How many names of files or tags are looked at.
const MOST_FILES: usize = 100_000;

/// How much of what git says is taken in at once.
const MOST_SAID_BYTES: u64 = 64 << 20;
const MOST_COMPLAINT_BYTES: u64 = 64 << 10;
