//! What every backend keeps to, as checks that can be run against it.
//!
//! For the tests of whoever writes a backend:
//!
//! ```
//! use vconf::backend::{Memory, contract};
//!
//! contract::check(&Memory::new())?;
//! # Ok::<(), contract::Breach>(())
//! ```

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::thread;

use super::{Backend, BackendError, CachePlace, Creation, Extent, Log, Slot};
use crate::model::name::ConfigName;

/// A clause of the contract that a backend breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// What a backend keeps to.
    pub clause: &'static str,
    /// What this one did.
    pub found: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the backend breaks the contract that {}: {}", self.clause, self.found)
    }
}

impl std::error::Error for Breach {}

/// Checks every clause on a backend that is empty. It is not empty afterwards.
pub fn check(backend: &dyn Backend) -> Result<(), Breach> {
    nothing_is_in_an_empty_store(backend)?;
    a_slot_is_filled_once(backend)?;
    a_prefix_is_the_beginning_of_the_whole(backend)?;
    logs_and_configs_are_apart(backend)?;
    numbers_are_listed_by_size(backend)?;
    every_name_can_be_a_config(backend)?;
    the_last_note_is_recalled(backend)?;
    what_is_cached_is_there_or_gone(backend)?;
    one_of_many_writers_wins_each_slot(backend)
}

fn nothing_is_in_an_empty_store(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("nothing is in an empty store");
    let config = clause.name("empty.yaml")?;
    clause.same("its configs", &backend.configs(), Vec::new())?;
    for log in [Log::Versions, Log::Refs] {
        let slot = Slot { config: &config, log, number: 1 };
        clause.same("a list", &backend.list(&config, log), Vec::new())?;
        clause.same("a whole record", &backend.read(&slot, Extent::Whole), None)?;
        clause.same("a prefix", &backend.read(&slot, Extent::Prefix(9)), None)?;
        clause.same("whether a slot is filled", &backend.exists(&slot), false)?;
        clause.same("a note", &backend.recall(&config, log), None)?;
        clause.same("settling an empty log", &backend.settle(&config, log), ())?;
    }
    clause.same("its configs after all that", &backend.configs(), Vec::new())
}

fn a_slot_is_filled_once(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("a slot is filled once, with the exact bytes, and stays so");
    let config = clause.name("once.yaml")?;
    let every_byte: Vec<u8> = (0..=255).collect();
    let long = every_byte.repeat(1 << 12);
    for (number, bytes) in (1..).zip([&b"{}\n"[..], b"", &every_byte, &long]) {
        let slot = Slot { config: &config, log: Log::Versions, number };
        clause.same("the first creation", &backend.create(&slot, bytes), Creation::Created)?;
        for other in [b"another", bytes] {
            clause.same("a second creation", &backend.create(&slot, other), Creation::Taken)?;
        }
        clause.same("whether it is filled", &backend.exists(&slot), true)?;
        let next = Slot { number: number + 1, ..slot };
        clause.same("whether the next is filled", &backend.exists(&next), false)?;
        let read = backend.read(&slot, Extent::Whole);
        clause.holds(matches!(&read, Ok(Some(found)) if found == bytes), || {
            format!("record {number} of {} bytes reads as {}", bytes.len(), shortened(&read))
        })?;
    }
    clause.same("settling", &backend.settle(&config, Log::Versions), ())
}

fn a_prefix_is_the_beginning_of_the_whole(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("a prefix is the beginning of the whole");
    let config = clause.name("prefix.yaml")?;
    let slot = Slot { config: &config, log: Log::Versions, number: 1 };
    let bytes = b"0123456789";
    clause.same("a creation", &backend.create(&slot, bytes), Creation::Created)?;
    for limit in [0, 1, 9, 10, 11, 1 << 20] {
        let expected = bytes[..limit.min(bytes.len())].to_vec();
        clause.same("a prefix", &backend.read(&slot, Extent::Prefix(limit)), Some(expected))?;
    }
    Ok(())
}

fn logs_and_configs_are_apart(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("the logs of all configs are apart");
    let configs = [clause.name("apart")?, clause.name("apart/refs")?, clause.name("apart/v1.json")?];
    let mut slots = Vec::new();
    for config in &configs {
        slots.extend([Log::Versions, Log::Refs].map(|log| Slot { config, log, number: 1 }));
    }
    for slot in &slots {
        let bytes = format!("{slot:?}").into_bytes();
        clause.same("a creation", &backend.create(slot, &bytes), Creation::Created)?;
    }
    for slot in &slots {
        let bytes = format!("{slot:?}").into_bytes();
        clause.same("a record", &backend.read(slot, Extent::Whole), Some(bytes))?;
        clause.same("a list", &backend.list(slot.config, slot.log), vec![1])?;
    }
    Ok(())
}

fn numbers_are_listed_by_size(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("a list has the numbers of the filled slots by their size");
    let config = clause.name("order.yaml")?;
    let sorted = [1, 2, 9, 10, 11, 99, 100, 1 << 40];
    for log in [Log::Versions, Log::Refs] {
        for number in [100, 9, 1, 1 << 40, 10, 2, 99, 11] {
            let slot = Slot { config: &config, log, number };
            clause.same("a creation", &backend.create(&slot, b"x"), Creation::Created)?;
        }
        clause.same("a list", &backend.list(&config, log), sorted.to_vec())?;
    }
    Ok(())
}

fn every_name_can_be_a_config(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("every name can be a config, and configs are listed in the order of their names");
    let long = "x".repeat(240);
    let deep = vec!["folder"; 60].join("/");
    let names = [
        "app.yaml",
        "App.yaml",
        ".env",
        "..a",
        "a b",
        "a@b",
        "a%b",
        "a%25b",
        "%61",
        "etc/a.ini",
        "etc%2Fa.ini",
        "/etc/hosts",
        "new\nline",
        "tab\t",
        "\u{1b}[31m",
        "ü",
        "u\u{308}",
        "设置/应用程序.yaml",
        "😀",
        "-rf",
        "~",
        "*",
        "a\\b",
        "\"",
        "'",
        "$(x)",
        "CON",
        "refs",
        "store.json",
        &long,
        &deep,
    ];
    let long_names = [format!("{long}x"), format!("{long}.."), format!("{long}/v1.json"), "设".repeat(300)];
    let before = clause.ok("its configs", backend.configs())?;
    let mut configs = Vec::new();
    for name in names.into_iter().chain(long_names.iter().map(String::as_str)) {
        let config = clause.name(name)?;
        let slot = Slot { config: &config, log: Log::Versions, number: 1 };
        clause.same(name, &backend.create(&slot, name.as_bytes()), Creation::Created)?;
        configs.push(config);
    }
    for config in &configs {
        let slot = Slot { config, log: Log::Versions, number: 1 };
        let bytes = config.as_str().as_bytes().to_vec();
        clause.same(config.as_str(), &backend.read(&slot, Extent::Whole), Some(bytes))?;
        clause.same(config.as_str(), &backend.list(config, Log::Versions), vec![1])?;
        clause
            .holds(!backend.describe(&slot).is_empty(), || format!("{config:?} is described by nothing"))?;
    }
    configs.extend(before);
    configs.sort_unstable();
    clause.same("its configs", &backend.configs(), configs)
}

fn the_last_note_is_recalled(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("the last note on a log is recalled");
    let config = clause.name("note.yaml")?;
    for log in [Log::Versions, Log::Refs] {
        let slot = Slot { config: &config, log, number: 1 };
        clause.same("a creation", &backend.create(&slot, b"x"), Creation::Created)?;
        clause.same("the note of a new log", &backend.recall(&config, log), None)?;
        for note in [b"note 1", b"note 2", b"note 1"] {
            clause.same("remembering", &backend.remember(&config, log, note), ())?;
            clause.same("the note", &backend.recall(&config, log), Some(note.to_vec()))?;
        }
        clause.same("a list beside a note", &backend.list(&config, log), vec![1])?;
    }
    Ok(())
}

fn what_is_cached_is_there_or_gone(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("what is cached is there in parts and as a whole, where there is a place for it");
    let config = clause.name("cache.yaml")?;
    clause.same("what was never cached", &backend.cached(&config, "a", 0, 9), None)?;
    clause.same("adding to nothing", &backend.cache(&config, "a", b"x", CachePlace::After), false)?;
    let has_place = backend.cache(&config, "a", b"longer than the next", CachePlace::Instead);
    let has_place = has_place.is_ok_and(|has_place| has_place);
    let kept = |bytes: &[u8]| has_place.then(|| bytes.to_vec());
    clause.same("another", &backend.cache(&config, "a", b"abc", CachePlace::Instead), has_place)?;
    clause.same("adding", &backend.cache(&config, "a", b"de", CachePlace::After), has_place)?;
    clause.same("the whole", &backend.cached(&config, "a", 0, 9), kept(b"abcde"))?;
    clause.same("a part", &backend.cached(&config, "a", 1, 3), kept(b"bcd"))?;
    clause.same("what is past the end", &backend.cached(&config, "a", 5, 3), kept(b""))?;
    clause.same("another name", &backend.cached(&config, "b", 0, 9), None)?;
    clause.same("a list of records", &backend.list(&config, Log::Versions), Vec::new())
}

fn one_of_many_writers_wins_each_slot(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("one of many writers wins each slot, and its bytes are there");
    let config = clause.name("race.yaml")?;
    let slot = |number| Slot { config: &config, log: Log::Versions, number };
    let bytes = |writer: u64, number: u64| format!("{writer} was faster at {number}").into_bytes();
    let write = |writer| -> Result<Vec<u64>, BackendError> {
        let mut won = Vec::new();
        for number in 1..=SLOTS {
            if backend.create(&slot(number), &bytes(writer, number))? == Creation::Created {
                won.push(number);
            }
        }
        Ok(won)
    };
    let results: Vec<_> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(writer))).collect();
        writers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut winners: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (writer, result) in (0..).zip(results) {
        let result = result.map_err(|_| clause.breach("a writer panicked".to_owned()))?;
        for number in clause.ok("racing creations", result)? {
            winners.entry(number).or_default().push(writer);
        }
    }
    for number in 1..=SLOTS {
        let won = winners.get(&number).cloned().unwrap_or_default();
        let [winner] = won[..] else {
            return Err(clause.breach(format!("slot {number} was won by {won:?}")));
        };
        let expected = Some(bytes(winner, number));
        clause.same("the record of the winner", &backend.read(&slot(number), Extent::Whole), expected)?;
    }
    clause.same("a list", &backend.list(&config, Log::Versions), (1..=SLOTS).collect())
}

/// How many writers race.
const WRITERS: u64 = 16;

/// For how many slots.
const SLOTS: u64 = 100;

/// A clause of the contract, in words.
#[derive(Clone, Copy)]
struct Clause(&'static str);

impl Clause {
    fn breach(self, found: String) -> Breach {
        Breach { clause: self.0, found }
    }

    fn holds(self, holds: bool, found: impl FnOnce() -> String) -> Result<(), Breach> {
        if holds { Ok(()) } else { Err(self.breach(found())) }
    }

    fn name(self, name: &str) -> Result<ConfigName, Breach> {
        ConfigName::new(name).map_err(|error| self.breach(error.to_string()))
    }

    fn ok<T>(self, what: &str, result: Result<T, BackendError>) -> Result<T, Breach> {
        result.map_err(|error| self.breach(format!("{what:?} failed: {error}: {}", error.source)))
    }

    fn same<T: PartialEq + Debug>(
        self,
        what: &str,
        found: &Result<T, BackendError>,
        expected: T,
    ) -> Result<(), Breach> {
        let is_same = found.as_ref().is_ok_and(|found| *found == expected);
        self.holds(is_same, || format!("{what:?} is {}, not {}", shortened(found), shortened(&expected)))
    }
}

fn shortened(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
