//! Putting sound bytes in the place of damaged ones, which are kept.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use super::create::{Creation, Failure, Owner, create, open_folder, write_new};
use super::read::read_file;
use super::replace::exchange_names;

/// Where damaged bytes are kept, and under which name.
#[derive(Clone, Copy, Debug)]
pub struct Keep<'a> {
    /// The folder, which is there.
    pub folder: &'a Path,
    /// A name in it that is free.
    pub name: &'a str,
    /// No more than so many bytes are copied; what is longer is moved there.
    pub limit_bytes: u64,
}

/// Puts bytes in a file's place, in one step and durably; what stood there is kept first, durably. Returns where.
///
/// Where nothing stands, the file is created, and another that comes meanwhile is not replaced. Whatever is in the
/// place is replaced itself: no symbolic link is followed. Should this be broken off, each of the two is there under
/// some name: in its place, beside it as a temporary file, or where it is kept.
pub fn restore(
    path: &Path,
    bytes: &[u8],
    keep: Keep<'_>,
    nonce: &str,
    owner: Option<Owner>,
) -> io::Result<Option<PathBuf>> {
    let name = path.file_name().and_then(OsStr::to_str).ok_or(io::ErrorKind::InvalidInput)?;
    let parent = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = open_folder(parent)?;
    let Some(is_file) = is_file(&folder, name)? else {
        return match create(parent, name, bytes, nonce, owner) {
            Ok(Creation::Created) => Ok(None),
            Ok(Creation::Taken) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(Failure::Nothing(error) | Failure::Unknown(error) | Failure::Unconfirmed(error)) => {
                Err(error)
            }
        };
    };
    let copied = if is_file { copy(path, keep, nonce, owner)? } else { None };
    let temporary = format!(".{name}.{nonce}.tmp");
    drop(write_new(&folder, &temporary, owner, &mut |file| file.write_all(bytes))?);
    let exchanged = exchange_names(&folder, &temporary, name.as_ref());
    match exchanged {
        Ok(()) => {}
        // Where names can't be exchanged, a copy lets the old file go; without one it is moved first.
        Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {
            if copied.is_none() {
                move_to(&folder, name, keep)?;
            }
            rustix::fs::renameat(&folder, temporary.as_str(), &folder, name)?;
            rustix::fs::fsync(&folder)?;
            return Ok(Some(keep.folder.join(keep.name)));
        }
        Err(error) => {
            let _ = rustix::fs::unlinkat(&folder, temporary.as_str(), AtFlags::empty());
            return Err(error.into());
        }
    }
    rustix::fs::fsync(&folder)?;
    // What was displaced is what was copied, unless somebody wrote there a moment ago.
    let displaced = read_file(&parent.join(&temporary), keep.limit_bytes).ok().flatten();
    match (copied, displaced) {
        (Some(copied), Some(displaced)) if displaced.bytes == copied || displaced.bytes == bytes => {
            // A leftover does no harm.
            let _ = rustix::fs::unlinkat(&folder, temporary.as_str(), AtFlags::empty());
        }
        (Some(_), _) => {
            let name = format!("{}.{nonce}", keep.name);
            move_to(&folder, &temporary, Keep { name: &name, ..keep })?;
        }
        (None, _) => move_to(&folder, &temporary, keep)?,
    }
    Ok(Some(keep.folder.join(keep.name)))
}

/// Moves what has a name to where it is kept, durably, whatever it is; tells whether anything had the name.
pub fn put_aside(path: &Path, keep: Keep<'_>) -> io::Result<bool> {
    let name = path.file_name().and_then(OsStr::to_str).ok_or(io::ErrorKind::InvalidInput)?;
    let folder = open_folder(path.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
    match move_to(&folder, name, keep) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a regular file has a name; `None` where nothing has.
fn is_file(folder: &OwnedFd, name: &str) -> io::Result<Option<bool>> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Copies a file to where it is kept, durably; `None` where it can't be read, or is too long to be copied.
fn copy(path: &Path, keep: Keep<'_>, nonce: &str, owner: Option<Owner>) -> io::Result<Option<Vec<u8>>> {
    let Ok(Some(file)) = read_file(path, keep.limit_bytes) else { return Ok(None) };
    match create(keep.folder, keep.name, &file.bytes, nonce, owner) {
        Ok(Creation::Created) => Ok(Some(file.bytes)),
        Ok(Creation::Taken) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(Failure::Nothing(error) | Failure::Unknown(error) | Failure::Unconfirmed(error)) => Err(error),
    }
}

/// Moves what has a name to where it is kept, durably.
fn move_to(folder: &OwnedFd, name: &str, keep: Keep<'_>) -> io::Result<()> {
    let kept = open_folder(keep.folder)?;
    rustix::fs::renameat(folder, name, &kept, keep.name)?;
    rustix::fs::fsync(&kept)?;
    rustix::fs::fsync(folder)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_stood_in_the_place_is_kept_whatever_it_is() {
        let root = std::env::temp_dir().join(format!("vconf-restore-{}", std::process::id()));
        let kept = root.join("kept");
        fs::create_dir_all(&kept).unwrap();
        let path = root.join("v1.json");
        let put = |name: &str| {
            let keep = Keep { folder: &kept, name, limit_bytes: 100 };
            restore(&path, b"sound", keep, name, None).unwrap()
        };
        assert_eq!(put("none"), None);
        assert_eq!(fs::read(&path).unwrap(), b"sound");

        fs::write(&path, "damaged").unwrap();
        assert_eq!(put("file"), Some(kept.join("file")));
        assert_eq!(fs::read(kept.join("file")).unwrap(), b"damaged");

        fs::write(&path, "x".repeat(101)).unwrap();
        put("long").unwrap();
        assert_eq!(fs::read(kept.join("long")).unwrap(), "x".repeat(101).as_bytes());

        fs::remove_file(&path).unwrap();
        fs::write(root.join("other"), "another's").unwrap();
        std::os::unix::fs::symlink("other", &path).unwrap();
        put("link").unwrap();
        assert_eq!(fs::read(root.join("other")).unwrap(), b"another's");
        assert!(fs::symlink_metadata(kept.join("link")).unwrap().is_symlink());

        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        put("folder").unwrap();
        assert!(kept.join("folder").is_dir());
        assert_eq!(fs::read(&path).unwrap(), b"sound");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 3, "nothing is left over");
        fs::remove_dir_all(&root).unwrap();
    }
}
