//! Merging branches and carrying changes: what a person sees, and what the file holds after.

use crate::support::Sandbox;
use crate::transcript::expect;

const APP: &str = "\
# how it listens
server:
  host: db1   # inside
  port: 8080
db:
  pool: 10
env:
- name: A
  value: '1'
- name: B
  value: '2'
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", APP);
    sandbox
}

#[test]
fn a_branch_is_merged_and_what_both_wrote_beside_it_stays() {
    expect(
        &sandbox(),
        r#"
$ vconf switch -c app.yaml staging
app.yaml  main → staging  file not touched
! undo: vconf undo
$ sed -i 's/pool: 10/pool: 40   # enough/' app.yaml
$ vconf save app.yaml
app.yaml  @2 on staging  db.pool 10 → 40
! undo: vconf undo
$ vconf switch app.yaml main
app.yaml  staging → main  file is that of @1
! undo: vconf undo
$ sed -i 's/8080/9090   # by the proxy/' app.yaml
$ vconf merge app.yaml staging
app.yaml  file → edited   1 changed · comments: 1
~ db.pool   10 → 40
app.yaml  @3  Before the merge of staging (@2)   (server.port 8080 → 9090)
app.yaml  @4  Merge of staging (@2)   (db.pool 10 → 40)
! undo: vconf undo
$ sed -n 2,6p app.yaml
server:
  host: db1   # inside
  port: 9090   # by the proxy
db:
  pool: 40   # enough
$ vconf log app.yaml -n 1
@4    just now          ops@db1  Merge of staging (@2)  (merges @2)  ← latest
      db.pool 10 → 40
$ vconf merge app.yaml staging
app.yaml  nothing to merge: @4, the latest, has all of staging (@2) already
$ vconf undo
undone: vconf merge app.yaml staging  (app.yaml@3 … app.yaml@4)
  app.yaml  latest is @1, file is that of @3 again
! redo: vconf redo
$ grep -c 9090 app.yaml
1
$ vconf redo
redone: vconf merge app.yaml staging  (app.yaml@3 … app.yaml@4)
  app.yaml  latest is @4, file is that of @4 again
! undo: vconf undo
"#,
    );
}

#[test]
fn a_conflict_writes_nothing_until_somebody_decides() {
    expect(
        &sandbox(),
        r#"
$ vconf switch -c app.yaml staging
app.yaml  main → staging  file not touched
! undo: vconf undo
$ vconf set app.yaml db.pool 40
app.yaml  @2 on staging  db.pool 10 → 40
! undo: vconf undo
$ vconf switch app.yaml main
app.yaml  staging → main  file is that of @1
! undo: vconf undo
$ vconf set app.yaml db.pool 20
app.yaml  @3  db.pool 10 → 20
! undo: vconf undo
$ vconf merge app.yaml staging
! error: 1 conflict: app.yaml and staging (@2) changed the same since @1
!   db.pool   10 → 20 in app.yaml, → 40 in staging (@2)
!   nothing was written; --ours keeps these as in app.yaml, --theirs takes them from staging (@2)
! help: vconf merge app.yaml staging --ours
= 3
$ vconf
app.yaml  @3  saved
$ vconf merge app.yaml staging --markers
! error: 1 conflict: app.yaml and staging (@2) changed the same since @1
!   db.pool   10 → 20 in app.yaml, → 40 in staging (@2)
!   conflicts are marked in texts only; keys and values would not be read any more
!   nothing was written; --ours keeps these as in app.yaml, --theirs takes them from staging (@2)
! help: vconf merge app.yaml staging --ours
= 3
$ vconf merge app.yaml staging --json
! {"error":{"kind":"conflict","message":"1 conflict: app.yaml and staging (@2) changed the same since @1","details":["db.pool   10 → 20 in app.yaml, → 40 in staging (@2)","nothing was written; --ours keeps these as in app.yaml, --theirs takes them from staging (@2)"],"help":"vconf merge app.yaml staging --ours","conflicts":[{"path":"/db/pool","about":"value","base":[10],"ours":[20],"theirs":[40]}]}}
= 3
$ vconf merge app.yaml staging --ours
app.yaml  @4  Merge of staging (@2), 1 conflict decided for the file   (No change)
! note: 1 conflict decided for the file
!   db.pool   10 → 20 in app.yaml, → 40 in staging (@2)
! undo: vconf undo
$ vconf merge app.yaml nowhere
! error: app.yaml has no tag or branch nowhere
!   its branches are main, staging
! help: vconf branch app.yaml
= 2
"#,
    );
}

#[test]
fn lines_of_a_text_are_merged_and_conflicts_can_be_marked() {
    let sandbox = Sandbox::new();
    sandbox.save("motd.txt", "one\ntwo\nthree\nfour\n");
    expect(
        &sandbox,
        r#"
$ vconf switch -c motd.txt x
motd.txt  main → x  file not touched
! undo: vconf undo
$ printf 'one\n2\nthree\nfour\n' > motd.txt
$ vconf save motd.txt -m x
motd.txt  @2 on x  x   (1 line changed in text)
! undo: vconf undo
$ vconf switch motd.txt main
motd.txt  x → main  file is that of @1
! undo: vconf undo
$ printf 'one\nTWO\nthree\n4\n' > motd.txt
$ vconf save motd.txt -m main
motd.txt  @3  main   (2 lines changed in text)
! undo: vconf undo
$ vconf merge motd.txt x
! error: 1 conflict: motd.txt and x (@2) changed the same since @1
!   line 2   two → TWO in motd.txt, → 2 in x (@2)
!   nothing was written; --ours keeps these as in motd.txt, --theirs takes them from x (@2)
!   --markers writes both into the file, marked
! help: vconf merge motd.txt x --ours
= 3
$ vconf merge motd.txt x --markers --json --dry-run | grep -c 'dry_run":true'
1
$ vconf merge motd.txt x --theirs -m merged
motd.txt  file → edited   1 line changed
@@ -1,4 +1,4 @@
 one
-TWO
+2
 three
 4
motd.txt  @4  merged   (1 line changed in text)
! note: 1 conflict decided for the branch
!   line 2   two → TWO in motd.txt, → 2 in x (@2)
! undo: vconf undo
"#,
    );
}

#[test]
fn a_change_is_picked_onto_another_file_and_onto_a_branch() {
    let sandbox = sandbox();
    sandbox.write(
        "web.yaml",
        APP.replace("db1", "web1").replace("- name: A", "- name: Z\n  value: '0'\n- name: A"),
    );
    expect(
        &sandbox,
        r#"
$ vconf branch app.yaml staging
app.yaml  branch staging  → @1
! help: vconf switch app.yaml staging
! undo: vconf undo
$ vconf set app.yaml 'env[name=B].value' 20 --string
app.yaml  @2  env[name=B].value "2" → "20"
! undo: vconf undo
$ vconf pick app.yaml@2 --onto web.yaml
web.yaml  file → edited   1 changed
~ env[name=B].value   "2" → "20"
web.yaml  @1  Before the pick of app.yaml@2   (First version)
web.yaml  @2  Pick of app.yaml@2   (env[name=B].value "2" → "20")
! undo: vconf undo
$ head -14 web.yaml | tail -7
env:
- name: Z
  value: '0'
- name: A
  value: '1'
- name: B
  value: '20'
$ vconf pick app.yaml@2 --onto @staging
app.yaml  @3 on staging  Pick of app.yaml@2   (env[name=B].value "2" → "20")
! undo: vconf undo
$ vconf pick app.yaml@2 --onto @staging
app.yaml@staging  nothing to do: what app.yaml@2 changed is there already
$ vconf pick app.yaml@2 --onto app.yaml@1
! error: app.yaml@1 is no branch, and a version never changes
! help: vconf branch app.yaml
= 2
$ vconf pick app.yaml@1 --onto web.yaml
! error: app.yaml@1 is a first version
!   it changed nothing that could be carried
= 2
"#,
    );
}

#[test]
fn an_edit_that_was_not_saved_stays_on_the_branch_that_is_left() {
    expect(
        &sandbox(),
        r#"
$ vconf switch -c app.yaml staging
app.yaml  main → staging  file not touched
! undo: vconf undo
$ sed -i 's/pool: 10/pool: 40/' app.yaml
$ vconf switch app.yaml main
app.yaml  @2 on staging  Before the switch to main   (db.pool 10 → 40)
app.yaml  staging → main  file is that of @1
! undo: vconf undo
$ grep pool app.yaml
  pool: 10
"#,
    );
}
