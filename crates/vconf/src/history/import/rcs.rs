//! The `,v` files of RCS and CVS: all revisions of one file (rcsfile(5)).

mod parse;
mod text;

use std::collections::HashMap;
use std::fmt;

use super::ForeignRevision;
use crate::model::name::RefName;
use crate::model::time::Timestamp;
use text::{Op, Script, apply};

/// An RCS file that was read: the newest revision of the trunk whole, every other one as the edits from its neighbour.
#[derive(Debug)]
pub struct RcsFile {
    deltas: Vec<Delta>,
    head: Option<usize>,
    default_branch: Option<String>,
    /// The names of branches, by their numbers (`1.2.1`).
    branches: HashMap<String, RefName>,
}

/// What the file says of one revision.
#[derive(Clone, Debug)]
struct Delta {
    number: String,
    timestamp: Timestamp,
    author: String,
    is_dead: bool,
    log: String,
    branches: Vec<usize>,
    next: Option<usize>,
    /// All bytes for the head, the edits for the others.
    text: Vec<u8>,
    tags: Vec<RefName>,
}

/// A revision of an RCS file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RcsRevision {
    /// What it is. Keywords stand in it as they were checked in.
    pub revision: ForeignRevision,
    /// Whether the file was not there then (the state `dead` of CVS).
    pub is_dead: bool,
}

impl RcsFile {
    /// Reads an RCS file. Linear in its length.
    pub fn parse(bytes: &[u8]) -> Result<Self, RcsError> {
        parse::parse(bytes)
    }

    /// How many revisions there are.
    pub fn count(&self) -> usize {
        self.deltas.len()
    }

    /// The branch that is checked out where none is named, if that is not the trunk.
    pub fn default_branch(&self) -> Option<&str> {
        self.default_branch.as_deref()
    }

    /// The names of the branches, in order.
    pub fn branches(&self) -> Vec<RefName> {
        let sides = self.deltas.iter().filter_map(|delta| self.side(&delta.number));
        let mut names: Vec<_> = sides.collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The revisions, each after the one that it was made from: the trunk from the oldest on, and behind each of its
    /// revisions the branches that begin with it. Only the texts on the way are held.
    ///
    /// # Errors
    ///
    /// Edits that do not fit, and files that would cost more than 2³⁰ lines to unfold.
    pub fn revisions(&self) -> Result<Revisions<'_>, RcsError> {
        Revisions::new(self)
    }

    /// The branch that a revision is on; `None` on the trunk.
    fn side(&self, number: &str) -> Option<RefName> {
        let (branch, _) = number.rsplit_once('.')?;
        if !branch.contains('.') {
            return None;
        }
        let named = self.branches.get(branch).cloned();
        // A number that is much too long for a name is cut; its revisions are on one branch with others then.
        let name = || format!("rcs-{}", branch.get(..RefName::MAX_BYTES - 4).unwrap_or(branch));
        named.or_else(|| RefName::new(&name()).ok())
    }
}

/// The revisions of an RCS file: see [`RcsFile::revisions`].
#[derive(Debug)]
pub struct Revisions<'a> {
    file: &'a RcsFile,
    /// The trunk that is not told yet, newest first, each with the edits from the one before it.
    trunk: Vec<(usize, Script<'a>)>,
    /// The newest revision of the trunk that was told, and its lines.
    told: Option<usize>,
    lines: Vec<&'a [u8]>,
    /// Branches that are not told to their end: the next revision, what it is made from, and the lines of that.
    open: Vec<(usize, usize, Vec<&'a [u8]>)>,
    is_told: Vec<bool>,
    lines_left: u64,
}

impl<'a> Revisions<'a> {
    fn new(file: &'a RcsFile) -> Result<Self, RcsError> {
        let mut revisions = Self {
            file,
            trunk: Vec::new(),
            told: None,
            lines: Vec::new(),
            open: Vec::new(),
            is_told: vec![false; file.deltas.len()],
            lines_left: MOST_LINES,
        };
        let Some(head) = file.head else { return Ok(revisions) };
        let mut lines = text::lines(&file.deltas[head].text);
        let mut at = head;
        revisions.visit(at)?;
        // Backwards to the first revision, keeping what leads forward again.
        while let Some(older) = file.deltas[at].next {
            revisions.visit(older)?;
            revisions.spend(lines.len())?;
            let script = text::script(&file.deltas[older].text).ok_or_else(|| file.misfit(older))?;
            let (before, forward) = apply(&lines, &script).ok_or_else(|| file.misfit(older))?;
            revisions.trunk.push((at, forward));
            (lines, at) = (before, older);
        }
        let whole = Op { at: 0, delete: 0, insert: lines };
        revisions.trunk.push((at, vec![whole]));
        Ok(revisions)
    }

    fn step(&mut self) -> Result<Option<RcsRevision>, RcsError> {
        if let Some((at, parent, lines)) = self.open.pop() {
            self.visit(at)?;
            self.spend(lines.len())?;
            let delta = &self.file.deltas[at];
            let script = text::script(&delta.text).ok_or_else(|| self.file.misfit(at))?;
            let (lines, _) = apply(&lines, &script).ok_or_else(|| self.file.misfit(at))?;
            let revision = self.file.revision(at, Some(parent), &lines);
            self.begin_branches(at, &lines)?;
            if let Some(next) = delta.next {
                self.open.push((next, at, lines));
            }
            return Ok(Some(revision));
        }
        let Some((at, script)) = self.trunk.pop() else { return Ok(None) };
        self.spend(self.lines.len())?;
        let (lines, _) = apply(&self.lines, &script).ok_or_else(|| self.file.misfit(at))?;
        self.begin_branches(at, &lines)?;
        let revision = self.file.revision(at, self.told, &lines);
        (self.told, self.lines) = (Some(at), lines);
        Ok(Some(revision))
    }

    fn begin_branches(&mut self, at: usize, lines: &[&'a [u8]]) -> Result<(), RcsError> {
        for &first in self.file.deltas[at].branches.iter().rev() {
            self.spend(lines.len())?;
            self.open.push((first, at, lines.to_vec()));
        }
        Ok(())
    }

    /// Fails where a revision is come to twice.
    fn visit(&mut self, at: usize) -> Result<(), RcsError> {
        if std::mem::replace(&mut self.is_told[at], true) {
            let number = self.file.deltas[at].number.clone();
            return Err(RcsError { line: None, problem: RcsProblem::Twice(number) });
        }
        Ok(())
    }

    fn spend(&mut self, lines: usize) -> Result<(), RcsError> {
        let left = self.lines_left.checked_sub(lines as u64 + 1);
        self.lines_left = left.ok_or(RcsError { line: None, problem: RcsProblem::TooLarge })?;
        Ok(())
    }
}

/// How many lines may be handled to unfold a file: a few seconds.
const MOST_LINES: u64 = 1 << 30;

impl Iterator for Revisions<'_> {
    type Item = Result<RcsRevision, RcsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            // Nothing follows an error.
            self.trunk.clear();
            self.open.clear();
        }
        step.transpose()
    }
}

impl RcsFile {
    fn revision(&self, at: usize, parent: Option<usize>, lines: &[&[u8]]) -> RcsRevision {
        let delta = &self.deltas[at];
        let revision = ForeignRevision {
            name: delta.number.clone(),
            parents: parent.map(|parent| self.deltas[parent].number.clone()).into_iter().collect(),
            side: self.side(&delta.number),
            author: delta.author.clone(),
            timestamp: delta.timestamp,
            description: delta.log.clone(),
            source: lines.concat(),
            mode: None,
            tags: delta.tags.clone(),
        };
        RcsRevision { revision, is_dead: delta.is_dead }
    }

    fn misfit(&self, at: usize) -> RcsError {
        RcsError { line: None, problem: RcsProblem::Misfit(self.deltas[at].number.clone()) }
    }
}

/// An RCS file that can't be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RcsError {
    /// The line in which it was noticed, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: RcsProblem,
}

/// What can be wrong with an RCS file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RcsProblem {
    /// Something else was expected.
    Expected(&'static str),
    /// A revision is spoken of and not there.
    Missing(String),
    /// A revision is come to twice.
    Twice(String),
    /// The edits of a revision do not fit what they are edits of.
    Misfit(String),
    /// It would take too long to unfold.
    TooLarge,
}

impl fmt::Display for RcsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match &self.problem {
            RcsProblem::Expected(what) => write!(f, "expected {what}"),
            RcsProblem::Missing(number) => {
                write!(f, "revision {} is spoken of and not there", number.escape_debug())
            }
            RcsProblem::Twice(number) => {
                write!(f, "revision {} is come to twice", number.escape_debug())
            }
            RcsProblem::Misfit(number) => {
                write!(f, "the edits of revision {} do not fit", number.escape_debug())
            }
            RcsProblem::TooLarge => f.write_str("its revisions are too many lines to unfold"),
        }
    }
}

impl std::error::Error for RcsError {}
