//! Descending: the records of a log from the newest down, without counting through what is missing.

use super::Store;
use super::error::{Corruption, Flaw, Problem, StoreError};
use crate::backend::{Log, Pack, Slot};
use crate::model::name::ConfigName;

/// The records of a log, newest first.
///
/// They are read one by one until one is missing, and from then on by the list of those that are there: a stray file
/// of a huge number costs a listing, not a count down from it.
#[derive(Debug)]
pub(crate) struct Descent<'a> {
    store: &'a Store,
    config: &'a ConfigName,
    log: Log,
    /// The next number.
    next: u64,
    /// The descent ends above this one.
    above: u64,
    /// The numbers that are there, ascending, once one was missing.
    listed: Option<Vec<u64>>,
}

/// One step down.
pub(crate) struct Step<T> {
    /// The number; of several that are missing the largest.
    pub(crate) number: u64,
    /// The record, or what is wrong with it: a whole run of missing ones is one step.
    pub(crate) record: Result<T, Box<Corruption>>,
}

impl Store {
    /// Begins to descend from a number, to the one after `above`.
    pub(crate) fn descend<'a>(
        &'a self,
        config: &'a ConfigName,
        log: Log,
        from: u64,
        above: u64,
    ) -> Descent<'a> {
        Descent { store: self, config, log, next: from, above, listed: None }
    }

    /// The numbers of a log's records that are there, ascending.
    pub(crate) fn listed(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, StoreError> {
        let mut listed = self.list_all(config, log)?;
        if (1..).zip(&listed).any(|(expected, &number)| number != expected) {
            // A list that is made while records come may have a later one without an earlier one; another has both.
            let last = listed.last().copied();
            let again = self.list_all(config, log)?;
            listed.extend(again.into_iter().filter(|&number| Some(number) <= last));
            listed.sort_unstable();
            listed.dedup();
        }
        Ok(listed)
    }

    /// First the slots, then the packs: what goes from the ones into the others meanwhile is in both.
    fn list_all(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, StoreError> {
        let mut listed = self.backend().list(config, log)?;
        if log == Log::Versions {
            let packs = self.packs(config)?;
            for &name in &packs {
                listed.extend(self.numbers_in(&Pack { config, name })?);
            }
            if !packs.is_empty() {
                listed.sort_unstable();
                listed.dedup();
            }
        }
        Ok(listed)
    }
}

impl Descent<'_> {
    /// Reads the next record; `None` at the end.
    pub(crate) fn step<T>(
        &mut self,
        read: impl Fn(u64) -> Result<T, StoreError>,
    ) -> Result<Option<Step<T>>, StoreError> {
        let number = self.next;
        if number <= self.above {
            return Ok(None);
        }
        self.next = number - 1;
        match read(number) {
            Ok(record) => Ok(Some(Step { number, record: Ok(record) })),
            Err(StoreError::Corrupt(corruption)) if corruption.flaw.problem == Problem::Missing => {
                let forgotten = match self.log {
                    Log::Versions => self.store.gaps(self.config)?.last_up_to(number),
                    Log::Refs => 0,
                };
                let first = self.there_below(number)?.max(self.above).max(forgotten) + 1;
                self.next = first - 1;
                let corruption = if first == number { *corruption } else { self.gap(first, number) };
                Ok(Some(Step { number, record: Err(Box::new(corruption)) }))
            }
            Err(StoreError::Corrupt(corruption)) if corruption.forgotten().is_some() => {
                let first = corruption.forgotten().map_or(number, |gap| gap.versions.first);
                self.next = self.next.min(first.max(self.above + 1) - 1);
                Ok(Some(Step { number, record: Err(corruption) }))
            }
            Err(StoreError::Corrupt(corruption)) => Ok(Some(Step { number, record: Err(corruption) })),
            Err(error) => Err(error),
        }
    }

    /// The largest number below another whose record is there; 0 where none is.
    fn there_below(&mut self, number: u64) -> Result<u64, StoreError> {
        let listed = match self.listed.take() {
            Some(listed) => listed,
            None => self.store.listed(self.config, self.log)?,
        };
        let below = listed.partition_point(|&there| there < number).checked_sub(1);
        let found = below.map_or(0, |at| listed[at]);
        self.listed = Some(listed);
        Ok(found)
    }

    fn gap(&self, first: u64, last: u64) -> Corruption {
        let slot = Slot { config: self.config, log: self.log, number: first };
        self.store.corruption(&slot, Flaw { line: None, problem: Problem::MissingRange { first, last } })
    }
}
