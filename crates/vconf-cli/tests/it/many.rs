//! Many files in one command: one operation, each told in its turn, and one that fails keeps none of the others.

use std::collections::BTreeSet;

use crate::support::{Ran, Sandbox, VCONF};

const COUNT: usize = 150;

fn names() -> Vec<String> {
    // Not in the order in which they sort.
    (0..COUNT).map(|at| format!("d{}/f{}.yaml", at % 7, (at * 37) % COUNT)).collect()
}

fn write_all(sandbox: &Sandbox, names: &[String], step: usize) {
    for name in names {
        std::fs::create_dir_all(sandbox.path(name).parent().unwrap()).unwrap();
        sandbox.write(name, format!("name: {name}\nstep: {step}\n"));
    }
}

/// The file that each line of an output is about.
fn told(out: &str) -> Vec<String> {
    let of_line = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    out.lines().map(of_line).filter(|word| word.ends_with(".yaml")).collect()
}

#[test]
fn many_files_are_one_operation_and_are_told_in_the_order_in_which_they_were_named() {
    let sandbox = Sandbox::new();
    let names = names();
    write_all(&sandbox, &names, 1);
    let save = |extra: &[&str]| {
        let words = ["save"].into_iter().chain(extra.iter().copied());
        sandbox.vconf(words.chain(names.iter().map(String::as_str)))
    };
    assert_eq!(told(&save(&[]).expect(0).out()), names);
    write_all(&sandbox, &names, 2);
    let saved = save(&["--json"]).expect(0).json();
    let configs: Vec<_> = saved.iter().map(|saved| saved["config"].as_str().unwrap()).collect();
    assert_eq!(configs, names);
    let operations: BTreeSet<_> = saved.iter().map(|saved| saved["operation"]["id"].to_string()).collect();
    assert_eq!(operations.len(), 1);
    for saved in &saved {
        assert_eq!((saved["version"].as_u64(), saved["parents"][0].as_u64()), (Some(2), Some(1)));
    }
    sandbox.run("undo").expect(0);
    let log = sandbox.vconf(["log", "--json", &names[COUNT - 1]]).expect(0).json();
    let undone: Vec<_> = log.iter().map(|version| version["undone"].as_bool().unwrap()).collect();
    assert_eq!(undone, [true, false]);
    sandbox.run("redo").expect(0);
    assert!(sandbox.run("save").expect(0).out().starts_with("nothing to save"));
    sandbox.run("check").expect(0);
}

#[test]
fn all_files_that_changed_are_saved_and_no_other_is() {
    let sandbox = Sandbox::new();
    let names = names();
    write_all(&sandbox, &names, 1);
    sandbox.vconf(["save"].into_iter().chain(names.iter().map(String::as_str))).expect(0);
    let mut changed: Vec<_> = names.iter().step_by(3).cloned().collect();
    write_all(&sandbox, &changed, 2);
    std::fs::remove_file(sandbox.path(&names[1])).unwrap();
    let saved = sandbox.run("save").expect(0);
    changed.sort_unstable();
    assert_eq!(told(&saved.out()), changed);
    assert!(saved.err().contains(&format!("{} is gone", names[1])), "{saved}");
    assert!(sandbox.run("save").expect(0).out().starts_with("nothing to save"));
}

#[test]
fn a_file_that_can_not_be_saved_keeps_no_other_and_is_told_in_its_place() {
    let sandbox = Sandbox::new();
    let mut names = names();
    write_all(&sandbox, &names, 1);
    names.insert(3, "missing.yaml".to_owned());
    names.insert(80, "d1".to_owned());
    // The expected version is that of new files only.
    sandbox.write("old.yaml", "a: 1\n");
    sandbox.run("save old.yaml").expect(0);
    sandbox.write("old.yaml", "a: 2\n");
    names.insert(120, "old.yaml".to_owned());
    // Both streams in one, for their order.
    let mut shell = sandbox.program("sh");
    shell.args(["-c", "exec \"$@\" 2>&1", "sh", VCONF, "save", "--expect", "0"]).args(&names);
    let ran = Ran::of(shell.output().unwrap(), "save of many").expect(3);
    let of_line = |line: &str| {
        let mut words = line.split_whitespace();
        match words.next()? {
            "error:" => names.iter().find(|name| line.contains(&format!("{name} ")) || line.ends_with(*name)),
            word => names.iter().find(|name| *name == word),
        }
    };
    let out = ran.out();
    let told: Vec<_> = out.lines().filter_map(of_line).cloned().collect();
    assert_eq!(told, names, "{ran}");
    assert_eq!(sandbox.run("status").out().lines().filter(|line| line.ends_with("saved")).count(), COUNT);
}

#[test]
fn a_file_that_is_named_twice_is_saved_once_and_then_unchanged() {
    let sandbox = Sandbox::new();
    sandbox.write("a.yaml", "a: 1\n");
    sandbox.write("b.yaml", "b: 1\n");
    for _ in 0..20 {
        let saved = sandbox.run("save --json a.yaml b.yaml a.yaml ./a.yaml").expect(0).json();
        let new: Vec<_> = saved.iter().map(|saved| saved["saved"].as_bool().unwrap()).collect();
        assert_eq!(new, [true, true, false, false], "{saved:?}");
        let now = saved[0]["version"].as_u64().unwrap();
        sandbox.write("a.yaml", format!("a: {}\n", now + 1));
        sandbox.write("b.yaml", format!("b: {}\n", now + 1));
    }
}

#[test]
fn a_file_that_was_seen_to_be_the_same_is_read_again_once_it_or_its_history_was_touched() {
    let sandbox = Sandbox::new();
    let names: Vec<_> = (0..6).map(|at| format!("f{at}.yaml")).collect();
    for name in &names {
        sandbox.save(name, "a: 1\n");
        sandbox.save(name, "a: 2\n");
    }
    // What was touched a moment ago is not noted.
    sandbox.run("status").expect(0);
    assert!(!sandbox.path(".vconf/cache/seen").exists());
    std::thread::sleep(std::time::Duration::from_millis(2200));
    let saved = sandbox.run("status").expect(0).out();
    assert_eq!(String::from_utf8(sandbox.read(".vconf/cache/seen")).unwrap().lines().count(), 7);
    assert_eq!(sandbox.run("status").expect(0).out(), saved);

    sandbox.write("f0.yaml", "a: 3\n");
    // In place, with the same length: only the time tells.
    let record = String::from_utf8(sandbox.read(".vconf/configs/f1.yaml/v2.json")).unwrap();
    std::fs::write(sandbox.record("f1.yaml", 2), record.replace("a: 2", "a: 9")).unwrap();
    std::fs::remove_file(sandbox.record("f2.yaml", 2)).unwrap();
    sandbox.run("undo").expect(0);
    sandbox.run("switch -c f3.yaml other").expect(0);
    std::fs::remove_file(sandbox.path("f4.yaml")).unwrap();
    let status = sandbox.run("status").expect(4);
    let of = |name: &str| {
        let (out, err) = (status.out(), status.err());
        out.lines().chain(err.lines()).find(|line| line.contains(name)).unwrap_or_default().to_owned()
    };
    assert!(of("f0.yaml").contains("a 2 → 3"), "{status}");
    assert!(of("f1.yaml").contains("damaged"), "{status}");
    assert!(of("f2.yaml").contains("damaged"), "{status}");
    assert!(of("f3.yaml").contains("@2 on other"), "{status}");
    assert!(of("f4.yaml").contains("no file"), "{status}");
    assert!(of("f5.yaml").contains("@1") && of("f5.yaml").contains("a 1 → 2"), "{status}");
    assert_eq!(told(&sandbox.run("save").out()), ["f0.yaml", "f5.yaml"]);

    sandbox.write(".vconf/cache/seen", "vconf seen 1 sha256:0\nnonsense\n");
    assert_eq!(sandbox.run("status").expect(4).out().lines().count(), status.out().lines().count());
}
