//! What can be said to the commands that keep a store in order.

use std::path::PathBuf;

use clap::Args;

use super::Who;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vconf check                              all of the store that one stands in
  vconf check --repair                     restore what can be restored
  vconf check --repair --from /backup/.vconf   also from a copy of the store

Nothing is deleted: what was damaged is kept in the store's folder quarantine. What is put in its place
is whole and has the seal that the chain says it must have; what can't be restored is named.")]
pub(crate) struct CheckArguments {
    /// Only these files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Restore what can be restored: from second copies, versions with the same bytes, the file
    #[arg(long)]
    pub(crate) repair: bool,
    /// Restore from another store too, such as a backup
    #[arg(long, value_name = "STORE", requires = "repair")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct PackArguments {
    /// Only these files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// How many of the newest versions stay a file each
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub(crate) keep_loose: u64,
    /// Pack the newest versions as well
    #[arg(long, conflicts_with = "keep_loose")]
    pub(crate) all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ForgetArguments {
    /// Only these files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Keep the newest N versions
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) keep_last: u64,
    /// Keep the newest version of each of the last N days that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) keep_daily: u64,
    /// Keep the newest version of each of the last N weeks that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) keep_weekly: u64,
    /// Keep the newest version of each of the last N months that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) keep_monthly: u64,
    /// Keep the newest version of each of the last N years that have one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) keep_yearly: u64,
    /// Keep all versions that are not older: 90d, 2026-11-20
    #[arg(long, value_name = "TIME")]
    pub(crate) keep_within: Option<String>,
    /// Do it
    #[arg(long)]
    pub(crate) apply: bool,
    #[command(flatten)]
    pub(crate) who: Who,
}
