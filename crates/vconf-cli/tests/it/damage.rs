//! Records that are not what was written: noticed, named, and no harm to the rest.

use std::fs;
use std::path::{Path, PathBuf};

use vconf::history::Report;
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::store::Store;

use crate::support::{Ran, Sandbox, numbers, say};

/// One file in each of the ways in which a record holds a source.
const FILES: [(&str, [&[u8]; 3]); 3] = [
    ("app.json", [b"{\"n\": 1}\n", b"{\"n\": 2}\n", b"{\"n\": 3}\n"]),
    ("app.yaml", [b"n: 1\n", b"n: 2 # two\r\n", b"n: 3"]),
    ("app.bin", [b"\x00\xff1", b"\x00\xff2", b"\x00\xff3"]),
];

fn three_versions_each() -> Sandbox {
    let sandbox = Sandbox::new();
    for (file, versions) in FILES {
        for bytes in versions {
            sandbox.save(file, bytes);
        }
    }
    sandbox
}

/// Checks one config in process.
fn check(sandbox: &Sandbox, file: &str) -> Report {
    let store = Store::open(sandbox.path(".vconf")).unwrap().expect("the store is there");
    store.check(&[ConfigName::new(file).unwrap()], |_| {}).unwrap()
}

fn load(sandbox: &Sandbox, file: &str, number: u64) -> Option<Vec<u8>> {
    let store = Store::open(sandbox.path(".vconf")).unwrap().expect("the store is there");
    let loaded = store.load(&ConfigName::new(file).unwrap(), &Revision::Number(number));
    loaded.ok().map(|loaded| loaded.source)
}

/// Holds that the damage of the second version is noticed and named, and that the others are whole.
#[track_caller]
fn expect_noticed(sandbox: &Sandbox, file: &str, versions: [&[u8]; 3], what: &str) {
    let report = check(sandbox, file);
    let is_named = report.findings.iter().any(|finding| finding.corruption.number == 2);
    assert!(is_named, "{file}: {what}: {:?}", report.findings);
    assert_eq!(load(sandbox, file, 2), None, "{file}: {what}");
    for number in [1, 3] {
        let found = load(sandbox, file, number);
        assert_eq!(found.as_deref(), Some(versions[number as usize - 1]), "{file}@{number}: {what}");
    }
}

/// The same by the command.
#[track_caller]
fn expect_told(sandbox: &Sandbox, file: &str, versions: [&[u8]; 3], what: &str) {
    let checked = sandbox.run("check").expect(4);
    let path = format!(".vconf/configs/{file}/v2.json");
    assert!(
        checked.out().contains(&format!("{file}  @2")) && checked.out().contains(&path),
        "{what}: {checked}"
    );
    let shown = show(sandbox, file, 2).expect(4);
    assert!(shown.stdout.is_empty() && shown.err().contains(&path), "{what}: {shown}");
    for number in [1, 3] {
        assert_eq!(show(sandbox, file, number).expect(0).stdout, versions[number as usize - 1], "{what}");
    }
}

fn show(sandbox: &Sandbox, file: &str, number: u64) -> Ran {
    sandbox.vconf(["show", &format!("{file}@{number}")])
}

#[test]
fn every_byte_of_a_record_that_is_another_is_noticed() {
    let sandbox = three_versions_each();
    let (mut flips, mut by_command) = (0, 0);
    for (file, versions) in FILES {
        let path = sandbox.record(file, 2);
        let record = fs::read(&path).unwrap();
        for at in 0..record.len() {
            // A neighbour, the other case of a letter, and what is no ASCII.
            for flip in [0x01, 0x20, 0x80] {
                let mut damaged = record.clone();
                damaged[at] ^= flip;
                fs::write(&path, &damaged).unwrap();
                let what = format!("byte {at} ^ {flip:#x}");
                expect_noticed(&sandbox, file, versions, &what);
                flips += 1;
                if flips % 97 == 0 {
                    expect_told(&sandbox, file, versions, &what);
                    by_command += 1;
                }
            }
        }
        fs::write(&path, &record).unwrap();
        assert!(check(&sandbox, file).findings.is_empty(), "{file} is whole again");
    }
    say(&format!("{flips} flipped bytes, {by_command} of them shown to the command: all noticed"));
    assert!(flips > 6000 && by_command > 60);
}

#[test]
fn a_record_that_is_cut_off_anywhere_or_goes_on_is_noticed() {
    let sandbox = three_versions_each();
    let mut lengths = 0;
    for (file, versions) in FILES {
        let path = sandbox.record(file, 2);
        let record = fs::read(&path).unwrap();
        for length in 0..record.len() {
            fs::write(&path, &record[..length]).unwrap();
            let what = format!("cut off at {length}");
            expect_noticed(&sandbox, file, versions, &what);
            lengths += 1;
            if lengths % 97 == 0 || length == 0 {
                expect_told(&sandbox, file, versions, &what);
            }
        }
        for more in ["\n", " ", "{}", "\0"] {
            fs::write(&path, [&record[..], more.as_bytes()].concat()).unwrap();
            expect_noticed(&sandbox, file, versions, "something follows");
        }
        fs::write(&path, &record).unwrap();
    }
    say(&format!("{lengths} lengths: all noticed"));
}

#[test]
fn each_record_that_is_missing_is_named_and_the_others_are_shown() {
    for missing in 1..=3 {
        let sandbox = three_versions_each();
        for (file, versions) in FILES {
            fs::remove_file(sandbox.record(file, missing)).unwrap();
            let checked = sandbox.run("check").expect(4);
            assert!(
                checked.out().contains(&format!("{file}  @{missing}  the record is missing")),
                "{checked}"
            );
            show(&sandbox, file, missing).expect(4);
            for number in (1..=3).filter(|number| *number != missing) {
                let shown = show(&sandbox, file, number).expect(0);
                assert_eq!(shown.stdout, versions[number as usize - 1]);
            }
            // The history goes on, and the number is not given out again.
            sandbox.write(file, b"{\"n\": 4}\n");
            let saved = sandbox.vconf(["save", file, "--json"]).expect(0);
            assert_eq!(saved.json()[0]["version"], 4);
            assert_eq!(show(&sandbox, file, 4).expect(0).out(), "{\"n\": 4}\n");
        }
    }
}

#[test]
fn an_end_that_was_cut_off_is_noticed() {
    let sandbox = three_versions_each();
    for number in [2, 3] {
        fs::remove_file(sandbox.record("app.json", number)).unwrap();
    }
    let checked = sandbox.run("check app.json").expect(4);
    assert!(checked.out().contains("app.json  @2  all 2 records from 2 to 3 are missing"), "{checked}");
    for number in [2, 3] {
        show(&sandbox, "app.json", number).expect(4);
    }
    assert_eq!(show(&sandbox, "app.json", 1).expect(0).stdout, FILES[0].1[0]);
}

#[test]
fn a_history_that_was_rewritten_whole_is_noticed() {
    let (sandbox, other) = (three_versions_each(), Sandbox::new());
    for bytes in ["{\"n\": 1}\n", "{\"n\": 20}\n", "{\"n\": 3}\n"] {
        other.save("app.json", bytes);
    }
    for number in 1..=3 {
        fs::copy(other.record("app.json", number), sandbox.record("app.json", number)).unwrap();
    }
    let checked = sandbox.run("check").expect(4);
    assert!(
        checked.out().contains("app.json  @3  the record is another than the store saw here last"),
        "{checked}"
    );

    // One record of another history does not fit between its neighbours.
    let sandbox = three_versions_each();
    fs::copy(other.record("app.json", 2), sandbox.record("app.json", 2)).unwrap();
    let checked = sandbox.run("check").expect(4);
    assert!(checked.out().contains("\"previous\" is not the seal of the record before"), "{checked}");
}

#[test]
fn a_record_in_anothers_place_is_noticed() {
    let sandbox = three_versions_each();
    fs::copy(sandbox.record("app.json", 1), sandbox.record("app.json", 2)).unwrap();
    let checked = sandbox.run("check").expect(4);
    assert!(
        checked.out().contains("app.json  @2  the record says that it is number 1 of app.json"),
        "{checked}"
    );
    fs::copy(sandbox.record("app.yaml", 2), sandbox.record("app.json", 2)).unwrap();
    let shown = show(&sandbox, "app.json", 2).expect(4);
    assert!(shown.err().contains("number 2 of app.yaml"), "{shown}");
}

#[test]
fn something_else_in_a_records_place_is_damage_and_is_not_waited_for() {
    type Put = fn(&Path);
    let puts: [(&str, Put); 3] = [
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a pipe", |path| {
            let status = std::process::Command::new("mkfifo").arg(path).status();
            assert!(status.expect("mkfifo can be run").success());
        }),
        ("a link to nothing", |path| std::os::unix::fs::symlink("nowhere", path).unwrap()),
    ];
    for (what, put) in puts {
        let sandbox = three_versions_each();
        let path = sandbox.record("app.json", 2);
        fs::remove_file(&path).unwrap();
        put(&path);
        expect_told(&sandbox, "app.json", FILES[0].1, what);
        let log = sandbox.run("log app.json").expect(4);
        assert!(log.out().contains("@3 ") && log.out().contains("@1 "), "{what}: {log}");
    }
}

#[test]
fn damage_of_changes_of_refs_is_noticed_and_passed_around() {
    let sandbox = three_versions_each();
    sandbox.run("tag app.json@1 first").expect(0);
    sandbox.run("tag app.json@2 second").expect(0);
    let path = sandbox.path(".vconf/configs/app.json/refs/r1.json");
    let record = fs::read(&path).unwrap();
    let mut flips = 0;
    for at in 0..record.len() {
        for flip in [0x01, 0x20] {
            let mut damaged = record.clone();
            damaged[at] ^= flip;
            fs::write(&path, damaged).unwrap();
            let report = check(&sandbox, "app.json");
            let is_named = report
                .findings
                .iter()
                .any(|finding| finding.corruption.is_ref && finding.corruption.number == 1);
            assert!(is_named, "byte {at} ^ {flip:#x}: {:?}", report.findings);
            flips += 1;
        }
    }
    say(&format!("{flips} flipped bytes of a change of refs: all noticed"));
    sandbox.run("check").expect(4);
    assert_eq!(sandbox.run("show app.json@second").expect(0).stdout, FILES[0].1[1]);
    sandbox.run("show app.json@first").expect(4);
    fs::remove_file(&path).unwrap();
    let checked = sandbox.run("check").expect(4);
    assert!(checked.out().contains("app.json  ref 1  the record is missing"), "{checked}");
}

#[test]
fn the_notes_of_a_store_may_go_or_be_garbage() {
    type Spoil = fn(&PathBuf);
    let spoils: [(&str, Spoil); 4] = [
        ("removed", |path| fs::remove_file(path).unwrap()),
        ("emptied", |path| fs::write(path, "").unwrap()),
        ("garbage", |path| fs::write(path, [0xff; 200]).unwrap()),
        ("replaced by a folder", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (what, spoil) in spoils {
        let sandbox = three_versions_each();
        sandbox.run("tag app.json@1 first").expect(0);
        for note in [
            "store.json",
            ".gitignore",
            "configs/app.json/checkpoint.json",
            "configs/app.json/refs/checkpoint.json",
        ] {
            spoil(&sandbox.path(".vconf").join(note));
        }
        // A checkpoint that is gone or empty is what a power cut leaves, but the description of the store was there
        // before all else.
        let check = sandbox.run("check").expect(4);
        assert!(check.out().contains("store.json  the description of the store"), "{what}: {check}");
        let is_damage = matches!(what, "garbage" | "replaced by a folder");
        assert_eq!(check.out().contains("checkpoint is damaged"), is_damage, "{what}: {check}");
        assert_eq!(numbers(&sandbox.run("log app.json --json").expect(0)), [3, 2, 1], "{what}");
        assert_eq!(sandbox.run("show app.json@first").expect(0).stdout, FILES[0].1[0], "{what}");
        sandbox.write("app.json", "{\"n\": 4}\n");
        assert_eq!(sandbox.run("save app.json --json").expect(0).json()[0]["version"], 4, "{what}");
        sandbox.run("rollback app.json@1").expect(0);
        sandbox.run("undo").expect(0);
        // The next record mends a checkpoint, but a folder in its place stays; a repair mends all.
        let is_folder = what == "replaced by a folder";
        let check = sandbox.run("check").expect(4);
        assert_eq!(check.out().contains("checkpoint is damaged"), is_folder, "{what}: {check}");
        sandbox.run("check --repair").expect(0);
        sandbox.run("check").expect(0);
        assert_eq!(sandbox.read("app.json"), b"{\"n\": 4}\n", "{what}");
    }
}

#[test]
fn whoever_saves_after_damage_is_told_and_loses_nothing() {
    let sandbox = three_versions_each();
    fs::write(sandbox.record("app.json", 3), "{}").unwrap();
    sandbox.write("app.json", "{\"n\": 4}\n");
    let saved = sandbox.run("save app.json").expect(0);
    assert!(saved.err().contains("warning: ") && saved.err().contains("vconf check"), "{saved}");
    assert_eq!(sandbox.run("show app.json@4").expect(0).out(), "{\"n\": 4}\n");
    // Going back to what is damaged leaves the file as it is.
    sandbox.run("rollback app.json@3").expect(4);
    assert_eq!(sandbox.read("app.json"), b"{\"n\": 4}\n");
    let checked = sandbox.run("check").expect(4);
    assert!(checked.out().contains("app.json  @3"), "{checked}");
}

#[test]
fn an_undo_does_not_reach_past_what_can_not_be_known_and_says_so() {
    let sandbox = three_versions_each();
    fs::write(sandbox.record("app.bin", 3), "{}").unwrap();
    let text = sandbox.run("undo").expect(4);
    let told = "error: what was done last to app.bin can't be known: version 3 is damaged";
    assert!(text.err().contains(told) && text.err().contains("v3.json"), "{text}");
    assert!(text.err().contains("help: vconf log app.bin"), "{text}");
    // The way that is open all the same.
    sandbox.run("rollback app.bin@1").expect(0);
    assert_eq!(sandbox.read("app.bin"), FILES[2].1[0]);
    sandbox.run("undo").expect(0);

    let sandbox = three_versions_each();
    sandbox.run("tag app.bin@1 first").expect(0);
    fs::write(sandbox.path(".vconf/configs/app.bin/refs/r1.json"), "{}").unwrap();
    let text = sandbox.run("undo").expect(4);
    assert!(text.err().contains("can't be known: change of refs 1 is damaged"), "{text}");
}

#[test]
fn a_branch_that_cannot_be_known_is_told_and_not_written_to() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    sandbox.run("switch -c f.yaml dev").expect(0);
    sandbox.run("set f.yaml a 50").expect(0);
    sandbox.write(".vconf/configs/f.yaml/refs/r1.json", "{\n");
    let status = sandbox.run("status").expect(4);
    assert!(
        status.err().contains("the current branch, tags and undos may be told wrongly"),
        "{}",
        status.err()
    );
    let json = sandbox.run("status --json").expect(4);
    assert!(String::from_utf8(json.stdout).unwrap().contains("\"damage\":["));
    sandbox.write("f.yaml", "a: 51\n");
    sandbox.run("save f.yaml").expect(4);
    sandbox.run("set f.yaml a 52").expect(4);
    for command in
        ["tag f.yaml@1 good", "rollback f.yaml@1", "branch f.yaml more", "switch -c f.yaml more", "undo"]
    {
        let ran = sandbox.run(command).expect(4);
        assert!(ran.err().contains("can't be known"), "{command}: {}", ran.err());
    }
    assert!(!std::path::Path::new(&sandbox.path(".vconf/configs/f.yaml/v3.json")).exists());
    assert!(!std::path::Path::new(&sandbox.path(".vconf/configs/f.yaml/refs/r2.json")).exists());
    // The branch whose record is lost is known by its versions, and what is in the file stays there.
    sandbox.run("switch f.yaml dev").expect(0);
    assert_eq!(sandbox.read("f.yaml"), b"a: 51\n");
    assert!(sandbox.run("status").expect(0).out().contains("@2 on dev"));
    let saved = sandbox.run("save f.yaml").expect(0).out();
    assert!(saved.contains("@3 on dev") && saved.contains("a 50 → 51"), "{saved}");
    assert_eq!(sandbox.run("show f.yaml@main").expect(0).stdout, b"a: 1\n");
}

#[test]
fn the_branch_that_was_likely_can_be_named_too() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    sandbox.run("switch -c f.yaml dev").expect(0);
    sandbox.run("set f.yaml a 50").expect(0);
    sandbox.run("switch f.yaml main").expect(0);
    sandbox.write(".vconf/configs/f.yaml/refs/r2.json", "{\n");
    sandbox.write("f.yaml", "a: 2\n");
    sandbox.run("save f.yaml").expect(4);
    sandbox.run("switch f.yaml main").expect(0);
    let saved = sandbox.run("save f.yaml").expect(0).out();
    assert!(saved.contains("@3  a 1 → 2"), "{saved}");
}

#[test]
fn tags_alone_leave_no_doubt_of_the_branch() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    sandbox.run("tag f.yaml@1 good").expect(0);
    sandbox.write(".vconf/configs/f.yaml/refs/r1.json", "{\n");
    sandbox.write("f.yaml", "a: 2\n");
    sandbox.run("save f.yaml").expect(0);
    sandbox.run("tag f.yaml@2 better").expect(0);
}

#[test]
fn tags_that_damage_may_hide_are_not_passed_over_in_silence() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    for name in ["one", "two"] {
        sandbox.vconf(["tag", "f.yaml@1", name]).expect(0);
    }
    // Not the newest change of refs, which tells of more than tags.
    sandbox.write(".vconf/configs/f.yaml/refs/r1.json", "{\n");
    for command in ["tag", "tag f.yaml", "log", "log f.yaml"] {
        let listed = sandbox.run(command).expect(4);
        assert!(listed.out().contains("two"), "{command}: {listed}");
        let warning = "warning: f.yaml: change of refs 1 is damaged";
        assert_eq!(listed.err().matches(warning).count(), 1, "{command}: {listed}");
        assert!(listed.err().contains("tags and undos may be told wrongly. Run: vconf check"), "{listed}");
    }
    for command in ["tag f.yaml --delete one", "tag --delete one", "show f.yaml@one"] {
        let error = sandbox.run(command).expect(4).err();
        assert!(error.contains("change of refs 1 is damaged"), "{command}: {error}");
    }
    sandbox.run("tag --delete two").expect(0);
}

#[test]
fn a_file_that_cannot_be_compared_does_not_hide_what_changed_in_the_others() {
    let sandbox = Sandbox::new();
    for file in ["a.yaml", "b.yaml", "c.yaml", "d.yaml"] {
        sandbox.save(file, "a: 1\n");
        sandbox.write(file, "a: 2\n");
    }
    fs::write(sandbox.record("b.yaml", 1), "{\n").unwrap();
    fs::remove_file(sandbox.path("c.yaml")).unwrap();
    fs::create_dir(sandbox.path("c.yaml")).unwrap();
    let diff = sandbox.run("diff").expect(4);
    for file in ["a.yaml", "d.yaml"] {
        assert!(diff.out().contains(&format!("{file}  @1 → file")), "{diff}");
    }
    assert!(diff.err().contains("b.yaml: version 1 is damaged"), "{diff}");
    assert!(diff.err().contains("c.yaml can't be read"), "{diff}");
    sandbox.run("diff --as html").expect(4);
}

/// Spoils one byte of a version's content.
fn spoil(sandbox: &Sandbox, file: &str, number: u64, text: &str) {
    let record = sandbox.record(file, number);
    let bytes = fs::read_to_string(&record).unwrap();
    let (head, content) = bytes.split_once("\"content\"").unwrap();
    let spoiled = content.replacen(text, &text.replace(|c: char| c.is_ascii_alphanumeric(), "X"), 1);
    assert_ne!(content, spoiled);
    fs::write(record, format!("{head}\"content\"{spoiled}")).unwrap();
}

#[test]
fn bytes_that_only_a_damaged_record_had_are_saved_before_the_file_is_replaced() {
    for command in ["rollback f.yaml@1", "switch f.yaml main"] {
        let sandbox = Sandbox::new();
        sandbox.save("f.yaml", "a: 1\n");
        sandbox.run("switch -c f.yaml s").expect(0);
        sandbox.save("f.yaml", "a: 2\nprecious: yes\n");
        sandbox.run("switch f.yaml main").expect(0);
        // As a kill between the record and the file leaves it.
        sandbox.write("f.yaml", "a: 2\nprecious: yes\n");
        sandbox.write(".vconf.0.tmp", "");
        spoil(&sandbox, "f.yaml", 2, "precious: yes");
        let ran = sandbox.run(command);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert_eq!(sandbox.run("show f.yaml@3").expect(0).out(), "a: 2\nprecious: yes\n", "{command}");
    }
}

#[test]
fn status_does_not_call_saved_what_a_damaged_record_had() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    sandbox.save("f.yaml", "precious: yes\n");
    spoil(&sandbox, "f.yaml", 2, "precious: yes");
    let ran = sandbox.run("status").expect(4);
    assert!(!ran.out().contains("saved") && ran.err().contains("damaged"), "{ran}");
}

#[test]
fn nothing_is_written_into_a_store_by_way_of_a_link() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    sandbox.save("f.yaml", "a: 2\n");
    let record = fs::read(sandbox.record("f.yaml", 1)).unwrap();
    let description = sandbox.read(".vconf/store.json");
    fs::remove_file(sandbox.path("f.yaml")).unwrap();
    std::os::unix::fs::symlink(".vconf/configs/f.yaml/v1.json", sandbox.path("f.yaml")).unwrap();
    std::os::unix::fs::symlink(".vconf/store.json", sandbox.path("s.json")).unwrap();
    std::os::unix::fs::symlink(".vconf", sandbox.path("folder")).unwrap();
    for command in [
        "rollback f.yaml@2",
        "set f.yaml a 3",
        "save f.yaml",
        "undo",
        "save s.json",
        "set s.json x 1",
        "save folder/store.json",
        "set folder/store.json x 1",
    ] {
        let ran = sandbox.run(command);
        assert!(ran.code.is_some_and(|code| code != 0) || command == "undo", "{ran}");
    }
    assert_eq!(fs::read(sandbox.record("f.yaml", 1)).unwrap(), record);
    assert_eq!(sandbox.read(".vconf/store.json"), description);
}

#[test]
fn lost_refs_are_told_where_a_version_shows_that_there_were_some() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    sandbox.run("switch -c f.yaml s").expect(0);
    sandbox.run("set f.yaml a 2").expect(0);
    sandbox.run("tag f.yaml good").expect(0);
    let refs = sandbox.path(".vconf/configs/f.yaml/refs");
    fs::remove_dir_all(&refs).unwrap();
    let checked = sandbox.run("check").expect(4);
    assert!(checked.out().contains("f.yaml  ref 1  the record is missing"), "{checked}");
    for command in ["status", "log", "log f.yaml", "tag f.yaml", "show f.yaml@good", "show f.yaml@2020-01-01"]
    {
        let ran = sandbox.run(command).expect(4);
        assert!(ran.err().contains("change of refs 1 is damaged"), "{command}: {ran}");
    }
    sandbox.write("f.yaml", "a: 3\n");
    for command in ["save f.yaml", "set f.yaml a 4", "tag f.yaml@1 t", "undo", "branch f.yaml more"] {
        let ran = sandbox.run(command).expect(4);
        assert!(ran.err().contains("can't be known"), "{command}: {ran}");
    }
    assert!(!refs.exists() && !Path::new(&sandbox.record("f.yaml", 3)).exists());
    // A switch names the branch anew.
    sandbox.run("switch f.yaml s").expect(0);
    let saved = sandbox.run("save f.yaml").expect(0).out();
    assert!(saved.contains("@3 on s") && saved.contains("a 2 → 3"), "{saved}");
    assert_eq!(sandbox.run("show f.yaml@main").expect(0).out(), "a: 1\n");
    sandbox.run("check").expect(0);
}

#[test]
fn refs_that_were_lost_are_not_begun_anew_without_their_branches() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    sandbox.run("switch -c f.yaml s").expect(0);
    sandbox.run("set f.yaml a 2").expect(0);
    sandbox.run("switch f.yaml main").expect(0);
    sandbox.run("set f.yaml a 3").expect(0);
    let refs = sandbox.path(".vconf/configs/f.yaml/refs");
    fs::remove_dir_all(&refs).unwrap();
    // Only older versions show it: whoever writes the first change of refs asks them all.
    for command in ["tag f.yaml@1 t", "branch f.yaml more"] {
        let ran = sandbox.run(command).expect(4);
        assert!(ran.err().contains("can't be known"), "{command}: {ran}");
    }
    assert!(!refs.exists());
    sandbox.run("check").expect(4);
    sandbox.run("switch f.yaml s").expect(0);
    assert_eq!(sandbox.run("show f.yaml@s").expect(0).out(), "a: 2\n");
    assert_eq!(sandbox.run("show f.yaml@main").expect(0).out(), "a: 3\n");
    sandbox.run("tag f.yaml@1 t").expect(0);
    sandbox.run("check").expect(0);
}

#[test]
fn deleted_branches_are_no_lost_refs() {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", "a: 1\n");
    sandbox.run("switch -c f.yaml s").expect(0);
    sandbox.run("set f.yaml a 2").expect(0);
    sandbox.run("switch f.yaml main").expect(0);
    sandbox.run("branch f.yaml --delete s").expect(0);
    for command in ["check", "status", "tag f.yaml@2 t", "check"] {
        sandbox.run(command).expect(0);
    }
}
