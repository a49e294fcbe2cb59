//! Reading files and folders, bounded.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::create::open_folder;
use crate::model::time::Timestamp;

/// A file's bytes and what its inode says.
#[derive(Clone, Debug)]
pub struct FileState {
    /// All its bytes.
    pub bytes: Vec<u8>,
    /// What its inode says.
    pub stat: Stat,
}

/// What an inode says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// The permission bits.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The length.
    pub size_bytes: u64,
    /// When its bytes, its name or its mode were changed last, by the system's clock.
    pub changed_at: Timestamp,
    /// Whether it is a regular file.
    pub is_file: bool,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// Reads a regular file of at most `limit_bytes`; `None` where none is.
///
/// A folder, a pipe or a device is an error, and is not waited for; so is a longer file.
pub fn read_file(path: &Path, limit_bytes: u64) -> io::Result<Option<FileState>> {
    let Some((file, stat)) = open_file(path)? else { return Ok(None) };
    let too_large =
        || io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit_bytes} bytes"));
    if stat.size_bytes > limit_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(stat.size_bytes as usize + 1);
    read_up_to(&file, &mut bytes, limit_bytes.saturating_add(1))?;
    if bytes.len() as u64 > limit_bytes {
        return Err(too_large());
    }
    Ok(Some(FileState { bytes, stat }))
}

/// Reads the first bytes of a regular file; `None` where none is.
pub fn read_prefix(path: &Path, limit_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let Some((file, stat)) = open_file(path)? else { return Ok(None) };
    // Where the end is known, it need not be looked for.
    let known = usize::try_from(stat.size_bytes).unwrap_or(usize::MAX);
    let limit_bytes = if known == 0 { limit_bytes } else { limit_bytes.min(known) };
    let mut bytes = Vec::with_capacity(limit_bytes);
    read_up_to(&file, &mut bytes, limit_bytes as u64)?;
    bytes.truncate(limit_bytes);
    Ok(Some(bytes))
}

/// Reads `size_bytes` of a regular file from an offset on, or as many as there are; `None` where none is.
pub fn read_at(path: &Path, offset: u64, size_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let Some((file, stat)) = open_file(path)? else { return Ok(None) };
    read_piece(&file, &stat, offset, size_bytes).map(Some)
}

/// Reads the last bytes of a regular file; `None` where none is.
pub fn read_tail(path: &Path, limit_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let Some((file, stat)) = open_file(path)? else { return Ok(None) };
    read_piece(&file, &stat, stat.size_bytes.saturating_sub(limit_bytes as u64), limit_bytes).map(Some)
}

fn read_piece(file: &OwnedFd, stat: &Stat, offset: u64, limit_bytes: usize) -> io::Result<Vec<u8>> {
    // What is asked for may be more than there is, and then is not to be allotted.
    let there = usize::try_from(stat.size_bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; limit_bytes.min(there)];
    let mut filled = 0;
    while filled < bytes.len() {
        match rustix::io::pread(file, &mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

pub(super) fn open_file(path: &Path) -> io::Result<Option<(OwnedFd, Stat)>> {
    // NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let stat = Stat::from(rustix::fs::fstat(&file)?);
    if stat.is_folder {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !stat.is_file {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok(Some((file, stat)))
}

/// Reads until the end, or until there are at least `limit` bytes.
pub(super) fn read_up_to(file: &OwnedFd, bytes: &mut Vec<u8>, limit: u64) -> io::Result<()> {
    while (bytes.len() as u64) < limit {
        if bytes.capacity() == bytes.len() {
            bytes.reserve(64 * 1024);
        }
        match rustix::io::read(file, rustix::buffer::spare_capacity(bytes)) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What an inode says, symbolic links followed; `None` where nothing is.
pub fn stat(path: &Path) -> io::Result<Option<Stat>> {
    match rustix::fs::stat(path) {
        Ok(stat) => Ok(Some(stat.into())),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the system says of something, and when it was touched last: another text, and it was touched since.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// What the system says. It has no spaces.
    pub text: String,
    /// When any of it was touched last, by the system's clock.
    pub newest: Timestamp,
}

impl Default for Stamp {
    fn default() -> Self {
        Self { text: "-".to_owned(), newest: SystemTime::UNIX_EPOCH.into() }
    }
}

impl Stamp {
    /// Adds that of something else.
    pub fn push(&mut self, other: &Self) {
        self.text.push(',');
        self.text.push_str(&other.text);
        self.newest = self.newest.max(other.newest);
    }
}

/// Stamps what a path leads to; `None` where nothing is.
pub fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    let found = match rustix::fs::stat(path) {
        Ok(found) => found,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let text = format!(
        "{:x}.{:x}.{:x}.{:o}.{}.{}",
        found.st_dev, found.st_ino, found.st_size, found.st_mode, found.st_ctime, found.st_ctime_nsec
    );
    Ok(Some(Stamp { text, newest: Stat::from(found).changed_at }))
}

/// Whether a name is taken: also by a symbolic link that leads nowhere.
pub fn is_taken(path: &Path) -> io::Result<bool> {
    match rustix::fs::lstat(path) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Where a symbolic link finally leads; the path itself where it is none.
pub fn read_link(path: &Path) -> io::Result<PathBuf> {
    match rustix::fs::lstat(path) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => path.canonicalize(),
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Ok(path.to_owned()),
        Err(error) => Err(error.into()),
    }
}

/// The path without symbolic links, `.` and `..`, of something that is there.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

impl From<rustix::fs::Stat> for Stat {
    fn from(stat: rustix::fs::Stat) -> Self {
        let kind = FileType::from_raw_mode(stat.st_mode);
        Self {
            mode: Mode::from_raw_mode(stat.st_mode).as_raw_mode() & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            size_bytes: u64::try_from(stat.st_size).unwrap_or(0),
            changed_at: SystemTime::UNIX_EPOCH
                .checked_add(Duration::new(stat.st_ctime.try_into().unwrap_or(0), stat.st_ctime_nsec as u32))
                .unwrap_or(SystemTime::UNIX_EPOCH)
                .into(),
            is_file: kind == FileType::RegularFile,
            is_folder: kind == FileType::Directory,
        }
    }
}

/// The names in a folder, in no order; `None` where no folder is.
pub fn list(path: &Path) -> io::Result<Option<Vec<OsString>>> {
    let folder = match open_folder(path) {
        Ok(folder) => folder,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // The standard library's `read_dir` panics where the system reports an error on closing the folder.
    let mut names = Vec::new();
    for entry in Dir::new(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(Some(names))
}

/// Whether a failure is one of what was to be read, and not of the system or the way to it: then another try, now or
/// elsewhere, finds the same. What one may not read is not known to be wrong.
pub fn is_of_object(error: &io::Error) -> bool {
    use io::ErrorKind;
    let is_known = matches!(
        error.kind(),
        ErrorKind::IsADirectory | ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::FileTooLarge
    );
    is_known || error.raw_os_error().is_some_and(|code| OF_OBJECT.contains(&Errno::from_raw_os_error(code)))
}

/// What the system says of a damaged disk, and of a symbolic link to itself.
const OF_OBJECT: [Errno; 3] = [Errno::IO, Errno::LOOP, Errno::BADMSG];
