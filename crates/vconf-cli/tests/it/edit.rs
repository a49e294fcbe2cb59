//! Edits that the command makes in a file: what a person sees, and what the file holds after.

use crate::support::Sandbox;
use crate::transcript::expect;

const APP: &str = "\
{
  // how it listens
  \"server\": {
    \"port\": 8080, // default
    \"host\": \"db1\"
  },
  \"env\": [
    {\"name\": \"A\", \"value\": \"1\"},
    {\"name\": \"B\", \"value\": \"2\"}
  ],
  \"on\": true
}
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.save("app.jsonc", APP);
    sandbox
}

#[test]
fn one_value_is_set_and_all_else_stays() {
    expect(
        &sandbox(),
        r#"
$ vconf set app.jsonc server.port 9090
app.jsonc  @2  server.port 8080 → 9090
! undo: vconf undo
$ cat app.jsonc
{
  // how it listens
  "server": {
    "port": 9090, // default
    "host": "db1"
  },
  "env": [
    {"name": "A", "value": "1"},
    {"name": "B", "value": "2"}
  ],
  "on": true
}
$ vconf set app.jsonc server.port 9090
app.jsonc  nothing to do: server.port has this value
$ vconf undo
undone: vconf set app.jsonc server.port 9090  (app.jsonc@2)
  app.jsonc  latest is @1, file is that of @1 again
! redo: vconf redo
$ head -4 app.jsonc
{
  // how it listens
  "server": {
    "port": 8080, // default
$ vconf redo
redone: vconf set app.jsonc server.port 9090  (app.jsonc@2)
  app.jsonc  latest is @2, file is that of @2 again
! undo: vconf undo
$ vconf set app.jsonc 'env[name=B].value' 20
app.jsonc  @3  env[name=B].value "2" → 20
! note: env[name=B].value was a string and is a number now; --string keeps it one
! undo: vconf undo
$ vconf set app.jsonc 'env[name=B].value' 20 --string -m 'As a text'
app.jsonc  @4  As a text   (env[name=B].value 20 → "20")
! note: env[name=B].value was a number and is a string now
! undo: vconf undo
$ vconf set app.jsonc 'env[+].name' C
app.jsonc  @5  + env[name=C]
! undo: vconf undo
$ vconf set app.jsonc server.tls.on true --dry-run
app.jsonc  file → edited   1 added
+ server.tls   {on: true}
! note: nothing was written (--dry-run)
$ vconf set app.jsonc server.hots db2 --dry-run
app.jsonc  file → edited   1 added
+ server.hots   db2
! note: server.hots is new; there is also server.host
! note: nothing was written (--dry-run)
$ vconf unset app.jsonc server.host
app.jsonc  @6  - server.host
! undo: vconf undo
$ cat app.jsonc
{
  // how it listens
  "server": {
    "port": 9090 // default
  },
  "env": [
    {"name": "A", "value": "1"},
    {"name": "B", "value": "20"},
    {"name": "C"}
  ],
  "on": true
}
$ vconf log app.jsonc -n 2
@6    just now          ops@db1  - server.host
@5    just now          ops@db1  + env[name=C]
"#,
    );
}

#[test]
fn unsaved_edits_are_a_version_first_and_undo_brings_them_back() {
    expect(
        &sandbox(),
        r#"
$ sed -i 's/db1/db2/' app.jsonc
$ vconf set app.jsonc on false -m 'Off for the move'
app.jsonc  @2  Before setting on   (server.host db1 → db2)
app.jsonc  @3  Off for the move   (on true → false)
! undo: vconf undo
$ vconf undo
undone: vconf set app.jsonc on false -m 'Off for the move'  (app.jsonc@2 … app.jsonc@3)
  app.jsonc  latest is @1, file is that of @2 again
! redo: vconf redo
$ grep -e host -e '"on"' app.jsonc
    "host": "db2"
  "on": true
"#,
    );
}

#[test]
fn a_file_without_a_history_gets_one() {
    let sandbox = Sandbox::new();
    sandbox.write(".env", "# the port\nPORT=8080\n");
    expect(
        &sandbox,
        r#"
$ vconf set .env HOST db1 --dry-run
.env  file → edited   1 added
+ HOST   db1
! note: nothing was written (--dry-run)
$ ls -A
.env
$ vconf set .env HOST db1
.env  @1  Before setting HOST   (First version)
.env  @2  + HOST db1
! note: created the store .vconf
! undo: vconf undo
$ cat .env
# the port
PORT=8080
HOST=db1
$ vconf set .env PORT 9090
.env  @3  PORT 8080 → 9090
! undo: vconf undo
$ vconf unset .env HOST
.env  @4  - HOST
! undo: vconf undo
$ cat .env
# the port
PORT=9090
"#,
    );
}

#[test]
fn what_can_not_be_set_says_what_is_there() {
    let sandbox = sandbox();
    sandbox.write("notes.txt", "a\nb\n");
    sandbox.write("bad.json", "{\"a\":}");
    expect(
        &sandbox,
        r#"
$ vconf set app.jsonc server.port.x 1
! error: server.port.x can't be set: server.port is a number, and nothing can be below it
! help: vconf set app.jsonc server.port VALUE
= 5
$ vconf set app.jsonc 'env[name=C].value' 1
! error: app.jsonc has no key env[name=C].value
!   env has [name=A], [name=B]
!   a new item is env[+]
! help: vconf get app.jsonc env
= 2
$ vconf set app.jsonc 'env[7]' 1
! error: app.jsonc has no key env[7]
!   env has [name=A], [name=B]
!   a new item is env[+]
! help: vconf get app.jsonc env
= 2
$ vconf set app.jsonc server..x 1
! error: server..x can't be set: "..x" is no part of a key
!   a key is db.pool, env[name=B].value, list[0], list[+] for a new item, or /db/pool
!   names with dots or brackets in them stand in double quotes
= 5
$ vconf unset app.jsonc server.hots
! error: app.jsonc has no key server.hots
!   server has port, host
! help: vconf unset app.jsonc server.host
= 2
$ vconf unset app.jsonc .
! error: a key is needed: . is the whole content
!   a key is db.pool, env[name=B].value, list[0], or /db/pool; nothing was written
! help: vconf unset app.jsonc KEY
= 5
$ vconf set app.jsonc@1 on false
! error: a version never changes; only the file does
!   name it without the version: app.jsonc
= 2
$ vconf set notes.txt a 1
! error: notes.txt can't be edited by its keys
!   it is text, which has no keys and values
!   where it is in a format all the same, say so with --format
= 5
$ vconf set bad.json a 1
! error: bad.json can't be edited by its keys
!   not valid json at line 1, column 6: expected a value, found `}`
= 5
$ vconf set nothing.json a 1
! error: there is no file nothing.json
!   its folder has app.jsonc, bad.json, notes.txt
! help: vconf status
= 2
$ vconf set app.jsonc on false --expect 7
! error: app.jsonc is at version 1, not at the expected 7
! help: vconf diff app.jsonc@1
= 3
$ vconf log app.jsonc
@1    just now          ops@db1  First version
"#,
    );
    assert_eq!(sandbox.read("app.jsonc"), APP.as_bytes());
}

#[test]
fn a_difference_is_a_patch_that_can_be_made_elsewhere() {
    let sandbox = sandbox();
    sandbox.save(
        "app.jsonc",
        APP.replace("8080", "9090").replace("{\"name\": \"A\", \"value\": \"1\"},\n    ", ""),
    );
    expect(
        &sandbox,
        r#"
$ vconf diff app.jsonc@1 @2 --as json-patch --json
[{"op":"test","path":"/server/port","value":8080},{"op":"replace","path":"/server/port","value":9090},{"op":"test","path":"/env/0","value":{"name":"A","value":"1"}},{"op":"remove","path":"/env/0"}]
= 1
$ vconf diff app.jsonc@1 @2 --as merge-patch
{
  "server": {
    "port": 9090
  },
  "env": [
    {
      "name": "B",
      "value": "2"
    }
  ]
}
= 1
$ vconf diff app.jsonc@1 @2 --as patch --json
{"changes":[{"op":"replace","path":"/server/port","old":8080,"new":9090},{"op":"remove","path":"/env/0","old":{"name":"A","value":"1"}}],"reordered":[]}
= 1
$ for kind in json-patch merge-patch patch; do vconf show app.jsonc@1 > copy.jsonc; vconf diff app.jsonc@1 @2 --as $kind > p; vconf patch copy.jsonc p --dry-run > /dev/null 2>&1; vconf patch copy.jsonc p -m "By $kind" 2>&1 | tail -2; vconf diff copy.jsonc app.jsonc | tail -1; done
copy.jsonc  @2  By json-patch   (server.port 8080 → 9090, - env[name=A])
undo: vconf undo
copy.jsonc → app.jsonc   no change
copy.jsonc  @4  By merge-patch   (server.port 8080 → 9090, - env[name=A])
undo: vconf undo
copy.jsonc → app.jsonc   no change
copy.jsonc  @6  By patch   (server.port 8080 → 9090, - env[name=A])
undo: vconf undo
copy.jsonc → app.jsonc   no change
$ grep port copy.jsonc
    "port": 9090, // default
$ vconf diff app.jsonc@1 @2 --as json-patch | vconf patch app.jsonc -
! error: the patch does not fit the file
!   operation 0 (test /server/port) found another value
!   expected 8080
!   found 9090
!   nothing was written
= 3
$ vconf diff app.jsonc@1 @2 --as patch | vconf patch app.jsonc -
! error: the patch does not fit the file
!   at /server/port is another value than the patch says
!   nothing was written
= 3
$ echo '[{"op":"turn","path":"/a"}]' | vconf patch app.jsonc -
! error: the patch is no JSON Patch
!   operation 0: there is no operation "turn"
!   RFC 6902: a list of operations such as {"op":"add","path":"/a","value":1}
= 5
$ echo '{' | vconf patch app.jsonc -
! error: - is not a patch
!   not valid json at line 2, column 1: expected a key in double quotes, found the end of the file
!   a patch is a list of operations (RFC 6902), a map (RFC 7396), or what vconf diff --as patch writes
= 5
$ echo 7 | vconf patch app.jsonc -
! error: the patch is not valid
!   a patch is a list of operations (RFC 6902), a map (RFC 7396), or what vconf diff --as patch writes
= 5
$ echo '[]' | vconf patch app.jsonc -
app.jsonc  nothing to do: the patch changes nothing
$ echo '{"server":{"host":null}}' | vconf patch app.jsonc - --dry-run
app.jsonc  file → edited   1 removed
- server.host   db1
! note: nothing was written (--dry-run)
$ echo '{"server":{"host":null}}' | vconf patch app.jsonc -
app.jsonc  file → edited   1 removed
- server.host   db1
app.jsonc  @3  - server.host
! undo: vconf undo
$ vconf undo
undone: vconf patch app.jsonc -  (app.jsonc@3)
  app.jsonc  latest is @2, file is that of @2 again
! redo: vconf redo
"#,
    );
}

#[test]
fn a_null_has_no_merge_patch() {
    let sandbox = Sandbox::new();
    sandbox.save("a.json", "{\"a\": 1}\n");
    sandbox.save("a.json", "{\"a\": null}\n");
    expect(
        &sandbox,
        r#"
$ vconf diff a.json@1 @2 --as merge-patch
! error: the difference can't be written as a merge patch
!   a merge patch can't set null, at /a
!   RFC 7396 takes null for what shall go; a JSON Patch can set it
= 5
$ vconf diff a.json@1 @2 --as json-patch --json
[{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a","value":null}]
= 1
"#,
    );
}

#[test]
fn one_key_comes_back_and_all_else_stays() {
    let sandbox = sandbox();
    let without_b = APP.replace("},\n    {\"name\": \"B\", \"value\": \"2\"}", "}");
    sandbox.save("app.jsonc", without_b.replace("8080", "9090").replace("db1", "db2"));
    expect(
        &sandbox,
        r#"
$ vconf rollback app.jsonc@1 -k server.port
app.jsonc  file → edited   1 changed
~ server.port   9090 → 8080
app.jsonc  @3  Rollback of server.port to version 1   (server.port 9090 → 8080)
! undo: vconf undo
$ vconf rollback app.jsonc@1 -k server.port
app.jsonc  nothing to do: server.port is as it was in @1
$ vconf rollback app.jsonc@1 -k 'env[name=B]'
app.jsonc  file → edited   1 added
+ env[name=B]   {name: B, value: "2"}
app.jsonc  @4  Rollback of env[name=B] to version 1   (+ env[name=B])
! undo: vconf undo
$ cat app.jsonc
{
  // how it listens
  "server": {
    "port": 8080, // default
    "host": "db2"
  },
  "env": [
    {"name": "A", "value": "1"},
    {
      "name": "B",
      "value": "2"
    }
  ],
  "on": true
}
$ vconf undo
undone: vconf rollback app.jsonc@1 -k 'env[name=B]'  (app.jsonc@4)
  app.jsonc  latest is @3, file is that of @3 again
! redo: vconf redo
$ vconf set app.jsonc server.tls true
app.jsonc  @5  + server.tls true
! undo: vconf undo
$ vconf rollback app.jsonc@1 -k server.tls
app.jsonc  file → edited   1 removed
- server.tls   true
app.jsonc  @6  Rollback of server.tls to version 1   (- server.tls)
! undo: vconf undo
$ vconf rollback app.jsonc@1 -k server.nothing
! error: app.jsonc@1 has no key server.nothing
!   server has port, host
! help: vconf get app.jsonc@1 server
= 2
$ vconf rollback app.jsonc@1 -k server --dry-run
app.jsonc  file → edited   1 changed
~ server.host   db2 → db1
! note: nothing was written (--dry-run)
"#,
    );
}

#[test]
fn what_one_version_changed_is_taken_back_and_what_came_after_stays() {
    let sandbox = sandbox();
    let second = APP.replace("\"2\"", "\"20\"").replace("8080", "9090");
    sandbox.save("app.jsonc", &second);
    let third = second
        .replace("    {\"name\": \"A\"", "    {\"name\": \"N\", \"value\": \"0\"},\n    {\"name\": \"A\"");
    sandbox.save("app.jsonc", third.replace("db1", "db2"));
    expect(
        &sandbox,
        r#"
$ vconf revert app.jsonc@2 --dry-run
app.jsonc  file → edited   2 changed
~ server.port         9090 → 8080
~ env[name=B].value   "20" → "2"
! note: nothing was written (--dry-run)
$ vconf revert app.jsonc@2
app.jsonc  file → edited   2 changed
~ server.port         9090 → 8080
~ env[name=B].value   "20" → "2"
app.jsonc  @4  Revert of version 2   (server.port 9090 → 8080, env[name=B].value "20" → "2")
! undo: vconf undo
$ cat app.jsonc
{
  // how it listens
  "server": {
    "port": 8080, // default
    "host": "db2"
  },
  "env": [
    {"name": "N", "value": "0"},
    {"name": "A", "value": "1"},
    {"name": "B", "value": "2"}
  ],
  "on": true
}
$ vconf revert app.jsonc@2
app.jsonc  nothing to do: what @2 changed is not there any more
$ vconf undo
undone: vconf revert app.jsonc@2  (app.jsonc@4)
  app.jsonc  latest is @3, file is that of @3 again
! redo: vconf redo
$ vconf set app.jsonc server.port 7070
app.jsonc  @5  server.port 9090 → 7070
! undo: vconf undo
$ vconf revert app.jsonc@2
! error: 1 conflict: the revert of @2 and what came after @2 change the same in app.jsonc
!   server.port   8080 in @1 → 9090 in @2 → 7070 in app.jsonc
!   nothing was written; --ours leaves these as in app.jsonc, --theirs makes them as in @1
! help: vconf revert app.jsonc@2 --ours
= 3
$ vconf revert app.jsonc@1
! error: app.jsonc@1 is a first version
!   there is nothing before it that could come back
= 2
$ vconf log app.jsonc -n 1
@5    just now          ops@db1  server.port 9090 → 7070
"#,
    );
}

#[test]
fn a_key_that_several_items_have_is_refused_and_the_indices_are_told() {
    let sandbox = Sandbox::new();
    let source = "{\"l\": [{\"name\": \"x\", \"v\": 1}, {\"name\": \"x\", \"v\": 2}]}\n";
    sandbox.save("a.json", source);
    expect(
        &sandbox,
        r#"
$ vconf set a.json 'l[name=x].v' 3
! error: a.json has 2 values with the key l[name=x].v
!   say which: l[0].v, l[1].v
! help: vconf set a.json 'l[0].v' VALUE
= 5
$ vconf set a.json 'l[name=x].new' 3
! error: a.json has 2 values with the key l[name=x].new
!   say which: l[0].new, l[1].new
! help: vconf set a.json 'l[0].new' VALUE
= 5
$ vconf get a.json 'l[name=x].v'
! error: a.json@1 has 2 values with the key l[name=x].v
!   say which: l[0].v, l[1].v
! help: vconf get a.json@1 'l[0].v'
= 5
$ vconf unset a.json 'l[name=x]'
! error: a.json has 2 values with the key l[name=x]
!   say which: l[0], l[1]
! help: vconf unset a.json 'l[0]'
= 5
$ vconf rollback a.json@1 -k 'l[name=x].v'
! error: a.json has 2 values with the key l[name=x].v
!   say which: l[0].v, l[1].v
! help: vconf rollback a.json@1 -k 'l[0].v'
= 5
$ vconf log a.json -k 'l[name=x].v'
! error: a.json has 2 values with the key l[name=x].v
!   say which: l[0].v, l[1].v
! help: vconf log a.json -k 'l[0].v'
= 5
$ vconf get a.json 'l[1].v'
2
"#,
    );
    assert_eq!(sandbox.read("a.json"), source.as_bytes());
}

#[test]
fn the_whole_content_has_a_name_and_is_not_set() {
    let sandbox = Sandbox::new();
    sandbox.save("list.json", "[]\n");
    sandbox.save("number.json", "5\n");
    expect(
        &sandbox,
        r#"
$ vconf set list.json . 1
! error: a key is needed: . is the whole content
!   a key is db.pool, env[name=B].value, list[0], or /db/pool; nothing was written
! help: vconf set list.json KEY VALUE
= 5
$ vconf set list.json '' 1
! error: the key is empty
!   a key is db.pool, env[name=B].value, list[0], or /db/pool; nothing was written
! help: vconf set list.json KEY VALUE
= 5
$ vconf set list.json /5 2
! error: list.json has no key /5
!   it has no items
!   a new item is /-
! help: vconf show list.json
= 2
$ vconf set number.json 'a[-1]' 1
! error: a[-1] can't be set: the whole content is a number, and nothing can be below it
= 5
$ vconf rollback list.json@1 -k ''
list.json  nothing to do: the whole content is as it was in @1
$ vconf get number.json a
! error: number.json@1 has no key a
!   it is a single value
! help: vconf show number.json@1
= 2
"#,
    );
}

#[test]
fn what_is_printed_on_a_terminal_does_not_act_on_it() {
    let sandbox = Sandbox::new();
    let source = "a: \"\\e]0;owned\\a\"\nb: \"x\\ty\\nz\"\n";
    sandbox.save("a.yaml", source);
    let text = "\u{9b}2J \x1b[2J\tx\r\n";
    sandbox.save("a.txt", text);
    let on_terminal = |arguments: &str| {
        let mut script = sandbox.program("script");
        let command = format!("{} {arguments}", crate::support::VCONF);
        let output = script.args(["-qec", &command, "/dev/null"]).output().expect("script can be run");
        crate::support::Ran::of(output, &command).out()
    };
    assert_eq!(on_terminal("get a.yaml a"), "\\u{1b}]0;owned\\u{7}\r\n");
    assert_eq!(on_terminal("get a.yaml b"), "x\ty\r\nz\r\n");
    assert_eq!(on_terminal("show a.txt"), "\\u{9b}2J \\u{1b}[2J\tx\r\n");
    assert_eq!(sandbox.run("get a.yaml a").expect(0).out(), "\x1b]0;owned\x07\n");
    assert_eq!(sandbox.run("show a.txt").expect(0).out(), text);
}

#[test]
fn one_value_does_not_take_the_place_of_many() {
    let sandbox = Sandbox::new();
    sandbox.save("a.ini", "[a]\nk = 1\nl = 2\n");
    sandbox.save("b.json", "{\"l\": [1], \"m\": {}}\n");
    expect(
        &sandbox,
        r#"
$ vconf set a.ini a 2
! error: a is a map with 2 values in it
!   one value would take the place of all; name one of them, or take them away first
! help: vconf unset a.ini a
= 5
$ vconf set b.json l 2
! error: l is a list with 1 value in it
!   one value would take the place of all; name one of them, or take them away first
! help: vconf unset b.json l
= 5
$ vconf set b.json l '[2, 3]'
b.json  @2  - l[0] 1, + l[0] 2, + l[1] 3
! undo: vconf undo
$ vconf set b.json m 1
b.json  @3  m {} → 1
! note: m was a map and is a number now
! undo: vconf undo
"#,
    );
}
