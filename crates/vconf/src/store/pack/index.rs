//! The index at the end of a pack.
//!
//! ```text
//! skippable frame   0x184D2A56 and the length of what follows, 4 bytes each, the lowest first (RFC 8878, 3.1.2)
//!   index           the SHA-256 of all bytes before this frame, 32 bytes, then numbers (LEB128):
//!                   how many runs; of each: how many numbers are left out before it, how many records it has
//!                   of each record: its length less that of the record before (zigzag)
//!                   how many frames; of each: its length, how many records it has
//!   checksum        the SHA-256 of the index, 32 bytes
//!   footer          the length of the index, 4 bytes, the lowest first; `vconfpk1`
//! ```

use super::FRAME_BYTES;
use crate::backend::{MAX_RECORD_BYTES, PACK_VERSIONS, PackName};
use crate::canonical::checksum;
use crate::model::checksum::Checksum;
use crate::model::leb128::{put, put_signed, take, take_signed};

/// Where each record of a pack is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Index {
    /// Of all frames.
    pub(super) checksum: Checksum,
    /// By their numbers.
    pub(super) records: Vec<Entry>,
    /// In order.
    pub(super) frames: Vec<Frame>,
}

/// Where a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// Its number.
    pub(super) number: u64,
    /// In which frame it is.
    pub(super) frame: usize,
    /// Where it begins, in what the frame holds.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// One frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Frame {
    /// Where it begins.
    pub(super) offset: u64,
    /// How long it is.
    pub(super) size_bytes: usize,
    /// How long the records in it are.
    pub(super) raw_bytes: usize,
}

impl Index {
    /// Finds a record.
    pub(super) fn find(&self, number: u64) -> Option<Entry> {
        let at = self.records.binary_search_by_key(&number, |entry| entry.number).ok()?;
        Some(self.records[at])
    }

    /// How long all frames are together.
    pub(super) fn frames_bytes(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.offset + frame.size_bytes as u64)
    }

    /// The skippable frame.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut index = self.checksum.0.to_vec();
        let runs: Vec<&[Entry]> = self.records.chunk_by(|a, b| a.number + 1 == b.number).collect();
        put(&mut index, runs.len() as u64);
        let mut next = 0;
        for run in runs {
            put(&mut index, run[0].number - next);
            put(&mut index, run.len() as u64);
            next = run[0].number + run.len() as u64;
        }
        let mut before = 0;
        for entry in &self.records {
            let size = (entry.end - entry.start) as i64;
            let difference = size - before;
            put_signed(&mut index, difference);
            before = size;
        }
        put(&mut index, self.frames.len() as u64);
        for (at, frame) in self.frames.iter().enumerate() {
            put(&mut index, frame.size_bytes as u64);
            put(&mut index, self.records.iter().filter(|entry| entry.frame == at).count() as u64);
        }
        let size = index.len() as u32;
        let mut bytes = MAGIC.to_vec();
        bytes.extend((size + TRAILER_BYTES as u32).to_le_bytes());
        let sum = checksum(&index);
        bytes.extend(index);
        bytes.extend(sum.0);
        bytes.extend(size.to_le_bytes());
        bytes.extend(FOOTER);
        bytes
    }

    /// Reads the index at the end of a pack's bytes; how many bytes from the end are needed where these are too few.
    pub(super) fn from_tail(tail: &[u8], name: PackName) -> Result<Result<Self, usize>, &'static str> {
        let rest = tail.strip_suffix(FOOTER).ok_or("it does not end as a pack does")?;
        let (rest, size) = rest.split_last_chunk::<4>().ok_or("it is cut off")?;
        let size = u32::from_le_bytes(*size) as usize;
        if size > MAX_INDEX_BYTES {
            return Err("its index is longer than any");
        }
        let needed = MAGIC.len() + 4 + size + TRAILER_BYTES;
        if tail.len() < needed {
            return Ok(Err(needed));
        }
        let (rest, sum) = rest.split_last_chunk::<32>().ok_or("it is cut off")?;
        let (rest, index) = rest.split_at(rest.len() - size);
        let head = [MAGIC.as_slice(), &((size + TRAILER_BYTES) as u32).to_le_bytes()].concat();
        if checksum(index).0 != *sum || !rest.ends_with(&head) {
            return Err("its index was altered");
        }
        Self::parse(index, name).map(Ok).ok_or("its index makes no sense")
    }

    fn parse(index: &[u8], name: PackName) -> Option<Self> {
        let (sum, mut rest) = index.split_first_chunk::<32>()?;
        let rest = &mut rest;
        let mut numbers: Vec<u64> = Vec::new();
        let mut next = 0_u64;
        for _ in 0..take(rest)?.min(PACK_VERSIONS + 1) {
            let first = next.checked_add(take(rest)?)?;
            let count = take(rest)?;
            let is_within = name.numbers().contains(&first)
                && (1..=PACK_VERSIONS).contains(&count)
                && name.numbers().contains(&(first + count - 1));
            if !is_within {
                return None;
            }
            numbers.extend(first..first + count);
            next = first + count;
        }
        let mut sizes = Vec::with_capacity(numbers.len());
        let mut before = 0_i64;
        for _ in &numbers {
            before = before.checked_add(take_signed(rest)?)?;
            let is_within = (1..=MAX_RECORD_BYTES).contains(&u64::try_from(before).ok()?);
            sizes.push(usize::try_from(before).ok().filter(|_| is_within)?);
        }
        let (records, frames) = place(&numbers, &sizes, rest)?;
        let is_all = rest.is_empty() && records.len() == numbers.len();
        is_all.then_some(Self { checksum: Checksum(*sum), records, frames })
    }
}

/// Places records in the frames that the rest of an index tells of.
fn place(numbers: &[u64], sizes: &[usize], rest: &mut &[u8]) -> Option<(Vec<Entry>, Vec<Frame>)> {
    let mut records = Vec::with_capacity(numbers.len());
    let mut frames = Vec::new();
    let mut offset = 0_u64;
    let mut left = numbers.iter().zip(sizes);
    for frame in 0..usize::try_from(take(rest)?).ok()? {
        let size = take(rest)?;
        let count = usize::try_from(take(rest)?).ok()?;
        if count == 0 || count > left.len() || !(1..=MAX_RECORD_BYTES * 2).contains(&size) {
            return None;
        }
        let mut start = 0;
        for (&number, &size) in left.by_ref().take(count) {
            records.push(Entry { number, frame, start, end: start + size });
            start += size;
        }
        if count > 1 && start > FRAME_BYTES {
            return None;
        }
        frames.push(Frame { offset, size_bytes: usize::try_from(size).ok()?, raw_bytes: start });
        offset = offset.checked_add(size)?;
    }
    Some((records, frames))
}

/// The magic number of a skippable frame.
const MAGIC: [u8; 4] = 0x184D_2A56_u32.to_le_bytes();

const FOOTER: &[u8] = b"vconfpk1";

/// What follows the index: its checksum and the footer.
const TRAILER_BYTES: usize = 32 + 4 + FOOTER.len();

/// How long an index may be: above what the most records in as many frames take.
const MAX_INDEX_BYTES: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> (Index, PackName) {
        let entry = |number, frame, start, end| Entry { number, frame, start, end };
        let records = vec![entry(1025, 0, 0, 700), entry(1026, 0, 700, 1300), entry(1030, 1, 0, 9 << 20)];
        let frames = vec![
            Frame { offset: 0, size_bytes: 300, raw_bytes: 1300 },
            Frame { offset: 300, size_bytes: 1 << 20, raw_bytes: 9 << 20 },
        ];
        (Index { checksum: checksum(b"frames"), records, frames }, PackName::new(1025, 1030, 0).unwrap())
    }

    #[test]
    fn an_index_comes_back_and_asks_for_what_it_lacks() {
        let (index, name) = index();
        let bytes = index.to_bytes();
        assert_eq!(Index::from_tail(&bytes, name), Ok(Ok(index.clone())));
        assert_eq!(Index::from_tail(&[&[7; 99], &*bytes].concat(), name), Ok(Ok(index.clone())));
        assert_eq!(Index::from_tail(&bytes[1..], name), Ok(Err(bytes.len())));
        assert!(Index::from_tail(&bytes, PackName::new(1, 1024, 0).unwrap()).is_err());
        let empty = Index { checksum: checksum(b""), records: Vec::new(), frames: Vec::new() };
        assert_eq!(Index::from_tail(&empty.to_bytes(), name), Ok(Ok(empty)));
        assert_eq!((index.find(1026).map(|entry| entry.start), index.find(1027)), (Some(700), None));
    }

    #[test]
    fn no_flipped_bit_and_no_cut_of_an_index_goes_unnoticed() {
        let (index, name) = index();
        let bytes = index.to_bytes();
        for at in 0..bytes.len() {
            assert!(!matches!(Index::from_tail(&bytes[..at], name), Ok(Ok(_))), "cut at {at}");
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(!matches!(Index::from_tail(&flipped, name), Ok(Ok(_))), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn an_index_of_any_bytes_is_read_without_harm() {
        let (index, name) = index();
        let sound = index.to_bytes();
        let body = &sound[8..sound.len() - TRAILER_BYTES];
        for at in 32..body.len() {
            for byte in 0..=255 {
                let mut other = body.to_vec();
                other[at] = byte;
                if let Some(index) = Index::parse(&other, name) {
                    assert!(index.records.iter().all(|entry| name.numbers().contains(&entry.number)));
                    assert!(index.frames.iter().all(|frame| frame.raw_bytes <= MAX_RECORD_BYTES as usize));
                }
            }
        }
    }
}
