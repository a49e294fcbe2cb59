//! Many processes on one history.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::process::{Child, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Ran, Sandbox, numbers, say};

const PROCESSES: usize = 16;

/// Folders that share one store, so that the file of one name has one history and, in each of them, other bytes.
struct Shared {
    store: Sandbox,
    folders: Vec<Sandbox>,
}

impl Shared {
    fn new() -> Self {
        let store = Sandbox::new();
        std::fs::create_dir(store.path(".vconf")).unwrap();
        let folder = |_| {
            let folder = Sandbox::new();
            symlink(store.path(".vconf"), folder.path(".vconf")).unwrap();
            folder
        };
        let folders = (0..PROCESSES).map(folder).collect();
        Self { store, folders }
    }

    /// Lets each folder do something at once with the others.
    fn race<T: Send>(&self, act: impl Fn(usize, &Sandbox) -> T + Sync) -> Vec<T> {
        let start = Barrier::new(self.folders.len());
        std::thread::scope(|scope| {
            let racers = self.folders.iter().enumerate().map(|(at, folder)| {
                let (start, act) = (&start, &act);
                scope.spawn(move || {
                    start.wait();
                    act(at, folder)
                })
            });
            let racers: Vec<_> = racers.collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        })
    }
}

#[test]
fn sixteen_processes_that_save_at_once_get_numbers_of_their_own_and_lose_nothing() {
    const SAVES: usize = 8;
    let shared = Shared::new();
    let is_over = AtomicBool::new(false);
    let acknowledged = std::thread::scope(|scope| {
        let readers = scope.spawn(|| {
            let mut reads = 0;
            while !is_over.load(Ordering::Relaxed) {
                let check = shared.store.run("check");
                let is_none_yet = reads == 0 && check.code == Some(2) && check.err().contains("no store");
                assert!(check.code == Some(0) || is_none_yet, "{check}");
                reads += u32::from(!is_none_yet);
            }
            reads
        });
        let acknowledged = shared.race(|process, folder| {
            let save = |save| {
                let bytes = format!("{{\"process\": {process}, \"save\": {save}}}\n");
                folder.write("app.json", &bytes);
                let ran = folder.run("save app.json --json").expect(0);
                (ran.json()[0]["version"].as_u64().unwrap(), bytes)
            };
            (0..SAVES).map(save).collect::<Vec<_>>()
        });
        is_over.store(true, Ordering::Relaxed);
        assert!(readers.join().unwrap() > 0, "somebody checked the store meanwhile");
        acknowledged
    });

    let acknowledged: Vec<_> = acknowledged.into_iter().flatten().collect();
    let versions: BTreeMap<_, _> = acknowledged.iter().cloned().collect();
    let all = PROCESSES * SAVES;
    assert_eq!(acknowledged.len(), all);
    assert_eq!(versions.len(), all, "a number was given out twice");
    let log = shared.store.run("log app.json --json").expect(0);
    assert_eq!(numbers(&log), (1..=all as u64).rev().collect::<Vec<_>>());
    for (number, bytes) in &versions {
        let shown = shared.store.vconf(["show", &format!("app.json@{number}")]).expect(0);
        assert_eq!(shown.out(), *bytes, "version {number}");
    }
    shared.store.run("check").expect(0);
    say(&format!("{PROCESSES} processes saved {all} versions: no number twice, none lost"));
}

#[test]
fn of_sixteen_that_expect_the_same_version_one_wins_and_the_others_are_told_who() {
    let shared = Shared::new();
    for number in 1..=3 {
        shared.folders[0].save("app.json", format!("{{\"n\": {number}}}\n"));
    }
    let outcomes = shared.race(|process, folder| {
        folder.write("app.json", format!("{{\"process\": {process}}}\n"));
        let author = format!("racer-{process}");
        folder.vconf(["save", "app.json", "--expect", "3", "-m", "mine", "--author", &author])
    });
    let winners: Vec<_> = (0..PROCESSES).filter(|&at| outcomes[at].code == Some(0)).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    let told = format!("since then: @4 (\"mine\", racer-{}, ", winners[0]);
    for (process, outcome) in outcomes.iter().enumerate().filter(|(process, _)| *process != winners[0]) {
        assert_eq!(outcome.code, Some(3), "racer {process}: {outcome}");
        assert!(outcome.err().contains(&told), "racer {process}: {outcome}");
    }
    let log = shared.store.run("log app.json --json").expect(0);
    assert_eq!(numbers(&log), [4, 3, 2, 1]);
    shared.store.run("check").expect(0);
}

#[test]
fn processes_that_create_a_store_at_once_share_it() {
    let sandbox = Sandbox::new();
    let start = |process: usize| -> Child {
        let file = format!("app-{process}.json");
        sandbox.write(&file, format!("{{\"process\": {process}}}\n"));
        let mut command = sandbox.command();
        command.args(["save", &file]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<_> = (0..PROCESSES).map(start).collect();
    for child in children {
        Ran::of(child.wait_with_output().unwrap(), "a racing process").expect(0);
    }
    let log = sandbox.run("log --json").expect(0);
    let mut files: Vec<_> =
        log.json().iter().map(|line| line["config"].as_str().unwrap().to_owned()).collect();
    files.sort_by_key(|file| file.len());
    assert_eq!(files.len(), PROCESSES);
    sandbox.run("check").expect(0);
}

#[test]
fn undo_and_save_may_race() {
    let shared = Shared::new();
    for number in 1..=3 {
        shared.folders[0].save("app.json", format!("{{\"n\": {number}}}\n"));
    }
    let outcomes = shared.race(|process, folder| {
        if process % 2 == 0 {
            return folder.run("undo");
        }
        folder.write("app.json", format!("{{\"process\": {process}}}\n"));
        folder.run("save app.json").expect(0)
    });
    for outcome in &outcomes {
        // An undo that another was faster than says so.
        assert!(matches!(outcome.code, Some(0 | 2 | 3)), "{outcome}");
    }
    let saved = outcomes.iter().skip(1).step_by(2).count() as u64;
    let log = shared.store.run("log app.json --json").expect(0);
    assert_eq!(numbers(&log), (1..=3 + saved).rev().collect::<Vec<_>>());
    shared.store.run("check").expect(0);
    for number in 1..=3 + saved {
        shared.store.vconf(["show", &format!("app.json@{number}")]).expect(0);
    }
}
