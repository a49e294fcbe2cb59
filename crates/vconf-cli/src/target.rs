//! `FILE@REV`: a file that was named on the command line, and a version of it.

use std::path::PathBuf;

use vconf::history::{Error, State};
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::model::value::Value;
use vconf::store::Corruption;
use vconf::worktree::Worktree;

use crate::advice;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::text::shell;

/// A file that was named, and a version of it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The file as it was named; empty where only a version was.
    pub(crate) file: String,
    /// Its absolute path.
    pub(crate) path: PathBuf,
    pub(crate) revision: Option<Revision>,
}

/// A config whose history was found.
pub(crate) struct Tracked {
    pub(crate) worktree: Worktree,
    pub(crate) config: ConfigName,
    pub(crate) state: State,
    /// How to name its file on the command line.
    pub(crate) file: String,
}

impl Session {
    /// Reads `FILE`, `FILE@REV` or `@REV`. A path that is there as it stands wins over the split at the last `@`, and
    /// so does a config of that name; a version given apart (`-r`) wins over all.
    pub(crate) fn target(&self, word: &str, apart: Option<&str>) -> Result<Target, Failure> {
        let literal = |file: &str| Target { file: file.to_owned(), path: self.path(file), revision: None };
        if word.is_empty() {
            return Err(Failure::error("the name of a file is empty"));
        }
        if let Some(revision) = apart {
            self.only_one_version(word, revision)?;
            let revision = self.revision(revision.strip_prefix('@').unwrap_or(revision))?;
            return Ok(Target { revision: Some(revision), ..literal(word) });
        }
        match word.rsplit_once('@') {
            Some((file, revision)) if !self.is_there(word)? => {
                let revision = self.revision(revision)?;
                Ok(Target { revision: Some(revision), ..literal(file) })
            }
            _ => Ok(literal(word)),
        }
    }

    /// Refuses a version beside the file and another apart from it.
    fn only_one_version(&self, word: &str, apart: &str) -> Result<(), Failure> {
        match word.rsplit_once('@') {
            Some((file, revision)) if !file.is_empty() && !self.is_there(word)? => {
                let apart = apart.trim_start_matches('@');
                Err(Failure::error(format!("two versions of {file} are named, @{revision} and @{apart}"))
                    .detail("this is about one of them")
                    .help(format!("vconf show {}", shell(&format!("{file}@{apart}")))))
            }
            _ => Ok(()),
        }
    }

    /// Reads the name of a version, without its `@`.
    pub(crate) fn revision(&self, text: &str) -> Result<Revision, Failure> {
        Revision::parse(text, &self.clock()).map_err(|error| {
            Failure::invalid(error.to_string()).detail(
                "a version is a number, latest, -1, a tag, or a time such as 10m, 2h, 2d, now, today, yesterday, 14:30, \
                 2026-11-20T14:30",
            )
        })
    }

    /// Whether a word with an `@` in it is the name of a file or a config as it stands.
    pub(crate) fn is_there(&self, word: &str) -> Result<bool, Failure> {
        let path = self.path(word);
        if std::fs::symlink_metadata(&path).is_ok() {
            return Ok(true);
        }
        let Some(worktree) = self.find(&path)? else { return Ok(false) };
        let Ok(config) = worktree.name(&path) else { return Ok(false) };
        Ok(worktree.store.state(&config).is_ok_and(|state| state.versions.number > 0))
    }

    /// Finds the history of a file that was named; where only a version was, of the store's one config.
    pub(crate) fn tracked(&mut self, target: &Target) -> Result<Tracked, Failure> {
        if target.file.is_empty() {
            return self.only_config();
        }
        let Some(worktree) = self.find(&target.path)? else {
            return Err(match target.path.is_dir() {
                true => self.is_folder(target),
                false => self.no_history(&target.path, &target.file),
            });
        };
        let config = worktree.name(&target.path).map_err(|error| advice::worktree_failure(&error, self))?;
        let state = worktree.store.known_state(&config).map_err(|error| {
            if target.path.is_dir() {
                return self.is_folder(target);
            }
            let failure = advice::history_failure(&error, self, Some(&worktree));
            match &error {
                Error::UnknownConfig { near, .. } => match near.first() {
                    Some(near) => failure.help(self.instead(&target.file, &self.file_name(&worktree, near))),
                    None if !target.path.exists() => {
                        let other = advice::no_file(&target.file, &target.path);
                        // Without one that is alike, what is known of versions says more.
                        let is_alike = other.details.iter().any(|line| line.starts_with("did you mean"));
                        if is_alike { other.detail("nor has it versions") } else { failure }
                    }
                    None => failure,
                },
                _ => failure,
            }
        })?;
        let file = self.file_name(&worktree, &config);
        self.warn_of_damage(&state.damage, &file);
        Ok(Tracked { worktree, config, state, file })
    }

    /// What to say of a folder where a file is needed.
    fn is_folder(&self, target: &Target) -> Failure {
        let failure = Failure::error(format!("{} is a folder", target.file));
        let below = match self.find_in(&target.path) {
            Ok(Some(worktree)) => worktree.store.configs().map(|configs| {
                let names = configs.iter().filter(|config| worktree.path(config).starts_with(&target.path));
                names.map(|config| self.file_name(&worktree, config)).collect::<Vec<_>>()
            }),
            _ => Ok(Vec::new()),
        };
        let below = below.unwrap_or_default();
        match below.first() {
            Some(first) => {
                let more = if below.len() > 5 { ", …" } else { "" };
                let some: Vec<_> = below.iter().take(5).map(String::as_str).collect();
                failure
                    .detail(format!("tracked in it: {}{more}", some.join(", ")))
                    .help(self.instead(&target.file, first))
            }
            None if matches!(self.find_in(&target.path), Ok(None)) => {
                failure.detail("there is no store in it or above").help("vconf save FILE")
            }
            None => failure.detail("no file in it is tracked").help("vconf status"),
        }
    }

    /// The command that is running, with another file in place of one that was named.
    fn instead(&self, named: &str, other: &str) -> String {
        let mut is_done = false;
        let words = std::env::args_os().skip(1).map(|word| {
            let word = word.to_string_lossy().into_owned();
            match word.strip_prefix(named) {
                Some(rest) if !is_done && (rest.is_empty() || rest.starts_with('@')) => {
                    is_done = true;
                    shell(&format!("{other}{rest}"))
                }
                _ => shell(&word),
            }
        });
        std::iter::once("vconf".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// What a file that was named is called in its store, for programs; null where there is none yet.
    pub(crate) fn config_of(&self, word: &str) -> Value {
        let config = self.target(word, None).ok().and_then(|target| {
            let worktree = self.find(&target.path).ok()??;
            worktree.name(&target.path).ok()
        });
        Value::from(config.as_ref().map(ConfigName::as_str))
    }

    /// The question for a version, where a command must be told one.
    pub(crate) fn which_version(&self, tracked: &Tracked, purpose: &str) -> Failure {
        let failure = Failure::error(format!("which version of {} {purpose}?", tracked.file));
        let failure = match self.number(tracked, None) {
            Ok(latest) => failure.detail(format!("the latest is @{latest}; @-1 is the one before it")),
            Err(_) => failure,
        };
        failure.help(format!("vconf log {}", shell(&tracked.file)))
    }

    /// Warns of damage that was passed around.
    pub(crate) fn warn_of_damage(&mut self, damage: &[Corruption], file: &str) {
        let check = self.output.command("vconf check");
        for damage in damage {
            let doubt = if damage.is_ref {
                let switch = self.output.command(&format!("vconf switch {} BRANCH", shell(file)));
                format!(
                    "; the current branch, tags and undos may be told wrongly. Run: {check}; \
                     to say which branch it is: {switch}"
                )
            } else {
                format!(". Run: {check}")
            };
            self.output.talk("warning", &format!("{damage}{doubt}"));
        }
    }

    /// Warns of a change of refs that can't be read and may have been about tags; says how the command ends.
    ///
    /// What was `told` before is not told again.
    pub(crate) fn warn_of_tags(&mut self, damage: Option<&Corruption>, told: &[Corruption]) -> Exit {
        let Some(damage) = damage else { return Exit::Ok };
        if !told.contains(damage) {
            let check = self.output.command("vconf check");
            let what = format!("tags and undos may be told wrongly. Run: {check}");
            self.output.talk("warning", &format!("{damage}; {what}"));
        }
        Exit::Damage
    }

    fn only_config(&self) -> Result<Tracked, Failure> {
        let worktree = self.here()?;
        let configs = worktree.store.configs().map_err(|error| advice::store_failure(&error, self))?;
        match <[ConfigName; 1]>::try_from(configs) {
            Ok([config]) => {
                let state = worktree
                    .store
                    .known_state(&config)
                    .map_err(|error| advice::history_failure(&error, self, Some(&worktree)))?;
                let file = self.file_name(&worktree, &config);
                Ok(Tracked { worktree, config, state, file })
            }
            Err(configs) => Err(Failure::error("which file is meant?")
                .detail(format!("the store has {} of them", configs.len()))
                .help("vconf status")),
        }
    }

    /// The number of the version that is meant; the latest where none was named.
    pub(crate) fn number(&self, tracked: &Tracked, revision: Option<&Revision>) -> Result<u64, Failure> {
        let resolved = tracked.worktree.store.resolve(&tracked.state, revision.unwrap_or(&Revision::Latest));
        resolved.map_err(|error| advice::history_failure(&error, self, Some(&tracked.worktree)))
    }
}
