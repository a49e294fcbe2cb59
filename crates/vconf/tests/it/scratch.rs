//! What tests need: folders of their own, and who does something when.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use vconf::history::Context;
use vconf::model::name::{ConfigName, RefName};
use vconf::model::time::Timestamp;

/// A folder that goes away with it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("scratch-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn config(name: &str) -> ConfigName {
    ConfigName::new(name).unwrap()
}

pub(crate) fn tag(name: &str) -> RefName {
    RefName::new(name).unwrap()
}

/// The time of the n-th second of the tests' own age.
pub(crate) fn time(second: u64) -> Timestamp {
    let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    (start + jiff::SignedDuration::from_secs(second.try_into().unwrap())).into()
}

/// A new operation at that time.
pub(crate) fn at(second: u64) -> Context {
    Context::new("tester", time(second), format!("step {second}")).unwrap()
}

/// Puts bytes into a file that is there. A new file is made: some file systems flush one that is cut and written anew.
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}
