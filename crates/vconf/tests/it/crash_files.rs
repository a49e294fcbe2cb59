//! The process stops while a file is being rolled back, rewritten, undone or redone: no bytes are lost, and doing it again
//! finishes it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vconf::backend::{Backend, BackendErrorKind, Memory};
use vconf::history::{Context, RollbackOptions, SaveOptions};
use vconf::model::record::Action;
use vconf::store::Store;
use vconf::worktree::{Rewrite, Worktree, WorktreeError};

use crate::faulty::{Call, Fault, Faulty};
use crate::scratch::{Scratch, at, config, tag};
use crate::state::view;

/// What happened before a step.
type Before = fn(&Worktree);

/// Something done to a file; it may be stopped.
type Step = fn(&Worktree, &Context) -> Result<(), WorktreeError>;

fn save(worktree: &Worktree, context: &Context) -> Result<(), WorktreeError> {
    worktree.save(&config("app.yaml"), &SaveOptions::default(), context).map(drop)
}

fn rollback(worktree: &Worktree, context: &Context) -> Result<(), WorktreeError> {
    worktree.rollback(&config("app.yaml"), 1, &RollbackOptions::default(), context).map(drop)
}

fn rewrite(worktree: &Worktree, context: &Context) -> Result<(), WorktreeError> {
    let file = worktree.read(&config("app.yaml"))?.unwrap();
    let rewrite = Rewrite {
        action: Action::Edit,
        merges: &[],
        file: &file,
        source: b"a: rewritten\n",
        format: None,
        description: None,
        before: "Before it is rewritten",
        expect: None,
    };
    worktree.rewrite(&config("app.yaml"), &rewrite, context).map(drop)
}

fn undo(worktree: &Worktree, context: &Context) -> Result<(), WorktreeError> {
    worktree.undo(context).map(drop)
}

fn redo(worktree: &Worktree, context: &Context) -> Result<(), WorktreeError> {
    worktree.redo(context).map(drop)
}

fn edit(worktree: &Worktree, text: &str) {
    fs::write(worktree.root().join("app.yaml"), text).unwrap();
}

/// The steps before, what the file holds then, the step that is stopped, and what the file holds after it.
struct Scenario {
    name: &'static str,
    before: Before,
    step: Step,
    new: &'static str,
}

fn two_versions(worktree: &Worktree) {
    for number in 1..=2 {
        edit(worktree, &format!("a: {number}\n"));
        save(worktree, &at(number)).unwrap();
    }
}

fn rolled_back_over_edits(worktree: &Worktree) {
    two_versions(worktree);
    edit(worktree, "a: unsaved\n");
    rollback(worktree, &at(3)).unwrap();
}

fn branched(worktree: &Worktree) {
    two_versions(worktree);
    worktree.store.create_branch(&config("app.yaml"), &tag("staging"), 1, &at(3)).unwrap();
    edit(worktree, "a: unsaved\n");
}

fn switch(worktree: &Worktree, context: &Context) -> Result<(), WorktreeError> {
    worktree.switch(&config("app.yaml"), &tag("staging"), None, context).map(drop)
}

fn rewritten_over_edits(worktree: &Worktree) {
    two_versions(worktree);
    edit(worktree, "a: unsaved\n");
    rewrite(worktree, &at(3)).unwrap();
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "rollback", before: two_versions, step: rollback, new: "a: 1\n" },
    Scenario {
        name: "rollback over unsaved edits",
        before: |worktree| {
            two_versions(worktree);
            edit(worktree, "a: unsaved\n");
        },
        step: rollback,
        new: "a: 1\n",
    },
    Scenario {
        name: "rollback of a file that is gone",
        before: |worktree| {
            two_versions(worktree);
            fs::remove_file(worktree.root().join("app.yaml")).unwrap();
        },
        step: rollback,
        new: "a: 1\n",
    },
    Scenario { name: "switch over unsaved edits", before: branched, step: switch, new: "a: 1\n" },
    Scenario {
        name: "undo of a switch over unsaved edits",
        before: |worktree| {
            branched(worktree);
            switch(worktree, &at(4)).unwrap();
        },
        step: undo,
        new: "a: unsaved\n",
    },
    Scenario {
        name: "undo of a rollback over unsaved edits",
        before: rolled_back_over_edits,
        step: undo,
        new: "a: unsaved\n",
    },
    Scenario {
        name: "undo of a rollback, over unsaved edits",
        before: |worktree| {
            rolled_back_over_edits(worktree);
            edit(worktree, "a: more\n");
        },
        step: undo,
        new: "a: unsaved\n",
    },
    Scenario {
        name: "redo of a rollback",
        before: |worktree| {
            rolled_back_over_edits(worktree);
            undo(worktree, &at(4)).unwrap();
        },
        step: redo,
        new: "a: 1\n",
    },
    Scenario { name: "rewrite", before: two_versions, step: rewrite, new: "a: rewritten\n" },
    Scenario {
        name: "rewrite over unsaved edits",
        before: |worktree| {
            two_versions(worktree);
            edit(worktree, "a: unsaved\n");
        },
        step: rewrite,
        new: "a: rewritten\n",
    },
    Scenario {
        name: "undo of a rewrite",
        before: |worktree| {
            two_versions(worktree);
            rewrite(worktree, &at(3)).unwrap();
        },
        step: undo,
        new: "a: 2\n",
    },
    Scenario {
        name: "undo of a rewrite over unsaved edits",
        before: rewritten_over_edits,
        step: undo,
        new: "a: unsaved\n",
    },
    Scenario {
        name: "redo of a rewrite",
        before: |worktree| {
            rewritten_over_edits(worktree);
            undo(worktree, &at(4)).unwrap();
        },
        step: redo,
        new: "a: rewritten\n",
    },
];

fn file(root: &Path) -> Option<String> {
    fs::read_to_string(root.join("app.yaml")).ok()
}

fn prepare(scenario: &Scenario, scratch: &Scratch) -> (Arc<dyn Backend>, Option<String>) {
    let below: Arc<dyn Backend> = Arc::new(Memory::new());
    (scenario.before)(&sound(&below, scratch));
    (below, file(scratch.path()))
}

fn sound(below: &Arc<dyn Backend>, scratch: &Scratch) -> Worktree {
    Worktree::new(Store::with_backend(Faulty::sound(below.clone())), scratch.path())
}

/// A stop at a call that reads is one before the next that writes.
fn writes(call: Call) -> bool {
    matches!(call, Call::Create | Call::Settle | Call::Remember)
}

#[test]
fn a_stop_at_any_call_that_writes_loses_no_bytes_of_the_file() {
    let mut stops = 0;
    for scenario in SCENARIOS {
        let scratch = Scratch::new();
        let (below, old) = prepare(scenario, &scratch);
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let counting = Faulty::new(below, move |call, _| {
            counter.fetch_add(usize::from(writes(call)), Ordering::Relaxed);
            Fault::None
        });
        let worktree = Worktree::new(Store::with_backend(counting), scratch.path());
        (scenario.step)(&worktree, &at(10)).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
        assert_eq!(file(scratch.path()).as_deref(), Some(scenario.new), "{}", scenario.name);
        assert_ne!(old.as_deref(), Some(scenario.new));
        let new_latest = view(&worktree.store)["app.yaml"].latest;

        let calls = calls.load(Ordering::Relaxed);
        for call in 0..calls {
            for fault in [Fault::StopBefore, Fault::StopAfter] {
                let what = format!("{}, {fault:?} call {call} of {calls}", scenario.name);
                stop_and_go_on(scenario, call, fault, new_latest, &what);
                stops += 1;
            }
        }
    }
    println!("crash: {} operations on files, {stops} stops", SCENARIOS.len());
}

fn stop_and_go_on(scenario: &Scenario, call: usize, fault: Fault, new_latest: Option<u64>, what: &str) {
    let scratch = Scratch::new();
    let (below, old) = prepare(scenario, &scratch);
    let mut count = 0;
    let faulty = Faulty::new(below.clone(), move |at, _| {
        count += usize::from(writes(at));
        if count == call + 1 { fault.clone() } else { Fault::None }
    });
    let worktree = Worktree::new(Store::with_backend(faulty), scratch.path());
    let result = (scenario.step)(&worktree, &at(10));

    let worktree = sound(&below, &scratch);
    let found = file(scratch.path());
    let is_new = found.as_deref() == Some(scenario.new);
    assert!(is_new || found == old, "{what}: {found:?}");
    assert!(is_new || result.is_err(), "{what}: a success without the file");
    let views = view(&worktree.store);
    let versions = &views["app.yaml"].versions;
    let is_kept = |text: &String| versions.iter().any(|version| version.source == *text);
    assert!(!is_new || old.as_ref().is_none_or(is_kept), "{what}: {old:?} is lost");
    let names: Vec<_> =
        fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.len() <= 1, "{what}: {names:?}");

    if !is_new && views["app.yaml"].latest == new_latest {
        // Recorded, and the file not written yet: what it gets is a version.
        let number = 1 + versions.iter().position(|version| version.source == scenario.new).unwrap() as u64;
        let options = RollbackOptions::default();
        worktree
            .rollback(&config("app.yaml"), number, &options, &at(11))
            .unwrap_or_else(|error| panic!("{what}: {error}"));
    } else if !is_new {
        (scenario.step)(&worktree, &at(11)).unwrap_or_else(|error| panic!("{what}: {error}"));
        if file(scratch.path()).as_deref() != Some(scenario.new) {
            // The first undo took back the save of the unsaved edits, as far as it had come.
            (scenario.step)(&worktree, &at(12)).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
    }
    assert_eq!(file(scratch.path()).as_deref(), Some(scenario.new), "{what}");
    view(&worktree.store);
    edit(&worktree, "a: next\n");
    save(&worktree, &at(20)).unwrap_or_else(|error| panic!("{what}: {error}"));
}

#[test]
fn what_another_program_writes_meanwhile_becomes_a_version_of_its_own() {
    let cases: [(Step, Before); 4] = [
        (rollback, two_versions),
        (rewrite, two_versions),
        (undo, rolled_back_over_edits),
        (redo, |worktree| {
            rolled_back_over_edits(worktree);
            undo(worktree, &at(4)).unwrap();
        }),
    ];
    for (step, before) in cases {
        let scratch = Scratch::new();
        let below: Arc<dyn Backend> = Arc::new(Memory::new());
        let worktree = sound(&below, &scratch);
        before(&worktree);
        let mut theirs = Some("a: theirs\n");
        let path = scratch.join("app.yaml");
        let meddling = Faulty::new(below.clone(), move |call, _| {
            if call == Call::Create
                && let Some(theirs) = theirs.take()
            {
                fs::write(&path, theirs).unwrap();
            }
            Fault::None
        });
        step(&Worktree::new(Store::with_backend(meddling), scratch.path()), &at(10)).unwrap();
        let views = view(&worktree.store);
        let versions = &views["app.yaml"].versions;
        assert!(versions.iter().any(|version| version.source == "a: theirs\n"), "{versions:#?}");
        assert_ne!(file(scratch.path()).as_deref(), Some("a: theirs\n"));
    }
}

#[test]
fn a_file_that_can_not_be_written_leaves_the_history_as_it_was() {
    let scratch = Scratch::new();
    let store = Store::in_memory();
    let worktree = Worktree::new(store, scratch.path());
    let name = config("etc/app.yaml");
    fs::create_dir(scratch.join("etc")).unwrap();
    for number in 1..=2 {
        fs::write(scratch.join("etc/app.yaml"), format!("a: {number}\n")).unwrap();
        worktree.save(&name, &SaveOptions::default(), &at(number)).unwrap();
    }
    let before = view(&worktree.store);
    fs::remove_dir_all(scratch.join("etc")).unwrap();
    let error = worktree.rollback(&name, 1, &RollbackOptions::default(), &at(3)).unwrap_err();
    assert!(matches!(error, WorktreeError::Write { .. }), "{error}");
    fs::create_dir_all(scratch.join("etc/app.yaml")).unwrap();
    let error = worktree.rollback(&name, 1, &RollbackOptions::default(), &at(4)).unwrap_err();
    assert!(matches!(error, WorktreeError::Read { .. }), "{error}");
    assert_eq!(view(&worktree.store), before);
}

#[test]
fn the_mode_and_the_symbolic_link_of_a_file_stay() {
    let scratch = Scratch::new();
    let worktree = Worktree::new(Store::in_memory(), scratch.path());
    fs::write(scratch.join("real.yaml"), "a: 1\n").unwrap();
    fs::set_permissions(scratch.join("real.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.yaml", scratch.join("app.yaml")).unwrap();
    save(&worktree, &at(1)).unwrap();
    edit(&worktree, "a: 2\n");
    fs::set_permissions(scratch.join("real.yaml"), fs::Permissions::from_mode(0o600)).unwrap();
    save(&worktree, &at(2)).unwrap();
    rollback(&worktree, &at(3)).unwrap();
    let stat = |name: &str| fs::symlink_metadata(scratch.join(name)).unwrap();
    assert!(stat("app.yaml").is_symlink());
    assert_eq!(stat("real.yaml").permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_to_string(scratch.join("real.yaml")).unwrap(), "a: 1\n");
    undo(&worktree, &at(4)).unwrap();
    assert_eq!(stat("real.yaml").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(scratch.join("real.yaml")).unwrap(), "a: 2\n");
}

#[test]
fn what_was_saved_before_a_failure_is_told() {
    let edited: Before = |worktree| {
        two_versions(worktree);
        edit(worktree, "a: unsaved\n");
    };
    let rewritten: Before = |worktree| {
        two_versions(worktree);
        rewrite(worktree, &at(3)).unwrap();
        edit(worktree, "a: unsaved\n");
    };
    let undone: Before = |worktree| {
        two_versions(worktree);
        rewrite(worktree, &at(3)).unwrap();
        undo(worktree, &at(4)).unwrap();
        edit(worktree, "a: unsaved\n");
    };
    let cases: [(&str, Step, Before); 5] = [
        ("rollback", rollback, edited),
        ("rewrite", rewrite, edited),
        ("switch", switch, branched),
        ("undo", undo, rewritten),
        ("redo", redo, undone),
    ];
    for (name, step, before) in cases {
        let scratch = Scratch::new();
        let below: Arc<dyn Backend> = Arc::new(Memory::new());
        before(&sound(&below, &scratch));
        let mut creations = 0;
        let faulty = Faulty::new(below.clone(), move |call, _| {
            creations += usize::from(call == Call::Create);
            match creations {
                2 if call == Call::Create => Fault::Fail(BackendErrorKind::Failed),
                _ => Fault::None,
            }
        });
        let worktree = Worktree::new(Store::with_backend(faulty), scratch.path());
        let error = step(&worktree, &at(9)).unwrap_err();
        let WorktreeError::AfterSaving { number, .. } = error else { panic!("{name}: {error:?}") };
        let store = sound(&below, &scratch).store;
        assert_eq!(store.load_number(&config("app.yaml"), number).unwrap().source, b"a: unsaved\n", "{name}");
        assert_eq!(file(scratch.path()).as_deref(), Some("a: unsaved\n"), "{name}");
    }
}
