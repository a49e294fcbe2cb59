//! Notes: small files that are not written durably, and are checked by whoever reads them.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::cache::replace_whole;
use super::create::{Owner, give, remove, write_all};

/// Writes a small note in place, neither atomically nor durably: whoever reads it checks it.
pub fn write_note(path: &Path, bytes: &[u8], owner: impl FnOnce() -> Option<Owner>) -> io::Result<()> {
    let file = open_or_create(path, OFlags::empty(), owner)?;
    write_all(&file, bytes)?;
    // What a longer note left behind this one would make it worthless for good.
    if u64::try_from(rustix::fs::fstat(&file)?.st_size).unwrap_or(0) != bytes.len() as u64 {
        rustix::fs::ftruncate(&file, bytes.len() as u64)?;
    }
    Ok(())
}

/// Adds to the end of a note that is at most `limit_bytes` long afterwards, creating it where it is not there.
pub fn append_note(
    path: &Path,
    bytes: &[u8],
    owner: impl FnOnce() -> Option<Owner>,
    limit_bytes: u64,
) -> io::Result<()> {
    let file = open_or_create(path, OFlags::APPEND, owner)?;
    let stat = rustix::fs::fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let size_bytes = u64::try_from(stat.st_size).unwrap_or(0).saturating_add(bytes.len() as u64);
    if size_bytes > limit_bytes {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit_bytes} bytes")));
    }
    write_all(&file, bytes)
}

/// Puts a note in place of the one that is there, in one step; one without bytes is taken away.
pub fn rewrite_note(path: &Path, bytes: &[u8], nonce: &str, owner: Option<Owner>) -> io::Result<()> {
    let name = path.file_name().and_then(OsStr::to_str).ok_or(io::ErrorKind::InvalidInput)?;
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    if bytes.is_empty() {
        return remove(path);
    }
    replace_whole(folder, name, bytes, nonce, owner)
}

fn open_or_create(path: &Path, flags: OFlags, owner: impl FnOnce() -> Option<Owner>) -> io::Result<OwnedFd> {
    // NONBLOCK: opening a pipe that nobody reads would wait for ever.
    let flags = flags | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let open = |flags| rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR);
    match open(flags) {
        Err(Errno::NOENT) => match open(flags | OFlags::CREATE | OFlags::EXCL) {
            Ok(file) => {
                give(&file, owner());
                Ok(file)
            }
            // Another writer was faster.
            Err(Errno::EXIST) => Ok(open(flags)?),
            Err(error) => Err(error.into()),
        },
        opened => Ok(opened?),
    }
}
