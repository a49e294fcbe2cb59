//! The command line: what can be said to `vconf`.

mod bisect;
mod edit;
mod frequent;
mod look;
#[cfg(feature = "server")]
mod server;
mod transfer;
mod upkeep;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use bisect::BisectArguments;
pub(crate) use edit::{
    EditArguments, MergeArguments, PatchArguments, PickArguments, RevertArguments, RollbackArguments,
    SetArguments, SideArguments, UnsetArguments,
};
pub(crate) use look::{
    AsFormat, DiffArguments, FindArguments, Form, LogArguments, OrderArgument, ShowArguments,
};
#[cfg(feature = "server")]
pub(crate) use server::{FollowArguments, ServeArguments, TokenArguments, TokenCommand};
pub(crate) use transfer::{CopyArguments, ExportArguments, ImportArguments};
pub(crate) use upkeep::{CheckArguments, ForgetArguments, PackArguments};

/// Version control for configuration files, without a version control system to learn.
#[derive(Parser, Debug)]
#[command(
    name = "vconf",
    version,
    about,
    long_about = "Version control for configuration files, without a version control system to learn.\n\n\
        Without a command, vconf shows each tracked file, its latest version, and what changed since.\n\
        The first save creates the store, a folder .vconf beside your files.",
    after_help = AFTER_HELP,
    max_term_width = 100,
    args_override_self = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

impl Arguments {
    /// Reads a command line.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        frequent::read(words).map_or_else(|| Self::try_parse_from(words), Ok)
    }
}

const AFTER_HELP: &str = "\
A version is named after an @:
  app.yaml@3            version 3, for good
  app.yaml@latest       the latest; @-1 is the one before it
  app.yaml@stable       the version with the tag stable
  app.yaml@2d           what was the latest two days ago; also 10m, 3h, 1w, 14:30,
                        today, yesterday, 2026-11-20, 2026-11-20T14:30

Exit status: 0 done, or the same; 1 different; 2 error; 3 conflict; 4 damage found; 5 invalid input.";

/// What can be said with every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// The store to use, a folder or an address; without it, the .vconf beside the file or in the nearest folder above
    #[arg(long, global = true, value_name = "STORE", env = "VCONF_STORE", hide_env_values = true)]
    pub(crate) store: Option<PathBuf>,
    /// Write JSON: one object, or one a line for lists
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours (NO_COLOR is honoured)
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

// Deferred: of the commands, only the one that is called is built.
#[derive(Subcommand, Debug)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Show each tracked file, its latest version, and what changed since (the default)
    Status {
        /// Only these files
        #[arg(value_name = "FILE")]
        files: Vec<String>,
    },
    /// Save files as new versions; without FILE, all tracked files that changed
    Save(SaveArguments),
    /// List the versions of a file, newest first; without FILE, of all files
    Log(LogArguments),
    /// Find a text in all versions of all files, or a key, an author, a change
    ///
    /// Lines, descriptions, authors and tags are searched. The same line in a run of versions is told once, with the
    /// version that it came with, newest first. With --key or --value, values are searched and not lines.
    ///
    /// Without TEXT the versions are listed that --author, --since, --until, --tag and --changed leave, or the values
    /// of --key. Exit status: 0 found, 1 nothing found.
    Find(FindArguments),
    /// Show each line of a file beside the version that last set what stands in it
    ///
    /// What counts is content: a version that changed only comments, spelling or the order of keys set nothing, and a
    /// rollback set what it brought back. A line with nothing in it that can be set, such as a comment, has no version.
    /// Of a text each line counts.
    Blame {
        /// The file, and which version (@REV); without it, the latest
        #[arg(value_name = "FILE[@REV]")]
        target: String,
        /// The version, where your shell dislikes @
        #[arg(short, value_name = "REV", allow_hyphen_values = true)]
        revision: Option<String>,
    },
    /// Show what changed, by content: from a version to the file, or between any two sides
    #[command(after_help = "\
Examples:
  vconf diff                       each tracked file that changed since its latest version
  vconf diff app.yaml              one file, from its latest version to the file
  vconf diff app.yaml@3            from version 3 to the file; app.yaml @3 is the same
  vconf diff app.yaml@3 @5         from version 3 to version 5
  vconf diff app.yaml app.yaml@3   from the file to version 3: what a rollback would change
  vconf diff web1.yaml web2.yaml   from one file to another")]
    Diff(DiffArguments),
    /// Print a version: its exact bytes, or its content in another format
    ///
    /// On a terminal control characters other than the ends of lines and tabs are escaped; in a pipe or a file the
    /// bytes are exact.
    Show(ShowArguments),
    /// Print one value
    ///
    /// On a terminal control characters other than the ends of lines and tabs are escaped; in a pipe or a file the
    /// text is exact.
    Get {
        /// The file, and which version (@REV); without it, the latest
        #[arg(value_name = "FILE[@REV]")]
        target: String,
        /// The key: db.pool, env[name=B].value, list[0], or a JSON Pointer /db/pool
        key: String,
        /// The version, where your shell dislikes @
        #[arg(short, value_name = "REV", allow_hyphen_values = true)]
        revision: Option<String>,
    },
    /// Set one value in a file, keep all else as it is, and save that as a new version
    Set(SetArguments),
    /// Take one value out of a file, keep all else as it is, and save that as a new version
    Unset(UnsetArguments),
    /// Make the edits of a patch in a file, keep all else as it is, and save that as a new version
    Patch(PatchArguments),
    /// Bring a file back to an earlier version, recorded as a new version
    Rollback(RollbackArguments),
    /// Take back what one version changed, and keep what came after
    Revert(RevertArguments),
    /// Carry what one version changed to another file or branch
    Pick(PickArguments),
    /// Merge what another branch changed since into the file
    Merge(MergeArguments),
    /// Take back the last operation, of any kind
    Undo {
        /// List the operations that can be taken back, newest first
        #[arg(long)]
        list: bool,
        /// How many to list
        #[arg(short = 'n', value_name = "N", default_value_t = 20, requires = "list")]
        count: usize,
        #[command(flatten)]
        who: Who,
    },
    /// Do the operation again that was undone last
    Redo {
        #[command(flatten)]
        who: Who,
    },
    /// Name a version; without NAME, list the tags
    Tag(TagArguments),
    /// Create a branch, a line of versions of its own; without NAME, list the branches
    Branch(BranchArguments),
    /// Make another branch the current one; the file gets its latest version, unsaved edits are saved first
    Switch(SwitchArguments),
    /// Keep old versions in one compressed file, a small part of their size; without FILE, of all files
    ///
    /// Every version reads as before, and any zstd reads them too. A save does this by itself from time to time, fast;
    /// this does it now, and packs smaller.
    #[command(
        after_help = "Examples:\n  vconf pack                 all but the newest 32 versions of each file\n  vconf pack app.yaml --all  the newest as well"
    )]
    Pack(PackArguments),
    /// Forget old versions that no rule keeps: shows what would go, and does it with --apply; without FILE, of all files
    ///
    /// A version that any rule keeps is kept. The newest, the heads of branches, tagged versions, those where branches
    /// part or meet and those that the next undo goes back to never go. Numbers are not used again, and the log says
    /// what was forgotten, when and by whom. This is the one command that can't be undone.
    #[command(
        after_help = "Examples:\n  vconf forget app.yaml --keep-last 100               what would go\n  vconf forget --keep-daily 30 --keep-monthly 12 --keep-within 7d --apply"
    )]
    Forget(ForgetArguments),
    /// Verify every record, seal and checksum, and repair what is damaged; exit 4 on damage
    Check(CheckArguments),
    /// Find the first version with which a command fails, and which of its changes make it fail
    Bisect(BisectArguments),
    /// Import the history of files from git, from RCS, or from the original Python manager
    Import(ImportArguments),
    /// Export histories as a git repository or a tar archive
    Export(ExportArguments),
    /// Copy a whole store into another, wherever the two are: exact, and gone on with where a copy was broken off
    Copy(CopyArguments),
    /// Serve the store over HTTP, for a team
    ///
    /// Every operation on histories can be asked for, with a token that says who asks. The store may be used by commands
    /// beside the server: what they do is served and told at once.
    #[cfg(feature = "server")]
    Serve(ServeArguments),
    /// Keep a file equal to a branch or a tag of a server, and run a command after each change
    #[cfg(feature = "server")]
    Follow(FollowArguments),
    /// Create, list and revoke the tokens of a server
    #[cfg(feature = "server")]
    Token(TokenArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of vconf or of one command
    Man {
        /// The command
        command: Option<String>,
    },
}

// Who does it. Not a doc comment: that would become the help of each command that has this.
#[derive(Args, Clone, Debug)]
pub(crate) struct Who {
    /// Who does it; without it, VCONF_AUTHOR, or user@host
    #[arg(long, env = "VCONF_AUTHOR", hide_env_values = true)]
    pub(crate) author: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct SaveArguments {
    /// The files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Why; without it, the summary of the change
    #[arg(short, long, value_name = "WHY")]
    pub(crate) message: Option<String>,
    /// Give the new version a tag
    #[arg(long)]
    pub(crate) tag: Option<String>,
    #[command(flatten)]
    pub(crate) who: Who,
    /// Save only if version N is the latest (0: if there is none)
    #[arg(long, value_name = "N")]
    pub(crate) expect: Option<u64>,
    /// The format, where it is not to be found out
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub(crate) format: Option<vconf::format::Format>,
}

#[derive(Args, Debug)]
pub(crate) struct TagArguments {
    /// The file, and which version (@REV); without it, the latest
    #[arg(value_name = "FILE[@REV]")]
    pub(crate) target: Option<String>,
    /// The tag
    pub(crate) name: Option<String>,
    /// The version, where your shell dislikes @
    #[arg(short, value_name = "REV", allow_hyphen_values = true, requires = "target")]
    pub(crate) revision: Option<String>,
    /// Take a tag away
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    pub(crate) delete: Option<String>,
    #[command(flatten)]
    pub(crate) who: Who,
}

#[derive(Args, Debug)]
pub(crate) struct BranchArguments {
    /// The file; without it, the branches of all files are listed
    #[arg(value_name = "FILE[@REV]")]
    pub(crate) target: Option<String>,
    /// The branch
    pub(crate) name: Option<String>,
    /// The version that it begins with; without it, the latest
    #[arg(value_name = "@REV")]
    pub(crate) at: Option<String>,
    /// The version, where your shell dislikes @
    #[arg(short, value_name = "REV", allow_hyphen_values = true, conflicts_with = "at", requires = "target")]
    pub(crate) revision: Option<String>,
    /// Delete a branch; its versions stay
    #[arg(long, value_name = "NAME", conflicts_with = "name", requires = "target")]
    pub(crate) delete: Option<String>,
    #[command(flatten)]
    pub(crate) who: Who,
}

#[derive(Args, Debug)]
pub(crate) struct SwitchArguments {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) target: String,
    /// The branch
    pub(crate) name: String,
    /// With --create, the version that the branch begins with; without it, the latest
    #[arg(value_name = "@REV")]
    pub(crate) at: Option<String>,
    /// Create the branch first
    #[arg(short, long)]
    pub(crate) create: bool,
    #[command(flatten)]
    pub(crate) who: Who,
}

fn parse_format(text: &str) -> Result<vconf::format::Format, String> {
    let names: Vec<_> = vconf::format::Format::ALL.iter().map(|format| format.name()).collect();
    text.parse().map_err(|_| format!("the formats are {}", names.join(", ")))
}
