//! Histories that come from git and go back to it: bytes, people, times, reasons and lines of commits stay.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Ran, Sandbox};
use crate::transcript::expect;

/// The helpers of the library's tests that find the data.
#[path = "../../../vconf/tests/it/support.rs"]
#[expect(dead_code, reason = "only the data is needed here")]
mod shared;

/// Runs git in a repository of a sandbox.
fn git(sandbox: &Sandbox, folder: &str, arguments: &[&str]) -> Ran {
    let mut git = sandbox.program("git");
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@x.org"),
        ("GIT_COMMITTER_NAME", "Ben"),
        ("GIT_COMMITTER_EMAIL", "ben@x.org"),
    ] {
        git.env(name, value);
    }
    git.args(["-C", folder, "-c", "init.defaultBranch=main"]).args(arguments);
    Ran::of(git.output().unwrap(), &format!("{git:?}")).expect(0)
}

/// Commits bytes as the next state of a file; every commit is a minute later than the one before.
fn commit(sandbox: &Sandbox, file: &str, bytes: impl AsRef<[u8]>, message: &str, minute: u32) {
    sandbox.write(format!("repo/{file}"), bytes);
    git(sandbox, "repo", &["add", "-A"]);
    let date = format!("--date={} +0200", 1_700_000_000 + minute * 60);
    git(sandbox, "repo", &["commit", "-q", "-m", message, &date]);
}

fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("repo")).unwrap();
    git(&sandbox, "repo", &["init", "-q"]);
    sandbox
}

/// A file that two lines of commits changed, and their merge.
fn merged() -> Sandbox {
    let sandbox = repository();
    commit(&sandbox, "app.env", "A=1\n\nB=1\n", "Begin\n\nWith a reason.", 0);
    commit(&sandbox, "other", "x\n", "Something else", 1);
    git(&sandbox, "repo", &["switch", "-q", "-c", "side"]);
    commit(&sandbox, "app.env", "A=1\n\nB=2\n", "Raise B", 2);
    git(&sandbox, "repo", &["switch", "-q", "main"]);
    commit(&sandbox, "app.env", "A=2\n\nB=1\n", "Raise A", 3);
    git(&sandbox, "repo", &["tag", "raised"]);
    git(&sandbox, "repo", &["merge", "-q", "-m", "Merge side", "side"]);
    commit(&sandbox, "app.env", "A=2\n\nB=2\nC=3\n", "Add C", 4);
    git(&sandbox, "repo", &["tag", "-m", "annotated", "v1.0"]);
    sandbox
}

/// What git says of a file's commits, each with its reason, time and people, and the reasons of its parents.
fn graph(sandbox: &Sandbox, folder: &str, file: &str) -> Vec<String> {
    let format = "--format=%H %P%x01%an <%ae> %at%n%B";
    let simplified =
        ["log", "-z", "--topo-order", "--full-history", "--simplify-merges", "--parents", format];
    let listed = git(sandbox, folder, &[&simplified[..], &["--", file]].concat()).out();
    let commits: Vec<_> = listed.split('\0').filter_map(|commit| commit.split_once('\u{1}')).collect();
    let said = |id: &str| {
        let of = commits.iter().find(|(ids, _)| ids.split(' ').next() == Some(id));
        of.map_or_else(String::new, |(_, what)| what.lines().nth(1).unwrap_or_default().to_owned())
    };
    let mut graph: Vec<_> = commits
        .iter()
        .map(|(ids, what)| {
            let parents: Vec<_> = ids.split(' ').skip(1).map(said).collect();
            let id = ids.split(' ').next().unwrap_or_default();
            let bytes = git(sandbox, folder, &["show", &format!("{id}:{file}")]).out();
            format!("{what}from {parents:?}\n{bytes}")
        })
        .collect();
    graph.sort();
    graph
}

#[test]
fn what_git_merged_is_a_version_with_both_lines_as_parents() {
    let sandbox = merged();
    let imported = sandbox.run("import --json git:repo app.env").expect(0).json();
    let told: Vec<_> = imported
        .iter()
        .map(|version| {
            let text = |key: &str| version[key].as_str().unwrap().to_owned();
            let branch = text("branch").split('-').next().unwrap().to_owned();
            let line = text("description").lines().next().unwrap().to_owned();
            (version["version"].as_u64().unwrap(), branch, version["parents"].to_string(), line)
        })
        .collect();
    let parents = |line: &str| {
        let (number, branch, parents, _) = told.iter().find(|(.., told)| told == line).unwrap();
        (*number, branch.as_str(), parents.as_str())
    };
    let (a, b) = (parents("Raise A").0, parents("Raise B").0);
    assert_eq!(parents("Begin"), (1, "main", "[]"));
    assert_eq!((parents("Raise A").1, parents("Raise A").2), ("main", "[1]"));
    assert_eq!((parents("Raise B").1, parents("Raise B").2), ("git", "[1]"));
    assert_eq!(parents("Merge side"), (4, "main", &*format!("[{a},{b}]")));
    assert_eq!(parents("Add C"), (5, "main", "[4]"));
    assert_eq!(imported[0]["author"], "Ada <ada@x.org>");
    assert_eq!(imported[0]["timestamp"], "2023-11-14T22:13:20.000000Z");
    assert_eq!(imported[0]["description"], "Begin\n\nWith a reason.");
    assert_eq!(sandbox.run("show app.env@raised").out(), "A=2\n\nB=1\n");
    assert_eq!(sandbox.run("show app.env@v1.0").out(), sandbox.run("show app.env@5").out());
    assert_eq!(sandbox.run("branch app.env --json").json().len(), 1);
    sandbox.run("check").expect(0);
}

#[test]
fn a_history_with_merges_comes_back_from_git_as_it_went() {
    let sandbox = merged();
    sandbox.run("import git:repo app.env").expect(0);
    sandbox.run("export git:copy").expect(0);
    assert_eq!(graph(&sandbox, "repo", "app.env"), graph(&sandbox, "copy", "app.env"));
    let refs = git(&sandbox, "copy", &["for-each-ref", "--format=%(refname)"]).out();
    assert_eq!(refs, "refs/heads/main\nrefs/tags/raised\nrefs/tags/v1.0\n");
    assert_eq!(sandbox.read("copy/app.env"), sandbox.read("repo/app.env"));
    git(&sandbox, "copy", &["fsck", "--strict"]);
    assert_eq!(git(&sandbox, "copy", &["status", "--porcelain"]).out(), "");
}

#[test]
fn an_import_brings_only_what_is_new_and_is_undone_as_one() {
    let sandbox = merged();
    sandbox.run("import git:repo app.env").expect(0);
    let again = sandbox.run("import git:repo app.env").expect(0);
    assert_eq!((again.out(), again.err().lines().count()), (String::new(), 1), "{again}");
    commit(&sandbox, "app.env", "A=3\n", "Later", 9);
    let later = sandbox.run("import git:repo app.env").expect(0);
    assert!(later.out().starts_with("app.env  @6  Later"), "{later}");
    assert!(later.err().contains("1 version imported; 5 imported before"), "{later}");
    let latest = |sandbox: &Sandbox| sandbox.run("show app.env").out();
    sandbox.run("undo").expect(0);
    assert_eq!(latest(&sandbox), "A=2\n\nB=2\nC=3\n");
    let redone = sandbox.run("import git:repo app.env").expect(0);
    assert!(redone.err().contains("undone was done again"), "{redone}");
    assert_eq!(latest(&sandbox), "A=3\n");
    sandbox.run("undo").expect(0);
    sandbox.run("undo").expect(0);
    assert!(sandbox.run("show app.env").err().contains("no latest version"));
    sandbox.run("redo").expect(0);
    assert_eq!(latest(&sandbox), "A=2\n\nB=2\nC=3\n");
    sandbox.run("check").expect(0);
}

#[test]
fn an_import_that_was_killed_is_finished_by_the_same_again() {
    let sandbox = repository();
    for number in 0..30 {
        commit(&sandbox, "app.env", format!("A={number}\n"), "Count", number);
    }
    let mut rounds = 0;
    loop {
        let mut import = sandbox.command();
        import.args(["import", "git:repo", "app.env"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = import.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5 + 5 * rounds));
        // It may have come to its end before.
        let _ = child.kill();
        if child.wait().unwrap().success() {
            break;
        }
        rounds += 1;
    }
    println!("an import was killed {rounds} times");
    sandbox.run("import git:repo app.env").expect(0);
    let log = sandbox.run("log app.env --json").expect(0).json();
    let parents: Vec<_> = log.iter().rev().map(|version| version["parents"].to_string()).collect();
    let expected: Vec<_> =
        (0..30).map(|number| if number == 0 { "[]".to_owned() } else { format!("[{number}]") }).collect();
    assert_eq!(parents, expected);
    for number in 0..30 {
        assert_eq!(sandbox.run(&format!("show app.env@{}", number + 1)).out(), format!("A={number}\n"));
    }
    sandbox.run("check").expect(0);
}

#[test]
fn a_bare_repository_and_a_folder_of_one_are_read_alike() {
    let sandbox = repository();
    fs::create_dir(sandbox.path("repo/etc")).unwrap();
    commit(&sandbox, "etc/a.env", "A=1\n", "One", 0);
    commit(&sandbox, "etc/a.env", "A=2\n", "Two", 1);
    git(&sandbox, ".", &["clone", "-q", "--bare", "repo", "bare"]);
    for (words, name) in [
        ("import git:repo etc/a.env --as one.env", "one.env"),
        ("import git:bare etc/a.env --as two.env", "two.env"),
        ("import git:repo/etc a.env --as three.env", "three.env"),
    ] {
        sandbox.run(words).expect(0);
        assert_eq!(sandbox.run(&format!("show {name}@1")).out(), "A=1\n");
        assert_eq!(sandbox.run(&format!("show {name}@2")).out(), "A=2\n");
    }
    sandbox.run("import git:bare etc/a.env").expect(0);
    assert_eq!(sandbox.run("show etc/a.env").out(), "A=2\n");
}

#[test]
fn programs_are_run_in_three_places_alone() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    // The reader of the command line has a type of the same name.
    let runs = |path: &Path| {
        fs::read_to_string(path).unwrap().replace("clap::Command::new(", "").contains("Command::new(")
    };
    let found: Vec<_> = shared::files(&sources).into_iter().filter(|path| runs(path)).collect();
    let names: Vec<_> =
        found.iter().map(|path| path.strip_prefix(&sources).unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["commands/bisect/runner.rs", "commands/follow.rs", "git.rs"]);
}

#[test]
fn only_the_first_parent_line_comes_in_where_that_is_asked_for() {
    let sandbox = merged();
    sandbox.run("import --first-parent git:repo app.env").expect(0);
    let said: Vec<_> = sandbox
        .run("log app.env --json")
        .json()
        .iter()
        .map(|version| version["description"].as_str().unwrap().lines().next().unwrap().to_owned())
        .collect();
    assert_eq!(said, ["Add C", "Merge side", "Raise A", "Begin"]);
}

#[test]
fn odd_names_modes_and_kinds_of_files_are_told_apart() {
    let sandbox = repository();
    let name = "a \"b\"\nc.env";
    fs::create_dir(sandbox.path("repo/etc")).unwrap();
    commit(&sandbox, &format!("etc/{name}"), "A=1\n", "One", 0);
    fs::remove_file(sandbox.path(format!("repo/etc/{name}"))).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path(format!("repo/etc/{name}"))).unwrap();
    commit(&sandbox, "other", "", "A link", 1);
    fs::remove_file(sandbox.path(format!("repo/etc/{name}"))).unwrap();
    commit(&sandbox, "other", "x", "Gone", 2);
    commit(&sandbox, &format!("etc/{name}"), "A=2\n", "Back", 3);
    let path = sandbox.path(format!("repo/etc/{name}"));
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    commit(&sandbox, "other", "y", "Executable", 4);
    let ran = sandbox.vconf(["import", "--json", "git:repo/etc", name]).expect(0);
    assert!(ran.err().contains("is left out: it is a symbolic link"), "{ran}");
    let told: Vec<_> =
        ran.json().iter().map(|version| (version["parents"].clone(), version["mode"].clone())).collect();
    let null = Value::Null;
    let expected: [(Value, Value); 3] = [("[]", null.clone()), ("[1]", null), ("[2]", "0755".into())]
        .map(|(parents, mode)| (serde_json::from_str(parents).unwrap(), mode));
    assert_eq!(told, expected);
    sandbox.run("export git:copy").expect(0);
    let listed = git(&sandbox, "copy", &["ls-tree", "-z", "HEAD"]).out();
    assert!(listed.starts_with("100755 blob ") && listed.ends_with(&format!("\t{name}\0")), "{listed:?}");
}

#[test]
fn nothing_in_a_repository_is_run() {
    let sandbox = merged();
    let trap = sandbox.path("trap");
    sandbox.write("evil", format!("#!/bin/sh\ntouch {}\n", trap.display()));
    let evil = sandbox.path("evil");
    fs::set_permissions(&evil, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let evil = evil.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.smudge",
        "filter.x.clean",
        "gpg.program",
        "core.askPass",
        "alias.rev-list",
    ] {
        git(&sandbox, "repo", &["config", key, evil]);
    }
    git(&sandbox, "repo", &["config", "log.showSignature", "true"]);
    git(&sandbox, "repo", &["config", "core.hooksPath", sandbox.path("").to_str().unwrap()]);
    for hook in ["post-checkout", "reference-transaction", "post-index-change"] {
        fs::copy(evil, sandbox.path(hook)).unwrap();
    }
    sandbox.write("repo/.git/info/attributes", "* diff=x filter=x\n");
    fs::remove_file(&trap).unwrap_or_default();
    sandbox.run("import git:repo app.env").expect(0);
    assert!(!trap.exists());
}

#[test]
fn what_can_not_be_imported_is_told() {
    let sandbox = merged();
    fs::create_dir(sandbox.path("plain")).unwrap();
    fs::create_dir(sandbox.path("fresh")).unwrap();
    git(&sandbox, "fresh", &["init", "-q"]);
    expect(
        &sandbox,
        r#"
$ vconf import git:repo
! error: which files of repo are to be imported?
!   these look like configuration:
!   app.env
! help: vconf import git:repo app.env
= 2
$ vconf import git:repo ap.env
! error: ap.env was never in /srv/repo
!   did you mean app.env?
! help: vconf import git:repo app.env
= 2
$ vconf import git:repo ../x
! error: ../x is no name below repo
!   a file is named as in the repository's folder, such as etc/app.yaml
= 5
$ vconf import git:https://example.org/x app.env
! error: https://example.org/x is no folder
!   a repository elsewhere is cloned first
! help: git clone https://example.org/x
= 2
$ vconf import git:nowhere app.env
! error: there is no folder /srv/nowhere
= 2
$ vconf import git:fresh app.env
! error: /srv/fresh has no commits on its current branch
= 2
$ GIT_CEILING_DIRECTORIES=/ vconf import git:/ app.env
! error: / is no git repository
!   it is looked for there and in the folders above
= 2
$ V=$(command -v vconf); PATH=/nowhere $V import git:repo app.env
! error: git is not installed
!   vconf reads and writes repositories with it
= 2
$ echo A=0 > app.env; vconf save app.env
app.env  @1  First version
! note: created the store .vconf
! undo: vconf undo
$ vconf import git:repo app.env
! error: app.env has another history already
!   it was not begun by an import of these commits
! help: vconf import git:repo app.env --as NAME
! note: 0 versions imported
= 3
$ vconf export git:plain | grep -c .
1
! help: git -C plain log --stat
$ vconf export git:plain
! error: /srv/plain is not empty
!   a history is written into a new folder
= 2
$ vconf export cvs:plain
! error: cvs:plain is nothing to export to
!   there is git:FOLDER and tar:FILE
! help: vconf export git:history
= 2
"#,
    );
}

#[test]
fn branches_tags_and_undone_versions_are_where_they_were() {
    let sandbox = Sandbox::new();
    sandbox.save("a.env", "A=1\n");
    sandbox.save("b.env", "B=1\n");
    sandbox.run("tag a.env@1 first").expect(0);
    sandbox.run("switch -c a.env try/it").expect(0);
    sandbox.save("a.env", "A=2\n");
    sandbox.run("switch a.env main").expect(0);
    sandbox.save("a.env", "A=3\n");
    sandbox.run("undo").expect(0);
    sandbox.write("a.env", "A=4\n");
    sandbox.write("b.env", "B=4\n");
    sandbox.run("save -m both").expect(0);
    sandbox.save("b.env", "B=5\n");
    sandbox.run("undo").expect(0);
    sandbox.run("export git:copy").expect(0);
    let show = |name: &str| git(&sandbox, "copy", &["show", name]).out();
    assert_eq!((show("main:a.env"), show("main:b.env")), ("A=4\n".to_owned(), "B=4\n".to_owned()));
    assert_eq!(show("try/it:a.env"), "A=2\n");
    assert_eq!(show("a.env/first:a.env"), "A=1\n");
    let subjects = git(&sandbox, "copy", &["log", "--format=%s", "main"]).out();
    assert_eq!(subjects.lines().filter(|line| *line == "both").count(), 1, "{subjects}");
    assert!(subjects.starts_with("Undo: b.env is at version 2\n"), "{subjects}");
    git(&sandbox, "copy", &["fsck", "--strict"]);
}

#[test]
fn an_archive_holds_every_version_and_its_record() {
    let sandbox = merged();
    sandbox.run("import git:repo app.env").expect(0);
    let told = sandbox.run("export tar:all.tar").expect(0);
    assert_eq!(told.out(), "all.tar: 5 versions\n");
    sandbox.run("export tar all.tar").expect(2);
    let mut piped = sandbox.command();
    piped.args(["export", "tar", "-"]).stdout(Stdio::piped());
    assert_eq!(piped.output().unwrap().stdout, sandbox.read("all.tar"));
    fs::create_dir(sandbox.path("out")).unwrap();
    let mut tar = sandbox.program("tar");
    tar.args(["-xf", "all.tar", "-C", "out"]);
    Ran::of(tar.output().unwrap(), "tar").expect(0);
    for number in 1..=5 {
        let version = sandbox.run(&format!("show app.env@{number}")).stdout;
        assert_eq!(sandbox.read(format!("out/app.env/v{number}")), version);
        let record = fs::read(sandbox.record("app.env", number)).unwrap();
        assert_eq!(sandbox.read(format!("out/app.env/v{number}.json")), record);
    }
    let modified = fs::metadata(sandbox.path("out/app.env/v1")).unwrap().modified().unwrap();
    let seconds = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(seconds, 1_700_000_000);
}

/// A revision of a real file.
struct Revision {
    json: Value,
    bytes: Vec<u8>,
}

fn real_history(folder: &Path) -> Vec<Revision> {
    let lines = fs::read_to_string(folder.join("history.jsonl")).unwrap();
    let files = shared::files(folder);
    lines
        .lines()
        .map(|line| {
            let json: Value = serde_json::from_str(line).unwrap();
            let number = format!("{:04}", json["n"].as_u64().unwrap());
            let file = files.iter().find(|file| file.file_stem().is_some_and(|stem| *stem == *number));
            Revision { bytes: fs::read(file.unwrap()).unwrap(), json }
        })
        .collect()
}

/// Makes a repository of a real history.
fn rebuild(sandbox: &Sandbox, history: &[Revision]) {
    git(sandbox, "repo", &["init", "-q"]);
    let mut import = sandbox.program("git");
    import.args(["-C", "repo", "fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut child = import.spawn().unwrap();
    let mut stream = child.stdin.take().unwrap();
    for Revision { json, bytes } in history {
        let seconds = json["date"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
        let (author, subject) = (json["author"].as_str().unwrap(), json["subject"].as_str().unwrap());
        let who = format!("{author} <{}@x.org> {seconds} +0100", author.len());
        write!(stream, "commit refs/heads/main\nauthor {who}\ncommitter {who}\n").unwrap();
        write!(stream, "data {}\n{subject}\n\nM 644 inline conf\ndata {}\n", subject.len() + 1, bytes.len())
            .unwrap();
        stream.write_all(bytes).unwrap();
        writeln!(stream).unwrap();
    }
    drop(stream);
    assert!(child.wait().unwrap().success());
}

#[test]
fn real_histories_come_from_git_and_go_back_to_it() {
    let Some(root) = shared::data("histories") else { return };
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut count = 0;
    for folder in folders {
        let history = real_history(&folder);
        let recent = &history[history.len().saturating_sub(MOST_REVISIONS)..];
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("repo")).unwrap();
        rebuild(&sandbox, recent);
        let imported = sandbox.run("import --json git:repo conf").expect(0).json();
        // What git holds twice in a row is one of its commits that did not touch the file.
        assert!(imported.len() * 10 > recent.len() * 9, "{}", folder.display());
        sandbox.run("export git:copy").expect(0);
        let said = |repository: &str| {
            let format = "--format=%an <%ae> %at %B";
            git(&sandbox, repository, &["log", "--no-abbrev", "--raw", format, "--", "conf"]).out()
        };
        assert!(said("repo") == said("copy"), "{}", folder.display());
        count += imported.len();
    }
    println!("{count} revisions came from git and went back to it");
}

/// How many revisions of each history go there and back.
const MOST_REVISIONS: usize = 60;
