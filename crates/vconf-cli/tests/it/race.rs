//! Many processes on one history.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, RwLock};

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

#[test]
fn of_edits_of_one_file_at_once_each_is_in_the_file_or_was_refused() {
    const EDITS: usize = 8;
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", "a: 1\n");
    let start = Barrier::new(PROCESSES / 2);
    let (done, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for racer in 0..PROCESSES / 2 {
            let (sandbox, start, done, refused) = (&sandbox, &start, &done, &refused);
            scope.spawn(move || {
                start.wait();
                for edit in 0..EDITS {
                    let key = format!("k{racer}-{edit}");
                    let set = sandbox.vconf(["set", "app.yaml", &key, "1"]);
                    assert!(matches!(set.code, Some(0 | 2 | 3)), "{set}");
                    let counter = if set.code == Some(0) { done } else { refused };
                    counter.fetch_add(1, Ordering::Relaxed);
                    let text = String::from_utf8(sandbox.read("app.yaml")).unwrap();
                    assert_eq!(text.contains(&format!("{key}: 1\n")), set.code == Some(0), "{set}\n{text}");
                }
            });
        }
    });
    sandbox.run("check").expect(0);
    let [done, refused] = [done, refused].map(AtomicUsize::into_inner);
    let text = String::from_utf8(sandbox.read("app.yaml")).unwrap();
    assert_eq!(text.lines().count(), 1 + done, "what one edit wrote another took back: {text}");
    say(&format!("{done} edits of one file at once are all in it, {refused} were refused"));
}

/// Adds a line to a file in one step, as editors do; tells the first line.
fn add_line(sandbox: &Sandbox, line: &str) -> String {
    let text = String::from_utf8(sandbox.read("app.yaml")).unwrap();
    sandbox.write(".app.yaml.new", format!("{text}{line}"));
    std::fs::rename(sandbox.path(".app.yaml.new"), sandbox.path("app.yaml")).unwrap();
    text.lines().next().unwrap().to_owned()
}

#[test]
fn savers_and_switchers_on_one_file_lose_nothing_and_take_no_bytes_of_one_branch_to_another() {
    const BRANCHES: [&str; 3] = ["main", "staging", "prod"];
    const ROUNDS: usize = 12;
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", "branch: main\n");
    for branch in &BRANCHES[1..] {
        sandbox.vconf(["switch", "-c", "app.yaml", branch]).expect(0);
        sandbox.save("app.yaml", format!("branch: {branch}\n"));
    }
    // No editor's own race: what it has read is what it replaces. Saves and switches race with all.
    let editing = RwLock::new(());
    let edits = Mutex::new(Vec::new());
    let start = Barrier::new(8);
    let (saves, refusals, switches) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for racer in 0..8 {
            let (sandbox, editing, edits, start) = (&sandbox, &editing, &edits, &start);
            let (saves, refusals, switches) = (&saves, &refusals, &switches);
            scope.spawn(move || {
                start.wait();
                for round in 0..ROUNDS {
                    if racer % 2 == 0 {
                        {
                            let _alone = editing.write().unwrap();
                            let line = format!("edit-{racer}-{round}: true\n");
                            let branch = add_line(sandbox, &line);
                            edits.lock().unwrap().push((branch, line));
                        }
                        let saved = sandbox.run("save app.yaml");
                        assert!(matches!(saved.code, Some(0 | 3)), "{saved}");
                        let counter = if saved.code == Some(0) { saves } else { refusals };
                        counter.fetch_add(1, Ordering::Relaxed);
                    } else {
                        let _with_others = editing.read().unwrap();
                        let branch = BRANCHES[(racer + round * 2) % BRANCHES.len()];
                        sandbox.vconf(["switch", "app.yaml", branch]).expect(0);
                        switches.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });

    sandbox.run("check").expect(0);
    let status = sandbox.run("status --json").expect(0).json();
    assert!(status[0].get("unfinished_switch").is_none(), "{status:?}");
    sandbox.run("save app.yaml").expect(0);
    let store = vconf::store::Store::open(sandbox.path(".vconf")).unwrap().expect("the store is there");
    let config = vconf::model::name::ConfigName::new("app.yaml").unwrap();
    let state = store.state(&config).unwrap();
    for number in 1..=state.versions.number {
        let (version, source) = store.version(&config, number).unwrap();
        let text = String::from_utf8(source).unwrap();
        let branch = format!("branch: {}\n", version.branch);
        assert!(text.starts_with(&branch), "@{number} on {} is {text:?}: {version:?}", version.branch);
    }
    let heads = store.heads(&state).unwrap();
    let heads =
        heads.into_values().map(|head| String::from_utf8(store.version(&config, head).unwrap().1).unwrap());
    let heads: Vec<_> = heads.collect();
    for (branch, line) in edits.into_inner().unwrap() {
        let head = heads.iter().find(|head| head.starts_with(&format!("{branch}\n"))).unwrap();
        assert!(head.contains(&line), "{line:?} of {branch} is lost: {head}");
    }
    let counts = [saves, refusals, switches].map(AtomicUsize::into_inner);
    say(&format!(
        "{} saves, {} refused, {} switches: nothing lost, none mixed up",
        counts[0], counts[1], counts[2]
    ));
    assert!(counts[0] > counts[1], "a save waits for the switch that is under way");
}
