//! `vconf pack`: what it says, and that nothing is lost wherever it is broken off.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Sandbox, in_parallel, numbers, say};
use crate::trace;
use crate::transcript::expect;

fn source(number: u64) -> String {
    format!("{{\"port\": {number}}}\n")
}

fn with_versions(last: u64) -> Sandbox {
    let sandbox = Sandbox::new();
    for number in 1..=last {
        sandbox.save("app.json", source(number));
    }
    sandbox
}

#[test]
fn what_is_packed_reads_as_before() {
    let sandbox = with_versions(40);
    expect(
        &sandbox,
        r#"
$ vconf pack | sed 's/  [0-9.]* KB → .*//'
app.json  8 versions packed
! note: every version reads as before, so that there is nothing to undo
$ ls .vconf/configs/app.json/packs/part
v1-v8.json.zst
$ vconf pack app.json
! note: nothing more to pack
$ vconf pack --keep-loose 2 --all
! error: the argument '--keep-loose <N>' cannot be used with '--all'
!
! Usage: vconf pack --keep-loose <N> [FILE]...
!
! For more information, try '--help'.
= 2
$ vconf pack app.json --all | sed 's/  [0-9.]* KB → .*//'
app.json  32 versions packed
! note: every version reads as before, so that there is nothing to undo
$ ls .vconf/configs/app.json
checkpoint.json
packs
$ vconf show app.json@3
{"port": 3}
$ vconf show app.json@39 --record | tail -3
  "content": {"port": 39}

}
$ vconf log app.json -n 1 | head -1 | cut -c 1-3
@40
$ vconf check
40 versions of 1 config, 0 changes of refs: all as they were written
$ vconf undo 2> /dev/null | head -1 | cut -c 1-26
undone: vconf save app.jso
$ vconf gc
! error: there is no command gc
!   did you mean pack?
! help: vconf pack --help
= 2
"#,
    );
}

#[test]
fn damage_stays_where_it_is_and_is_told() {
    let sandbox = with_versions(6);
    sandbox.write(sandbox.record("app.json", 4), "{\n");
    expect(
        &sandbox,
        r#"
$ vconf pack --all | sed 's/  [0-9.]* KB → .*//'
app.json  3 versions packed
! warning: app.json: @4 and what comes after it stays loose: line 2: the record is cut off
! note: every version reads as before, so that there is nothing to undo
! help: vconf check
$ vconf pack --all
! warning: app.json: @4 and what comes after it stays loose: line 2: the record is cut off
! note: nothing more to pack
! help: vconf check
= 4
$ vconf show app.json@6
{"port": 6}
"#,
    );
    let pack = sandbox.path(".vconf/configs/app.json/packs/part/v1-v3.json.zst");
    let mut bytes = sandbox.read(&pack);
    bytes[20] ^= 1;
    sandbox.write(&pack, bytes);
    let shown = sandbox.run("show app.json@2").expect(4);
    assert!(shown.err().contains("packs/part/v1-v3.json.zst"), "{shown}");
    sandbox.run("check").expect(4);
    sandbox.run("show app.json@6").expect(0);
}

#[test]
fn forgetting_shows_what_would_go_first_and_then_does_it() {
    let sandbox = with_versions(9);
    sandbox.run("tag app.json@3 stable").expect(0);
    expect(
        &sandbox,
        r#"
$ vconf forget app.json
! error: what is to be kept?
!   without a rule, nothing is forgotten
! help: vconf forget --keep-last 100 --keep-daily 30
= 2
$ vconf forget app.json --keep-last 2 | sed 's/([0-9]* bytes)/(SIZE)/'
app.json  6 versions go (SIZE), 3 kept
  @9           just now                          newest, head of main, last
  @8           just now                          undo goes back to it, last
- @4–@7        just now                          go
  @3           just now                          tag stable, undo goes back to it
- @1–@2        just now                          go
! note: nothing was forgotten yet; what is, can't be brought back
! help: vconf forget app.json --keep-last 2 --apply
$ vconf show app.json@5
{"port": 5}
$ vconf forget app.json --keep-last 2 --apply --author ops | sed 's/([0-9]* bytes)/(SIZE)/'
app.json  6 versions forgotten (SIZE), 3 kept
  @9           just now                          newest, head of main, last
  @8           just now                          undo goes back to it, last
- @4–@7        just now                          forgotten
  @3           just now                          tag stable, undo goes back to it
- @1–@2        just now                          forgotten
! warning: what is forgotten can't be brought back: there is no undo for this
! note: their numbers are not used again, and the log says that they were there
$ vconf forget --keep-last 2 --apply | head -1
app.json  0 versions forgotten (0 bytes), 3 kept
! warning: what is forgotten can't be brought back: there is no undo for this
! note: there is nothing to forget
$ vconf log app.json | cut -c 1-45 | sed 's/ *$//'
@9    just now          ops@db1  port 8 → 9
@8    just now          ops@db1  port 7 → 8
@4–@7 just now          ops  4 versions for
@3    just now          ops@db1  port 2 → 3
@1–@2 just now          ops  2 versions for
$ vconf check
3 versions of 1 config, 2 changes of refs: all as they were written
$ vconf show app.json@5 2>&1 | sed 's/ at [0-9].*/ at TIME/'
error: version 5 of app.json was forgotten
  ops forgot @4 to @7 at TIME
help: vconf log app.json
$ vconf undo --list | cut -c 19-66 | head -2
ops  vconf forget app.json --keep-last 2 --apply
ops@db1  vconf tag app.json@3 stable  (app.json)
$ vconf undo 2> /dev/null
undone: vconf tag app.json@3 stable  (app.json)
  app.json  tag stable is gone, file not touched
$ vconf prune
! error: there is no command prune
!   did you mean forget?
! help: vconf forget --help
= 2
"#,
    );
    assert!(!sandbox.record("app.json", 5).exists());
    sandbox.save("app.json", source(10));
    sandbox.run("show app.json@10").expect(0);
    let forget = sandbox.run("forget app.json --keep-last 1 --json").expect(0).json();
    assert_eq!((&forget[0]["applied"], &forget[0]["versions"]), (&false.into(), &2.into()));
    let log = sandbox.run("log app.json --json").expect(0).json();
    assert_eq!((&log[3]["forgotten"]["first"], &log[3]["author"]), (&4.into(), &"ops".into()));
}

#[test]
fn a_pack_that_breaks_off_anywhere_loses_nothing_and_the_next_ends_it() {
    let template = with_versions(9);
    template.run("pack --keep-loose 5").expect(0);
    let arguments = ["pack", "--keep-loose", "1"];
    let (ran, calls) = trace::list(&Sandbox::copy_of(&template), &arguments);
    ran.expect(0);
    let start = calls.iter().position(|call| call.name == "getcwd").expect("the command looks where it is");
    let of_files =
        ["openat", "read", "pread64", "write", "fdatasync", "linkat", "fsync", "unlink", "unlinkat"];
    let mut cases = Vec::new();
    for call in calls[start..].iter().filter(|call| call.name != "exit_group") {
        cases.push((call, "signal=KILL"));
        if of_files.contains(&&*call.name) || ["mkdir", "getdents64", "lstat", "fstat"].contains(&&*call.name)
        {
            cases.extend([(call, "error=EIO"), (call, "error=ENOSPC")]);
        }
    }
    let ended = AtomicUsize::new(0);
    in_parallel(&cases, |(call, what)| {
        let sandbox = Sandbox::copy_of(&template);
        let ran = trace::inject(&sandbox, &arguments, call, what);
        let case = format!("{what} at {} number {}: {}\n{ran}", call.name, call.nth, call.line);
        ended.fetch_add(usize::from(!sandbox.record("app.json", 8).exists()), Ordering::Relaxed);
        let check = sandbox.run("check");
        assert_eq!(check.code, Some(0), "{check}\n{case}");
        let log = sandbox.run("log app.json --json").expect(0);
        assert_eq!(numbers(&log), (1..=9).rev().collect::<Vec<_>>(), "{case}");
        for number in [1, 4, 5, 8, 9] {
            let shown = sandbox.run(&format!("show app.json@{number}"));
            assert_eq!((shown.code, shown.out()), (Some(0), source(number)), "{case}");
        }
        sandbox.run("pack --keep-loose 1").expect(0);
        let loose = (1..=9).filter(|number| sandbox.record("app.json", *number).exists());
        assert_eq!(loose.collect::<Vec<_>>(), [9], "{case}");
        assert!(!sandbox.path(".vconf/configs/app.json/packs/part/v1-v4.json.zst").exists(), "{case}");
        sandbox.save("app.json", source(10));
        sandbox.run("check").expect(0);
    });
    let ended = ended.into_inner();
    say(&format!("pack: broken off {} times, {ended} of them after it was done; 0 lost", cases.len()));
    assert!(0 < ended && ended < cases.len());
}
