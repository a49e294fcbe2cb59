//! Branch: a named line of versions.

use super::context::Context;
use super::error::Error;
use super::state::State;
use super::write::RefPlan;
use crate::backend::Log;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Head, RefAction};
use crate::store::Store;

/// A branch that was created or deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchOutcome {
    /// The branch.
    pub branch: RefName,
    /// Its head: where it begins, or where it was.
    pub head: Option<u64>,
}

impl Store {
    /// Creates a branch that begins at a version, without switching to it.
    ///
    /// # Errors
    ///
    /// [`Error::NameTaken`] where a branch or a tag has the name.
    pub fn create_branch(
        &self,
        config: &ConfigName,
        branch: &RefName,
        number: u64,
        context: &Context,
    ) -> Result<BranchOutcome, Error> {
        self.known_state(config)?;
        self.header(config, number)?;
        // Another process may have written the version a moment ago.
        self.settle(config, Log::Versions)?;
        self.write_ref(config, context, |state| {
            self.check_free(state, branch)?;
            let mut heads = self.pinned_heads(state)?;
            heads.insert(branch.clone(), Head { version: Some(number), as_of: state.as_of() });
            Ok(Some(RefPlan {
                action: RefAction::Branch,
                description: format!("Branch {branch} from version {number}"),
                target: None,
                tags: Vec::new(),
                heads,
                current: state.current.clone(),
            }))
        })?;
        Ok(BranchOutcome { branch: branch.clone(), head: Some(number) })
    }

    /// Deletes a branch. Its versions stay.
    ///
    /// # Errors
    ///
    /// [`Error::BranchInUse`] for the current branch and the first.
    pub fn delete_branch(
        &self,
        config: &ConfigName,
        branch: &RefName,
        context: &Context,
    ) -> Result<BranchOutcome, Error> {
        self.known_state(config)?;
        let mut head = None;
        self.write_ref(config, context, |state| {
            state.check_branch(branch)?;
            let is_current = state.current == *branch;
            if is_current || *branch == RefName::main() {
                let (config, branch) = (config.clone(), branch.clone());
                return Err(Error::BranchInUse { config, branch, is_current });
            }
            let mut heads = self.pinned_heads(state)?;
            head = heads.remove(branch).and_then(|head| head.version);
            Ok(Some(RefPlan {
                action: RefAction::Branch,
                description: format!("Delete branch {branch}"),
                target: None,
                tags: Vec::new(),
                heads,
                current: state.current.clone(),
            }))
        })?;
        Ok(BranchOutcome { branch: branch.clone(), head })
    }

    /// Fails where a branch or a tag has the name.
    pub(super) fn check_free(&self, state: &State, name: &RefName) -> Result<(), Error> {
        let is_branch = state.has_branch(name);
        if is_branch || self.tags(state)?.contains_key(name) {
            let (config, name) = (state.config.clone(), name.clone());
            return Err(Error::NameTaken { config, name, is_branch });
        }
        Ok(())
    }
}

impl State {
    /// Fails where there is no such branch.
    pub(super) fn check_branch(&self, name: &RefName) -> Result<(), Error> {
        if self.has_branch(name) {
            return Ok(());
        }
        let branches = self.branches().into_iter().collect();
        Err(Error::UnknownBranch { config: self.config.clone(), name: name.clone(), branches })
    }

    /// Fails where a tag is to be set that has a branch's name.
    pub(super) fn check_tag_name(&self, tag: &RefName, to: Option<u64>) -> Result<(), Error> {
        if to.is_some() && self.has_branch(tag) {
            let (config, name) = (self.config.clone(), tag.clone());
            return Err(Error::NameTaken { config, name, is_branch: true });
        }
        Ok(())
    }
}
