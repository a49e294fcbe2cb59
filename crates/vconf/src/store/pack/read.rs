//! Reading records out of packs.

use std::cmp::Reverse;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Digests;
use super::frame::Decoder;
use super::index::{Entry, Index};
use crate::backend::{BackendError, BackendErrorKind, Extent, Log, Pack, PackName, Piece, Slot};
use crate::canonical::{Hasher, checksum};
use crate::model::name::ConfigName;
use crate::store::{Corruption, Flaw, Problem, Store, StoreError};

impl Store {
    /// Reads a version's record out of the pack that counts for its number; `None` where none has it.
    pub(crate) fn packed(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, StoreError> {
        let mut damage = None;
        for name in self.packs_by_rank(slot)? {
            match self.unpack(&Pack { config: slot.config, name }, slot.number, extent) {
                Ok(Some(bytes)) => return Ok(Some(bytes)),
                Ok(None) => {}
                Err(StoreError::Corrupt(corruption)) => damage = damage.or(Some(corruption)),
                Err(error) => return Err(error),
            }
        }
        damage.map_or(Ok(None), |corruption| Err(StoreError::Corrupt(corruption)))
    }

    /// The packs of a config, in order of their names; none where the backend keeps none.
    pub(crate) fn packs(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        self.backend().packs().map_or_else(|| Ok(Vec::new()), |packs| packs.list(config))
    }

    /// The packs that stand for any of some numbers, in order of their names.
    pub(crate) fn packs_covering(
        &self,
        config: &ConfigName,
        numbers: &RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        self.backend().packs().map_or_else(|| Ok(Vec::new()), |packs| packs.covering(config, numbers))
    }

    /// What a person finds a pack under.
    pub(crate) fn describe_pack(&self, pack: &Pack<'_>) -> String {
        self.backend().packs().map(|packs| packs.describe(pack)).unwrap_or_default()
    }

    /// Removes a pack whose records are elsewhere.
    pub(crate) fn remove_pack(&self, pack: &Pack<'_>) -> Result<(), BackendError> {
        self.backend().packs().map_or(Ok(()), |packs| packs.remove(pack))
    }

    /// The packs that stand for a number, the one that counts first.
    pub(crate) fn packs_by_rank(&self, slot: &Slot<'_>) -> Result<Vec<PackName>, StoreError> {
        if slot.log != Log::Versions {
            return Ok(Vec::new());
        }
        let mut packs = self.packs_covering(slot.config, &(slot.number..=slot.number))?;
        packs.sort_unstable_by_key(|name| {
            (!name.is_whole(), Reverse(name.generation()), Reverse(name.last()))
        });
        Ok(packs)
    }

    /// The numbers of the records in a pack, ascending; of one whose index can't be read all for which it stands, so
    /// that whoever reads them is told of the damage.
    pub(crate) fn numbers_in(&self, pack: &Pack<'_>) -> Result<Vec<u64>, StoreError> {
        match self.open_pack(pack, pack.name.first()) {
            Ok(Some((opened, _))) => {
                let numbers = opened.index.records.iter().map(|entry| entry.number).collect();
                self.unpacked.put(opened);
                Ok(numbers)
            }
            Ok(None) => Ok(Vec::new()),
            Err(StoreError::Corrupt(_)) => Ok(pack.name.numbers().collect()),
            Err(error) => Err(error),
        }
    }

    /// Checks the bytes of a pack against its index, but not the records in it.
    pub(crate) fn check_frames(&self, pack: &Pack<'_>) -> Result<(), StoreError> {
        let Some(opened) = self.open_anew(pack, pack.name.first())? else { return Ok(()) };
        let mut hasher = Hasher::default();
        for at in 0..opened.index.frames.len() {
            let Some(compressed) = self.frame_bytes(pack, &opened.index, at)? else { return Ok(()) };
            hasher.update(&compressed);
        }
        if hasher.finish() != opened.index.checksum {
            return Err(self.pack_damage(pack, pack.name.first(), ALTERED).into());
        }
        Ok(())
    }

    /// Reads all of a pack, and checks it against its index; `None` where there is none. The records are not checked.
    pub(crate) fn digests(&self, pack: &Pack<'_>) -> Result<Option<Digests>, StoreError> {
        let Some(mut opened) = self.open_anew(pack, pack.name.first())? else { return Ok(None) };
        let mut hasher = Hasher::default();
        let mut digests = Vec::new();
        let index = opened.index.clone();
        for (at, frame) in index.frames.iter().enumerate() {
            let Some(compressed) = self.frame_bytes(pack, &index, at)? else { return Ok(None) };
            hasher.update(&compressed);
            let decoded = opened.decoder.decode(&compressed, frame, &mut opened.raw);
            decoded.map_err(|why| self.pack_damage(pack, pack.name.first(), why))?;
            let entries = index.records.iter().filter(|entry| entry.frame == at);
            digests.extend(entries.map(|e| (e.number, checksum(&opened.raw[e.start..e.end]))));
        }
        if hasher.finish() != index.checksum {
            return Err(self.pack_damage(pack, pack.name.first(), ALTERED).into());
        }
        Ok(Some(digests))
    }

    fn unpack(&self, pack: &Pack<'_>, number: u64, extent: Extent) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((mut opened, is_known)) = self.open_pack(pack, number)? else { return Ok(None) };
        let Some(entry) = opened.index.find(number) else {
            self.unpacked.put(opened);
            return Ok(None);
        };
        let mut bytes = match self.record_in(pack, &mut opened, entry) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            // What is known of the pack may be of one that somebody has put another in the place of.
            Err(StoreError::Corrupt(_)) if is_known => return self.unpack(pack, number, extent),
            Err(error) => return Err(error),
        };
        if let Extent::Prefix(limit) = extent {
            bytes.truncate(limit);
        }
        self.unpacked.put(opened);
        Ok(Some(bytes))
    }

    /// Takes a record out of its frame; `None` where the pack is gone.
    ///
    /// Who comes to the same frame again will want its other records too, so that then all of it is decompressed and kept.
    fn record_in(
        &self,
        pack: &Pack<'_>,
        opened: &mut Opened,
        entry: Entry,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let is_same = opened.frame == Some(entry.frame);
        if !is_same {
            opened.raw.clear();
        }
        if !opened.raw.is_empty() {
            return Ok(Some(opened.raw[entry.start..entry.end].to_vec()));
        }
        opened.frame = None;
        let Some(compressed) = self.frame_bytes(pack, &opened.index, entry.frame)? else { return Ok(None) };
        let frame = opened.index.frames[entry.frame];
        let record = if is_same {
            let decoded = opened.decoder.decode(&compressed, &frame, &mut opened.raw);
            decoded.map(|()| opened.raw[entry.start..entry.end].to_vec())
        } else {
            opened.decoder.decode_part(&compressed, &frame, entry.start..entry.end)
        };
        let record = record.map_err(|why| self.pack_damage(pack, entry.number, why))?;
        opened.frame = Some(entry.frame);
        Ok(Some(record))
    }

    fn frame_bytes(&self, pack: &Pack<'_>, index: &Index, at: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let frame = index.frames[at];
        let piece = Piece::At { offset: frame.offset, size_bytes: frame.size_bytes };
        self.piece(pack, pack.name.first(), piece)
    }

    /// Opens a pack, and tells whether it was known from before; `None` where there is none.
    fn open_pack(&self, pack: &Pack<'_>, number: u64) -> Result<Option<(Opened, bool)>, StoreError> {
        if let Some(opened) = self.unpacked.take(pack) {
            return Ok(Some((opened, true)));
        }
        Ok(self.open_anew(pack, number)?.map(|opened| (opened, false)))
    }

    /// Reads the index of a pack.
    fn open_anew(&self, pack: &Pack<'_>, number: u64) -> Result<Option<Opened>, StoreError> {
        let mut size = USUAL_INDEX_BYTES;
        let index = loop {
            let Some(tail) = self.piece(pack, number, Piece::Tail(size))? else { return Ok(None) };
            match Index::from_tail(&tail, pack.name) {
                Ok(Ok(index)) => break index,
                Ok(Err(needed)) if needed > size => size = needed,
                Ok(Err(_)) => return Err(self.pack_damage(pack, number, "it is cut off").into()),
                Err(why) => return Err(self.pack_damage(pack, number, why).into()),
            }
        };
        let decoder = Decoder::new().map_err(|why| self.pack_damage(pack, number, why))?;
        Ok(Some(Opened {
            config: pack.config.clone(),
            name: pack.name,
            index: Arc::new(index),
            decoder,
            frame: None,
            raw: Vec::new(),
        }))
    }

    fn piece(&self, pack: &Pack<'_>, number: u64, piece: Piece) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(packs) = self.backend().packs() else { return Ok(None) };
        match packs.read(pack, piece) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind == BackendErrorKind::Unreadable => {
                let problem = Problem::Unreadable(error.source.to_string());
                Err(self.corruption_of_pack(pack, number, problem).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn pack_damage(&self, pack: &Pack<'_>, number: u64, why: &str) -> Corruption {
        self.corruption_of_pack(pack, number, Problem::Pack(why.to_owned()))
    }

    fn corruption_of_pack(&self, pack: &Pack<'_>, number: u64, problem: Problem) -> Corruption {
        Corruption {
            config: pack.config.clone(),
            number,
            is_ref: false,
            object: self.describe_pack(pack),
            flaw: Flaw { line: None, problem },
        }
    }
}

const ALTERED: &str = "its frames were altered";

/// How much is read first of the end of a pack: most indexes are shorter.
const USUAL_INDEX_BYTES: usize = 4096;

/// The pack that was read last, for whoever reads the next record of it. Packs never change, so that it stays true.
#[derive(Debug, Default)]
pub(crate) struct Unpacked(Mutex<Option<Opened>>);

impl Unpacked {
    /// Takes what is known of a pack. Whoever else reads meanwhile does without.
    fn take(&self, pack: &Pack<'_>) -> Option<Opened> {
        let mut kept = self.kept();
        if kept.as_ref().is_some_and(|opened| opened.name == pack.name && opened.config == *pack.config) {
            kept.take()
        } else {
            None
        }
    }

    fn put(&self, mut opened: Opened) {
        if opened.raw.capacity() > MOST_KEPT_BYTES {
            (opened.frame, opened.raw) = (None, Vec::new());
        }
        *self.kept() = Some(opened);
    }

    /// Forgets what is known of a pack that another was put in the place of.
    pub(super) fn forget(&self, pack: &Pack<'_>) {
        drop(self.take(pack));
    }

    fn kept(&self) -> MutexGuard<'_, Option<Opened>> {
        // What a panicking thread left is none or whole.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Of what is longer nothing is kept.
const MOST_KEPT_BYTES: usize = 2 * super::FRAME_BYTES;

/// A pack that is being read.
#[derive(Debug)]
struct Opened {
    config: ConfigName,
    name: PackName,
    index: Arc<Index>,
    decoder: Decoder,
    /// The frame that a record was read of last.
    frame: Option<usize>,
    /// What it holds, where it was come to twice; else nothing.
    raw: Vec<u8>,
}
