//! Bisect: the first bad version, the keys that matter, and a file that is as it was, however the search ends.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Ran, Sandbox, is_root};
use crate::transcript::expect;

/// Nine versions of a file; the fifth changed four values, two of which are bad together. Each version has a key more.
fn history() -> Sandbox {
    let sandbox = Sandbox::new();
    let mut text = "# top\ndb:\n  pool: 10  # a host\n  timeout: 30\nlist:\n- a\nname: x\n".to_owned();
    for number in 1..=9 {
        if number == 5 {
            text =
                text.replace("10", "50").replace("30", "3").replace("- a\n", "- a\n- b\n").replace("x", "y");
        }
        text.push_str(&format!("k{number}: {number}\n"));
        sandbox.save("app.yaml", &text);
    }
    sandbox
}

/// The command that does not like the two values together.
const CHECK: &str = "! { grep -q 'pool: 50' app.yaml && grep -q 'timeout: 3$' app.yaml; }";

/// Begins a bisect whose command takes its time, and waits until it has been run some times.
fn begin(sandbox: &Sandbox, runs: usize) -> Child {
    let check = format!("echo run >> runs; sleep 0.05; {CHECK}");
    let mut bisect = sandbox.command();
    bisect.args(["bisect", "app.yaml", "--good", "1", "--", "sh", "-c", &check]);
    let mut child = bisect.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while fs::read_to_string(sandbox.path("runs")).unwrap_or_default().lines().count() < runs {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not get on");
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

fn signal(child: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_first_bad_version_and_the_two_keys_that_fail_together_are_found() {
    let sandbox = history();
    let before = [b"unsaved: 1\n", &*sandbox.read("app.yaml")].concat();
    sandbox.write("app.yaml", &before);
    sandbox.write("check.sh", format!("echo checking\n{CHECK}\n"));
    expect(
        &sandbox,
        r#"
$ vconf bisect app.yaml --good 1 -- sh check.sh
app.yaml  @10  Before the bisect   (+ unsaved 1)
first bad version:
app.yaml  @5  3 changed, 2 added in db, list, name, …
2 of its 5 changes make it fail, only both together:
app.yaml  @4 → failing   2 changed
db
  ~ pool      10 → 50
  ~ timeout   30 → 3
! checking
! note: @9 bad
! checking
! note: @1 good
! checking
! note: @5 bad; 3 versions left between
! checking
! note: @3 good; 1 version left between
! checking
! note: @4 good; 0 versions left between
! checking
! checking
! note: 2 of 5 changes bad
! checking
! note: 1 of 5 changes good
! checking
! note: 1 of 5 changes good
! note: the command was run 9 times
! undo: vconf undo
$ cmp app.yaml <(vconf show app.yaml) && ls .vconf
configs
store.copy.json
store.json
$ vconf bisect app.yaml --good 1 --bad 9 --json -- sh check.sh 2>/dev/null | jq -c '[.last_good, .first_bad.version, .narrowed, .diff.changes[].path, .runs]'
[4,5,{"changes":2,"of":5,"by":"content","minimal":true},"/db/pool","/db/timeout",9]
$ vconf bisect app.yaml --good 9 --bad 1 -- sh check.sh
! error: the good version @9 comes after the bad one @1
!   a bisect finds what broke; to find what mended it, turn the command's exit status around
! help: vconf bisect app.yaml --good 1 --bad 9 -- COMMAND
= 2
$ vconf bisect app.yaml --good 2 --bad 2 -- sh check.sh
! error: @2 can't be both good and bad
! help: vconf log app.yaml
= 2
$ vconf bisect app.yaml --good 6 --bad 9 -- sh check.sh
! checking
! note: @9 bad
! checking
! note: @6 bad
! error: @6 is said to be good, and the command fails (exit 1)
! help: vconf log app.yaml
= 5
$ vconf bisect app.yaml --good 1 --bad 4 -- sh check.sh
! checking
! note: @4 good
! error: @4 is said to be bad, and the command succeeds (exit 0)
! help: vconf log app.yaml
= 5
$ vconf bisect app.yaml --good 1 -- ./nope.sh
! error: there is no program ./nope.sh
= 2
$ vconf bisect app.yaml --good 1 -- sh -c nope
! sh: 1: nope: not found
! error: sh did not find a program (exit 127), so what it says of the file is not known
= 2
$ vconf bisect app.yaml --good 1 --run-on-copy -- sh check.sh
! error: the command is not told where the copy is
!   {} in it stands for the path
! help: vconf bisect app.yaml --good 1 --run-on-copy -- COMMAND {}
= 2
$ vconf bisect --abort
! note: no bisect was broken off
$ vconf undo
undone: vconf bisect app.yaml --good 1 -- sh check.sh  (app.yaml@10)
  app.yaml  latest is @9, file not touched
! redo: vconf redo
$ cmp app.yaml <(vconf show app.yaml@10)
"#,
    );
    assert_eq!(sandbox.read("app.yaml"), before);
}

#[test]
fn a_copy_is_tried_where_the_file_is_to_be_left_alone() {
    let sandbox = history();
    let state = || {
        let stat = fs::metadata(sandbox.path("app.yaml")).unwrap();
        (stat.ino(), stat.mtime_nsec(), sandbox.read("app.yaml"))
    };
    let before = state();
    let check = "test ! -e .vconf/bisect.json && echo {} >> paths && ! grep -q '^- b' {}";
    let ran =
        sandbox.vconf(["bisect", "app.yaml", "--good=1", "--run-on-copy", "--json", "--", "sh", "-c", check]);
    let told = &ran.expect(0).json()[0];
    assert_eq!((&told["first_bad"]["version"], &told["narrowed"]["changes"]), (&5.into(), &1.into()));
    assert_eq!(told["diff"]["changes"][0]["path"], "/list/1");
    assert_eq!(state(), before);
    let paths = fs::read_to_string(sandbox.path("paths")).unwrap();
    let copy = std::path::Path::new(paths.lines().next().unwrap()).to_owned();
    assert_eq!(copy.file_name().unwrap(), "app.yaml");
    assert!(!copy.parent().unwrap().exists(), "the copies are gone");
}

#[test]
fn the_command_is_run_once_on_the_same_bytes() {
    let sandbox = Sandbox::new();
    for text in ["a=1\n", "a=2\n", "a=1\n", "a=2\n", "a=1\n", "a=3\n", "a=1\n", "a=3\n"] {
        sandbox.save("a.env", text);
    }
    let check = "sha256sum a.env >> seen; ! grep -q 3 a.env";
    let told = sandbox.vconf(["bisect", "a.env", "--good", "1", "--json", "--", "sh", "-c", check]).expect(0);
    let seen = fs::read_to_string(sandbox.path("seen")).unwrap();
    let mut different: Vec<_> = seen.lines().collect();
    let runs = different.len();
    different.sort_unstable();
    different.dedup();
    assert_eq!(runs, different.len());
    assert_eq!(told.json()[0]["runs"], runs);
}

#[test]
fn versions_that_can_not_be_told_or_read_are_passed_by() {
    let sandbox = history();
    let check = format!("case $(grep -c '^k' app.yaml) in 4|6) exit 125;; esac; {CHECK}");
    let bisect = ["bisect", "app.yaml", "--good", "1", "--json", "--", "sh", "-c", &check];
    let told = sandbox.vconf(bisect).expect(0).json();
    assert_eq!((&told[0]["last_good"], &told[0]["first_bad"]["version"]), (&3.into(), &5.into()));
    assert_eq!(told[0]["doubtful"], serde_json::json!([4]));
    fs::write(sandbox.record("app.yaml", 5), "{}").unwrap();
    let told = sandbox.vconf(bisect).expect(0).json();
    assert_eq!((&told[0]["last_good"], &told[0]["first_bad"]["version"]), (&3.into(), &7.into()));
    assert_eq!(told[0]["doubtful"], serde_json::json!([4, 5, 6]));
}

#[test]
fn what_has_no_keys_is_narrowed_by_lines_or_not_at_all() {
    let sandbox = Sandbox::new();
    sandbox.save("hosts", "one\ntwo\nthree\nfour\n");
    sandbox.save("hosts", "one\nTWO\nthree\nFOUR\nfive\n");
    sandbox.save("blob", b"\x00\xff1");
    sandbox.save("blob", b"\x00\xff2");
    sandbox.save("a.json", "{\n  \"a\": 1\n}\n");
    sandbox.save("a.json", "{\"a\":   1.0}\n");
    let bisect = |file: &str, check: &str| {
        let ran = sandbox.vconf(["bisect", file, "--good", "1", "--json", "--", "sh", "-c", check]);
        ran.expect(0).json()[0]["narrowed"].clone()
    };
    let by = |by: &str, changes: u64, of: u64| serde_json::json!({"changes": changes, "of": of, "by": by, "minimal": true});
    assert_eq!(bisect("hosts", "! grep -q FOUR hosts"), by("lines", 1, 2));
    assert_eq!(bisect("blob", "! grep -qa 2 blob"), by("lines", 1, 1));
    assert_eq!(bisect("a.json", "! grep -q 1.0 a.json"), by("lines", 1, 1));
}

#[test]
fn the_file_is_as_it_was_after_a_signal() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let sandbox = history();
        fs::set_permissions(sandbox.path("app.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
        sandbox.write("app.yaml", "unsaved: true\n");
        let child = begin(&sandbox, 3);
        signal(&child, name);
        let ran = Ran::of(child.wait_with_output().unwrap(), name).expect(2);
        assert!(ran.err().contains(&format!("error: stopped by SIG{}", &name[1..])), "{ran}");
        assert!(ran.err().contains("as app.yaml@10"), "{ran}");
        assert_eq!(sandbox.read("app.yaml"), b"unsaved: true\n");
        assert_eq!(fs::metadata(sandbox.path("app.yaml")).unwrap().mode() & 0o777, 0o640);
        assert!(!sandbox.path(".vconf/bisect.json").exists());
        assert_eq!(sandbox.run("show app.yaml@10").stdout, b"unsaved: true\n");
    }
}

#[test]
fn the_next_command_puts_the_file_back_after_a_kill() {
    for (round, command) in
        ["status", "save app.yaml", "log app.yaml", "bisect --abort"].into_iter().enumerate()
    {
        let sandbox = history();
        sandbox.write("app.yaml", "unsaved: true\n");
        fs::set_permissions(sandbox.path("app.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
        kill(begin(&sandbox, 2 + round));
        assert!(sandbox.path(".vconf/bisect.json").exists());
        assert_ne!(sandbox.read("app.yaml"), b"unsaved: true\n", "something else is being tried");
        let ran = sandbox.run(command).expect(0);
        let told = "a bisect of app.yaml was broken off; the file is put back as it was, as @10";
        assert!(ran.err().contains(told), "{ran}");
        assert_eq!(sandbox.read("app.yaml"), b"unsaved: true\n");
        assert_eq!(fs::metadata(sandbox.path("app.yaml")).unwrap().mode() & 0o777, 0o640);
        assert!(!sandbox.path(".vconf/bisect.json").exists());
        let ran = sandbox.run("status --json").expect(0);
        assert!(ran.err().is_empty(), "{ran}");
        assert_eq!(
            (&ran.json()[0]["file"], &ran.json()[0]["latest"]["version"]),
            (&"same".into(), &10.into())
        );
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing() {
    let sandbox = history();
    sandbox.run("save app.yaml").expect(0);
    let before = sandbox.read("app.yaml");
    let mut put_back = 0;
    for round in 0..40 {
        let mut bisect = sandbox.command();
        bisect.args(["bisect", "app.yaml", "--good", "1", "--", "sh", "-c", CHECK]);
        let mut child = bisect.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(500 * (round + 1)));
        // It may have come to its end before.
        let _ = child.kill();
        child.wait().unwrap();
        let ran = sandbox.run("status").expect(0);
        put_back += usize::from(ran.err().contains("broken off"));
        assert!(sandbox.read("app.yaml") == before, "round {round}: {ran}");
        assert!(!sandbox.path(".vconf/bisect.json").exists());
    }
    println!("{put_back} of 40 bisects were broken off, and their files put back");
    sandbox.run("check").expect(0);
}

#[test]
fn what_somebody_wrote_meanwhile_stays() {
    let sandbox = history();
    kill(begin(&sandbox, 3));
    sandbox.write("app.yaml", "mine: 1\n");
    let ran = sandbox.run("status").expect(0);
    assert!(ran.err().contains("the file was changed since: it stays as it is"), "{ran}");
    assert!(ran.err().contains("vconf diff app.yaml@9"), "{ran}");
    assert_eq!(sandbox.read("app.yaml"), b"mine: 1\n");
    assert!(sandbox.run("status").expect(0).err().is_empty());
    // The same while it runs.
    let ran = sandbox.vconf([
        "bisect",
        "app.yaml",
        "--good",
        "1",
        "--",
        "sh",
        "-c",
        "echo 'mine: 2' > app.yaml; false",
    ]);
    let ran = ran.expect(3);
    assert!(ran.err().contains("app.yaml was changed meanwhile"), "{ran}");
    assert_eq!(sandbox.read("app.yaml"), b"mine: 2\n");
    assert_eq!(sandbox.run("show app.yaml").stdout, b"mine: 1\n", "what it held is a version");
    assert!(!sandbox.path(".vconf/bisect.json").exists());
}

#[test]
fn a_bisect_that_runs_is_not_taken_for_a_broken_one() {
    let sandbox = history();
    let vconf = crate::support::VCONF;
    let check = format!(
        "{vconf} status >> told 2>&1; {vconf} bisect app.yaml --good 1 -- true >> told 2>&1; {CHECK}"
    );
    let ran = sandbox.vconf(["bisect", "app.yaml", "--good", "1", "--json", "--", "sh", "-c", &check]);
    assert_eq!(ran.expect(0).json()[0]["first_bad"]["version"], 5);
    let told = fs::read_to_string(sandbox.path("told")).unwrap();
    assert!(
        !told.contains("broken off") && told.contains("error: a bisect of app.yaml is under way"),
        "{told}"
    );
    assert_eq!(sandbox.run("log app.yaml --json").json().len(), 9, "nothing that was tried was saved");
    let mut bisect = sandbox.command();
    let check = "touch begun; sleep 30 >/dev/null 2>&1";
    bisect.args(["bisect", "app.yaml", "--good", "1", "--", "sh", "-c", check]);
    let child = bisect.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !sandbox.path("begun").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    sandbox.run("bisect --abort").expect(3);
    let ran = sandbox.run("status").expect(0);
    assert!(ran.err().contains("note: a bisect of app.yaml is under way"), "{ran}");
    for command in
        ["save app.yaml", "set app.yaml a 1", "rollback app.yaml@1", "undo", "switch -c app.yaml b"]
    {
        let ran = sandbox.run(command).expect(3);
        assert!(ran.err().contains("error: a bisect of app.yaml is under way"), "{command}: {ran}");
    }
    sandbox.save("other.yaml", "a: 1\n");
    signal(&child, "-TERM");
    Ran::of(child.wait_with_output().unwrap(), "bisect").expect(2);
}

#[test]
fn a_store_from_elsewhere_reaches_no_file_outside_by_itself() {
    let sandbox = history();
    kill(begin(&sandbox, 3));
    let held = sandbox.read("app.yaml");
    let outside = Sandbox::new();
    outside.write("victim", &held);
    fs::remove_file(sandbox.path("app.yaml")).unwrap();
    std::os::unix::fs::symlink(outside.path("victim"), sandbox.path("app.yaml")).unwrap();
    let ran = sandbox.run("status").expect(0);
    assert!(ran.err().contains("vconf bisect --abort"), "{ran}");
    assert_eq!(outside.read("victim"), held);
    assert!(sandbox.path(".vconf/bisect.json").exists());
    sandbox.run("bisect --abort").expect(0);
    assert_eq!(outside.read("victim"), sandbox.run("show app.yaml").stdout);
    let journal =
        r#"{"vconf": 1, "config": "/etc/hostname", "version": 1, "mode": "0644", "checksum": "sha256:00"}"#;
    sandbox.write(".vconf/bisect.json", format!("{journal}\n"));
    let ran = sandbox.run("status").expect(0);
    assert!(ran.err().contains("warning"), "{ran}");
}

#[test]
fn a_file_that_can_not_be_written_is_told_and_left() {
    if is_root() {
        return;
    }
    let sandbox = history();
    let before = sandbox.read("app.yaml");
    fs::set_permissions(sandbox.path(""), fs::Permissions::from_mode(0o555)).unwrap();
    let ran = sandbox.run("bisect app.yaml --good 1 -- true");
    fs::set_permissions(sandbox.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    ran.expect(2);
    assert_eq!(sandbox.read("app.yaml"), before);
}
