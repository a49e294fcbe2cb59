//! The store's settings: how lists are compared, in all that tells a difference.

use crate::support::Sandbox;
use crate::transcript::expect;

const APP: &str = "\
hosts: [a, b, b]
args: [-x, -y]
env:
  - var: A
    value: one and only
  - var: B
    value: two of them
";

/// A folder with a saved file, whose lists were edited since, and settings.
fn with_settings(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", APP);
    let edited = APP.replace("[a, b, b]", "[b, a]").replace("[-x, -y]", "[-y, -x]");
    sandbox.write("app.yaml", edited.replace("var: A", "var: C"));
    sandbox.write(".vconf/settings.toml", settings);
    sandbox
}

#[test]
fn all_that_tells_a_difference_goes_by_the_settings() {
    let settings = "[lists]\nhosts = \"set\"\n\"/env\" = \"key:var\"\n\n[configs.\"*.yaml\".lists]\nargs = \"sequence\"\n";
    expect(
        &with_settings(settings),
        r#"
$ vconf
app.yaml  @1  args[1] moved to args[0], - env[var=A], + env[var=C]
$ vconf status --json | jq -r '.summary'
args[1] moved to args[0], - env[var=A], + env[var=C]
$ vconf diff
app.yaml  @1 → file   1 added, 1 removed, 1 moved · order only: 1 list
→ args[0]   moved from index 1 to 0
env
  - [var=A]   {var: A, value: one and only}
  + [var=C]   {var: C, value: one and only}
= 1
$ vconf diff app.yaml@1 app.yaml
app.yaml  @1 → file   1 added, 1 removed, 1 moved · order only: 1 list
→ args[0]   moved from index 1 to 0
env
  - [var=A]   {var: A, value: one and only}
  + [var=C]   {var: C, value: one and only}
= 1
$ vconf diff app.yaml --json | jq -c '[.changes[].op]'
["move","remove","add"]
$ vconf save app.yaml
app.yaml  @2  args[1] moved to args[0], - env[var=A], + env[var=C]
! undo: vconf undo
$ vconf log app.yaml -n 1
@2    just now          ops@db1  args[1] moved to args[0], - env[var=A], + env[var=C]
$ vconf rollback app.yaml@1 --dry-run
app.yaml  file → @1   1 added, 1 removed, 1 moved · order only: 1 list
→ args[0]   moved from index 1 to 0
env
  - [var=C]   {var: C, value: one and only}
  + [var=A]   {var: A, value: one and only}
! note: nothing was written (--dry-run)
$ vconf diff app.yaml@1 --as html | grep -c 'class="mark"'
3
$ cp app.yaml now.yaml; vconf diff app.yaml@1 now.yaml --as patch > p.json; vconf show app.yaml@1 > app.yaml; vconf patch app.yaml p.json; vconf diff app.yaml now.yaml --order strict; vconf undo
app.yaml  file → edited   1 added, 1 removed, 1 moved · order only: 1 list
→ args[0]   moved from index 1 to 0
env
  - [var=A]   {var: A, value: one and only}
  + [var=C]   {var: C, value: one and only}
app.yaml  @3  Before the patch   (args[1] moved to args[0], - env[var=C], + env[var=A])
app.yaml  @4  args[1] moved to args[0], - env[var=A], + env[var=C]
app.yaml → now.yaml   no change
undone: vconf patch app.yaml p.json  (app.yaml@3 … app.yaml@4)
  app.yaml  latest is @2, file is that of @3 again
! undo: vconf undo
! redo: vconf redo
$ vconf set app.yaml 'hosts[+]' b --dry-run
app.yaml  file → edited   no change in content · whitespace
! note: nothing was written (--dry-run)
$ cp now.yaml app.yaml; rm .vconf/settings.toml; vconf diff app.yaml@1
app.yaml  @1 → file   1 changed, 1 removed · order only: 2 lists
- hosts        b (2 → 1 copies)
~ env[0].var   A → C
= 1
"#,
    );
}

#[test]
fn the_command_line_wins_over_the_settings() {
    let settings = "[lists]\nhosts = \"set\"\nargs = \"sequence\"\nenv = \"key:var\"\n";
    expect(
        &with_settings(settings),
        r#"
$ vconf diff app.yaml --list hosts=multiset
app.yaml  @1 → file   1 added, 2 removed, 1 moved · order only: 1 list
- hosts     b (2 → 1 copies)
→ args[0]   moved from index 1 to 0
env
  - [var=A]   {var: A, value: one and only}
  + [var=C]   {var: C, value: one and only}
= 1
$ vconf diff app.yaml --order ignore
app.yaml  @1 → file   1 added, 1 removed · order only: 2 lists
env
  - [var=A]   {var: A, value: one and only}
  + [var=C]   {var: C, value: one and only}
= 1
$ vconf diff app.yaml --order strict
app.yaml  @1 → file   1 changed, 1 removed, 2 moved
→ hosts[0]     moved from index 1 to 0
- hosts        b
→ args[0]      moved from index 1 to 0
~ env[0].var   A → C
= 1
$ vconf diff app.yaml --order strict --list hosts=set --list args=set
app.yaml  @1 → file   1 changed · order only: 2 lists
~ env[0].var   A → C
= 1
$ vconf diff app.yaml --key env=value --list hosts=sequence
app.yaml  @1 → file   1 changed, 1 removed, 2 moved
→ hosts[0]                        moved from index 1 to 0
- hosts                           b
→ args[0]                         moved from index 1 to 0
~ env[value="one and only"].var   A → C
= 1
$ vconf diff app.yaml --list hosts=sets
! error: hosts=sets is not a rule for lists
!   did you mean set?
!   the kinds of lists are sequence, set, multiset, key:FIELD
! help: vconf diff FILE --list hosts=set
= 5
$ vconf diff app.yaml --list hosts
! error: hosts is not a rule for lists
!   the kinds of lists are sequence, set, multiset, key:FIELD
! help: vconf diff FILE --list hosts=set
= 5
$ vconf diff app.yaml --key env
! error: env is not a rule for lists
!   a rule is the path of a list and a field of its items
! help: vconf diff FILE --key env=name
= 5
"#,
    );
}

#[test]
fn settings_that_are_wrong_are_told_with_their_place_and_keep_nothing_from_being_saved() {
    expect(
        &with_settings("[lists]\nhosts = \"sett\"\n"),
        r#"
$ vconf
! error: /srv/.vconf/settings.toml, line 2, column 9: "sett" is no kind of list
!   did you mean set?
!   the kinds of lists are sequence, set, multiset, key:FIELD
= 5
$ vconf diff app.yaml
! error: /srv/.vconf/settings.toml, line 2, column 9: "sett" is no kind of list
!   did you mean set?
!   the kinds of lists are sequence, set, multiset, key:FIELD
= 5
$ echo '[lists' > .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml, line 1, column 7: unclosed table, expected `]`
= 5
$ echo '[configs.app.yaml.lists]' > .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml, line 1, column 14: there is no setting "yaml"
!   did you mean [configs."app.yaml".lists]?
= 5
$ echo 'hosts = "set"' > .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml, line 1, column 1: there is no setting "hosts"
!   there is lists and configs
!   rules for lists stand below a line [lists]
= 5
$ echo '[list]' > .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml, line 1, column 2: there is no setting "list"
!   did you mean lists?
= 5
$ printf '[lists]\nhosts = [1]\n' > .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml, line 2, column 9: a kind of list is a text
!   the kinds of lists are sequence, set, multiset, key:FIELD
= 5
$ printf '[lists]\n"" = "set"\n' > .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml, line 2, column 1: "" is no path of lists
!   a path is the end of one, such as env or spec.args, or a whole one, /spec/args
= 5
$ printf 'a = "\xff"\n' > .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml, line 1, column 6: not UTF-8
= 5
$ head -c 70000 /dev/zero > .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml can't be read
!   larger than 65536 bytes
= 2
$ rm .vconf/settings.toml; mkdir .vconf/settings.toml; vconf diff app.yaml
! error: /srv/.vconf/settings.toml can't be read
!   it is a folder
= 2
$ cp app.yaml other.yaml; vconf save app.yaml other.yaml
app.yaml  @2  - hosts[2] b, env[0].var A → C
other.yaml  @1  First version
! warning: /srv/.vconf/settings.toml can't be read; lists are compared as if there were no settings
! undo: vconf undo
$ vconf rollback app.yaml@1
app.yaml  file → @1   1 changed, 1 added · order only: 2 lists
+ hosts        b (1 → 2 copies)
~ env[0].var   C → A
app.yaml  @3  Rollback to version 1   (+ hosts[2] b, env[0].var C → A)
! warning: /srv/.vconf/settings.toml can't be read; lists are compared as if there were no settings
! undo: vconf undo
$ vconf show app.yaml@1 | head -1; vconf log -n 1; vconf undo; vconf check
hosts: [a, b, b]
app.yaml  @3    just now          ops@db1  Rollback to version 1
      + hosts[2] b, env[0].var C → A
undone: vconf rollback app.yaml@1  (app.yaml@3)
  app.yaml  latest is @2, file is that of @2 again
4 versions of 2 configs, 1 change of refs: all as they were written
! redo: vconf redo
"#,
    );
}

#[test]
fn files_that_are_in_no_store_need_no_settings() {
    let sandbox = with_settings("[lists]\n\"**\" = \"sequence\"\n");
    sandbox.write("other.json", "[1, 2]");
    sandbox.write("new.json", "[2, 1]");
    expect(
        &sandbox,
        r#"
$ vconf diff other.json new.json
other.json → new.json   1 moved
→ [0]   moved from index 1 to 0
= 1
$ mkdir /tmp/vconf-none-$$ && cp *.json /tmp/vconf-none-$$ && cd /tmp/vconf-none-$$ && vconf diff other.json new.json; rm -r /tmp/vconf-none-$$
other.json → new.json   no change in content · order only: 1 list
order differs in the whole list; with --order strict it counts
"#,
    );
}
