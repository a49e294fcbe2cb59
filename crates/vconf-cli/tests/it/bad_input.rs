//! Input that nobody wants to meet: each is saved right or refused with a clear error, and nothing is written outside
//! of the store.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Ran, Sandbox, VCONF, is_root, may_not_mount, numbers, say, system};

/// All that is below a folder but the store.
fn others(sandbox: &Sandbox) -> Vec<PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(sandbox.path(".")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| !path.ends_with(".vconf"));
    found.sort();
    found
}

/// Holds that a run was refused with an error of its own: what, why, and no store begun for it.
#[track_caller]
fn refused(ran: Ran, code: i32, said: &str) {
    assert_eq!(ran.code, Some(code), "{ran}");
    assert!(ran.err().starts_with("error: "), "{ran}");
    assert!(ran.err().contains(said), "{said:?} is not said: {ran}");
}

#[test]
fn any_bytes_are_saved_and_come_back_bit_for_bit() {
    const DEEP: usize = 100_000;
    let nested = |open: &str, close: &str| [open.repeat(DEEP), close.repeat(DEEP)].concat();
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", ")));
    }
    // A name, the bytes, the format that they are kept as, and what is warned of.
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("empty.json", b"".into(), "text", "kept as text"),
        ("empty.yaml", b"".into(), "yaml", ""),
        ("empty.toml", b"".into(), "toml", ""),
        ("empty.ini", b"".into(), "ini", ""),
        ("empty.properties", b"".into(), "properties", ""),
        ("empty.env", b"".into(), "env", ""),
        ("empty.txt", b"".into(), "text", ""),
        ("nul.txt", b"a\0b".into(), "binary", ""),
        ("all.bin", (0..=255).collect(), "binary", ""),
        ("latin1.json", b"{\"a\": \"\xe9\"}".into(), "binary", "line 1, column 8: not UTF-8; kept as binary"),
        ("latin1.yaml", b"a: b\nc: \xe9\n".into(), "binary", "line 2, column 4: not UTF-8; kept as binary"),
        ("latin1.ini", b"[a]\nb = \xe9\n".into(), "binary", "not UTF-8; kept as binary"),
        ("half.json", b"{\"a\": ".into(), "text", "line 1, column 7"),
        ("half.yaml", b"a: [1\nb: }".into(), "text", "line 2"),
        ("half.toml", b"a = 1\nb = \n".into(), "text", "line 2, column 5"),
        ("twice.json", b"{\"a\": 1,\n \"a\": 2}".into(), "json", "duplicate key \"a\" (the last one counts)"),
        ("twice.yaml", b"a: 1\na: 2\n".into(), "yaml", "duplicate key \"a\" (the last one counts)"),
        ("twice.toml", b"a = 1\na = 2\n".into(), "text", "line 2, column 1: duplicate key"),
        ("twice.properties", b"a=1\na=2\n".into(), "properties", "duplicate key \"a\" (the last one counts)"),
        ("twice.env", b"A=1\nA=2\n".into(), "env", "duplicate key \"A\" (the last one counts)"),
        ("mark.json", "\u{feff}{\"a\": 1}".into(), "json", ""),
        ("crlf.yaml", b"a: 1\r\nb: 2\r\n".into(), "yaml", ""),
        ("bomb.yaml", bomb.into(), "text", "kept as text"),
        ("cycle.yaml", b"a: &a\n  b: *a\n".into(), "text", "kept as text"),
        ("deep.json", nested("[", "]").into(), "", ""),
        ("deep-map.json", nested("{\"a\":", "}").replace(":}", ":1}").into(), "", ""),
        ("deep.jsonc", nested("[", "]").into(), "", ""),
        ("deep.json5", nested("[", "]").into(), "", ""),
        ("deep.yaml", nested("[", "]").into(), "", ""),
        (
            "deep-block.yaml",
            (0..1000).map(|level| " ".repeat(level) + "a:\n").collect::<String>().into(),
            "",
            "",
        ),
        ("deep.toml", ["a = ", &nested("[", "]"), "\n"].concat().into(), "text", "nested deeper than"),
        (
            "deep-key.toml",
            ["a.".repeat(DEEP), "a = 1\n".to_owned()].concat().into(),
            "text",
            "nested deeper than",
        ),
        ("deep.ini", ["[", &nested("[", "]"), "]\na = 1\n"].concat().into(), "", ""),
        ("deep.properties", ["a.".repeat(DEEP), "a=1\n".to_owned()].concat().into(), "", ""),
        ("deep.env", ["A=", &nested("${", "}"), "\n"].concat().into(), "", ""),
    ];
    let sandbox = Sandbox::new();
    for (name, bytes, format, warning) in &cases {
        sandbox.write(name, bytes);
        let saved = sandbox.vconf(["save", name, "--json"]).expect(0);
        assert!(
            saved.err().contains(warning) && saved.err().is_empty() == warning.is_empty()
                || format.is_empty(),
            "{name}: {saved}"
        );
        if !format.is_empty() {
            assert_eq!(saved.json()[0]["format"], *format, "{name}: {saved}");
        }
        let shown = sandbox.vconf(["show", &format!("{name}@1")]).expect(0);
        assert!(shown.stdout == *bytes, "{name} comes back as it was");

        // A second version makes all that compares and renders read both.
        sandbox.write(name, [bytes, &b" \n"[..]].concat());
        sandbox.vconf(["status", name]).expect(0);
        for arguments in
            [&["diff", name][..], &["diff", "--text", name], &["diff", "--layout", "--json", name]]
        {
            let ran = sandbox.vconf(arguments);
            assert!(matches!(ran.code, Some(0 | 1)), "{name}: {ran}");
        }
        sandbox.vconf(["save", name]).expect(0);
        for arguments in [
            &["show", name, "--as", "json"][..],
            &["show", name, "--as", "yaml"],
            &["show", name, "--as", "toml"],
            &["show", name, "--as", "canonical"],
            &["show", name, "--json"],
            &["get", name, "a"],
            &["log", name, "--key", "a"],
        ] {
            let ran = sandbox.vconf(arguments);
            assert!(matches!(ran.code, Some(0 | 2 | 5)), "{name}: {ran}");
            assert!(ran.code == Some(0) || ran.err().starts_with("error: "), "{name}: {ran}");
        }
        let back = format!("{name}@1");
        sandbox.vconf(["rollback", &back]).expect(0);
        assert!(sandbox.read(name) == *bytes, "{name} was brought back as it was");
    }
    sandbox.run("check").expect(0);
    say(&format!("{} kinds of bytes saved, compared, shown and brought back", cases.len()));
}

#[test]
fn what_is_no_file_is_refused_and_begins_no_store() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("folder")).unwrap();
    symlink("folder", sandbox.path("to-folder")).unwrap();
    symlink("nowhere", sandbox.path("to-nowhere")).unwrap();
    symlink("loop", sandbox.path("loop")).unwrap();
    let status = Command::new("mkfifo").arg(sandbox.path("pipe")).status();
    assert!(status.expect("mkfifo can be run").success());
    let before = others(&sandbox);
    let save = |name: &str| sandbox.vconf(["save", name]);

    refused(save("folder"), 2, "folder is a folder");
    refused(save("to-folder"), 2, "to-folder is a folder");
    refused(save("."), 2, ". is a folder");
    refused(save("/"), 2, "/ is a folder");
    refused(save("pipe"), 2, "pipe is not a regular file");
    refused(save("/dev/null"), 2, "/dev/null is not a regular file");
    refused(save("/dev/zero"), 2, "/dev/zero is not a regular file");
    refused(save("to-nowhere"), 2, "there is no file");
    refused(save("loop"), 2, "loop can't be read");
    refused(save("nothing.json"), 2, "there is no file");
    refused(save("folder/nothing.json"), 2, "there is no file");
    refused(save("nowhere/nothing.json"), 2, "there is no file");
    refused(save(""), 2, "the name of a file is empty");
    for command in ["log", "diff", "show", "rollback", "get", "tag", "check"] {
        let mut arguments = vec![command, "folder@1"];
        arguments.extend((command == "get").then_some("key"));
        arguments.extend((command == "tag").then_some("name"));
        refused(sandbox.vconf(arguments), 2, "no store");
    }
    assert_eq!(others(&sandbox), before);
    assert!(!sandbox.path(".vconf").exists(), "no store was begun");
    assert!(!PathBuf::from("/dev/.vconf").exists(), "none where devices are");
    assert!(fs::symlink_metadata(sandbox.path("pipe")).unwrap().file_type().is_fifo());

    // The same where there is a store and a history.
    sandbox.save("file.json", "1");
    for name in ["pipe", "folder"] {
        refused(save(name), 2, name);
    }
    fs::remove_file(sandbox.path("file.json")).unwrap();
    fs::create_dir(sandbox.path("file.json")).unwrap();
    refused(save("file.json"), 2, "file.json is a folder");
    refused(sandbox.run("rollback file.json@1"), 2, "it is a folder");
    let status = sandbox.run("status").expect(0);
    assert!(status.out().contains("it is a folder"), "{status}");
}

#[test]
fn a_file_of_the_store_is_none_of_its_configs() {
    let sandbox = Sandbox::new();
    sandbox.save("app.json", "1");
    for name in [".vconf/store.json", ".vconf/configs/app.json/v1.json", "./.vconf/../.vconf/store.json"] {
        refused(sandbox.vconf(["save", name]), 5, "is a part of the store");
    }
    let given = sandbox.path("histories");
    sandbox
        .vconf([OsStr::new("--store"), given.as_os_str(), OsStr::new("save"), OsStr::new("app.json")])
        .expect(0);
    let ran = sandbox.vconf([
        OsStr::new("--store"),
        given.as_os_str(),
        OsStr::new("save"),
        OsStr::new("histories/store.json"),
    ]);
    refused(ran, 5, "is a part of the store");
}

#[test]
fn a_file_may_have_any_name_and_its_history_stays_in_the_store() {
    let long = "n".repeat(255);
    let names = [
        "with space.json",
        "app@2.json",
        "x@3",
        "@",
        "@latest",
        "new\nline.json",
        "-dash.json",
        "--help",
        "tab\t\x1b[31m",
        "%2e%2e",
        "..hidden",
        "...",
        "'quoted\"",
        "ünï.json",
        "$(touch made)",
        "`touch made`",
        "*",
        "~",
        "con:",
        "a\\b",
        ".vconf.tmp",
        ".gitignore",
        "checkpoint.json",
        "v1.json",
        "refs",
        &long,
    ];
    let sandbox = Sandbox::new();
    for name in names {
        sandbox.write(name, format!("first of {name}\n"));
    }
    fs::create_dir_all(sandbox.path("a/b@1/c")).unwrap();
    sandbox.write("a/b@1/c/d.ini", "[s]\nk = 1\n");
    let before = others(&sandbox);
    for name in names.into_iter().chain(["a/b@1/c/d.ini"]) {
        sandbox.vconf(["save", "--", name]).expect(0);
        let first = sandbox.read(name);
        sandbox.write(name, "second\n");
        sandbox.vconf(["save", "--", name]).expect(0);
        assert_eq!(sandbox.vconf(["show", "--", &format!("{name}@1")]).expect(0).stdout, first, "{name:?}");
        // A name that is there as it stands wins over the split at the last @.
        assert_eq!(sandbox.vconf(["show", "--", name]).expect(0).out(), "second\n", "{name:?}");
        sandbox.vconf(["rollback", "--", &format!("{name}@1")]).expect(0);
        assert_eq!(sandbox.read(name), first, "{name:?}");
        assert_eq!(numbers(&sandbox.vconf(["log", "--json", "--", name]).expect(0)), [3, 2, 1], "{name:?}");
    }
    assert_eq!(others(&sandbox), before, "nothing was made beside the files");
    sandbox.run("check").expect(0);
    for command in ["status", "log", "undo --list"] {
        let ran = sandbox.run(command).expect(0);
        assert!(!ran.stdout.contains(&b'\x1b'), "no name acts on a terminal: {ran}");
    }
    // One folder each, whatever stands in the name; a very long one goes on in a folder of its own.
    let folders = fs::read_dir(sandbox.path(".vconf/configs")).unwrap().count();
    assert_eq!(folders, names.len() + 1);
}

#[test]
fn a_name_that_is_not_utf_8_is_refused() {
    let sandbox = Sandbox::new();
    let name = OsString::from(OsStr::from_bytes(b"caf\xe9.json"));
    sandbox.write(&name, "1");
    let ran = sandbox.vconf([OsStr::new("save"), &name]);
    refused(ran, 2, "UTF-8");
    // Names that are, in a folder whose name is not.
    let folder = sandbox.path(OsStr::from_bytes(b"f\xe9"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("app.json"), "1").unwrap();
    let mut command = sandbox.command();
    command.current_dir(&folder).args(["save", "app.json"]);
    Ran::of(command.output().unwrap(), "save in a folder whose name is not UTF-8").expect(0);
    assert!(folder.join(".vconf").exists());
}

#[test]
fn a_file_outside_of_the_folder_has_its_history_beside_it_or_where_one_says() {
    let (sandbox, elsewhere) = (Sandbox::new(), Sandbox::new());
    elsewhere.write("other.json", "1");
    let path = elsewhere.path("other.json");
    let relative = format!("../{}/other.json", elsewhere.path("").file_name().unwrap().to_str().unwrap());
    sandbox.vconf(["save", &relative]).expect(0);
    assert!(!sandbox.path(".vconf").exists());
    assert!(elsewhere.record("other.json", 1).exists());

    let store = sandbox.path("store");
    let store = store.to_str().unwrap();
    sandbox.vconf(["--store", store, "save", path.to_str().unwrap()]).expect(0);
    elsewhere.write("other.json", "2");
    sandbox.vconf(["--store", store, "rollback", &format!("{}@1", path.display())]).expect(0);
    assert_eq!(elsewhere.read("other.json"), b"1");
    let configs: Vec<_> = fs::read_dir(sandbox.path("store/configs")).unwrap().collect();
    assert_eq!(configs.len(), 1);
    assert_eq!(others(&elsewhere), [path], "nothing was left beside the file");
}

#[test]
fn a_rollback_writes_through_a_symbolic_link_and_the_link_stays() {
    let (sandbox, elsewhere) = (Sandbox::new(), Sandbox::new());
    elsewhere.write("real.json", "{\"n\": 1}\n");
    symlink(elsewhere.path("real.json"), sandbox.path("app.json")).unwrap();
    fs::set_permissions(elsewhere.path("real.json"), fs::Permissions::from_mode(0o640)).unwrap();
    sandbox.run("save app.json").expect(0);
    elsewhere.write("real.json", "{\"n\": 2}\n");
    sandbox.run("save app.json").expect(0);
    elsewhere.write("real.json", "{\"n\": 3}\n");
    sandbox.run("rollback app.json@1").expect(0);
    let is_link = |name: &str| fs::symlink_metadata(sandbox.path(name)).unwrap().file_type().is_symlink();
    assert!(is_link("app.json"));
    assert_eq!(elsewhere.read("real.json"), b"{\"n\": 1}\n");
    assert_eq!(fs::metadata(elsewhere.path("real.json")).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(sandbox.run("show app.json@3").expect(0).out(), "{\"n\": 3}\n", "the unsaved bytes are kept");
    sandbox.run("undo").expect(0);
    assert!(is_link("app.json"));
    assert_eq!(others(&elsewhere), [elsewhere.path("real.json")], "nothing was left beside the file");

    // A link that leads nowhere any more.
    fs::remove_file(elsewhere.path("real.json")).unwrap();
    refused(sandbox.run("save app.json"), 2, "there is no file");
    let ran = sandbox.run("rollback app.json@1");
    assert!(ran.code == Some(0) || ran.err().starts_with("error: "), "{ran}");
    assert!(is_link("app.json"));
}

/// A user whom permissions bind: oneself, or nobody where one is root.
struct Bound {
    /// The folder that the command was built in may be closed to others.
    tools: Sandbox,
}

impl Bound {
    fn new() -> Self {
        let tools = Sandbox::new();
        if is_root() {
            fs::copy(VCONF, tools.path("vconf")).unwrap();
        }
        Self { tools }
    }

    fn vconf(&self, sandbox: &Sandbox, words: &str) -> Ran {
        if !is_root() {
            return sandbox.run(words);
        }
        let mut command = sandbox.program("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"]);
        command.arg(self.tools.path("vconf")).args(words.split(' '));
        Ran::of(command.output().expect("setpriv can be run"), &format!("{command:?}"))
    }
}

fn allow(sandbox: &Sandbox, mode: &str) {
    let root = sandbox.path(".");
    let root = root.to_str().unwrap();
    if is_root() {
        system("chown", &["-R", "65534:65534", root]);
    }
    system("chmod", &["-R", mode, root]);
}

#[test]
fn where_one_may_not_write_one_is_told_and_nothing_changes() {
    let nobody = Bound::new();
    let sandbox = Sandbox::new();
    sandbox.save("app.json", "{\"n\": 1}\n");
    sandbox.save("app.json", "{\"n\": 2}\n");
    sandbox.write("app.json", "{\"n\": 3}\n");
    let state =
        |sandbox: &Sandbox| (sandbox.run("log --json").out(), sandbox.read("app.json"), others(sandbox));
    let before = state(&sandbox);

    allow(&sandbox, "u=rX,go=");
    for command in ["save app.json", "rollback app.json@1", "undo", "tag app.json@1 x"] {
        let ran = nobody.vconf(&sandbox, command);
        refused(ran, 2, "Permission denied");
        allow(&sandbox, "u=rwX,go=");
        assert_eq!(state(&sandbox), before, "{command}");
        allow(&sandbox, "u=rX,go=");
    }
    for (command, code) in
        [("log", 0), ("show app.json@1", 0), ("status", 0), ("check", 0), ("diff app.json", 1)]
    {
        assert_eq!(nobody.vconf(&sandbox, command).expect(code).err(), "", "{command} only reads");
    }

    // The store may be written and the folder of the file may not: nothing is recorded that can't be done.
    allow(&sandbox, "u=rwX,go=");
    system("chmod", &["u-w", sandbox.path(".").to_str().unwrap()]);
    refused(nobody.vconf(&sandbox, "rollback app.json@1"), 2, "Permission denied");
    system("chmod", &["u+w", sandbox.path(".").to_str().unwrap()]);
    assert_eq!(state(&sandbox), before);

    // Neither the file nor the records may be read.
    system("chmod", &["0", sandbox.path("app.json").to_str().unwrap()]);
    refused(nobody.vconf(&sandbox, "save app.json"), 2, "app.json can't be read");
    system("chmod", &["0", sandbox.record("app.json", 1).to_str().unwrap()]);
    refused(nobody.vconf(&sandbox, "check"), 2, "Permission denied");
    refused(nobody.vconf(&sandbox, "show app.json@1"), 2, "Permission denied");
    allow(&sandbox, "u=rwX,go=");
    system("chmod", &["0", sandbox.path(".vconf").to_str().unwrap()]);
    refused(nobody.vconf(&sandbox, "log"), 2, "Permission denied");
    allow(&sandbox, "u=rwX,go=");
    nobody.vconf(&sandbox, "save app.json").expect(0);

    // No store can be made.
    let fresh = Sandbox::new();
    fresh.write("app.json", "1");
    allow(&fresh, "u=rX,go=");
    refused(nobody.vconf(&fresh, "save app.json"), 2, "Permission denied");
    allow(&fresh, "u=rwX,go=");
    assert!(!fresh.path(".vconf").exists());
}

/// A file system that is quickly full.
struct Small {
    sandbox: Sandbox,
}

impl Small {
    fn new(kilobytes: u32) -> Self {
        let sandbox = Sandbox::new();
        let options = format!("size={kilobytes}k");
        system("mount", &["-t", "tmpfs", "-o", &options, "tmpfs", sandbox.path(".").to_str().unwrap()]);
        Self { sandbox }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.sandbox.path(".")).output();
    }
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    if may_not_mount("a full disk") {
        return;
    }
    let small = Small::new(512);
    let sandbox = &small.sandbox;
    let version = |n: u32| format!("{{\"n\": {n}, \"padding\": \"{}\"}}\n", "x".repeat(9000));
    sandbox.save("app.json", version(1));
    sandbox.save("app.json", version(2));
    sandbox.write("app.json", version(3));
    let (mut refusals, mut successes) = (0, 0);
    // From no room at all up to where all fits.
    for free_pages in 0..16 {
        for command in ["save app.json", "rollback app.json@1", "tag app.json@1 x"] {
            let before = seals(sandbox);
            fill(sandbox, free_pages);
            let ran = sandbox.run(command);
            let after = seals(sandbox);
            sandbox.run("check").expect(0);
            let file = String::from_utf8(sandbox.read("app.json")).unwrap();
            if ran.code == Some(0) {
                successes += 1;
            } else {
                refusals += 1;
                refused(ran, 2, "No space left on device");
                assert!(file == version(3), "the file is as it was");
                assert!(after.ends_with(&before), "nothing is lost: {before:?}, {after:?}");
            }
            for number in 1..=2 {
                let shown = sandbox.vconf(["show", &format!("app.json@{number}")]).expect(0);
                assert!(shown.out() == version(number), "version {number}");
            }
            fs::remove_file(sandbox.path("filler")).unwrap();
            // Begin again.
            fs::remove_dir_all(sandbox.path(".vconf")).unwrap();
            for number in 1..=2 {
                sandbox.save("app.json", version(number));
            }
            sandbox.write("app.json", version(3));
        }
    }
    say(&format!("{refusals} commands refused on a full disk, {successes} done: 0 lost, 0 torn"));
    assert!(refusals > 10 && successes > 5, "some fit and some do not");
    sandbox.run("save app.json").expect(0);
}

/// What the records are known by, newest first.
fn seals(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.run("log app.json --json").expect(0);
    log.json().iter().map(|version| version["seal"].to_string()).collect()
}

/// Leaves only so many pages free.
fn fill(sandbox: &Sandbox, free_pages: u64) {
    let page = [0; PAGE_BYTES];
    let mut file = fs::File::create(sandbox.path("filler")).unwrap();
    let mut pages = 0;
    while file.write_all(&page).is_ok() {
        pages += 1;
    }
    file.set_len((pages - free_pages) * PAGE_BYTES as u64).unwrap();
}

const PAGE_BYTES: usize = 4096;

#[test]
fn an_error_does_not_repeat_a_key_that_nobody_would_read() {
    let sandbox = Sandbox::new();
    sandbox.save("app.yaml", format!("{}: 1\n", "n".repeat(1000)));
    for key in ["k".repeat(100_000), format!("{}x", "n".repeat(1000))] {
        let told = sandbox.vconf(["get", "app.yaml", &key]).expect(2).err();
        assert!(told.contains("app.yaml@1 has no key ") && told.len() < 1000, "{} bytes", told.len());
    }
}
