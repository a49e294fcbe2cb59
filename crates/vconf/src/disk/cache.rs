//! Files that are derived from others and may vanish: whole or in parts, never durable.

use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::create::{Owner, give, open_folder, write_all};

/// Puts `folder/name` in the place of what was there, atomically but not durably. The folder must be there.
pub fn replace_whole(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    nonce: &str,
    owner: Option<Owner>,
) -> io::Result<()> {
    let folder = open_folder(folder)?;
    let temporary = format!(".{name}.{nonce}.tmp");
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&folder, temporary.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
    give(&file, owner);
    let placed = write_all(&file, bytes)
        .and_then(|()| Ok(rustix::fs::renameat(&folder, temporary.as_str(), &folder, name)?));
    if placed.is_err() {
        // Nobody reads a file of such a name.
        let _ = rustix::fs::unlinkat(&folder, temporary.as_str(), AtFlags::empty());
    }
    placed
}

/// Adds bytes at the end of a regular file that is there; whether it is. Whoever reads them checks them.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    write_all(&file, bytes)?;
    Ok(true)
}

/// Makes a folder and those above it that are missing, not durably.
pub fn make_folders_lightly(path: &Path, owner: Option<Owner>) -> io::Result<()> {
    let is_missing = |folder: &&Path| matches!(rustix::fs::stat(*folder), Err(Errno::NOENT));
    let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
    for folder in missing.into_iter().rev() {
        match rustix::fs::mkdir(folder, Mode::RWXU) {
            Ok(()) if owner.is_some() => give(&open_folder(folder)?, owner),
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::read::read_at;
    use super::*;

    #[test]
    fn what_is_replaced_is_read_in_parts_and_can_be_added_to() {
        let folder = std::env::temp_dir().join(format!("vconf-cache-{}", std::process::id()));
        let folder = folder.join("x/y");
        make_folders_lightly(&folder, None).unwrap();
        let path = folder.join("a");
        assert!(!append(&path, b"x").unwrap());
        assert_eq!(read_at(&path, 0, 9).unwrap(), None);
        for bytes in [&b"longer"[..], b"abc"] {
            replace_whole(&folder, "a", bytes, "nonce", None).unwrap();
        }
        assert!(append(&path, b"de").unwrap());
        assert_eq!(read_at(&path, 1, 3).unwrap().as_deref(), Some(&b"bcd"[..]));
        assert_eq!(read_at(&path, 9, 3).unwrap().as_deref(), Some(&b""[..]));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no leftover");
        std::fs::remove_dir_all(folder.ancestors().nth(2).unwrap()).unwrap();
    }
}
