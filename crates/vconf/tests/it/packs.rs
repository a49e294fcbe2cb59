//! Packs: what is packed reads as before, and nothing is lost on the way, whatever happens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use vconf::backend::{Backend, Log, Memory, Pack, PackName, Piece, Slot};
use vconf::history::{LogEntry, LogFilter, PackOptions, Packed};
use vconf::model::name::ConfigName;
use vconf::store::{PackLevel, Problem, Store};

use crate::faulty::{Call, Fault, Faulty};
use crate::scratch::{Scratch, at, config};

fn slot(config: &ConfigName, number: u64) -> Slot<'_> {
    Slot { config, log: Log::Versions, number }
}

fn options(keep_loose: u64) -> PackOptions {
    PackOptions { keep_loose, level: PackLevel::Fast }
}

fn pack(store: &Store, config: &ConfigName, keep_loose: u64) -> Packed {
    store.pack(config, options(keep_loose), |_| {}).unwrap()
}

fn source(number: u64) -> Vec<u8> {
    format!("{{\"number\": {number}, \"text\": \"{}\"}}\n", "x".repeat(number as usize % 50)).into_bytes()
}

fn save_up_to(store: &Store, config: &ConfigName, last: u64) {
    let first = store.tip(config, Log::Versions).unwrap().number + 1;
    for number in first..=last {
        let saved = store.save(config, &source(number), &Default::default(), &at(number)).unwrap();
        assert_eq!(saved.version.number, number);
    }
}

/// Versions in a slot each, as many as are wanted in no time: written into memory once and copied.
fn filled(last: u64) -> (Arc<Memory>, Store, ConfigName) {
    let memory = Arc::new(Memory::new());
    let store = Store::with_backend(Faulty::sound(memory.clone()));
    let app = config("app.json");
    save_up_to(&store, &app, last);
    (memory, store, app)
}

fn name(first: u64, last: u64) -> PackName {
    PackName::new(first, last, 0).unwrap()
}

/// Every version reads as it was saved, and the history says the same of them as ever.
fn check_all(store: &Store, config: &ConfigName, last: u64) {
    for number in (1..=last).step_by(if last > 200 { 37 } else { 1 }).chain([last]) {
        let (version, bytes) = store.version(config, number).unwrap();
        assert_eq!((version.number, bytes), (number, source(number)));
        assert_eq!(store.header(config, number).unwrap(), version);
    }
    assert_eq!(store.version_numbers(config).unwrap(), (1..=last).collect::<Vec<_>>());
    assert_eq!(store.tip(config, Log::Versions).unwrap().number, last);
    let state = store.state(config).unwrap();
    let filter = LogFilter::default();
    let log = store.log(&state, &filter).unwrap().map(|entry| match entry.unwrap() {
        LogEntry::Version { version, .. } => version.number,
        LogEntry::Damaged(corruption) => panic!("{corruption}"),
    });
    assert!(log.eq((1..=last).rev()));
    let report = store.check(std::slice::from_ref(config), |_| {}).unwrap();
    assert_eq!((report.findings, report.versions), (Vec::new(), last));
}

#[test]
fn packed_versions_read_as_before_and_the_newest_stay_loose() {
    let (memory, store, app) = filled(2100);
    assert_eq!(memory.packs().unwrap().list(&app).unwrap(), [name(1, 1024)], "packed by itself");
    let packed = pack(&store, &app, 32);
    assert_eq!((packed.packs, packed.versions, packed.stopped_at), (2, 1044, Vec::new()));
    assert_eq!(
        memory.packs().unwrap().list(&app).unwrap(),
        [name(1, 1024), name(1025, 2048), name(2049, 2068)]
    );
    assert_eq!(memory.list(&app, Log::Versions).unwrap(), (2069..=2100).collect::<Vec<_>>());
    check_all(&store, &app, 2100);
    check_all(&Store::with_backend(Faulty::sound(memory.clone())), &app, 2100);
    assert_eq!(pack(&store, &app, 32), Packed::default(), "there is nothing more to pack");
    save_up_to(&store, &app, 2110);
    pack(&store, &app, 0);
    assert_eq!(
        memory.packs().unwrap().list(&app).unwrap(),
        [name(1, 1024), name(1025, 2048), name(2049, 2110)]
    );
    assert!(memory.list(&app, Log::Versions).unwrap().is_empty());
    check_all(&store, &app, 2110);
    save_up_to(&store, &app, 2112);
    check_all(&store, &app, 2112);
}

#[test]
fn a_store_without_a_loose_version_or_a_checkpoint_goes_on_where_it_ended() {
    for note in [&b""[..], b"damaged"] {
        let (memory, store, app) = filled(40);
        let lagging = memory.notes().unwrap().recall(&app, Log::Versions).unwrap().unwrap();
        save_up_to(&store, &app, 90);
        pack(&store, &app, 0);
        memory.notes().unwrap().remember(&app, Log::Versions, note).unwrap();
        let store = Store::with_backend(Faulty::sound(memory.clone()));
        assert_eq!(store.tip(&app, Log::Versions).unwrap().number, 90);
        memory.notes().unwrap().remember(&app, Log::Versions, &lagging).unwrap();
        assert_eq!(store.tip(&app, Log::Versions).unwrap().number, 90);
        assert_eq!(store.configs().unwrap(), std::slice::from_ref(&app));
        save_up_to(&store, &app, 91);
        check_all(&store, &app, 91);
    }
}

#[test]
fn the_head_of_a_packed_config_is_found_without_a_listing() {
    let (memory, store, app) = filled(1200);
    pack(&store, &app, 32);
    let looks = Arc::new(AtomicUsize::new(0));
    let count = looks.clone();
    let counting = Store::with_backend(Faulty::new(memory, move |call, _| {
        assert!(!matches!(call, Call::List), "a listing");
        count.fetch_add(usize::from(matches!(call, Call::Exists | Call::Packs)), Ordering::Relaxed);
        Fault::None
    }));
    assert_eq!(counting.tip(&app, Log::Versions).unwrap().number, 1200);
    assert!(looks.load(Ordering::Relaxed) <= 9);
}

#[test]
fn a_slow_writer_can_not_have_a_number_that_was_packed() {
    let (memory, store, app) = filled(30);
    let mut faster = Some(Store::with_backend(Faulty::sound(memory.clone())));
    let name = app.clone();
    // While the slow one is about to create version 31, others save 31 to 40, and all is packed.
    let slow = Store::with_backend(Faulty::new(memory.clone(), move |call, slot| {
        if call == Call::Create
            && slot.is_some_and(|slot| slot.log == Log::Versions)
            && let Some(faster) = faster.take()
        {
            save_up_to(&faster, &name, 40);
            pack(&faster, &name, 0);
        }
        Fault::None
    }));
    let saved = slow.save(&app, &source(41), &Default::default(), &at(41)).unwrap();
    assert_eq!(saved.version.number, 41);
    assert_eq!(memory.list(&app, Log::Versions).unwrap(), [41], "what lost is gone");
    check_all(&store, &app, 41);
}

#[test]
fn a_record_that_is_packed_as_soon_as_it_is_there_is_written() {
    let (memory, _, app) = filled(30);
    let mut packer = Some(Store::with_backend(Faulty::sound(memory.clone())));
    let name = app.clone();
    let mut is_created = false;
    let writer = Store::with_backend(Faulty::new(memory.clone(), move |call, slot| {
        is_created |= call == Call::Create && slot.is_some_and(|slot| slot.number == 31);
        if call == Call::Packs
            && is_created
            && let Some(packer) = packer.take()
        {
            assert_eq!(pack(&packer, &name, 0).versions, 31);
        }
        Fault::None
    }));
    let saved = writer.save(&app, &source(31), &Default::default(), &at(31)).unwrap();
    assert_eq!(saved.version.number, 31);
    assert_eq!(memory.list(&app, Log::Versions).unwrap(), [0; 0], "all is packed");
    check_all(&writer, &app, 31);
}

#[test]
fn a_damaged_or_missing_record_stops_the_pack_before_it() {
    for damaged in [Some(b"{\n".to_vec()), None] {
        let (memory, store, app) = filled(60);
        memory.damage(&slot(&app, 21), damaged.clone());
        let packed = pack(&store, &app, 0);
        assert_eq!(memory.packs().unwrap().list(&app).unwrap(), [name(1, 20)]);
        let [stopped_at] = &packed.stopped_at[..] else { panic!("{packed:?}") };
        assert_eq!((packed.versions, stopped_at.number), (20, 21));
        let loose: Vec<_> = (21..=60).filter(|number| *number > 21 || damaged.is_some()).collect();
        assert_eq!(memory.list(&app, Log::Versions).unwrap(), loose);
        let report = store.check(std::slice::from_ref(&app), |_| {}).unwrap();
        assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
        assert_eq!(store.version(&app, 60).unwrap().1, source(60));
    }
    let (memory, store, app) = filled(60);
    let other = filled(60).0.read(&slot(&app, 21), vconf::backend::Extent::Whole).unwrap();
    memory.damage(&slot(&app, 21), other);
    let packed = pack(&store, &app, 0);
    assert_eq!(packed.stopped_at[0].flaw.problem, Problem::Chain);
}

/// The calls that change something.
fn is_a_change(call: Call) -> bool {
    matches!(call, Call::Create | Call::CreatePack | Call::Remove | Call::RemovePack | Call::Remember)
}

#[test]
fn whenever_a_pack_stops_every_version_is_there_and_the_next_pack_ends_it() {
    let mut stopped = 0;
    for after in [false, true] {
        for stop_at in 0.. {
            let (memory, store, app) = filled(70);
            pack(&store, &app, 40);
            let mut changes = 0;
            let is_stopped = Arc::new(Mutex::new(false));
            let told = is_stopped.clone();
            let dying = Store::with_backend(Faulty::new(memory.clone(), move |call, _| {
                changes += usize::from(is_a_change(call));
                if changes <= stop_at || !is_a_change(call) {
                    return Fault::None;
                }
                *told.lock().unwrap() = true;
                if after { Fault::StopAfter } else { Fault::StopBefore }
            }));
            let result = dying.pack(&app, options(5), |_| {});
            if !*is_stopped.lock().unwrap() {
                result.unwrap();
                break;
            }
            stopped += 1;
            check_all(&Store::with_backend(Faulty::sound(memory.clone())), &app, 70);
            let again = Store::with_backend(Faulty::sound(memory.clone()));
            pack(&again, &app, 5);
            assert_eq!(memory.packs().unwrap().list(&app).unwrap(), [name(1, 65)], "stopped at {stop_at}");
            assert_eq!(memory.list(&app, Log::Versions).unwrap(), (66..=70).collect::<Vec<_>>());
            save_up_to(&again, &app, 72);
            check_all(&again, &app, 72);
        }
    }
    assert!(stopped > 60, "{stopped}");
}

#[test]
fn packers_and_savers_at_once_lose_nothing() {
    let scratch = Scratch::new();
    let folder = scratch.join(".vconf");
    Store::create(&folder).unwrap();
    let app = config("app.json");
    let done = AtomicUsize::new(0);
    thread::scope(|scope| {
        for saver in 0..SAVERS {
            let (folder, app, done) = (&folder, &app, &done);
            scope.spawn(move || {
                let store = Store::open(folder).unwrap().unwrap();
                for number in 0..SAVES {
                    let bytes = format!("[{saver}, {number}]");
                    store.save(app, bytes.as_bytes(), &Default::default(), &at(number)).unwrap();
                }
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        for keep_loose in [0, 3] {
            let (folder, app, done) = (&folder, &app, &done);
            scope.spawn(move || {
                let store = Store::open(folder).unwrap().unwrap();
                while done.load(Ordering::Relaxed) < SAVERS as usize {
                    let packed = store.pack(app, options(keep_loose), |_| {}).unwrap();
                    assert_eq!(packed.stopped_at, []);
                }
            });
        }
    });
    let store = Store::open(&folder).unwrap().unwrap();
    let mut found: Vec<_> = (1..=SAVERS * SAVES).map(|n| store.version(&app, n).unwrap().1).collect();
    found.sort();
    found.dedup();
    assert_eq!(found.len() as u64, SAVERS * SAVES);
    let report = store.check(std::slice::from_ref(&app), |_| {}).unwrap();
    assert_eq!((report.findings, report.versions), (Vec::new(), SAVERS * SAVES));
    pack(&store, &app, 0);
    assert!(store.backend().list(&app, Log::Versions).unwrap().is_empty());
    assert_eq!(store.version_numbers(&app).unwrap().len() as u64, SAVERS * SAVES);
}

const SAVERS: u64 = 8;
const SAVES: u64 = 40;

#[test]
fn no_flipped_byte_of_a_pack_gives_other_bytes_in_silence() {
    let (memory, store, app) = filled(12);
    pack(&store, &app, 0);
    let pack = Pack { config: &app, name: name(1, 12) };
    let sound = memory.packs().unwrap().read(&pack, Piece::Tail(1 << 20)).unwrap().unwrap();
    let read = |number| {
        let fresh = Store::with_backend(Faulty::sound(memory.clone()));
        fresh.version(&app, number).map(|(_, bytes)| bytes)
    };
    for place in 0..sound.len() {
        for damaged in [flipped(&sound, place), sound[..place].to_vec()] {
            memory.damage_pack(&pack, Some(damaged));
            for number in [1, 7, 12] {
                if let Ok(bytes) = read(number) {
                    assert_eq!(bytes, source(number), "byte {place}");
                }
            }
            let fresh = Store::with_backend(Faulty::sound(memory.clone()));
            let report = fresh.check(std::slice::from_ref(&app), |_| {}).unwrap();
            assert!(!report.findings.is_empty(), "byte {place} is not noticed");
            assert_eq!(fresh.tip(&app, Log::Versions).unwrap().number, 12);
        }
    }
    memory.damage_pack(&pack, Some(sound));
    check_all(&store, &app, 12);
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << (at % 8);
    bytes
}

#[test]
fn a_record_that_is_sound_in_its_slot_is_read_there_where_its_pack_is_damaged() {
    let (memory, store, app) = filled(12);
    let loose: Vec<_> =
        (1..=12).map(|n| memory.read(&slot(&app, n), vconf::backend::Extent::Whole).unwrap()).collect();
    pack(&store, &app, 0);
    for (number, bytes) in (1..).zip(loose) {
        memory.damage(&slot(&app, number), bytes);
    }
    let pack = Pack { config: &app, name: name(1, 12) };
    let sound = memory.packs().unwrap().read(&pack, Piece::Tail(1 << 20)).unwrap().unwrap();
    for place in (0..sound.len()).step_by(7) {
        memory.damage_pack(&pack, Some(flipped(&sound, place)));
        let fresh = Store::with_backend(Faulty::sound(memory.clone()));
        for number in 1..=12 {
            assert_eq!(fresh.version(&app, number).unwrap().1, source(number), "byte {place}");
        }
    }
    // Whatever else lies in a slot does not count.
    memory.damage_pack(&pack, Some(sound));
    memory.damage(&slot(&app, 5), Some(b"stray".to_vec()));
    check_all(&store, &app, 12);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let names = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "zst");
    crate::support::files(folder).into_iter().filter(names).collect()
}

#[test]
fn any_zstd_gives_the_records_of_a_pack_back_byte_for_byte() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.join(".vconf")).unwrap();
    let app = config("app.json");
    save_up_to(&store, &app, 300);
    let folder = scratch.join(".vconf/configs/app.json");
    let records: Vec<u8> =
        (1..=300).flat_map(|number| fs::read(folder.join(format!("v{number}.json"))).unwrap()).collect();
    store.pack(&app, PackOptions { keep_loose: 0, level: PackLevel::Small }, |_| {}).unwrap();
    let packs = files(&folder);
    assert_eq!(packs, [folder.join("packs/part/v1-v300.json.zst")]);
    assert_eq!(crate::support::files(&folder).len(), 2, "the pack and the checkpoint");
    let output = Command::new("zstdcat").args(&packs).output().expect("zstdcat can be run");
    assert!(output.status.success());
    assert!(output.stdout == records);
    check_all(&store, &app, 300);
}
