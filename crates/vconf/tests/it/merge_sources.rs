//! Merging sources: what is written where two sides meet.

use vconf::diff::{Choice, Options};
use vconf::format::{self, Format};
use vconf::history::{MergeSide, MergedSource, SaveOptions, merge_sources};
use vconf::store::Store;

use crate::scratch::{at, config, tag};

fn merge(name: &str, [base, ours, theirs]: [&[u8]; 3], choice: Option<Choice>) -> MergedSource {
    let documents = [base, ours, theirs].map(|bytes| format::read(name, bytes, None));
    let side = |bytes, at: usize| MergeSide {
        bytes,
        document: &documents[at],
        name: ["base", "ours", "theirs"][at],
    };
    merge_sources(side(base, 0), side(ours, 1), side(theirs, 2), &Options::default(), choice).unwrap()
}

fn text(name: &str, sides: [&str; 3]) -> String {
    let merged = merge(name, sides.map(str::as_bytes), None);
    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
    String::from_utf8(merged.source.unwrap()).unwrap()
}

#[test]
fn comments_of_both_sides_are_there_where_lines_merge() {
    let sides = ["a: 1\nb: 2\nc: 3\n", "a: 1 # ours\nb: 2\nc: 3\n", "a: 1\nb: 2\nc: 4 # theirs\n"];
    assert_eq!(text("x.yaml", sides), "a: 1 # ours\nb: 2\nc: 4 # theirs\n");
}

#[test]
fn neighbouring_keys_merge_though_their_lines_do_not() {
    let sides = [
        "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
        "{\n  \"a\": 10,\n  \"b\": 2\n}\n",
        "{\n  \"a\": 1,\n  \"b\": 20\n}\n",
    ];
    assert_eq!(text("x.json", sides), "{\n  \"a\": 10,\n  \"b\": 20\n}\n");
    assert_eq!(text("x.toml", ["a = 1\nb = 2\n", "a = 10\nb = 2\n", "a = 1\nb = 20\n"]), "a = 10\nb = 20\n");
    assert_eq!(text("x.env", ["A=1\nB=2\n", "A=10\nB=2\n", "A=1\nB=20\n"]), "A=10\nB=20\n");
}

#[test]
fn comments_come_along_where_lines_touch() {
    let base = "s:\n  a: 1\nz: 1\n";
    let theirs = "s:\n  a: 1\n  # new\n  b: 2\nz: 1\n";
    assert_eq!(text("x.yaml", [base, "s:\n  a: 1\nz: 2\n", theirs]), "s:\n  a: 1\n  # new\n  b: 2\nz: 2\n");
    let sides = ["a: 1\n# head\nb: 1\n", "a: 2\n# head\nb: 1\n", "a: 1\n# HEAD\nb: 1\n"];
    assert_eq!(text("x.yaml", sides), "a: 2\n# HEAD\nb: 1\n");
    assert_eq!(
        text("x.env", ["A=1\nB=2 # old\n", "A=2\nB=2 # old\n", "A=1\nB=9 # new\n"]),
        "A=2\nB=9 # new\n"
    );
    let sides = ["a = 1\n", "a = 2\n", "a = 1\n# about b\nb = 1\n"];
    assert_eq!(text("x.toml", sides), "a = 2\n# about b\nb = 1\n");
}

#[test]
fn a_comment_that_both_changed_is_told() {
    let sides: [&[u8]; 3] = [b"# x\na: 1\nb: 1\n", b"# ours\na: 1\nb: 1\n", b"# theirs\na: 1\nb: 2\n"];
    let merged = merge("x.yaml", sides, None);
    assert_eq!(merged.lost_comments, ["# theirs"]);
    assert_eq!(merged.source.as_deref(), Some(&b"# ours\na: 1\nb: 2\n"[..]));
}

#[test]
fn a_new_user_of_an_anchor_gets_what_the_anchor_has_now() {
    let base = "base: &b\n  cpu: 1\nx: 1\n\n\none: *b\n";
    let ours = base.replace("cpu: 1", "cpu: 2");
    let theirs = format!("{base}two: *b\n");
    let merged = text("x.yaml", [base, &ours, &theirs]);
    let value = format::parse(Format::Yaml, merged.as_str()).unwrap().to_value().unwrap();
    assert_eq!(value.get("two").unwrap().get("cpu").unwrap().as_i64(), Some(2), "{merged}");
}

#[test]
fn one_sides_change_alone_is_taken_to_the_byte() {
    let (base, new) = ("{\"a\":1}", "{ \"a\" : 2 } // odd\r\n");
    assert_eq!(text("x.jsonc", [base, base, new]), new);
    assert_eq!(text("x.jsonc", [base, new, base]), new);
    assert_eq!(text("x.jsonc", [base, new, new]), new);
}

#[test]
fn a_conflict_has_no_source_but_with_a_choice() {
    let sides: [&[u8]; 3] = [b"a: 1\nb: 1\n", b"a: 2\nb: 1\n", b"a: 3\nb: 2\n"];
    let merged = merge("x.yaml", sides, None);
    assert_eq!((merged.source, merged.conflicts.len()), (None, 1));
    let chosen = |choice| String::from_utf8(merge("x.yaml", sides, Some(choice)).source.unwrap()).unwrap();
    assert_eq!(chosen(Choice::Ours), "a: 2\nb: 2\n");
    assert_eq!(chosen(Choice::Theirs), "a: 3\nb: 2\n");
    let bytes: [&[u8]; 3] = [b"\xff1", b"\xff2", b"\xff3"];
    assert_eq!(merge("x", bytes, None).source, None);
    assert_eq!(merge("x", bytes, Some(Choice::Theirs)).source.as_deref(), Some(bytes[2]));
}

#[test]
fn the_newest_common_version_is_the_base_also_after_a_merge() {
    let store = Store::in_memory();
    let app = config("app.yaml");
    let mut time = 0;
    let mut save = |source: &str, branch: &str, merges: &[u64]| {
        time += 1;
        let options =
            SaveOptions { branch: Some(tag(branch)), merges: merges.to_vec(), ..SaveOptions::default() };
        store.save(&app, source.as_bytes(), &options, &at(time)).unwrap().version.number
    };
    assert_eq!(save("a: 1\n", "main", &[]), 1);
    store.create_branch(&app, &tag("side"), 1, &at(2)).unwrap();
    assert_eq!(save("a: 2\n", "main", &[]), 2);
    assert_eq!(save("b: 1\n", "side", &[]), 3);
    let base = |ours, theirs| store.merge_base(&app, ours, theirs).unwrap();
    assert_eq!((base(2, 3), base(3, 2), base(1, 3), base(3, 3)), (Some(1), Some(1), Some(1), Some(3)));
    assert_eq!(save("a: 2\nb: 1\n", "main", &[3]), 4);
    assert_eq!(save("b: 2\n", "side", &[]), 5);
    assert_eq!(base(4, 5), Some(3));
    // The same bytes again are a version where they merge something.
    assert_eq!(save("a: 2\nb: 1\n", "main", &[5]), 6);
    assert_eq!(base(6, 5), Some(5));
}
