//! What surrounds a command: the folder one stands in, the time, who one is, and the store.

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use vconf::backend::{FORMAT, OpenError, STORE_FOLDER};
use vconf::diff::Options;
use vconf::history::Context;
use vconf::model::name::ConfigName;
use vconf::model::revision::Clock;
use vconf::store::Store;
use vconf::worktree::{self, Reach, Worktree};

use crate::advice::{self, io_failure};
use crate::args::{Global, Who};
use crate::commands;
use crate::failure::Failure;
use crate::output::Output;
use crate::store::{self, Found, Named, redacted};
use crate::text::shell;

/// What surrounds a command.
pub(crate) struct Session {
    pub(crate) output: Output,
    pub(crate) folder: PathBuf,
    store: Option<Named>,
    /// The folder of the store that was looked up last.
    root: RefCell<Option<PathBuf>>,
    /// The folder of the store that a command finds from where one stands, once it was looked up.
    plain: OnceCell<Option<PathBuf>>,
    /// The store that this command created.
    created: RefCell<Option<PathBuf>>,
    /// Whether it was said that a store's settings can't be used.
    has_warned_of_settings: bool,
    /// What is to be said of bisects that were killed and whose files were put back.
    mended: RefCell<Vec<(&'static str, String)>>,
}

impl Session {
    pub(crate) fn new(global: &Global) -> Result<Self, Failure> {
        let folder = std::env::current_dir()
            .map_err(|error| io_failure("the folder you stand in can't be used", &error))?;
        let store = global.store.as_deref().filter(|store| !store.as_os_str().is_empty());
        let store = store.map(|store| Named::parse(store.as_os_str(), &folder)).transpose()?;
        Ok(Self {
            output: Output::new(global),
            folder,
            store,
            root: RefCell::default(),
            plain: OnceCell::new(),
            created: RefCell::default(),
            has_warned_of_settings: false,
            mended: RefCell::default(),
        })
    }

    /// What time it is, and where.
    pub(crate) fn clock(&self) -> Clock {
        Clock::new(SystemTime::now().into(), jiff::tz::TimeZone::system)
    }

    /// Begins an operation.
    pub(crate) fn context(&self, who: &Who) -> Result<Context, Failure> {
        let author = match who.author.as_deref().map(str::trim) {
            Some(author) if !author.is_empty() => author.to_owned(),
            _ => user_at_host(),
        };
        let words = std::env::args_os().skip(1).map(|word| shell(&redacted(&word.to_string_lossy())));
        Context::new(author, SystemTime::now(), command_line(words))
            .map_err(|error| io_failure("the system gives no random numbers", &error))
    }

    /// Whether the store was named, by `--store` or the environment.
    pub(crate) fn store_was_named(&self) -> bool {
        self.store.is_some()
    }

    /// The absolute, plain path of a file that was named.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        worktree::normalize(&self.folder.join(file))
    }

    /// Whether a path is one in the folder of a store.
    pub(crate) fn is_in_store(&self, path: &Path) -> bool {
        let is_in = |path: &Path| {
            let given = self.store.as_ref().and_then(|named| named.place.folder());
            let is_in_given = given.is_some_and(|store| path.starts_with(store));
            is_in_given || path.parent().is_some_and(|folder| folder.iter().any(|part| part == STORE_FOLDER))
        };
        // What is no link lies where its plain path says.
        is_in(path) || path.is_symlink() && std::fs::canonicalize(path).is_ok_and(|real| is_in(&real))
    }

    /// The store that a file belongs to; `None` where there is none yet.
    pub(crate) fn find(&self, path: &Path) -> Result<Option<Worktree>, Failure> {
        let beside = path.parent().unwrap_or(path);
        self.find_in(beside)
    }

    /// The store that a folder belongs to; `None` where there is none yet.
    pub(crate) fn find_in(&self, folder: &Path) -> Result<Option<Worktree>, Failure> {
        let open = |named: &Named| Ok(named.open()?.map(|store| Worktree::new(store, &named.root)));
        let found = match &self.store {
            Some(named) => open(named)?,
            None => match store::find(folder)? {
                Some(Found::Folder(store, root)) => Some(Worktree::new(*store, root)),
                Some(Found::Pointer(named)) => open(&named)?,
                None => None,
            },
        };
        if let Some(worktree) = &found {
            if self.store.is_none() && folder == self.folder {
                self.plain.get_or_init(|| Some(worktree.root().to_owned()));
            }
            self.uses(worktree.root());
            self.mend(worktree);
        }
        Ok(found)
    }

    /// Puts a file back that a killed bisect left, before anything is made of what it holds.
    fn mend(&self, worktree: &Worktree) {
        let told = match worktree.mend_trial(Reach::Inside) {
            Ok(None) => return,
            Ok(Some(broken)) => {
                commands::bisect::broken_told(&broken, &self.file_name(worktree, &broken.config))
            }
            Err(error) => {
                let what = advice::worktree_failure(&error, self);
                let why = what.details.first().map(|why| format!(": {why}")).unwrap_or_default();
                (
                    "warning",
                    format!("a bisect was broken off, and its file is not put back: {}{why}", what.message),
                )
            }
        };
        let mut mended = self.mended.borrow_mut();
        if !mended.contains(&told) {
            mended.push(told);
        }
    }

    /// Whether a file was put back that a killed bisect left.
    pub(crate) fn has_mended(&self) -> bool {
        !self.mended.borrow().is_empty()
    }

    /// Says what was put back.
    pub(crate) fn tell_mended(&mut self) {
        for (label, text) in self.mended.take() {
            self.output.talk(label, &text);
        }
    }

    /// Keeps in mind which store is used: what is said to be run next is about that one.
    pub(crate) fn uses(&self, root: &Path) {
        self.root.replace(Some(root.to_owned()));
        // Where one stands beside the store, no other is nearer.
        let is_plain = self.store.is_some() || root == self.folder || {
            let plain = self.plain.get_or_init(|| store::root_of(&self.folder));
            plain.as_deref() == Some(root)
        };
        self.output.used_elsewhere((!is_plain).then(|| self.store_name(root)));
    }

    /// How to name a store on the command line.
    pub(crate) fn store_name(&self, root: &Path) -> String {
        let store = root.join(STORE_FOLDER);
        let (relative, absolute) = (self.shown(&store), store.display().to_string());
        if relative.len() < absolute.len() { relative } else { absolute }
    }

    /// The store that one stands in.
    pub(crate) fn here(&self) -> Result<Worktree, Failure> {
        self.find_in(&self.folder)?.ok_or_else(|| self.no_store(&self.folder))
    }

    /// The store that one stands in; `None` where there is none yet.
    pub(crate) fn maybe_here(&self) -> Result<Option<Worktree>, Failure> {
        match self.find_in(&self.folder)? {
            // A store that was named is meant to be there.
            None if self.store.is_some() => Err(self.no_store(&self.folder)),
            found => Ok(found),
        }
    }

    /// Says that there is no store yet, where that is no failure.
    pub(crate) fn tell_nothing_tracked(&mut self) {
        self.output.talk("note", "no file is tracked here yet");
        self.output.talk("help", "vconf save FILE");
    }

    /// The store that a file belongs to, created where there is none yet: where one stands, or else beside the file.
    pub(crate) fn find_or_create(&mut self, path: &Path) -> Result<Worktree, Failure> {
        if let Some(worktree) = self.find(path)? {
            return Ok(worktree);
        }
        let pointed;
        let named = match &self.store {
            Some(named) => Some(named),
            None => {
                pointed = store::find(path.parent().unwrap_or(path))?;
                match &pointed {
                    Some(Found::Pointer(named)) => Some(named),
                    _ => None,
                }
            }
        };
        let (store, shown, root) = match named {
            Some(named) => match named.place.folder() {
                Some(folder) => self.create_folder(folder.to_owned())?,
                None => (named.create()?, named.place.shown(), named.root.clone()),
            },
            None if path.starts_with(&self.folder) => self.create_folder(self.folder.join(STORE_FOLDER))?,
            None => self.create_folder(path.parent().unwrap_or(path).join(STORE_FOLDER))?,
        };
        self.output.talk("note", &format!("created the store {shown}"));
        self.plain.take();
        self.uses(&root);
        Ok(Worktree::new(store, root))
    }

    /// Creates a store in a folder; tells how to name it, and the folder that it is about.
    fn create_folder(&self, folder: PathBuf) -> Result<(Store, String, PathBuf), Failure> {
        let store = Store::create(&folder).map_err(open_failure)?;
        let shown = folder.strip_prefix(&self.folder).unwrap_or(&folder).display().to_string();
        let root = parent(&folder);
        self.created.replace(Some(folder));
        Ok((store, shown, root))
    }

    /// Takes away the store that this command created, where nothing is in it. Whatever another process put there stays,
    /// for a folder goes only when it is empty.
    pub(crate) fn remove_created(&mut self) {
        let Some(root) = self.created.take() else { return };
        // Aside, nobody puts anything into it any more; what was put there before brings it back.
        let aside = root.with_file_name(format!("{STORE_FOLDER}.{}.tmp", std::process::id()));
        if std::fs::rename(&root, &aside).is_err() {
            return;
        }
        let is_own = |name: &std::ffi::OsStr| {
            matches!(name.to_str(), Some("store.json" | "store.copy.json" | ".gitignore"))
        };
        let has_only_own = || {
            let entries = std::fs::read_dir(&aside).ok();
            entries.is_some_and(|mut it| it.all(|entry| entry.is_ok_and(|entry| is_own(&entry.file_name()))))
        };
        let is_empty = ["configs", "cache"].iter().all(|name| is_gone(&aside.join(name))) && has_only_own();
        if !is_empty {
            let _ = std::fs::rename(&aside, &root);
            return;
        }
        let is_removed = std::fs::remove_dir_all(&aside).is_ok();
        if is_removed {
            self.output.talk("note", &format!("took the empty store {} away again", self.shown(&root)));
        }
    }

    /// What the states of a config are compared by, as the store's settings say.
    pub(crate) fn options(&self, worktree: &Worktree, config: &ConfigName) -> Result<Options, Failure> {
        let settings = worktree.store.settings();
        settings.map(|settings| settings.options(config)).map_err(advice::settings_failure)
    }

    /// The same, where something is to be done that must not wait for settings: those that can't be used are warned of.
    pub(crate) fn options_or_warn(&mut self, worktree: &Worktree, config: &ConfigName) -> Options {
        self.warn_of_settings(worktree);
        worktree.store.options(config)
    }

    /// Warns, once, of settings that can't be used.
    pub(crate) fn warn_of_settings(&mut self, worktree: &Worktree) {
        if let Err(error) = worktree.store.settings()
            && !std::mem::replace(&mut self.has_warned_of_settings, true)
        {
            self.output.talk("warning", &format!("{error}; lists are compared as if there were no settings"));
        }
    }

    /// The same for a file that was named, which may belong to no store.
    pub(crate) fn options_of_file(&mut self, path: &Path) -> Options {
        let Ok(Some(worktree)) = self.find(path) else { return Options::default() };
        match worktree.name(path) {
            Ok(config) => self.options_or_warn(&worktree, &config),
            Err(_) => Options::default(),
        }
    }

    fn no_store(&self, folder: &Path) -> Failure {
        let failure = match &self.store {
            Some(named) => Failure::error(format!("there is no store {}", named.place.shown())),
            None => Failure::error(format!("there is no store in {} or above", folder.display())),
        };
        failure.detail("the first save creates one").help("vconf save FILE")
    }

    /// The failure to find a file's history where there is not even a store.
    pub(crate) fn no_history(&self, path: &Path, file: &str) -> Failure {
        let mut failure = self.no_store(path.parent().unwrap_or(path));
        failure.details.insert(0, format!("so {file} has no versions yet"));
        failure.details.truncate(1);
        if !path.exists() {
            return Failure { message: failure.message, ..advice::no_file(file, path) };
        }
        failure.help(format!("vconf save {}", shell(file)))
    }

    /// How to name a config on the command line from where one stands.
    pub(crate) fn file_name(&self, worktree: &Worktree, config: &ConfigName) -> String {
        self.shown(&worktree.path(config))
    }

    /// The same, for a config of the store that was looked up last.
    pub(crate) fn name_of(&self, config: &ConfigName) -> String {
        match &*self.root.borrow() {
            Some(root) => self.shown(&root.join(config.as_str())),
            None => config.to_string(),
        }
    }

    /// A path as it is named from where one stands.
    fn shown(&self, path: &Path) -> String {
        let shared = |(a, b): &(std::path::Component<'_>, std::path::Component<'_>)| a == b;
        let common = path.components().zip(self.folder.components()).take_while(shared).count();
        let up = self.folder.components().count() - common;
        // Far away, the whole path reads better; `/` alone is no common ground.
        if common < 2 && up > 0 || up > MOST_LEVELS_UP {
            return path.display().to_string();
        }
        let down = path.components().skip(common);
        let relative: PathBuf =
            std::iter::repeat_n(std::path::Component::ParentDir, up).chain(down).collect();
        relative.display().to_string()
    }
}

/// The command as each of its records holds it: of one that names thousands of files, as many records are made.
fn command_line(words: impl Iterator<Item = String>) -> String {
    let mut words = words.peekable();
    let mut line = "vconf".to_owned();
    while let Some(word) = words.next_if(|word| line.len() + word.len() < MOST_COMMAND_BYTES) {
        line.push(' ');
        line.push_str(&word);
    }
    match words.count() {
        0 => line,
        more => format!("{line} … and {more} more"),
    }
}

/// How long a command line is that is recorded whole.
const MOST_COMMAND_BYTES: usize = 2048;

/// How many folders up a file may be named from where one stands.
const MOST_LEVELS_UP: usize = 3;

/// Whether a folder is not there, or was empty and is not there any more.
fn is_gone(folder: &Path) -> bool {
    !folder.exists() || std::fs::remove_dir(folder).is_ok()
}

fn parent(store: &Path) -> PathBuf {
    store.parent().unwrap_or(store).to_owned()
}

pub(crate) fn open_failure(error: OpenError) -> Failure {
    match error {
        OpenError::Newer(version) => Failure::error(format!("the store has format {version}"))
            .detail(format!("this vconf knows formats up to {FORMAT}; use a newer one")),
        OpenError::Backend(error) => advice::backend_failure(&error),
    }
}

/// The user's name by the system's list of users: a job that is started by a timer has it in no variable.
fn name_of_user() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid{uid}"))
}

/// The author where none is given.
fn user_at_host() -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let user = variable("SUDO_USER")
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"))
        .unwrap_or_else(name_of_user);
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    if host.is_empty() { user } else { format!("{user}@{host}") }
}
