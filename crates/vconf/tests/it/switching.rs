//! Switches and edits of a file that others meet halfway: each ends as if one had come after the other.

use std::fs;
use std::sync::Arc;

use vconf::backend::{Backend, Memory};
use vconf::history::{Context, LogEntry, LogFilter, SaveOptions};
use vconf::model::name::RefName;
use vconf::model::record::Action;
use vconf::store::Store;
use vconf::worktree::{Rewrite, Rewritten, Worktree, WorktreeError};

use crate::faulty::{Call, Fault, Faulty};
use crate::scratch::{Scratch, at, config, tag};

/// A folder with one file, and a history of it in which each branch has a version of its own.
struct Place {
    scratch: Scratch,
    below: Arc<dyn Backend>,
}

impl Place {
    /// @1 on main, @2 on staging, @3 on prod; main is the current branch, and the file has an edit that is not saved.
    fn new() -> Self {
        let place = Self { scratch: Scratch::new(), below: Arc::new(Memory::new()) };
        let worktree = place.worktree();
        let app = config("app.yaml");
        place.write("main: 1\n");
        worktree.save(&app, &SaveOptions::default(), &at(1)).unwrap();
        for (second, name) in [(2, "staging"), (3, "prod")] {
            worktree.switch(&app, &tag(name), Some(1), &at(second)).unwrap();
            place.write(&format!("{name}: 1\n"));
            worktree.save(&app, &SaveOptions::default(), &at(second)).unwrap();
        }
        worktree.switch(&app, &RefName::main(), None, &at(4)).unwrap();
        place.write("main: 2\n");
        place
    }

    fn worktree(&self) -> Worktree {
        Worktree::new(Store::with_backend(Faulty::sound(self.below.clone())), self.scratch.path())
    }

    /// One for whom somebody does something just before the first record that it creates, or the second, ….
    fn meddled_with(&self, nth: usize, act: impl Fn(&Worktree) + Send + 'static) -> Worktree {
        let other = self.worktree();
        let mut creations = 0;
        let meddling = Faulty::new(self.below.clone(), move |call, _| {
            if call == Call::Create {
                creations += 1;
                if creations == nth {
                    act(&other);
                }
            }
            Fault::None
        });
        Worktree::new(Store::with_backend(meddling), self.scratch.path())
    }

    fn write(&self, text: &str) {
        fs::write(self.scratch.join("app.yaml"), text).unwrap();
    }

    fn file(&self) -> String {
        fs::read_to_string(self.scratch.join("app.yaml")).unwrap()
    }

    fn current(&self) -> String {
        self.worktree().store.state(&config("app.yaml")).unwrap().current.to_string()
    }

    /// Holds that no branch has another's bytes; tells what the versions of one hold, newest first.
    fn sources_of(&self, branch: &str) -> Vec<String> {
        let store = self.worktree().store;
        let app = config("app.yaml");
        let state = store.state(&app).unwrap();
        let filter = LogFilter::default();
        let versions = store.log(&state, &filter).unwrap().map(|entry| match entry.unwrap() {
            LogEntry::Version { version, .. } => {
                let source = String::from_utf8(store.version(&app, version.number).unwrap().1).unwrap();
                assert!(source.starts_with(version.branch.as_str()), "{source:?} on {}", version.branch);
                (version.branch.to_string(), source)
            }
            LogEntry::Damaged(corruption) => panic!("{corruption}"),
        });
        versions.filter(|(of, _)| of == branch).map(|(_, source)| source).collect()
    }
}

fn switch_to(name: &'static str) -> impl Fn(&Worktree) + Send + 'static {
    move |worktree| {
        worktree.switch(&config("app.yaml"), &tag(name), None, &at(20)).unwrap();
    }
}

#[test]
fn a_save_that_a_switch_overtakes_is_one_of_the_file_as_it_is_then() {
    let place = Place::new();
    let saved = place
        .meddled_with(1, switch_to("staging"))
        .save(&config("app.yaml"), &SaveOptions::default(), &at(10))
        .unwrap();
    assert!(!saved.is_new, "what there was to save was saved by the switch");
    assert_eq!((saved.version.branch.as_str(), &*place.current()), ("staging", "staging"));
    assert_eq!(place.sources_of("main"), ["main: 2\n", "main: 1\n"]);
    assert_eq!(place.sources_of("staging"), ["staging: 1\n"]);
    assert_eq!(place.file(), "staging: 1\n");
}

#[test]
fn a_switch_that_another_overtakes_is_as_if_it_had_come_later() {
    // Before its version of the unsaved edits, and before its record.
    for nth in [1, 2] {
        let place = Place::new();
        let worktree = place.meddled_with(nth, switch_to("prod"));
        let switched = worktree.switch(&config("app.yaml"), &tag("staging"), None, &at(10)).unwrap();
        assert_eq!(switched.outcome.from.as_str(), "prod");
        assert_eq!((&*place.current(), &*place.file()), ("staging", "staging: 1\n"));
        assert_eq!(place.sources_of("main"), ["main: 2\n", "main: 1\n"]);
        assert_eq!(place.sources_of("prod"), ["prod: 1\n"]);
    }
}

#[test]
fn a_switch_to_a_branch_that_gets_a_version_meanwhile_writes_that() {
    let place = Place::new();
    let worktree = place.meddled_with(2, |other| {
        let options = SaveOptions { branch: Some(tag("staging")), ..SaveOptions::default() };
        other.store.save(&config("app.yaml"), b"staging: 2\n", &options, &at(20)).unwrap();
    });
    let switched = worktree.switch(&config("app.yaml"), &tag("staging"), None, &at(10)).unwrap();
    assert_eq!((switched.outcome.head, switched.file_written), (Some(5), true));
    assert_eq!((&*place.current(), &*place.file()), ("staging", "staging: 2\n"));
    assert_eq!(place.sources_of("staging"), ["staging: 2\n", "staging: 1\n"]);
}

#[test]
fn a_rollback_that_a_switch_overtakes_leaves_the_file_to_the_switch() {
    let place = Place::new();
    // Just before the record of the rollback: the unsaved edit was saved first.
    let worktree = place.meddled_with(2, switch_to("staging"));
    let done = worktree.rollback(&config("app.yaml"), 1, &Default::default(), &at(10));
    let error = done.unwrap_err();
    assert!(error.to_string().contains("switched away from branch main"), "{error}");
    assert_eq!((&*place.current(), &*place.file()), ("staging", "staging: 1\n"));
    assert_eq!(place.sources_of("main"), ["main: 1\n", "main: 2\n", "main: 1\n"]);
    assert_eq!(place.sources_of("staging"), ["staging: 1\n"]);
}

/// Adds a line to the file by the command, as an edit of the bytes that it holds now.
fn append(worktree: &Worktree, line: &str, context: &Context) -> Result<Option<Rewritten>, WorktreeError> {
    let app = config("app.yaml");
    let file = worktree.read(&app).unwrap().expect("the file is there");
    let source = [&*file.bytes, line.as_bytes()].concat();
    let rewrite = Rewrite {
        file: &file,
        source: &source,
        format: None,
        description: None,
        before: "Before",
        action: Action::Edit,
        merges: &[],
        expect: None,
    };
    worktree.rewrite(&app, &rewrite, context)
}

#[test]
fn an_edit_that_a_switch_overtakes_does_not_claim_to_be_in_the_file() {
    let place = Place::new();
    // Just before the record of the edit: what the file held was saved first.
    let worktree = place.meddled_with(2, switch_to("staging"));
    let error = append(&worktree, "edited: true\n", &at(10)).unwrap_err();
    assert!(error.to_string().contains("switched away from branch main"), "{error}");
    assert_eq!((&*place.current(), &*place.file()), ("staging", "staging: 1\n"));
    assert_eq!(place.sources_of("main"), ["main: 2\nedited: true\n", "main: 2\n", "main: 1\n"]);
}

#[test]
fn an_edit_that_another_overtakes_is_refused_and_takes_nothing_of_it_back() {
    // Before its version of the unsaved edits, and before its record.
    for nth in [1, 2] {
        let place = Place::new();
        let worktree = place.meddled_with(nth, |other| {
            append(other, "other: true\n", &at(20)).unwrap();
        });
        let error = append(&worktree, "edited: true\n", &at(10)).unwrap_err();
        assert_eq!(error.kind(), vconf::history::ErrorKind::Conflict, "{error}");
        assert_eq!(place.file(), "main: 2\nother: true\n");
        assert_eq!(place.sources_of("main"), ["main: 2\nother: true\n", "main: 2\n", "main: 1\n"]);
    }
}
