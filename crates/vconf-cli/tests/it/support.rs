//! A folder of its own for each test, and the command in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The command.
pub(crate) const VCONF: &str = env!("CARGO_BIN_EXE_vconf");

/// A folder that goes away when the test ends.
pub(crate) struct Sandbox {
    root: PathBuf,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// Makes one on the file system of a folder.
    pub(crate) fn below(folder: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("vconf-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let root = folder.join(name);
        fs::create_dir(&root).unwrap();
        Self { root: root.canonicalize().unwrap() }
    }

    /// Makes one with all that is in another.
    pub(crate) fn copy_of(other: &Self) -> Self {
        let copy = Self::new();
        copy_all(&other.root, &copy.root);
        copy
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Where a version's record is.
    pub(crate) fn record(&self, config: &str, number: u64) -> PathBuf {
        self.path(format!(".vconf/configs/{config}/v{number}.json"))
    }

    /// The command, to be run here, in an environment that is the same everywhere.
    pub(crate) fn command(&self) -> Command {
        self.program(VCONF)
    }

    /// Any program, in the same environment.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env_clear();
        for name in ["PATH", "TMPDIR"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.env("VCONF_AUTHOR", "ops@db1").env("TZ", "UTC").env("HOME", &self.root);
        command
    }

    /// Runs the command.
    pub(crate) fn vconf<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.command();
        command.args(arguments);
        Ran::of(command.output().unwrap(), &format!("{command:?}"))
    }

    /// Runs the command with words that are parted by spaces.
    pub(crate) fn run(&self, words: &str) -> Ran {
        self.vconf(words.split(' '))
    }

    /// Saves bytes as the next version of a file.
    pub(crate) fn save(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.write(name, bytes);
        self.vconf(["save", name]).expect(0);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::env::var_os("VCONF_KEEP").is_none() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// What a run of the command came to.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) what: String,
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Ran {
    /// Takes what a run left. The command never panics, whatever happens to it.
    pub(crate) fn of(output: Output, what: &str) -> Self {
        let Output { status, stdout, stderr } = output;
        let ran = Self { what: what.to_owned(), code: status.code(), stdout, stderr };
        assert_ne!(ran.code, Some(101), "a panic: {ran}");
        assert!(!ran.err().contains("panicked"), "a panic: {ran}");
        ran
    }

    /// Holds that it ended with this status.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Its output as JSON Lines.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self}")))
            .collect()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\nended with {:?}\n{}{}", self.what, self.code, self.out(), self.err())
    }
}

/// The numbers of a log's versions, newest first.
pub(crate) fn numbers(log: &Ran) -> Vec<u64> {
    log.json().iter().map(|version| version["version"].as_u64().unwrap()).collect()
}

/// Runs a program of the system, which must be there and may do its work.
pub(crate) fn system(program: &str, arguments: &[&str]) {
    let path = std::env::var("PATH").unwrap_or_default();
    let output =
        Command::new(program).env("PATH", format!("{path}:/usr/sbin:/sbin")).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} can't be run: {error}"));
    assert!(
        output.status.success(),
        "{program} {}: {}\nMounting needs root; where it is known that it can't be done, set VCONF_NO_MOUNT=1",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Says what a test did or left out, also where the test passes: the lines of `println!` are kept back then.
pub(crate) fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Whether this machine is known not to mount file systems; says so.
pub(crate) fn may_not_mount(what: &str) -> bool {
    let may_not = std::env::var("VCONF_NO_MOUNT").as_deref() == Ok("1");
    if may_not {
        say(&format!("skipped: {what}, because VCONF_NO_MOUNT=1"));
    }
    may_not
}

/// Whether tests run as root, whom no permission keeps out.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Runs jobs on as many threads as there are processors.
pub(crate) fn in_parallel<T: Sync>(jobs: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicU32::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    work(job);
                }
            });
        }
    });
}
