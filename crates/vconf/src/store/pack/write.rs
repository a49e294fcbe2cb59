//! Making packs.

use std::io::{self, Write};

use super::frame::{Decoder, PackLevel, compress};
use super::index::{Entry, Frame, Index};
use super::{FRAME_BYTES, FRAME_RECORDS};
use crate::backend::{BackendError, BackendErrorKind, Extent, Log, Pack, Slot};
use crate::canonical::{Hasher, checksum};
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::store::{Store, StoreError, decode_version};

/// Says that the backend keeps no packs.
pub(crate) fn no_packs(config: &ConfigName) -> BackendError {
    BackendError {
        kind: BackendErrorKind::Failed,
        object: format!("a pack of {config}"),
        source: io::ErrorKind::Unsupported.into(),
    }
}

/// The checksums of the whole records of a pack, by their numbers.
pub(crate) type Digests = Vec<(u64, Checksum)>;

/// A pack that was made, by us or by another packer.
pub(crate) struct MadePack {
    /// What it has to hold.
    pub(crate) digests: Digests,
    /// How long it is.
    pub(crate) size_bytes: u64,
}

impl Store {
    /// Creates a pack of the records with these numbers, each checked once more, where there is none yet.
    pub(crate) fn create_pack(
        &self,
        pack: &Pack<'_>,
        numbers: &[u64],
        level: PackLevel,
    ) -> Result<MadePack, StoreError> {
        let mut digests = Vec::new();
        let mut size_bytes = 0;
        let mut failure = None;
        let packs = self.backend().packs().ok_or_else(|| no_packs(pack.config))?;
        let created = packs.create(pack, &mut |file| {
            digests.clear();
            let mut writer = Writer::new(file, level)?;
            for &number in numbers {
                match self.sound_record(pack, number) {
                    Ok(bytes) => {
                        digests.push((number, checksum(&bytes)));
                        writer.push(number, &bytes)?;
                    }
                    Err(error) => {
                        failure = Some(error);
                        return Err(io::Error::other("a record can't be packed"));
                    }
                }
            }
            size_bytes = writer.finish()?;
            Ok(())
        });
        self.unpacked.forget(pack);
        match (created, failure) {
            (Ok(_), _) => Ok(MadePack { digests, size_bytes }),
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(error.into()),
        }
    }

    /// The bytes of a record that passes every check.
    fn sound_record(&self, pack: &Pack<'_>, number: u64) -> Result<Vec<u8>, StoreError> {
        let slot = Slot { config: pack.config, log: Log::Versions, number };
        let bytes = self.read(&slot, Extent::Whole)?;
        let (version, _) = decode_version(&bytes).map_err(|flaw| self.corruption(&slot, flaw))?;
        self.check_place(&slot, &version.config, version.number)?;
        Ok(bytes)
    }
}

/// Writes a pack.
struct Writer<'a> {
    file: &'a mut dyn Write,
    level: PackLevel,
    index: Index,
    hasher: Hasher,
    decoder: Decoder,
    /// What the next frame holds so far, and of how many records.
    raw: Vec<u8>,
    count: usize,
    /// How long the longest of those is.
    longest: usize,
}

impl<'a> Writer<'a> {
    fn new(file: &'a mut dyn Write, level: PackLevel) -> io::Result<Self> {
        Ok(Self {
            file,
            level,
            index: Index { checksum: Checksum([0; 32]), records: Vec::new(), frames: Vec::new() },
            hasher: Hasher::default(),
            decoder: Decoder::new().map_err(io::Error::other)?,
            raw: Vec::new(),
            count: 0,
            longest: 0,
        })
    }

    fn push(&mut self, number: u64, bytes: &[u8]) -> io::Result<()> {
        if self.count == FRAME_RECORDS || self.count > 0 && self.raw.len() + bytes.len() > FRAME_BYTES {
            self.end_frame()?;
        }
        let start = self.raw.len();
        self.raw.extend_from_slice(bytes);
        self.count += 1;
        self.longest = self.longest.max(bytes.len());
        let frame = self.index.frames.len();
        self.index.records.push(Entry { number, frame, start, end: self.raw.len() });
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let bytes = compress(&self.raw, self.longest, self.level).map_err(io::Error::other)?;
        let offset = self.index.frames_bytes();
        let frame = Frame { offset, size_bytes: bytes.len(), raw_bytes: self.raw.len() };
        let mut back = Vec::new();
        self.decoder.decode(&bytes, &frame, &mut back).map_err(io::Error::other)?;
        if back != self.raw {
            return Err(io::Error::other("what was compressed does not come back"));
        }
        self.file.write_all(&bytes)?;
        self.hasher.update(&bytes);
        self.index.frames.push(frame);
        self.raw.clear();
        (self.count, self.longest) = (0, 0);
        Ok(())
    }

    /// Ends the pack; returns how long it is.
    fn finish(mut self) -> io::Result<u64> {
        self.end_frame()?;
        self.index.checksum = self.hasher.finish();
        let index = self.index.to_bytes();
        self.file.write_all(&index)?;
        Ok(self.index.frames_bytes() + index.len() as u64)
    }
}
