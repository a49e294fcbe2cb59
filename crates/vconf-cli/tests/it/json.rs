//! What `--json` writes: the fields that docs/JSON.md promises.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Ran, Sandbox};

/// The fields of a version, wherever one is told.
const VERSION: [&str; 16] = [
    "config",
    "version",
    "id",
    "branch",
    "parents",
    "timestamp",
    "author",
    "description",
    "action",
    "operation",
    "changes",
    "format",
    "mode",
    "size_bytes",
    "checksum",
    "content_checksum",
];

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap_or_else(|| panic!("an object: {value}")).keys().map(String::as_str).collect()
}

/// Holds that each line has these fields, and that the documentation speaks of each.
#[track_caller]
fn expect_keys(ran: &Ran, lines: usize, expected: &[&str]) -> Vec<Value> {
    let values = ran.json();
    assert_eq!(values.len(), lines, "{ran}");
    for value in &values {
        let found = keys(value);
        for key in expected {
            assert!(found.contains(key), "{key} is missing: {ran}");
            assert!(documented(key), "{key} is not in docs/JSON.md");
        }
        for key in found {
            assert!(documented(key), "{key} is not in docs/JSON.md");
        }
    }
    values
}

fn documented(key: &str) -> bool {
    const DOCUMENT: &str = include_str!("../../../../docs/JSON.md");
    [format!("`{key}`"), format!("\"{key}\"")].iter().any(|word| DOCUMENT.contains(word))
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&VERSION[..], more].concat()
}

fn with_two_versions() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.save("app.json", "{\"port\": 1, \"hosts\": [\"a\", \"b\"]}\n");
    sandbox.write("app.json", "{\"port\": 12345678901234567890123, \"hosts\": [\"b\", \"a\"]}\n");
    sandbox
}

#[test]
fn every_command_writes_the_fields_that_are_documented() {
    let sandbox = with_two_versions();
    let run = |words: &str, code: i32| sandbox.run(&format!("{words} --json")).expect(code);

    let status = expect_keys(
        &run("status", 0),
        1,
        &["config", "file", "latest", "summary", "added", "removed", "changed"],
    );
    assert_eq!(status[0]["file"], "changed");
    assert!(VERSION.iter().all(|key| keys(&status[0]["latest"]).contains(key)));

    let saved =
        expect_keys(&run("save app.json --tag stable", 0), 1, &with(&["seal", "saved", "warnings", "tag"]));
    assert_eq!((&saved[0]["version"], &saved[0]["saved"]), (&2.into(), &true.into()));
    assert_eq!(keys(&saved[0]["operation"]), ["command", "id", "timestamp"].into());
    assert_eq!(keys(&saved[0]["changes"]), ["added", "changed", "paths", "removed", "summary"].into());
    let again = expect_keys(&run("save app.json", 0), 1, &with(&["saved"]));
    assert_eq!(again[0]["saved"], false);

    let log = expect_keys(&run("log app.json", 0), 2, &with(&["tags", "undone", "head"]));
    assert_eq!((&log[0]["tags"], &log[0]["head"]), (&serde_json::json!(["stable"]), &true.into()));
    let all = expect_keys(&run("log", 0), 2, &with(&[]));
    assert_eq!(all, log);
    let values = expect_keys(&run("log app.json -k port", 0), 2, &with(&["key", "present", "value"]));
    assert_eq!(values[1]["value"], 1);

    let shown = expect_keys(&run("show app.json@1", 0), 1, &with(&["content", "text"]));
    assert_eq!(shown[0]["content"]["hosts"][1], "b");
    assert_eq!(shown[0]["text"], "{\"port\": 1, \"hosts\": [\"a\", \"b\"]}\n");
    let got = run("get app.json port", 0);
    expect_keys(&got, 1, &["config", "version", "key", "value"]);
    assert!(got.out().contains("\"value\":12345678901234567890123"), "numbers keep their digits: {got}");

    let hit = ["last", "found", "line", "more_lines", "key", "text", "marks"];
    let lines = expect_keys(&run("find hosts", 0), 2, &with(&hit));
    assert_eq!((&lines[1]["version"], &lines[1]["line"]), (&1.into(), &1.into()));
    assert_eq!((&lines[1]["found"], &lines[1]["marks"]), (&"line".into(), &serde_json::json!([[13, 18]])));
    let values = expect_keys(&run("find --key hosts --value b", 0), 2, &with(&hit));
    assert_eq!((&values[0]["key"], &values[0]["text"]), (&"hosts[0]".into(), &"\"b\"".into()));
    assert!(run("find nowhere", 1).out().is_empty());
    let fields = ["config", "path", "line", "version", "author", "timestamp", "description"];
    let blamed = expect_keys(&run("blame app.json", 0), 3, &fields);
    assert_eq!((&blamed[0]["path"], &blamed[0]["version"]), (&"/port".into(), &2.into()));
    assert_eq!((&blamed[1]["path"], &blamed[1]["version"]), (&"/hosts/0".into(), &1.into()));

    let diff = expect_keys(
        &run("diff app.json@1 @2", 1),
        1,
        &["equal", "changes", "reordered", "layout", "old", "new"],
    );
    assert_eq!(diff[0]["equal"], false);
    assert_eq!(diff[0]["changes"][0]["op"], "replace");
    assert_eq!(diff[0]["changes"][0]["path"], "/port");
    assert_eq!(diff[0]["reordered"][0]["path"], "/hosts");
    let equal = expect_keys(&run("diff app.json@2 @2", 0), 1, &["equal", "changes"]);
    assert_eq!((&equal[0]["equal"], &equal[0]["changes"]), (&true.into(), &serde_json::json!([])));
    expect_keys(&run("diff app.json@1 @2 --text", 1), 1, &["equal", "text", "old", "new"]);

    let tags = expect_keys(&run("tag", 0), 1, &["config", "tag", "version"]);
    assert_eq!(tags[0]["tag"], "stable");
    let tagged = expect_keys(&run("tag app.json@1 stable", 0), 1, &["config", "tag", "from", "to"]);
    assert_eq!((&tagged[0]["from"], &tagged[0]["to"]), (&2.into(), &1.into()));
    expect_keys(&run("tag --delete stable", 0), 1, &["config", "tag", "from", "to"]);

    sandbox.write("app.json", "{\"unsaved\": true}\n");
    let dry = expect_keys(&run("rollback app.json@1 --dry-run", 0), 1, &["config", "target", "dry_run"]);
    assert_eq!((&dry[0]["target"], &dry[0]["dry_run"]), (&1.into(), &true.into()));
    let rolled = expect_keys(
        &run("rollback app.json@1", 0),
        1,
        &with(&["saved", "file_written", "saved_before", "rescued"]),
    );
    assert_eq!((&rolled[0]["version"], &rolled[0]["saved_before"]["version"]), (&4.into(), &3.into()));
    assert_eq!((&rolled[0]["action"], &rolled[0]["rescued"]), (&"rollback".into(), &Value::Null));

    for command in ["undo", "redo"] {
        let turned = expect_keys(&run(command, 0), 1, &["action", "operation", "changes", "files"]);
        assert_eq!(turned[0]["action"], command);
        assert_eq!(keys(&turned[0]["changes"][0]), ["config", "current", "heads", "tags"].into());
        assert_eq!(keys(&turned[0]["files"][0]), ["config", "rescued", "saved_before", "version"].into());
    }
    let operations = expect_keys(
        &run("undo --list", 0),
        7,
        &["id", "timestamp", "author", "command", "state", "target", "versions", "refs"],
    );
    let states: Vec<_> = operations.iter().map(|operation| operation["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["about", "about", "done", "done", "done", "done", "done"]);

    let check = expect_keys(&run("check", 0), 1, &["ok", "configs", "versions", "refs", "bytes", "findings"]);
    assert_eq!((&check[0]["ok"], &check[0]["versions"]), (&true.into(), &4.into()));
    std::fs::write(sandbox.record("app.json", 1), "{}").unwrap();
    let check = expect_keys(&run("check", 4), 1, &["ok", "findings"]);
    let finding = &check[0]["findings"][0];
    assert_eq!(
        (&check[0]["ok"], &finding["version"], &finding["kind"]),
        (&false.into(), &1.into(), &"record".into())
    );
    let expected =
        ["config", "damaged", "kind", "line", "object", "problem", "remedy", "same_source_in", "version"];
    assert_eq!(keys(finding), expected.into());
    let log = run("log app.json", 4).json();
    assert_eq!((&log[3]["damaged"], &log[3]["version"]), (&true.into(), &1.into()));
    let pack = expect_keys(
        &run("pack --all", 4),
        1,
        &["config", "versions", "bytes", "packs", "pack_bytes", "stopped_at"],
    );
    assert_eq!((&pack[0]["packs"], &pack[0]["stopped_at"][0]["version"]), (&0.into(), &1.into()));
    let forget = expect_keys(
        &run("forget app.json --keep-last 1", 0),
        1,
        &["config", "applied", "versions", "size_bytes", "kept", "forgotten", "stopped_at"],
    );
    assert_eq!(forget[0]["kept"][0]["last"], 4);
}

#[test]
fn edits_write_the_fields_that_are_documented() {
    let sandbox = with_two_versions();
    let run = |words: &str| sandbox.run(&format!("{words} --json")).expect(0);
    let dry = expect_keys(&run("set app.json port 2 --dry-run"), 1, &["file", "dry_run", "diff"]);
    assert_eq!(dry[0]["diff"]["changes"][0]["path"], "/port");
    let fields = with(&["seal", "saved", "file_written", "saved_before", "rescued"]);
    let set = expect_keys(&run("set app.json port 2"), 1, &fields);
    assert_eq!((&set[0]["action"], &set[0]["saved_before"]["version"]), (&"edit".into(), &2.into()));
    let again = expect_keys(&run("set app.json port 2"), 1, &["file", "saved", "file_written"]);
    assert_eq!(again[0]["saved"], false);
    expect_keys(&run("unset app.json hosts"), 1, &fields);
    sandbox.write("p.json", r#"[{"op":"test","path":"/port","value":2.0},{"op":"remove","path":"/port"}]"#);
    let patched = expect_keys(&run("patch app.json p.json"), 1, &fields);
    assert_eq!(patched[0]["changes"]["removed"], 1);
    let ran = sandbox.run("patch app.json p.json --json").expect(3);
    let error: Value = serde_json::from_str(&ran.err()).unwrap();
    assert_eq!(error["error"]["kind"], "conflict");
    let kept = sandbox.run("show app.json").expect(0);
    assert_eq!(kept.stdout, sandbox.read("app.json"));
}

#[test]
fn branches_are_told_in_the_documented_fields() {
    let sandbox = with_two_versions();
    let edited = sandbox.read("app.json");
    sandbox.write("app.json", sandbox.run("show app.json@1").expect(0).stdout);
    let run = |words: &str| sandbox.run(&format!("{words} --json")).expect(0);
    let created =
        expect_keys(&run("branch app.json staging"), 1, &["config", "branch", "version", "deleted"]);
    assert_eq!((&created[0]["branch"], &created[0]["deleted"]), (&"staging".into(), &false.into()));
    let switch = ["config", "from", "to", "version", "file_written", "saved_before", "rescued"];
    let switched = expect_keys(&run("switch app.json staging"), 1, &switch);
    assert_eq!((&switched[0]["from"], &switched[0]["to"]), (&"main".into(), &"staging".into()));
    assert_eq!((&switched[0]["version"], &switched[0]["file_written"]), (&1.into(), &false.into()));
    sandbox.write("app.json", edited);
    run("save app.json");
    sandbox.write("app.json", "{\"unsaved\": 1}\n");
    let back = expect_keys(&run("switch app.json main"), 1, &switch);
    assert_eq!((&back[0]["saved_before"]["version"], &back[0]["file_written"]), (&3.into(), &true.into()));
    assert_eq!((&back[0]["saved_before"]["branch"], &back[0]["rescued"]), (&"staging".into(), &Value::Null));
    let branch = ["config", "branch", "version", "current"];
    for words in ["branch app.json", "branch"] {
        let listed = expect_keys(&run(words), 2, &branch);
        let told = |at: usize| (listed[at]["branch"].clone(), listed[at]["version"].clone());
        assert_eq!((told(0), told(1)), (("main".into(), 1.into()), ("staging".into(), 3.into())));
        assert_eq!((&listed[0]["current"], &listed[1]["current"]), (&true.into(), &false.into()));
    }
    let lines = ["tags", "undone", "off_branch", "latest", "head", "heads"];
    let log = expect_keys(&run("log app.json --branch staging"), 3, &with(&lines));
    assert_eq!((&log[0]["heads"], &log[0]["head"]), (&serde_json::json!(["staging"]), &true.into()));
    assert_eq!((&log[0]["latest"], &log[2]["latest"]), (&false.into(), &true.into()));
    let status = expect_keys(&run("status"), 1, &["config", "branch", "file", "latest"]);
    assert_eq!(status[0]["branch"], "main");
    let deleted = expect_keys(&run("branch app.json --delete staging"), 1, &["branch", "version", "deleted"]);
    assert_eq!((&deleted[0]["version"], &deleted[0]["deleted"]), (&3.into(), &true.into()));
    let log = expect_keys(&run("log app.json"), 3, &with(&lines));
    let facts = |at: usize| (log[at]["undone"].as_bool().unwrap(), log[at]["off_branch"].as_bool().unwrap());
    assert_eq!((facts(0), facts(1), facts(2)), ((false, true), (false, true), (false, false)));
    let undone = expect_keys(&run("undo"), 1, &["action", "changes"]);
    assert_eq!(undone[0]["changes"][0]["heads"], serde_json::json!({"main": 1, "staging": 3}));
}

#[test]
fn an_error_is_one_object_on_the_standard_error() {
    let sandbox = with_two_versions();
    for (words, code, kind) in [
        ("show app.json@9", 2, "error"),
        ("save app.json --expect 7", 3, "conflict"),
        ("show app.json@", 5, "invalid"),
        ("log nothing.json", 2, "error"),
    ] {
        let ran = sandbox.run(&format!("{words} --json")).expect(code);
        assert!(ran.stdout.is_empty(), "{ran}");
        let error: Value = serde_json::from_str(&ran.err()).unwrap_or_else(|error| panic!("{error}: {ran}"));
        assert_eq!(error["error"]["kind"], kind, "{ran}");
        assert_eq!(keys(&error["error"]), ["details", "help", "kind", "message"].into());
    }
    std::fs::write(sandbox.record("app.json", 1), "{}").unwrap();
    let ran = sandbox.run("show app.json@1 --json").expect(4);
    let error: Value = serde_json::from_str(&ran.err()).unwrap();
    assert_eq!(error["error"]["kind"], "damage");
}

#[test]
fn nothing_but_json_is_on_the_standard_output_and_warnings_are_data_too() {
    let sandbox = Sandbox::new();
    sandbox.write("half.json", "{\"a\": ");
    let saved = sandbox.run("save half.json --json").expect(0);
    let warnings = saved.json()[0]["warnings"].clone();
    assert_eq!(warnings.as_array().unwrap().len(), 1, "{saved}");
    assert!(warnings[0].to_string().contains("line 1"), "{saved}");
}
