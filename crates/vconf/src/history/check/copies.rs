//! Checking the second copies of records.

use super::{Report, WeakPoint, Weakness};
use crate::backend::{JournalPart, Log, Object, Slot};
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::store::{Junk, Links, MAX_COPIED_BYTES, Store};

/// The check of the copies of one log, a part of its journal at a time.
pub(super) struct Copies<'a> {
    config: &'a ConfigName,
    log: Log,
    /// The records that lie in their slots: what is packed has no copy.
    loose: Vec<u64>,
    /// The first number of the part that is checked.
    first: u64,
    /// The records of that part: their seals, where they are whole and have a copy.
    seals: Vec<(u64, Option<Checksum>)>,
    /// The records that have no copy: the first, the last, how many.
    lacking: Option<(u64, u64, u64)>,
}

impl<'a> Copies<'a> {
    pub(super) fn new(config: &'a ConfigName, log: Log, loose: Vec<u64>) -> Self {
        Self { config, log, loose, first: 1, seals: Vec::new(), lacking: None }
    }

    fn slot(&self, number: u64) -> Slot<'a> {
        Slot { config: self.config, log: self.log, number }
    }
}

impl Store {
    /// The number of the newest record that the journal has a copy of; 0 where there is none.
    pub(super) fn newest_copy(&self, config: &ConfigName, log: Log) -> u64 {
        // What can't be read says nothing, and is told of by whoever looks for a copy in it.
        let parts = self.journal_parts(config, log).unwrap_or_default();
        let Some(&first) = parts.last() else { return 0 };
        let journal = self.journal(&JournalPart { config, log, first }).ok().flatten().unwrap_or_default();
        journal.entries.iter().map(|entry| entry.number).max().unwrap_or(0)
    }

    /// Takes the next record of a log, whose copy is to be looked at; `None` for one that is damaged.
    pub(super) fn check_copy(
        &self,
        copies: &mut Copies<'_>,
        number: u64,
        links: Option<Links>,
        report: &mut Report,
    ) {
        let first = JournalPart::of(&copies.slot(number)).first;
        if first != copies.first {
            self.check_part(copies, report);
            copies.first = first;
        }
        // What is packed or too long has none.
        let links = links.filter(|_| copies.loose.binary_search(&number).is_ok());
        let seal =
            links.filter(|links| links.record_bytes <= MAX_COPIED_BYTES as u64).map(|links| links.seal);
        copies.seals.push((number, seal));
    }

    /// Tells of the records that have no copy.
    pub(super) fn end_copies(&self, copies: &mut Copies<'_>, report: &mut Report) {
        self.check_part(copies, report);
        if let Some((first, last, count)) = copies.lacking {
            let part = JournalPart::of(&copies.slot(first));
            self.tell(&part, WeakPoint::NoCopies { first, last, count }, report);
        }
    }

    fn check_part(&self, copies: &mut Copies<'_>, report: &mut Report) {
        let part = JournalPart { config: copies.config, log: copies.log, first: copies.first };
        let seals = std::mem::take(&mut copies.seals);
        if seals.is_empty() || self.backend().journals().is_none() {
            return;
        }
        let (journal, is_readable) = match self.journal(&part) {
            Ok(journal) => (journal.unwrap_or_default(), true),
            Err(_) => (Default::default(), false),
        };
        let mut is_damaged = !is_readable || journal.junk == Junk::Within;
        for (number, seal) in seals.into_iter().filter_map(|(number, seal)| Some((number, seal?))) {
            match journal.entry(number) {
                Some(entry) if entry.seal == seal => {}
                Some(_) => is_damaged = true,
                None => {
                    let (first, _, count) = copies.lacking.unwrap_or((number, number, 0));
                    copies.lacking = Some((first, number, count + 1));
                }
            }
        }
        if is_damaged {
            self.tell(&part, WeakPoint::CopiesDamaged(part.first), report);
        } else if journal.junk == Junk::AtEnd && copies.lacking.is_none() {
            // Nothing is lost by it, and the next that is written there takes it out.
            self.tell(&part, WeakPoint::CopiesDamaged(part.first), report);
        }
    }

    fn tell(&self, part: &JournalPart<'_>, problem: WeakPoint, report: &mut Report) {
        let object = self.backend().describe_object(&Object::Journal(*part));
        let log = Some((part.config.clone(), part.log == Log::Refs));
        report.weaknesses.push(Weakness { log, object, problem });
    }
}
