//! Finding the store of a file, and the file's name in it.

use std::path::{Component, Path, PathBuf};

use super::error::WorktreeError;
use super::{IN_STORE, Worktree};
use crate::backend::{OpenError, STORE_FOLDER};
use crate::disk;
use crate::model::name::{ConfigName, InvalidName};
use crate::store::Store;

/// Finds the store that a folder belongs to: its own, or that of the nearest folder above it.
pub fn find(folder: &Path) -> Result<Option<Worktree>, OpenError> {
    for folder in folder.ancestors() {
        if let Some(store) = Store::open(folder.join(STORE_FOLDER))? {
            return Ok(Some(Worktree::new(store, folder)));
        }
    }
    Ok(None)
}

/// Makes an absolute path plain: its folder without symbolic links, where it is there, and without `.` and `..`.
///
/// The last part may be a symbolic link, and stays one: it is the name by which its user knows the file.
pub fn normalize(path: &Path) -> PathBuf {
    let lexical = without_dots(path);
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => match disk::canonical(parent) {
            Ok(parent) => parent.join(name),
            Err(_) => lexical,
        },
        _ => disk::canonical(path).unwrap_or(lexical),
    }
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            _ => plain.push(component),
        }
    }
    plain
}

impl Worktree {
    /// The name of the config that an absolute, [plain](normalize) path is the file of: relative to the store's
    /// folder, or absolute for a file elsewhere.
    pub fn name(&self, path: &Path) -> Result<ConfigName, WorktreeError> {
        let name = path.strip_prefix(&self.root).unwrap_or(path);
        let fail = |source| WorktreeError::Name { path: path.to_owned(), source };
        let text = name.to_str().ok_or_else(|| fail(None))?;
        if path.components().any(|part| part.as_os_str() == STORE_FOLDER) {
            return Err(fail(Some(InvalidName { name: text.to_owned(), reason: IN_STORE })));
        }
        ConfigName::new(text).map_err(|error| fail(Some(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_relative_to_the_folder_of_its_store() {
        let worktree = Worktree::new(Store::in_memory(), "/srv/app");
        let name = |path: &str| worktree.name(Path::new(path)).map(|name| name.to_string()).ok();
        assert_eq!(name("/srv/app/etc/a.ini").as_deref(), Some("etc/a.ini"));
        assert_eq!(name("/etc/hosts").as_deref(), Some("/etc/hosts"));
        assert_eq!(name("/srv/app"), None);
    }

    #[test]
    fn dots_are_taken_out_of_paths_that_are_not_there() {
        assert_eq!(normalize(Path::new("/no/such/../folder/./x")), Path::new("/no/folder/x"));
        assert_eq!(normalize(Path::new("/../../x")), Path::new("/x"));
    }
}
