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

use super::{
    Backend, BackendError, Cache, CachePlace, Creation, Extent, JournalPart, Journals, Log, Notes, Object,
    PACK_VERSIONS, Pack, PackName, Packs, Piece, Slot, Upkeep,
};
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
    a_slot_can_be_emptied(backend)?;
    if let Some(notes) = backend.notes() {
        the_last_note_is_recalled(backend, notes)?;
    }
    if let Some(packs) = backend.packs() {
        a_pack_is_created_once(backend, packs)?;
        packs_are_found_by_their_numbers(backend, packs)?;
    }
    if let Some(journals) = backend.journals() {
        a_journal_grows_at_its_end_and_is_apart_from_records(backend, journals)?;
    }
    if let Some(upkeep) = backend.upkeep() {
        what_is_restored_takes_the_place_of_what_is_kept(backend, upkeep)?;
    }
    if let Some(cache) = backend.cache() {
        what_is_cached_is_there_or_gone(backend, cache)?;
    }
    one_of_many_writers_wins_each_slot(backend)
}

fn nothing_is_in_an_empty_store(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("nothing is in an empty store");
    let config = clause.name("empty.yaml")?;
    clause.same("its configs", &backend.configs(), Vec::new())?;
    for log in [Log::Versions, Log::Refs] {
        let slot = Slot { config: &config, log, number: 1 };
        clause.same("a list", &backend.list(&config, log), Vec::new())?;
        clause.same("the last of it", &backend.last(&config, log, None), None)?;
        clause.same("a whole record", &backend.read(&slot, Extent::Whole), None)?;
        clause.same("a prefix", &backend.read(&slot, Extent::Prefix(9)), None)?;
        clause.same("whether a slot is filled", &backend.exists(&slot), false)?;
        if let Some(notes) = backend.notes() {
            clause.same("a note", &notes.recall(&config, log), None)?;
        }
        clause.same("settling an empty log", &backend.settle(&config, log), ())?;
        clause.same("emptying an empty slot", &backend.remove(&slot), ())?;
    }
    if let Some(packs) = backend.packs() {
        clause.same("its packs", &packs.list(&config), Vec::new())?;
        clause.same("the packs of a number", &packs.covering(&config, &(1..=1)), Vec::new())?;
        let pack = Pack { config: &config, name: clause.pack(1, 9, 0)? };
        clause.same("a pack", &packs.read(&pack, Piece::Tail(9)), None)?;
        clause.same("removing a pack that is not there", &packs.remove(&pack), ())?;
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
        clause.same("the last", &backend.last(&config, log, None), Some(1 << 40))?;
        clause.same("the last past the last", &backend.last(&config, log, Some(1 << 40)), None)?;
        clause.same("the last past the first", &backend.last(&config, log, Some(1)), Some(1 << 40))?;
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

fn the_last_note_is_recalled(backend: &dyn Backend, notes: &dyn Notes) -> Result<(), Breach> {
    let clause = Clause("the last note on a log is recalled");
    let config = clause.name("note.yaml")?;
    for log in [Log::Versions, Log::Refs] {
        let slot = Slot { config: &config, log, number: 1 };
        clause.same("a creation", &backend.create(&slot, b"x"), Creation::Created)?;
        clause.same("the note of a new log", &notes.recall(&config, log), None)?;
        for note in [b"note 1", b"note 2", b"note 1"] {
            clause.same("remembering", &notes.remember(&config, log, note), ())?;
            clause.same("the note", &notes.recall(&config, log), Some(note.to_vec()))?;
        }
        clause.same("a list beside a note", &backend.list(&config, log), vec![1])?;
    }
    Ok(())
}

fn a_journal_grows_at_its_end_and_is_apart_from_records(
    backend: &dyn Backend,
    journals: &dyn Journals,
) -> Result<(), Breach> {
    let clause = Clause("a journal grows at its end, is rewritten whole, and is apart from records");
    let config = clause.name("journal.yaml")?;
    for log in [Log::Versions, Log::Refs] {
        let slot = Slot { config: &config, log, number: 65 };
        clause.same("a creation", &backend.create(&slot, b"record"), Creation::Created)?;
        let part = JournalPart::of(&slot);
        clause.same("no journal", &journals.read(&part, None), None)?;
        for bytes in [b"one", b"two"] {
            clause.same("an addition", &journals.append(&part, bytes), ())?;
        }
        clause.same("a journal", &journals.read(&part, None), Some(b"onetwo".to_vec()))?;
        clause.same("its end", &journals.read(&part, Some(4)), Some(b"etwo".to_vec()))?;
        clause.same("the parts", &journals.list(&config, log), vec![65])?;
        clause.same("a new one", &journals.rewrite(&part, b"three"), ())?;
        clause.same("the new one", &journals.read(&part, None), Some(b"three".to_vec()))?;
        clause.same("the records", &backend.list(&config, log), vec![65])?;
        clause.same("the record", &backend.read(&slot, Extent::Whole), Some(b"record".to_vec()))?;
        clause.same("taking it away", &journals.rewrite(&part, b""), ())?;
        clause.same("the parts then", &journals.list(&config, log), Vec::new())?;
    }
    Ok(())
}

fn what_is_restored_takes_the_place_of_what_is_kept(
    backend: &dyn Backend,
    upkeep: &dyn Upkeep,
) -> Result<(), Breach> {
    let clause = Clause("what is restored takes the place of what was there, which is kept");
    let config = clause.name("restored.yaml")?;
    let slot = |number| Slot { config: &config, log: Log::Versions, number };
    clause.same("a creation", &backend.create(&slot(1), b"damaged"), Creation::Created)?;
    for (number, is_there) in [(1, true), (2, false)] {
        let kept = clause.ok("a restoration", upkeep.restore(&Object::Record(slot(number)), b"sound"))?;
        clause.holds(kept.is_some() == is_there, || format!("what stood at {number} is kept at {kept:?}"))?;
        clause.same("the record", &backend.read(&slot(number), Extent::Whole), Some(b"sound".to_vec()))?;
    }
    let taken = backend.create(&slot(2), b"another");
    clause.same("a creation where one was restored", &taken, Creation::Taken)
}

fn a_slot_can_be_emptied(backend: &dyn Backend) -> Result<(), Breach> {
    let clause = Clause("a slot can be emptied, and the others stay");
    let config = clause.name("emptied.yaml")?;
    let slot = |number| Slot { config: &config, log: Log::Versions, number };
    for number in 1..=3 {
        clause.same("a creation", &backend.create(&slot(number), b"x"), Creation::Created)?;
    }
    clause.same("emptying", &backend.remove(&slot(2)), ())?;
    clause.same("whether it is filled", &backend.exists(&slot(2)), false)?;
    clause.same("a list", &backend.list(&config, Log::Versions), vec![1, 3])
}

fn a_pack_is_created_once(backend: &dyn Backend, packs: &dyn Packs) -> Result<(), Breach> {
    let clause = Clause("a pack is created once, whole or not at all, and read in pieces");
    let config = clause.name("packed.yaml")?;
    for name in [clause.pack(1, PACK_VERSIONS, 0)?, clause.pack(1, 5, 0)?, clause.pack(1, 5, 3)?] {
        let pack = Pack { config: &config, name };
        let broken_off = packs.create(&pack, &mut |file| {
            file.write_all(b"half")?;
            Err(std::io::Error::other("broken off"))
        });
        clause.holds(broken_off.is_err(), || "a creation that was broken off counts".to_owned())?;
        clause.same("what was broken off", &packs.read(&pack, Piece::Tail(9)), None)?;
        let bytes = b"0123456789";
        let mut write = |file: &mut dyn std::io::Write| bytes.chunks(3).try_for_each(|c| file.write_all(c));
        clause.same("the first creation", &packs.create(&pack, &mut write), Creation::Created)?;
        let mut other = |file: &mut dyn std::io::Write| file.write_all(b"another");
        clause.same("a second creation", &packs.create(&pack, &mut other), Creation::Taken)?;
        for (offset, size_bytes) in [(0, 10), (0, 1 << 20), (3, 4), (9, 2), (10, 1), (1 << 40, 1), (5, 0)] {
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(10);
            let expected = bytes[start..(start + size_bytes).min(10)].to_vec();
            let piece = Piece::At { offset, size_bytes };
            clause.same("a piece", &packs.read(&pack, piece), Some(expected))?;
        }
        for size in [0, 1, 10, 11] {
            let expected = bytes[10 - size.min(10)..].to_vec();
            clause.same("the end", &packs.read(&pack, Piece::Tail(size)), Some(expected))?;
        }
        clause.holds(!packs.describe(&pack).is_empty(), || format!("{pack:?} is described by nothing"))?;
    }
    let configs = clause.ok("its configs", backend.configs())?;
    clause.holds(configs.contains(&config), || "a config that has only packs is not listed".to_owned())
}

fn packs_are_found_by_their_numbers(backend: &dyn Backend, packs: &dyn Packs) -> Result<(), Breach> {
    let clause = Clause("packs are found by their numbers, until they are removed");
    let config = clause.name("packs.yaml")?;
    let far = PACK_VERSIONS << 20;
    let mut names = Vec::new();
    for (first, last, generation) in [
        (1, PACK_VERSIONS, 0),
        (1 + PACK_VERSIONS, 2 * PACK_VERSIONS, 9),
        (1 + 2 * PACK_VERSIONS, 3 + 2 * PACK_VERSIONS, 0),
        (1 + far, 1 + far, 0),
        (1 + far, 9 + far, 0),
    ] {
        let name = clause.pack(first, last, generation)?;
        let created = packs.create(&Pack { config: &config, name }, &mut |file| file.write_all(b"x"));
        clause.same("a creation", &created, Creation::Created)?;
        names.push(name);
    }
    clause.same("all packs", &packs.list(&config), names.clone())?;
    for numbers in
        [1..=1, PACK_VERSIONS..=PACK_VERSIONS + 1, 2..=1 << 50, 5 + far..=7 + far, 10 + far..=10 + far]
    {
        let expected: Vec<_> = names.iter().copied().filter(|name| name.covers_any(&numbers)).collect();
        clause.same("the packs of some numbers", &packs.covering(&config, &numbers), expected)?;
    }
    let removed = names.remove(3);
    clause.same("a removal", &packs.remove(&Pack { config: &config, name: removed }), ())?;
    clause.same("what is left", &packs.list(&config), names)?;
    clause.same("the slots beside packs", &backend.list(&config, Log::Versions), Vec::new())
}

fn what_is_cached_is_there_or_gone(backend: &dyn Backend, cache: &dyn Cache) -> Result<(), Breach> {
    let clause = Clause("what is cached is there in parts and as a whole");
    let config = clause.name("cache.yaml")?;
    clause.same("what was never cached", &cache.read(&config, "a", 0, 9), None)?;
    clause.same("adding to nothing", &cache.write(&config, "a", b"x", CachePlace::After), false)?;
    for bytes in [&b"longer than the next"[..], b"abc"] {
        clause.same("a whole", &cache.write(&config, "a", bytes, CachePlace::Instead), true)?;
    }
    clause.same("adding", &cache.write(&config, "a", b"de", CachePlace::After), true)?;
    let kept = |bytes: &[u8]| Some(bytes.to_vec());
    clause.same("the whole", &cache.read(&config, "a", 0, 9), kept(b"abcde"))?;
    clause.same("a part", &cache.read(&config, "a", 1, 3), kept(b"bcd"))?;
    clause.same("what is past the end", &cache.read(&config, "a", 5, 3), kept(b""))?;
    clause.same("another name", &cache.read(&config, "b", 0, 9), None)?;
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

    fn pack(self, first: u64, last: u64, generation: u64) -> Result<PackName, Breach> {
        PackName::new(first, last, generation)
            .ok_or_else(|| self.breach(format!("no pack is {first}-{last}.{generation}")))
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
