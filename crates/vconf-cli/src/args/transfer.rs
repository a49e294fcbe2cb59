//! What can be said to `vconf import` and `vconf export`.

use std::path::PathBuf;

use clap::Args;

use super::Who;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vconf import git:../infra app.yaml      every revision of app.yaml in the repository ../infra, as app.yaml here
  vconf import git:. app.yaml             the same from the repository that one stands in
  vconf import rcs:RCS/named.conf,v       every revision of an RCS or CVS file, as named.conf
  vconf import old/billing                the v{VERSION}.json files of the original Python manager

Imported again, only what is new since comes in. What git merged from another line of commits is a version
with both as its parents.")]
pub(crate) struct ImportArguments {
    /// Where from: git:FOLDER, rcs:FILE,v, or a folder of v{VERSION}.json files
    #[arg(value_name = "SOURCE")]
    pub(crate) source: PathBuf,
    /// The files in the git repository's folder, each of which becomes the config of that name here
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// The name of the config that one file becomes; without it, the name that it has there
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Of a git repository only the first-parent line: what was merged is the change of its merge
    #[arg(long)]
    pub(crate) first_parent: bool,
    #[command(flatten)]
    pub(crate) who: Who,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vconf export git:history                every version of every file as a commit of a new repository history
  vconf export git:history app.yaml       of one file
  vconf export tar:backup.tar             every version as app.yaml/v1, app.yaml/v2, …, with its record beside it
  vconf export tar - | zstd > backup.tar.zst

The store is only read; nothing in it changes.")]
pub(crate) struct ExportArguments {
    /// Where to: git:FOLDER, which is not there yet or empty, or tar:FILE, tar:- for the standard output
    #[arg(value_name = "TARGET")]
    pub(crate) target: PathBuf,
    /// Only these files; without any, all
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vconf copy .vconf postgres://vconf@db.example.com/settings    the histories of a folder into a database
  vconf copy postgres://vconf@db.example.com/settings backup/.vconf   and back into a folder
  vconf copy .vconf /mnt/backup/.vconf                          again: only what is new is copied

Every record keeps its bytes and its number. Each is read back and compared, and one that the target has another of
is told, never written over; then nothing of that file is copied.")]
pub(crate) struct CopyArguments {
    /// The store to copy: a folder or an address
    #[arg(value_name = "FROM")]
    pub(crate) from: PathBuf,
    /// The store to copy it into; it is created where it is not there
    #[arg(value_name = "TO")]
    pub(crate) to: PathBuf,
}
