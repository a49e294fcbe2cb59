//! Stores that an address names: the same commands, in a real PostgreSQL.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::Sandbox;

/// The address of a store that no other test uses.
fn new_store() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let address = std::env::var("VCONF_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "VCONF_TEST_POSTGRES is not set: start the engines by `scripts/engines start FOLDER`, \
             and export what `scripts/engines env FOLDER` prints"
        )
    });
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!(
        "{address}?schema=c{}_{}_{}",
        now.as_micros(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

#[test]
fn every_command_works_on_an_engine_as_on_a_folder() {
    let (here, elsewhere, url) = (Sandbox::new(), Sandbox::new(), new_store());
    let run = |words: &str| {
        let mut command = here.command();
        command.env("VCONF_STORE", &url).args(words.split(' '));
        let on_engine = crate::support::Ran::of(command.output().unwrap(), words);
        let on_folder = elsewhere.run(words);
        assert_eq!(on_engine.code, on_folder.code, "{on_engine}{on_folder}");
        let plain =
            |out: String| out.replace(here.path("").to_str().unwrap(), elsewhere.path("").to_str().unwrap());
        assert_eq!(plain(on_engine.out()), on_folder.out(), "{words}");
        on_engine
    };
    let write = |text: &str| {
        here.write("app.yaml", text);
        elsewhere.write("app.yaml", text);
    };
    write("db:\n  pool: 10\n");
    assert!(run("log app.yaml").err().contains("there is no store postgres://"));
    assert!(run("save app.yaml -m first").err().contains("created the store postgres://"));
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

#[test]
fn a_file_names_the_store_and_what_the_names_in_it_are_relative_to() {
    let (sandbox, url) = (Sandbox::new(), new_store());
    sandbox.write(".vconf", format!("# where the team keeps it\n{url}\n"));
    std::fs::create_dir(sandbox.path("etc")).unwrap();
    sandbox.save("etc/a.ini", "[a]\nb = 1\n");
    let mut below = sandbox.command();
    below.current_dir(sandbox.path("etc")).args(["log", "a.ini", "--json"]);
    let ran = crate::support::Ran::of(below.output().unwrap(), "log").expect(0);
    assert_eq!(ran.json()[0]["config"], "etc/a.ini");
    sandbox.write(".vconf", "nothing of use\n");
    let ran = sandbox.run("log etc/a.ini").expect(2);
    assert!(ran.err().contains("does not say where the store is"), "{ran}");
}

#[test]
fn a_store_is_copied_into_an_engine_and_back_to_the_byte() {
    let (sandbox, url) = (Sandbox::new(), new_store());
    for pool in 0..40 {
        sandbox.save("app.yaml", format!("pool: {pool}\n"));
    }
    sandbox.run("tag app.yaml@3 stable").expect(0);
    sandbox.run("pack").expect(0);
    let ran = sandbox.vconf(["copy", ".vconf", &url]).expect(0);
    assert!(ran.out().starts_with("app.yaml  40 versions and 1 change of refs copied"), "{ran}");
    sandbox.vconf(["copy", &url, "back"]).expect(0);
    for name in ["v39.json", "packs/part/v1-v8.json.zst", "refs/r1.json", "checkpoint.json"] {
        let read = |store: &str| sandbox.read(format!("{store}/configs/app.yaml/{name}"));
        assert_eq!(read("back"), read(".vconf"), "{name}");
    }
    sandbox.run("--store back check").expect(0);
    let ran = sandbox.vconf(["copy", ".vconf", &url]).expect(0);
    assert!(ran.out().contains("nothing new") && ran.err().contains("the target had everything"), "{ran}");
    std::fs::remove_dir_all(sandbox.path("back")).unwrap();
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
