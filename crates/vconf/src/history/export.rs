//! Export: histories as a stream that `git fast-import` reads.

mod refs;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fmt;
use std::io::{self, Write};
use std::ops::RangeInclusive;

use super::error::Error;
use super::line;
use super::load::Loaded;
use super::state::State;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::Version;
use crate::model::time::Timestamp;
use crate::store::{Corruption, Store, StoreError};
use refs::GitNames;

pub use refs::exported_path;

/// What was exported.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exported {
    /// How many versions.
    pub versions: u64,
    /// How many commits they are: what one command did to several files is one.
    pub commits: u64,
    /// The branch that the first config is on, by its name in git.
    pub current: Option<String>,
    /// The branches and tags by their names in git.
    pub refs: Vec<String>,
    /// The first of the versions that were left out, for they are damaged. Those that were forgotten are not told.
    pub damage: Vec<Corruption>,
}

/// Why an export did not come to its end.
#[derive(Debug)]
pub enum ExportError {
    /// The history can't be read.
    History(Error),
    /// The stream can't be written.
    Write(io::Error),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History(error) => error.fmt(f),
            Self::Write(_) => f.write_str("the stream can't be written"),
        }
    }
}

impl std::error::Error for ExportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::History(error) => error.source(),
            Self::Write(error) => Some(error),
        }
    }
}

impl From<Error> for ExportError {
    fn from(error: Error) -> Self {
        Self::History(error)
    }
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::History(error.into())
    }
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl Store {
    /// Writes the histories of configs as commits, in the format of `git fast-import`, without its last line `done`.
    ///
    /// Each version becomes a commit on its branch with its author, time and description; versions of several configs
    /// that one operation made with the same of these are one commit. Branches go on from their newest commit, also
    /// where versions were undone: what an undo left is a commit of its own at the end. What branches of other names
    /// made is kept under `refs/vconf/` where it was not merged. Of the versions one at a time is held.
    pub fn export_git(&self, configs: &[ConfigName], out: &mut impl Write) -> Result<Exported, ExportError> {
        let mut export = Export {
            store: self,
            out,
            sources: Vec::new(),
            queue: BinaryHeap::new(),
            names: GitNames::default(),
            begun: BTreeSet::new(),
            open_sides: BTreeMap::new(),
            newest: None,
            done: Exported::default(),
        };
        for config in configs {
            export.open(config)?;
        }
        while let Some(group) = export.next_group()? {
            export.commit(&group)?;
        }
        export.finish()
    }
}

/// A config on its way out.
struct Source {
    config: ConfigName,
    state: State,
    path: String,
    /// The next version, read ahead.
    next: Option<Version>,
    /// The newest version on each branch so far.
    last: BTreeMap<RefName, u64>,
    /// Those that could not be exported, in order.
    left_out: Vec<RangeInclusive<u64>>,
}

impl Source {
    fn is_left_out(&self, number: u64) -> bool {
        let at = self.left_out.partition_point(|run| *run.end() < number);
        self.left_out.get(at).is_some_and(|run| run.contains(&number))
    }
}

struct Export<'a, W> {
    store: &'a Store,
    out: &'a mut W,
    sources: Vec<Source>,
    /// The sources that have more, by the time of their next version.
    queue: BinaryHeap<Reverse<(Timestamp, usize)>>,
    names: GitNames,
    /// The refs that have a commit.
    begun: BTreeSet<String>,
    /// The other lines whose newest commit was not merged yet, by its mark.
    open_sides: BTreeMap<u64, String>,
    newest: Option<Timestamp>,
    done: Exported,
}

/// One version on its way out: its source's number, and what it is.
type Outgoing = (usize, Loaded);

impl<W: Write> Export<'_, W> {
    fn open(&mut self, config: &ConfigName) -> Result<(), Error> {
        let state = self.store.known_state(config)?;
        if self.sources.is_empty() {
            self.done.current = Some(self.names.branch(&state.current));
        }
        let path = self.names.path(config);
        let at = self.sources.len();
        let (config, last, left_out) = (config.clone(), BTreeMap::new(), Vec::new());
        self.sources.push(Source { config, state, path, next: None, last, left_out });
        self.read_ahead(at, 1)
    }

    /// Reads the header of the next version of a source that can be read.
    fn read_ahead(&mut self, at: usize, from: u64) -> Result<(), Error> {
        let newest = self.sources[at].state.versions.number;
        let mut number = from;
        while number <= newest {
            match self.store.header(&self.sources[at].config, number) {
                Ok(version) => {
                    self.queue.push(Reverse((version.timestamp, at)));
                    self.sources[at].next = Some(version);
                    return Ok(());
                }
                Err(StoreError::Corrupt(damage)) => number = self.leave_out(at, *damage) + 1,
                Err(error) => return Err(error.into()),
            }
        }
        self.sources[at].next = None;
        Ok(())
    }

    /// Leaves out what can't be read, and tells of it where it was not forgotten; gives the last number of it.
    fn leave_out(&mut self, at: usize, damage: Corruption) -> u64 {
        let run = line::run_of(&damage);
        let last = (*run.end()).max(damage.number);
        self.sources[at].left_out.push(damage.number..=last);
        if damage.forgotten().is_none() && self.done.damage.len() < MOST_DAMAGE_TOLD {
            self.done.damage.push(damage);
        }
        last
    }

    /// The next versions that are one commit; damaged ones are left out.
    fn next_group(&mut self) -> Result<Option<Vec<Outgoing>>, Error> {
        while let Some(Reverse((time, at))) = self.queue.pop() {
            let Some(first) = self.sources[at].next.take() else { continue };
            let mut members = vec![(at, first.number)];
            let mut others = Vec::new();
            while let Some(&Reverse((other_time, other))) = self.queue.peek()
                && other_time == time
                && members.len() + others.len() < MOST_IN_ONE
            {
                self.queue.pop();
                match &self.sources[other].next {
                    Some(next) if is_one_commit(&first, next) => members.push((other, next.number)),
                    _ => others.push(Reverse((time, other))),
                }
            }
            self.queue.extend(others);
            let mut group = Vec::new();
            for (at, number) in members {
                let last = match self.store.load_number(&self.sources[at].config, number) {
                    Ok(loaded) => {
                        group.push((at, loaded));
                        number
                    }
                    Err(Error::Store(StoreError::Corrupt(damage))) => self.leave_out(at, *damage),
                    Err(error) => return Err(error),
                };
                self.read_ahead(at, last + 1)?;
            }
            if !group.is_empty() {
                return Ok(Some(group));
            }
        }
        Ok(None)
    }

    fn commit(&mut self, group: &[Outgoing]) -> Result<(), ExportError> {
        let Some((at, Loaded { version, .. })) = group.first() else { return Ok(()) };
        let source = &self.sources[*at];
        let own = mark(*at, version.number);
        let is_branch = source.state.has_branch(&version.branch);
        let git_ref = match is_branch {
            true => self.names.branch(&version.branch),
            false => self.names.side(&source.config, &version.branch),
        };
        let parents = version.parents.iter().filter(|number| !source.is_left_out(**number));
        let parents: Vec<u64> = parents.map(|&number| mark(*at, number)).collect();
        let has_first = version.parents.first().is_some_and(|number| !source.is_left_out(*number));
        let goes_on = self.begun.contains(&git_ref);
        writeln!(self.out, "commit {git_ref}\nmark :{own}")?;
        self.put_people(&version.author, version.timestamp)?;
        self.put_message(&version.description)?;
        let mut merged = parents.as_slice();
        if has_first && !merged.is_empty() {
            if !goes_on {
                writeln!(self.out, "from :{}", merged[0])?;
            }
            self.open_sides.remove(&merged[0]);
            merged = &merged[1..];
        }
        for parent in merged {
            writeln!(self.out, "merge :{parent}")?;
            self.open_sides.remove(parent);
        }
        for (at, loaded) in group {
            self.put_file(*at, loaded)?;
        }
        self.out.write_all(b"\n")?;
        for (other, loaded) in &group[1..] {
            writeln!(self.out, "alias\nmark :{}\nto :{own}\n", mark(*other, loaded.version.number))?;
        }
        for (at, Loaded { version, .. }) in group {
            self.sources[*at].last.insert(version.branch.clone(), version.number);
        }
        if !is_branch {
            self.open_sides.insert(own, git_ref.clone());
        }
        self.newest = self.newest.max(Some(version.timestamp));
        self.begun.insert(git_ref);
        self.done.commits += 1;
        self.done.versions += group.len() as u64;
        Ok(())
    }

    /// Puts every branch where its head is, sets the tags, and takes the names of merged lines away.
    fn finish(mut self) -> Result<Exported, ExportError> {
        for at in 0..self.sources.len() {
            let branches = self.sources[at].state.branches();
            for branch in branches {
                self.finish_branch(at, &branch)?;
            }
        }
        let open: BTreeSet<String> = self.open_sides.values().cloned().collect();
        let sides = self.begun.iter().filter(|name| name.starts_with(refs::SIDES));
        for name in sides.filter(|name| !open.contains(*name)).cloned().collect::<Vec<_>>() {
            writeln!(self.out, "reset {name}\nfrom {}\n", "0".repeat(40))?;
            self.begun.remove(&name);
        }
        let is_only = self.sources.len() == 1;
        for at in 0..self.sources.len() {
            let source = &self.sources[at];
            for (tag, number) in self.store.tags(&source.state)? {
                if source.is_left_out(number) || number > source.state.versions.number {
                    continue;
                }
                let name = self.names.tag((!is_only).then_some(&source.config), &tag);
                writeln!(self.out, "reset {name}\nfrom :{}\n", mark(at, number))?;
                self.begun.insert(name);
            }
        }
        self.done.refs = self.begun.into_iter().collect();
        self.done.current = self.done.current.filter(|name| self.done.refs.contains(name));
        Ok(self.done)
    }

    fn finish_branch(&mut self, at: usize, branch: &RefName) -> Result<(), ExportError> {
        let source = &self.sources[at];
        let head = self.store.head_number(&source.state, branch)?;
        let head = head.filter(|number| !source.is_left_out(*number));
        let git_ref = self.names.branch(branch);
        let last = source.last.get(branch).copied();
        match head {
            _ if head == last => {}
            Some(head) if !self.begun.contains(&git_ref) => {
                writeln!(self.out, "reset {git_ref}\nfrom :{}\n", mark(at, head))?;
                self.begun.insert(git_ref);
            }
            head => {
                let Some(time) = self.newest else { return Ok(()) };
                writeln!(self.out, "commit {git_ref}")?;
                self.put_people(super::context::Context::SYSTEM, time)?;
                match head {
                    Some(head) => {
                        self.put_message(&format!("Undo: {} is at version {head}", self.sources[at].config))?;
                        let loaded = self.store.load_number(&self.sources[at].config, head)?;
                        self.put_file(at, &loaded)?;
                    }
                    None => {
                        self.put_message(&format!("Undo: {} has no version", self.sources[at].config))?;
                        writeln!(self.out, "D {}", self.sources[at].path)?;
                    }
                }
                self.out.write_all(b"\n")?;
                self.done.commits += 1;
            }
        }
        Ok(())
    }

    fn put_people(&mut self, author: &str, time: Timestamp) -> io::Result<()> {
        let who = refs::person(author);
        // Git knows no time before 1970.
        let seconds = time.as_microseconds().div_euclid(1_000_000).max(0);
        write!(self.out, "author {who} {seconds} +0000\ncommitter {who} {seconds} +0000\n")
    }

    fn put_message(&mut self, text: &str) -> io::Result<()> {
        let text = text.replace('\0', "");
        write!(self.out, "data {}\n{text}\n", text.len() + 1)
    }

    fn put_file(&mut self, at: usize, loaded: &Loaded) -> io::Result<()> {
        let is_executable = loaded.version.mode.is_some_and(|mode| mode & 0o111 != 0);
        let mode = if is_executable { "100755" } else { "100644" };
        writeln!(self.out, "M {mode} inline {}\ndata {}", self.sources[at].path, loaded.source.len())?;
        self.out.write_all(&loaded.source)?;
        self.out.write_all(b"\n")
    }
}

/// Whether versions of two configs are one commit: one operation made them with the same to say.
fn is_one_commit(a: &Version, b: &Version) -> bool {
    let is_plain = |version: &Version| version.parents.len() < 2;
    is_plain(a)
        && is_plain(b)
        && a.config != b.config
        && a.operation.id == b.operation.id
        && a.timestamp == b.timestamp
        && a.branch == b.branch
        && a.author == b.author
        && a.description == b.description
}

/// How many versions one commit is made of.
const MOST_IN_ONE: usize = 1000;

/// How much damage is told.
const MOST_DAMAGE_TOLD: usize = 1000;

/// The mark of a version: one for each of a trillion of each config, without a table of them.
fn mark(source: usize, number: u64) -> u64 {
    (source as u64) << 40 | number
}
