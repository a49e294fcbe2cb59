//! `find` and `blame`: what a person sees.

use crate::support::Sandbox;
use crate::transcript::expect;

fn with_four_versions() -> Sandbox {
    let sandbox = Sandbox::new();
    let pools = [(1, "a"), (2, "b"), (2, "c"), (1, "c")];
    for (at, (pool, name)) in pools.into_iter().enumerate() {
        sandbox.write("app.yaml", format!("# pools of {name}\ndb:\n  pool: {pool}\nname: {name}\n"));
        sandbox.run(&format!("save app.yaml -m why-{at} --author ops{}", at % 2)).expect(0);
    }
    sandbox.save("other.txt", "one pool\nand\none pool\n");
    sandbox.run("tag app.yaml@2 good-pool").expect(0);
    sandbox
}

#[test]
fn what_is_found_says_in_which_versions() {
    expect(
        &with_four_versions(),
        r#"
$ vconf find pool:
app.yaml@4  just now  ops1  3:   pool: 1
app.yaml@2–@3  just now  ops1  3:   pool: 2
app.yaml@1  just now  ops0  3:   pool: 1
$ vconf find 'pool$' -n 5 --regex
app.yaml@2  just now  ops1  tag: good-pool
other.txt@1  just now  ops@db1  1: one pool  (and 1 more line alike)
$ vconf find C other.txt app.yaml -i
app.yaml@3–@4  just now  ops0  1: # pools of c
app.yaml@3–@4  just now  ops0  4: name: c
$ vconf find 2 --value
app.yaml@2–@3  just now  ops1  3: db.pool = 2
$ vconf find --key db
app.yaml@4  just now  ops1  3: db.pool = 1
app.yaml@2–@3  just now  ops1  3: db.pool = 2
app.yaml@1  just now  ops0  3: db.pool = 1
$ vconf find --key db app.yaml --author ops0
app.yaml@3  just now  ops0  3: db.pool = 2
app.yaml@1  just now  ops0  3: db.pool = 1
$ vconf find --changed db.pool
app.yaml@4  just now  ops1  why-3   (db.pool 2 → 1)
app.yaml@2  just now  ops1  why-1   (db.pool 1 → 2, name a → b)
$ vconf find --tag 'good*' app.yaml
app.yaml@2  just now  ops1  why-1   (db.pool 1 → 2, name a → b)
$ vconf find why-3
app.yaml@4  just now  ops1  why: why-3
"#,
    );
}

#[test]
fn what_can_not_be_found_says_why() {
    expect(
        &with_four_versions(),
        r#"
$ vconf find nowhere
! note: nothing was found
= 1
$ vconf find
! error: what is to be found?
!   give a text, or one of --key, --changed, --author, --since, --until, --tag
! help: vconf find --help
= 5
$ vconf find ''
! error: what is to be found?
!   give a text, or one of --key, --changed, --author, --since, --until, --tag
! help: vconf find --help
= 5
$ vconf find '(' --regex
! error: the pattern can't be used: unclosed group
!   without --regex the text is found as it stands
! help: vconf find --help
= 5
$ vconf find x nofile.yaml
! error: nofile.yaml has no history
!   nor is there such a file
! help: vconf status
= 2
$ vconf find --key 'env[name=B].value'
! error: env[name=B].value can't be searched for in all versions
!   a key is db.pool, list[0] or /db/pool here
! help: vconf find --help
= 5
$ vconf find x --since tomorow
! error: "tomorow" is no time
!   a time is 10m, 2h, 2d, now, today, yesterday, 14:30, 2026-11-20, 2026-11-20T14:30, or one with a zone
= 5
$ vconf grep pool
! error: there is no command grep
!   did you mean find?
! help: vconf find --help
= 2
"#,
    );
}

#[test]
fn blame_is_laid_out_like_the_file() {
    expect(
        &with_four_versions(),
        r#"
$ vconf blame app.yaml
                    │ # pools of c
@1  ops0  just now  │ db:
@4  ops1  just now  │   pool: 1
@3  ops0  just now  │ name: c
$ vconf blame app.yaml @3
                    │ # pools of c
@1  ops0  just now  │ db:
@2  ops1  just now  │   pool: 2
@3  ops0  just now  │ name: c
$ vconf blame other.txt
@1  ops@db1  just now  │ one pool
@1  ops@db1  just now  │ and
@1  ops@db1  just now  │ one pool
$ vconf blame nofile.yaml
! error: nofile.yaml has no history
!   nor is there such a file
! help: vconf status
= 2
$ vconf annotate app.yaml
! error: there is no command annotate
!   did you mean blame?
! help: vconf blame --help
= 2
"#,
    );
}

#[test]
fn a_damaged_record_is_told_by_find_and_blame() {
    let sandbox = with_four_versions();
    std::fs::write(sandbox.record("app.yaml", 2), "{}").unwrap();
    expect(
        &sandbox,
        r#"
$ vconf find 'pool: 2'
app.yaml@3  just now  ops0  3:   pool: 2
app.yaml  @2  damaged: line 1: the record is cut off
! warning: app.yaml: version 2 is damaged: /srv/.vconf/configs/app.yaml/v2.json: line 1: the record is cut off. Run: vconf check
= 4
$ vconf blame app.yaml
                    │ # pools of c
@1  ops0  just now  │ db:
@4  ops1  just now  │   pool: 1
@3  ops0  just now  │ name: c
! warning: app.yaml: version 2 is damaged: /srv/.vconf/configs/app.yaml/v2.json: line 1: the record is cut off; what it set is told of the version after it. Run: vconf check
= 4
"#,
    );
}
