//! The backends of the library keep the contract.

use std::fs;
use std::sync::Arc;

use vconf::backend::{Backend, BackendError, Creation, Extent, Folder, Log, Memory, Slot, contract};
use vconf::history::{KeepRules, PackOptions, Packed};
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::store::{Problem, Store};

use crate::faulty::{Call, Fault, Faulty};
use crate::scratch::{Scratch, at, config, put};

#[test]
fn memory_keeps_the_contract() {
    contract::check(&Memory::new()).unwrap_or_else(|breach| panic!("{breach}"));
}

#[test]
fn a_folder_keeps_the_contract_and_leaves_no_temporary_file() {
    let scratch = Scratch::new();
    let folder = Folder::create(scratch.join(".vconf")).unwrap();
    contract::check(&folder).unwrap_or_else(|breach| panic!("{breach}"));
    let files = crate::support::files(scratch.path());
    assert!(files.len() > 150, "{}", files.len());
    let stray = files.iter().find(|path| path.extension().is_some_and(|extension| extension == "tmp"));
    assert_eq!(stray, None);
}

#[test]
fn a_backend_that_tells_two_writers_that_they_won_breaks_the_contract() {
    let lies = |call, _: Option<&Slot<'_>>| if call == Call::Create { Fault::Lie } else { Fault::None };
    let breach = contract::check(&Faulty::new(Arc::new(Memory::new()), lies)).unwrap_err();
    assert_eq!(breach.clause, "a slot is filled once, with the exact bytes, and stays so");
    assert_eq!(breach.found, "\"a second creation\" is Ok(Created), not Taken");
}

#[test]
fn a_folder_without_a_record_is_no_config() {
    let scratch = Scratch::new();
    let folder = Folder::create(scratch.join(".vconf")).unwrap();
    fs::create_dir_all(scratch.join(".vconf/configs/app.yaml/refs")).unwrap();
    assert_eq!(folder.configs().unwrap(), []);
    fs::write(scratch.join(".vconf/configs/app.yaml/v7.json"), "damaged").unwrap();
    assert_eq!(folder.configs().unwrap(), [config("app.yaml")]);
}

#[test]
fn a_damaged_note_costs_a_look_and_no_more() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.join(".vconf")).unwrap();
    let app = config("app.json");
    for number in 1..=12 {
        store.save(&app, format!("[{number}]").as_bytes(), &Default::default(), &at(number)).unwrap();
    }
    let path = scratch.join(".vconf/configs/app.json/checkpoint.json");
    let note = fs::read(&path).unwrap();
    let tip = store.tip(&app, Log::Versions).unwrap();
    assert_eq!((tip.number, tip.seal.is_some()), (12, true));
    let mut notes = vec![Vec::new(), b"\0\0\0\0".to_vec(), b"{\"number\": 99}".to_vec(), vec![b'x'; 100_000]];
    for at in 0..note.len() {
        notes.push(note[..at].to_vec());
        for bit in 0..8 {
            let mut flipped = note.clone();
            flipped[at] ^= 1 << bit;
            notes.push(flipped);
        }
    }
    for damaged in notes {
        put(&path, &damaged);
        let tip = store.tip(&app, Log::Versions).unwrap();
        assert_eq!(tip.number, 12, "{}", String::from_utf8_lossy(&damaged));
        let report = store.check(std::slice::from_ref(&app), |_| {}).unwrap();
        let found: Vec<_> = report.findings.iter().map(|finding| &finding.corruption.flaw.problem).collect();
        // A power cut leaves a new note empty or full of zeros.
        let expected: &[_] =
            if damaged.iter().all(|&byte| byte == 0) { &[] } else { &[&Problem::Checkpoint] };
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(&damaged));
    }
    fs::remove_file(&path).unwrap();
    let saved = store.save(&app, b"[13]", &Default::default(), &at(13)).unwrap();
    assert_eq!(saved.version.number, 13);
    assert_eq!(fs::read(&path).unwrap().len(), note.len());
}

/// A backend that does what one must do, and nothing else.
#[derive(Debug)]
struct SlotsAlone(Memory);

impl Backend for SlotsAlone {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        self.0.create(slot, bytes)
    }

    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError> {
        self.0.read(slot, extent)
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        self.0.exists(slot)
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        self.0.list(config, log)
    }

    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError> {
        self.0.remove(slot)
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        self.0.configs()
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        self.0.describe(slot)
    }
}

#[test]
fn a_backend_of_slots_alone_holds_a_history() {
    let slots = SlotsAlone(Memory::new());
    contract::check(&slots).unwrap_or_else(|breach| panic!("{breach}"));
    let (store, app) = (Store::with_backend(SlotsAlone(Memory::new())), config("app.json"));
    for number in 1..=40 {
        let source = format!("[{number}]");
        let saved = store.save(&app, source.as_bytes(), &Default::default(), &at(number)).unwrap();
        assert_eq!(saved.version.number, number);
    }
    store.undo(store.next_undo().unwrap(), &at(50)).unwrap();
    assert_eq!(store.load(&app, &Revision::Latest).unwrap().source, b"[39]");
    assert_eq!(store.pack(&app, PackOptions::default(), |_| {}).unwrap(), Packed::default());
    let rules = KeepRules { last: 1, ..KeepRules::default() };
    // Nothing could stand for the numbers of what is gone.
    assert!(store.forget(&app, &rules, &jiff::tz::TimeZone::UTC, &at(51)).is_err());
    let report = store.check(std::slice::from_ref(&app), |_| {}).unwrap();
    assert_eq!((&*report.findings, &*report.weaknesses), (&[][..], &[][..]));
    let other = Store::in_memory();
    let copied = store.copy(&app, &other, |_| {}).unwrap();
    assert_eq!((copied.versions, copied.refs, copied.conflict), (40, 1, None));
}
