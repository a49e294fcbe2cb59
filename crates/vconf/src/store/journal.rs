//! The journal of a log: a second, compressed copy of each record, which repair draws on.
//!
//! A copy is written after its record and not flushed, so that it costs a save next to nothing. What is read from it is
//! never trusted: whoever uses it holds it against the seals.

mod entry;
mod frame;

use entry::{Base, TRAILER_BYTES, encode, number_at_end};
pub(crate) use entry::{Entry, MAX_RECORD_BYTES};

use std::collections::BTreeSet;

use super::Store;
use super::error::StoreError;
use super::verify::Links;
use crate::backend::{BackendError, JournalPart, Log, Slot};
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;

/// A part of a journal, taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    bytes: Vec<u8>,
    /// The sound entries, in the order in which they stand there.
    pub(crate) entries: Vec<Entry>,
    /// What lies between the entries and is none.
    pub(crate) junk: Junk,
}

/// What a part of a journal has besides sound entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Junk {
    /// Nothing.
    #[default]
    None,
    /// Something at its end: most likely what a crash left of the last entry.
    AtEnd,
    /// Something before a sound entry, or all of it.
    Within,
}

impl Journal {
    /// Takes a part of a journal apart. Linear in its length.
    fn parse(bytes: Vec<u8>, part: &JournalPart<'_>) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let (mut end, mut junk) = (0, Junk::None);
        for entry in entry::find(&bytes) {
            if !part.numbers().contains(&entry.number) || entry.bytes.start < end {
                continue;
            }
            if entry.bytes.start > end {
                junk = Junk::Within;
            }
            end = entry.bytes.end;
            entries.push(entry);
        }
        if junk == Junk::None && end < bytes.len() {
            // A crash may leave zeros for what was written; anything else before the end was there once.
            let is_of_crash = !entries.is_empty() || bytes.iter().all(|&byte| byte == 0);
            junk = if is_of_crash { Junk::AtEnd } else { Junk::Within };
        }
        Self { bytes, entries, junk }
    }

    /// The newest entry of a number.
    pub(crate) fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.number == number)
    }

    /// All entries that are sound, as they stand there.
    fn sound_bytes(&self) -> Vec<u8> {
        self.entries.iter().flat_map(|entry| &self.bytes[entry.bytes.clone()]).copied().collect()
    }
}

impl Store {
    /// Copies a record that was just created to the journal. Whatever goes wrong, the record is written all the same.
    pub(super) fn copy_to_journal(&self, slot: &Slot<'_>, record: Vec<u8>, seal: Checksum) {
        let Some(journals) = self.backend.journals() else { return };
        let part = JournalPart::of(slot);
        let before = Slot { number: slot.number - 1, ..*slot };
        let Ok(end) = journals.read(&part, Some(TRAILER_BYTES)) else { return };
        let last = end.as_deref().and_then(number_at_end);
        if slot.number > part.first && last != Some(before.number) {
            // A crash took copies away, or another writer's is under way.
            let _ = self.mend_journal(&part, before.number, MAX_MENDED_BYTES);
        } else if slot.number == part.first && end.is_some_and(|end| !end.is_empty()) && last.is_none() {
            let _ = self.mend_journal(&part, part.first, 0);
        }
        let base = if is_first_of_group(slot.number) { None } else { self.record_before(&before) };
        if let Some(entry) = encode(slot.number, seal, &record, base.as_deref().map(|bytes| Base { bytes })) {
            let _ = journals.append(&part, &entry);
        }
        self.last_record.put(slot, record);
    }

    fn record_before(&self, before: &Slot<'_>) -> Option<Vec<u8>> {
        self.last_record.take(before).or_else(|| Some(self.whole_record(before).ok()?.0))
    }

    /// Adds the copies of those records that have none, up to a number, and takes out what is no copy. Records are
    /// copied until there are so many bytes of them.
    pub(crate) fn mend_journal(
        &self,
        part: &JournalPart<'_>,
        up_to: u64,
        limit_bytes: u64,
    ) -> Result<(), StoreError> {
        let Some(journals) = self.backend.journals() else { return Ok(()) };
        let journal = self.journal(part)?.unwrap_or_default();
        let added = self.missing_copies(part, &journal, up_to, limit_bytes);
        if journal.junk == Junk::None {
            if !added.is_empty() {
                journals.append(part, &added)?;
            }
        } else {
            journals.rewrite(part, &[journal.sound_bytes(), added].concat())?;
        }
        Ok(())
    }

    /// What a part of a journal shall hold: what is sound of it, and a copy of each record that has none.
    pub(crate) fn sound_journal(&self, part: &JournalPart<'_>) -> Vec<u8> {
        let journal = self.journal(part).ok().flatten().unwrap_or_default();
        let added = self.missing_copies(part, &journal, *part.numbers().end(), u64::MAX);
        [journal.sound_bytes(), added].concat()
    }

    /// Takes the copies away of versions that are packed or forgotten. Linear in the parts of the journal.
    pub(crate) fn trim_journal(&self, config: &ConfigName) -> Result<(), StoreError> {
        let Some(journals) = self.backend.journals() else { return Ok(()) };
        let gaps = self.gaps(config)?;
        for first in journals.list(config, Log::Versions)? {
            let part = JournalPart { config, log: Log::Versions, first };
            let slot = |number| Slot { config, log: Log::Versions, number };
            // What can't be read is told of by `check`.
            let Ok(Some(journal)) = self.journal(&part) else { continue };
            let is_gone = |number| {
                gaps.find(number).is_some()
                    || !self.backend.exists(&slot(number)).unwrap_or(true)
                        && self.links(&slot(number)).is_ok()
            };
            let numbers: BTreeSet<u64> = journal.entries.iter().map(|entry| entry.number).collect();
            let kept: Vec<u64> = numbers.iter().copied().filter(|&number| !is_gone(number)).collect();
            if kept.len() < numbers.len() {
                let entries = self.copies_alone(&part, &journal, &kept);
                journals.rewrite(&part, &entries)?;
            }
        }
        Ok(())
    }

    /// The entries of some numbers, made so that they need no others.
    fn copies_alone(&self, part: &JournalPart<'_>, journal: &Journal, numbers: &[u64]) -> Vec<u8> {
        let mut entries = Vec::new();
        let mut base = None::<(u64, Vec<u8>)>;
        for &number in numbers {
            let slot = Slot { config: part.config, log: part.log, number };
            let Some(seal) = journal.entry(number).map(|entry| entry.seal) else { continue };
            let copied = || self.journaled(&slot, journal, None);
            // The journal may have the only one that is whole.
            let whole = self.whole_record(&slot).map(|(record, _)| record).ok();
            let Some(record) = whole.or_else(copied) else { continue };
            let usable = base.as_ref().filter(|(of, _)| of + 1 == number && !is_first_of_group(number));
            let usable = usable.map(|(_, bytes)| Base { bytes });
            entries.extend(encode(number, seal, &record, usable).unwrap_or_default());
            base = Some((number, record));
        }
        entries
    }

    /// The entries of those records that have none.
    fn missing_copies(
        &self,
        part: &JournalPart<'_>,
        journal: &Journal,
        up_to: u64,
        limit_bytes: u64,
    ) -> Vec<u8> {
        let mut added = Vec::new();
        let (mut bytes, mut base) = (0, None::<(u64, Vec<u8>)>);
        for number in part.first..=up_to.min(*part.numbers().end()) {
            if bytes >= limit_bytes {
                break;
            }
            let slot = Slot { config: part.config, log: part.log, number };
            // What is packed needs no copy, and what is damaged can't be copied: `check` tells of it.
            if !self.backend.exists(&slot).unwrap_or(false) {
                continue;
            }
            let Ok((record, Links { seal, .. })) = self.whole_record(&slot) else { continue };
            if journal.entry(number).is_some_and(|entry| entry.seal == seal) {
                base = Some((number, record));
                continue;
            }
            bytes += record.len() as u64;
            let usable = base.as_ref().filter(|(of, _)| of + 1 == number && !is_first_of_group(number));
            let entry = encode(number, seal, &record, usable.map(|(_, bytes)| Base { bytes }));
            if let Some(entry) = entry {
                added.extend_from_slice(&entry);
            }
            base = Some((number, record));
        }
        added
    }

    /// The first numbers of the parts of a log's journal, ascending; none where the backend keeps none.
    pub(crate) fn journal_parts(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        self.backend.journals().map_or_else(|| Ok(Vec::new()), |journals| journals.list(config, log))
    }

    /// Reads a part of a journal; `None` where there is none.
    pub(crate) fn journal(&self, part: &JournalPart<'_>) -> Result<Option<Journal>, StoreError> {
        let Some(journals) = self.backend.journals() else { return Ok(None) };
        let bytes = journals.read(part, None)?;
        Ok(bytes.map(|bytes| Journal::parse(bytes, part)))
    }

    /// Gives the record that the journal has a copy of, unchecked; `None` where it has none or it can't be unpacked.
    /// Of several the one counts that tells the wanted seal, or else the newest.
    pub(crate) fn journaled(
        &self,
        slot: &Slot<'_>,
        journal: &Journal,
        wanted: Option<Checksum>,
    ) -> Option<Vec<u8>> {
        // Each copy may need the record before it, back to the first of its group.
        let mut needed: Vec<&Entry> = Vec::new();
        let mut number = slot.number;
        let mut entries = journal.entries.iter().rev();
        let mut first = entries.find(|entry| entry.number == number && Some(entry.seal) == wanted);
        let mut base = loop {
            let entry = first.take().or_else(|| journal.entry(number))?;
            needed.push(entry);
            if !entry.needs_base {
                break Vec::new();
            }
            number -= 1;
            let slot = Slot { number, ..*slot };
            match self.whole_record(&slot) {
                Ok((record, _)) => break record,
                Err(_) if needed.len() as u64 > GROUP_RECORDS => return None,
                Err(_) => {}
            }
        };
        while let Some(entry) = needed.pop() {
            base = entry.unpack(&journal.bytes, &base)?;
        }
        Some(base)
    }
}

/// Whether the copy of a record needs no other: so one that is lost takes few with it.
fn is_first_of_group(number: u64) -> bool {
    number % GROUP_RECORDS == 1
}

/// How many copies may need each other.
const GROUP_RECORDS: u64 = 16;

/// How many bytes of records a save copies at most besides its own.
const MAX_MENDED_BYTES: u64 = 4 << 20;
