//! What is said to be run next is about the store that was used, also where a plain command would use another.

use std::fs;

use crate::support::Sandbox;
use crate::transcript::expect;

/// Two folders beside each other, each with a store of its own.
fn two_stores() -> Sandbox {
    let sandbox = Sandbox::new();
    for folder in ["c", "other"] {
        fs::create_dir(sandbox.path(folder)).unwrap();
        sandbox.write(format!("{folder}/o.yaml"), "a: 1\n");
        sandbox
            .program("bash")
            .args(["-c", &format!("cd {folder} && {} save o.yaml", crate::support::VCONF)])
            .output()
            .unwrap();
    }
    sandbox
}

#[test]
fn an_undo_hint_names_the_store_where_a_plain_undo_would_use_another() {
    expect(
        &two_stores(),
        r#"
$ cd c && vconf set ../other/o.yaml a 2
../other/o.yaml  @2  a 1 → 2
! undo: vconf --store ../other/.vconf undo
$ cd c && vconf rollback ../other/o.yaml@1
../other/o.yaml  file → @1   1 changed
~ a   2 → 1
../other/o.yaml  @3  Rollback to version 1   (a 2 → 1)
! undo: vconf --store ../other/.vconf undo
$ cd c && vconf --store ../other/.vconf undo
undone: vconf rollback ../other/o.yaml@1  (o.yaml@3)
  ../other/o.yaml  latest is @2, file is that of @2 again
! redo: vconf --store ../other/.vconf redo
$ cd c && vconf tag ../other/o.yaml one
../other/o.yaml  tag one  → @2
! undo: vconf --store ../other/.vconf undo
$ cd c && vconf branch ../other/o.yaml staging
../other/o.yaml  branch staging  → @2
! help: vconf switch ../other/o.yaml staging
! undo: vconf --store ../other/.vconf undo
$ cd c && echo 'a: 3' > o.yaml && echo 'a: 3' > ../other/o.yaml && vconf save o.yaml ../other/o.yaml
o.yaml  @2  a 1 → 3
../other/o.yaml  @4  a 2 → 3
! undo: vconf undo
! undo: vconf --store ../other/.vconf undo
$ cd c && vconf undo
undone: vconf save o.yaml ../other/o.yaml  (o.yaml@2)
  o.yaml  latest is @1, file not touched
! redo: vconf redo
$ mkdir d && cd d && vconf set ../other/o.yaml a 4
../other/o.yaml  @5  a 3 → 4
! undo: vconf --store ../other/.vconf undo
$ cd other && vconf set o.yaml a 5
o.yaml  @6  a 4 → 5
! undo: vconf undo
"#,
    );
}

#[test]
fn a_store_is_quoted_and_named_in_advice_that_names_no_file() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("it's")).unwrap();
    sandbox.write("it's/o.yaml", "a: 1\n");
    expect(
        &sandbox,
        r#"
$ cd "it's" && vconf save o.yaml
o.yaml  @1  First version
! note: created the store .vconf
! undo: vconf undo
$ mkdir c && cd c && vconf set "../it's/o.yaml" a 2
../it's/o.yaml  @2  a 1 → 2
! undo: vconf --store '../it'\''s/.vconf' undo
$ cd c && echo x > x && vconf save x && vconf tag --delete no "../it's/o.yaml"
x  @1  First version
! note: created the store .vconf
! undo: vconf undo
! error: o.yaml has no tag or branch no
! help: vconf tag '../it'\''s/o.yaml'
= 2
$ cd c && vconf save ../none/o.yaml
! error: there is no file ../none/o.yaml
!   its folder is empty, or not there
! help: vconf status
= 2
"#,
    );
}

#[test]
fn nothing_is_to_be_undone_where_a_tag_is_there_already() {
    let sandbox = Sandbox::new();
    sandbox.write("app.yaml", "a: 1\n");
    expect(
        &sandbox,
        r#"
$ vconf save app.yaml --tag rel1
app.yaml  @1  First version
app.yaml  tag rel1  → @1
! note: created the store .vconf
! undo: vconf undo
$ vconf save app.yaml --tag rel1
app.yaml  @1  unchanged, nothing to save
app.yaml  tag rel1  is at @1 already
$ vconf save app.yaml --tag rel2
app.yaml  @1  unchanged, nothing to save
app.yaml  tag rel2  → @1
! undo: vconf undo
"#,
    );
}

#[test]
fn an_operation_on_several_files_is_told_by_the_first_and_how_many_more() {
    let sandbox = Sandbox::new();
    for name in ["app.yaml", "b.yaml", "c.yaml"] {
        sandbox.write(name, "a: 1\n");
    }
    expect(
        &sandbox,
        r#"
$ vconf save app.yaml b.yaml c.yaml -m all
app.yaml  @1  all   (First version)
b.yaml  @1  all   (First version)
c.yaml  @1  all   (First version)
! note: created the store .vconf
! undo: vconf undo
$ vconf set app.yaml a 2
app.yaml  @2  a 1 → 2
! undo: vconf undo
$ echo 'a: 3' > b.yaml; echo 'a: 3' > c.yaml; vconf save
b.yaml  @2  a 1 → 3
c.yaml  @2  a 1 → 3
! undo: vconf undo
$ vconf undo --list
just now          ops@db1  vconf save  (b.yaml@2 and 1 more file)  ← next
just now          ops@db1  vconf set app.yaml a 2  (app.yaml@2)
just now          ops@db1  vconf save app.yaml b.yaml c.yaml -m all  (app.yaml@1 and 2 more files)
"#,
    );
}

#[test]
fn what_begins_as_an_address_and_is_none_makes_no_folder() {
    let sandbox = Sandbox::new();
    sandbox.write("app.yaml", "a: 1\n");
    for (word, meant) in [("s3:", "s3://"), ("postgres:/host/db", "postgres://host/db"), ("gs:b", "gs://b")] {
        let ran = sandbox.run(&format!("--store {word} save app.yaml")).expect(2);
        assert!(ran.err().contains(&format!("did you mean {meant}?")), "{ran}");
        assert!(!sandbox.path(word).exists());
    }
    sandbox.run("--store ./s3: save app.yaml").expect(0);
    assert!(sandbox.path("s3:").exists());
}
