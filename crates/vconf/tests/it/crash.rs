//! The process stops before or after any one call of its backend: what is left is whole, and work goes on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use vconf::backend::{Backend, BackendErrorKind, Log, Memory};
use vconf::history::{Context, Error, RollbackOptions, SaveOptions};
use vconf::model::checksum::{Checksum, Id};
use vconf::model::format::Format;
use vconf::model::name::RefName;
use vconf::model::record::{Action, Summary, Version};
use vconf::model::revision::Clock;
use vconf::store::{Draft, Problem, Store, StoreError, encode_version};

use crate::faulty::{Call, Fault, Faulty};
use crate::scratch::{at, config, tag, time};
use crate::state::{View, view};

/// Something done to a store, at a time; it may fail, for it may be stopped.
type Step = fn(&Store, &Context) -> Result<(), Error>;

fn save(store: &Store, name: &str, text: &str, context: &Context) -> Result<(), Error> {
    store.save(&config(name), text.as_bytes(), &SaveOptions::default(), context).map(drop)
}

fn save_tagged(store: &Store, name: &str, text: &str, name_of: &str, context: &Context) -> Result<(), Error> {
    let options = SaveOptions { tag: Some(tag(name_of)), ..SaveOptions::default() };
    store.save(&config(name), text.as_bytes(), &options, context).map(drop)
}

fn save_two(store: &Store, context: &Context) -> Result<(), Error> {
    save(store, "a.json", "[2]", context)?;
    save_tagged(store, "b.yaml", "b: 2", "two", context)
}

fn undo(store: &Store, context: &Context) -> Result<(), Error> {
    store.undo(store.next_undo()?, context).map(drop)
}

fn branch(store: &Store, context: &Context) -> Result<(), Error> {
    store.create_branch(&config("a.json"), &tag("staging"), 1, context).map(drop)
}

fn switch(store: &Store, context: &Context) -> Result<(), Error> {
    store.switch(&config("a.json"), &tag("staging"), None, context).map(drop)
}

fn redo(store: &Store, context: &Context) -> Result<(), Error> {
    store.redo(store.next_redo()?, context).map(drop)
}

fn import(store: &Store, context: &Context) -> Result<(), Error> {
    let file = |version: &str, day: u64| {
        let text = format!(
            "{{\"version\": \"{version}\", \"timestamp\": \"2025-01-0{day}T00:00:00\", \"changes\": [{day}]}}"
        );
        (format!("v{version}.json"), text.into_bytes())
    };
    let files = vec![file("1.0.0", 1), file("1.1.0", 2), file("3", 3)];
    match store.import_python(&config("old.json"), files, &Clock::utc(time(0)), context) {
        Ok(_) => Ok(()),
        Err(vconf::history::ImportError::History(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

/// What came before, what is stopped, and whether doing it again finishes it.
struct Scenario {
    name: &'static str,
    before: &'static [Step],
    step: Step,
    /// How many states there are in all, from the old one to the new one.
    states: usize,
    /// What finishes it where it was stopped between two records.
    again: Step,
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "the first save",
        before: &[],
        step: |store, context| save(store, "a.json", "[1]", context),
        states: 2,
        again: |store, context| save(store, "a.json", "[1]", context),
    },
    Scenario {
        name: "a save",
        before: &[|store, context| save(store, "a.json", "[1]", context)],
        step: |store, context| save(store, "a.json", "[2]", context),
        states: 2,
        again: |store, context| save(store, "a.json", "[2]", context),
    },
    Scenario {
        name: "a save with a tag",
        before: &[|store, context| save(store, "a.json", "[1]", context)],
        step: |store, context| save_tagged(store, "a.json", "[2]", "two", context),
        states: 3,
        again: |store, context| save_tagged(store, "a.json", "[2]", "two", context),
    },
    Scenario {
        name: "a save of two configs",
        before: &[|store, context| save(store, "a.json", "[1]", context)],
        step: save_two,
        states: 4,
        again: save_two,
    },
    Scenario {
        name: "a tag that is moved",
        before: &[
            |store, context| save_tagged(store, "a.json", "[1]", "stable", context),
            |store, context| save(store, "a.json", "[2]", context),
        ],
        step: |store, context| store.set_tag(&config("a.json"), &tag("stable"), 2, context).map(drop),
        states: 2,
        again: |store, context| store.set_tag(&config("a.json"), &tag("stable"), 2, context).map(drop),
    },
    Scenario {
        name: "a tag that is deleted",
        before: &[|store, context| save_tagged(store, "a.json", "[1]", "stable", context)],
        step: |store, context| store.delete_tag(&config("a.json"), &tag("stable"), context).map(drop),
        states: 2,
        again: |store, context| store.delete_tag(&config("a.json"), &tag("stable"), context).map(drop),
    },
    Scenario {
        name: "a rollback",
        before: &[
            |store, context| save(store, "a.json", "[1]", context),
            |store, context| save(store, "a.json", "[2]", context),
        ],
        step: |store, context| {
            store.rollback(&config("a.json"), 1, &RollbackOptions::default(), context).map(drop)
        },
        states: 2,
        again: |store, context| {
            store.rollback(&config("a.json"), 1, &RollbackOptions::default(), context).map(drop)
        },
    },
    Scenario {
        name: "an undo of a save",
        before: &[
            |store, context| save(store, "a.json", "[1]", context),
            |store, context| save(store, "a.json", "[2]", context),
        ],
        step: undo,
        states: 2,
        again: undo,
    },
    Scenario {
        name: "an undo over two configs",
        before: &[|store, context| save(store, "a.json", "[1]", context), save_two],
        step: undo,
        states: 3,
        again: undo,
    },
    Scenario {
        name: "a redo over two configs",
        before: &[|store, context| save(store, "a.json", "[1]", context), save_two, undo],
        step: redo,
        states: 3,
        again: redo,
    },
    Scenario {
        name: "a branch that is created",
        before: &[|store, context| save(store, "a.json", "[1]", context)],
        step: branch,
        states: 2,
        again: branch,
    },
    Scenario {
        name: "a branch that is deleted",
        before: &[|store, context| save(store, "a.json", "[1]", context), branch],
        step: |store, context| store.delete_branch(&config("a.json"), &tag("staging"), context).map(drop),
        states: 2,
        again: |store, context| store.delete_branch(&config("a.json"), &tag("staging"), context).map(drop),
    },
    Scenario {
        name: "a switch",
        before: &[|store, context| save(store, "a.json", "[1]", context), branch],
        step: switch,
        states: 2,
        again: switch,
    },
    Scenario {
        name: "a switch to a new branch",
        before: &[|store, context| save(store, "a.json", "[1]", context)],
        step: |store, context| store.switch(&config("a.json"), &tag("new"), Some(1), context).map(drop),
        states: 2,
        again: |store, context| store.switch(&config("a.json"), &tag("new"), Some(1), context).map(drop),
    },
    Scenario {
        name: "an undo of a switch",
        before: &[|store, context| save(store, "a.json", "[1]", context), branch, switch],
        step: undo,
        states: 2,
        again: undo,
    },
    Scenario { name: "an import", before: &[], step: import, states: 6, again: import },
];

/// A store in which the first steps are done, and the time after them.
fn prepare(scenario: &Scenario) -> (Arc<dyn Backend>, u64) {
    let below: Arc<dyn Backend> = Arc::new(Memory::new());
    let store = open(&below);
    let mut now = 0;
    for step in scenario.before {
        now += 1;
        step(&store, &at(now)).unwrap();
    }
    (below, now)
}

fn open(below: &Arc<dyn Backend>) -> Store {
    Store::with_backend(Faulty::sound(below.clone()))
}

/// The states from the old to the new one: after each record that the step writes.
fn states_between(scenario: &Scenario) -> (Vec<View>, usize) {
    let (below, now) = prepare(scenario);
    let mut states = vec![view(&open(&below))];
    let calls = Arc::new(AtomicUsize::new(0));
    let between = Arc::new(Mutex::new(Vec::new()));
    let plan = {
        let (below, calls, between) = (below.clone(), calls.clone(), between.clone());
        move |call, _: Option<&vconf::backend::Slot<'_>>| {
            calls.fetch_add(1, Ordering::Relaxed);
            if call == Call::Create {
                between.lock().unwrap().push(view(&open(&below)));
            }
            Fault::None
        }
    };
    (scenario.step)(&Store::with_backend(Faulty::new(below.clone(), plan)), &at(now + 1)).unwrap();
    states.append(&mut between.lock().unwrap());
    states.push(view(&open(&below)));
    states.dedup();
    (states, calls.load(Ordering::Relaxed))
}

#[test]
fn a_stop_at_any_call_leaves_whole_records_and_doing_it_again_finishes_it() {
    let mut stops = 0;
    for scenario in SCENARIOS {
        let name = scenario.name;
        let (states, calls) = states_between(scenario);
        assert_eq!(states.len(), scenario.states, "{name}");
        let mut seen = vec![false; states.len()];
        for call in 0..calls {
            for fault in [Fault::StopBefore, Fault::StopAfter] {
                let what = format!("{name}, {fault:?} call {call} of {calls}");
                let (below, now) = prepare(scenario);
                let mut count = 0;
                let plan_fault = fault.clone();
                let faulty = Faulty::new(below.clone(), move |_, _| {
                    count += 1;
                    if count == call + 1 { plan_fault.clone() } else { Fault::None }
                });
                // A note that is not written fails nothing; every other stop is an error.
                let _ = (scenario.step)(&Store::with_backend(faulty), &at(now + 1));
                stops += 1;

                let store = open(&below);
                let found = view(&store);
                let at_state = states.iter().position(|state| *state == found);
                let at_state = at_state.unwrap_or_else(|| panic!("{what}: neither old nor new: {found:#?}"));
                seen[at_state] = true;
                let is_new = at_state + 1 == states.len();
                if !is_new {
                    (scenario.again)(&store, &at(now + 2)).unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_eq!(Some(&view(&store)), states.last(), "{what}");
                }
                next_save_works(&store, now + 3, &what);
            }
        }
        assert!(seen.iter().all(|seen| *seen), "{name}: {seen:?}");
    }
    println!("crash: {} operations, {stops} stops", SCENARIOS.len());
}

fn next_save_works(store: &Store, now: u64, what: &str) {
    let app = config("a.json");
    let before = store.state(&app).unwrap().versions.number;
    let saved = store.save(&app, b"[\"next\"]", &SaveOptions::default(), &at(now)).unwrap();
    assert_eq!(saved.version.number, before + 1, "{what}");
    view(store);
}

#[test]
fn an_undo_takes_back_what_was_cut_short() {
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.states > 2) {
        let (states, calls) = states_between(scenario);
        let is_turn = scenario.name.contains("undo") || scenario.name.contains("redo");
        for call in 0..calls {
            let (below, now) = prepare(scenario);
            let mut count = 0;
            let faulty = Faulty::new(below.clone(), move |_, _| {
                count += 1;
                if count == call + 1 { Fault::StopAfter } else { Fault::None }
            });
            let _ = (scenario.step)(&Store::with_backend(faulty), &at(now + 1));
            let store = open(&below);
            let at_state = states.iter().position(|state| *state == view(&store)).unwrap();
            if is_turn || at_state == 0 || at_state + 1 == states.len() {
                continue;
            }
            undo(&store, &at(now + 2)).unwrap();
            let latest = |view: &View| -> Vec<_> {
                view.values().map(|config| (config.latest, config.tags.clone())).collect()
            };
            let mut old = latest(&states[0]);
            // A config that the operation began has a history without a latest version.
            old.resize(latest(&view(&store)).len(), (None, Default::default()));
            assert_eq!(latest(&view(&store)), old, "{}, call {call}", scenario.name);
        }
    }
}

/// A record of another writer for the next number of `a.json`.
fn foreign_record(store: &Store) -> Vec<u8> {
    let context = at(50);
    let app = config("a.json");
    let (latest, _) = store.version(&app, 1).unwrap();
    let source = b"[\"theirs\"]";
    let draft = Draft {
        config: &app,
        id: Id([7; 16]),
        branch: &RefName::main(),
        parents: vec![1],
        timestamp: context.timestamp,
        author: "somebody else",
        description: "theirs".to_owned(),
        action: Action::Save,
        operation: &context.operation,
        changes: Summary::default(),
        format: Format::Json,
        mode: None,
        source,
        depth: 1,
        checksum: vconf::canonical::checksum(source),
        content_checksum: None,
    };
    encode_version(&draft, 2, Some(latest.seal)).1
}

/// Saves under a fault in the first creation of a version, and tells what came of it and what is there.
fn save_under(fault: impl FnOnce(&Store) -> Fault, options: &SaveOptions) -> (Result<Version, Error>, Store) {
    let below: Arc<dyn Backend> = Arc::new(Memory::new());
    let sound = open(&below);
    save(&sound, "a.json", "[1]", &at(1)).unwrap();
    let mut fault = Some(fault(&sound));
    let faulty = Faulty::new(below, move |call, _| match call {
        Call::Create => fault.take().unwrap_or(Fault::None),
        _ => Fault::None,
    });
    let result = Store::with_backend(faulty).save(&config("a.json"), b"[2]", options, &at(2));
    (result.map(|saved| saved.version), sound)
}

fn sources(store: &Store) -> Vec<String> {
    view(store)["a.json"].versions.iter().map(|version| version.source.clone()).collect()
}

#[test]
fn a_record_that_was_written_under_an_unclear_answer_is_known_by_its_id() {
    let (saved, store) = save_under(|_| Fault::DoAndFail(BackendErrorKind::Unknown), &SaveOptions::default());
    assert_eq!(saved.unwrap().number, 2);
    assert_eq!(sources(&store), ["[1]", "[2]"]);
}

#[test]
fn a_retry_that_finds_its_own_record_has_written_it() {
    let (saved, store) = save_under(|_| Fault::Twice, &SaveOptions::default());
    assert_eq!(saved.unwrap().number, 2);
    assert_eq!(sources(&store), ["[1]", "[2]"]);
}

#[test]
fn a_number_lost_under_an_unclear_answer_is_followed_by_the_next() {
    let (saved, store) = save_under(
        |store| Fault::LoseAndFail(BackendErrorKind::Unknown, foreign_record(store)),
        &SaveOptions::default(),
    );
    let saved = saved.unwrap();
    assert_eq!((saved.number, saved.parents), (3, vec![2]));
    assert_eq!(sources(&store), ["[1]", "[\"theirs\"]", "[2]"]);
}

#[test]
fn what_can_not_be_known_is_an_error_that_says_so() {
    let faults: [fn(&Store) -> Fault; 2] = [
        |_| Fault::Fail(BackendErrorKind::Unknown),
        |_| Fault::LoseAndFail(BackendErrorKind::Unknown, b"not a record".to_vec()),
    ];
    for fault in faults {
        let (saved, _) = save_under(fault, &SaveOptions::default());
        match saved {
            Err(Error::Store(StoreError::Backend(error))) => {
                assert_eq!(error.kind, BackendErrorKind::Unknown);
            }
            other => panic!("{other:?}"),
        }
    }
    let (_, store) = save_under(faults[0], &SaveOptions::default());
    assert_eq!(sources(&store), ["[1]"]);
    save(&store, "a.json", "[2]", &at(3)).unwrap();
    assert_eq!(sources(&store), ["[1]", "[2]"]);
}

#[test]
fn an_unconfirmed_record_is_no_success_and_saving_it_again_makes_it_durable() {
    let (saved, store) =
        save_under(|_| Fault::DoAndFail(BackendErrorKind::Unconfirmed), &SaveOptions::default());
    assert!(
        matches!(&saved, Err(Error::Store(StoreError::Backend(error))) if error.kind == BackendErrorKind::Unconfirmed),
        "{saved:?}"
    );
    assert_eq!(sources(&store), ["[1]", "[2]"]);
    save(&store, "a.json", "[2]", &at(3)).unwrap();
    assert_eq!(sources(&store), ["[1]", "[2]"]);
}

#[test]
fn what_is_there_already_is_reported_only_when_it_is_durable() {
    let below: Arc<dyn Backend> = Arc::new(Memory::new());
    save(&open(&below), "a.json", "[1]", &at(1)).unwrap();
    let unsettled = |call, _: Option<&vconf::backend::Slot<'_>>| match call {
        Call::Settle => Fault::Fail(BackendErrorKind::Failed),
        _ => Fault::None,
    };
    let store = Store::with_backend(Faulty::new(below.clone(), unsettled));
    let app = config("a.json");
    assert!(save(&store, "a.json", "[1]", &at(2)).is_err());
    assert!(store.set_tag(&app, &tag("one"), 1, &at(3)).is_err());
    assert!(undo(&store, &at(4)).is_err());
    assert_eq!(store.state(&app).unwrap().refs.number, 0);
    assert!(save(&open(&below), "a.json", "[1]", &at(5)).is_ok());
}

#[test]
fn a_writer_that_lost_a_number_builds_on_what_is_durable() {
    let settled = Arc::new(AtomicUsize::new(0));
    let below: Arc<dyn Backend> = Arc::new(Memory::new());
    let sound = open(&below);
    save(&sound, "a.json", "[1]", &at(1)).unwrap();
    let mut theirs = Some(foreign_record(&sound));
    let count = settled.clone();
    let faulty = Faulty::new(below, move |call, _| match call {
        Call::Create => match theirs.take() {
            Some(bytes) => Fault::Lose(bytes),
            None => {
                assert_eq!(count.load(Ordering::Relaxed), 1, "their record is settled first");
                Fault::None
            }
        },
        Call::Settle => {
            count.fetch_add(1, Ordering::Relaxed);
            Fault::None
        }
        _ => Fault::None,
    });
    save(&Store::with_backend(faulty), "a.json", "[2]", &at(2)).unwrap();
    assert_eq!(sources(&sound), ["[1]", "[\"theirs\"]", "[2]"]);
    assert_eq!(settled.load(Ordering::Relaxed), 1);
}

#[test]
fn an_expected_version_that_was_overtaken_is_a_conflict_that_names_the_other() {
    let options = SaveOptions { expect: Some(1), ..SaveOptions::default() };
    let (saved, store) = save_under(|store| Fault::Lose(foreign_record(store)), &options);
    match saved {
        Err(Error::Conflict { expected: 1, found: 2, since, .. }) => {
            assert_eq!(since.iter().map(|version| &*version.author).collect::<Vec<_>>(), ["somebody else"]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(sources(&store), ["[1]", "[\"theirs\"]"]);
}

#[test]
fn a_note_that_runs_ahead_of_its_log_shows_a_cut_off_end_and_its_numbers_are_not_used_again() {
    let memory = Arc::new(Memory::new());
    let below: Arc<dyn Backend> = memory.clone();
    let store = open(&below);
    for number in 1..=3 {
        save(&store, "a.json", &format!("[{number}]"), &at(number)).unwrap();
    }
    let app = config("a.json");
    for number in [2, 3] {
        memory.damage(&vconf::backend::Slot { config: &app, log: Log::Versions, number }, None);
    }
    let report = store.check(std::slice::from_ref(&app), |_| {}).unwrap();
    let found: Vec<_> =
        report.findings.iter().map(|f| (f.corruption.number, f.corruption.flaw.problem.clone())).collect();
    assert_eq!(found, [(2, Problem::MissingRange { first: 2, last: 3 })]);
    let saved = store.save(&app, b"[4]", &SaveOptions::default(), &at(4)).unwrap();
    assert_eq!(saved.version.number, 4);
    assert_ne!(saved.version.previous, Some(Checksum([0; 32])));
    assert_eq!(store.version(&app, 4).unwrap().1, b"[4]");
}
