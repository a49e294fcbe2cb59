//! How often a commit waits for the disk.

use crate::support::Sandbox;
use crate::trace;

#[test]
fn a_commit_is_two_flushes_of_the_file_and_then_of_its_folder() {
    let sandbox = Sandbox::new();
    sandbox.save("app.json", "{\"a\": 1}\n");
    sandbox.save("app.json", "{\"a\": 2}\n");
    sandbox.write("app.json", "{\"a\": 3}\n");
    let (ran, calls) = trace::list(&sandbox, &["save", "app.json"]);
    ran.expect(0);
    let of_interest =
        ["fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync", "linkat", "link", "renameat2"];
    let seen: Vec<_> =
        calls.iter().map(|call| call.name.as_str()).filter(|name| of_interest.contains(name)).collect();
    assert_eq!(seen, ["fdatasync", "linkat", "fsync"]);

    let descriptor =
        |line: &str| line.split_once(['(', ')', ',']).unwrap().1.split([')', ',']).next().unwrap().to_owned();
    let opened = |descriptor: &str, before: usize| {
        let ending = format!("= {descriptor}");
        let is_open = |line: &str| line.starts_with("open") && line.trim_end().ends_with(&ending);
        calls[..before].iter().rev().find(|call| is_open(&call.line)).unwrap().line.clone()
    };
    let at = |name: &str| calls.iter().position(|call| call.name == name).unwrap();
    let (file, folder) = (at("fdatasync"), at("fsync"));
    let file = opened(&descriptor(&calls[file].line), file);
    assert!(file.contains(".tmp\"") && file.contains("O_CREAT"), "{file}");
    let folder = opened(&descriptor(&calls[folder].line), folder);
    assert!(folder.contains("O_DIRECTORY") && folder.contains("configs/app.json\""), "{folder}");
    // The second copy comes after all that, and nothing waits for it.
    let copied =
        calls.iter().position(|call| call.line.contains("v1.journal") && call.line.contains("O_APPEND"));
    assert!(copied.unwrap() > at("fsync"));
}

#[test]
fn saving_what_is_saved_already_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.save("app.json", "{\"a\": 1}\n");
    let (ran, calls) = trace::list(&sandbox, &["save", "app.json"]);
    ran.expect(0);
    let writes = calls.iter().filter(|call| {
        call.line.contains("O_CREAT") || ["linkat", "mkdir", "unlinkat"].contains(&call.name.as_str())
    });
    assert_eq!(writes.count(), 0);
    // What another process wrote a moment ago may not be on the disk yet, and is reported as saved all the same.
    assert_eq!(calls.iter().filter(|call| call.name == "fsync").count(), 1);
}
