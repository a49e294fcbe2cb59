//! `FILE@REV`: a file that was named on the command line, and a version of it.

use std::path::{Path, PathBuf};

use vconf::history::State;
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::worktree::Worktree;

use crate::advice;
use crate::failure::Failure;
use crate::session::Session;

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

    /// Reads the name of a version, without its `@`.
    pub(crate) fn revision(&self, text: &str) -> Result<Revision, Failure> {
        Revision::parse(text, &self.clock()).map_err(|error| {
            Failure::invalid(error.to_string()).detail(
                "a version is a number, latest, -1, a tag, or a time such as 2d, yesterday, 2026-11-20T14:30",
            )
        })
    }

    /// Whether a word with an `@` in it is the name of a file or a config as it stands.
    fn is_there(&self, word: &str) -> Result<bool, Failure> {
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
            return Err(self.no_history(&target.path, &target.file));
        };
        let config = worktree.name(&target.path).map_err(|error| advice::worktree_failure(&error, self))?;
        let state = worktree.store.known_state(&config).map_err(|error| {
            let mut failure = advice::history_failure(&error, self, Some(&worktree));
            if Path::new(&target.path).is_dir() {
                failure.details.insert(0, format!("{} is a folder", target.file));
            }
            failure
        })?;
        let file = self.file_name(&worktree, &config);
        for damage in &state.damage {
            self.output
                .talk("warning", &format!("{damage}; tags and undos may be told wrongly. Run: vconf check"));
        }
        Ok(Tracked { worktree, config, state, file })
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
