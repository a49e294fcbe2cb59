//! Versions by a time: what was the latest then, also where records are damaged.

use std::sync::Arc;

use vconf::backend::{Log, Memory, Slot};
use vconf::history::{Error, SaveOptions};
use vconf::model::revision::Revision;
use vconf::store::{Store, StoreError};

use crate::faulty::Faulty;
use crate::scratch::{at, config, tag, time};

/// A history of which @1 to @4 were saved at the times 10, 20, 30 and 40.
struct History {
    store: Store,
    below: Arc<Memory>,
}

impl History {
    fn new() -> Self {
        let below = Arc::new(Memory::new());
        let store = Store::with_backend(Faulty::sound(below.clone()));
        for number in 1..=4 {
            let source = format!("a: {number}\n");
            store
                .save(&config("app.yaml"), source.as_bytes(), &SaveOptions::default(), &at(number * 10))
                .unwrap();
        }
        Self { store, below }
    }

    fn damaged(numbers: &[u64], bytes: Option<&[u8]>) -> Self {
        let history = Self::new();
        for &number in numbers {
            let slot = Slot { config: &config("app.yaml"), log: Log::Versions, number };
            history.below.damage(&slot, bytes.map(<[u8]>::to_vec));
        }
        history
    }

    fn as_of(&self, second: u64) -> Result<u64, Error> {
        let loaded = self.store.load(&config("app.yaml"), &Revision::AsOf(time(second)));
        loaded.map(|loaded| loaded.version.number)
    }

    #[track_caller]
    fn check(&self, second: u64, expected: u64) {
        assert_eq!(self.as_of(second).unwrap(), expected, "as of {second}");
    }

    #[track_caller]
    fn check_damaged(&self, second: u64, expected: u64) {
        match self.as_of(second) {
            Err(Error::Store(StoreError::Corrupt(corruption))) => {
                assert_eq!(corruption.number, expected, "as of {second}");
            }
            other => panic!("as of {second}: {other:?}"),
        }
    }
}

#[test]
fn a_time_names_the_version_that_was_the_latest_then() {
    let history = History::new();
    for (second, number) in [(10, 1), (19, 1), (20, 2), (35, 3), (40, 4), (99, 4)] {
        history.check(second, number);
    }
    assert!(matches!(history.as_of(9), Err(Error::BeforeFirst { first, .. }) if first.number == 1));
    let store = &history.store;
    store.switch(&config("app.yaml"), &tag("staging"), Some(2), &at(50)).unwrap();
    store.undo(store.next_undo().unwrap(), &at(60)).unwrap();
    store.undo(store.next_undo().unwrap(), &at(70)).unwrap();
    for (second, number) in [(40, 4), (55, 2), (65, 4), (75, 3)] {
        history.check(second, number);
    }
}

#[test]
fn a_damaged_version_that_may_have_been_the_latest_then_is_told_in_place_of_an_older_one() {
    for bytes in [Some(&b"{\n"[..]), None] {
        let history = History::damaged(&[2], bytes);
        for second in [10, 15, 25] {
            history.check_damaged(second, 2);
        }
        history.check(30, 3);
        history.check(45, 4);
    }
}

#[test]
fn a_damaged_version_that_came_after_another_later_one_keeps_nobody_from_what_was_before() {
    let history = History::damaged(&[4], Some(b"{\n"));
    history.check(15, 1);
    history.check(25, 2);
    history.check_damaged(35, 4);
    History::damaged(&[1, 3], Some(b"{\n")).check_damaged(5, 1);
}
