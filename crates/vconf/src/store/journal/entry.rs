//! One entry of a journal: a frame with the record, and what tells of it behind. `docs/FORMAT.md` describes them.
//!
//! What stands behind is a skippable frame of fixed length, so that the end of a journal says what its last entry is,
//! and a damaged entry does not keep anybody from the others.

use std::ops::Range;

use super::frame::{compress, decompress};
use crate::canonical::checksum;
use crate::model::checksum::Checksum;
use crate::model::record::MAX_NUMBER;

/// An entry whose checksum holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// The number of the record that it is a copy of.
    pub(crate) number: u64,
    /// That record's seal.
    pub(crate) seal: Checksum,
    /// Whether it is compressed against the record before.
    pub(super) needs_base: bool,
    /// Where all of it is.
    pub(super) bytes: Range<usize>,
    /// How long the record is.
    record_bytes: usize,
}

/// The record before, to compress another against.
pub(super) struct Base<'a> {
    pub(super) bytes: &'a [u8],
}

/// Makes the entry of a record; `None` for one that is too long.
pub(super) fn encode(number: u64, seal: Checksum, record: &[u8], base: Option<Base<'_>>) -> Option<Vec<u8>> {
    if record.len() > MAX_RECORD_BYTES {
        return None;
    }
    let base = base.map(|base| base.bytes).filter(|bytes| bytes.len() <= MAX_RECORD_BYTES);
    let mut entry = compress(record, base)?;
    let mut trailer = Vec::with_capacity(TRAILER_BYTES);
    trailer.extend_from_slice(&MAGIC);
    trailer.extend_from_slice(&number.to_le_bytes());
    trailer.extend_from_slice(&u32::try_from(entry.len()).ok()?.to_le_bytes());
    trailer.extend_from_slice(&u32::try_from(record.len()).ok()?.to_le_bytes());
    trailer.extend_from_slice(&u32::from(base.is_some()).to_le_bytes());
    trailer.extend_from_slice(&seal.0);
    entry.extend_from_slice(&trailer);
    let check = checksum(&entry);
    entry.extend_from_slice(&check.0);
    Some(entry)
}

/// What begins the skippable frame behind each entry: its magic number, its length, and a word to find it by.
const MAGIC: [u8; 16] = [0x56, 0x2a, 0x4d, 0x18, 92, 0, 0, 0, b'v', b'c', b'o', b'n', b'f', b'-', b'j', b'1'];

/// The length of what stands behind each frame: the above, three lengths and numbers, two checksums.
pub(super) const TRAILER_BYTES: usize = MAGIC.len() + 8 + 3 * 4 + 2 * 32;

/// What is longer has no copy.
pub(crate) const MAX_RECORD_BYTES: usize = 16 << 20;

impl Entry {
    /// Gives the record, unchecked; `base` is the one before, where it is needed.
    pub(super) fn unpack(&self, journal: &[u8], base: &[u8]) -> Option<Vec<u8>> {
        let frame = journal.get(self.bytes.start..self.bytes.end.checked_sub(TRAILER_BYTES)?)?;
        decompress(frame, self.record_bytes, if self.needs_base { base } else { &[] })
    }

    /// Reads the entry that ends in the trailer at a place; `None` for what is none or was altered.
    fn read(journal: &[u8], trailer_at: usize) -> Option<Self> {
        let trailer = journal.get(trailer_at..trailer_at.checked_add(TRAILER_BYTES)?)?;
        let mut rest = trailer.strip_prefix(&MAGIC)?;
        let number = u64::from_le_bytes(*take(&mut rest)?);
        let frame_bytes = u32::from_le_bytes(*take(&mut rest)?) as usize;
        let record_bytes = u32::from_le_bytes(*take(&mut rest)?) as usize;
        let needs_base = u32::from_le_bytes(*take(&mut rest)?) != 0;
        let seal = Checksum(*take(&mut rest)?);
        let check = Checksum(*take(&mut rest)?);
        let start = trailer_at.checked_sub(frame_bytes)?;
        let is_sound = record_bytes <= MAX_RECORD_BYTES
            && (1..=MAX_NUMBER).contains(&number)
            && checksum(&journal[start..trailer_at + TRAILER_BYTES - 32]) == check;
        let bytes = start..trailer_at + TRAILER_BYTES;
        is_sound.then_some(Self { number, seal, needs_base, bytes, record_bytes })
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(taken)
}

/// The number of the last entry, told by the end of a journal, unchecked.
pub(super) fn number_at_end(end: &[u8]) -> Option<u64> {
    let trailer = end.get(end.len().checked_sub(TRAILER_BYTES)?..)?;
    let mut rest = trailer.strip_prefix(&MAGIC)?;
    Some(u64::from_le_bytes(*take(&mut rest)?))
}

/// Finds the sound entries, in their order: from the end back while each is sound, and what is before that, wherever
/// it is. Linear in the length of the journal.
pub(super) fn find(journal: &[u8]) -> Vec<Entry> {
    let (mut last, mut end) = (Vec::new(), journal.len());
    while let Some(entry) = end.checked_sub(TRAILER_BYTES).and_then(|at| Entry::read(journal, at)) {
        end = entry.bytes.start;
        last.push(entry);
    }
    let mut entries = search(&journal[..end]);
    entries.extend(last.into_iter().rev());
    entries
}

fn search(journal: &[u8]) -> Vec<Entry> {
    let (mut entries, mut at) = (Vec::new(), 0);
    while let Some(found) = journal[at..].windows(MAGIC.len()).position(|window| window == MAGIC) {
        match Entry::read(journal, at + found) {
            Some(entry) => {
                at = entry.bytes.end;
                entries.push(entry);
            }
            None => at += found + 1,
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Vec<u8>> {
        let line =
            |at: u64, step: u64| format!("line {at}: {}\n", at * at * 7919 % 10_007 + u64::from(at == step));
        (1..=6).map(|step| (0..300).map(|at| line(at, step)).collect::<String>().into_bytes()).collect()
    }

    fn journal(records: &[Vec<u8>]) -> Vec<u8> {
        let mut journal = Vec::new();
        for (at, record) in records.iter().enumerate() {
            let base = at.checked_sub(1).map(|before| Base { bytes: &records[before] });
            journal.extend(encode(at as u64 + 1, Checksum([at as u8; 32]), record, base).unwrap());
        }
        journal
    }

    #[test]
    fn entries_give_the_records_back_and_are_small() {
        let records = records();
        let journal = journal(&records);
        assert!(journal.len() < records[0].len() * 3 / 2, "{} of {}", journal.len(), records[0].len());
        assert_eq!(number_at_end(&journal), Some(6));
        let mut base = Vec::new();
        for (entry, record) in find(&journal).iter().zip(&records) {
            base = entry.unpack(&journal, &base).unwrap();
            assert_eq!(&base, record);
        }
        assert_eq!(find(&journal).iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_flipped_bit_costs_one_entry_and_a_cut_those_after_it() {
        let journal = journal(&records());
        let ends: Vec<_> = find(&journal).iter().map(|entry| entry.bytes.end).collect();
        for at in 0..journal.len() {
            let mut flipped = journal.clone();
            flipped[at] ^= 1 << (at % 8);
            let lost = ends.iter().position(|&end| at < end).unwrap() as u64 + 1;
            let numbers: Vec<_> = find(&flipped).iter().map(|entry| entry.number).collect();
            assert_eq!(numbers, (1..=6).filter(|&number| number != lost).collect::<Vec<_>>(), "byte {at}");
            assert_eq!(find(&journal[..at]).len() as u64, lost - 1, "cut at {at}");
        }
    }

    #[test]
    fn what_lies_about_its_lengths_is_no_entry_or_gives_no_record() {
        let journal = journal(&records());
        for at in MAGIC.len()..TRAILER_BYTES - 32 {
            for value in [0, 0xff] {
                let mut forged = journal.clone();
                let end = find(&journal)[0].bytes.end;
                forged[end - TRAILER_BYTES + at] = value;
                let check = checksum(&forged[..end - 32]);
                forged[end - 32..end].copy_from_slice(&check.0);
                if let Some(entry) = find(&forged).iter().find(|entry| entry.bytes.end == end) {
                    let _ = entry.unpack(&forged, b"no such base");
                }
            }
        }
    }
}
