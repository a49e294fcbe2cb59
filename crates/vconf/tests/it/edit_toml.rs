//! Edits in place in TOML.

use vconf::format::Format;

use crate::edit_support::check;

#[test]
fn values_and_lines_are_edited_in_the_style_of_their_neighbours() {
    check(
        Format::Toml,
        &[
            ["a = 1 # c\n[t]\nb = 'x'", r#"{"a":2,"t":{"b":"y"}}"#, "a = 2 # c\n[t]\nb = 'y'"],
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
