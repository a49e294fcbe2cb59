//! An intent log: what is under way: lines that are added durably, held by the process that writes them.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::create::{Owner, give, open_folder, write_all};
use super::read::read_up_to;

/// An intent log that this process holds. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct IntentLog {
    file: OwnedFd,
    folder: OwnedFd,
    name: String,
    is_own: bool,
}

/// An intent log that was looked for.
#[derive(Debug)]
pub enum Found {
    /// There is none.
    None,
    /// The process that writes it is at work. With the complete lines in it so far.
    Held(Vec<u8>),
    /// That process is gone: this one holds it now. With the complete lines in it.
    Left(IntentLog, Vec<u8>),
}

impl IntentLog {
    /// Creates an intent log with a first line, durably, where there is none; `None` where there is one.
    pub fn create(
        folder: &Path,
        name: &str,
        line: &[u8],
        nonce: &str,
        owner: Option<Owner>,
    ) -> io::Result<Option<Self>> {
        let folder = open_folder(folder)?;
        let temporary = format!(".{name}.{nonce}.tmp");
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::APPEND | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&folder, temporary.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
        let written = (|| -> io::Result<bool> {
            give(&file, owner);
            // Held before it has its name: nobody finds it without its holder.
            rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
            write_all(&file, line)?;
            rustix::fs::fdatasync(&file)?;
            match rustix::fs::linkat(&folder, temporary.as_str(), &folder, name, AtFlags::empty()) {
                Ok(()) => Ok(true),
                Err(Errno::EXIST) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })();
        // A leftover does no harm.
        let _ = rustix::fs::unlinkat(&folder, temporary.as_str(), AtFlags::empty());
        if !written? {
            return Ok(None);
        }
        rustix::fs::fsync(&folder)?;
        Ok(Some(Self { file, folder, name: name.to_owned(), is_own: true }))
    }

    /// Looks for an intent log, and takes hold of one that was left. Reads at most `limit_bytes` of it.
    pub fn find(folder: &Path, name: &str, limit_bytes: u64) -> io::Result<Found> {
        let path: PathBuf = folder.join(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Found::None),
            Err(error) => return Err(error.into()),
        };
        let is_held = match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => false,
            Err(Errno::WOULDBLOCK) => true,
            Err(error) => return Err(error.into()),
        };
        let stat = rustix::fs::fstat(&file)?;
        if stat.st_nlink == 0 {
            // Its holder came to the end just now.
            return Ok(Found::None);
        }
        let mut lines = Vec::new();
        read_up_to(&file, &mut lines, limit_bytes)?;
        // What a crash left of a last line says nothing.
        let end = lines.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        lines.truncate(end);
        if is_held {
            return Ok(Found::Held(lines));
        }
        let is_own = stat.st_uid == rustix::process::geteuid().as_raw();
        let log = Self { file, folder: open_folder(folder)?, name: name.to_owned(), is_own };
        Ok(Found::Left(log, lines))
    }

    /// Whether it was made by this user.
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// Adds a line, durably.
    pub fn append(&self, line: &[u8]) -> io::Result<()> {
        write_all(&self.file, line)?;
        rustix::fs::fdatasync(&self.file)?;
        Ok(())
    }

    /// Takes it away, durably: what it was about is done.
    pub fn remove(self) -> io::Result<()> {
        rustix::fs::unlinkat(&self.folder, self.name.as_str(), AtFlags::empty())?;
        rustix::fs::fsync(&self.folder)?;
        Ok(())
    }
}
