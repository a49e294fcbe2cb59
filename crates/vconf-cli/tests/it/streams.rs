//! Output that nobody reads, or that can't be written.

use std::process::{Command, Stdio};

use vconf::history::{Context, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::store::Store;

use crate::support::{Ran, Sandbox, VCONF};

/// More than any pipe holds.
fn a_long_history() -> Sandbox {
    let sandbox = Sandbox::new();
    let store = Store::create(sandbox.path(".vconf")).unwrap();
    let config = ConfigName::new("app.json").unwrap();
    let bytes = |number: usize| format!("{{\"n\": {number}, \"text\": \"{}\"}}\n", "x".repeat(1000));
    let options = SaveOptions { description: Some("why ".repeat(100)), ..SaveOptions::default() };
    for number in 0..400 {
        let context = Context::new("tester", std::time::SystemTime::now(), "").unwrap();
        store.save(&config, bytes(number).as_bytes(), &options, &context).unwrap();
    }
    sandbox.write("app.json", "x".repeat(300_000));
    sandbox.run("save app.json").expect(0);
    sandbox
}

#[test]
fn whoever_stops_reading_gets_a_quiet_end() {
    let sandbox = a_long_history();
    for command in [
        "log app.json",
        "log --json",
        "log app.json --key n",
        "show app.json",
        "undo --list -n 400",
        "diff app.json@1 @401",
        "diff --text app.json@1 @401",
        "man",
        "completions bash",
        "--help",
    ] {
        let script = format!("{VCONF} {command} | head -c 1 >/dev/null; echo \"${{PIPESTATUS[*]}}\"");
        let mut bash = sandbox.program("bash");
        bash.args(["-c", &script]);
        let ran = Ran::of(bash.output().expect("bash can be run"), &script);
        assert_eq!(ran.err(), "", "{ran}");
        // A difference is told, or was not yet.
        assert!(["0 0\n", "1 0\n"].contains(&&*ran.out()), "{ran}");
    }
}

#[test]
fn output_that_can_not_be_written_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.save("app.json", "{\"n\": 1}\n");
    sandbox.save("app.json", "{\"n\": 2}\n");
    sandbox.run("tag app.json@1 first").expect(0);
    let file = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full is there");
    for command in [
        "status",
        "log",
        "log app.json --key n",
        "show app.json",
        "show app.json@1 --record",
        "show app.json --as yaml",
        "get app.json n",
        "diff app.json@1 @2",
        "diff --json app.json@1 @2",
        "tag",
        "undo --list",
        "check",
        "save app.json",
        "rollback app.json@1",
        "undo",
        "redo",
        "completions zsh",
        "man",
    ] {
        let mut full = sandbox.command();
        full.args(command.split(' ')).stdout(file()).stderr(Stdio::piped());
        let ran = Ran::of(full.output().unwrap(), command);
        assert_eq!(ran.code, Some(2), "{ran}");
        let is_told = ran.err().contains("the output can't be written")
            && ran.err().contains("No space left on device");
        assert!(is_told, "{ran}");
    }
    sandbox.run("check").expect(0);

    // Nobody hears that nothing can be said; the exit status says it.
    let mut full = sandbox.command();
    full.args(["log", "nothing"]).stdout(file()).stderr(file());
    assert_eq!(full.status().unwrap().code(), Some(2));
}

#[test]
fn closed_streams_do_no_harm() {
    let sandbox = Sandbox::new();
    sandbox.save("app.json", "{\"n\": 1}\n");
    sandbox.write("app.json", "{\"n\": 2}\n");
    let status = Command::new("bash")
        .args(["-c", "\"$0\" save app.json <&- >&- 2>&-", VCONF])
        .current_dir(sandbox.path("."))
        .env("VCONF_AUTHOR", "ops@db1")
        .status();
    assert_eq!(status.expect("bash can be run").code(), Some(0));
    // What was opened first did not get the number of the standard output, nor a word of it.
    sandbox.run("check").expect(0);
    assert_eq!(sandbox.run("show app.json@2").expect(0).out(), "{\"n\": 2}\n");
    assert_eq!(sandbox.read("app.json"), b"{\"n\": 2}\n");
}
