//! The commits that a file's history is made of.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};

use vconf::model::name::RefName;
use vconf::model::time::Timestamp;

use super::Repository;
use crate::advice::io_failure;
use crate::failure::Failure;

/// The commits that changed a file, each with the line that it is on: the first-parent line of the newest commit is the
/// main one, and what was merged into it are others.
#[derive(Debug)]
pub(crate) struct Lines {
    file: String,
    first_parent: bool,
    /// How many commits there are.
    pub(crate) count: u64,
    sides: HashMap<String, RefName>,
}

/// One commit.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) id: String,
    /// The commits of the file's history that it was made from.
    pub(crate) parents: Vec<String>,
    pub(crate) side: Option<RefName>,
    pub(crate) author: String,
    pub(crate) timestamp: Timestamp,
    pub(crate) description: String,
}

impl Repository {
    /// Looks through a file's history: which commits there are, and on which line each is. With `first_parent`, what was
    /// merged counts as the change of the merge.
    pub(crate) fn lines(&self, file: &str, first_parent: bool) -> Result<Lines, Failure> {
        let mut lines = Lines { file: file.to_owned(), first_parent, count: 0, sides: HashMap::new() };
        let mut child = self.start(lines.arguments(["--parents"]))?;
        let read = child.stdout.take().map(|stdout| lines.read(stdout)).transpose();
        // That git failed says more than that it could not be understood.
        self.end(child)?;
        read.map_err(|error| io_failure("what git says can't be read", &error))?;
        Ok(lines)
    }

    /// The commits of a file's history, each after those that it was made from.
    pub(crate) fn commits<'a>(&'a self, lines: &'a Lines) -> Result<Commits<'a>, Failure> {
        let format = "--format=%x00%an%x00%ae%x00%at%x00%B%x00";
        let mut child = self.start(lines.arguments(["--parents", "--reverse", format]))?;
        let stdout = child.stdout.take().map(BufReader::new);
        Ok(Commits { repository: self, lines, child: Some(child), stdout })
    }
}

impl Lines {
    /// How the line of a commit that was merged is called.
    pub(crate) fn side(&self, commit: &str) -> Option<&RefName> {
        self.sides.get(commit)
    }

    fn arguments<'a>(&'a self, more: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let simplified: &[&str] =
            if self.first_parent { &["--first-parent"] } else { &["--full-history", "--simplify-merges"] };
        let ends = ["HEAD", "--", &self.file];
        ["rev-list", "--topo-order"]
            .into_iter()
            .chain(simplified.iter().copied())
            .chain(more)
            .chain(ends)
            .collect()
    }

    /// Reads the commits, newest first, with their parents, so that a line is known before what it comes from.
    fn read(&mut self, listed: ChildStdout) -> io::Result<()> {
        let mut listed = BufReader::new(listed);
        let mut main: Option<String> = None;
        loop {
            let Some(line) = until(&mut listed, b'\n')? else { return Ok(()) };
            let line = String::from_utf8_lossy(&line).into_owned();
            let mut ids = line.split(' ');
            let Some(id) = ids.next() else { continue };
            self.count += 1;
            let is_main = main.as_deref().is_none_or(|main| main == id);
            let side = if is_main { None } else { self.sides.get(id).cloned() };
            for (at, parent) in ids.enumerate() {
                match (at, &side) {
                    (0, None) => {
                        self.sides.remove(parent);
                        main = Some(parent.to_owned());
                    }
                    (0, Some(side)) if main.as_deref() != Some(parent) => {
                        self.sides.entry(parent.to_owned()).or_insert_with(|| side.clone());
                    }
                    (1.., _) if main.as_deref() != Some(parent) => {
                        let name = format!("git-{}", parent.get(..10).unwrap_or(parent));
                        if let Ok(name) = RefName::new(&name) {
                            self.sides.entry(parent.to_owned()).or_insert(name);
                        }
                    }
                    _ => {}
                }
            }
            if is_main && !line.contains(' ') {
                // What comes yet has no first-parent way to the newest commit.
                main = Some(String::new());
            }
        }
    }
}

/// The commits of a file's history, read one by one.
#[derive(Debug)]
pub(crate) struct Commits<'a> {
    repository: &'a Repository,
    lines: &'a Lines,
    child: Option<Child>,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Commits<'_> {
    fn step(&mut self) -> Result<Option<Commit>, Failure> {
        let Some(stdout) = &mut self.stdout else { return Ok(None) };
        match read_commit(stdout) {
            Ok(Some(mut commit)) => {
                commit.side = self.lines.side(&commit.id).cloned();
                Ok(Some(commit))
            }
            read => {
                self.stdout = None;
                if let Some(child) = self.child.take() {
                    self.repository.end(child)?;
                }
                read.map_err(|error| io_failure("what git says can't be read", &error))
            }
        }
    }
}

impl Iterator for Commits<'_> {
    type Item = Result<Commit, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

impl Drop for Commits<'_> {
    fn drop(&mut self) {
        self.stdout = None;
        if let Some(mut child) = self.child.take() {
            // It ends for itself once nobody listens.
            let _ = child.wait();
        }
    }
}

/// Reads `commit ID PARENT…`, a line end, and five fields with a NUL before each and one behind.
fn read_commit(from: &mut impl BufRead) -> io::Result<Option<Commit>> {
    let Some(header) = until(from, b'\n')? else { return Ok(None) };
    let header = String::from_utf8_lossy(&header).into_owned();
    let mut words = header.split(' ').filter(|word| !word.is_empty());
    let garbled = || io::Error::new(io::ErrorKind::InvalidData, "it is no list of commits");
    if words.next() != Some("commit") {
        return Err(garbled());
    }
    let id = words.next().ok_or_else(garbled)?.to_owned();
    let parents = words.map(str::to_owned).collect();
    let mut field = || -> io::Result<String> {
        let bytes = until(from, 0)?.ok_or_else(garbled)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    field()?;
    let (name, email, seconds, description) = (field()?, field()?, field()?, field()?);
    until(from, b'\n')?;
    let seconds = seconds.parse().unwrap_or(0);
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let author = if email.is_empty() { name } else { format!("{name} <{email}>") };
    let description = description.trim_end_matches('\n').to_owned();
    Ok(Some(Commit { id, parents, side: None, author, timestamp: time.into(), description }))
}

/// Reads up to a byte, which is left out; `None` at the end.
pub(super) fn until(from: &mut impl BufRead, end: u8) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    from.take(MOST_FIELD_BYTES).read_until(end, &mut bytes)?;
    match bytes.pop() {
        None => Ok(None),
        Some(last) if last == end => Ok(Some(bytes)),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "it is cut off, or longer than 16 MiB")),
    }
}

/// How long a message may be.
const MOST_FIELD_BYTES: u64 = 16 << 20;
