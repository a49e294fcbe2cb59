//! Creating a file that was not there, durably, in one atomic step.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;

/// What became of a creation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Creation {
    /// The file is there and will survive a crash.
    Created,
    /// A file of that name was there before.
    Taken,
}

/// Why a creation failed, and so what is known of it.
#[derive(Debug)]
pub enum Failure {
    /// Nothing was created.
    Nothing(io::Error),
    /// Whether the file is there can't be known.
    Unknown(io::Error),
    /// The file is there, but the disk did not confirm it: a crash may still take it away.
    Unconfirmed(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing(_) => f.write_str("the file could not be created"),
            Self::Unknown(_) => f.write_str("it is not known whether the file was created"),
            Self::Unconfirmed(_) => f.write_str("the file was created, but the disk did not confirm it"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Nothing(error) | Self::Unknown(error) | Self::Unconfirmed(error) => Some(error),
        }
    }
}

/// Whose something is to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    uid: Uid,
    gid: Gid,
}

impl Owner {
    /// Whose new things in a folder are to be: the folder's owner's, where they would be root's otherwise. `None` where
    /// they are that anyway, or it can't be helped.
    pub fn of_new_in(folder: &Path) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let stat = rustix::fs::stat(folder).ok()?;
        let owner = Self { uid: Uid::from_raw(stat.st_uid), gid: Gid::from_raw(stat.st_gid) };
        (!owner.uid.is_root()).then_some(owner)
    }
}

/// Gives what was just made to somebody, at best effort: root can use it all the same.
pub(super) fn give(file: &OwnedFd, owner: Option<Owner>) {
    if let Some(Owner { uid, gid }) = owner {
        let _ = rustix::fs::fchown(file, Some(uid), Some(gid));
    }
}

/// Creates `folder/name` with these bytes where no such file is, durably: two flushes.
///
/// The bytes go to a temporary file that is flushed; then `link` gives it its name, or fails because the name is
/// taken: that call is the commit point. The folder is flushed last. No error of a flush is ever tried again on the
/// same file, since the kernel forgets what it could not write.
pub fn create(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    nonce: &str,
    owner: Option<Owner>,
) -> Result<Creation, Failure> {
    create_with(folder, name, nonce, owner, &mut |file| file.write_all(bytes))
}

/// Creates `folder/name` with the bytes that `write` gives it, as [`create`] does.
pub fn create_with(
    folder: &Path,
    name: &str,
    nonce: &str,
    owner: Option<Owner>,
    write: &mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>,
) -> Result<Creation, Failure> {
    let folder = open_folder(folder).map_err(|e| Failure::Nothing(e.into()))?;
    let temporary = format!(".{name}.{nonce}.tmp");
    // A leftover that can't be removed is harmless, for no reader looks at such names.
    let remove = || rustix::fs::unlinkat(&folder, temporary.as_str(), AtFlags::empty());
    let written = write_new(&folder, &temporary, owner, write).map_err(|error| {
        // Nothing was promised yet.
        let _ = remove();
        Failure::Nothing(error)
    })?;
    let committed = commit(&folder, &written, &temporary, name);
    drop(written);
    if !matches!(committed, Ok(Commit::Renamed)) {
        let _ = remove();
    }
    match committed? {
        Commit::Linked | Commit::Renamed => match rustix::fs::fsync(&folder) {
            Ok(()) => Ok(Creation::Created),
            Err(error) => Err(Failure::Unconfirmed(error.into())),
        },
        Commit::Taken => Ok(Creation::Taken),
    }
}

/// What became of the name of a temporary file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Commit {
    Linked,
    Renamed,
    Taken,
}

/// Gives the temporary file its name, never replacing another. THE COMMIT POINT of every record.
fn commit(folder: &OwnedFd, written: &OwnedFd, temporary: &str, name: &str) -> Result<Commit, Failure> {
    match rustix::fs::linkat(folder, temporary, folder, name, AtFlags::empty()) {
        Ok(()) => Ok(Commit::Linked),
        Err(Errno::EXIST) => Ok(Commit::Taken),
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK) => {
            match rename_without_replacing(folder, temporary, name) {
                Ok(()) => Ok(Commit::Renamed),
                Err(Errno::EXIST) => Ok(Commit::Taken),
                Err(error) if may_have_been_done(error) => Err(Failure::Unknown(error.into())),
                Err(error) => Err(Failure::Nothing(error.into())),
            }
        }
        Err(error) if may_have_been_done(error) => after_doubtful_link(error, links(written)),
        Err(error) => Err(Failure::Nothing(error.into())),
    }
}

/// Whether an error may be one of the answer only, as over a network, where the name was given all the same.
fn may_have_been_done(error: Errno) -> bool {
    matches!(error, Errno::IO | Errno::STALE | Errno::TIMEDOUT | Errno::INTR)
}

/// How many names a file has, where that tells something.
fn links(file: &OwnedFd) -> Option<u8> {
    match rustix::fs::fstat(file).ok()?.st_nlink {
        1 => Some(1),
        2 => Some(2),
        _ => None,
    }
}

/// Tells by the number of the temporary file's names whether it was given another.
fn after_doubtful_link(error: Errno, links: Option<u8>) -> Result<Commit, Failure> {
    match links {
        Some(2) => Ok(Commit::Linked),
        // What a server was asked to do and did not answer may still come.
        Some(1) if error == Errno::IO => Err(Failure::Nothing(error.into())),
        _ => Err(Failure::Unknown(error.into())),
    }
}

/// For file systems without hard links (FAT, some network mounts).
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_without_replacing(folder: &OwnedFd, temporary: &str, name: &str) -> Result<(), Errno> {
    rustix::fs::renameat_with(folder, temporary, folder, name, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_without_replacing(_: &OwnedFd, _: &str, _: &str) -> Result<(), Errno> {
    Err(Errno::OPNOTSUPP)
}

pub(super) fn write_new(
    folder: &OwnedFd,
    name: &str,
    owner: Option<Owner>,
    write: &mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?;
    give(&file, owner);
    write(&mut Unbuffered(&file))?;
    rustix::fs::fdatasync(&file)?;
    Ok(file)
}

/// A file that is written to without a buffer: whoever writes gives large pieces.
struct Unbuffered<'a>(&'a OwnedFd);

impl io::Write for Unbuffered<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_all(self.0, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn write_all(file: impl AsFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(&file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

pub(super) fn open_folder(path: &Path) -> Result<OwnedFd, Errno> {
    rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Makes what is in a folder durable: its names, not the bytes of its files.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    rustix::fs::fsync(open_folder(path)?)?;
    Ok(())
}

/// Removes a name; one that is not there is as good as removed. It may come back in a crash.
pub fn remove(path: &Path) -> io::Result<()> {
    match rustix::fs::unlink(path) {
        Ok(()) | Err(Errno::NOENT | Errno::NOTDIR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes a folder, where it is not there yet, durably. Its parent must be there.
pub fn make_folder(path: &Path, owner: Option<Owner>) -> io::Result<()> {
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Ok(()) if owner.is_some() => {
            // By way of the folder itself: whoever owns its parent could put something else in its place meanwhile.
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            if let Ok(folder) = rustix::fs::open(path, flags, Mode::empty()) {
                give(&folder, owner);
            }
        }
        Ok(()) => {}
        // Another process may have made it and not have flushed its parent yet, so that is done here too.
        Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => sync_folder(parent),
        None => sync_folder(Path::new(".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_whose_answer_was_lost_is_known_by_the_count_of_names() {
        for error in [Errno::IO, Errno::STALE, Errno::TIMEDOUT] {
            assert!(may_have_been_done(error));
            assert!(matches!(after_doubtful_link(error, Some(2)), Ok(Commit::Linked)));
            assert!(matches!(after_doubtful_link(error, None), Err(Failure::Unknown(_))));
        }
        assert!(matches!(after_doubtful_link(Errno::IO, Some(1)), Err(Failure::Nothing(_))));
        assert!(matches!(after_doubtful_link(Errno::TIMEDOUT, Some(1)), Err(Failure::Unknown(_))));
        assert!(!may_have_been_done(Errno::NOSPC));
    }
}
