//! Pack: many versions into one blob, and out of their slots.
//!
//! Each step leaves every version readable: the records are checked, the pack is created durably, read back and compared
//! with them, and only then are they taken out of their slots. A pack counts, whatever lies in the slots; so whatever a
//! crash or another packer leaves behind is only in the way, and the next pack clears it.

use std::ops::RangeInclusive;

use super::error::Error;
use crate::backend::{Extent, Log, PACK_VERSIONS, Pack, PackName, Slot};
use crate::canonical::checksum;
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::model::record::Version;
use crate::store::{Corruption, Digests, Flaw, PackLevel, Problem, Store, StoreError};

/// What to pack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PackOptions {
    /// How many of the newest versions stay as they are.
    pub keep_loose: u64,
    /// How hard to compress.
    pub level: PackLevel,
}

impl Default for PackOptions {
    fn default() -> Self {
        Self { keep_loose: 32, level: PackLevel::default() }
    }
}

/// What was packed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Packed {
    /// How many versions were taken out of their slots.
    pub versions: u64,
    /// How many packs were made.
    pub packs: u64,
    /// How many bytes those have.
    pub pack_bytes: u64,
    /// How many bytes the records that were taken out of their slots had.
    pub bytes: u64,
    /// Records that can't be packed for what is wrong with them: they stay as they are, and so do those after them in
    /// the same run of numbers.
    pub stopped_at: Vec<Corruption>,
}

impl Store {
    /// Packs the versions of a config, but for the newest.
    ///
    /// Any number of packers and writers may be at it. `progress` is told the number of versions so far. Linear in the
    /// versions that lie in slots and those of the runs of numbers that they are of.
    pub fn pack(
        &self,
        config: &ConfigName,
        options: PackOptions,
        mut progress: impl FnMut(u64),
    ) -> Result<Packed, Error> {
        let mut packed = self.finish_forgetting(config)?;
        if self.backend().packs().is_none() {
            return Ok(packed);
        }
        let last = self.tip(config, Log::Versions)?.number.saturating_sub(options.keep_loose);
        let loose = self.backend().list(config, Log::Versions).map_err(StoreError::from)?;
        let mut done = 0;
        for number in loose {
            if number > done && number <= last {
                let run = PackName::run_of(number);
                done = *run.end();
                self.pack_run(config, *run.start()..=last.min(done), options.level, &mut packed)?;
                progress(packed.versions);
            }
        }
        self.remove_subsumed(config)?;
        self.trim_journal(config)?;
        Ok(packed)
    }

    /// Packs one whole run of versions where it is time for it, by the version that was just written: mostly its number
    /// says that it is not. What can't be done is left for later.
    pub(super) fn pack_by_itself(&self, written: &Version) {
        let (config, number) = (&written.config, written.number);
        if number % (PACK_VERSIONS / 2) != STEP_LAG || written.size_bytes > MOST_BYTES_BY_ITSELF {
            return;
        }
        // The newest run that is complete; where that is packed, the one before it may have been missed.
        let newest = number.saturating_sub(STEP_LAG + PACK_VERSIONS - 1);
        for number in [newest, newest.saturating_sub(PACK_VERSIONS)].into_iter().filter(|&number| number > 0)
        {
            let Some(name) = PackName::whole(number) else { return };
            match self.packs_covering(config, &name.numbers()) {
                Ok(there) if there.contains(&name) => {}
                Ok(_) => {
                    // The version is saved, and stays so; the next `pack` tells what stands in the way.
                    let _ = self.pack_run(config, name.numbers(), PackLevel::Fast, &mut Packed::default());
                    let _ = self.trim_journal(config);
                    return;
                }
                Err(_) => return,
            }
        }
    }

    /// Packs a run of numbers, or the beginning of one, as far as the records are sound.
    fn pack_run(
        &self,
        config: &ConfigName,
        numbers: RangeInclusive<u64>,
        level: PackLevel,
        packed: &mut Packed,
    ) -> Result<(), Error> {
        let (sound, stopped_at) = self.sound_numbers(config, numbers)?;
        packed.stopped_at.extend(stopped_at);
        let Some(&last) = sound.last() else { return Ok(()) };
        let run = PackName::run_of(last);
        let there = self.packs_covering(config, &run).map_err(StoreError::from)?;
        let generation = there.iter().map(|name| name.generation()).max().unwrap_or(0);
        let Some(name) = PackName::new(*run.start(), last, generation) else { return Ok(()) };
        let name = there.iter().copied().find(|there| there.subsumes(name)).unwrap_or(name);
        let pack = Pack { config, name };
        if !there.contains(&name) {
            let made = self.create_pack(&pack, &sound, level)?;
            self.read_back(&pack, &made.digests)?;
            packed.packs += 1;
            packed.pack_bytes += made.size_bytes;
        }
        self.clear(&pack, &there, packed)
    }

    /// The numbers of the records that can be packed, up to the first that is not sound.
    fn sound_numbers(
        &self,
        config: &ConfigName,
        numbers: RangeInclusive<u64>,
    ) -> Result<(Vec<u64>, Option<Corruption>), Error> {
        let before = numbers.start() - 1;
        let mut previous = match before {
            0 => Some(None),
            before => match self.header(config, before) {
                Ok(version) => Some(Some(version.seal)),
                // It may have been forgotten, and its seal not.
                Err(_) => {
                    let gaps = self.gaps(config)?;
                    gaps.find(before)
                        .filter(|gap| gap.versions.last == before)
                        .map(|gap| Some(gap.versions.seal))
                }
            },
        };
        let gaps = self.gaps(config)?;
        let mut sound = Vec::new();
        for number in numbers {
            let chain = |previous: Option<Option<Checksum>>, found| previous.is_none_or(|seal| seal == found);
            let corruption = match (gaps.find(number).map(|gap| &gap.versions), self.version(config, number))
            {
                (Some(gap), _) => {
                    if number == gap.last {
                        previous = Some(Some(gap.seal));
                    }
                    continue;
                }
                (None, Ok((version, _))) if chain(previous, version.previous) => {
                    previous = Some(Some(version.seal));
                    sound.push(number);
                    continue;
                }
                (None, Ok(_)) => {
                    let slot = Slot { config, log: Log::Versions, number };
                    self.corruption(&slot, Flaw { line: None, problem: Problem::Chain })
                }
                (None, Err(StoreError::Corrupt(corruption))) => *corruption,
                (None, Err(error)) => return Err(error.into()),
            };
            return Ok((sound, Some(corruption)));
        }
        Ok((sound, None))
    }

    /// Reads a pack back and compares it with what it has to hold. Where it does not hold that, the records in their
    /// slots go on to count.
    pub(super) fn read_back(&self, pack: &Pack<'_>, expected: &Digests) -> Result<(), Error> {
        match self.digests(pack)? {
            Some(found) if found != *expected => {
                let slot = Slot { config: pack.config, log: Log::Versions, number: pack.name.first() };
                let problem = Problem::Pack("it does not read back as it was written".to_owned());
                Err(StoreError::from(self.corruption(&slot, Flaw { line: None, problem })).into())
            }
            // Where it is gone, another packer has put a larger one in its place.
            _ => Ok(()),
        }
    }

    /// Takes the records that a pack holds out of their slots, and the packs away of which this one holds all.
    pub(super) fn clear(
        &self,
        pack: &Pack<'_>,
        there: &[PackName],
        packed: &mut Packed,
    ) -> Result<(), Error> {
        let Some(digests) = self.digests(pack)? else { return Ok(()) };
        for (number, digest) in digests {
            let slot = Slot { config: pack.config, log: Log::Versions, number };
            if let Ok(Some(bytes)) = self.read_loose(&slot, Extent::Whole)?
                && checksum(&bytes) == digest
            {
                self.backend().remove(&slot).map_err(StoreError::from)?;
                packed.versions += 1;
                packed.bytes += bytes.len() as u64;
            }
        }
        for &name in there.iter().filter(|there| pack.name.subsumes(**there)) {
            self.remove_pack(&Pack { config: pack.config, name }).map_err(StoreError::from)?;
        }
        Ok(())
    }

    /// Removes the packs that a packer which was broken off left beside larger ones.
    fn remove_subsumed(&self, config: &ConfigName) -> Result<(), Error> {
        let packs = self.packs(config).map_err(StoreError::from)?;
        for &name in &packs {
            let Some(&larger) = packs.iter().find(|other| other.subsumes(name)) else { continue };
            if matches!(self.digests(&Pack { config, name: larger }), Ok(Some(_))) {
                self.remove_pack(&Pack { config, name }).map_err(StoreError::from)?;
            }
        }
        Ok(())
    }
}

/// How many versions come after a run before it is packed by itself.
const STEP_LAG: u64 = 64;

/// How long a source may be for that: a thousand of them are read within the time of some saves.
const MOST_BYTES_BY_ITSELF: u64 = 64 << 10;
