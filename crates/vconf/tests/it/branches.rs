//! Branches: whose line a version is on, also where records around it are damaged.

use std::sync::Arc;

use vconf::backend::{Log, Memory, Slot};
use vconf::history::{Error, LogEntry, LogFilter, SaveOptions, Standing};
use vconf::model::name::RefName;
use vconf::model::revision::Revision;
use vconf::store::{Problem, Store, StoreError};

use crate::faulty::Faulty;
use crate::scratch::{at, config, tag};

/// A config with two branches: @1, @2 and @5 on main, @3 and @4 on staging, which begins at @2.
fn two_branches(store: &Store) {
    let app = config("app.json");
    let save = |number: u64| {
        let source = format!("[{number}]");
        store.save(&app, source.as_bytes(), &SaveOptions::default(), &at(number)).unwrap();
    };
    save(1);
    save(2);
    store.switch(&app, &tag("staging"), Some(2), &at(2)).unwrap();
    save(3);
    save(4);
    store.switch(&app, &RefName::main(), None, &at(4)).unwrap();
    save(5);
}

/// What a log tells: the numbers, with `!` before damaged ones.
fn told(store: &Store, filter: &LogFilter) -> Vec<String> {
    let state = store.state(&config("app.json")).unwrap();
    let entries = store.log(&state, filter).unwrap();
    let line = |entry| match entry {
        LogEntry::Version { version, .. } => version.number.to_string(),
        LogEntry::Damaged(corruption) => match corruption.flaw.problem {
            Problem::MissingRange { first, last } => format!("!{first}-{last}"),
            _ => format!("!{}", corruption.number),
        },
    };
    entries.map(|entry| line(entry.unwrap())).collect()
}

fn of_branch(name: &str) -> LogFilter {
    LogFilter { branch: Some(tag(name)), ..LogFilter::default() }
}

/// A store whose records a test can damage.
fn damageable() -> (Arc<Memory>, Store) {
    let memory = Arc::new(Memory::new());
    (memory.clone(), Store::with_backend(Faulty::sound(memory)))
}

fn damage(memory: &Memory, log: Log, number: u64, bytes: Option<&[u8]>) {
    let config = config("app.json");
    memory.damage(&Slot { config: &config, log, number }, bytes.map(<[u8]>::to_vec));
}

#[test]
fn the_log_of_a_branch_is_its_line_of_first_parents() {
    let store = Store::in_memory();
    two_branches(&store);
    assert_eq!(told(&store, &LogFilter::default()), ["5", "4", "3", "2", "1"]);
    assert_eq!(told(&store, &of_branch("main")), ["5", "2", "1"]);
    assert_eq!(told(&store, &of_branch("staging")), ["4", "3", "2", "1"]);
    let from = LogFilter { from: Some(3), ..of_branch("staging") };
    assert_eq!(told(&store, &from), ["3", "2", "1"]);
    let state = store.state(&config("app.json")).unwrap();
    let filter = of_branch("stagign");
    let unknown = store.log(&state, &filter).map(drop);
    assert!(matches!(unknown, Err(Error::UnknownBranch { .. })));
}

#[test]
fn versions_of_a_deleted_branch_are_off_branch_and_those_of_an_undo_are_undone() {
    let store = Store::in_memory();
    two_branches(&store);
    let app = config("app.json");
    let standings = || -> Vec<_> {
        let state = store.state(&app).unwrap();
        let filter = LogFilter::default();
        let entries = store.log(&state, &filter).unwrap();
        entries
            .map(|entry| match entry.unwrap() {
                LogEntry::Version { standing, .. } => standing,
                LogEntry::Damaged(corruption) => panic!("{corruption}"),
            })
            .collect()
    };
    use Standing::{OffBranch, OnBranch, Undone};
    assert_eq!(standings(), [OnBranch; 5]);
    store.undo(store.next_undo().unwrap(), &at(6)).unwrap();
    assert_eq!(standings(), [Undone, OnBranch, OnBranch, OnBranch, OnBranch]);
    store.delete_branch(&app, &tag("staging"), &at(7)).unwrap();
    assert_eq!(standings(), [Undone, OffBranch, OffBranch, OnBranch, OnBranch]);
    // A new branch of the name has nothing to do with the old one.
    store.create_branch(&app, &tag("staging"), 1, &at(8)).unwrap();
    assert_eq!(standings(), [Undone, OffBranch, OffBranch, OnBranch, OnBranch]);
    for now in 9..11 {
        store.undo(store.next_undo().unwrap(), &at(now)).unwrap();
    }
    assert_eq!(standings(), [Undone, OnBranch, OnBranch, OnBranch, OnBranch]);
}

#[test]
fn so_many_versions_back_goes_on_past_damage_where_other_records_tell_what_was_before_it() {
    for bytes in [None, Some(&b"{}"[..])] {
        let (memory, store) = damageable();
        two_branches(&store);
        let app = config("app.json");
        let back = |back| store.load(&app, &Revision::Back(back)).map(|loaded| loaded.version.number);
        damage(&memory, Log::Versions, 5, bytes);
        assert_eq!(back(1).unwrap(), 2, "what the branch had before the damaged head");
        damage(&memory, Log::Versions, 2, bytes);
        let state = store.state(&app).unwrap();
        assert_eq!(store.resolve(&state, &Revision::Back(2)).unwrap(), 1, "it was the only branch");
        assert!(matches!(back(3), Err(Error::TooFarBack { available: 2, .. })));
        store.switch(&app, &tag("staging"), None, &at(6)).unwrap();
        assert_eq!(back(1).unwrap(), 3);
        damage(&memory, Log::Versions, 3, bytes);
        assert_eq!(back(3).unwrap(), 1);
        let damage: &[_] = if bytes.is_some() { &["!3", "!2"] } else { &["!2-3"] };
        assert_eq!(told(&store, &of_branch("staging")), [&["4"], damage, &["1"]].concat());
    }
}

#[test]
fn so_many_versions_back_names_the_damage_where_nobody_knows_what_was_before_it() {
    let (memory, store) = damageable();
    two_branches(&store);
    let app = config("app.json");
    damage(&memory, Log::Versions, 5, Some(b"{}"));
    damage(&memory, Log::Refs, 1, Some(b"{}"));
    assert_eq!(store.load(&app, &Revision::Back(1)).unwrap().version.number, 2);
    damage(&memory, Log::Refs, 2, Some(b"{}"));
    match store.load(&app, &Revision::Back(1)) {
        Err(Error::Store(StoreError::Corrupt(corruption))) => assert_eq!(corruption.number, 5),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stray_record_of_a_huge_number_costs_no_count_down_from_it() {
    const HUGE: u64 = 1_000_000_000_000;
    let (memory, store) = damageable();
    two_branches(&store);
    let app = config("app.json");
    damage(&memory, Log::Versions, HUGE, Some(b"{}"));
    damage(&memory, Log::Refs, HUGE, Some(b"{}"));
    for log in [Log::Versions, Log::Refs] {
        // Else the end of the log would be looked for near the checkpoint only.
        store.backend().notes().unwrap().remember(&app, log, b"").unwrap();
    }
    let gap = format!("!6-{}", HUGE - 1);
    let huge = format!("!{HUGE}");
    assert_eq!(told(&store, &LogFilter::default()), [&*huge, &gap, "5", "4", "3", "2", "1"]);
    assert_eq!(told(&store, &of_branch("staging")), ["4", "3", "2", "1"]);
    let state = store.state(&app).unwrap();
    assert_eq!(state.damage.len(), 2);
    assert_eq!(state.branches().len(), 2);
    assert_eq!(store.tags(&state).unwrap().len(), 0);
    assert_eq!(store.check(std::slice::from_ref(&app), |_| {}).unwrap().findings.len(), 4);
    assert!(store.operations().unwrap().count() >= 7);
    assert!(store.next_undo().is_err());
    let saved = store.save(&app, b"[6]", &SaveOptions { expect: Some(3), ..SaveOptions::default() }, &at(6));
    assert!(matches!(saved, Err(Error::Conflict { found: HUGE, .. })), "{saved:?}");
    let saved = store.save(&app, b"[6]", &SaveOptions::default(), &at(6)).unwrap();
    assert_eq!(saved.version.number, HUGE + 1);
}
