//! Edits in place in YAML.

use vconf::format::edit::edit;
use vconf::format::{self, Format};
use vconf::model::value::Value;

use crate::edit_support::{check, refuse};

#[test]
fn a_scalar_keeps_its_style_and_all_around_it_stays() {
    check(
        Format::Yaml,
        &[
            ["a:   1   # one\nb: 2\n", r#"{"a":10,"b":2}"#, "a:   10   # one\nb: 2\n"],
            ["a: 'x' # c\nb: \"y\"", r#"{"a":"it's","b":"z\n"}"#, "a: 'it''s' # c\nb: \"z\\n\""],
            ["a: v1.2 # c\r\nb:\r\n", r#"{"a":"v1.3","b":true}"#, "a: v1.3 # c\r\nb: true\r\n"],
            ["a: x\n", r#"{"a":"no"}"#, "a: \"no\"\n"],
            ["a: True\n", r#"{"a":false}"#, "a: False\n"],
            ["a: |  # c\n  x\n  y\n\nb: 1\n", r#"{"a":"x\nz\n","b":1}"#, "a: |  # c\n  x\n  z\n\nb: 1\n"],
            [
                "a: >-\n  one two\n  three\nb: 1\n",
                r#"{"a":"one two four","b":1}"#,
                "a: >-\n  one two\n  four\nb: 1\n",
            ],
        ],
    );
}

#[test]
fn a_new_key_follows_its_predecessor_in_the_style_of_the_file() {
    check(
        Format::Yaml,
        &[
            ["a: 1 # c\nb: 2\n", r#"{"a":1,"x":0,"b":2}"#, "a: 1 # c\nx: 0\nb: 2\n"],
            ["a: 1", r#"{"a":1,"x":0}"#, "a: 1\nx: 0"],
            [
                "a:\n    b: 1\n    # c: 2\nd:\n- 1\n",
                r#"{"a":{"b":1},"x":{"p":{"z":[1]}},"d":[1]}"#,
                "a:\n    b: 1\n    # c: 2\nx:\n    p:\n        z:\n        - 1\nd:\n- 1\n",
            ],
            ["a: {b: 1}\n", r#"{"a":{"b":1,"c":[2]}}"#, "a: {b: 1, c: [2]}\n"],
            ["a: {}\n", r#"{"a":{"b":{"c":1}}}"#, "a:\n  b:\n    c: 1\n"],
            ["a: [\n  x, # c\n  y\n]\n", r#"{"a":["x","y","z"]}"#, "a: [\n  x, # c\n  y,\n  z\n]\n"],
            ["- a: 1\n- a: 2\n", r#"[{"z":0,"a":1},{"a":2,"b":3}]"#, "- z: 0\n  a: 1\n- a: 2\n  b: 3\n"],
            ["", r#"{"a":1}"#, "a: 1\n"],
            ["# c\n", r#"{"a":1}"#, "# c\na: 1\n"],
            ["{}\n", r#"{"a":{"b":1}}"#, "a:\n  b: 1\n"],
            ["'a': 'x'\n", r#"{"a":"x","b":"y"}"#, "'a': 'x'\n'b': 'y'\n"],
        ],
    );
}

#[test]
fn a_removed_entry_takes_its_lines_and_its_own_comments() {
    check(
        Format::Yaml,
        &[
            ["a: 1\n# b\nb: # c\n  x: 1\n\nd: 2\n", r#"{"a":1,"d":2}"#, "a: 1\n\nd: 2\n"],
            ["a: 1\n# both\nb: 1\nd: 2\n", r#"{"a":1,"d":2}"#, "a: 1\n# both\nd: 2\n"],
            ["- a: 1\n  b: 2\n- c: 1\n", r#"[{"b":2},{"c":1}]"#, "- b: 2\n- c: 1\n"],
            ["a: [1, 2, 3]\n", r#"{"a":[1,3]}"#, "a: [1, 3]\n"],
            ["a:\n  b: 1\nc: 2\n", r#"{"a":{},"c":2}"#, "a: {}\nc: 2\n"],
            ["a:\n\n- x\n\n- y\n\n- z\n", r#"{"a":["x","z"]}"#, "a:\n\n- x\n\n- z\n"],
        ],
    );
}

#[test]
fn keys_are_renamed_and_items_moved_with_their_comments() {
    check(
        Format::Yaml,
        &[
            ["a:\n  # c\n  b: 1\n", r#"{"x":{"b":1}}"#, "x:\n  # c\n  b: 1\n"],
            ["- a # 1\n- b # 2\n- c # 3\n", r#"["c","a","b"]"#, "- c # 3\n- a # 1\n- b # 2\n"],
        ],
    );
}

#[test]
fn an_anchor_is_edited_where_all_change_alike() {
    check(
        Format::Yaml,
        &[
            ["a: &x {k: 1}\nb: *x\n", r#"{"a":{"k":2},"b":{"k":2}}"#, "a: &x {k: 2}\nb: *x\n"],
            ["a: &x 1\nb: *x\n", r#"{"a":1,"b":2}"#, "a: &x 1\nb: 2\n"],
            [
                "a: &x\n  k: 1\nb:\n  <<: *x\n  l: 1\n",
                r#"{"a":{"k":1},"b":{"<<":{"k":1},"l":2}}"#,
                "a: &x\n  k: 1\nb:\n  <<: *x\n  l: 2\n",
            ],
        ],
    );
    let elsewhere = "can't be edited in place: an alias elsewhere would change with it; line 2 is an alias of what begins in line 1";
    let stands = "can't be edited in place: an alias elsewhere stands for it; line 2 is an alias of what begins in line 1";
    refuse(
        Format::Yaml,
        &[
            ["a: &x 1\nb: *x\n", r#"{"a":2,"b":1}"#, elsewhere],
            ["a: &x [1]\nb: *x\n", r#"{"b":[1]}"#, stands],
        ],
    );
}

#[test]
fn a_key_that_stands_twice_goes_everywhere() {
    check(
        Format::Yaml,
        &[
            ["a: 1\na: 2\n", r#"{"b":1}"#, "b: 1\n"],
            ["a: 1\nx: [0]\na: 2\n", r#"{"x":[0]}"#, "x: [0]\n"],
            ["a: 1\nx: 0\na: long enough\n", r#"{"x":0,"b":"long enough"}"#, "x: 0\nb: long enough\n"],
            ["a: 1\na: 2\n", r#"{"a":3}"#, "a: 1\na: 3\n"],
        ],
    );
}

#[test]
fn what_follows_a_text_that_keeps_its_line_ends_is_not_a_part_of_it() {
    for (source, key) in [
        ("s:\n  a: |+\n    x\n  b: 1\n", "b"),
        ("s:\n  a: >+\n    x\n\n\n  b: 1\n", "b"),
        ("s:\n  a: |+\n    x\n\n  b: 1\n  c: 2\n", "b"),
        ("s:\n  a: |+\n    x\n  b: 1", "a"),
        ("s:\n  - a: |+\n      x\n    b: 1\n", "b"),
    ] {
        let document = format::read("x.yaml", source, None);
        let mut target = document.tree.as_ref().unwrap().to_value().unwrap();
        let mut map = target.get("s").unwrap().clone();
        let at = if let Value::List(items) = &mut map { &mut items[0] } else { &mut map };
        let Value::Map(entries) = at else { panic!() };
        entries.shift_remove(key);
        entries.insert("new".to_owned(), Value::from(7));
        let Value::Map(root) = &mut target else { panic!() };
        root.insert("s".to_owned(), map);
        match edit(&document, &target) {
            Ok(bytes) => {
                let again = format::read("x.yaml", bytes.as_slice(), None).tree.unwrap().to_value().unwrap();
                assert_eq!(again, target, "{source}");
            }
            Err(error) => assert!(source.ends_with('1'), "{source}: {error}"),
        }
    }
}

#[test]
fn a_block_of_lines_at_the_end_has_its_line_end() {
    check(
        Format::Yaml,
        &[
            ["a: 1", "{\"a\":1,\"b\":\"x\\ny\\n\"}", "a: 1\nb: |\n  x\n  y\n"],
            ["c: |\n  x\n\na: 1", "{\"c\":\"x\\n\"}", "c: |\n  x\n"],
            ["a: 1", "{\"a\":1,\"b\":2}", "a: 1\nb: 2"],
        ],
    );
}

#[test]
fn texts_that_are_more_to_readers_of_yaml_1_1_stand_in_quotes() {
    check(
        Format::Yaml,
        &[
            ["a: x\nb: y\n", r#"{"a":"=","b":"<<"}"#, "a: \"=\"\nb: \"<<\"\n"],
            ["a: x\n", r#"{"a":"yes"}"#, "a: \"yes\"\n"],
        ],
    );
}

#[test]
fn a_tag_of_integers_does_not_stay_before_what_is_none() {
    check(
        Format::Yaml,
        &[
            ["k: !!int \"3\"\n", r#"{"k":1.5}"#, "k: 1.5\n"],
            ["k: !!int 3\nl: [!!int 1, 2]\n", r#"{"k":1e3,"l":[0.5,2]}"#, "k: 1e3\nl: [0.5, 2]\n"],
            ["k: !<tag:yaml.org,2002:int> 3\n", r#"{"k":1.0}"#, "k: 1.0\n"],
            ["- &a !!int 3\n- *a\n", "[2.5,2.5]", "- &a 2.5\n- *a\n"],
            // What the tag can be of keeps it.
            ["k: !!int \"3\"\n", r#"{"k":-4}"#, "k: !!int -4\n"],
            ["k: !!float 3\n", r#"{"k":4}"#, "k: !!float 4\n"],
            ["k: !!float 3\n", r#"{"k":4.5}"#, "k: !!float 4.5\n"],
            ["k: !!int 3\n", r#"{"k":"x"}"#, "k: x\n"],
        ],
    );
}
