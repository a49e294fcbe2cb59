//! Edits in place in TOML.

use vconf::format::Format;

use crate::edit_support::{check, refuse};

#[test]
fn values_and_lines_are_edited_in_the_style_of_their_neighbours() {
    check(
        Format::Toml,
        &[
            ["a = 1 # c\n[t]\nb = 'x'", r#"{"a":2,"t":{"b":"y"}}"#, "a = 2 # c\n[t]\nb = 'y'"],
            ["a = '''x''' # c\nb = '''y'''\n", r#"{"a":"it's","b":"'"}"#, "a = '''it's''' # c\nb = \"'\"\n"],
            ["a = [1, # c\n 2,\n]\n", r#"{"a":[1,3]}"#, "a = [1, # c\n 3,\n]\n"],
            [
                "[t]\n  a = 1 # c\n[u]\n",
                r#"{"t":{"a":1,"b":true},"u":{"x":1}}"#,
                "[t]\n  a = 1 # c\n  b = true\n[u]\nx = 1\n",
            ],
            ["a.b = 1\na.c = 2\n", r#"{"a":{"b":1,"x":[0],"c":2}}"#, "a.b = 1\na.x = [0]\na.c = 2\n"],
            ["a = {b = 1, c = 2}\n", r#"{"a":{"c":2,"d":3}}"#, "a = {c = 2, d = 3}\n"],
            ["a = 1\n# b\nb = 2\n\nc = 3\n", r#"{"a":1,"c":3}"#, "a = 1\n\nc = 3\n"],
        ],
    );
}

#[test]
fn tables_come_and_go_with_their_headers() {
    check(
        Format::Toml,
        &[
            ["[a]\n\n# b\n[b]\nx = 1\n", r#"{"a":{}}"#, "[a]\n"],
            ["[[a]]\nx = 1\n", r#"{"a":[{"x":1},{"x":2}]}"#, "[[a]]\nx = 1\n\n[[a]]\nx = 2\n"],
        ],
    );
}

#[test]
fn a_table_gives_way_to_another_kind_of_value_and_the_reverse() {
    check(
        Format::Toml,
        &[
            ["x = 1\n\n[a]\nb = 1\n\n[c]\n", r#"{"x":1,"a":2,"c":{}}"#, "x = 1\na = 2\n\n[c]\n"],
            ["a = 1\nb = 2 # c\n", r#"{"a":{"x":1},"b":2}"#, "a = { x = 1 }\nb = 2 # c\n"],
            ["[[a]]\nx = 1\n[b]\n", r#"{"a":[],"b":{}}"#, "a = []\n\n[b]\n"],
            ["a.b = 1\nc = 2\n", r#"{"a":{},"c":2}"#, "a = {}\nc = 2\n"],
            ["[a.b]\nx = 1\n", r#"{"a":{}}"#, "[a]\n"],
        ],
    );
}

#[test]
fn a_table_is_renamed_wherever_its_key_stands() {
    check(
        Format::Toml,
        &[
            [
                "[a] # c\nx = 1\n\n[a.b]\ny = 2\n",
                r#"{"z":{"x":1,"b":{"y":2}}}"#,
                "[z] # c\nx = 1\n\n[z.b]\ny = 2\n",
            ],
            [
                "[[a.b]]\nx = 1\n[[ a.b ]]\nx = 2\n",
                r#"{"a":{"c d":[{"x":1},{"x":2}]}}"#,
                "[[a.\"c d\"]]\nx = 1\n[[ a.\"c d\" ]]\nx = 2\n",
            ],
            ["a.b = 1 # 1\na . c = 2\n", r#"{"z":{"b":1,"c":2}}"#, "z.b = 1 # 1\nz . c = 2\n"],
        ],
    );
}

#[test]
fn a_table_that_dots_or_other_headers_imply_comes_and_goes() {
    check(
        Format::Toml,
        &[
            ["x = 1\na.b = 1\na.c = 2\n", r#"{"x":1}"#, "x = 1\n"],
            ["[a.b]\nx = 1\n", r#"{"a":{"b":{"x":1},"y":2}}"#, "[a]\ny = 2\n\n[a.b]\nx = 1\n"],
            [
                "[t]\na.b = 1 # c\n",
                r#"{"t":{"a":{"b":1,"c":{"d":[]}}}}"#,
                "[t]\na.b = 1 # c\na.c = { d = [] }\n",
            ],
            ["a = { b.c = 1, d = 2 }\n", r#"{"a":{"b":{"c":5},"d":2}}"#, "a = { b.c = 5, d = 2 }\n"],
            ["a = { b.c = 1, d = 2 } # c\n", r#"{"a":{"d":2}}"#, "a = { d = 2 } # c\n"],
        ],
    );
    refuse(
        Format::Toml,
        &[
            [
                "a = 1\n",
                r#"{"a":1,"t":{"b":[null]}}"#,
                "can't be edited in place at /t/b/0: toml can't hold null",
            ],
            [
                "a = {\n  b.c = 1, # one\n  d = 2\n}\n",
                r#"{"a":{"d":2}}"#,
                "can't be edited in place at /a: keys with dots among comments inside of brackets",
            ],
        ],
    );
}

#[test]
fn a_moved_item_keeps_its_text_and_its_comments() {
    check(
        Format::Toml,
        &[
            [
                "# file\n\n[[a]]\nx = 'one' # 1\n\n# two\n[[a]]\nx = 'two'\n[a.b]\ny = 1 # 2\n",
                r#"{"a":[{"x":"two","b":{"y":1}},{"x":"one"}]}"#,
                "# file\n\n# two\n[[a]]\nx = 'two'\n[a.b]\ny = 1 # 2\n\n[[a]]\nx = 'one' # 1\n",
            ],
            ["a = [\n  1, # one\n  2, # two\n]\n", r#"{"a":[2,1]}"#, "a = [\n  2, # two\n  1, # one\n]\n"],
        ],
    );
}
