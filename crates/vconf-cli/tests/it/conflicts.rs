//! Conflicts: each side is told by what it is, nothing is cut that is to be decided, and both ways are shown.

use crate::support::Sandbox;
use crate::transcript::expect;

const LONG: &str = "git+https://github.com/acme/billing-service.git#release-2026-11-with-a-long-name";

/// A file of three versions: the second is to be taken back, the third changed the same again.
fn three_versions() -> Sandbox {
    let sandbox = Sandbox::new();
    let package = |pool: u32, url: &str| format!("{{\"pool\": {pool}, \"url\": \"{url}\"}}\n");
    sandbox.save("package.json", package(10, LONG));
    sandbox.save("package.json", package(20, &LONG.replace("acme", "globex")));
    sandbox.save("package.json", package(30, &LONG.replace("acme", "initech")));
    sandbox
}

#[test]
fn a_revert_tells_what_came_after_and_shows_what_differs_in_long_texts() {
    expect(
        &three_versions(),
        r#"
$ vconf revert package.json@2
! error: 2 conflicts: the revert of @2 and what came after @2 change the same in package.json
!   pool   10 in @1 → 20 in @2 → 30 in package.json
!   url
!     in @2: "git+https://github.com/[acme→globex]/billing-service.git#release-2026-11-with-a-long-name"
!     in package.json: "git+https://github.com/[globex→initech]/billing-service.git#release-2026-11-with-a-long-name"
!   nothing was written; --ours leaves these as in package.json, --theirs makes them as in @1
! help: vconf revert package.json@2 --ours
= 3
"#,
    );
}

#[test]
fn what_was_decided_beforehand_is_listed_and_recorded() {
    expect(
        &three_versions(),
        r#"
$ vconf revert package.json@2 --theirs
package.json  file → edited   2 changed
~ pool   30 → 10
~ url    git+https://github.com/[initech→acme]/billing-service.git#release-2026-11-with-a-long-name
package.json  @4  Revert of version 2, 2 conflicts decided for the revert   (pool 30 → 10, url …/github.com/[initech→acme]/billing-ser…)
! note: 2 conflicts decided for the revert
!   pool   10 in @1 → 20 in @2 → 30 in package.json
!   url
!     in @2: "git+https://github.com/[acme→globex]/billing-service.git#release-2026-11-with-a-long-name"
!     in package.json: "git+https://github.com/[globex→initech]/billing-service.git#release-2026-11-with-a-long-name"
! undo: vconf undo
$ vconf undo
undone: vconf revert package.json@2 --theirs  (package.json@4)
  package.json  latest is @3, file is that of @3 again
! redo: vconf redo
$ vconf revert package.json@2 --theirs --json | grep -o '"description":"[^"]*"\|"decided_for".*'
"description":"Revert of version 2, 2 conflicts decided for the revert"
"decided_for":"theirs"}
$ vconf log package.json -n 1
@5    just now          ops@db1  Revert of version 2, 2 conflicts decided for the revert
      pool 30 → 10, url …/github.com/[initech→acme]/billing-ser…
"#,
    );
}

#[test]
fn a_pick_onto_a_file_that_has_nothing_of_it_says_that() {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", "db:\n  pool: 10\n  host: a\n");
    sandbox.save("app.yaml", "db:\n  pool: 20\n  host: a\n");
    sandbox.save("web.yaml", "server: 1\n");
    sandbox.save("other.yaml", "db:\n  pool: 15\n  host: a\n");
    expect(
        &sandbox,
        r#"
$ vconf pick app.yaml@2 --onto web.yaml
! error: web.yaml has nothing of what app.yaml@2 changed
!   db   nothing in web.yaml; {"pool":10,"host":"a"} → {"pool":20,"host":"a"} in app.yaml@2
!   nothing was written; look whether it is the right file or branch
! help: vconf diff app.yaml@2 web.yaml
= 3
$ vconf pick app.yaml@2 --onto other.yaml
! error: 1 conflict: where app.yaml@2 changed something, other.yaml is not as app.yaml@1 was
!   db.pool   15 in other.yaml; 10 → 20 in app.yaml@2
!   nothing was written; --ours keeps these as in other.yaml, --theirs makes them as in app.yaml@2
! help: vconf pick app.yaml@2 --onto other.yaml --ours
= 3
$ vconf pick app.yaml@2 --onto other.yaml --ours
other.yaml  nothing to do: what was in conflict is kept, and nothing else is new
! note: 1 conflict decided for the file
!   db.pool   15 in other.yaml; 10 → 20 in app.yaml@2
"#,
    );
}

#[test]
fn marked_conflicts_end_with_the_status_of_a_conflict() {
    let sandbox = Sandbox::new();
    sandbox.save("motd.txt", "one\ntwo\nthree\n");
    sandbox.save("motd.txt", "one\n2\nthree\n");
    sandbox.save("motd.txt", "one\nzwei\nthree\n");
    expect(
        &sandbox,
        r#"
$ vconf revert motd.txt@2
! error: 1 conflict: the revert of @2 and what came after @2 change the same in motd.txt
!   line 2   two in @1 → 2 in @2 → zwei in motd.txt
!   nothing was written; --ours leaves these as in motd.txt, --theirs makes them as in @1
!   --markers writes both into the file, marked
! help: vconf revert motd.txt@2 --ours
= 3
$ vconf revert motd.txt@2 --markers
motd.txt  file → edited   6 lines added
@@ -1,3 +1,9 @@
 one
+<<<<<<< motd.txt
 zwei
+||||||| @2
+2
+=======
+two
+>>>>>>> @1
 three
motd.txt  @4  Revert of version 2   (6 lines added in text)
! undo: vconf undo
! note: 1 conflict marked in motd.txt, saved as @4; resolve, then save again
! help: vconf save motd.txt
= 3
$ vconf undo
undone: vconf revert motd.txt@2 --markers  (motd.txt@4)
  motd.txt  latest is @3, file is that of @3 again
! redo: vconf redo
$ cat motd.txt
one
zwei
three
$ vconf revert motd.txt@2 --markers --json | grep -o '"version":4\|"conflicts":.*'
"conflicts":[{"path":"/1","about":"value","base":["2\n"],"ours":["zwei\n"],"theirs":["two\n"]}],"decided_for":null}
! note: 1 conflict marked in motd.txt, saved as @5; resolve, then save again
! help: vconf save motd.txt
"#,
    );
}
