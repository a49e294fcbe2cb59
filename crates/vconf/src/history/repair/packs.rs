//! Damaged packs: where all records of one can be had, it is put aside and made anew.

use super::{Mended, Origin, RepairReport};
use crate::backend::{Extent, Log, Object, Pack, Slot};
use crate::canonical::checksum;
use crate::history::error::Error;
use crate::history::pack::Packed;
use crate::model::name::ConfigName;
use crate::store::{PackLevel, Store, StoreError};

impl Store {
    /// Puts damaged packs right whose records are whole, in the pack or in their slots; tells whether any was.
    pub(super) fn repair_packs(&self, config: &ConfigName, done: &mut RepairReport) -> Result<bool, Error> {
        let before = done.mended.len();
        for name in self.packs(config).map_err(StoreError::from)? {
            let pack = Pack { config, name };
            let problem = match self.check_frames(&pack) {
                Ok(()) => continue,
                Err(StoreError::Corrupt(corruption)) => corruption.flaw.to_string(),
                Err(error) => return Err(error.into()),
            };
            // What can't be had from elsewhere may still be read out of it one day.
            let Some(numbers) = self.whole_records_of(&pack)? else { continue };
            let object = self.describe_pack(&pack);
            let kept_at = self.remake(&pack, &numbers)?;
            let record = Some((config.clone(), false, name.first()));
            done.mended.push(Mended { record, object, problem, origin: Origin::Log, kept_at });
        }
        Ok(done.mended.len() > before)
    }

    /// The numbers of the records that a damaged pack has or had, where all of them are whole somewhere.
    fn whole_records_of(&self, pack: &Pack<'_>) -> Result<Option<Vec<u64>>, Error> {
        let gaps = self.gaps(pack.config)?;
        let mut numbers = self.numbers_in(pack)?;
        numbers.retain(|&number| gaps.find(number).is_none());
        for &number in &numbers {
            match self.whole_record(&Slot { config: pack.config, log: Log::Versions, number }) {
                Ok(_) => {}
                Err(StoreError::Corrupt(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok((!numbers.is_empty()).then_some(numbers))
    }

    /// Puts the records of a damaged pack into their slots, the pack aside, and a new one in its place. At every moment
    /// each record is somewhere, durably.
    fn remake(&self, pack: &Pack<'_>, numbers: &[u64]) -> Result<Option<String>, Error> {
        for &number in numbers {
            let slot = Slot { config: pack.config, log: Log::Versions, number };
            let (bytes, _) = self.whole_record(&slot)?;
            let is_loose = matches!(self.read_loose(&slot, Extent::Whole)?, Ok(Some(loose)) if checksum(&loose) == checksum(&bytes));
            if !is_loose {
                self.restore(&Object::Record(slot), &bytes).map_err(StoreError::from)?;
            }
        }
        // What a repair that was broken off left in the slots need not be durable.
        self.settle(pack.config, Log::Versions)?;
        let upkeep = self.upkeep(|| self.describe_pack(pack)).map_err(StoreError::from)?;
        let kept_at = upkeep.put_aside(pack).map_err(StoreError::from)?;
        let made = self.create_pack(pack, numbers, PackLevel::default())?;
        self.read_back(pack, &made.digests)?;
        self.clear(pack, &[], &mut Packed::default())?;
        Ok(kept_at)
    }
}
