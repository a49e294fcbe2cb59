//! Packs: many versions of a config in one blob that never changes.

use std::ops::RangeInclusive;

use crate::model::name::ConfigName;
use crate::model::record::MAX_NUMBER;

/// How many versions a whole pack holds, and of what its first number is a multiple, plus one.
pub const PACK_VERSIONS: u64 = 1024;

/// One pack of a config's versions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pack<'a> {
    /// The config.
    pub config: &'a ConfigName,
    /// Which of its packs.
    pub name: PackName,
}

/// The numbers that a pack stands for: all of them are used, whether it holds a record of each or not.
///
/// The numbers of a pack are of one run of [`PACK_VERSIONS`], and begin where that begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PackName {
    first: u64,
    last: u64,
    generation: u64,
}

impl PackName {
    /// Names a pack; `None` where it would not begin and end in one run, or its numbers are none.
    pub fn new(first: u64, last: u64, generation: u64) -> Option<Self> {
        let is_one =
            first % PACK_VERSIONS == 1 && (first..first.saturating_add(PACK_VERSIONS)).contains(&last);
        (is_one && last <= MAX_NUMBER && generation <= MAX_NUMBER).then_some(Self { first, last, generation })
    }

    /// The whole pack that stands for a number.
    pub fn whole(number: u64) -> Option<Self> {
        let first = Self::run_of(number).start().to_owned();
        Self::new(first, first.saturating_add(PACK_VERSIONS - 1), 0)
    }

    /// The run of numbers that one is of.
    pub fn run_of(number: u64) -> RangeInclusive<u64> {
        let first = number.saturating_sub(1) / PACK_VERSIONS * PACK_VERSIONS + 1;
        first..=first.saturating_add(PACK_VERSIONS - 1)
    }

    /// The first number.
    pub fn first(self) -> u64 {
        self.first
    }

    /// The last number.
    pub fn last(self) -> u64 {
        self.last
    }

    /// The change of refs after which it was made, where that took versions out of it; else 0.
    pub fn generation(self) -> u64 {
        self.generation
    }

    /// The numbers.
    pub fn numbers(self) -> RangeInclusive<u64> {
        self.first..=self.last
    }

    /// Whether it stands for all of a run, and nothing was taken out: its name is known from any of its numbers.
    pub fn is_whole(self) -> bool {
        self.last - self.first == PACK_VERSIONS - 1 && self.generation == 0
    }

    /// Whether it stands for any of some numbers.
    pub fn covers_any(self, numbers: &RangeInclusive<u64>) -> bool {
        self.first <= *numbers.end() && *numbers.start() <= self.last
    }

    /// Whether another is of no use beside this one.
    pub fn subsumes(self, other: Self) -> bool {
        self != other
            && self.first == other.first
            && self.last >= other.last
            && self.generation >= other.generation
    }
}

/// Which bytes of a pack to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    /// So many from an offset on.
    At {
        /// The offset.
        offset: u64,
        /// How many.
        size_bytes: usize,
    },
    /// So many at the end.
    Tail(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_of_one_run() {
        assert!(PackName::new(1, 1024, 0).unwrap().is_whole());
        assert!(!PackName::new(1, 1024, 7).unwrap().is_whole());
        assert!(!PackName::new(1025, 1500, 0).unwrap().is_whole());
        for (first, last) in [(0, 1), (2, 3), (1, 1025), (1, 0), (1025, 1024), (u64::MAX, u64::MAX)] {
            assert_eq!(PackName::new(first, last, 0), None, "{first}-{last}");
        }
        assert_eq!(PackName::whole(1024).unwrap().numbers(), 1..=1024);
        assert_eq!(PackName::whole(1025).unwrap().numbers(), 1025..=2048);
        assert_eq!((PackName::whole(u64::MAX), PackName::whole(MAX_NUMBER)), (None, None));
    }

    #[test]
    fn what_reaches_further_and_is_not_older_subsumes() {
        let name = |last, generation| PackName::new(1, last, generation).unwrap();
        assert!(name(1024, 0).subsumes(name(500, 0)) && name(500, 2).subsumes(name(500, 0)));
        assert!(!name(500, 0).subsumes(name(500, 0)) && !name(1024, 0).subsumes(name(500, 2)));
        assert!(!PackName::whole(2000).unwrap().subsumes(name(500, 0)));
    }
}
