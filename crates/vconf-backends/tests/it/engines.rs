//! Where the engines of the tests are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The address of an engine that `scripts/engines` has started.
pub(crate) fn address(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: start the engines by `scripts/engines start FOLDER`, \
             and export what `scripts/engines env FOLDER` prints"
        )
    })
}

/// The address of a PostgreSQL store that no other test uses.
pub(crate) fn new_postgres() -> String {
    format!("{}?schema={}", address("VCONF_TEST_POSTGRES"), new_name())
}

/// The address of a store in the S3 engine that no other test uses, and what is in the environment for it.
pub(crate) fn new_s3() -> (String, BTreeMap<String, String>) {
    in_s3(&address("VCONF_TEST_S3"), &new_name())
}

/// The address of a store in a bucket, by the address of the bucket.
pub(crate) fn in_s3(bucket: &str, name: &str) -> (String, BTreeMap<String, String>) {
    let (base, query) = bucket.split_once('?').unwrap();
    let environment = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test-secret")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    (format!("{base}/{name}?{query}"), environment.into())
}

/// A name that no other test uses.
pub(crate) fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("t{}_{}_{}", now.as_micros(), std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Engines that one test has for itself, to be killed.
pub(crate) struct OwnEngine {
    folder: PathBuf,
    name: &'static str,
}

impl OwnEngine {
    pub(crate) fn start(name: &'static str) -> Self {
        let folder = std::env::temp_dir().join(format!("vconf-{}", new_name()));
        let engine = Self { folder, name };
        engine.run("start");
        engine
    }

    /// What its addresses begin with.
    pub(crate) fn address(&self, variable: &str) -> String {
        let output = self.command("env").output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let prefix = format!("{variable}=");
        lines.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap().to_owned()
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&self) {
        self.run("kill");
    }

    pub(crate) fn start_again(&self) {
        self.run("again");
    }

    fn run(&self, verb: &str) {
        let status = self.command(verb).arg(self.name).status().unwrap();
        assert!(status.success(), "scripts/engines {verb} {}", self.name);
    }

    fn command(&self, verb: &str) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/engines");
        let mut command = Command::new(script);
        command.arg(verb).arg(&self.folder);
        command
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        let _ = self.command("stop").status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
