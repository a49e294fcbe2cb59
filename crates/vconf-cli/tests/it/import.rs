//! Import of what the Python manager left, made by Python itself and as fixed text.

use crate::support::{Ran, Sandbox, numbers};
use crate::transcript::expect;

/// Writes version files as the Python manager does: in the order of its versions, with values that are written in
/// other ways elsewhere.
const MANAGER: &str = r#"
import hashlib, json, random, sys

folder, random = sys.argv[1], random.Random(7)

def save(version, config, description, minute):
    text = json.dumps(config, sort_keys=True)
    record = {
        "version": version,
        "timestamp": f"2024-05-06T07:{minute:02}:09.123456",
        "description": description,
        "author": "ada",
        "changes": config,
        "checksum": hashlib.sha256(text.encode()).hexdigest(),
    }
    with open(f"{folder}/v{version}.json", "w") as file:
        json.dump(record, file, indent=2)

config = {
    "floats": [random.uniform(-1, 1) * 10 ** random.randint(-30, 30) for _ in range(2000)],
    "edges": [0.0, -0.0, 1.0, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308, 0.1],
    "integers": [0, -1, 2**53 + 1, 12345678901234567890123, -(2**64)],
    "texts": ["", "Z\u00fcrich", "\U0001f600", "\u2028", "\x00\x1f\x7f", "quote\" back\\ slash/", "\ud800"[:0]],
    "Z": None, "a": True, "\u00e4": {}, "\U0001f600": [], "\ufb33": [[]], "_": {"b": 1, "B": 2, "\u00df": 3},
}
for number in range(1, 12):
    config["number"] = number
    save(f"1.{number}.0" if number % 2 else str(number), config, f"step {number}", number)
"#;

#[test]
fn what_python_wrote_is_imported_with_its_checksums_times_and_names() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("manager")).unwrap();
    let mut python = sandbox.program("python3");
    python.args(["-c", MANAGER]).arg(sandbox.path("manager"));
    Ran::of(python.output().expect("python3 can be run"), "the Python manager").expect(0);

    let imported = sandbox.run("import manager --json").expect(0);
    assert!(!imported.err().contains("warning"), "every checksum is that of Python: {}", imported.err());
    assert_eq!(imported.json().len(), 11);
    let log = sandbox.run("log manager.json --json").expect(0);
    assert_eq!(numbers(&log), (1..=11).rev().collect::<Vec<_>>());
    let mut found = std::collections::BTreeSet::new();
    for version in log.json() {
        assert_eq!((&version["author"], &version["action"]), (&"ada".into(), &"import".into()));
        let step = version["description"].as_str().unwrap().strip_prefix("step ").unwrap().to_owned();
        let number: u32 = step.parse().unwrap();
        assert_eq!(version["timestamp"], format!("2024-05-06T07:{number:02}:09.123456Z"));
        let tags = if number % 2 == 1 { vec![format!("1.{number}.0")] } else { Vec::new() };
        assert_eq!(version["tags"], serde_json::json!(tags), "{version}");
        // The content is what Python reads in the file, too.
        let name = if number % 2 == 1 { format!("1.{number}.0") } else { step.clone() };
        let script = "import json,sys; a=json.load(open(sys.argv[1]))['changes']; b=json.load(sys.stdin); \
                      sys.exit(json.dumps(a) != json.dumps(b))";
        let shown = sandbox.vconf(["show", &format!("manager.json@{}", version["version"])]).expect(0);
        let mut python = sandbox.program("python3");
        python.args(["-c", script]).arg(sandbox.path(format!("manager/v{name}.json")));
        python.stdin(std::process::Stdio::piped());
        let mut child = python.spawn().unwrap();
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), &shown.stdout).unwrap();
        assert!(child.wait_with_output().unwrap().status.success(), "version {step} has another content");
        found.insert(number);
    }
    assert_eq!(found.len(), 11);
    sandbox.run("check").expect(0);

    let again = sandbox.run("import manager --json").expect(0);
    assert!(again.json().iter().all(|version| version["was_there"] == true), "{again}");
    assert_eq!(numbers(&sandbox.run("log manager.json --json").expect(0)).len(), 11, "nothing comes twice");
    sandbox.run("undo").expect(0);
}

/// Two versions as Python wrote them, and one that was altered afterwards.
const FIXED: [(&str, &str); 3] = [
    (
        "v1.0.0.json",
        r#"{
  "version": "1.0.0",
  "timestamp": "2024-05-06T07:08:09.123456",
  "description": "Initial configuration",
  "author": "ada",
  "changes": {
    "port": 8080,
    "ratio": 1.0,
    "name": "Z\u00fcrich \ud83d\ude00",
    "tiny": 1e-07,
    "huge": 1e+16,
    "big": 12345678901234567890123,
    "none": null,
    "yes": true,
    "\u00c4": [],
    "map": {}
  },
  "checksum": "299563c9652b86b7bd16e17d2b49723a0a6dab18a8d3db048d8bb142104514ee"
}"#,
    ),
    (
        "v1.10.0.json",
        r#"{"version": "1.10.0", "timestamp": "2024-06-01T00:00:00", "description": "Move", "author": "ben",
            "changes": {"port": 9090}, "checksum": "96ccf5b2f7f3ff9a4e9dbadf13141485056730c2c71ff4051d429619b13d3f42"}"#,
    ),
    (
        "v1.9.0.json",
        r#"{"version": "1.9.0", "timestamp": "2024-05-30T00:00:00", "description": "Altered", "author": "ben",
            "changes": {"port": 9091}, "checksum": "96ccf5b2f7f3ff9a4e9dbadf13141485056730c2c71ff4051d429619b13d3f42"}"#,
    ),
];

#[test]
fn an_import_tells_what_it_found_and_can_be_undone() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("old/billing")).unwrap();
    for (name, text) in FIXED {
        sandbox.write(format!("old/billing/{name}"), text);
    }
    sandbox.write("old/billing/vnotes.json", "not JSON at all");
    sandbox.write("old/billing/README", "not a version");
    expect(
        &sandbox,
        r#"
$ vconf import old/billing
billing.json  @1  Initial configuration   (First version)  [1.0.0]   v1.0.0.json
billing.json  @2  Altered   (1 changed, 9 removed in port, ratio, name, …)  [1.9.0]   v1.9.0.json
billing.json  @3  Move   (port 9091 → 9090)  [1.10.0]   v1.10.0.json
! note: created the store .vconf
! warning: v1.9.0.json: its content does not match its checksum: it says 96ccf5b2f7f3ff9a4e9dbadf13141485056730c2c71ff4051d429619b13d3f42, and the content has e77a09f4f494bf1ebde50fc4b83f1ebdc812ba123f1fd8f6a4f4ce70d7096d05
! warning: vnotes.json: left out: not valid json at line 1, column 1: expected a value, found `n`
! note: 3 versions imported
! undo: vconf undo
= 4
$ vconf import old/billing
billing.json  @1  Initial configuration   (First version)  [1.0.0]   v1.0.0.json, imported before
billing.json  @2  Altered   (1 changed, 9 removed in port, ratio, name, …)  [1.9.0]   v1.9.0.json, imported before
billing.json  @3  Move   (port 9091 → 9090)  [1.10.0]   v1.10.0.json, imported before
! warning: v1.9.0.json: its content does not match its checksum: it says 96ccf5b2f7f3ff9a4e9dbadf13141485056730c2c71ff4051d429619b13d3f42, and the content has e77a09f4f494bf1ebde50fc4b83f1ebdc812ba123f1fd8f6a4f4ce70d7096d05
! warning: vnotes.json: left out: not valid json at line 1, column 1: expected a value, found `n`
! note: 0 versions imported
= 4
$ vconf log billing.json
@3    2024-06-01 00:00  ben  Move  [1.10.0]
      port 9091 → 9090
@2    2024-05-30 00:00  ben  Altered  [1.9.0]
      1 changed, 9 removed in port, ratio, name, …
@1    2024-05-06 07:08  ada  Initial configuration  [1.0.0]
      First version
$ vconf get billing.json@1.0.0 name
Zürich 😀
$ vconf get billing.json@1.0.0 huge
1e+16
$ vconf get billing.json@1.10.0 port
9090
$ vconf import old
! error: /srv/old has no version files
!   version files are called v1.json, v1.0.0.json and so on
= 5
$ echo '{}' > other.json; vconf save other.json
other.json  @1  First version
! undo: vconf undo
$ vconf import old/billing --as other.json
! error: other.json has another history already
! help: vconf import DIR --as NAME
= 3
$ vconf undo
undone: vconf save other.json  (other.json@1)
  other.json  no latest version any more
! redo: vconf redo
$ vconf undo
undone: vconf import old/billing  (billing.json@1 … billing.json@3)
  billing.json  no latest version any more, tag 1.10.0 is gone, tag 1.9.0 is gone, tag 1.0.0 is gone
! redo: vconf redo
$ vconf log billing.json
@3    2024-06-01 00:00  ben  Move  (undone)
@2    2024-05-30 00:00  ben  Altered  (undone)
@1    2024-05-06 07:08  ada  Initial configuration  (undone)
$ vconf check
4 versions of 2 configs, 5 changes of refs: all as they were written
"#,
    );
}
