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

/// All that there is to know of a tree.
fn facts(tree: &Tree) -> String {
    let nodes = (0..tree.len()).filter_map(|at| tree.at(at)).map(|id| {
        let (key, text) = (tree.key(id), tree.text(id));
        let places = (tree.span(id), tree.key_span(id), tree.subtree_len(id), tree.is_true(id), tree.tag(id));
        format!("{:?} {key:?} {text:?} {places:?}\n", tree.kind(id))
    });
    format!("{}{:?}\n{:?}", nodes.collect::<String>(), tree.comments(), tree.notices())
}

/// Whether the usual forms are read at a glance, and then just as the general reader reads them.
fn at_a_glance(source: &str) -> bool {
    let shared = Arc::new(source.to_owned());
    let Some(tree) = block::read(&shared) else { return false };
    match read_any(&shared) {
        Ok(expected) => assert_eq!(facts(&tree), facts(&expected), "{source}"),
        Err(error) => panic!("{error}\n{source}"),
    }
    true
}

#[test]
fn the_usual_forms_are_read_at_a_glance() {
    for source in [
        "a: 1\n",
        "---\na: 1",
        "# c\n---\n# d\na: x y z  # e\n\n\nb: \"q: #\" # f\n'c': 'd'\n",
        "a:\nb:\n  c:\n\n  d: ~\ne:   # nothing\n",
        "a:\n- 1\n- b: 2\n  c:\n  - 3\n  -\n-\nd: e\n",
        "a:\n  - x: 1\n    y:\n      - z\n  - x: 2\n",
        "-   a: 1\n    b: 2\n- c\n- \"d\"\n- -5\n- --flag=x\n",
        "a: [80, 8001, 'x', [], {}]  # ports\nb: {cpu: 0.5, memory: 256Mi , c: [ 1 ]}\n",
        "url: http://host:80/path?x=1#y\ntime: 12:30:45\nkey:with:colons: 1\n",
        "a: 0x1F\nb: 0o17\nc: 1.50\nd: .inf\ne: on\nf: 12345678901234567890123\n",
        "a: 1\na: 2\n",
        "n\u{e4}me: w\u{f6}rt \u{2014} \u{1f600}\n",
        "a: b#c\nd: e  \nf g: h i\n",
        "# c\nx:\n  - name: s-1\n    image: \"r.example/app:1\"\n    ports: [80, 8001]\n    y: {cpu: 0.5, memory: 256Mi}  # usual\n",
    ] {
        assert!(at_a_glance(source), "{source}");
    }
}

#[test]
fn other_forms_are_left_to_the_general_reader() {
    for source in [
        "",
        "# only\n",
        "a",
        "a: &x 1\n",
        "a: *x\n",
        "a: !t 1\n",
        "a: |\n  x\n",
        "a: >-\n  x\n",
        "? a\n: b\n",
        "a: b\n  c\n",
        "a: 'x''y'\n",
        "a: \"\\n\"\n",
        "a: \"x\n  y\"\n",
        "a: [1,\n 2]\n",
        "a:\tb\n",
        "a: b\r\n",
        "---\na: 1\n---\nb: 2\n",
        "a: 1\n...\n",
        "--- {}\n",
        "%YAML 1.2\n---\na: 1\n",
        "- - a\n",
        "a: b: c\n",
        "  a: 1\n",
        "a: 1\n - b\n",
        "a: @x\n",
        "{a: 1}\n",
        "a: [x y, z]\n",
        "a: [x,]\n",
        "a : 1\n",
        "\u{feff}a: 1\n",
        "a: x\u{85}y\n",
        "a: 'b'c\n",
        "a: [1]2\n",
        "a: 1\n b: 2\n",
        "a:\n  - b\n c: 1\n",
        "- a\nb: 1\n",
        "a: b\nc\n",
        "a: b:\n",
    ] {
        assert!(!at_a_glance(source), "{source}");
    }
}

/// Numbers that look random, and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % sides
    }
}

#[test]
fn whatever_is_read_at_a_glance_is_what_the_general_reader_reads() {
    const PIECES: [&str; 58] = [
        "\"a: b\": ",
        "'- a': ",
        "'#': ",
        "a: b: ",
        "\na: 1\n",
        "'': ",
        "a",
        "b",
        "key",
        "- ",
        "-",
        ": ",
        ":",
        " ",
        "  ",
        "    ",
        "\n",
        "\n",
        "\n  ",
        "\n- ",
        "\n  - ",
        "\nk: ",
        "\n  k: ",
        "#",
        " # c",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "'",
        "\"",
        "'x'",
        "\"y\"",
        "1",
        "0.5",
        "-3",
        "~",
        "null",
        "true",
        "x y",
        "[1, a]",
        "{a: 1}",
        "[]",
        "{}",
        "?",
        "!",
        "&",
        "*",
        "|",
        ">",
        "%",
        "@",
        "---",
        "...",
        "\u{e4}",
        "\\",
    ];
    let mut dice = Dice(7);
    let mut read = 0;
    for _ in 0..60_000 {
        let pieces = (0..1 + dice.roll(14)).map(|_| PIECES[dice.roll(PIECES.len())]);
        read += usize::from(at_a_glance(&pieces.collect::<String>()));
    }
    assert!(read > 1_000, "{read}");
    // Edits of a usual file: mostly still usual, or nearly so.
    let usual = "# Services\nversion: 1\nservices:\n  - name: web   # first\n    image: \"r/web:1\"\n    ports: [80, 81]\n    \
                 env:\n      A: x\n      B:\n    limits: {cpu: 0.5, mem: 1Gi}\n  - name: 'db'\n    on: true\nlist:\n- 1\n- two\n\nend: ~\n";
    let mut read = 0;
    for _ in 0..60_000 {
        let mut text = usual.to_owned();
        for _ in 0..1 + dice.roll(3) {
            let at = dice.roll(text.len());
            match dice.roll(3) {
                0 => text.insert_str(at, PIECES[dice.roll(PIECES.len())]),
                1 => drop(text.remove(at)),
                _ => {
                    let end = (at + dice.roll(8)).min(text.len());
                    text.replace_range(at..end, PIECES[dice.roll(PIECES.len())]);
                }
            }
            if !text.is_ascii() {
                break;
            }
        }
        read += usize::from(at_a_glance(&text));
    }
    assert!(read > 10_000, "{read}");
}
