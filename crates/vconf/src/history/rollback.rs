//! Rollback: an earlier version again, as a new version.

use super::context::Context;
use super::error::Error;
use super::save::{Saved, Source};
use super::write::Plan;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::Action;
use crate::store::Store;

/// How to roll back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RollbackOptions {
    /// Why; without it, `Rollback to version N`.
    pub description: Option<String>,
    /// Roll back only if the latest version has this number.
    pub expect: Option<u64>,
    /// There is no file, and the rollback puts one there: then it is recorded also where the latest version holds
    /// the same, so that it can be undone.
    pub restores_file: bool,
    /// The branch; without it, the current one.
    pub branch: Option<RefName>,
}

impl Store {
    /// Makes a new version that holds the exact bytes, format and mode of an earlier one.
    ///
    /// Where the latest version holds just the same, nothing is written.
    pub fn rollback(
        &self,
        config: &ConfigName,
        number: u64,
        options: &RollbackOptions,
        context: &Context,
    ) -> Result<Saved, Error> {
        let target = self.load_number(config, number)?;
        let source = Source::read(config, target.source, Some(target.version.format));
        let plan = Plan {
            action: if options.restores_file { Action::Restore } else { Action::Rollback },
            description: Some(
                options.description.clone().unwrap_or_else(|| format!("Rollback to version {number}")),
            ),
            mode: target.version.mode,
            expect: options.expect,
            skip_same: !options.restores_file,
            branch: options.branch.clone(),
            parents: None,
            merges: Vec::new(),
        };
        let written = self.write_version(config, &source, &plan, context)?;
        Ok(Saved {
            version: written.version,
            is_new: written.is_new,
            document: source.document,
            tagged: None,
            damage: written.damage,
        })
    }
}
