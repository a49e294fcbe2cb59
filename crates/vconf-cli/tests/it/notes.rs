//! What is said besides: of sources that are not what their names say, of lists, times, heads and numbers.

use std::fs;

use crate::support::Sandbox;
use crate::transcript::expect;

#[test]
fn a_json_file_that_strict_readers_refuse_is_noted_once() {
    let sandbox = Sandbox::new();
    sandbox.write("daemon.json", "{\"a\":1,}\n");
    expect(
        &sandbox,
        r#"
$ vconf save daemon.json
daemon.json  @1  First version
! note: created the store .vconf
! note: daemon.json is not strict JSON: line 1, column 7: a comma before the closing `}`; kept as JSONC
! undo: vconf undo
$ echo '{"a":2,}' > daemon.json; vconf diff daemon.json; vconf save daemon.json
daemon.json  @1 → file   1 changed
~ a   1 → 2
daemon.json  @2  a 1 → 2
! undo: vconf undo
$ echo '{"a":3}' > daemon.json; vconf diff daemon.json; vconf save daemon.json
daemon.json  @2 → file   1 changed
~ a   2 → 3
daemon.json  @3  a 2 → 3
! undo: vconf undo
$ printf '{\n  // why\n  "a": 4\n}\n' > daemon.json; vconf diff daemon.json; vconf save daemon.json
daemon.json  @3 → file   1 changed · comments: 1 · whitespace
~ a   3 → 4
daemon.json  @4  a 3 → 4
! note: daemon.json is not strict JSON: line 2, column 3: expected a key in double quotes, found `/`; kept as JSONC
! note: daemon.json is not strict JSON: line 2, column 3: expected a key in double quotes, found `/`; kept as JSONC
! undo: vconf undo
$ vconf diff daemon.json@2 @3
daemon.json  @2 → @3   1 changed
~ a   2 → 3
= 1
"#,
    );
}

#[test]
fn status_tells_of_a_file_that_is_not_what_its_name_says() {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", "a: 1\n");
    sandbox.write("app.yaml", "a: 1\nb: [1\n");
    expect(
        &sandbox,
        r#"
$ vconf
app.yaml  @1  1 line added in text, not valid yaml at line 2, column 4: unclosed bracket '['
$ vconf save app.yaml
app.yaml  @2  1 line added in text
! warning: app.yaml: not valid yaml at line 2, column 4: unclosed bracket '['; kept as text
! undo: vconf undo
$ vconf status
app.yaml  @2  saved as text, not valid yaml at line 2, column 4: unclosed bracket '['
$ vconf status --json | grep -o '"warnings":.*'
"warnings":["not valid yaml at line 2, column 4: unclosed bracket '['"]}
$ vconf save app.yaml --format text
app.yaml  @2  unchanged, nothing to save
$ printf 'a: 2\n' > app.yaml; vconf save app.yaml; vconf
app.yaml  @3  1 line changed, 1 removed in text
app.yaml  @3  saved
! undo: vconf undo
"#,
    );
}

#[test]
fn what_does_not_go_to_a_terminal_is_not_cut() {
    let sandbox = Sandbox::new();
    let long = |word: &str| format!("{{\"text\": \"{}{word}{}\"}}\n", "q ".repeat(200), " z".repeat(200));
    sandbox.save("a.json", long("one"));
    sandbox.write("a.json", long("two"));
    for command in ["diff a.json", "diff a.json --as side-by-side"] {
        let out = sandbox.run(command).out();
        assert!(!out.contains('…'), "{out}");
        assert_eq!(out.matches('q').count() % 200, 0, "{out}");
    }
    let why = "because ".repeat(30);
    sandbox.vconf(["save", "a.json", "-m", &why]).expect(0);
    for command in ["log a.json", "undo --list", "branch a.json"] {
        let out = sandbox.run(command).out();
        assert!(out.contains(why.trim()), "{command}: {out}");
    }
}

#[test]
fn heads_are_marked_by_their_branches() {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", "a: 1\n");
    sandbox.run("branch app.yaml staging").expect(0);
    expect(
        &sandbox,
        r#"
$ vconf log app.yaml --branch staging
@1    just now          ops@db1  First version  ← head of main, staging
$ vconf set app.yaml a 2 >/dev/null
! undo: vconf undo
$ vconf switch app.yaml staging && vconf set app.yaml a 3 && vconf switch app.yaml main
app.yaml  main → staging  file is that of @1
app.yaml  @3 on staging  a 1 → 3
app.yaml  staging → main  file is that of @2
! undo: vconf undo
! undo: vconf undo
! undo: vconf undo
$ vconf log app.yaml
@3    just now          ops@db1  a 1 → 3  (staging, from @1)  ← head of staging
@2    just now          ops@db1  a 1 → 2  ← latest
@1    just now          ops@db1  First version
$ vconf log app.yaml --branch staging
@3    just now          ops@db1  a 1 → 3  (staging, from @1)  ← head of staging
@1    just now          ops@db1  First version
$ vconf log app.yaml --branch main
@2    just now          ops@db1  a 1 → 2  ← latest
@1    just now          ops@db1  First version
$ vconf merge app.yaml main
app.yaml  nothing to merge: main names @2, which is the latest here
$ vconf merge app.yaml @1
app.yaml  nothing to merge: @2, the latest, has all of @1 already
"#,
    );
}

#[test]
fn help_is_a_command_that_does_what_was_asked() {
    let sandbox = Sandbox::new();
    for number in 1..=9 {
        sandbox.save("tox.ini", format!("[tox]\nx = {number}\n"));
    }
    sandbox.save("notes.txt", "one\n");
    sandbox.save("notes.txt", "two\n");
    expect(
        &sandbox,
        r#"
$ vconf diff tox.ini @8 -r 3
tox.ini  @8 → @3   1 changed
~ tox.x   8 → 3
= 1
$ vconf show tox.ini@8 -r 3
! error: two versions of tox.ini are named, @8 and @3
!   this is about one of them
! help: vconf show tox.ini@3
= 2
$ vconf diff tox.ini@8 -r 3 -r 4
! error: there are more than two sides to compare
! help: vconf diff FILE -r 2 -r 4
= 2
$ vconf save tox.ini --expect 2
! error: tox.ini is at version 9, not at the expected 2
!   since then: @9 ("tox.x 8 → 9", ops@db1, just now)
!   since then: @8 ("tox.x 7 → 8", ops@db1, just now)
!   since then: @7 ("tox.x 6 → 7", ops@db1, just now)
!   since then: @6 ("tox.x 5 → 6", ops@db1, just now)
!   since then: @5 ("tox.x 4 → 5", ops@db1, just now)
!   and 2 versions before these
! help: vconf diff tox.ini@2 @9
= 3
$ vconf rollback notes.txt@1 -k x
! error: notes.txt can't be edited by its keys
!   it is text, which has no keys and values
! help: vconf rollback notes.txt@1 --dry-run
= 5
$ vconf set notes.txt x 1
! error: notes.txt can't be edited by its keys
!   it is text, which has no keys and values
!   where it is in a format all the same, say so with --format
= 5
$ vconf switch -c tox.ini@3 old
! error: a file is switched to a branch, not to a version
!   to begin the branch there and switch to it: vconf switch -c tox.ini old @3
! help: vconf branch tox.ini old @3
= 2
$ vconf switch tox.ini old @3
! error: a branch begins with a version only where it is created
! help: vconf switch -c tox.ini old @3
= 2
$ vconf switch -c tox.ini old @3
tox.ini  main → old  file is that of @3
! undo: vconf undo
$ cat tox.ini
[tox]
x = 3
$ vconf undo
undone: vconf switch -c tox.ini old @3  (tox.ini)
  tox.ini  on branch main, file is that of @9 again
! redo: vconf redo
$ vconf save nothing-like-it
! error: there is no file /srv/nothing-like-it
!   its folder has notes.txt, tox.ini
! help: vconf status
= 2
$ vconf set tox.ini tox.y.z 1
tox.ini  @10  + tox.y.z 1
! undo: vconf undo
$ vconf unset tox.ini other
! error: tox.ini has no key other
!   it has tox
! help: vconf get tox.ini tox
= 2
$ vconf log notes.txt -k http
! error: version 2 of notes.txt has no content that could be read as values
!   it is not structured text
! help: vconf show notes.txt@2
= 5
$ vconf save tox.ini --expect x
! error: x is not the number of a version
!   --expect takes that of the latest, such as 3, or 0 for none
! help: vconf status
= 2
$ vconf log tox.ini -n x
! error: x is not a number
!   -n takes how many to list, such as 10
= 2
$ vconf tag tox.ini@2 two; vconf tag tox.ini@3 three; vconf tag tox.ini@2; vconf tag tox.ini@4
tox.ini  tag two  → @2
tox.ini  tag three  → @3
tox.ini  @2  two
! undo: vconf undo
! undo: vconf undo
! note: tox.ini@4 has no tags yet
! help: vconf tag tox.ini@4 NAME
"#,
    );
}

#[test]
fn a_rule_for_no_list_is_noted() {
    let sandbox = Sandbox::new();
    sandbox.save("a.yaml", "env:\n- name: A\n  value: 1\n");
    sandbox.write("a.yaml", "env:\n- name: A\n  value: 2\n");
    expect(
        &sandbox,
        r#"
$ vconf diff a.yaml --key env=name
a.yaml  @1 → file   1 changed
~ env[name=A].value   1 → 2
= 1
$ vconf diff a.yaml --key envs=name --list hosts=set
a.yaml  @1 → file   1 changed
~ env[name=A].value   1 → 2
! note: envs is the path of no list here; the rule does nothing
! note: hosts is the path of no list here; the rule does nothing
= 1
"#,
    );
}

#[test]
fn no_item_is_said_to_have_moved_to_where_it_was() {
    let sandbox = Sandbox::new();
    sandbox.save("a.yaml", "[x, y, z]\n");
    sandbox.write("a.yaml", "[z, y, x]\n");
    expect(
        &sandbox,
        r#"
$ vconf diff a.yaml --order strict
a.yaml  @1 → file   2 moved
→ [0]   moved from index 2 to 0
→ [2]   moved from index 0 to 2
= 1
"#,
    );
}

#[test]
fn texts_need_no_quotes_where_all_values_are_texts() {
    let sandbox = Sandbox::new();
    sandbox.save("app.properties", "server.port=8080\nname=a\nblank=\\ x\n");
    sandbox.save("app.properties", "server.port=9090\nname=true\nblank=x\n");
    sandbox.save("app.yaml", "port: \"8080\"\nlevel: info\n");
    sandbox.save("app.yaml", "port: \"9090\"\nlevel: debug\n");
    expect(
        &sandbox,
        r#"
$ vconf diff app.properties@1 @2
app.properties  @1 → @2   3 changed
~ server.port   8080 → 9090
~ name          a → true
~ blank         "·x" → x   whitespace only
= 1
$ vconf log app.properties
@2    just now          ops@db1  server.port 8080 → 9090, name a → true, blank " x" → x
@1    just now          ops@db1  First version
$ vconf log app.properties -k server.port
@2    8080 → 9090  just now  ops@db1  server.port 8080 → 9090, name a → true, blank " x" → x
@1    8080  just now  ops@db1  First version
$ vconf log app.properties -k blank
@2    "·x" → x  just now  ops@db1  server.port 8080 → 9090, name a → true, blank " x" → x
@1    "·x"  just now  ops@db1  First version
$ vconf log app.yaml -k port
@2    "8080" → "9090"  just now  ops@db1  port "8080" → "9090", level info → debug
@1    "8080"  just now  ops@db1  First version
$ vconf log app.yaml -k level
@2    info → debug  just now  ops@db1  port "8080" → "9090", level info → debug
@1    info  just now  ops@db1  First version
"#,
    );
}

#[test]
fn a_time_of_day_is_the_last_one_that_was() {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", "a: 1\n");
    // Yesterday's or today's, all saves are newer than the last 00:00, or older than none.
    assert_eq!(crate::support::numbers(&sandbox.run("log app.yaml --since 00:00 --json").expect(0)), [1]);
    expect(
        &sandbox,
        r#"
$ vconf log app.yaml --since 25:00
! error: "25:00" is no time
!   a time is 10m, 2h, 2d, now, today, yesterday, 14:30, 2026-11-20, 2026-11-20T14:30, or one with a zone
= 5
$ vconf show app.yaml@2026-99
! error: app.yaml has no tag or branch 2026-99
! help: vconf tag app.yaml
= 2
$ vconf show app.yaml@99:99
! error: "99:99" is no time
!   a version is a number, latest, -1, a tag, or a time such as 10m, 2h, 2d, now, today, yesterday, 14:30, 2026-11-20T14:30
= 5
"#,
    );
}

#[test]
fn an_import_that_fails_leaves_no_store() {
    let sandbox = Sandbox::new();
    for folder in ["old", "new"] {
        fs::create_dir(sandbox.path(folder)).unwrap();
    }
    sandbox.write("old/v1.json", "{\"no\": \"version\"}\n");
    sandbox.write("bad,v", "head 1.1;\naccess;\nsymbols;\nlocks;\n\n1.1\ndate 2026.11.20.10.00.00; author a; state Exp;\nbranches;\nnext;\n\ndesc\n@@\n");
    expect(
        &sandbox,
        r#"
$ cd new && vconf import ../old
! note: created the store .vconf
! note: took the empty store .vconf away again
! error: there is no version file that can be read
!   v1.json: left out: it has no "changes"
= 5
$ cd new && vconf import rcs:../bad,v --as x
! error: ../bad,v is no RCS file that can be read
!   line 13: revision 1.1 is spoken of and not there
= 5
$ ls -A new
"#,
    );
}

#[test]
fn a_store_above_is_named() {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", "a: 1\n");
    expect(
        &sandbox,
        r#"
$ mkdir sub && cd sub && vconf
../app.yaml  @1  saved
! note: the store is ../.vconf
$ cd sub && vconf status --json | grep -c app.yaml
1
$ cd sub && vconf status ../app.yaml
../app.yaml  @1  saved
"#,
    );
}
