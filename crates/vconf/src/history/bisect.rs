//! Bisect: which version of a line was the first bad one, and which of its changes make it bad.

mod minimize;
mod narrow;

use super::error::Error;
use super::line;
use super::state::State;
use crate::store::{Store, StoreError};

pub use minimize::{Minimized, minimize};
pub use narrow::Changes;

/// What a trial said.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// All is well.
    Good,
    /// It is not.
    Bad,
    /// It can't be told.
    Unresolved,
}

/// The search for the first bad version between a good one and a bad one that comes from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bisection {
    /// The versions from the good one to the bad one.
    line: Vec<u64>,
    /// What is known of each.
    known: Vec<Option<Verdict>>,
    good: usize,
    bad: usize,
}

/// Two versions between which no search can be made.
#[derive(Debug)]
pub enum BisectError {
    /// The good one is not among what the bad one was made from.
    NotOnLine {
        /// The version that was said to be good.
        good: u64,
        /// The version that was said to be bad.
        bad: u64,
        /// Whether the bad one is among what the good one was made from.
        is_reverse: bool,
    },
    /// The history can't be read.
    History(Error),
}

impl std::fmt::Display for BisectError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotOnLine { good, bad, .. } => write!(f, "version {bad} was not made from version {good}"),
            Self::History(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BisectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::History(error) => error.source(),
            Self::NotOnLine { .. } => None,
        }
    }
}

impl From<Error> for BisectError {
    fn from(error: Error) -> Self {
        Self::History(error)
    }
}

impl Store {
    /// Begins a search on the line of first parents that leads from a bad version back to a good one. Versions that can't be
    /// read count as such that can't be told. Linear in the versions in between, eight bytes for each.
    ///
    /// # Errors
    ///
    /// [`BisectError::NotOnLine`] where that line does not lead to the good one.
    pub fn bisection(&self, state: &State, good: u64, bad: u64) -> Result<Bisection, BisectError> {
        if let Some(line) = self.line_between(state, good, bad)? {
            let mut known = vec![None; line.len()];
            known[0] = Some(Verdict::Good);
            let last = line.len() - 1;
            known[last] = Some(Verdict::Bad);
            return Ok(Bisection { line, known, good: 0, bad: last });
        }
        let is_reverse = self.line_between(state, bad, good)?.is_some();
        Err(BisectError::NotOnLine { good, bad, is_reverse })
    }

    /// The versions from an older one to a newer one, both among them; `None` where they are not on one line.
    fn line_between(&self, state: &State, old: u64, new: u64) -> Result<Option<Vec<u64>>, Error> {
        let mut branch = state.current.clone();
        let mut found = vec![new];
        let mut at = new;
        while at > old {
            at = match self.first_parent(state, at, &mut branch) {
                Ok(Some(parent)) if parent < at => parent,
                Ok(_) => return Ok(None),
                Err(Error::Store(StoreError::Corrupt(damage))) => {
                    match self.likely_parent(state, &damage)?.filter(|parent| *parent < at) {
                        Some(parent) if !line::run_of(&damage).contains(&parent) => parent,
                        _ => return Ok(None),
                    }
                }
                Err(error) => return Err(error),
            };
            found.push(at);
        }
        found.reverse();
        Ok((at == old && old != new).then_some(found))
    }
}

impl Bisection {
    /// The version to try next: the one in the middle, or the nearest to it that can be told. `None` where the search is
    /// at its end.
    pub fn candidate(&self) -> Option<u64> {
        let middle = self.good + (self.bad - self.good) / 2;
        let is_open = |at: &usize| *at > self.good && *at < self.bad && self.known[*at].is_none();
        let near = (0..=middle - self.good).flat_map(|off| [middle - off, middle + off]);
        near.chain(middle..self.bad).find(is_open).map(|at| self.line[at])
    }

    /// Takes in what a version is.
    pub fn tell(&mut self, version: u64, verdict: Verdict) {
        let Some(at) = self.line.iter().position(|number| *number == version) else { return };
        self.known[at] = Some(verdict);
        match verdict {
            Verdict::Good => self.good = self.good.max(at),
            Verdict::Bad => self.bad = self.bad.min(at),
            Verdict::Unresolved => {}
        }
    }

    /// The newest version that is known to be good, and the oldest that is known to be bad.
    pub fn bounds(&self) -> (u64, u64) {
        (self.line[self.good], self.line[self.bad])
    }

    /// The versions between the bounds: any of them may be the first bad one.
    pub fn doubtful(&self) -> &[u64] {
        &self.line[self.good + 1..self.bad]
    }

    /// How many versions are left to choose from.
    pub fn left(&self) -> usize {
        self.bad - self.good - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bisection(count: u64) -> Bisection {
        let count = count as usize;
        Bisection { line: (1..=count as u64).collect(), known: vec![None; count], good: 0, bad: count - 1 }
    }

    /// Searches to the end; gives the bounds and how many versions were tried.
    fn search(count: u64, verdict: impl Fn(u64) -> Verdict) -> ((u64, u64), u32) {
        let mut bisection = bisection(count);
        let mut tried = 0;
        while let Some(version) = bisection.candidate() {
            bisection.tell(version, verdict(version));
            tried += 1;
        }
        (bisection.bounds(), tried)
    }

    #[test]
    fn the_first_bad_version_is_found_in_few_trials() {
        for count in [2, 3, 4, 7, 100, 1000] {
            for first in 2..=count.min(120) {
                let is_bad = |version| if version < first { Verdict::Good } else { Verdict::Bad };
                let (bounds, tried) = search(count, is_bad);
                assert_eq!(bounds, (first - 1, first), "{count}");
                assert!(tried <= count.ilog2() + 1, "{tried} of {count}");
            }
        }
    }

    #[test]
    fn versions_that_can_not_be_told_are_passed_by() {
        let verdict = |version: u64| match version {
            40..60 => Verdict::Unresolved,
            version if version < 70 => Verdict::Good,
            _ => Verdict::Bad,
        };
        assert_eq!(search(100, verdict).0, (69, 70));
        let verdict = |version: u64| match version {
            40..=60 => Verdict::Unresolved,
            version if version < 50 => Verdict::Good,
            _ => Verdict::Bad,
        };
        assert_eq!(search(100, verdict).0, (39, 61));
        assert_eq!(search(5, |_| Verdict::Unresolved), ((1, 5), 3));
    }
}
