use super::*;
use crate::format::{json, parse};
use crate::model::tree::NoticeKind;
use crate::model::value::Value;

fn tree(source: &str) -> Tree {
    parse(Format::Yaml, source).unwrap()
}

fn check(source: &str, expected: &str) {
    assert_eq!(json::to_string(&tree(source).to_value().unwrap()), expected, "{source}");
}

fn error(source: &str) -> String {
    parse(Format::Yaml, source).unwrap_err().to_string()
}

/// The source at the place of what stands at a key of the root.
fn slice<'a>(tree: &'a Tree, key: &str) -> &'a str {
    &tree.source()[tree.span(tree.child(tree.root(), key).unwrap()).range()]
}

#[test]
fn plain_scalars_are_what_the_core_schema_says() {
    check(
        "[on, no, y, 0x1f, 0o17, 1_0, ~, TRUE, 'true', .inf]",
        r#"["on","no","y",31,15,"1_0",null,true,"true","Infinity"]"#,
    );
    check(
        "a: 12345678901234567890123\nb: 1.10\nc: 2001-12-14\n",
        r#"{"a":12345678901234567890123,"b":1.10,"c":"2001-12-14"}"#,
    );
}

#[test]
fn core_tags_are_applied_and_others_are_kept() {
    check(
        "[!!str 1, !!int \"3\", !!float 1, !!null '', !!bool \"true\", ! 12, !!seq [], !!map {}]",
        r#"["1",3,1,null,true,"12",[],{}]"#,
    );
    let tags = |source: &str| {
        let tree = tree(source);
        let ids = (0..tree.len()).filter_map(|at| tree.at(at));
        ids.filter_map(|id| tree.tag(id)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        tags("[!Ref x, !!binary aGk=, !!int x, !!map []]"),
        ["!Ref", "tag:yaml.org,2002:binary", "tag:yaml.org,2002:int", "tag:yaml.org,2002:map"]
    );
    assert_eq!(
        tags("%TAG !e! tag:example.com,2000:\n--- !e!x [!<tag:a,1:b> y]\n"),
        ["tag:example.com,2000:x", "tag:a,1:b"]
    );
    assert!(error("!<lines> []").contains("neither local nor a URI"));
}

#[test]
fn keys_are_texts() {
    check(
        "1: a\ntrue: b\n~: c\n'q': d\n? [x, {y: 1}]\n: e\n: f\n",
        r#"{"1":"a","true":"b","~":"c","q":"d","[\"x\",{\"y\":1}]":"e","":"f"}"#,
    );
}

#[test]
fn aliases_are_copies_and_merge_keys_are_keys() {
    check(
        "a: &x {k: [1, 2]}\nb: *x\nc:\n  <<: *x\n",
        r#"{"a":{"k":[1,2]},"b":{"k":[1,2]},"c":{"<<":{"k":[1,2]}}}"#,
    );
    check("&k key: *k\n*k : 1\n", r#"{"key":1}"#);
    check("? &a [b]\n: 1\nc: *a\n", r#"{"[\"b\"]":1,"c":["b"]}"#);
    check("a: &x 1\nb: &x 2\nc: *x\n", r#"{"a":1,"b":2,"c":2}"#);
    assert!(error("a: *x").contains("unknown anchor"));
}

#[test]
fn several_documents_are_a_list() {
    let several = tree("a\n---\n- b\n---\n");
    assert_eq!(several.tag(several.root()), Some(Tagged::DOCUMENTS));
    check("a\n---\n- b\n---\n", r#"["a",["b"],null]"#);
    for (source, expected) in
        [("--- a\n", r#""a""#), ("---\n...\n", "null"), ("", "null"), ("# c\n", "null"), ("[]", "[]")]
    {
        check(source, expected);
        let tree = tree(source);
        assert_eq!(tree.tag(tree.root()), None, "{source}");
    }
}

#[test]
fn a_key_that_comes_twice_is_noticed() {
    let tree = tree("a: 1\nb:\n  c: 1\n  c: 2\na: &x 3\nd: *x\n");
    let kinds: Vec<_> = tree.notices().iter().map(|notice| &notice.kind).collect();
    assert_eq!(kinds, [&NoticeKind::DuplicateKey("c".to_owned()), &NoticeKind::DuplicateKey("a".to_owned())]);
    let expected = Value::map([("b", Value::map([("c", 2)])), ("a", Value::from(3)), ("d", Value::from(3))]);
    assert_eq!(tree.to_value().unwrap(), expected);
}

#[test]
fn places_reach_from_the_first_byte_to_the_last() {
    let source = "\u{feff}a: 1 # c\r\nb:\r\n  - 'x'\r\n  - {k: v}  # d\r\n\r\nc: !t &n |+ # e | f\r\n  l\r\n\r\nd: >-\r\n\r\n  m\r\n  n\r\n\r\ne:\r\nf: *n";
    let tree = tree(source);
    assert_eq!(slice(&tree, "a"), "1");
    assert_eq!(slice(&tree, "b"), "- 'x'\r\n  - {k: v}");
    assert_eq!(slice(&tree, "c"), "|+ # e | f\r\n  l\r\n\r\n");
    assert_eq!(slice(&tree, "d"), ">-\r\n\r\n  m\r\n  n");
    assert_eq!(slice(&tree, "e"), "");
    assert_eq!(slice(&tree, "f"), "*n");
    let comments: Vec<_> = tree.comments().iter().map(|comment| &source[comment.range()]).collect();
    assert_eq!(comments, ["# c", "# d", "# e | f"]);
}

#[test]
fn a_block_scalar_at_the_root_has_its_header() {
    for source in ["|-\n  a\n  b", "--- |\n a\n", "# c\n--- # d\n>\n a\n", "|\n  --- a\n"] {
        let tree = tree(source);
        let slice = &source[tree.span(tree.root()).range()];
        let again = parse(Format::Yaml, slice).unwrap();
        assert_eq!(again.text(again.root()), tree.text(tree.root()), "{slice:?}");
        assert!(slice.starts_with(['|', '>']), "{slice:?}");
    }
}

#[test]
fn errors_tell_the_place() {
    assert!(error("a: [1\nb: 2\n").starts_with("not valid yaml at line 2, column "));
    assert!(error("a: b: c\n").starts_with("not valid yaml at line 1, column 5"));
}
