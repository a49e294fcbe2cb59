//! Where the store of a command is: in a folder, or in an engine that an address names.
//!
//! A store in a folder `.vconf` is about the files beside it. An engine is about no folder by itself: what it holds is named
//! relative to the folder in which one stands, or to that of a file `.vconf`, whose one line is the engine's address.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use vconf::backend::STORE_FOLDER;
use vconf::store::Store;
use vconf::worktree;

use crate::failure::Failure;
use crate::session::open_failure;
use crate::text::shell;

/// A store that was named, and the folder that the names in it are relative to.
pub(crate) struct Named {
    pub(crate) place: Place,
    pub(crate) root: PathBuf,
}

/// Where a store is, or is to be.
#[derive(Clone)]
pub(crate) enum Place {
    /// In a folder.
    Folder(PathBuf),
    /// In an engine.
    #[cfg(feature = "engines")]
    Engine(vconf_backends::Address),
}

impl Named {
    /// Reads what names a store: a folder, a file that has an address, or an address.
    pub(crate) fn parse(word: &OsStr, folder: &Path) -> Result<Self, Failure> {
        if let Some(address) = word.to_str().filter(|text| text.contains("://")) {
            return Ok(Self { place: Place::engine(address, Trust::Named)?, root: folder.to_owned() });
        }
        refuse_half_an_address(word)?;
        let path = worktree::normalize(&folder.join(word));
        let root = path.parent().unwrap_or(&path).to_owned();
        let place = match pointed_at(&path)? {
            Some(place) => place,
            None => Place::Folder(path),
        };
        Ok(Self { place, root })
    }

    /// Opens it; `None` where there is none yet.
    pub(crate) fn open(&self) -> Result<Option<Store>, Failure> {
        match &self.place {
            Place::Folder(path) => Store::open(path).map_err(open_failure),
            #[cfg(feature = "engines")]
            Place::Engine(address) => {
                let opened = vconf_backends::open(address).map_err(open_failure)?;
                Ok(opened.map(Store::with_boxed))
            }
        }
    }

    /// Opens it or, where it is a folder that has a store in it, that; `None` where there is none.
    pub(crate) fn open_or_inside(&self) -> Result<Option<(Self, Store)>, Failure> {
        if let Some(store) = self.open()? {
            let place = self.place.clone();
            return Ok(Some((Self { place, root: self.root.clone() }, store)));
        }
        let Some(folder) = self.place.folder() else { return Ok(None) };
        let inside = Self::parse(folder.join(STORE_FOLDER).as_os_str(), folder)?;
        Ok(inside.open()?.map(|store| (inside, store)))
    }

    /// Refuses a folder that has something in it and is no store: most likely another was meant.
    pub(crate) fn refuse_strange_folder(&self) -> Result<(), Failure> {
        let Some(folder) = self.place.folder() else { return Ok(()) };
        let is_strange = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if !is_strange || self.open()?.is_some() {
            return Ok(());
        }
        let inside = folder.join(STORE_FOLDER);
        Err(Failure::error(format!("{} is a folder with other things in it, and no store", folder.display()))
            .detail(format!("the store's own folder is to be named, such as {}", inside.display())))
    }

    /// Creates it, or opens what is there.
    pub(crate) fn create(&self) -> Result<Store, Failure> {
        match &self.place {
            Place::Folder(path) => Store::create(path).map_err(open_failure),
            #[cfg(feature = "engines")]
            Place::Engine(address) => {
                vconf_backends::create(address).map(Store::with_boxed).map_err(open_failure)
            }
        }
    }
}

impl Place {
    #[cfg(feature = "engines")]
    fn engine(address: &str, trust: Trust) -> Result<Self, Failure> {
        let parsed = address.parse::<vconf_backends::Address>();
        let address = parsed.map_err(|error| {
            Failure::error(format!("{} can't be used as a store", redacted(address)))
                .detail(error.to_string())
                .detail(format!("a store is a folder, or one of {}", vconf_backends::SCHEMES.join(", ")))
        })?;
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            (trust == Trust::Named || name != "PGPASSWORD").then_some((name, value))
        });
        Ok(Self::Engine(address.with_environment(variables)))
    }

    #[cfg(not(feature = "engines"))]
    fn engine(address: &str, _: Trust) -> Result<Self, Failure> {
        Err(Failure::error(format!("{address} can't be used as a store"))
            .detail("this vconf was built without engines: a store is a folder"))
    }

    /// The folder, where it is in one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) => Some(path),
            #[cfg(feature = "engines")]
            Self::Engine(_) => None,
        }
    }

    /// How people know it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Folder(path) => path.display().to_string(),
            #[cfg(feature = "engines")]
            Self::Engine(address) => address.to_string(),
        }
    }
}

/// Who says where the store is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Whoever runs the command.
    Named,
    /// A file that was found, which somebody else may have written: it does not get the password in the environment.
    Found,
}

/// What is found from a folder upwards.
pub(crate) enum Found {
    /// A store in a folder, and the folder that it is about.
    Folder(Box<Store>, PathBuf),
    /// A file that says where the store is.
    Pointer(Named),
}

/// Finds the store that a folder belongs to: its own, or that of the nearest folder above it.
pub(crate) fn find(folder: &Path) -> Result<Option<Found>, Failure> {
    for root in folder.ancestors() {
        let path = root.join(STORE_FOLDER);
        if let Some(store) = Store::open(&path).map_err(open_failure)? {
            return Ok(Some(Found::Folder(Box::new(store), root.to_owned())));
        }
        if let Some(place) = pointed_at(&path)? {
            return Ok(Some(Found::Pointer(Named { place, root: root.to_owned() })));
        }
    }
    Ok(None)
}

/// Refuses what begins as an address and goes on as none: a folder of that name is hardly meant.
fn refuse_half_an_address(word: &OsStr) -> Result<(), Failure> {
    let Some(text) = word.to_str() else { return Ok(()) };
    match text.split_once(':') {
        Some((scheme, rest)) if SCHEMES.contains(&scheme) => {
            let meant = format!("{scheme}://{}", rest.trim_start_matches('/'));
            Err(Failure::error(format!("{} is no address", redacted(text))).detail(format!(
                "did you mean {}? A folder of this name is ./{}",
                redacted(&meant),
                redacted(text)
            )))
        }
        _ => Ok(()),
    }
}

/// What addresses begin with.
const SCHEMES: [&str; 8] = ["az", "gs", "http", "https", "postgres", "postgresql", "s3", "file"];

/// The folder that the store is about which a folder belongs to.
pub(crate) fn root_of(folder: &Path) -> Option<PathBuf> {
    match find(folder).ok()?? {
        Found::Folder(_, root) => Some(root),
        Found::Pointer(named) => Some(named.root),
    }
}

/// The place that a file names; `None` where there is no such file.
fn pointed_at(path: &Path) -> Result<Option<Place>, Failure> {
    // A folder can't be read as a file, and what is not there can't either.
    let Ok(Some(bytes)) = vconf::disk::read_prefix(path, MAX_POINTER_BYTES) else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let file = path.display();
    match (lines.next(), lines.next()) {
        (Some(address), None) if address.contains("://") => Place::engine(address, Trust::Found).map(Some),
        (first, _) => {
            let failure = Failure::error(format!("the file {file} does not say where the store is"));
            let failure = match first {
                Some(line) => failure.detail(format!("it says: {}", redacted(line).escape_debug())),
                None => failure.detail("it is empty"),
            };
            let help = format!("cat {}", shell(&file.to_string()));
            let takes = "it takes one line with an address, such as postgres://vconf@db.example.com/settings";
            Err(failure.detail(takes).help(help))
        }
    }
}

/// A word of a command line as it may be kept: an address in it without its password.
pub(crate) fn redacted(word: &str) -> String {
    #[cfg(feature = "engines")]
    {
        let (option, address) = match word.split_once('=') {
            Some((option, address)) if option.starts_with("--") => (format!("{option}="), address),
            _ => (String::new(), word),
        };
        if let Ok(address) = address.parse::<vconf_backends::Address>()
            && address.is_engine()
        {
            return format!("{option}{address}");
        }
    }
    word.to_owned()
}

/// How long a file that says where the store is may be.
const MAX_POINTER_BYTES: usize = 4096;
