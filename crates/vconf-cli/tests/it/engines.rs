//! Stores that an address names: the same commands, in a real PostgreSQL.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::{Ran, Sandbox};

/// The addresses of stores that no other test uses, one in each engine.
fn new_stores() -> [String; 2] {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let address = |variable: &str| {
        std::env::var(variable).unwrap_or_else(|_| {
            panic!(
                "{variable} is not set: start the engines by `scripts/engines start FOLDER`, \
                 and export what `scripts/engines env FOLDER` prints"
            )
        })
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("c{}_{}_{count}", now.as_micros(), std::process::id());
    let (bucket, endpoint) = (address("VCONF_TEST_S3"), "?endpoint=");
    [
        format!("{}?schema={name}", address("VCONF_TEST_POSTGRES")),
        bucket.replacen(endpoint, &format!("/{name}{endpoint}"), 1),
    ]
}

fn new_store() -> String {
    let [postgres, _] = new_stores();
    postgres
}

/// The command, with what it needs to be let in.
fn command(sandbox: &Sandbox) -> std::process::Command {
    let mut command = sandbox.command();
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test-secret");
    command
}

#[test]
fn every_command_works_on_an_engine_as_on_a_folder() {
    std::thread::scope(|scope| {
        for url in new_stores() {
            scope.spawn(move || run_all(&url));
        }
    });
}

fn run_all(url: &str) {
    let (here, elsewhere) = (Sandbox::new(), Sandbox::new());
    let run = |words: &str| {
        let mut command = command(&here);
        command.env("VCONF_STORE", url).args(words.split(' '));
        let on_engine = Ran::of(command.output().unwrap(), words);
        let on_folder = elsewhere.run(words);
        assert_eq!(on_engine.code, on_folder.code, "{on_engine}{on_folder}");
        let here = here.path("").to_string_lossy().into_owned();
        let out = on_engine.out().replace(&here, &elsewhere.path("").to_string_lossy());
        assert_eq!(without_ages(&out), without_ages(&on_folder.out()), "{words}");
        on_engine
    };
    let write = |text: &str| {
        here.write("app.yaml", text);
        elsewhere.write("app.yaml", text);
    };
    write("db:\n  pool: 10\n");
    assert!(run("log app.yaml").err().contains("there is no store "));
    assert!(run("save app.yaml -m first").err().contains("created the store "));
    write("db:\n  pool: 20\n");
    for words in [
        "status",
        "diff app.yaml",
        "save app.yaml",
        "set app.yaml db.pool 30",
        "tag app.yaml stable",
        "rollback app.yaml@1",
        "undo",
        "redo",
        "branch app.yaml trial",
        "switch app.yaml trial",
        "set app.yaml db.pool 99",
        "switch app.yaml main",
        "merge app.yaml trial --theirs",
        "log app.yaml -n 3",
        "find pool",
        "blame app.yaml",
        "get app.yaml db.pool",
        "show app.yaml@2",
        "pack --all",
        "show app.yaml@1",
        "forget --keep-last 2 --apply",
        "log",
        "check",
    ] {
        run(words);
    }
}

/// The words of a text, without how long ago things were.
fn without_ages(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match (word, words.last().map(String::as_str)) {
            ("now", Some("just")) => drop(words.pop()),
            ("ago", Some("s")) => words.truncate(words.len().saturating_sub(2)),
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[test]
fn a_file_names_the_store_and_what_the_names_in_it_are_relative_to() {
    let (sandbox, url) = (Sandbox::new(), new_store());
    sandbox.write(".vconf", format!("# where the team keeps it\n{url}\n"));
    std::fs::create_dir(sandbox.path("etc")).unwrap();
    sandbox.save("etc/a.ini", "[a]\nb = 1\n");
    let mut below = sandbox.command();
    below.current_dir(sandbox.path("etc")).args(["log", "a.ini", "--json"]);
    let ran = Ran::of(below.output().unwrap(), "log").expect(0);
    assert_eq!(ran.json()[0]["config"], "etc/a.ini");
    sandbox.write(".vconf", "nothing of use\n");
    let ran = sandbox.run("log etc/a.ini").expect(2);
    assert!(ran.err().contains("does not say where the store is"), "{ran}");
}

#[test]
fn a_store_is_copied_through_both_engines_and_back_to_the_byte() {
    let (sandbox, [postgres, s3]) = (Sandbox::new(), new_stores());
    let copy = |from: &str, to: &str| {
        let mut command = command(&sandbox);
        command.args(["copy", from, to]);
        Ran::of(command.output().unwrap(), "copy").expect(0)
    };
    for pool in 0..40 {
        sandbox.save("app.yaml", format!("pool: {pool}\n"));
    }
    sandbox.run("tag app.yaml@3 stable").expect(0);
    sandbox.run("pack").expect(0);
    let ran = copy(".vconf", &postgres);
    assert!(ran.out().starts_with("app.yaml  40 versions and 1 change of refs copied"), "{ran}");
    copy(&postgres, &s3);
    copy(&s3, "back");
    for name in ["v39.json", "packs/part/v1-v8.json.zst", "refs/r1.json", "checkpoint.json"] {
        let read = |store: &str| sandbox.read(format!("{store}/configs/app.yaml/{name}"));
        assert_eq!(read("back"), read(".vconf"), "{name}");
    }
    sandbox.run("--store back check").expect(0);
    let ran = copy(".vconf", &s3);
    assert!(ran.out().contains("nothing new") && ran.err().contains("the target had everything"), "{ran}");
}

#[test]
fn a_password_is_neither_kept_nor_shown() {
    let (sandbox, url) = (Sandbox::new(), new_store());
    let secret = url.replacen("vconf@", "vconf:geheim@", 1);
    sandbox.write("app.yaml", "a: 1\n");
    let ran = sandbox.vconf(["--store", &secret, "save", "app.yaml"]).expect(0);
    assert!(!format!("{ran}").split("\n").skip(1).any(|line| line.contains("geheim")), "{ran}");
    let ran = sandbox
        .vconf(["--store", &format!("--store={secret}")[8..], "show", "app.yaml", "--record"])
        .expect(0);
    let record = ran.out();
    assert!(
        record.contains("vconf --store postgres://vconf@") || record.contains("'postgres://vconf@"),
        "{record}"
    );
    assert!(!record.contains("geheim"), "{record}");
}
