//! Pairs of documents that are easily compared in a poor way, each with its ideal answer.

use vconf::diff::{ListKind, Options, Order, Rule, compare};

use crate::diff_support::{json, json_edits, keyed, shared_cases};

#[test]
fn every_shared_case_has_its_ideal_number_of_edits() {
    let Some(cases) = shared_cases() else { return };
    let mut names: Vec<_> = std::fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let mut wrong = Vec::new();
    for case in names.iter().filter(|path| path.is_dir()) {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
        let expected = read("expected.md");
        let count = expected.lines().find_map(|line| line.strip_prefix("edits: ")).unwrap().trim().to_owned();
        let options =
            if expected.contains("arrays ordered") { Options::strict() } else { Options::default() };
        let found = json_edits(&read("a.json"), &read("b.json"), &options);
        if found.len().to_string() != count {
            wrong.push(format!("{}: {count} edits expected, found {found:#?}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[track_caller]
fn check(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(json_edits(old, new, &Options::default()), expected, "{old} → {new}");
}

#[track_caller]
fn check_strict(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(json_edits(old, new, &Options::strict()), expected, "{old} → {new}");
}

#[test]
fn copies_in_a_list_count() {
    check("[1,1,2,3]", "[3,2,2,1]", &["- [1]: 1 (2 → 1 copies)", "+ [1]: 2 (1 → 2 copies)"]);
    check("[1,1,2]", "[1,2,2]", &["- [1]: 1 (2 → 1 copies)", "+ [1]: 2 (1 → 2 copies)"]);
    check("[[1,2],[2,1]]", "[[1,2]]", &["- [1]: [2,1] (2 → 1 copies)"]);
    check(
        r#"[{"a":1,"b":2},{"b":2,"a":1},{"a":1,"b":2}]"#,
        r#"[{"a":1,"b":2}]"#,
        &[r#"- [1]: {"b":2,"a":1} (3 → 1 copies)"#, r#"- [2]: {"a":1,"b":2} (3 → 1 copies)"#],
    );
}

#[test]
fn numbers_are_compared_by_their_exact_value() {
    check(r#"{"a":1,"b":-0,"c":1E2,"d":0.50}"#, r#"{"a":1.0,"b":0,"c":100,"d":5e-1}"#, &[]);
    check(
        "[9007199254740992]",
        "[9007199254740993]",
        &["- [0]: 9007199254740992", "+ [0]: 9007199254740993"],
    );
    check(r#"{"a":0.1}"#, r#"{"a":0.1000000000000000055}"#, &["a: 0.1 → 0.1000000000000000055"]);
    check(r#"{"a":1e400}"#, r#"{"a":1e401}"#, &["a: 1e400 → 1e401"]);
}

#[test]
fn null_missing_and_empty_are_three_things() {
    check(r#"{"a":null}"#, "{}", &["- a: null"]);
    check("{}", r#"{"a":null}"#, &["+ a: null"]);
    check(r#"{"a":""}"#, r#"{"a":null}"#, &[r#"a: "" → null (string → null)"#]);
    check(r#"{"a":[]}"#, r#"{"a":{}}"#, &["a: [] → {} (list → map)"]);
    check(r#"{"a":{}}"#, r#"{"a":{"b":null}}"#, &["+ a.b: null"]);
}

#[test]
fn strings_that_look_alike_are_told_apart_and_told_as_that() {
    check(r#"{"a":" "}"#, r#"{"a":"  "}"#, &[r#"a: " " → "  " (whitespace only)"#]);
    check(r#"{"a":"x\n"}"#, r#"{"a":"x"}"#, &[r#"a: "x\n" → "x" (whitespace only)"#]);
    check(r#"{"a":"x\r\ny"}"#, r#"{"a":"x\ny"}"#, &[r#"a: "x\r\ny" → "x\ny" (line ends only)"#]);
    check(r#"{"a":"On"}"#, r#"{"a":"on"}"#, &[r#"a: "On" → "on" (case only)"#]);
    check(
        r#"{"a":"caf\u00e9"}"#,
        r#"{"a":"cafe\u0301"}"#,
        &["a: \"café\" → \"cafe\u{301}\" (Unicode normalization only)"],
    );
    check(r#"{"a":"x"}"#, r#"{"a":"x\u200b"}"#, &["a: \"x\" → \"x\u{200b}\" (invisible characters only)"]);
    check(r#"["One","two"]"#, r#"["two","one"]"#, &[r#"[1]: "One" → "one" (case only)"#]);
}

#[test]
fn a_changed_type_is_one_edit() {
    check(r#"{"a":true}"#, r#"{"a":"true"}"#, &[r#"a: true → "true" (bool → string)"#]);
    check(r#"{"a":1}"#, r#"{"a":"1"}"#, &[r#"a: 1 → "1" (number → string)"#]);
    check(
        "[1,2]",
        r#"["2","1"]"#,
        &[r#"[0]: 2 → "2" (number → string)"#, r#"[1]: 1 → "1" (number → string)"#],
    );
    check(r#"{"a":"x"}"#, r#"{"a":["x"]}"#, &[r#"a: "x" → ["x"] (string → list)"#]);
    check(
        r#"{"l":[{"id":1,"p":80},{"id":2,"p":81}]}"#,
        r#"{"l":[{"id":2,"p":"81"},{"id":1,"p":"80"}]}"#,
        &[r#"l[id=2].p: 81 → "81" (number → string)"#, r#"l[id=1].p: 80 → "80" (number → string)"#],
    );
    check("[1]", r#"{"0":1}"#, &[r#"(root): [1] → {"0":1} (list → map)"#]);
    check("1", "null", &["(root): 1 → null (number → null)"]);
}

#[test]
fn order_alone_is_no_change_at_any_depth() {
    check(r#"{"m":[[1,2],[3,[4,5]]]}"#, r#"{"m":[[[5,4],3],[2,1]]}"#, &[]);
    check(r#"{"a":1,"b":{"c":2,"d":3}}"#, r#"{"b":{"d":3,"c":2},"a":1}"#, &[]);
    let (old, new) = (json("[[1,2],[3,4,5],{\"x\":[6,7]}]"), json("[[3,5,4],{\"x\":[7,6]},[1,2]]"));
    let diff = compare(&old, &new, &Options::default());
    let lists: Vec<_> =
        diff.reordered().iter().map(|list| diff.people_path_of_list(list).to_string()).collect();
    assert_eq!(lists, ["(root)", "[0]", "[1].x"]);
}

#[test]
fn items_are_known_by_their_identity() {
    check(
        r#"{"env":[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"C","value":"3"}]}"#,
        r#"{"env":[{"name":"E","value":"5"},{"name":"B","value":"20"},{"name":"A","value":"1"}]}"#,
        &[
            r#"+ env[name=E]: {"name":"E","value":"5"}"#,
            r#"env[name=B].value: "2" → "20""#,
            r#"- env[name=C]: {"name":"C","value":"3"}"#,
        ],
    );
    // Names that were swapped are two items, each with other values.
    check(
        r#"[{"name":"a","v":1,"w":2},{"name":"b","v":3,"w":4}]"#,
        r#"[{"name":"b","v":1,"w":2},{"name":"a","v":3,"w":4}]"#,
        &["[name=b].v: 3 → 1", "[name=b].w: 4 → 2", "[name=a].v: 1 → 3", "[name=a].w: 2 → 4"],
    );
    check(
        r#"[{"kind":"Service","metadata":{"name":"web"},"x":1},{"kind":"Pod","metadata":{"name":"web"},"x":1}]"#,
        r#"[{"kind":"Pod","metadata":{"name":"web"},"x":2},{"kind":"Service","metadata":{"name":"web"},"x":1}]"#,
        &["[kind=Pod,metadata.name=web].x: 1 → 2"],
    );
    check(
        r#"{"jobs":[{"job_name":"a","interval":"5s","t":1},{"job_name":"b","interval":"5s","t":1}]}"#,
        r#"{"jobs":[{"job_name":"b","interval":"9s","t":2},{"job_name":"a","interval":"5s","t":1}]}"#,
        &[r#"jobs[job_name=b].interval: "5s" → "9s""#, "jobs[job_name=b].t: 1 → 2"],
    );
}

#[test]
fn identities_nest() {
    check(
        r#"{"pods":[{"name":"p","containers":[{"name":"app","env":[{"name":"A","value":"1"}]},{"name":"log","env":[]}]}]}"#,
        r#"{"pods":[{"name":"p","containers":[{"name":"log","env":[]},{"name":"app","env":[{"name":"A","value":"2"}]}]}]}"#,
        &[r#"pods[name=p].containers[name=app].env[name=A].value: "1" → "2""#],
    );
}

#[test]
fn a_rule_says_what_items_are_known_by() {
    let old = r#"{"ports":[{"name":"x","port":1,"to":5},{"name":"x","port":2,"to":6}]}"#;
    let new = r#"{"ports":[{"name":"y","port":2,"to":7},{"name":"x","port":1,"to":5}]}"#;
    let expected = [r#"ports[port=2].name: "x" → "y""#, "ports[port=2].to: 6 → 7"];
    assert_eq!(json_edits(old, new, &keyed("ports=port")), expected);
}

#[test]
fn an_item_without_identity_is_known_by_what_it_shares() {
    check(
        r#"[{"a":1,"b":2,"c":3},{"a":4,"b":5,"c":6}]"#,
        r#"[{"a":4,"b":5,"c":7},{"a":1,"b":2,"c":3}]"#,
        &["[0].c: 6 → 7"],
    );
    check(
        r#"{"m":[{"t":"12:11","s":[{"v":"0","u":"Wh"},{"v":"1","u":"A"}]}]}"#,
        r#"{"m":[{"t":"17:23","s":[{"v":"0","u":"Wh"},{"v":"1","u":"A"}]}]}"#,
        &[r#"m[0].t: "12:11" → "17:23""#],
    );
    // Copies of an object, of which one is edited.
    check(
        r#"[{"a":1,"b":2},{"a":1,"b":2},{"a":1,"b":2}]"#,
        r#"[{"a":1,"b":2},{"a":1,"b":3},{"a":1,"b":2}]"#,
        &["[1].b: 2 → 3"],
    );
}

#[test]
fn items_with_nothing_in_common_stay_two() {
    check(
        r#"[{"a":1,"b":2}]"#,
        r#"[{"c":3,"d":4}]"#,
        &[r#"- [0]: {"a":1,"b":2}"#, r#"+ [0]: {"c":3,"d":4}"#],
    );
    check(
        r#"[{"a":1,"b":2}]"#,
        r#"[{"a":3,"b":4}]"#,
        &[r#"- [0]: {"a":1,"b":2}"#, r#"+ [0]: {"a":3,"b":4}"#],
    );
    check(
        r#"["a.example.com"]"#,
        r#"["c.example.com"]"#,
        &[r#"- [0]: "a.example.com""#, r#"+ [0]: "c.example.com""#],
    );
}

#[test]
fn lists_of_lists_are_compared_within() {
    check("[[1,2,3],[4,5,6]]", "[[4,5,7],[1,2,3]]", &["- [1][2]: 6", "+ [0][2]: 7"]);
    check("[[[[1]]]]", "[[[[2]]]]", &["- [0][0][0][0]: 1", "+ [0][0][0][0]: 2"]);
    check(r#"[[{"a":1}]]"#, r#"[[{"a":2}]]"#, &["[0][0].a: 1 → 2"]);
}

#[test]
fn a_renamed_key_is_told_as_that() {
    check(
        r#"{"db":{"h":"x","p":1},"v":1}"#,
        r#"{"v":1,"database":{"p":1,"h":"x"}}"#,
        &["rename db → database"],
    );
    check(
        r#"{"database":{"host":"db1","port":5432,"pool":{"min":1,"max":10}}}"#,
        r#"{"db":{"host":"db1","port":5433,"pool":{"min":1,"max":10}}}"#,
        &["rename database → db", "db.port: 5432 → 5433"],
    );
    // Never on small scalars.
    check(r#"{"a":1,"b":2}"#, r#"{"a":2,"b":1}"#, &["a: 1 → 2", "b: 2 → 1"]);
    check(r#"{"colour":1}"#, r#"{"color":1}"#, &["- colour: 1", "+ color: 1"]);
    // Two maps that swapped keys are each edited in place.
    check(
        r#"{"a":{"x":1,"y":2},"b":{"x":3,"y":4}}"#,
        r#"{"a":{"x":3,"y":4},"b":{"x":1,"y":2}}"#,
        &["a.x: 1 → 3", "a.y: 2 → 4", "b.x: 3 → 1", "b.y: 4 → 2"],
    );
}

#[test]
fn a_subtree_that_moved_is_told_as_that() {
    check(
        r#"{"a":{"cache":{"size":1,"ttl":2}},"b":{"z":1}}"#,
        r#"{"a":{},"b":{"z":1,"cache":{"size":1,"ttl":2}}}"#,
        &["move a.cache → b.cache"],
    );
    check(
        r#"{"on":[{"name":"x","v":1},{"name":"y","v":2}],"off":[]}"#,
        r#"{"on":[{"name":"x","v":1}],"off":[{"name":"y","v":2}]}"#,
        &["move on[name=y] → off[name=y]"],
    );
    check(r#"{"a":[1,2],"b":[]}"#, r#"{"a":[1],"b":[2]}"#, &["- a[1]: 2", "+ b[0]: 2"]);
}

#[test]
fn where_order_counts_the_fewest_edits_are_found() {
    check_strict(r#"["b","c","d"]"#, r#"["a","b","c","d"]"#, &[r#"+ [0]: "a""#]);
    check_strict("[1,2,3]", "[1,5,3]", &["[1]: 2 → 5"]);
    check_strict("[1,2,3,4]", "[4,1,2,3]", &["move [3] → [0]"]);
    check_strict("[1,2]", "[2,1]", &["move [1] → [0]"]);
    check_strict("[1,2,3]", "[3]", &["- [0]: 1", "- [1]: 2"]);
    check_strict("[1,{\"a\":1},3]", "[1,\"x\",3]", &["[1]: {\"a\":1} → \"x\" (map → string)"]);
    check_strict(
        r#"[{"name":"a","v":1},{"name":"b","v":2},{"name":"c","v":3}]"#,
        r#"[{"name":"c","v":4},{"name":"a","v":1},{"name":"b","v":2}]"#,
        &["move [name=c] → [name=c]", "[name=c].v: 3 → 4"],
    );
}

#[test]
fn rules_say_which_lists_are_sequences_and_sets() {
    let rule = |path: &str, kind| Options {
        order: Order::Ignore,
        rules: vec![Rule { path: path.parse().unwrap(), kind }],
    };
    let (old, new) = (r#"{"l":[1,2],"m":[1,2]}"#, r#"{"l":[2,1],"m":[2,1]}"#);
    assert_eq!(json_edits(old, new, &rule("/l", ListKind::Sequence)), ["move l[1] → l[0]"]);
    let (old, new) = (r#"{"l":[1,1,2]}"#, r#"{"l":[2,2,1,3]}"#);
    assert_eq!(json_edits(old, new, &rule("l", ListKind::Set)), ["+ l[3]: 3"]);
    assert_eq!(json_edits("[1,1,2]", "[2,1]", &rule("/**", ListKind::Set)), [""; 0]);
}

#[test]
fn unusual_keys_are_quoted_for_people_and_escaped_in_pointers() {
    check(r#"{"":1}"#, r#"{"":2}"#, &[r#""": 1 → 2"#]);
    check(r#"{"a.b":{"c/d":1}}"#, r#"{"a.b":{"c/d":2}}"#, &[r#""a.b".c/d: 1 → 2"#]);
    let (old, new) = (json(r#"{"a.b":{"c/d~":{"":1}}}"#), json(r#"{"a.b":{"c/d~":{"":2}}}"#));
    let diff = compare(&old, &new, &Options::default());
    assert_eq!(diff.path(&diff.changes()[0]).to_string(), "/a.b/c~1d~0/");
    check(r#"{"0":{"1":2}}"#, r#"{"0":{"1":3}}"#, &["0.1: 2 → 3"]);
}

#[test]
fn escapes_and_duplicate_keys_do_not_change_content() {
    check(r#"{"a":"\u00e9\/x","b":"tab\t"}"#, r#"{"a":"é/x","b":"tab\u0009"}"#, &[]);
    check(r#"{"a":1,"a":2}"#, r#"{"a":2}"#, &[]);
    assert_eq!(json(r#"{"a":1,"a":2}"#).notices().len(), 1);
}

#[test]
fn one_insert_into_a_long_list_is_one_edit() {
    let items = |skip: usize| {
        (0..20_000)
            .filter(|n| *n != skip)
            .map(|n| format!("{{\"v\":{n},\"w\":1}}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let (old, new) = (format!("[{}]", items(77)), format!("[{}]", items(20_000)));
    check(&old, &new, &[r#"+ [77]: {"v":77,"w":1}"#]);
    check_strict(&old, &new, &[r#"+ [77]: {"v":77,"w":1}"#]);
}

#[test]
fn a_long_string_in_a_list_is_edited() {
    let text = |word: &str| format!("[\"{} {word} {}\"]", "so it goes ".repeat(8), "and on ".repeat(8));
    assert_eq!(json_edits(&text("one"), &text("two"), &Options::default()).len(), 1);
}

#[test]
fn a_hundred_thousand_levels_are_compared() {
    let nest = |leaf: &str| format!("{}{leaf}{}", "[".repeat(100_000), "]".repeat(100_000));
    let (old, new) = (json(&nest("1")), json(&nest("2")));
    let diff = compare(&old, &new, &Options::default());
    assert_eq!(diff.changes().len(), 2);
    assert_eq!(diff.path(&diff.changes()[0]).0.len(), 100_000);
    let nest = |leaf: &str| format!("{}{leaf}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let (old, new) = (json(&nest("1")), json(&nest("2")));
    assert_eq!(compare(&old, &new, &Options::strict()).changes().len(), 1);
    assert!(compare(&old, &old, &Options::default()).is_equal());
}
