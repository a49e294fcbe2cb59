//! The test data that is not part of the project.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Finds a folder of the test data, such as `suites/toml-test`.
///
/// It is below what `VCONF_TEST_DATA` names, or is unpacked from the archives in `../shared`. None, with a line that
/// says so, where there is neither.
pub(crate) fn data(folder: &str) -> Option<PathBuf> {
    static ROOT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let root = ROOT.get_or_init(|| match std::env::var_os("VCONF_TEST_DATA") {
        Some(root) => Some(root.into()),
        None => unpack(),
    });
    let found = root.as_ref().map(|root| root.join(folder)).filter(|folder| folder.is_dir());
    if found.is_none() {
        say(&format!("skipped: no ../shared/… with {folder}"));
    }
    found
}

/// Says what is left out, also where the test passes: the lines of `println!` are kept back then.
pub(crate) fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// What is beside the workspace, in some checkouts.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["../../../shared", "../../../../shared"];
    let found = places.into_iter().map(|place| root.join(place).join(name)).find(|path| path.exists());
    if found.is_none() {
        say(&format!("skipped: no ../shared/{name}"));
    }
    found
}

/// Unpacks the archives, once for all runs: into a folder of this process first, then renamed.
fn unpack() -> Option<PathBuf> {
    let archives = [shared("histories.tar.xz")?, shared("suites.tar.xz")?];
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shared");
    if !target.is_dir() {
        let fresh = target.with_extension(std::process::id().to_string());
        fs::create_dir_all(&fresh).unwrap();
        for archive in &archives {
            let status = Command::new("tar").arg("-xJf").arg(archive).arg("-C").arg(&fresh).status();
            assert!(status.expect("tar can be run").success(), "{}", archive.display());
        }
        if fs::rename(&fresh, &target).is_err() {
            assert!(target.is_dir(), "another run has unpacked the archives");
            fs::remove_dir_all(&fresh).unwrap();
        }
    }
    Some(target)
}

/// All files below a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Numbers that are the same in every run (xorshift, Marsaglia 2003).
pub(crate) struct Random(u64);

impl Random {
    /// Begins at a seed that is not 0.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}
