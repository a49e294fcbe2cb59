//! The command killed, or given an error by the system, at every one of its system calls.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::support::{Sandbox, in_parallel, numbers, say};
use crate::trace::{self, Call};

const FILE: &str = "app.json";

const FIRST: &str = "{\"port\": 1}\n";
const SECOND: &str = "{\"port\": 2}\n";
const EDITED: &str = "{\"port\": 3, \"edited\": true}\n";

/// What a command does when all goes well.
struct Scenario {
    arguments: &'static [&'static str],
    prepare: fn(&Sandbox),
    /// The versions before, and those that the command adds.
    versions: &'static [&'static str],
    added: &'static [&'static str],
    /// What the file holds before and after.
    file: [&'static str; 2],
}

fn two_versions_and_an_edit(sandbox: &Sandbox) {
    sandbox.save(FILE, FIRST);
    sandbox.save(FILE, SECOND);
    sandbox.write(FILE, EDITED);
}

fn a_rollback_and_an_edit(sandbox: &Sandbox) {
    sandbox.save(FILE, FIRST);
    sandbox.save(FILE, SECOND);
    sandbox.run("rollback app.json@1").expect(0);
    sandbox.write(FILE, EDITED);
}

fn an_undone_rollback_and_an_edit(sandbox: &Sandbox) {
    sandbox.save(FILE, FIRST);
    sandbox.save(FILE, SECOND);
    sandbox.run("rollback app.json@1").expect(0);
    sandbox.run("undo").expect(0);
}

#[test]
fn a_first_save_that_breaks_off_anywhere_leaves_nothing_or_a_whole_version() {
    Scenario {
        arguments: &["save", FILE],
        prepare: |sandbox| sandbox.write(FILE, EDITED),
        versions: &[],
        added: &[EDITED],
        file: [EDITED, EDITED],
    }
    .break_everywhere("first save");
}

#[test]
fn a_save_that_breaks_off_anywhere_leaves_the_old_history_or_the_new() {
    Scenario {
        arguments: &["save", FILE, "--tag", "stable"],
        prepare: two_versions_and_an_edit,
        versions: &[FIRST, SECOND],
        added: &[EDITED],
        file: [EDITED, EDITED],
    }
    .break_everywhere("save");
}

#[test]
fn a_rollback_that_breaks_off_anywhere_loses_neither_versions_nor_unsaved_bytes() {
    Scenario {
        arguments: &["rollback", "app.json@1"],
        prepare: two_versions_and_an_edit,
        versions: &[FIRST, SECOND],
        added: &[EDITED, FIRST],
        file: [EDITED, FIRST],
    }
    .break_everywhere("rollback");
}

#[test]
fn a_switch_that_breaks_off_anywhere_loses_neither_versions_nor_unsaved_bytes() {
    Scenario {
        arguments: &["switch", FILE, "staging"],
        prepare: |sandbox| {
            two_versions_and_an_edit(sandbox);
            sandbox.run("branch app.json staging @1").expect(0);
        },
        versions: &[FIRST, SECOND],
        added: &[EDITED],
        file: [EDITED, FIRST],
    }
    .break_everywhere("switch");
}

#[test]
fn a_switch_that_was_recorded_and_broken_off_is_told_and_finished_and_takes_no_bytes_along() {
    let template = Sandbox::new();
    template.save(FILE, FIRST);
    template.run("switch -c app.json staging").expect(0);
    template.save(FILE, SECOND);
    let broken_off = || {
        let sandbox = Sandbox::copy_of(&template);
        let exchange = Call { name: "renameat2".to_owned(), nth: 1, line: String::new() };
        assert_eq!(trace::inject(&sandbox, &["switch", FILE, "main"], &exchange, KILL).code, None);
        assert_eq!(sandbox.read(FILE), SECOND.as_bytes());
        sandbox
    };

    let sandbox = broken_off();
    crate::transcript::expect(
        &sandbox,
        r#"
$ vconf
app.json  @1  switch broken off, file is that of @2 on staging   vconf switch app.json main
$ vconf save
! error: app.json is on branch main, and its file is not: the switch was broken off
!   the file holds what @2 of staging holds
!   to have that on main as well: vconf rollback app.json@2
! help: vconf switch app.json main
= 3
$ vconf save app.json
! error: app.json is on branch main, and its file is not: the switch was broken off
!   the file holds what @2 of staging holds
!   to have that on main as well: vconf rollback app.json@2
! help: vconf switch app.json main
= 3
$ vconf switch app.json main
app.json  on main already  file is that of @1
! undo: vconf undo
$ vconf
app.json  @1  saved
$ cat app.json
{"port": 1}
$ vconf undo
undone: vconf switch app.json main  (app.json)
  app.json  on branch staging, file is that of @2 again
! redo: vconf redo
$ cat app.json
{"port": 2}
$ vconf check | sed -E 's/[0-9a-f]{32}/…/g'
.vconf.….tmp  left over, does no harm
  remedy: app.json has a version with these bytes; when no vconf is running: rm .vconf.….tmp
2 versions of 1 config, 3 changes of refs: all as they were written
"#,
    );

    // What a broken-off command left is told, and is no damage.
    let sandbox = broken_off();
    std::fs::write(sandbox.path(".vconf/configs/app.json/.v3.json.6f1c.tmp"), "{").unwrap();
    let mut check = sandbox.run("check --json").expect(0).json().remove(0);
    assert_eq!((&check["ok"], &check["findings"]), (&true.into(), &serde_json::json!([])));
    let objects: Vec<_> =
        check["leftovers"].as_array_mut().unwrap().iter_mut().map(|left| left["object"].take()).collect();
    assert_eq!(objects.len(), 2, "{check}");
    let told = sandbox.run("check").expect(0).out();
    for object in objects {
        let name = object.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        assert!(told.contains(&name), "{told}");
        std::fs::remove_file(object.as_str().unwrap()).unwrap();
    }
    assert!(!sandbox.run("check").expect(0).out().contains("left over"));

    // Without what lies beside the file, as after a power cut: it was not touched since before the switch.
    let sandbox = broken_off();
    for leftover in leftovers(&sandbox) {
        std::fs::remove_file(sandbox.path(leftover)).unwrap();
    }
    let status = sandbox.run("status --json").expect(0).json();
    assert_eq!(status[0]["unfinished_switch"], serde_json::json!({"branch": "staging", "version": 2}));
    sandbox.run("save app.json").expect(3);
    // The bytes can be had on this branch as well.
    sandbox.run("rollback app.json@2").expect(0);
    assert_eq!(sandbox.run("show app.json").expect(0).out(), SECOND);
    assert_eq!(numbers(&sandbox.run("log app.json --branch main --json").expect(0)), [3, 1]);

    // Going on to a third branch leaves nothing of the second on the first.
    let sandbox = broken_off();
    sandbox.run("switch app.json -c prod").expect(0);
    assert_eq!(sandbox.run("show app.json@prod").expect(0).out(), FIRST);
    assert_eq!(sandbox.read(FILE), FIRST.as_bytes());
    assert_eq!(numbers(&sandbox.run("log app.json --json").expect(0)), [2, 1]);

    // A file that somebody wrote since is that of the current branch, whatever it holds.
    let sandbox = Sandbox::copy_of(&template);
    sandbox.run("switch app.json main").expect(0);
    sandbox.write(FILE, SECOND);
    sandbox.run("save app.json").expect(0);
    assert_eq!(numbers(&sandbox.run("log app.json --branch main --json").expect(0)), [3, 1]);
}

#[test]
fn an_undo_that_breaks_off_anywhere_loses_neither_versions_nor_unsaved_bytes() {
    Scenario {
        arguments: &["undo"],
        prepare: a_rollback_and_an_edit,
        versions: &[FIRST, SECOND, FIRST],
        added: &[EDITED],
        file: [EDITED, SECOND],
    }
    .break_everywhere("undo");
}

#[test]
fn a_redo_that_breaks_off_anywhere_loses_neither_versions_nor_the_file() {
    Scenario {
        arguments: &["redo"],
        prepare: an_undone_rollback_and_an_edit,
        versions: &[FIRST, SECOND, FIRST],
        added: &[],
        file: [SECOND, FIRST],
    }
    .break_everywhere("redo");
}

#[test]
fn a_file_system_without_links_is_written_to_by_renaming() {
    let sandbox = Sandbox::new();
    two_versions_and_an_edit(&sandbox);
    let link = Call { name: "linkat".to_owned(), nth: 1, line: String::new() };
    trace::inject(&sandbox, &["save", FILE], &link, "error=EPERM").expect(0);
    assert_eq!(sandbox.run("show app.json@3").expect(0).out(), EDITED);
    assert_eq!(leftovers(&sandbox), [] as [String; 0]);
    sandbox.run("check").expect(0);
}

#[test]
fn a_file_that_could_not_be_put_back_in_its_place_is_told_with_where_it_is() {
    let sandbox = Sandbox::new();
    sandbox.save(FILE, FIRST);
    sandbox.save(FILE, SECOND);
    // Names can't be exchanged there, and after the record no file gets a name any more.
    let broken = ["renameat2:error=EINVAL", "linkat:error=EIO:when=2+"];
    let ran = trace::inject_all(&sandbox, &["rollback", "app.json@1"], &broken).expect(2);
    assert!(ran.err().contains("could not be put back in its place; it is "), "{ran}");
    let help = ran.err().lines().find_map(|line| line.strip_prefix("help: ").map(str::to_owned)).unwrap();
    assert!(sandbox.program("sh").args(["-c", &help]).status().unwrap().success(), "{help}");
    assert_eq!(sandbox.read(FILE), SECOND.as_bytes());
}

#[test]
fn a_file_that_was_taken_away_without_the_disk_confirming_it_is_not_told_as_it_was() {
    let sandbox = Sandbox::new();
    sandbox.save(FILE, FIRST);
    std::fs::remove_file(sandbox.path(FILE)).unwrap();
    sandbox.run("rollback app.json@1").expect(0);
    let (_, calls) = trace::list(&Sandbox::copy_of(&sandbox), &["undo"]);
    let last = calls.iter().rfind(|call| call.name == "fsync").expect("the folder is flushed");
    let ran = trace::inject(&sandbox, &["undo"], last, "error=EIO").expect(2);
    assert!(!sandbox.path(FILE).exists());
    assert!(ran.err().contains("app.json was replaced; what it held is in "), "{ran}");
}

/// The ways in which a call is broken.
const KILL: &str = "signal=KILL";
const ERRORS: [&str; 2] = ["error=EIO", "error=ENOSPC"];

/// The calls that may be refused: all that have to do with files. Memory, signals and threads are another matter.
const OF_FILES: [&str; 40] = [
    "access",
    "chmod",
    "close",
    "faccessat",
    "faccessat2",
    "fallocate",
    "fchmod",
    "fchmodat",
    "fchown",
    "fcntl",
    "fdatasync",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "getcwd",
    "getdents64",
    "lgetxattr",
    "link",
    "linkat",
    "lseek",
    "lstat",
    "mkdir",
    "mkdirat",
    "newfstatat",
    "open",
    "openat",
    "pread64",
    "pwrite64",
    "read",
    "readlink",
    "readlinkat",
    "rename",
    "renameat",
    "renameat2",
    "stat",
    "statx",
    "unlink",
    "unlinkat",
    "write",
];

impl Scenario {
    /// Breaks the command off at each of its calls, and looks each time at what is left.
    fn break_everywhere(&self, name: &str) {
        let template = Sandbox::new();
        (self.prepare)(&template);
        let calls = self.calls(&template);
        let of_files = |call: &&Call| OF_FILES.contains(&call.name.as_str());
        let mut cases: Vec<_> = calls.iter().map(|call| (call, KILL)).collect();
        for error in ERRORS {
            cases.extend(calls.iter().filter(of_files).map(|call| (call, error)));
        }
        let tally = Mutex::new(BTreeMap::<&str, Tally>::new());
        in_parallel(&cases, |(call, what)| {
            let is_new = self.break_at(&template, call, what);
            let mut tally = tally.lock().unwrap();
            let tally = tally.entry(*what).or_default();
            *tally.calls.entry(call.name.clone()).or_default() += 1;
            *(if is_new { &mut tally.new } else { &mut tally.old }) += 1;
        });
        for (what, Tally { old, new, calls }) in &*tally.lock().unwrap() {
            say(&format!(
                "{name}, {what}: {} calls; {old} left the old state, {new} the new; 0 lost, 0 torn",
                old + new
            ));
            say(&format!("    {calls:?}"));
            assert!(*old > 0 && *new > 0, "breaking off early and late makes a difference");
        }
    }

    /// The calls of a run in which all goes well, from where the command itself begins.
    fn calls(&self, template: &Sandbox) -> Vec<Call> {
        let sandbox = Sandbox::copy_of(template);
        let (ran, calls) = trace::list(&sandbox, self.arguments);
        ran.expect(0);
        let (versions, file) = self.look(&sandbox, "when all goes well");
        assert_eq!((versions, file), (self.versions.len() + self.added.len(), 1));
        let start =
            calls.iter().position(|call| call.name == "getcwd").expect("the command looks where it is");
        let own: Vec<_> = calls[start..].iter().filter(|call| call.name != "exit_group").cloned().collect();
        for call in ["fdatasync", "linkat", "fsync"] {
            assert!(own.iter().any(|own| own.name == call), "{call} is among the calls");
        }
        own
    }

    /// Breaks the command off at a call; tells whether all was done.
    fn break_at(&self, template: &Sandbox, call: &Call, what: &str) -> bool {
        let sandbox = Sandbox::copy_of(template);
        let ran = trace::inject(&sandbox, self.arguments, call, what);
        let case = format!("{what} at {} number {}: {}\n{ran}", call.name, call.nth, call.line);

        match (what, ran.code) {
            (KILL, code) => assert_eq!(code, None, "{case}"),
            (_, Some(0)) => {}
            (_, code) => {
                // A record that the disk does not give back is damage, and an undo does not reach past one.
                assert!(matches!(code, Some(2 | 4)), "{case}");
                let is_read = ["open", "openat", "read", "fstat", "newfstatat"].contains(&&*call.name);
                assert!(code == Some(2) || what == "error=EIO" && is_read, "{case}");
                // What can't be written to the standard error is not seen there.
                let is_told = ran.err().starts_with("error: ") || ran.err().contains("\nerror: ");
                assert!(is_told || call.line.starts_with("write(2,"), "{case}");
            }
        }
        let (versions, file) = self.look(&sandbox, &case);
        let all = self.versions.len() + self.added.len();
        if ran.code == Some(0) {
            assert_eq!((versions, file), (all, 1), "it said that all was done: {case}");
        }
        if what != KILL {
            self.look_for_leftovers(&sandbox, call, &case);
        }
        self.go_on(&sandbox, versions as u64, &case);
        versions == all && file == 1
    }

    /// Holds that what is left is an old or a new state, whole: how many versions there are, and which of its two
    /// contents the file has.
    fn look(&self, sandbox: &Sandbox, case: &str) -> (usize, usize) {
        let log = sandbox.run("log app.json --json");
        let found = if log.code == Some(0) { numbers(&log) } else { Vec::new() };
        if log.code != Some(0) {
            let is_said = log.err().contains("no store") || log.err().contains("no history");
            let is_empty = log.code == Some(2) && self.versions.is_empty() && is_said;
            assert!(is_empty, "{log}\n{case}");
        }
        let check = sandbox.run("check");
        let has_none = check.code == Some(2) && check.err().contains("no store") && found.is_empty();
        assert!(check.code == Some(0) || has_none, "{check}\n{case}");

        let expected: Vec<_> = self.versions.iter().chain(self.added).collect();
        assert!((self.versions.len()..=expected.len()).contains(&found.len()), "{log}\n{case}");
        assert_eq!(found, (1..=found.len() as u64).rev().collect::<Vec<_>>(), "{log}\n{case}");
        for (number, expected) in (1..=found.len()).zip(&expected) {
            let shown = sandbox.vconf(["show", &format!("{FILE}@{number}")]);
            assert_eq!((shown.code, &*shown.out()), (Some(0), **expected), "version {number}\n{case}");
        }
        let file = String::from_utf8(sandbox.read(FILE)).expect("the file is text");
        let [before, after] = self.file;
        assert!(file == before || file == after, "the file holds {file:?}\n{case}");
        if file != before {
            let is_kept = expected[..found.len()].iter().any(|version| **version == before);
            assert!(is_kept, "what the file held is not in the history\n{case}");
        }
        (found.len(), usize::from(file == after))
    }

    /// A command that could clean up behind it did.
    fn look_for_leftovers(&self, sandbox: &Sandbox, call: &Call, case: &str) {
        // What can't be removed stays, and so does the old file where it can't be known whether the new one is safe.
        let is_new = sandbox.read(FILE) == self.file[1].as_bytes();
        for name in leftovers(sandbox) {
            let is_old_file = is_new && sandbox.read(&name) == self.file[0].as_bytes();
            assert!(call.name.starts_with("unlink") || is_old_file, "{name} was left behind\n{case}");
        }
    }

    /// The next one who comes is not kept from anything.
    fn go_on(&self, sandbox: &Sandbox, versions: u64, case: &str) {
        let bytes = "{\"port\": 4, \"next\": true}\n";
        sandbox.write(FILE, bytes);
        let saved = sandbox.run("save app.json --json");
        assert_eq!(saved.code, Some(0), "{saved}\n{case}");
        assert_eq!(saved.json()[0]["version"], versions + 1, "{saved}\n{case}");
        let shown = sandbox.run("show app.json").expect(0);
        assert_eq!(shown.out(), bytes, "{case}");
        let check = sandbox.run("check");
        assert_eq!(check.code, Some(0), "{check}\n{case}");
    }
}

#[derive(Default)]
struct Tally {
    old: usize,
    new: usize,
    calls: BTreeMap<String, usize>,
}

/// The temporary files beside the user's file and in the history.
fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let mut found = Vec::new();
    for folder in [".", ".vconf", ".vconf/configs/app.json", ".vconf/configs/app.json/refs"] {
        let Ok(entries) = std::fs::read_dir(sandbox.path(folder)) else { continue };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        found.extend(names.filter(|name| name.ends_with(".tmp")).map(|name| format!("{folder}/{name}")));
    }
    found
}
