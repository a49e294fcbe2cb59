//! What each command says: data on the standard output, talk on the standard error, and the exit status.

use crate::support::Sandbox;
use crate::transcript::expect;

const APP: &str = "\
server:
  port: 8080 # default
  host: db1
env:
  - name: A
    value: 1
  - name: B
    value: 2
";

/// A folder with a file in it.
fn with_app() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("app.yaml", APP);
    sandbox
}

/// One with two versions of it, the second with a tag.
fn with_two_versions() -> Sandbox {
    let sandbox = with_app();
    sandbox.run("save app.yaml").expect(0);
    sandbox.write("app.yaml", APP.replace("8080", "9090").replace("value: 2", "value: 20"));
    sandbox.vconf(["save", "app.yaml", "-m", "Move the port", "--tag", "stable"]).expect(0);
    sandbox
}

#[test]
fn a_newcomer_saves_changes_and_looks() {
    expect(
        &with_app(),
        r#"
$ vconf
! note: no file is tracked here yet
! help: vconf save FILE
$ vconf log
! error: there is no store in /srv or above
!   the first save creates one
! help: vconf save FILE
= 2
$ vconf save app.yaml
app.yaml  @1  First version
! note: created the store .vconf
! undo: vconf undo
$ vconf
app.yaml  @1  saved
$ vconf save app.yaml
app.yaml  @1  unchanged, nothing to save
$ sed -i 's/8080/9090/; s/value: 2/value: 20/' app.yaml
$ vconf
app.yaml  @1  server.port 8080 → 9090, env[name=B].value 2 → 20
$ vconf diff app.yaml
app.yaml  @1 → file   2 changed
~ server.port         8080 → 9090
~ env[name=B].value   2 → 20
= 1
$ vconf save -m 'Move the port' --tag stable
app.yaml  @2  Move the port   (server.port 8080 → 9090, env[name=B].value 2 → 20)
app.yaml  tag stable  → @2
! undo: vconf undo
$ vconf save
nothing to save: no tracked file has changed
$ vconf log app.yaml
@2    just now          ops@db1  Move the port  [stable]
      server.port 8080 → 9090, env[name=B].value 2 → 20
@1    just now          ops@db1  First version
$ vconf log
app.yaml  @2    just now          ops@db1  Move the port  [stable]
      server.port 8080 → 9090, env[name=B].value 2 → 20
app.yaml  @1    just now          ops@db1  First version
$ vconf check
2 versions of 1 config, 1 change of refs: all as they were written
"#,
    );
}

#[test]
fn versions_are_shown_as_they_were_and_in_other_formats() {
    expect(
        &with_two_versions(),
        r#"
$ vconf show app.yaml@1
server:
  port: 8080 # default
  host: db1
env:
  - name: A
    value: 1
  - name: B
    value: 2
$ vconf show app.yaml@1 --as json
{
  "server": {
    "port": 8080,
    "host": "db1"
  },
  "env": [
    {
      "name": "A",
      "value": 1
    },
    {
      "name": "B",
      "value": 2
    }
  ]
}
$ vconf show app.yaml --as canonical; echo
{"env":[{"name":"A","value":1},{"name":"B","value":20}],"server":{"host":"db1","port":9090}}
$ vconf show app.yaml@1 --as toml
[server]
port = 8080
host = "db1"

[[env]]
name = "A"
value = 1

[[env]]
name = "B"
value = 2
$ vconf show app.yaml@1 --record | jq -r '.content[1]'
  port: 8080 # default
$ vconf get app.yaml server.port
9090
$ vconf get app.yaml@1 'env[name=B]'
{
  "name": "B",
  "value": 2
}
$ vconf get app.yaml@stable /server/host
db1
$ vconf get app.yaml server.prt
! error: app.yaml@2 has no key server.prt
!   server has port, host
! help: vconf get app.yaml@2 server.port
= 2
$ vconf get app.yaml nothing.at.all
! error: app.yaml@2 has no key nothing.at.all
!   it has server, env
! help: vconf show app.yaml@2
= 2
$ vconf log app.yaml --key server.port
@2    8080 → 9090  just now  ops@db1  Move the port
@1    8080  just now  ops@db1  First version
$ vconf log app.yaml --key server.prt
! error: app.yaml never had the key server.prt
! help: vconf show app.yaml
= 2
"#,
    );
}

#[test]
fn differences_are_told_by_content() {
    expect(
        &with_two_versions(),
        r#"
$ vconf diff app.yaml@1 @2
app.yaml  @1 → @2   2 changed
~ server.port         8080 → 9090
~ env[name=B].value   2 → 20
= 1
$ vconf diff app.yaml@1 app.yaml
app.yaml  @1 → file   2 changed
~ server.port         8080 → 9090
~ env[name=B].value   2 → 20
= 1
$ vconf diff app.yaml@stable app.yaml
app.yaml  @2 → file   no change
$ vconf diff app.yaml -r 2 -r 1
app.yaml  @2 → @1   2 changed
~ server.port         9090 → 8080
~ env[name=B].value   20 → 2
= 1
$ vconf diff app.yaml@1 @2 --text
app.yaml  @1 → @2   2 lines changed
@@ -1,8 +1,8 @@
 server:
-  port: 8080 # default
+  port: 9090 # default
   host: db1
 env:
   - name: A
     value: 1
   - name: B
-    value: 2
+    value: 20
= 1
$ sed -i 's/ # default/ # the default/' app.yaml
$ vconf diff app.yaml
app.yaml  @2 → file   no change in content · comments: 1
$ echo '{"a":[1,1,2]}' > a.json; echo '{"a":[1,2,2]}' > b.json
$ vconf diff a.json b.json
a.json → b.json   1 added, 1 removed
± a   - 1 (2 → 1 copies)   + 2 (1 → 2 copies)
= 1
$ echo '{"a":[2,1,1]}' > b.json
$ vconf diff a.json b.json
a.json → b.json   no change in content · order only: 1 list
order differs in a; with --order strict it counts
$ vconf diff a.json b.json --order strict
a.json → b.json   1 moved
→ a[0]   moved from index 2 to 0
= 1
$ vconf diff a.json nothing.json
! error: there is no file nothing.json
!   its folder has a.json, app.yaml, b.json
! help: vconf status
= 2
"#,
    );
}

#[test]
fn a_rollback_and_what_undoes_it() {
    expect(
        &with_two_versions(),
        r#"
$ sed -i 's/db1/db2/' app.yaml
$ vconf rollback app.yaml
! error: which version of app.yaml is to come back?
!   the latest is @2; @-1 is the one before it
! help: vconf log app.yaml
= 2
$ vconf rollback app.yaml@1 --dry-run
app.yaml  file → @1   3 changed
server
  ~ port   9090 → 8080
  ~ host   db2 → db1
~ env[name=B].value   20 → 2
! note: nothing was written (--dry-run)
$ vconf rollback app.yaml@1
app.yaml  file → @1   3 changed
server
  ~ port   9090 → 8080
  ~ host   db2 → db1
~ env[name=B].value   20 → 2
app.yaml  @3  Before the rollback to version 1   (server.host db1 → db2)
app.yaml  @4  Rollback to version 1   (server.port 9090 → 8080, server.host db2 → db1, env[name=B].value 20 → 2)
! undo: vconf undo
$ vconf rollback app.yaml@1
app.yaml  @4  nothing to do: the file is the same
$ vconf undo
undone: vconf rollback app.yaml@1  (app.yaml@3 … app.yaml@4)
  app.yaml  latest is @2, file is that of @3 again
! redo: vconf redo
$ grep host app.yaml
  host: db2
$ vconf redo
redone: vconf rollback app.yaml@1  (app.yaml@3 … app.yaml@4)
  app.yaml  latest is @4, file is that of @4 again
! undo: vconf undo
$ vconf redo
! error: there is nothing to redo
!   nothing was undone
! help: vconf undo --list
= 2
$ vconf undo --list
just now          ops@db1  vconf rollback app.yaml@1  (app.yaml@3 … app.yaml@4)  ← next
just now          ops@db1  vconf save app.yaml -m 'Move the port' --tag stable  (app.yaml@2)
just now          ops@db1  vconf save app.yaml  (app.yaml@1)
$ vconf log app.yaml
@4    just now          ops@db1  Rollback to version 1
      server.port 9090 → 8080, server.host db2 → db1, env[name=B].value 20 → 2
@3    just now          ops@db1  Before the rollback to version 1
      server.host db1 → db2
@2    just now          ops@db1  Move the port  [stable]
      server.port 8080 → 9090, env[name=B].value 2 → 20
@1    just now          ops@db1  First version
$ rm app.yaml
$ vconf
app.yaml  @4  no file   vconf rollback app.yaml@4
$ vconf save app.yaml
! error: there is no file /srv/app.yaml
!   its versions are still there
! help: vconf rollback app.yaml@latest
= 2
$ vconf rollback app.yaml@latest
app.yaml  @5  Rollback to version 4   (No change)
! undo: vconf undo
$ cmp app.yaml <(vconf show app.yaml) && echo the same
the same
"#,
    );
}

#[test]
fn tags_name_versions() {
    expect(
        &with_two_versions(),
        r#"
$ vconf tag
app.yaml  @2  stable
$ vconf tag app.yaml@1 first
app.yaml  tag first  → @1
! undo: vconf undo
$ vconf tag app.yaml@2 first
app.yaml  tag first  @1 → @2
! undo: vconf undo
$ vconf tag app.yaml
app.yaml  @2  first
app.yaml  @2  stable
$ vconf undo
undone: vconf tag app.yaml@2 first  (app.yaml)
  app.yaml  tag first is at @1, file not touched
! redo: vconf redo
$ vconf tag
app.yaml  @1  first
app.yaml  @2  stable
$ vconf tag --delete first
app.yaml  tag first  deleted, was @1
! undo: vconf undo
$ vconf tag --delete first
! error: no file has a tag first
! help: vconf tag
= 2
$ vconf tag app.yaml@1 7
! error: "7" can't be a name: it would be taken for a version number or a time
= 5
$ vconf tag app.yaml@1 'no spaces'
! error: "no spaces" can't be a name: a name has only letters, digits and . _ - + / in it
= 5
"#,
    );
}

#[test]
fn a_branch_is_tried_and_left_with_its_unsaved_edits_kept() {
    expect(
        &with_two_versions(),
        r#"
$ vconf branch app.yaml staging
app.yaml  branch staging  → @2
! help: vconf switch app.yaml staging
! undo: vconf undo
$ vconf switch app.yaml staging
app.yaml  main → staging  file not touched
! undo: vconf undo
$ sed -i 's/db1/db2/' app.yaml
$ vconf save app.yaml
app.yaml  @3 on staging  server.host db1 → db2
! undo: vconf undo
$ sed -i 's/9090/1/' app.yaml
$ vconf
app.yaml  @3 on staging  server.port 9090 → 1
$ vconf switch app.yaml main
app.yaml  @4 on staging  Before the switch to main   (server.port 9090 → 1)
app.yaml  staging → main  file is that of @2
! undo: vconf undo
$ grep -E 'port|host' app.yaml
  port: 9090 # default
  host: db1
$ vconf log app.yaml | grep @
@4    just now          ops@db1  Before the switch to main  (staging)  ← head of staging
@3    just now          ops@db1  server.host db1 → db2  (staging, from @2)
@2    just now          ops@db1  Move the port  [stable]  ← latest
@1    just now          ops@db1  First version
$ vconf log app.yaml --branch main
@2    just now          ops@db1  Move the port  [stable]  ← latest
      server.port 8080 → 9090, env[name=B].value 2 → 20
@1    just now          ops@db1  First version
$ vconf log app.yaml --branch staging -n 3
@4    just now          ops@db1  Before the switch to main  (staging)  ← head of staging
      server.port 9090 → 1
@3    just now          ops@db1  server.host db1 → db2  (staging, from @2)
@2    just now          ops@db1  Move the port  [stable]  ← head of main
      server.port 8080 → 9090, env[name=B].value 2 → 20
$ vconf log app.yaml --branch stagign
! error: app.yaml has no branch stagign
!   did you mean staging?
!   it has main, staging
! help: vconf branch app.yaml
= 2
$ vconf branch app.yaml
app.yaml  @2  main  Move the port  ← current
app.yaml  @4  staging  Before the switch to main
$ vconf undo
undone: vconf switch app.yaml main  (app.yaml@4)
  app.yaml  on branch staging, latest is @3, file is that of @4 again
! redo: vconf redo
$ grep -E 'port|host' app.yaml
  port: 1 # default
  host: db2
$ vconf redo
redone: vconf switch app.yaml main  (app.yaml@4)
  app.yaml  on branch main, latest is @2, file is that of @2 again
! undo: vconf undo
$ vconf branch app.yaml --delete staging
app.yaml  branch staging  deleted, was @4; its versions stay
! undo: vconf undo
$ vconf log app.yaml
@4    just now          ops@db1  Before the switch to main  (staging)  (no longer on a branch)
@3    just now          ops@db1  server.host db1 → db2  (staging, from @2)  (no longer on a branch)
@2    just now          ops@db1  Move the port  [stable]  ← latest
      server.port 8080 → 9090, env[name=B].value 2 → 20
@1    just now          ops@db1  First version
$ vconf switch app.yaml staging
! error: app.yaml has no branch staging
!   it has main
! help: vconf switch -c app.yaml staging
= 2
$ vconf undo
undone: vconf branch app.yaml --delete staging  (app.yaml)
  app.yaml  branches are main, staging, file not touched
! redo: vconf redo
$ vconf branch app.yaml staging
! error: app.yaml has a branch staging already
! help: vconf switch app.yaml staging
= 5
$ vconf branch app.yaml stable
! error: app.yaml has a tag stable already
!   a branch and a tag of one name could not be told apart
! help: vconf tag app.yaml
= 5
$ vconf branch app.yaml --delete main
! error: main is the current branch and can't be deleted
! help: vconf branch app.yaml
= 5
$ vconf check
4 versions of 1 config, 8 changes of refs: all as they were written
"#,
    );
}

#[test]
fn a_mistake_is_met_with_what_is_there_and_what_to_run() {
    expect(
        &with_two_versions(),
        r#"
$ vconf show app.yaml@9
! error: app.yaml has no version 9
!   it has 1–2; latest is @2 ("Move the port", ops@db1, just now)
! help: vconf log app.yaml
= 2
$ vconf show app.yaml@stabel
! error: app.yaml has no tag or branch stabel
!   did you mean stable?
! help: vconf tag app.yaml
= 2
$ vconf show app.yaml@-5
! error: app.yaml has 1 version before the latest, not 5
! help: vconf log app.yaml
= 2
$ vconf show app.yaml@2000-01-01 2>&1 | sed 's/("First version", .*)/(…)/'
error: app.yaml had no version yet at 2000-01-01 23:59
  its first is @1 (…)
help: vconf show app.yaml@1
$ vconf show app.yaml@0
! error: app.yaml has no version 0
!   it has 1–2; latest is @2 ("Move the port", ops@db1, just now)
! help: vconf log app.yaml
= 2
$ vconf show app.yaml@
! error: "" is no revision: a name is not empty
!   a version is a number, latest, -1, a tag, or a time such as 10m, 2h, 2d, now, today, yesterday, 14:30, 2026-11-20T14:30
= 5
$ vconf show app.yam
! error: app.yam has no history
!   did you mean app.yaml?
! help: vconf show app.yaml
= 2
$ vconf log other.json
! error: other.json has no history
!   nor is there such a file
! help: vconf status
= 2
$ vconf save nothing.yaml
! error: there is no file /srv/nothing.yaml
!   its folder has app.yaml
! help: vconf status
= 2
$ vconf save app.yaml --expect 1
! error: app.yaml is at version 2, not at the expected 1
!   since then: @2 ("Move the port", ops@db1, just now)
! help: vconf diff app.yaml@1 @2
= 3
$ vconf save app.yaml --expect 2
app.yaml  @2  unchanged, nothing to save
$ vconf save app.yaml --format xml
! error: invalid value 'xml' for '--format <FORMAT>': the formats are json, jsonc, json5, yaml, toml, ini, env, properties, text, binary
!
! For more information, try '--help'.
= 2
$ vconf save app.yaml nothing.yaml
app.yaml  @2  unchanged, nothing to save
! error: there is no file /srv/nothing.yaml
!   its folder has app.yaml
! help: vconf status
= 2
$ vconf log --since whenever
! error: "whenever" is no time
!   a time is 10m, 2h, 2d, now, today, yesterday, 14:30, 2026-11-20, 2026-11-20T14:30, or one with a zone
= 5
$ vconf frobnicate
! error: there is no command frobnicate
! help: vconf --help
= 2
$ vconf --store ftp://host/folder log
! error: ftp://host/folder can't be used as a store
!   ftp:// is no kind of store
!   a store is a folder, or one of postgres://…, s3://…, gs://…, az://…
= 2
$ vconf import nowhere
! error: there is no folder /srv/nowhere
= 2
$ vconf man nothing
! error: there is no command nothing
! help: vconf --help
= 2
$ vconf completions tcl
! error: invalid value 'tcl' for '<SHELL>'
!   [possible values: bash, elvish, fish, powershell, zsh]
!
! For more information, try '--help'.
= 2
"#,
    );
}

#[test]
fn damage_is_told_with_its_remedy() {
    let sandbox = with_two_versions();
    let record = std::fs::read_to_string(sandbox.record("app.yaml", 1)).unwrap();
    std::fs::write(sandbox.record("app.yaml", 1), record.replace("8080", "8081")).unwrap();
    expect(
        &sandbox,
        r#"
$ vconf check
app.yaml  @1  line 22: the content was altered: its SHA-256 is not the one in "checksum"
  .vconf/configs/app.yaml/v1.json
  remedy: vconf check --repair, with --from STORE where you have a copy of the store; all versions but @1 are usable
2 versions of 1 config, 1 change of refs: 1 problem
= 4
$ vconf show app.yaml@1
! error: app.yaml: version 1 is damaged
!   .vconf/configs/app.yaml/v1.json: line 22: the content was altered: its SHA-256 is not the one in "checksum"
!   the other versions are not touched by this
! help: vconf check
= 4
$ vconf show app.yaml@2 | head -2
server:
  port: 9090 # default
$ vconf diff app.yaml@1 @2
! error: app.yaml: version 1 is damaged
!   .vconf/configs/app.yaml/v1.json: line 22: the content was altered: its SHA-256 is not the one in "checksum"
!   the other versions are not touched by this
! help: vconf check
= 4
$ vconf log app.yaml
@2    just now          ops@db1  Move the port  [stable]
      server.port 8080 → 9090, env[name=B].value 2 → 20
@1    just now          ops@db1  First version
$ vconf rollback app.yaml@1
! error: app.yaml: version 1 is damaged
!   .vconf/configs/app.yaml/v1.json: line 22: the content was altered: its SHA-256 is not the one in "checksum"
!   the other versions are not touched by this
! help: vconf check
= 4
$ rm .vconf/configs/app.yaml/v1.json
$ vconf check
app.yaml  @1  the record is missing
  .vconf/configs/app.yaml/v1.json
  remedy: vconf check --repair, with --from STORE where you have a copy of the store; all versions but @1 are usable
1 version of 1 config, 1 change of refs: 1 problem
= 4
$ vconf log app.yaml
@2    just now          ops@db1  Move the port  [stable]
      server.port 8080 → 9090, env[name=B].value 2 → 20
@1  damaged: the record is missing
! warning: app.yaml: version 1 is damaged: /srv/.vconf/configs/app.yaml/v1.json: the record is missing. Run: vconf check
= 4
"#,
    );
}

#[test]
fn the_command_documents_itself() {
    expect(
        &Sandbox::new(),
        r#"
$ vconf --version
vconf 0.1.0
$ vconf completions bash | bash -n && echo bash reads it
bash reads it
$ vconf completions zsh | head -1
#compdef vconf
$ vconf completions fish | grep -c rollback | sed 's/^[1-9].*/some/'
some
$ vconf man | grep '^vconf'
vconf \- Version control for configuration files, without a version control system to learn
vconf\-status(1)
vconf\-save(1)
vconf\-log(1)
vconf\-find(1)
vconf\-blame(1)
vconf\-diff(1)
vconf\-show(1)
vconf\-get(1)
vconf\-set(1)
vconf\-unset(1)
vconf\-patch(1)
vconf\-rollback(1)
vconf\-revert(1)
vconf\-pick(1)
vconf\-merge(1)
vconf\-undo(1)
vconf\-redo(1)
vconf\-tag(1)
vconf\-branch(1)
vconf\-switch(1)
vconf\-pack(1)
vconf\-forget(1)
vconf\-check(1)
vconf\-bisect(1)
vconf\-import(1)
vconf\-export(1)
vconf\-copy(1)
vconf\-serve(1)
vconf\-follow(1)
vconf\-token(1)
vconf\-completions(1)
vconf\-man(1)
vconf\-help(1)
$ vconf man rollback | grep '^vconf'
vconf\-rollback \- Bring a file back to an earlier version, recorded as a new version
$ vconf --help | head -3
Version control for configuration files, without a version control system to learn.

Without a command, vconf shows each tracked file, its latest version, and what changed since.
$ vconf save --help | head -3
Save files as new versions; without FILE, all tracked files that changed

Usage: vconf save [OPTIONS] [FILE]...
"#,
    );
}

#[test]
fn colour_is_given_only_to_whom_asks_for_it() {
    let sandbox = with_two_versions();
    let plain = sandbox.run("diff app.yaml@1 @2").expect(1);
    assert!(!plain.out().contains('\x1b'), "a pipe is no terminal: {plain}");
    let colored = sandbox.run("diff app.yaml@1 @2 --color always").expect(1);
    assert!(colored.out().contains("\x1b["), "{colored}");
    let mut stripped = String::new();
    let mut rest = &*colored.out();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        stripped.push_str(before);
        rest = after.split_once('m').expect("a sequence of colour ends").1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain.out(), "colour only adds");

    // On a terminal it is the default, unless one does not want it.
    let terminal = |variable: &str| {
        let mut script = sandbox.program("script");
        let command = format!("{} diff app.yaml@1 @2", crate::support::VCONF);
        script.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm").env(variable, "1");
        let output = script.output().expect("script can be run");
        crate::support::Ran::of(output, &command).out()
    };
    assert!(terminal("SOME").contains("\x1b["));
    assert!(!terminal("NO_COLOR").contains("\x1b["));
}
