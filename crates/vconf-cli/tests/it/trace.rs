//! The system calls of a run, by `strace`: listed, made to fail, or the last thing that a process does.

use std::collections::BTreeMap;
use std::process::Command;

use crate::support::{Ran, Sandbox, VCONF};

/// One system call of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Which one of its name it is, from 1.
    pub(crate) nth: usize,
    /// The line of the trace, for people.
    pub(crate) line: String,
}

/// Runs the command and lists its system calls, in order.
pub(crate) fn list(sandbox: &Sandbox, arguments: &[&str]) -> (Ran, Vec<Call>) {
    let trace = sandbox.path("trace");
    let mut command = strace(sandbox);
    command.arg("-o").arg(&trace).arg("-s64").arg(VCONF).args(arguments);
    let ran = Ran::of(command.output().expect("strace can be run"), &format!("{command:?}"));
    let text = std::fs::read_to_string(&trace).expect("strace wrote a trace");
    std::fs::remove_file(trace).unwrap();
    let mut counts = BTreeMap::<String, usize>::new();
    let calls = text.lines().filter_map(|line| {
        // `1234  openat(AT_FDCWD, …) = 3`; lines on signals and the end of a process begin otherwise.
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let (name, _) = line.split_once('(')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return None;
        }
        let nth = counts.entry(name.to_owned()).or_default();
        *nth += 1;
        Some(Call { name: name.to_owned(), nth: *nth, line: line.to_owned() })
    });
    (ran, calls.collect())
}

/// Runs the command and does something to one of its system calls: `signal=KILL`, `error=EIO`.
pub(crate) fn inject(sandbox: &Sandbox, arguments: &[&str], call: &Call, what: &str) -> Ran {
    let Call { name, nth, .. } = call;
    inject_all(sandbox, arguments, &[&format!("{name}:{what}:when={nth}")])
}

/// Runs the command and does things to its system calls, each as `strace` takes it: `linkat:error=EIO:when=2+`.
pub(crate) fn inject_all(sandbox: &Sandbox, arguments: &[&str], injections: &[&str]) -> Ran {
    let mut command = strace(sandbox);
    command.args(["-o", "/dev/null"]);
    for injection in injections {
        command.arg("-e").arg(format!("inject={injection}"));
    }
    command.arg(VCONF).args(arguments);
    Ran::of(command.output().expect("strace can be run"), &format!("{command:?}"))
}

fn strace(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.program("strace");
    command.args(["-f", "-qq"]);
    command
}
