//! Forgetting: what goes, what never does, and that the history stays whole around it.

use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use vconf::backend::{Backend, Extent, Log, Memory, Pack, PackName, Piece, Slot};
use vconf::history::{
    Error, ErrorKind, ForgetEntry, Keep, KeepRules, LogEntry, LogFilter, PackOptions, SaveOptions, Standing,
};
use vconf::model::name::{ConfigName, RefName};
use vconf::model::revision::Revision;
use vconf::store::{Problem, Store};

use crate::faulty::{Call, Fault, Faulty};
use crate::scratch::{at, config, tag};

fn last(last: u64) -> KeepRules {
    KeepRules { last, ..KeepRules::default() }
}

fn source(number: u64) -> Vec<u8> {
    format!("{{\"secret\": \"number {number}\"}}\n").into_bytes()
}

fn filled(count: u64) -> (Arc<Memory>, Store, ConfigName) {
    let memory = Arc::new(Memory::new());
    let store = Store::with_backend(Faulty::sound(memory.clone()));
    let app = config("app.json");
    save_up_to(&store, &app, count);
    (memory, store, app)
}

fn save_up_to(store: &Store, config: &ConfigName, count: u64) {
    for number in store.tip(config, Log::Versions).unwrap().number + 1..=count {
        let saved = store.save(config, &source(number), &Default::default(), &at(number)).unwrap();
        assert_eq!(saved.version.number, number);
    }
}

fn fresh(memory: &Arc<Memory>) -> Store {
    Store::with_backend(Faulty::sound(memory.clone()))
}

fn forget(store: &Store, config: &ConfigName, rules: &KeepRules) -> u64 {
    let outcome = store.forget(config, rules, &TimeZone::UTC, &at(9000)).unwrap();
    assert_eq!(outcome.packed.stopped_at, []);
    outcome.plan.versions
}

/// Holds that exactly these versions are there, that the others are known to be forgotten, and all is well.
fn check(store: &Store, config: &ConfigName, kept: &[u64], newest: u64) {
    assert_eq!(store.version_numbers(config).unwrap(), kept);
    for number in 1..=newest {
        match store.version(config, number) {
            Ok((version, bytes)) => {
                assert!(kept.contains(&number) && version.number == number, "{number}");
                assert_eq!(bytes, source(number));
            }
            Err(error) => {
                assert!(!kept.contains(&number), "{number}: {error}");
                assert_eq!(Error::from(error).kind(), ErrorKind::NotFound);
            }
        }
    }
    let report = store.check(std::slice::from_ref(config), |_| {}).unwrap();
    assert_eq!((report.findings, report.leftovers), (Vec::new(), Vec::new()));
    assert_eq!(report.versions, kept.len() as u64);
}

/// What a log shows: numbers, and the forgotten ones as the first and the last of a run, both negative.
fn log(store: &Store, config: &ConfigName) -> Vec<i64> {
    let state = store.state(config).unwrap();
    let filter = LogFilter::default();
    let mut shown = Vec::new();
    for entry in store.log(&state, &filter).unwrap() {
        match entry.unwrap() {
            LogEntry::Version { version, standing, .. } => {
                assert_eq!(standing, Standing::OnBranch, "@{}", version.number);
                shown.push(version.number as i64);
            }
            LogEntry::Damaged(corruption) => {
                let gap = corruption.forgotten().expect("nothing is damaged");
                assert_eq!((gap.author.as_str(), gap.timestamp), ("tester", at(9000).timestamp));
                shown.extend([-(gap.versions.last as i64), -(gap.versions.first as i64)]);
            }
        }
    }
    shown
}

/// Whether any slot or pack holds the source of a version.
fn is_kept_anywhere(memory: &Memory, config: &ConfigName, number: u64) -> bool {
    let slot = Slot { config, log: Log::Versions, number };
    let in_pack = |name: PackName| {
        let bytes =
            memory.packs().unwrap().read(&Pack { config, name }, Piece::Tail(1 << 24)).unwrap().unwrap();
        let mut raw = vec![0; 1 << 20];
        let mut at = 0;
        let mut found = false;
        while let Ok(size) = zstd_safe::find_frame_compressed_size(&bytes[at..]) {
            if let Ok(length) = zstd_safe::decompress(&mut raw[..], &bytes[at..at + size]) {
                let text = String::from_utf8_lossy(&raw[..length]);
                found |= text.contains(&format!("\"number {number}\""));
            }
            at += size;
            if at == bytes.len() {
                break;
            }
        }
        found
    };
    memory.read(&slot, Extent::Whole).unwrap().is_some()
        || memory.packs().unwrap().list(config).unwrap().into_iter().any(in_pack)
}

#[test]
fn what_no_rule_keeps_goes_and_its_bytes_with_it() {
    for packed in [None, Some(0), Some(7)] {
        let (memory, store, app) = filled(20);
        store.set_tag(&app, &tag("stable"), 5, &at(100)).unwrap();
        save_up_to(&store, &app, 22);
        if let Some(keep_loose) = packed {
            store.pack(&app, PackOptions { keep_loose, ..PackOptions::default() }, |_| {}).unwrap();
        }
        let seals: Vec<_> = [5, 20, 22].map(|number| store.header(&app, number).unwrap().seal).into();
        assert_eq!(forget(&store, &app, &last(3)), 18);
        let kept = [5, 20, 21, 22];
        for store in [&store, &fresh(&memory)] {
            check(store, &app, &kept, 22);
            assert_eq!(log(store, &app), [22, 21, 20, -19, -6, 5, -4, -1]);
        }
        for number in 1..=22 {
            assert_eq!(is_kept_anywhere(&memory, &app, number), kept.contains(&number), "{number}");
        }
        assert_eq!([5, 20, 22].map(|number| store.header(&app, number).unwrap().seal).to_vec(), seals);
        assert_eq!(forget(&store, &app, &last(3)), 0, "there is nothing more to forget");
        save_up_to(&store, &app, 25);
        store.pack(&app, PackOptions { keep_loose: 0, ..PackOptions::default() }, |_| {}).unwrap();
        check(&store, &app, &[5, 20, 21, 22, 23, 24, 25], 25);
        assert_eq!(forget(&store, &app, &last(2)), 4);
        check(&fresh(&memory), &app, &[5, 24, 25], 25);
        assert_eq!(log(&store, &app), [25, 24, -23, -20, -19, -6, 5, -4, -1]);
    }
}

#[test]
fn a_forgotten_version_says_when_and_by_whom_and_the_one_before_the_latest_is_still_found() {
    let (_, store, app) = filled(9);
    forget(&store, &app, &last(1));
    let error = store.load(&app, &Revision::Number(3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "version 3 of app.json was forgotten at 2026-01-01T02:30:00.000000Z by tester"
    );
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // The undo of the last save goes back to the one before it.
    assert_eq!(store.load(&app, &Revision::Back(1)).unwrap().version.number, 8);
    assert!(store.load(&app, &Revision::Back(2)).is_err());
    let error = store.set_tag(&app, &tag("old"), 3, &at(9)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn heads_tags_branch_points_merges_and_what_undo_needs_stay() {
    let (_, store, app) = filled(6);
    store.create_branch(&app, &tag("staging"), 3, &at(10)).unwrap();
    let on_staging = SaveOptions { branch: Some(tag("staging")), ..SaveOptions::default() };
    for number in 7..=9 {
        store.save(&app, &source(number), &on_staging, &at(number)).unwrap();
    }
    for number in 10..=14 {
        store.save(&app, &source(number), &SaveOptions::default(), &at(number)).unwrap();
    }
    let merge = SaveOptions { merges: vec![8], ..SaveOptions::default() };
    store.save(&app, &source(15), &merge, &at(15)).unwrap();
    store.set_tag(&app, &tag("stable"), 2, &at(20)).unwrap();
    save_up_to(&store, &app, 20);
    // Two later changes of refs, so that those before them are no more what an undo would be about.
    for second in [30, 31] {
        store.set_tag(&app, &tag("newest"), 20 - (second - 30), &at(second)).unwrap();
    }
    let state = store.state(&app).unwrap();
    let plan = store.plan_forgetting(&state, &last(0), &TimeZone::UTC).unwrap();
    let why = |wanted: u64| {
        plan.entries.iter().find_map(|entry| match entry {
            ForgetEntry::Kept { first, last, why, .. } if (*first..=*last).contains(&wanted) => {
                Some(why.clone())
            }
            _ => None,
        })
    };
    let main = || Keep::Head(RefName::main());
    assert!(why(20).unwrap().contains(&Keep::Newest) && why(20).unwrap().contains(&main()));
    assert!(why(9).unwrap().contains(&Keep::Head(tag("staging"))));
    assert_eq!(why(3), Some(vec![Keep::BranchPoint]));
    assert!(why(8).unwrap().contains(&Keep::BranchPoint), "it was merged");
    assert_eq!(why(15), Some(vec![Keep::Merge]));
    assert_eq!(why(2), Some(vec![Keep::Tag(tag("stable"))]));
    assert!(why(19).unwrap().contains(&Keep::Undo));
    for gone in [1, 4, 5, 7, 10, 14, 16, 18] {
        assert_eq!(why(gone), None, "{gone}");
    }
    assert_eq!(forget(&store, &app, &last(0)), plan.versions);
    check(&store, &app, &[2, 3, 8, 9, 15, 19, 20], 20);
    log(&store, &app);
    // Undo passes over the forgetting, and takes back what was done before it.
    let undone = store.undo(store.next_undo().unwrap(), &at(9100)).unwrap();
    assert_eq!(undone.changes[0].tags[0].tag, tag("newest"));
    store.redo(store.next_redo().unwrap(), &at(9101)).unwrap();
}

#[test]
fn an_undo_does_not_go_back_to_what_was_forgotten() {
    let (_, store, app) = filled(6);
    forget(&store, &app, &last(1));
    let undo = |second| store.undo(store.next_undo().unwrap(), &at(second));
    undo(9001).unwrap();
    assert_eq!(store.load(&app, &Revision::Latest).unwrap().version.number, 5);
    let error = undo(9002).unwrap_err();
    assert_eq!(
        error.to_string(),
        "version 4 of app.json was forgotten at 2026-01-01T02:30:00.000000Z by tester"
    );
    let redone = store.redo(store.next_redo().unwrap(), &at(9003));
    redone.unwrap();
    assert_eq!(store.load(&app, &Revision::Latest).unwrap().version.number, 6);
}

#[test]
fn whenever_a_forgetting_stops_it_is_recorded_first_and_the_next_ends_it() {
    let changing = |call| {
        matches!(call, Call::Create | Call::CreatePack | Call::Remove | Call::RemovePack | Call::Remember)
    };
    let mut stopped = 0;
    for after in [false, true] {
        for stop_at in 0.. {
            let (memory, store, app) = filled(30);
            store.pack(&app, PackOptions { keep_loose: 9, ..PackOptions::default() }, |_| {}).unwrap();
            let mut changes = 0;
            let is_stopped = Arc::new(Mutex::new(false));
            let told = is_stopped.clone();
            let dying = Store::with_backend(Faulty::new(memory.clone(), move |call, _| {
                changes += usize::from(changing(call));
                if changes <= stop_at || !changing(call) {
                    return Fault::None;
                }
                *told.lock().unwrap() = true;
                if after { Fault::StopAfter } else { Fault::StopBefore }
            }));
            let result = dying.forget(&app, &last(3), &TimeZone::UTC, &at(9000));
            if !*is_stopped.lock().unwrap() {
                result.unwrap();
                break;
            }
            stopped += 1;
            let left = fresh(&memory);
            let is_recorded = left.state(&app).unwrap().refs.number > 0;
            let kept = [28, 29, 30];
            for number in 1..=30 {
                match left.version(&app, number) {
                    Ok((_, bytes)) => assert_eq!(bytes, source(number)),
                    Err(_) => {
                        assert!(is_recorded && !kept.contains(&number), "{number}, stopped at {stop_at}")
                    }
                }
            }
            let report = left.check(std::slice::from_ref(&app), |_| {}).unwrap();
            assert_eq!(report.findings, [], "stopped at {stop_at}");
            if is_recorded {
                left.pack(&app, PackOptions { keep_loose: 40, ..PackOptions::default() }, |_| {}).unwrap();
            } else {
                forget(&left, &app, &last(3));
            }
            check(&left, &app, &kept, 30);
            assert!((1..28).all(|number| !is_kept_anywhere(&memory, &app, number)), "stopped at {stop_at}");
            save_up_to(&left, &app, 31);
            check(&left, &app, &[28, 29, 30, 31], 31);
        }
    }
    assert!(stopped > 30, "{stopped}");
}

#[test]
fn a_slow_writer_can_not_have_a_number_that_was_forgotten() {
    let (memory, store, app) = filled(10);
    let mut faster = Some(fresh(&memory));
    let name = app.clone();
    let slow = Store::with_backend(Faulty::new(memory.clone(), move |call, slot| {
        if call == Call::Create
            && slot.is_some_and(|slot| slot.log == Log::Versions)
            && let Some(faster) = faster.take()
        {
            save_up_to(&faster, &name, 15);
            forget(&faster, &name, &last(2));
        }
        Fault::None
    }));
    let saved = slow.save(&app, &source(16), &Default::default(), &at(16)).unwrap();
    assert_eq!(saved.version.number, 16);
    check(&store, &app, &[14, 15, 16], 16);
}

#[test]
fn what_is_lost_beside_what_was_forgotten_is_told_as_lost() {
    let (memory, store, app) = filled(12);
    store.set_tag(&app, &tag("kept"), 6, &at(50)).unwrap();
    forget(&store, &app, &last(2));
    let folder_of_6 = memory.packs().unwrap().list(&app).unwrap();
    assert_eq!(folder_of_6.len(), 1);
    memory.damage_pack(&Pack { config: &app, name: folder_of_6[0] }, None);
    let report = fresh(&memory).check(std::slice::from_ref(&app), |_| {}).unwrap();
    let told: Vec<_> =
        report.findings.iter().map(|f| (f.corruption.number, &f.corruption.flaw.problem)).collect();
    assert_eq!(told, [(6, &Problem::Missing)]);
}
