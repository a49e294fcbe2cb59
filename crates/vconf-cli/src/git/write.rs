//! Writing a new repository.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};

use super::{complaint, failed, not_started, plain};
use crate::advice::io_failure;
use crate::failure::Failure;

/// A new repository that takes in commits.
#[derive(Debug)]
pub(crate) struct Writer {
    folder: PathBuf,
    child: Child,
    stream: BufWriter<ChildStdin>,
}

impl Writer {
    /// Makes a repository in a folder that is not there yet, or is empty.
    pub(crate) fn create(folder: &Path) -> Result<Self, Failure> {
        make_empty(folder)?;
        run(folder, &["-c", "init.defaultBranch=main", "init", "--quiet", "--template="])?;
        let mut command = plain(folder);
        command.args(["fast-import", "--quiet", "--done"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_started(&error))?;
        let stdin = child.stdin.take().ok_or_else(|| Failure::error("git has no standard input"))?;
        Ok(Self { folder: folder.to_owned(), child, stream: BufWriter::with_capacity(1 << 16, stdin) })
    }

    /// Where the commits are written to, as `git fast-import` reads them.
    pub(crate) fn stream(&mut self) -> &mut impl Write {
        &mut self.stream
    }

    /// Ends the repository, with this branch checked out, where there is one.
    pub(crate) fn finish(self, branch: Option<&str>) -> Result<(), Failure> {
        let Self { folder, mut child, mut stream } = self;
        let written = stream.write_all(b"done\n").and_then(|()| stream.flush());
        drop(stream.into_parts());
        let complaint = complaint(&mut child);
        let status = child.wait().map_err(|error| io_failure("git can't be waited for", &error))?;
        if !status.success() {
            return Err(failed(&folder, &complaint));
        }
        written.map_err(|error| io_failure("git can't be told", &error))?;
        if let Some(branch) = branch {
            run(&folder, &["symbolic-ref", "HEAD", branch])?;
            run(&folder, &["-c", "core.autocrlf=false", "reset", "--quiet", "--hard"])?;
        }
        Ok(())
    }

    /// Lets go of a repository that is not brought to its end; tells what git had to say.
    pub(crate) fn abandon(self, error: &io::Error) -> Failure {
        let Self { folder, mut child, stream } = self;
        drop(stream.into_parts());
        let complaint = complaint(&mut child);
        // That it failed is known.
        let _ = child.wait();
        match complaint.trim() {
            "" => io_failure("git can't be told", error),
            _ => failed(&folder, &complaint),
        }
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let mut command = plain(folder);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| not_started(&error))?;
    let complaint = complaint(&mut child);
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(failed(folder, &complaint)),
        Err(error) => Err(io_failure("git can't be waited for", &error)),
    }
}

fn make_empty(folder: &Path) -> Result<(), Failure> {
    let place = folder.display();
    match vconf::disk::list(folder) {
        Ok(None) if folder.exists() => Err(Failure::error(format!("{place} is a file"))),
        Ok(None) => std::fs::create_dir(folder)
            .map_err(|error| io_failure(&format!("the folder {place} can't be made"), &error)),
        Ok(Some(names)) if names.is_empty() => Ok(()),
        Ok(Some(_)) => {
            Err(Failure::error(format!("{place} is not empty"))
                .detail("a history is written into a new folder"))
        }
        Err(error) => Err(io_failure(&format!("{place} can't be read"), &error)),
    }
}
