//! Copying a history: exact, gone on with after any stop, and never over another history.

use std::sync::Arc;

use jiff::tz::TimeZone;
use vconf::backend::{Backend, Extent, Folder, Log, Memory, Piece, Slot};
use vconf::history::{Copied, KeepRules, PackOptions, SettingsCopy};
use vconf::model::name::ConfigName;
use vconf::store::{Problem, Store};

use crate::faulty::{Call, Fault, Faulty};
use crate::scratch::{Scratch, at, config, tag};

fn app() -> ConfigName {
    config("etc/app.json")
}

/// A history with a pack, forgotten versions, loose ones, tags and an undo.
fn fill(store: &Store, count: u64) {
    for number in 1..=count {
        let source = format!("{{\"number\": {number}}}\n");
        store.save(&app(), source.as_bytes(), &Default::default(), &at(number)).unwrap();
    }
    store.set_tag(&app(), &tag("first"), 1, &at(count + 1)).unwrap();
    store.pack(&app(), PackOptions { keep_loose: 5, ..PackOptions::default() }, |_| {}).unwrap();
    let rules = KeepRules { last: count / 2, ..KeepRules::default() };
    store.forget(&app(), &rules, &TimeZone::UTC, &at(count + 2)).unwrap();
    store.save(&app(), b"{}\n", &Default::default(), &at(count + 3)).unwrap();
    store.undo(store.next_undo().unwrap(), &at(count + 4)).unwrap();
}

fn shared(memory: &Arc<Memory>) -> Store {
    Store::with_backend(Faulty::sound(memory.clone()))
}

/// Everything that a backend has of a config.
fn content(backend: &dyn Backend) -> Vec<(String, Vec<u8>)> {
    let app = app();
    let mut content = Vec::new();
    for log in [Log::Versions, Log::Refs] {
        for number in backend.list(&app, log).unwrap() {
            let slot = Slot { config: &app, log, number };
            content.push((format!("{log:?} {number}"), backend.read(&slot, Extent::Whole).unwrap().unwrap()));
        }
        let note = backend.notes().unwrap().recall(&app, log).unwrap();
        content.push((format!("{log:?} note"), note.unwrap()));
    }
    let packs = backend.packs().unwrap();
    for name in packs.list(&app).unwrap() {
        let pack = vconf::backend::Pack { config: &app, name };
        content.push((format!("{name:?}"), packs.read(&pack, Piece::Tail(1 << 30)).unwrap().unwrap()));
    }
    content
}

fn sound(copied: &Copied) {
    assert_eq!((&*copied.damage, &copied.conflict), (&[][..], &None));
}

#[test]
fn a_copy_is_the_same_to_the_byte_in_every_pairing_of_backends() {
    let scratch = Scratch::new();
    let memory = Arc::new(Memory::new());
    fill(&shared(&memory), 60);
    let folder = Store::create(scratch.join(".vconf")).unwrap();
    let copied = shared(&memory).copy(&app(), &folder, |_| {}).unwrap();
    sound(&copied);
    assert_eq!((copied.versions, copied.refs, copied.packs, copied.were_there), (32, 3, 1, 0));
    assert_eq!(content(folder.backend()), content(&*memory));
    let report = folder.check(&[app()], |_| {}).unwrap();
    assert_eq!((&*report.findings, &*report.weaknesses), (&[][..], &[][..]));
    let back = Arc::new(Memory::new());
    sound(&folder.copy(&app(), &shared(&back), |_| {}).unwrap());
    assert_eq!(content(&*back), content(&*memory));
}

#[test]
fn a_copy_that_is_made_again_copies_what_is_new_alone() {
    let (from, to) = (Store::in_memory(), Store::in_memory());
    fill(&from, 20);
    sound(&from.copy(&app(), &to, |_| {}).unwrap());
    let again = from.copy(&app(), &to, |_| {}).unwrap();
    assert_eq!((again.versions, again.refs, again.packs, again.bytes), (0, 0, 0, 0));
    from.save(&app(), b"[]\n", &Default::default(), &at(99)).unwrap();
    let more = from.copy(&app(), &to, |_| {}).unwrap();
    assert_eq!((more.versions, more.refs, more.packs), (1, 0, 0));
    assert_eq!(content(to.backend()), content(from.backend()));
}

#[test]
fn wherever_a_copy_stops_the_next_one_ends_it() {
    let from = Arc::new(Memory::new());
    fill(&shared(&from), 20);
    for stop in 0.. {
        let to = Arc::new(Memory::new());
        let mut calls = 0;
        let stopping = Faulty::new(to.clone(), move |call, _| {
            calls += usize::from(matches!(call, Call::Create | Call::CreatePack | Call::Remember));
            match calls {
                calls if calls == stop + 1 && stop % 2 == 0 => Fault::StopBefore,
                calls if calls == stop + 1 => Fault::StopAfter,
                _ => Fault::None,
            }
        });
        let stopped = shared(&from).copy(&app(), &Store::with_backend(stopping), |_| {}).is_err();
        sound(&shared(&from).copy(&app(), &shared(&to), |_| {}).unwrap());
        assert_eq!(content(&*to), content(&*from), "{stop}");
        if !stopped {
            assert!(stop > 5, "{stop}");
            return;
        }
    }
}

#[test]
fn a_lost_answer_is_read_back() {
    let (from, to) = (Store::in_memory(), Arc::new(Memory::new()));
    fill(&from, 20);
    let lossy = Faulty::new(to.clone(), |call, _| match call {
        Call::Create => Fault::DoAndFail(vconf::backend::BackendErrorKind::Unknown),
        _ => Fault::None,
    });
    sound(&from.copy(&app(), &Store::with_backend(lossy), |_| {}).unwrap());
    assert_eq!(content(&*to), content(from.backend()));
}

#[test]
fn another_history_in_the_target_is_told_and_nothing_is_copied() {
    let (from, to) = (Store::in_memory(), Store::in_memory());
    fill(&from, 20);
    to.save(&app(), b"{}", &Default::default(), &at(1)).unwrap();
    let before = content_of_versions(&to);
    let copied = from.copy(&app(), &to, |_| {}).unwrap();
    // The first version that both have: the ones before are forgotten in the source.
    let conflict = copied.conflict.unwrap();
    assert_eq!((conflict.is_ref, conflict.number, &*conflict.object), (false, 1, "etc/app.json v1"));
    assert_eq!((copied.versions, copied.refs, copied.packs), (0, 0, 0));
    assert_eq!(content_of_versions(&to), before);
}

fn content_of_versions(store: &Store) -> Vec<Vec<u8>> {
    let numbers = store.version_numbers(&app()).unwrap();
    numbers.into_iter().map(|number| store.record_bytes(&app(), number).unwrap()).collect()
}

#[test]
fn damage_is_copied_as_it_is_and_told() {
    let (from, to) = (Arc::new(Memory::new()), Store::in_memory());
    for number in 1..=5 {
        shared(&from)
            .save(&app(), format!("[{number}]").as_bytes(), &Default::default(), &at(number))
            .unwrap();
    }
    let app = app();
    let slot = Slot { config: &app, log: Log::Versions, number: 3 };
    let mut bytes = from.read(&slot, Extent::Whole).unwrap().unwrap();
    let at_end = bytes.len() - 6;
    bytes[at_end] ^= 1;
    from.damage(&slot, Some(bytes.clone()));
    let copied = shared(&from).copy(&app, &to, |_| {}).unwrap();
    assert_eq!(copied.damage.iter().map(|damage| damage.number).collect::<Vec<_>>(), [3]);
    assert_eq!(to.backend().read(&slot, Extent::Whole).unwrap(), Some(bytes));
    let found = to.check(&[app], |_| {}).unwrap().findings;
    assert!(!found.is_empty() && found.iter().all(|found| found.corruption.flaw.problem != Problem::Missing));
}

#[test]
fn settings_are_copied_where_there_are_none() {
    let scratch = Scratch::new();
    let folder = |name: &str| Folder::create(scratch.join(name)).unwrap();
    let store = |name: &str| Store::open(scratch.join(name)).unwrap().unwrap();
    drop((folder("one"), folder("two")));
    assert_eq!(store("one").copy_settings(&store("two")).unwrap(), SettingsCopy::Same);
    std::fs::write(scratch.join("one/settings.toml"), b"[lists]\nenv = \"set\"\n").unwrap();
    assert_eq!(store("one").copy_settings(&store("two")).unwrap(), SettingsCopy::Copied);
    assert_eq!(store("one").copy_settings(&store("two")).unwrap(), SettingsCopy::Same);
    std::fs::write(scratch.join("one/settings.toml"), b"[lists]\n").unwrap();
    assert_eq!(store("one").copy_settings(&store("two")).unwrap(), SettingsCopy::Kept);
    assert_eq!(store("one").copy_settings(&Store::in_memory()).unwrap(), SettingsCopy::Kept);
}
