//! Replacing a user's file atomically, with its mode and owner.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;

use super::create::{open_folder, write_all};
use super::read::{Stat, list, read_file, read_link, stat};

/// New bytes for a file, written and flushed beside it, not yet in its place.
///
/// Dropping it removes them.
#[derive(Debug)]
pub struct Staged {
    folder: OwnedFd,
    temporary: String,
    target: PathBuf,
    name: std::ffi::OsString,
    done: bool,
}

/// Writes new bytes beside a file, on the same file system, with these permission bits or else those that the file
/// has, and its owner where that may be set.
///
/// Where the path is a symbolic link, what it leads to is replaced, and the link stays.
pub fn stage(path: &Path, bytes: &[u8], mode: Option<u32>, nonce: &str) -> io::Result<Staged> {
    let target = read_link(path)?;
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    let parent = folder_of(&target);
    let present = stat(&target)?;
    if let Some(present) = &present
        && !present.is_file
    {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let folder = open_folder(parent)?;
    let temporary = format!(".vconf.{nonce}.tmp");
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&folder, temporary.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
    let staged = Staged { folder, temporary, target, name, done: false };
    write_all(&file, bytes)?;
    dress(&file, mode, present)?;
    rustix::fs::fdatasync(&file)?;
    Ok(staged)
}

/// Gives a file its owner and mode. The owner comes first, for changing it clears the set-id bits.
fn dress(file: &OwnedFd, mode: Option<u32>, present: Option<Stat>) -> io::Result<()> {
    let mut mode = mode.or(present.map(|present| present.mode)).unwrap_or(NEW_FILE_MODE);
    if let Some(present) = present {
        // Only a privileged process may give files away; for all others the file becomes their own, as with any
        // editor that writes a new file. Its group need not be lost by that.
        let (owner, group) = (Some(Uid::from_raw(present.uid)), Some(Gid::from_raw(present.gid)));
        let is_kept =
            rustix::fs::fchown(file, owner, group).or_else(|_| rustix::fs::fchown(file, None, group));
        if is_kept.is_err() {
            // What the old group might do is not for another: it gets no more than all others have.
            mode &= !0o070 | (mode & 0o007) << 3;
        }
    }
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode))?;
    Ok(())
}

/// What a file gets of which no mode is known.
const NEW_FILE_MODE: u32 = 0o644;

impl Staged {
    /// The path that will be replaced, symbolic links followed.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the new bytes in their place, makes that durable, and returns the file that stood there.
    ///
    /// The two files change places in one step where the system can do that; elsewhere the old one is set aside
    /// first. So the bytes returned are those that were replaced, also if somebody wrote them a moment ago.
    ///
    /// # Errors
    ///
    /// [`Unfinished`] says what became of the file all the same, and where the old one is then.
    pub fn finish(mut self, limit_bytes: u64) -> Result<Displaced, Unfinished> {
        let kept_at = self.exchange()?;
        self.done = true;
        let after = || -> io::Result<Option<Vec<u8>>> {
            let bytes = match &kept_at {
                Some(path) => read_file(path, limit_bytes)?.map(|state| state.bytes),
                None => None,
            };
            rustix::fs::fsync(&self.folder)?;
            Ok(bytes)
        };
        match after() {
            Ok(bytes) => Ok(Displaced { bytes, kept_at }),
            Err(source) => Err(Unfinished { source, outcome: Outcome::Replaced(kept_at) }),
        }
    }

    /// Gives the new file its name; returns where the old one is now, if there was one.
    fn exchange(&mut self) -> Result<Option<PathBuf>, Unfinished> {
        let failed = |error: io::Error| Unfinished { source: error, outcome: Outcome::AsItWas };
        for _ in 0..MOST_ATTEMPTS {
            match exchange_names(&self.folder, &self.temporary, &self.name) {
                // The temporary name is now that of the old file, which goes only when its bytes are safe.
                Ok(()) => return Ok(Some(self.beside(self.temporary.as_ref()))),
                Err(Errno::NOENT) => {}
                Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {
                    if let Some(kept_at) = self.set_old_aside()? {
                        return Ok(Some(kept_at));
                    }
                }
                Err(error) => return Err(failed(error.into())),
            }
            // Nothing stands there. Somebody may put a file there meanwhile; this does not replace it.
            match put_name(&self.folder, &self.temporary, &self.name) {
                Ok(()) => return Ok(None),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(failed(error.into())),
            }
        }
        let why = "it comes and goes while it is being replaced";
        Err(failed(io::Error::new(io::ErrorKind::ResourceBusy, why)))
    }

    /// Where names can't be exchanged: takes the old file out of the way, then puts the new one there. For a moment
    /// there is none. `None` where no old file was.
    fn set_old_aside(&self) -> Result<Option<PathBuf>, Unfinished> {
        let failed = |error: Errno, outcome| Unfinished { source: error.into(), outcome };
        let kept = format!("{}.old", self.temporary);
        match rustix::fs::renameat(&self.folder, &self.name, &self.folder, kept.as_str()) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(error, Outcome::AsItWas)),
        }
        let kept_at = || self.beside(kept.as_ref());
        match put_name(&self.folder, &self.temporary, &self.name) {
            Ok(()) => Ok(Some(kept_at())),
            // The old file goes back, unless somebody has put another there.
            Err(error) => match put_name(&self.folder, &kept, &self.name) {
                Ok(()) => Err(failed(error, Outcome::AsItWas)),
                Err(error) => Err(failed(error, Outcome::SetAside(kept_at()))),
            },
        }
    }

    fn beside(&self, name: &std::ffi::OsStr) -> PathBuf {
        folder_of(&self.target).join(name)
    }
}

/// A replacement that could not be brought to its end.
#[derive(Debug)]
pub struct Unfinished {
    /// Why not.
    pub source: io::Error,
    /// What became of the file.
    pub outcome: Outcome,
}

/// What became of a file whose replacement failed.
#[derive(Debug)]
pub enum Outcome {
    /// It is as it was.
    AsItWas,
    /// It was replaced all the same, and this is where the old one is, if there was one.
    Replaced(Option<PathBuf>),
    /// It was taken out of its place and could not be put back, and this is where it is.
    SetAside(PathBuf),
}

/// What stood where a file was put.
///
/// It stays beside the new file until it is discarded: whoever finds bytes in it that are nowhere else can keep them.
#[derive(Debug)]
#[must_use]
pub struct Displaced {
    /// Its bytes; `None` where nothing stood there.
    pub bytes: Option<Vec<u8>>,
    /// Where it is now.
    kept_at: Option<PathBuf>,
}

impl Displaced {
    /// Where the old file is until it is discarded.
    pub fn kept_at(&self) -> Option<&Path> {
        self.kept_at.as_deref()
    }

    /// Removes the old file.
    pub fn discard(self) {
        if let Some(path) = self.kept_at {
            // A leftover does no harm.
            let _ = rustix::fs::unlink(&path);
        }
    }
}

/// Gives a file a name that is not taken, and takes its other name away.
fn put_name(folder: &OwnedFd, from: &str, to: &std::ffi::OsStr) -> Result<(), Errno> {
    match rustix::fs::linkat(folder, from, folder, to, AtFlags::empty()) {
        Ok(()) => {
            // A second name that stays does no harm.
            let _ = rustix::fs::unlinkat(folder, from, AtFlags::empty());
            Ok(())
        }
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK) => {
            rename_to_free_name(folder, from, to)
        }
        Err(error) => Err(error),
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_to_free_name(folder: &OwnedFd, from: &str, to: &std::ffi::OsStr) -> Result<(), Errno> {
    rustix::fs::renameat_with(folder, from, folder, to, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_to_free_name(_: &OwnedFd, _: &str, _: &std::ffi::OsStr) -> Result<(), Errno> {
    Err(Errno::OPNOTSUPP)
}

/// Takes a file away durably: it stays beside its place under another name until it is discarded.
///
/// # Errors
///
/// [`Unfinished`] says whether it was taken away all the same.
pub fn set_aside(path: &Path, nonce: &str, limit_bytes: u64) -> Result<Displaced, Unfinished> {
    let temporary = format!(".vconf.{nonce}.tmp");
    let take = || -> io::Result<Option<(OwnedFd, PathBuf)>> {
        let target = read_link(path)?;
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = folder_of(&target);
        let folder = open_folder(parent)?;
        match rustix::fs::renameat(&folder, name, &folder, temporary.as_str()) {
            Ok(()) => Ok(Some((folder, parent.join(&temporary)))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    let taken = take().map_err(|source| Unfinished { source, outcome: Outcome::AsItWas })?;
    let Some((folder, kept_at)) = taken else { return Ok(Displaced { bytes: None, kept_at: None }) };
    let after = || -> io::Result<Option<Vec<u8>>> {
        rustix::fs::fsync(&folder)?;
        Ok(read_file(&kept_at, limit_bytes)?.map(|state| state.bytes))
    };
    match after() {
        Ok(bytes) => Ok(Displaced { bytes, kept_at: Some(kept_at) }),
        Err(source) => Err(Unfinished { source, outcome: Outcome::Replaced(Some(kept_at)) }),
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What lies beside a file, or any other of its folder, while one is being replaced: new bytes that are not in their
/// place yet, or old ones that are not discarded yet. What an interrupted replacement left is among them.
pub fn leftovers(path: &Path) -> io::Result<Vec<PathBuf>> {
    let target = read_link(path)?;
    let parent = folder_of(&target);
    let is_leftover = |name: &str| {
        name.strip_prefix(".vconf.").is_some_and(|rest| rest.ends_with(".tmp") || rest.ends_with(".tmp.old"))
    };
    let names = list(parent)?.unwrap_or_default().into_iter();
    let mut found: Vec<_> =
        names.filter(|name| name.to_str().is_some_and(is_leftover)).map(|name| parent.join(name)).collect();
    found.sort_unstable();
    Ok(found)
}

/// How often a file that comes and goes is tried.
const MOST_ATTEMPTS: usize = 16;

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn exchange_names(folder: &OwnedFd, a: &str, b: &std::ffi::OsStr) -> Result<(), Errno> {
    rustix::fs::renameat_with(folder, a, folder, b, rustix::fs::RenameFlags::EXCHANGE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn exchange_names(_: &OwnedFd, _: &str, _: &std::ffi::OsStr) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.done {
            let _ = rustix::fs::unlinkat(&self.folder, self.temporary.as_str(), AtFlags::empty());
        }
    }
}
