//! Finding in all versions: with an index, without one, and with one that lies, against reading every version.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use vconf::history::{
    Context, FindQuery, Found, FoundPlace, KeyEntry, LogFilter, Pattern, RollbackOptions, SaveOptions,
};
use vconf::model::lookup;
use vconf::model::name::ConfigName;
use vconf::model::tree::Tree;
use vconf::model::value::Value;
use vconf::store::Store;

use crate::scratch::{Scratch, at, config, put, tag, time};
use crate::support::Random;

/// A hit as it can be compared: where, what, the run, the line and how many more are the same.
type Hit = (&'static str, String, u64, u64, usize, usize);

fn by(author: &str, second: u64) -> Context {
    Context { author: author.to_owned(), ..at(second) }
}

/// A history of random edits, rollbacks and branches.
fn random_history(store: &Store, config: &ConfigName, versions: usize, random: &mut Random) {
    let is_text = config.as_str().ends_with(".txt");
    let mut keys: Vec<usize> = (0..12).map(|_| random.below(5)).collect();
    for second in 1..=versions as u64 {
        match random.below(10) {
            0 => keys.insert(random.below(keys.len()), random.below(5)),
            1 if keys.len() > 3 => drop(keys.remove(random.below(keys.len()))),
            2 => keys.swap(0, 1),
            _ => {
                let at = random.below(keys.len());
                keys[at] = random.below(5);
            }
        }
        let line = |(at, value): (usize, &usize)| match is_text {
            true => format!("value {value}\n"),
            false => format!("key{at}: {{a: {value}}} # c{}\n", second % 3),
        };
        let source: String = keys.iter().enumerate().map(line).collect();
        let context = by(["ann", "bob", "Bobby"][random.below(3)], second);
        let options =
            SaveOptions { description: Some(format!("why {}", random.below(4))), ..SaveOptions::default() };
        let saved = store.save(config, source.as_bytes(), &options, &context).unwrap();
        if random.below(8) == 0 {
            let number = 1 + random.below(saved.version.number as usize) as u64;
            store.rollback(config, number, &RollbackOptions::default(), &by("ann", second)).unwrap();
        }
        if random.below(10) == 0 {
            store
                .set_tag(config, &tag(&format!("t{}", random.below(3))), saved.version.number, &at(second))
                .unwrap();
        }
    }
}

fn found(store: &Store, config: &ConfigName, query: &FindQuery) -> (Vec<Hit>, Vec<u64>) {
    let state = store.known_state(config).unwrap();
    let (mut hits, mut damaged) = (Vec::new(), Vec::new());
    for found in store.search(&state, query).unwrap() {
        match found.unwrap() {
            Found::Damaged(damage) => damaged.push(damage.number),
            Found::Hit { version, last, place, .. } => {
                let name = place.name();
                let (text, line, more) = match place {
                    FoundPlace::Line { number, more, text } => (text, number, more),
                    FoundPlace::Value { key, text, .. } => (format!("{key}\t{text}"), 0, 0),
                    FoundPlace::Description => (version.description.clone(), 0, 0),
                    FoundPlace::Author => (version.author.clone(), 0, 0),
                    FoundPlace::Tag(tag) => (tag.to_string(), 0, 0),
                    FoundPlace::Version => (String::new(), 0, 0),
                };
                hits.push((name, text, version.number, last, line, more));
            }
        }
    }
    let order: Vec<_> = hits.iter().map(|hit| hit.3).collect();
    assert!(order.is_sorted_by(|a, b| a >= b), "newest first: {order:?}");
    hits.sort();
    (hits, damaged)
}

/// The same by reading every version.
fn brute(store: &Store, config: &ConfigName, query: &FindQuery) -> Vec<Hit> {
    let state = store.known_state(config).unwrap();
    let tags = store.tags(&state).unwrap();
    let wants = |text: &str| query.pattern.as_ref().is_some_and(|pattern| pattern.is_in(text));
    let mut open: BTreeMap<(&'static str, String), Hit> = BTreeMap::new();
    let mut hits = Vec::new();
    for number in 1..=state.versions.number {
        let Ok((version, source)) = store.version(config, number) else { continue };
        let is_tagged = |name: &String| {
            let prefix = name.strip_suffix('*').unwrap();
            tags.iter().any(|(tag, tagged)| *tagged == number && tag.as_str().starts_with(prefix))
        };
        let passes = query.since.is_none_or(|since| version.timestamp >= since)
            && query.until.is_none_or(|until| version.timestamp <= until)
            && query
                .author
                .as_ref()
                .is_none_or(|a| version.author.to_lowercase().contains(&a.to_lowercase()))
            && query.tag.as_ref().is_none_or(is_tagged)
            && query.changed.as_ref().is_none_or(|key| {
                let pointer = format!("/{}", key.replace('.', "/"));
                let below = |long: &str, short: &str| {
                    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                version.changes.paths.iter().any(|path| below(path, &pointer) || below(&pointer, path))
            });
        if !passes {
            continue;
        }
        let text = String::from_utf8(source).unwrap();
        let mut now: BTreeMap<(&'static str, String), (usize, usize)> = BTreeMap::new();
        if query.values_only || query.key.is_some() {
            // `keyN: {a: V} # cM`
            for line in text.lines() {
                let (key, rest) = line.split_once(": {a: ").unwrap();
                let value = rest.split('}').next().unwrap();
                let is_at =
                    query.key.as_ref().is_none_or(|wanted| wanted == key || *wanted == format!("{key}.a"));
                if is_at && (query.pattern.is_none() || wants(value)) {
                    now.insert(("value", format!("{key}.a\t{value}")), (0, 0));
                }
            }
        } else if query.pattern.is_some() {
            for (at, line) in text.lines().enumerate().filter(|(_, line)| wants(line)) {
                now.entry(("line", line.to_owned()))
                    .and_modify(|(_, more)| *more += 1)
                    .or_insert((at + 1, 0));
            }
            for (name, text) in [("description", &version.description), ("author", &version.author)] {
                if wants(text) {
                    now.insert((name, text.clone()), (0, 0));
                }
            }
        } else {
            hits.push(("version", String::new(), number, number, 0, 0));
        }
        open.retain(|key, hit| {
            let stays = now.contains_key(key);
            if !stays {
                hits.push(hit.clone());
            }
            stays
        });
        for ((name, text), (line, more)) in now {
            open.entry((name, text.clone()))
                .and_modify(|hit| hit.3 = number)
                .or_insert((name, text, number, number, line, more));
        }
    }
    hits.extend(open.into_values());
    let of_versions =
        query.tag.is_none() && query.changed.is_none() && query.key.is_none() && !query.values_only;
    for (tag, number) in tags.into_iter().filter(|(tag, _)| of_versions && wants(tag.as_str())) {
        let version = store.header(config, number).unwrap();
        let is_by =
            query.author.as_ref().is_none_or(|a| version.author.to_lowercase().contains(&a.to_lowercase()));
        let in_time = query.since.is_none_or(|since| version.timestamp >= since)
            && query.until.is_none_or(|until| version.timestamp <= until);
        if is_by && in_time {
            hits.push(("tag", tag.to_string(), number, number, 0, 0));
        }
    }
    hits.sort();
    hits
}

fn text(text: &str) -> FindQuery {
    FindQuery { pattern: Some(Pattern::text(text, false).unwrap()), ..FindQuery::default() }
}

fn queries(is_structured: bool) -> Vec<FindQuery> {
    let mut queries = vec![
        text("3"),
        text("b"),
        text("why 2"),
        text("t1"),
        text("nowhere"),
        FindQuery { pattern: Some(Pattern::regex("[ae].*[12]$", false).unwrap()), ..FindQuery::default() },
        FindQuery { pattern: Some(Pattern::text("BOB", true).unwrap()), ..FindQuery::default() },
        FindQuery { author: Some("bob".to_owned()), ..text("1") },
        FindQuery { since: Some(time(20)), until: Some(time(50)), ..text("2") },
        FindQuery { tag: Some("t*".to_owned()), ..text("2") },
        FindQuery { author: Some("ANN".to_owned()), since: Some(time(30)), ..FindQuery::default() },
        FindQuery { tag: Some("t1*".to_owned()), ..FindQuery::default() },
    ];
    if is_structured {
        queries.extend([
            FindQuery { values_only: true, ..text("3") },
            FindQuery { key: Some("key2".to_owned()), ..FindQuery::default() },
            FindQuery { key: Some("key2.a".to_owned()), values_only: true, ..text("1") },
            FindQuery { changed: Some("key3.a".to_owned()), ..FindQuery::default() },
            FindQuery { changed: Some("key1".to_owned()), ..text("4") },
        ]);
    }
    queries
}

#[test]
fn what_is_found_is_what_reading_every_version_finds() {
    for (seed, name) in [(1, "a.txt"), (2, "a.yaml"), (3, "b.yaml"), (4, "b.txt")] {
        let scratch = Scratch::new();
        let config = config(name);
        let root = scratch.join(".vconf");
        let on_disk = Store::create(&root).unwrap();
        let in_memory = Store::in_memory();
        for store in [&on_disk, &in_memory] {
            random_history(store, &config, 40, &mut Random::new(seed));
        }
        for query in queries(name.ends_with(".yaml")) {
            let expected = brute(&on_disk, &config, &query);
            for (store, what) in [(&on_disk, "made"), (&on_disk, "used"), (&in_memory, "none")] {
                assert_eq!(
                    found(store, &config, &query).0,
                    expected,
                    "{seed} {query:?} with the index {what}"
                );
            }
        }
        assert!(!cache_files(&root).is_empty(), "there is an index");
        // The index is extended by what came after, also by less than it is worth writing.
        for more in [3, 30] {
            random_history(&on_disk, &config, more, &mut Random::new(seed + 10));
            for query in queries(name.ends_with(".yaml")) {
                assert_eq!(found(&on_disk, &config, &query).0, brute(&on_disk, &config, &query), "{query:?}");
            }
        }
    }
}

fn cache_files(root: &Path) -> Vec<PathBuf> {
    let cache = root.join("cache");
    if cache.is_dir() { crate::support::files(&cache) } else { Vec::new() }
}

#[test]
fn a_damaged_cut_off_or_deleted_index_changes_nothing() {
    let scratch = Scratch::new();
    let (root, config) = (scratch.join(".vconf"), config("a.txt"));
    let store = Store::create(&root).unwrap();
    random_history(&store, &config, 40, &mut Random::new(7));
    let query = text("3");
    let expected = found(&store, &config, &query);
    let index = cache_files(&root).remove(0);
    let whole = fs::read(&index).unwrap();
    let step = whole.len() / 60 + 1;
    for at in (0..whole.len()).step_by(step) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        let added = [&whole[..], b"x"].concat();
        for bytes in [&flipped[..], &whole[..at], &added] {
            put(&index, bytes);
            assert_eq!(found(&store, &config, &query), expected, "at {at}");
        }
    }
    fs::remove_dir_all(root.join("cache")).unwrap();
    assert_eq!(found(&store, &config, &query), expected);
    fs::remove_dir_all(root.join("cache")).unwrap();
    fs::write(root.join("cache"), "no folder").unwrap();
    assert_eq!(found(&store, &config, &query), expected);
}

#[test]
fn the_index_of_another_history_is_not_believed() {
    let scratch = Scratch::new();
    let (root, config) = (scratch.join(".vconf"), config("a.txt"));
    let store = Store::create(&root).unwrap();
    random_history(&store, &config, 40, &mut Random::new(7));
    let other_root = scratch.join("other");
    let other = Store::create(&other_root).unwrap();
    random_history(&other, &config, 40, &mut Random::new(8));
    let query = text("3");
    found(&store, &config, &query);
    let expected = found(&other, &config, &query);
    put(&cache_files(&other_root)[0], &fs::read(&cache_files(&root)[0]).unwrap());
    assert_eq!(found(&other, &config, &query), expected);
}

#[test]
fn a_record_that_was_edited_by_hand_or_taken_away_is_told() {
    let scratch = Scratch::new();
    let (root, config) = (scratch.join(".vconf"), config("a.txt"));
    let store = Store::create(&root).unwrap();
    for second in 1..=30 {
        let source = format!("a\nvalue {second}\n");
        store.save(&config, source.as_bytes(), &SaveOptions::default(), &at(second)).unwrap();
    }
    let query = text("value");
    let lines = |(hits, damaged): (Vec<Hit>, Vec<u64>)| {
        let lines: BTreeSet<_> = hits.into_iter().filter(|hit| hit.0 == "line").map(|hit| hit.1).collect();
        (lines, damaged)
    };
    let (all, damaged) = lines(found(&store, &config, &query));
    assert_eq!((all.len(), damaged), (30, vec![]));
    let record = root.join("configs/a.txt/v7.json");
    let whole = fs::read_to_string(&record).unwrap();
    put(&record, whole.replace("value 7", "value x").as_bytes());
    for round in ["noticed", "known"] {
        let (lines, damaged) = lines(found(&store, &config, &query));
        assert!(!lines.contains("value 7") && !lines.contains("value x"), "{round}");
        assert_eq!((lines.len(), damaged), (29, vec![7]), "{round}");
    }
    put(&record, whole.as_bytes());
    assert_eq!(lines(found(&store, &config, &query)), (all.clone(), vec![]), "repaired");
    fs::remove_file(&record).unwrap();
    fs::remove_file(root.join("configs/a.txt/v8.json")).unwrap();
    let (after, damaged) = lines(found(&store, &config, &query));
    assert_eq!((after.len(), damaged.len()), (28, 1), "a run of missing records is told as one");
    assert!(all.is_superset(&after));
}

/// The values that a key had, each with its version and the one before, by reading every version of the line.
fn brute_key(store: &Store, config: &ConfigName, key: &str) -> Vec<(u64, Option<Value>, Option<Value>)> {
    let state = store.known_state(config).unwrap();
    let read = |number: u64| {
        let loaded = store.load_number(config, number).unwrap();
        let tree = loaded.document().tree.unwrap();
        let value = lookup::find(&tree, key).ok().map(|node| tree.value(node).unwrap());
        (loaded.version.parents.first().copied(), value)
    };
    let mut told = Vec::new();
    let mut at = store.latest(&state).unwrap();
    loop {
        let (parent, value) = read(at);
        let before = parent.and_then(|parent| read(parent).1);
        if value != before {
            told.push((at, value, before));
        }
        match parent {
            Some(parent) => at = parent,
            None => return told,
        }
    }
}

#[test]
fn the_values_of_a_key_are_those_that_reading_every_version_tells() {
    for seed in [11, 12] {
        let scratch = Scratch::new();
        let config = config("a.yaml");
        let store = Store::create(scratch.join(".vconf")).unwrap();
        random_history(&store, &config, 70, &mut Random::new(seed));
        for round in ["made", "used", "extended"] {
            if round == "extended" {
                random_history(&store, &config, 5, &mut Random::new(seed + 5));
            }
            let state = store.known_state(&config).unwrap();
            for key in ["key2.a", "key3", "/key1/a", "nokey", "."] {
                let filter = LogFilter::default();
                let find = |tree: &Tree| lookup::find(tree, key).ok();
                let told =
                    store.key_log(&state, &filter, key, find).unwrap().map(|entry| match entry.unwrap() {
                        KeyEntry::Value { version, value, before } => (version.number, value, before),
                        KeyEntry::Damaged(damage) => panic!("{damage}"),
                    });
                let told: Vec<_> = told.collect();
                assert_eq!(told, brute_key(&store, &config, key), "{seed} {key} with the index {round}");
            }
        }
        assert!(scratch.join(".vconf/cache/a.yaml/values-1").exists());
    }
}
