//! A backend in memory: for tests, and for programs that want a history while they run.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::{
    Backend, BackendError, BackendErrorKind, Creation, Extent, Log, Notes, Pack, PackName, Packs, Piece,
    Slot, WritePack,
};
use crate::model::name::ConfigName;

/// Keeps records in memory; they go with it.
#[derive(Debug, Default)]
pub struct Memory {
    logs: Mutex<BTreeMap<(ConfigName, Log), Records>>,
    packs: Mutex<AllPacks>,
}

type AllPacks = BTreeMap<ConfigName, BTreeMap<PackName, Vec<u8>>>;

#[derive(Debug, Default)]
struct Records {
    records: BTreeMap<u64, Vec<u8>>,
    note: Option<Vec<u8>>,
}

impl Memory {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts bytes into a slot or empties it, whatever was there: damage, for tests.
    pub fn damage(&self, slot: &Slot<'_>, bytes: Option<Vec<u8>>) {
        let mut logs = self.logs();
        let records = &mut logs.entry((slot.config.clone(), slot.log)).or_default().records;
        match bytes {
            Some(bytes) => records.insert(slot.number, bytes),
            None => records.remove(&slot.number),
        };
    }

    /// Puts bytes into a pack or takes it away, whatever was there: damage, for tests.
    pub fn damage_pack(&self, pack: &Pack<'_>, bytes: Option<Vec<u8>>) {
        let mut packs = self.all_packs();
        let packs = packs.entry(pack.config.clone()).or_default();
        match bytes {
            Some(bytes) => packs.insert(pack.name, bytes),
            None => packs.remove(&pack.name),
        };
    }

    fn all_packs(&self) -> MutexGuard<'_, AllPacks> {
        self.packs.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn logs(&self) -> MutexGuard<'_, BTreeMap<(ConfigName, Log), Records>> {
        // No change of the map can stop halfway, so what a panicking thread left is whole.
        self.logs.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Backend for Memory {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        let mut logs = self.logs();
        let records = &mut logs.entry((slot.config.clone(), slot.log)).or_default().records;
        if records.contains_key(&slot.number) {
            return Ok(Creation::Taken);
        }
        records.insert(slot.number, bytes.to_vec());
        Ok(Creation::Created)
    }

    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError> {
        let logs = self.logs();
        let bytes = logs.get(&(slot.config.clone(), slot.log)).and_then(|log| log.records.get(&slot.number));
        Ok(bytes.map(|bytes| match extent {
            Extent::Whole => bytes.clone(),
            Extent::Prefix(limit) => bytes[..bytes.len().min(limit)].to_vec(),
        }))
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        let logs = self.logs();
        Ok(logs
            .get(&(slot.config.clone(), slot.log))
            .is_some_and(|log| log.records.contains_key(&slot.number)))
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        let logs = self.logs();
        Ok(logs
            .get(&(config.clone(), log))
            .map(|log| log.records.keys().copied().collect())
            .unwrap_or_default())
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        let logs = self.logs();
        let present = logs.iter().filter(|(_, log)| !log.records.is_empty() || log.note.is_some());
        let mut configs: Vec<_> = present.map(|((config, _), _)| config.clone()).collect();
        configs
            .extend(self.all_packs().iter().filter(|(_, packs)| !packs.is_empty()).map(|(c, _)| c.clone()));
        configs.sort_unstable();
        configs.dedup();
        Ok(configs)
    }

    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError> {
        self.damage(slot, None);
        Ok(())
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        match slot.log {
            Log::Versions => format!("{} v{}", slot.config, slot.number),
            Log::Refs => format!("{} r{}", slot.config, slot.number),
        }
    }
    fn notes(&self) -> Option<&dyn Notes> {
        Some(self)
    }

    fn packs(&self) -> Option<&dyn Packs> {
        Some(self)
    }
}

impl Notes for Memory {
    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError> {
        self.logs().entry((config.clone(), log)).or_default().note = Some(note.to_vec());
        Ok(())
    }

    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError> {
        Ok(self.logs().get(&(config.clone(), log)).and_then(|log| log.note.clone()))
    }
}

impl Packs for Memory {
    fn create(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError> {
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(|source| BackendError {
            kind: BackendErrorKind::Failed,
            object: Packs::describe(self, pack),
            source,
        })?;
        let mut packs = self.all_packs();
        let packs = packs.entry(pack.config.clone()).or_default();
        if packs.contains_key(&pack.name) {
            return Ok(Creation::Taken);
        }
        packs.insert(pack.name, bytes);
        Ok(Creation::Created)
    }

    fn read(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError> {
        let packs = self.all_packs();
        let Some(bytes) = packs.get(pack.config).and_then(|packs| packs.get(&pack.name)) else {
            return Ok(None);
        };
        let (start, size) = match piece {
            Piece::At { offset, size_bytes } => (usize::try_from(offset).unwrap_or(usize::MAX), size_bytes),
            Piece::Tail(size) => (bytes.len().saturating_sub(size), size),
        };
        let rest = bytes.get(start..).unwrap_or_default();
        Ok(Some(rest[..rest.len().min(size)].to_vec()))
    }

    fn list(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        Ok(self.all_packs().get(config).map(|packs| packs.keys().copied().collect()).unwrap_or_default())
    }

    fn remove(&self, pack: &Pack<'_>) -> Result<(), BackendError> {
        self.damage_pack(pack, None);
        Ok(())
    }

    fn describe(&self, pack: &Pack<'_>) -> String {
        format!("{} pack {}-{}.{}", pack.config, pack.name.first(), pack.name.last(), pack.name.generation())
    }
}
