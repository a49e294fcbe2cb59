//! Stores that somebody or something damaged, and disks that fail: what the store makes of them.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vconf::backend::{Backend, BackendErrorKind, Log, Memory, OpenError, Slot};
use vconf::history::{Error, FindingKind};
use vconf::model::name::ConfigName;
use vconf::model::record::MAX_NUMBER;
use vconf::store::{Checkpoint, Problem, Store, StoreError};

use crate::faulty::{Call, Fault, Faulty};
use crate::scratch::{Scratch, at, config, tag};

fn slot(config: &ConfigName, number: u64) -> Slot<'_> {
    Slot { config, log: Log::Versions, number }
}

/// Saves one version after the other, up to a number.
fn save_up_to(store: &Store, config: &ConfigName, last: u64) {
    let first = store.tip(config, Log::Versions).unwrap().number + 1;
    for number in first..=last {
        let source = format!("[{number}]");
        let saved = store.save(config, source.as_bytes(), &Default::default(), &at(number)).unwrap();
        assert_eq!(saved.version.number, number);
    }
}

fn in_memory() -> (Arc<Memory>, Store, ConfigName) {
    let memory = Arc::new(Memory::new());
    let store = Store::with_backend(Faulty::sound(memory.clone()));
    (memory, store, config("app.json"))
}

/// What is wrong with the record that stands in the way.
fn problem<T: std::fmt::Debug>(result: Result<T, Error>) -> Problem {
    match result {
        Err(Error::Store(StoreError::Corrupt(corruption))) => corruption.flaw.problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hole_past_a_checkpoint_that_lags_is_not_taken_for_the_end() {
    for missing in [vec![4], vec![4, 5], vec![5], vec![4, 6]] {
        let (memory, store, app) = in_memory();
        save_up_to(&store, &app, 3);
        let note = memory.notes().unwrap().recall(&app, Log::Versions).unwrap().unwrap();
        save_up_to(&store, &app, 7);
        memory.notes().unwrap().remember(&app, Log::Versions, &note).unwrap();
        for &number in &missing {
            memory.damage(&slot(&app, number), None);
        }
        assert_eq!(store.tip(&app, Log::Versions).unwrap().number, 7, "{missing:?}");
        save_up_to(&store, &app, 8);
    }
}

#[test]
fn the_end_is_found_without_a_listing_where_the_checkpoint_is_right() {
    let (memory, store, app) = in_memory();
    save_up_to(&store, &app, 3);
    let listed = Arc::new(AtomicUsize::new(0));
    let count = listed.clone();
    let counting = Store::with_backend(Faulty::new(memory.clone(), move |call, _| {
        count.fetch_add(usize::from(call == Call::List), Ordering::Relaxed);
        Fault::None
    }));
    assert_eq!(counting.tip(&app, Log::Versions).unwrap().number, 3);
    assert_eq!(listed.load(Ordering::Relaxed), 0);
}

#[test]
fn a_slow_writer_does_not_set_the_checkpoint_back() {
    let (memory, store, app) = in_memory();
    save_up_to(&store, &app, 2);
    let faster = Store::with_backend(Faulty::sound(memory.clone()));
    let (below, name) = (memory.clone(), app.clone());
    let mut is_first = true;
    // The faster writer saves version 4 when version 3 is there and is not remembered yet.
    let slow = Store::with_backend(Faulty::new(memory.clone(), move |call, _| {
        if call == Call::Recall && is_first && below.exists(&slot(&name, 3)).unwrap() {
            is_first = false;
            save_up_to(&faster, &name, 4);
        }
        Fault::None
    }));
    let saved = slow.save(&app, b"[3]", &Default::default(), &at(3)).unwrap();
    assert_eq!(saved.version.number, 3);
    let seen: Option<Checkpoint> = store.checkpoint(&app, Log::Versions).unwrap();
    assert_eq!(seen.map(|seen| seen.number), Some(4));
}

#[test]
fn a_stray_file_with_a_number_beyond_all_breaks_nothing() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.join(".vconf")).unwrap();
    let app = config("app.json");
    save_up_to(&store, &app, 2);
    let folder = scratch.join(".vconf/configs/app.json");
    fs::remove_file(folder.join("checkpoint.json")).unwrap();
    for number in ["18446744073709551615", "9007199254740992"] {
        fs::write(folder.join(format!("v{number}.json")), "stray").unwrap();
    }
    assert_eq!(store.version_numbers(&app).unwrap(), [1, 2]);
    save_up_to(&store, &app, 3);
}

#[test]
fn no_record_comes_after_the_last_number() {
    let (memory, store, app) = in_memory();
    save_up_to(&store, &app, 2);
    memory.notes().unwrap().remember(&app, Log::Versions, b"").unwrap();
    memory.damage(&slot(&app, MAX_NUMBER), Some(b"stray".to_vec()));
    let saved = store.save(&app, b"[3]", &Default::default(), &at(3));
    assert_eq!(problem(saved), Problem::Last);
    memory.damage(&slot(&app, MAX_NUMBER), None);
    memory.damage(&slot(&app, u64::MAX), Some(b"stray".to_vec()));
    save_up_to(&store, &app, 3);
}

#[test]
fn a_head_beyond_the_end_of_a_log_that_lost_it_does_not_make_a_record_that_is_its_own_ancestor() {
    let (memory, store, app) = in_memory();
    save_up_to(&store, &app, 5);
    store.undo(store.next_undo().unwrap(), &at(6)).unwrap();
    memory.notes().unwrap().remember(&app, Log::Versions, b"").unwrap();
    for number in [3, 4, 5] {
        memory.damage(&slot(&app, number), None);
    }
    let saved = store.save(&app, b"[6]", &Default::default(), &at(7)).unwrap().version;
    assert_eq!(saved.parents, [4]);
    assert!(saved.number > 4, "{}", saved.number);
    assert_eq!(store.version(&app, saved.number).unwrap().1, b"[6]");
}

#[test]
fn a_record_that_the_disk_does_not_give_out_is_damage_and_the_rest_stays_usable() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.join(".vconf")).unwrap();
    let app = config("app.json");
    save_up_to(&store, &app, 3);
    let folder = scratch.join(".vconf/configs/app.json");
    fs::remove_file(folder.join("v2.json")).unwrap();
    fs::create_dir(folder.join("v2.json")).unwrap();
    fs::remove_file(folder.join("v3.json")).unwrap();
    symlink("v3.json", folder.join("v3.json")).unwrap();
    for number in [2, 3] {
        let header = store.header(&app, number).map_err(Error::from);
        assert!(matches!(problem(header), Problem::Unreadable(_)));
    }
    assert_eq!(
        problem(store.version(&app, 2).map_err(Error::from)),
        Problem::Unreadable("it is a folder".into())
    );
    let report = store.check(std::slice::from_ref(&app), |_| {}).unwrap();
    let found: Vec<_> = report.findings.iter().map(|finding| finding.corruption.number).collect();
    assert_eq!(found, [2, 3]);
    fs::remove_file(folder.join("checkpoint.json")).unwrap();
    fs::create_dir(folder.join("checkpoint.json")).unwrap();
    save_up_to(&store, &app, 4);
    assert_eq!(store.version(&app, 1).unwrap().1, b"[1]");
}

#[test]
fn a_symbolic_link_that_leads_nowhere_takes_its_number() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.join(".vconf")).unwrap();
    let app = config("app.json");
    save_up_to(&store, &app, 2);
    symlink("nowhere", scratch.join(".vconf/configs/app.json/v3.json")).unwrap();
    let saved = store.save(&app, b"[4]", &Default::default(), &at(4)).unwrap();
    assert_eq!(saved.version.number, 4);
    assert_eq!(problem(store.version(&app, 3).map_err(Error::from)), Problem::Missing);
}

#[test]
fn a_number_that_is_taken_by_nothing_is_told_at_once() {
    let (memory, store, app) = in_memory();
    save_up_to(&store, &app, 2);
    let creations = Arc::new(AtomicUsize::new(0));
    let count = creations.clone();
    let below: Arc<dyn Backend> = Arc::new(Faulty::sound(memory.clone()));
    let name = app.clone();
    // Whatever is created is gone again when it is looked at.
    let store = Store::with_backend(Faulty::new(below, move |call, slot| match (call, slot) {
        (Call::Create, Some(_)) => {
            count.fetch_add(1, Ordering::Relaxed);
            Fault::Lose(b"theirs".to_vec())
        }
        (Call::Read, Some(slot)) if slot.number == 3 => {
            memory.damage(&Slot { config: &name, ..*slot }, None);
            Fault::None
        }
        _ => Fault::None,
    }));
    assert_eq!(problem(store.save(&app, b"[3]", &Default::default(), &at(3))), Problem::Missing);
    assert_eq!(creations.load(Ordering::Relaxed), 1);
}

#[test]
fn our_own_record_that_was_found_is_reported_only_when_it_is_durable() {
    for fault in [Fault::Twice, Fault::DoAndFail(BackendErrorKind::Unknown)] {
        for settles in [true, false] {
            let (memory, store, app) = in_memory();
            save_up_to(&store, &app, 1);
            let settled = Arc::new(AtomicUsize::new(0));
            let (count, fault) = (settled.clone(), fault.clone());
            let store = Store::with_backend(Faulty::new(memory, move |call, _| match call {
                Call::Create => fault.clone(),
                Call::Settle => {
                    count.fetch_add(1, Ordering::Relaxed);
                    if settles { Fault::None } else { Fault::Fail(BackendErrorKind::Failed) }
                }
                _ => Fault::None,
            }));
            match store.save(&app, b"[2]", &Default::default(), &at(2)) {
                Ok(saved) => assert!(settles && saved.version.number == 2),
                Err(Error::Store(StoreError::Backend(error))) => {
                    assert!(!settles && error.kind == BackendErrorKind::Unconfirmed);
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(settled.load(Ordering::Relaxed), 1);
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_found_by_a_check_and_mended_by_the_next_record() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.join(".vconf")).unwrap();
    let app = config("app.json");
    save_up_to(&store, &app, 2);
    let path = scratch.join(".vconf/configs/app.json/checkpoint.json");
    let note = fs::read(&path).unwrap();
    let findings = || store.check(std::slice::from_ref(&app), |_| {}).unwrap().findings;
    fs::write(&path, [note.as_slice(), b"\n{}\n"].concat()).unwrap();
    let [finding] = &findings()[..] else { panic!("{:?}", findings()) };
    assert_eq!(finding.corruption.flaw.problem, Problem::Checkpoint);
    assert_eq!((finding.kind, finding.corruption.number), (FindingKind::Chain, 2));
    save_up_to(&store, &app, 3);
    assert_eq!(fs::read(&path).unwrap().len(), note.len());
    assert_eq!(findings(), []);
    fs::remove_file(&path).unwrap();
    assert_eq!(findings(), []);
}

#[test]
fn a_gap_of_any_length_is_one_finding() {
    let (memory, store, app) = in_memory();
    save_up_to(&store, &app, 4);
    memory.damage(&slot(&app, 2), None);
    store.set_tag(&app, &tag("one"), 1, &at(5)).unwrap();
    for log in [Log::Versions, Log::Refs] {
        memory.damage(&Slot { config: &app, log, number: 9_000_000_000 }, Some(b"stray".to_vec()));
    }
    let report = store.check(std::slice::from_ref(&app), |_| {}).unwrap();
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let corruption = &finding.corruption;
            (corruption.is_ref, corruption.number, finding.kind, corruption.flaw.problem.to_string())
        })
        .collect();
    let missing =
        |count: u64, first: u64| format!("all {count} records from {first} to 8999999999 are missing");
    let stray = "the record is cut off";
    assert_eq!(
        found,
        [
            (false, 2, FindingKind::Missing, "the record is missing".to_owned()),
            (false, 5, FindingKind::Missing, missing(8_999_999_995, 5)),
            (false, 9_000_000_000, FindingKind::Record, stray.to_owned()),
            (true, 2, FindingKind::Missing, missing(8_999_999_998, 2)),
            (true, 9_000_000_000, FindingKind::Record, stray.to_owned()),
        ]
    );
    assert_eq!((report.versions, report.refs), (4, 2));
}

#[test]
fn one_config_that_can_not_be_looked_at_does_not_hide_the_others() {
    let scratch = Scratch::new();
    let store = Store::create(scratch.join(".vconf")).unwrap();
    save_up_to(&store, &config("a.json"), 1);
    save_up_to(&store, &config("z.json"), 1);
    let configs = scratch.join(".vconf/configs");
    symlink("loop", configs.join("loop")).unwrap();
    fs::write(configs.join("file"), "no folder").unwrap();
    symlink("gone", configs.join("nowhere")).unwrap();
    let long = "x".repeat(240);
    symlink(&long, configs.join(&long)).unwrap();
    let names: Vec<_> = store.configs().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a.json", "loop", &long, "z.json"]);
    let report = store.check(&store.configs().unwrap(), |_| {}).unwrap();
    assert_eq!((report.configs, report.versions), (4, 2));
    for finding in &report.findings {
        assert!(["loop", &*long].contains(&finding.corruption.config.as_str()));
        assert!(matches!(finding.corruption.flaw.problem, Problem::Unreadable(_)));
    }
    // Of each, the versions and the changes of refs.
    assert_eq!(report.findings.len(), 4);
}

#[test]
fn a_newer_store_is_refused_however_long_its_description_is() {
    let scratch = Scratch::new();
    let folder = scratch.join(".vconf");
    drop(Store::create(&folder).unwrap());
    for length in [10, 5_000, 60_000] {
        let description = format!("{{\"more\": \"{}\", \"vconf\": 2}}", "x".repeat(length));
        fs::write(folder.join("store.json"), description).unwrap();
        assert!(matches!(Store::open(&folder), Err(OpenError::Newer(2))), "{length}");
    }
}

#[test]
fn what_root_saves_belongs_to_the_owner_of_the_store() {
    let scratch = Scratch::new();
    let root = scratch.join(".vconf");
    let store = Store::create(&root).unwrap();
    if chown(&root, Some(12345), Some(23456)).is_err() {
        crate::support::say("skipped: only root gives files away");
        return;
    }
    let app = config("etc/app.json");
    save_up_to(&store, &app, 2);
    store.set_tag(&app, &tag("one"), 1, &at(3)).unwrap();
    let mut paths = crate::support::files(&root.join("configs"));
    // Two versions, one change of refs, and of each log the checkpoint and the journal.
    assert_eq!(paths.len(), 7, "{paths:?}");
    let folder = root.join("configs/etc%2Fapp.json");
    paths.extend([root.join("configs"), folder.clone(), folder.join("refs")]);
    for path in paths {
        let stat = fs::metadata(&path).unwrap();
        assert_eq!((stat.uid(), stat.gid()), (12345, 23456), "{}", path.display());
    }
}
