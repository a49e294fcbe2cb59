//! Histories that come from RCS: every revision is what RCS itself checks out.

use std::path::Path;

use crate::support::{Ran, Sandbox, say};
use crate::transcript::expect;

/// Whether the programs of RCS are there; says so where not.
fn has_rcs() -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    let is_there = path.split(':').any(|folder| Path::new(folder).join("ci").is_file());
    if !is_there {
        say("skipped: the programs of RCS (ci, co) are not installed");
    }
    is_there
}

fn run(sandbox: &Sandbox, program: &str, arguments: &[&str]) -> Ran {
    let mut command = sandbox.program(program);
    command.args(arguments);
    Ran::of(command.output().unwrap(), program).expect(0)
}

/// Checks bytes in as the next revision, or as one of a branch.
fn check_in(sandbox: &Sandbox, bytes: &[u8], message: &str, day: u32, revision: &str) {
    let base = revision.rsplit_once('.').map_or(revision, |(base, _)| base);
    if sandbox.path("named.conf,v").exists() {
        let from = if base.matches('.').count() == 1 { format!("-l{base}") } else { "-l".to_owned() };
        run(sandbox, "co", &["-q", "-f", &from, "named.conf"]);
    }
    sandbox.write("named.conf", bytes);
    let (date, message) = (format!("-d2001-02-{day:02} 10:00:00Z"), format!("-m{message}"));
    let revision = format!("-u{revision}");
    run(sandbox, "ci", &["-q", "-t-conf", "-wada", &revision, &date, &message, "named.conf"]);
}

fn history() -> Sandbox {
    let sandbox = Sandbox::new();
    check_in(&sandbox, b"a = 1\nb = 2\n", "Begin", 1, "1.1");
    check_in(&sandbox, b"a = 1\nmail = \"x@y\"\nb = 2\n@", "Mail, without an end", 2, "1.2");
    check_in(&sandbox, b"mail = \"x@y\"\nb = 3\n\xff\xfe\n", "Bytes", 3, "1.3");
    check_in(&sandbox, b"a = 1\nmail = \"x@y\"\nb = 9\n", "A fix of an old one", 4, "1.2.1.1");
    run(&sandbox, "rcs", &["-q", "-nstable:1.2", "-nfix:1.2.1", "named.conf"]);
    sandbox
}

#[test]
fn every_revision_is_what_rcs_checks_out() {
    if !has_rcs() {
        return;
    }
    let sandbox = history();
    let imported = sandbox.run("import --json rcs:named.conf,v --as here.conf").expect(0).json();
    assert_eq!(imported.len(), 4);
    for version in &imported {
        let (origin, number) = (version["origin"].as_str().unwrap(), version["version"].as_u64().unwrap());
        let checked_out =
            run(&sandbox, "co", &["-q", "-p", "-ko", &format!("-r{origin}"), "named.conf"]).stdout;
        assert_eq!(sandbox.run(&format!("show here.conf@{number}")).stdout, checked_out, "{origin}");
    }
    sandbox.run("check").expect(0);
}

#[test]
fn the_trunk_is_main_and_branches_and_symbols_keep_their_names() {
    if !has_rcs() {
        return;
    }
    let sandbox = history();
    std::fs::remove_file(sandbox.path("named.conf")).unwrap();
    expect(
        &sandbox,
        r#"
$ vconf import rcs:named.conf,v
named.conf  @1  Begin   (First version)   1.1
named.conf  @2  Mail, without an end   (2 lines added in text)  [stable]   1.2
named.conf  @3 on fix  A fix of an old one   (1 line changed, 1 removed in text)   1.2.1.1
named.conf  @4  Bytes   (26 → 22 bytes)   1.3
! note: created the store .vconf
! note: 4 versions imported
! undo: vconf undo
$ vconf branch named.conf
named.conf  @3  fix  A fix of an old one
named.conf  @4  main  Bytes  ← current
$ vconf import rcs:named.conf,v
! note: 0 versions imported; 4 imported before
$ vconf log named.conf
@4    2001-02-03 10:00  ada  Bytes  ← latest
      26 → 22 bytes
@3    2001-02-04 10:00  ada  A fix of an old one  (fix, from @2)  ← head of fix
      1 line changed, 1 removed in text
@2    2001-02-02 10:00  ada  Mail, without an end  [stable]
      2 lines added in text
@1    2001-02-01 10:00  ada  Begin
      First version
$ vconf undo
undone: vconf import rcs:named.conf,v  (named.conf@1 … named.conf@4)
  named.conf  branches are main, no latest version any more, tag stable is gone
! redo: vconf redo
$ vconf branch named.conf
named.conf  –  main    ← current
$ vconf redo
redone: vconf import rcs:named.conf,v  (named.conf@1 … named.conf@4)
  named.conf  branches are fix, main, latest is @4, tag stable is at @2, file not touched
! undo: vconf undo
$ vconf branch named.conf
named.conf  @3  fix  A fix of an old one
named.conf  @4  main  Bytes  ← current
$ vconf check
4 versions of 1 config, 3 changes of refs: all as they were written
$ vconf import rcs:named.conf
! error: there is no file named.conf
!   did you mean named.conf,v?
! help: vconf import rcs:named.conf,v
= 2
$ echo 'head 1.1; 1.1 date 1;' > bad,v; vconf import rcs:bad,v
! error: bad,v is no RCS file that can be read
!   line 1: expected a date
= 5
"#,
    );
}
