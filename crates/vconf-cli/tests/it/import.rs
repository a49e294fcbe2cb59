//! Import of what the Python manager left, made by Python itself and as fixed text.

use crate::support::{Ran, Sandbox, numbers};

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
    assert_eq!(imported.err(), "", "every checksum is that of Python: {}", imported.err());
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
