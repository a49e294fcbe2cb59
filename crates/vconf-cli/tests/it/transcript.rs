//! What a person sees: commands, and their standard output, standard error and exit status.

use std::panic::Location;
use std::path::Path;
use std::sync::Mutex;

use crate::support::{Ran, Sandbox, VCONF};

/// Runs the commands of a transcript, and holds that they say what stands there.
///
/// Lines that begin with `$ ` are commands for `bash`. Under each stands its standard output, then its standard error
/// with `! ` before each line, then its exit status after `= ` unless that is 0. With `VCONF_UPDATE=1` what they say now
/// is written into the test instead, to be read in the difference.
#[track_caller]
pub(crate) fn expect(sandbox: &Sandbox, transcript: &str) {
    let mut actual = String::new();
    for command in transcript.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let ran = run(sandbox, command);
        actual.push_str(&format!("$ {command}\n{}", normal(&ran.out(), sandbox)));
        for line in normal(&ran.err(), sandbox).lines() {
            actual.push_str(format!("! {line}").trim_end());
            actual.push('\n');
        }
        if ran.code != Some(0) {
            actual.push_str(&format!("= {}\n", ran.code.map_or(-1, |code| code)));
        }
    }
    let expected = transcript.trim_start_matches('\n');
    if actual != expected {
        if std::env::var_os("VCONF_UPDATE").is_some() {
            return update(Location::caller().file(), expected, &actual);
        }
        let difference = actual.lines().zip(expected.lines()).find(|(actual, expected)| actual != expected);
        println!("{actual}");
        panic!("the transcript is above; the first lines that differ, now and before: {difference:#?}");
    }
}

/// Puts another transcript into the source of a test.
fn update(file: &str, expected: &str, actual: &str) {
    static LOCK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = LOCK.lock();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let source = std::fs::read_to_string(&path).unwrap();
    assert!(source.contains(expected), "the transcript stands in {file} as it is");
    std::fs::write(&path, source.replace(expected, actual)).unwrap();
}

fn run(sandbox: &Sandbox, command: &str) -> Ran {
    let mut bash = sandbox.program("bash");
    let folder = Path::new(VCONF).parent().expect("the command is in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    bash.env("PATH", format!("{}:{path}", folder.display())).args(["-c", command]);
    Ran::of(bash.output().expect("bash can be run"), command)
}

/// Paths and times that are other ones each time.
fn normal(text: &str, sandbox: &Sandbox) -> String {
    let root = sandbox.path("");
    let mut text = text.replace(&format!("{}/", root.display()).replace("//", "/"), "/srv/");
    text = text.replace(root.to_str().unwrap().trim_end_matches('/'), "/srv");
    for seconds in 5..60 {
        let said = format!("{seconds} s ago");
        text =
            text.replace(&format!("{said:<16}"), &format!("{:<16}", "just now")).replace(&said, "just now");
    }
    text
}
