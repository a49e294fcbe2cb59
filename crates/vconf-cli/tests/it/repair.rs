//! `vconf check --repair`: what it says, and that it may be broken off anywhere.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::{Sandbox, in_parallel, say};
use crate::trace;

fn five_versions() -> Sandbox {
    let sandbox = Sandbox::new();
    for number in 1..=5 {
        sandbox.write("app.yaml", format!("# why\nport: {number}\n"));
        sandbox.vconf(["save", "app.yaml", "-m", &format!("Port {number}")]).expect(0);
    }
    sandbox.run("tag app.yaml@2 stable").expect(0);
    sandbox
}

fn alter(sandbox: &Sandbox, number: u64, from: &str) {
    let path = sandbox.record("app.yaml", number);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    fs::write(&path, text.replacen(from, "altered", 1)).unwrap();
}

#[test]
fn a_repair_says_what_it_did_and_where_the_damaged_bytes_are() {
    let sandbox = five_versions();
    alter(&sandbox, 3, "Port");
    fs::remove_file(sandbox.record("app.yaml", 5)).unwrap();
    crate::transcript::expect(
        &sandbox,
        r#"
$ vconf check
app.yaml  @3  the header was altered: its SHA-256 is not the one in "seal"
  .vconf/configs/app.yaml/v3.json
  remedy: vconf check --repair, with --from STORE where you have a copy of the store; all versions but @3 are usable
app.yaml  @5  the record is missing
  .vconf/configs/app.yaml/v5.json
  remedy: vconf check --repair, with --from STORE where you have a copy of the store; all versions but @5 are usable
4 versions of 1 config, 1 change of refs: 2 problems
= 4
$ vconf check --repair | sed -E 's/[0-9a-f]{16}/…/g'
app.yaml  @5  restored from the journal   (the record is missing)
app.yaml  @3  restored from the journal   (the header was altered: its SHA-256 is not the one in "seal")
  what stood there: .vconf/quarantine/app.yaml.v3.json.…
5 versions of 1 config, 1 change of refs: all as they were written
! note: nothing was deleted: what stood in the place of what was restored is in the store's quarantine
$ vconf check --repair
5 versions of 1 config, 1 change of refs: all as they were written
"#,
    );
}

#[test]
fn what_is_lost_is_told_and_comes_back_from_a_copy_of_the_store() {
    let sandbox = five_versions();
    let backup = Sandbox::copy_of(&sandbox);
    fs::remove_file(sandbox.path(".vconf/configs/app.yaml/v1.journal")).unwrap();
    alter(&sandbox, 2, "\"port: 2\"");
    alter(&sandbox, 4, "Port");
    let repaired = sandbox.run("check --repair").expect(4);
    let out = repaired.out();
    assert!(out.contains("app.yaml  @2  lost: its content, 14 bytes; \"Port 2\", ops@db1, "), "{out}");
    assert!(out.contains("app.yaml  @4  lost: written between "), "{out}");
    assert!(repaired.err().contains("help: vconf check --repair --from STORE"), "{repaired}");
    assert_eq!(sandbox.run("show app.yaml@3").expect(0).out(), "# why\nport: 3\n");

    let missing = sandbox.run("check --repair --from /no/such/store").expect(2);
    assert!(missing.err().contains("there is no store /no/such/store"), "{missing}");
    sandbox.run("check --from x").expect(2);
    let from = backup.path("");
    let repaired = sandbox
        .vconf(["check", "--repair", "--json", "--from", from.to_str().unwrap()])
        .expect(0)
        .json()
        .remove(0);
    let restored: Vec<_> = repaired["repaired"].as_array().unwrap().iter().map(|one| &one["from"]).collect();
    // The two records, and the copies of them.
    assert_eq!(restored, ["store", "store", "records"], "{repaired}");
    assert_eq!((&repaired["ok"], &repaired["lost"]), (&true.into(), &serde_json::json!([])));
    for number in [2, 4] {
        let record = |sandbox: &Sandbox| fs::read(sandbox.record("app.yaml", number)).unwrap();
        assert_eq!(record(&sandbox), record(&backup));
    }
}

#[test]
fn a_repair_that_is_killed_anywhere_loses_nothing_and_is_finished_by_the_next() {
    let template = five_versions();
    let sound = Sandbox::copy_of(&template);
    alter(&template, 3, "Port");
    fs::remove_file(template.record("app.yaml", 4)).unwrap();
    fs::write(template.path(".vconf/configs/app.yaml/checkpoint.json"), "{").unwrap();
    let path = template.path(".vconf/configs/app.yaml/refs/r1.json");
    fs::write(&path, "garbage").unwrap();
    let journal = template.path(".vconf/configs/app.yaml/refs/r1.journal");
    let mut bytes = fs::read(&journal).unwrap();
    bytes.extend_from_slice(&bytes.clone());
    bytes[10] ^= 1;
    fs::write(&journal, &bytes).unwrap();

    let scratch = Sandbox::copy_of(&template);
    let (ran, calls) = trace::list(&scratch, &["check", "--repair"]);
    ran.expect(0);
    let changes = [
        "openat",
        "write",
        "fdatasync",
        "fsync",
        "linkat",
        "unlinkat",
        "renameat",
        "renameat2",
        "mkdir",
        "ftruncate",
        "close",
    ];
    let start = calls.iter().position(|call| call.name == "getcwd").unwrap();
    let calls: Vec<_> =
        calls[start..].iter().filter(|call| changes.contains(&call.name.as_str())).cloned().collect();
    let killed = AtomicU64::new(0);
    in_parallel(&calls, |call| {
        let sandbox = Sandbox::copy_of(&template);
        let case = format!("killed at {} number {}: {}", call.name, call.nth, call.line);
        if trace::inject(&sandbox, &["check", "--repair"], call, "signal=KILL").code.is_none() {
            killed.fetch_add(1, Ordering::Relaxed);
        }
        let again = sandbox.run("check --repair");
        assert_eq!(again.code, Some(0), "{case}\n{again}");
        for number in 1..=5 {
            let record = |sandbox: &Sandbox| fs::read(sandbox.record("app.yaml", number)).unwrap();
            assert_eq!(record(&sandbox), record(&sound), "{case}");
        }
        let reference =
            |sandbox: &Sandbox| fs::read(sandbox.path(".vconf/configs/app.yaml/refs/r1.json")).unwrap();
        assert_eq!(reference(&sandbox), reference(&sound), "{case}");
        let kept = fs::read_dir(sandbox.path(".vconf/quarantine")).unwrap();
        let is_kept =
            kept.map(|entry| fs::read(entry.unwrap().path()).unwrap()).any(|bytes| bytes == b"garbage");
        assert!(is_kept, "{case}");
    });
    let killed = killed.into_inner();
    say(&format!("a repair was killed at {killed} of {} calls: 0 lost", calls.len()));
    assert!(killed > 20);
}
