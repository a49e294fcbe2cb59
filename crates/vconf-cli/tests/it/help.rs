//! What is said of a command line that asks for something else than it says: the help can be run as it stands.

use crate::support::Sandbox;
use crate::transcript::expect;

/// A folder with two versions of a file, the second with a tag, and a branch.
fn with_branches() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.save("app.env", "PORT=8080\nHOST=db1\n");
    sandbox.write("app.env", "PORT=9090\nHOST=db1\n");
    sandbox.run("save app.env --tag v2").expect(0);
    sandbox.run("branch app.env staging").expect(0);
    sandbox
}

#[test]
fn an_empty_key_is_refused() {
    expect(
        &with_branches(),
        r#"
$ vconf set app.env "$UNSET" 5
! error: the key is empty
!   a key is db.pool, env[name=B].value, list[0], or /db/pool; nothing was written
! help: vconf set app.env KEY VALUE
= 5
$ vconf set app.env . 5
! error: a key is needed: . is the whole content
!   a key is db.pool, env[name=B].value, list[0], or /db/pool; nothing was written
! help: vconf set app.env KEY VALUE
= 5
$ vconf unset app.env "$UNSET"
! error: the key is empty
!   a key is db.pool, env[name=B].value, list[0], or /db/pool; nothing was written
! help: vconf unset app.env KEY
= 5
$ vconf unset app.env nope
! error: app.env has no key nope
!   it has PORT, HOST
! help: vconf get app.env PORT
= 2
$ vconf unset app.env PROT
! error: app.env has no key PROT
!   it has PORT, HOST
! help: vconf unset app.env PORT
= 2
$ cat app.env
PORT=9090
HOST=db1
"#,
    );
}

#[test]
fn help_with_branches_does_what_was_meant() {
    expect(
        &with_branches(),
        r#"
$ vconf switch app.env v2
! error: app.env has no branch v2
!   v2 is a tag, of @2
! help: vconf rollback app.env@v2
= 2
$ vconf switch app.env stagin
! error: app.env has no branch stagin
!   did you mean staging?
!   it has main, staging
! help: vconf switch app.env staging
= 2
$ vconf switch app.env other
! error: app.env has no branch other
!   it has main, staging
! help: vconf switch -c app.env other
= 2
$ vconf branch app.env --delete nope
! error: app.env has no branch nope
!   it has main, staging
! help: vconf branch app.env
= 2
$ vconf merge app.env nope
! error: app.env has no tag or branch nope
!   its branches are main, staging
! help: vconf branch app.env
= 2
$ vconf merge app.env stagin
! error: app.env has no tag or branch stagin
!   did you mean staging?
!   its branches are main, staging
! help: vconf branch app.env
= 2
$ vconf branch app.env staging
! error: app.env has a branch staging already
! help: vconf switch app.env staging
= 5
$ vconf branch app.env v2
! error: app.env has a tag v2 already
!   a branch and a tag of one name could not be told apart
! help: vconf tag app.env
= 5
$ vconf tag app.env staging
! error: app.env has a branch staging already
!   a branch and a tag of one name could not be told apart
! help: vconf switch app.env staging
= 5
$ vconf switch -c app.env staging
! error: app.env has a branch staging already
! help: vconf switch app.env staging
= 5
$ vconf branch app.env@1
! error: the new branch needs a name
!   without a version, the branches are listed
! help: vconf branch app.env@1 NAME
= 2
$ vconf branch app.env -r 1
! error: the new branch needs a name
!   without a version, the branches are listed
! help: vconf branch app.env@1 NAME
= 2
"#,
    );
}

#[test]
fn a_name_that_is_nearly_one_is_put_right_in_the_same_command() {
    let sandbox = with_branches();
    sandbox.write("package.json", "{}\n");
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    expect(
        &sandbox,
        r#"
$ vconf diff ap.env
! error: ap.env has no history
!   did you mean app.env?
! help: vconf diff app.env
= 2
$ vconf show ap.env@1 --json
! {"error":{"kind":"error","message":"ap.env has no history","details":["did you mean app.env?"],"help":"vconf show app.env@1 --json"}}
= 2
$ vconf get 'ap.env' PORT
! error: ap.env has no history
!   did you mean app.env?
! help: vconf get app.env PORT
= 2
$ vconf show pakage.json
! error: there is no file pakage.json
!   did you mean package.json?
!   nor has it versions
! help: vconf save package.json
= 2
$ vconf log .
! error: . is a folder
!   tracked in it: app.env
! help: vconf log app.env
= 2
$ vconf log empty
! error: empty is a folder
!   no file in it is tracked
! help: vconf status
= 2
$ vconf set ap.env PORT 1
! error: there is no file ap.env
!   did you mean app.env?
! help: vconf save app.env
= 2
"#,
    );
}

#[test]
fn help_is_about_the_store_that_was_named() {
    expect(
        &with_branches(),
        r#"
$ vconf --store .vconf switch app.env stagin
! error: app.env has no branch stagin
!   did you mean staging?
!   it has main, staging
! help: vconf --store .vconf switch app.env staging
= 2
$ vconf log app.env --store=.vconf --branch nope
! error: app.env has no branch nope
!   it has main, staging
! help: vconf --store .vconf branch app.env
= 2
$ vconf log ap.env --store .vconf
! error: ap.env has no history
!   did you mean app.env?
! help: vconf log app.env --store .vconf
= 2
$ vconf rollback app.env --store .vconf --json
! {"error":{"kind":"error","message":"which version of app.env is to come back?","details":["the latest is @2; @-1 is the one before it"],"help":"vconf --store .vconf log app.env"}}
= 2
$ VCONF_STORE=.vconf vconf rollback app.env
! error: which version of app.env is to come back?
!   the latest is @2; @-1 is the one before it
! help: vconf log app.env
= 2
"#,
    );
}

#[test]
fn a_version_must_be_named_and_may_stand_alone() {
    expect(
        &with_branches(),
        r#"
$ vconf revert app.env
! error: which version of app.env is to be taken back?
!   the latest is @2; @-1 is the one before it
! help: vconf log app.env
= 2
$ vconf pick app.env --onto other.env
! error: which version of app.env is to be carried?
!   the latest is @2; @-1 is the one before it
! help: vconf log app.env
= 2
$ vconf get app.env @1 PORT
8080
$ vconf show app.env @1
PORT=8080
HOST=db1
$ vconf log app.env @1
@1    just now          ops@db1  First version
$ vconf diff app.env @1
app.env  @1 → file   1 changed
~ PORT   8080 → 9090
= 1
$ vconf diff app.env@1
app.env  @1 → file   1 changed
~ PORT   8080 → 9090
= 1
$ vconf diff app.env @1 @2
app.env  @1 → @2   1 changed
~ PORT   8080 → 9090
= 1
$ vconf tag app.env @1 old
app.env  tag old  → @1
! undo: vconf undo
$ vconf rollback app.env 1
! error: 1 can't stand alone
!   a version is named after its file and an @
! help: vconf rollback app.env@1
= 2
$ vconf show app.env 1
! error: 1 can't stand alone
!   a version is named after its file and an @
! help: vconf show app.env@1
= 2
$ vconf show app.env --nope
! error: unexpected argument '--nope' found
!
!   tip: to pass '--nope' as a value, use '-- --nope'
!
! Usage: vconf show <FILE[@REV]>
!
! For more information, try '--help'.
= 2
$ vconf rollback app.env @1
app.env  file → @1   1 changed
~ PORT   9090 → 8080
app.env  @3  Rollback to version 1   (PORT 9090 → 8080)
! undo: vconf undo
$ cat app.env
PORT=8080
HOST=db1
$ vconf revert app.env @3
app.env  file → edited   1 changed
~ PORT   8080 → 9090
app.env  @4  Revert of version 3   (PORT 8080 → 9090)
! undo: vconf undo
"#,
    );
}

#[test]
fn patches_that_would_do_something_else_are_refused() {
    let sandbox = with_branches();
    sandbox.save("notes.txt", "one\n");
    sandbox.write("notes.txt", "two\n");
    expect(
        &sandbox,
        r#"
$ echo '{"op":"replace","path":"/PORT","value":"1"}' | vconf patch app.env -
! error: a JSON Patch is a list of operations
!   this is one operation that is in no list: put [ and ] around it
!   where it is meant as a merge patch, say so with --merge-patch
= 5
$ echo '{"op":"replace","path":"/PORT"}' | vconf patch app.env - --merge-patch --dry-run
app.env  file → edited   2 added
+ op     replace
+ path   /PORT
! note: nothing was written (--dry-run)
$ echo '[{"op":"rplace","path":"/PORT"}]' | vconf patch app.env -
! error: the patch is no JSON Patch
!   operation 0: there is no operation "rplace"
!   RFC 6902: a list of operations such as {"op":"add","path":"/a","value":1}
= 5
$ echo '5' | vconf patch app.env -
! error: the patch is not valid
!   a patch is a list of operations (RFC 6902), a map (RFC 7396), or what vconf diff --as patch writes
= 5
$ vconf diff notes.txt --as patch
! error: a text has no keys and values that a patch could be about
! help: vconf diff notes.txt@1 --as text
= 5
$ vconf diff notes.txt@1 --as json-patch
! error: a text has no keys and values that a patch could be about
! help: vconf diff notes.txt@1 --as text
= 5
$ vconf diff notes.txt --as merge-patch --json
! {"error":{"kind":"invalid","message":"a text has no keys and values that a patch could be about","details":[],"help":"vconf diff notes.txt@1 --as text"}}
= 5
"#,
    );
}

#[test]
fn words_from_elsewhere_lead_to_the_command_that_is_meant() {
    expect(
        &Sandbox::new(),
        r#"
$ vconf tag
! note: no file is tracked here yet
! help: vconf save FILE
$ vconf branch
! note: no file is tracked here yet
! help: vconf save FILE
$ vconf restore app.env
! error: there is no command restore
!   did you mean rollback?
! help: vconf rollback --help
= 2
$ vconf checkout app.env
! error: there is no command checkout
!   did you mean switch?
! help: vconf switch --help
= 2
$ vconf commit
! error: there is no command commit
!   did you mean save?
! help: vconf save --help
= 2
$ vconf init
! error: there is no command init
!   it is not needed: the first save creates the store
! help: vconf save FILE
= 2
$ vconf rollbak app.env
! error: there is no command rollbak
!   did you mean rollback?
! help: vconf rollback --help
= 2
$ vconf xyzzy
! error: there is no command xyzzy
! help: vconf --help
= 2
$ vconf man sav
! error: there is no command sav
!   did you mean save?
! help: vconf man save
= 2
$ vconf compare --json
! {"error":{"kind":"error","message":"there is no command compare","details":["did you mean diff?"],"help":"vconf diff --help"}}
= 2
"#,
    );
}

#[test]
fn a_file_without_tags_says_so() {
    let sandbox = Sandbox::new();
    sandbox.save("app.env", "PORT=8080\n");
    expect(
        &sandbox,
        r#"
$ vconf tag app.env
! note: app.env has no tags yet
! help: vconf tag app.env NAME
$ vconf tag app.env --json
"#,
    );
}

#[test]
fn a_new_key_is_spelled_as_its_siblings_are() {
    let sandbox = Sandbox::new();
    sandbox.write("settings.jsonc", "{\n  // how it looks\n  \"editor.fontSize\": 12\n}\n");
    sandbox.write("app.toml", "port = 1\n");
    expect(
        &sandbox,
        r#"
$ vconf set settings.jsonc editor.wordWrap on
settings.jsonc  @1  Before setting editor.wordWrap   (First version)
settings.jsonc  @2  + "editor.wordWrap" on
! note: created the store .vconf
! undo: vconf undo
$ cat settings.jsonc
{
  // how it looks
  "editor.fontSize": 12,
  "editor.wordWrap": "on"
}
$ vconf set app.toml port null
! error: TOML has no null
!   vconf unset takes the key away; --string makes it the text null
! help: vconf unset app.toml port
= 5
$ vconf set app.toml port null --string --dry-run
app.toml  file → edited   1 changed
~ port   1 → "null"   number → string
! note: port was a number and is a string now
! note: nothing was written (--dry-run)
"#,
    );
}

#[test]
fn marked_conflicts_are_told_until_they_are_resolved() {
    let sandbox = Sandbox::new();
    sandbox.save("notes.txt", "one\ntwo\nthree\n");
    sandbox.run("branch notes.txt staging").expect(0);
    sandbox.save("notes.txt", "one\nzwei\nthree\n");
    sandbox.run("switch notes.txt staging").expect(0);
    sandbox.save("notes.txt", "one\ndeux\nthree\n");
    expect(
        &sandbox,
        r#"
$ vconf merge notes.txt main --markers >merged
! undo: vconf undo
! note: 1 conflict marked in notes.txt, saved as @4; resolve, then save again
! help: vconf save notes.txt
= 3
$ cat notes.txt
one
<<<<<<< notes.txt
deux
||||||| @1
two
=======
zwei
>>>>>>> main (@2)
three
$ vconf status
notes.txt  @4 on staging  saved, conflict not resolved at line 2
$ echo four >>notes.txt
$ vconf save notes.txt
notes.txt  @5 on staging  1 line added in text
! warning: notes.txt still has a conflict that is not resolved, at line 2
! undo: vconf undo
$ printf 'one\nduo\n' >notes.txt
$ vconf save notes.txt
notes.txt  @6 on staging  1 line changed, 8 removed in text
! undo: vconf undo
$ vconf status
notes.txt  @6 on staging  saved
"#,
    );
}

#[test]
fn lists_of_which_only_the_order_differs_are_named() {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", "tags: [a, b]\ndb:\n  hosts: [x, y]\n");
    sandbox.write("app.yaml", "tags: [b, a]\ndb:\n  hosts: [y, x]\n");
    expect(
        &sandbox,
        r#"
$ vconf diff app.yaml
app.yaml  @1 → file   no change in content · order only: 2 lists
order differs in tags, db.hosts; with --order strict it counts
$ vconf rollback app.yaml@1 --dry-run --json
{"config":"app.yaml","file":"app.yaml","target":1,"dry_run":true,"diff":{"equal":true,"changes":[],"reordered":[{"path":"/tags","display":"tags","items":2,"moved":[[1,0]]},{"path":"/db/hosts","display":"db.hosts","items":2,"moved":[[1,0]]}],"layout":{"comments":{"added":0,"removed":0,"edited":0},"key_order":0,"list_order":2,"spelling":0,"whitespace":false},"old":{"name":"app.yaml","state":"file","format":"yaml","warnings":[]},"new":{"name":"app.yaml","state":"@1","format":"yaml","warnings":[]}}}
$ vconf set app.yaml db.port 1 --dry-run --json
{"config":"app.yaml","file":"app.yaml","dry_run":true,"diff":{"equal":false,"changes":[{"op":"add","path":"/db/port","display":"db.port","new":1}],"reordered":[],"layout":{"comments":{"added":0,"removed":0,"edited":0},"key_order":0,"list_order":0,"spelling":0,"whitespace":false},"old":{"name":"app.yaml","state":"file","format":"yaml","warnings":[]},"new":{"name":"app.yaml","state":"edited","format":"yaml","warnings":[]}}}
"#,
    );
}

#[test]
fn an_alias_that_stands_in_the_way_is_told_by_its_line() {
    let sandbox = Sandbox::new();
    sandbox.write("ci.yaml", "base: &base\n  image: a\n  env: {A: 1}\njob:\n  from: *base\n");
    expect(
        &sandbox,
        r#"
$ vconf set ci.yaml base.image b
! error: ci.yaml can't be edited in place: an alias elsewhere would change with it; line 5 is an alias of what begins in line 2
!   nothing was written; edit the file by hand
= 5
"#,
    );
}

#[test]
fn a_file_that_is_gone_is_told_where_all_are_saved() {
    let sandbox = Sandbox::new();
    sandbox.save("a.json", "{\"a\": 1}\n");
    expect(
        &sandbox,
        r#"
$ rm a.json
$ vconf save
nothing to save: no tracked file has changed
! note: a.json is gone; to have it back: vconf rollback a.json@latest
$ vconf rollback a.json@latest > /dev/null
! undo: vconf undo
$ cat a.json
{"a": 1}
"#,
    );
}

#[test]
fn each_command_tells_what_it_does_itself() {
    let sandbox = Sandbox::new();
    for (command, about) in [
        ("revert", "Take back what one version changed, and keep what came after"),
        ("pick", "Carry what one version changed to another file or branch"),
        ("merge", "Merge what another branch changed since into the file"),
        ("diff", "Show what changed, by content: from a version to the file, or between any two sides"),
    ] {
        let help = sandbox.vconf([command, "--help"]).expect(0).out();
        assert_eq!(help.lines().next(), Some(about), "{help}");
        assert!(
            sandbox.vconf(["man", command]).expect(0).out().contains(&about.replace('-', "\\-")),
            "{command}"
        );
        let listed = sandbox.vconf(["completions", "fish"]).expect(0).out();
        assert!(listed.contains(about), "{command}: {listed}");
    }
}
