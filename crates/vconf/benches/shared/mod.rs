//! What the benches of histories share: documents, and the least that a durable write can do.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use vconf::history::Context;
use vconf::store::Store;

/// The sizes that are measured.
pub(crate) const SIZES: [Size; 3] = [
    Size { name: "2 KB", bytes: 2_000 },
    Size { name: "20 KB", bytes: 20_000 },
    Size { name: "200 KB", bytes: 200_000 },
];

pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A YAML file of about so many bytes; `edit` makes two different ones that differ in one value and one comment.
pub(crate) fn document(bytes: usize, edit: usize) -> Vec<u8> {
    let mut text = format!("# edit {edit}\nlimits:\n  requests: {edit}\nservices:\n");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&format!(
            "  - name: service-{number}\n    image: \"registry.example/app:{number}\"\n    ports: [80, {}]\n    \
             resources: {{cpu: 0.5, memory: 256Mi}}  # usual\n",
            8000 + number
        ));
    }
    text.into_bytes()
}

pub(crate) fn context() -> Context {
    Context::new("bench", std::time::SystemTime::now(), "vconf save etc/app.yaml").unwrap()
}

/// A folder of its own on the disk of the build, removed with it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn store(&self) -> Store {
        Store::create(self.0.join(".vconf")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes files durably with nothing but the system calls that this takes: two flushes a file.
pub(crate) struct BareWriter {
    folder: OwnedFd,
    count: u64,
}

impl BareWriter {
    pub(crate) fn new(folder: &Path) -> Self {
        let folder = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        Self { folder, count: 0 }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.count += 1;
        let name = format!("bare-{}", self.count);
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY;
        let file = rustix::fs::openat(&self.folder, "temporary", flags, Mode::RUSR | Mode::WUSR).unwrap();
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = rustix::io::write(&file, rest).unwrap();
            rest = &rest[written..];
        }
        rustix::fs::fdatasync(&file).unwrap();
        drop(file);
        rustix::fs::linkat(&self.folder, "temporary", &self.folder, &*name, AtFlags::empty()).unwrap();
        rustix::fs::unlinkat(&self.folder, "temporary", AtFlags::empty()).unwrap();
        rustix::fs::fsync(&self.folder).unwrap();
    }
}
