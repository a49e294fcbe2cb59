//! The command line: what can be said to `vconf`.

mod bisect;
mod transfer;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use bisect::BisectArguments;
pub(crate) use transfer::{ExportArguments, ImportArguments};

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
    /// The store to use; without it, the .vconf folder beside the file or in the nearest folder above
    #[arg(long, global = true, value_name = "FOLDER", env = "VCONF_STORE", hide_env_values = true)]
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
pub(crate) struct LogArguments {
    /// The file, and from which version downwards
    #[arg(value_name = "FILE[@REV]")]
    pub(crate) target: Option<String>,
    /// From this version downwards, where your shell dislikes @
    #[arg(short, value_name = "REV", allow_hyphen_values = true, requires = "target")]
    pub(crate) revision: Option<String>,
    /// At most N versions
    #[arg(short = 'n', value_name = "N")]
    pub(crate) count: Option<usize>,
    /// Not before this time: 10m, 2h, 2d, today, yesterday, 14:30, 2026-11-20, 2026-11-20T14:30
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Not after this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// By this author, or one whose name has this in it
    #[arg(long)]
    pub(crate) author: Option<String>,
    /// Only the line of one branch: its latest version, what that was made from, and so on
    #[arg(long, value_name = "NAME", requires = "target")]
    pub(crate) branch: Option<String>,
    /// The values that one key had
    #[arg(short, long, requires = "target")]
    pub(crate) key: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct FindArguments {
    /// What to find; '' for anything
    #[arg(value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Only in these files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Only in values at this key or below it: db.pool, list[0], or a JSON Pointer /db/pool
    #[arg(short, long)]
    pub(crate) key: Option<String>,
    /// Only in values: not in keys, comments, descriptions, authors and tags
    #[arg(long)]
    pub(crate) value: bool,
    /// Take TEXT as a regular expression
    #[arg(long)]
    pub(crate) regex: bool,
    /// Take upper and lower case as one
    #[arg(short, long)]
    pub(crate) ignore_case: bool,
    /// Only versions by this author, or one whose name has this in it
    #[arg(long)]
    pub(crate) author: Option<String>,
    /// Only versions not before this time: 10m, 2h, 2d, today, yesterday, 14:30, 2026-11-20, 2026-11-20T14:30
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only versions not after this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only versions with this tag; * is any text
    #[arg(long, value_name = "NAME")]
    pub(crate) tag: Option<String>,
    /// Only versions that changed something at this key, below it, or a value that it is in
    #[arg(long, value_name = "KEY")]
    pub(crate) changed: Option<String>,
    /// At most N results
    #[arg(short = 'n', value_name = "N")]
    pub(crate) count: Option<usize>,
}

#[derive(Args, Debug)]
pub(crate) struct DiffArguments {
    /// What is compared: a file with its latest version; FILE@REV, or FILE @REV, from that version to the file
    #[arg(value_name = "FILE[@REV]")]
    pub(crate) old: Option<String>,
    /// What it is compared with: after FILE@REV another version of that file, or any other file or version
    #[arg(value_name = "@REV|FILE[@REV]")]
    pub(crate) new: Option<String>,
    /// The versions, where your shell dislikes @; twice for both sides
    #[arg(short, value_name = "REV", allow_hyphen_values = true, requires = "old")]
    pub(crate) revision: Vec<String>,
    /// Whether the order of lists counts; without it, as the store's settings say, and else not
    #[arg(long, value_name = "ORDER")]
    pub(crate) order: Option<OrderArgument>,
    /// Pair the items of a list by a field: env=name
    #[arg(long, value_name = "LIST=FIELD")]
    pub(crate) key: Vec<String>,
    /// What a list is: hosts=set, args=sequence, tags=multiset, env=key:name
    #[arg(long, value_name = "LIST=KIND")]
    pub(crate) list: Vec<String>,
    /// Show the lines of text that differ, not the content
    #[arg(long)]
    pub(crate) text: bool,
    /// List what differs in layout as well: comments, order, spelling
    #[arg(long)]
    pub(crate) layout: bool,
    /// Show everything on a terminal too, however long
    #[arg(long)]
    pub(crate) full: bool,
    /// Write the difference in another form
    #[arg(long = "as", value_name = "FORM", conflicts_with_all = ["text", "layout"])]
    pub(crate) form: Option<Form>,
}

/// In which form a difference is written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// A page that needs nothing beside it
    Html,
    /// The lines of both sources in two columns
    SideBySide,
    /// A unified diff of the lines, as patch(1) applies it
    Text,
    /// A patch of RFC 6902, as vconf patch takes it
    JsonPatch,
    /// A patch of RFC 7396, as vconf patch takes it
    MergePatch,
    /// A patch that can be taken back, as vconf patch takes it
    Patch,
}

/// Whether the order of lists counts.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OrderArgument {
    Ignore,
    Strict,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// The file, and which version (@REV); without it, the latest
    #[arg(value_name = "FILE[@REV]")]
    pub(crate) target: String,
    /// The version, where your shell dislikes @
    #[arg(short, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) revision: Option<String>,
    /// The content in another format (canonical: RFC 8785)
    #[arg(long = "as", value_name = "FORMAT")]
    pub(crate) format: Option<AsFormat>,
    /// The record, with everything that is known of the version
    #[arg(long, conflicts_with = "format")]
    pub(crate) record: bool,
}

/// What `show --as` can write.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AsFormat {
    Json,
    Yaml,
    Toml,
    Canonical,
}

// How an edit of a file is made. Not a doc comment either.
#[derive(Args, Debug)]
pub(crate) struct EditArguments {
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Why; without it, what was done
    #[arg(short, long, value_name = "WHY")]
    pub(crate) message: Option<String>,
    /// Only if version N is the latest (0: if there is none)
    #[arg(long, value_name = "N")]
    pub(crate) expect: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct SetArguments {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// The key: db.pool, env[name=B].value, list[0], list[+] for a new item, or a JSON Pointer /db/pool
    pub(crate) key: String,
    /// The value: read as JSON (8080, true, null, \"x\", [1,2]) where it is that, else as a text
    #[arg(allow_negative_numbers = true)]
    pub(crate) value: String,
    /// Take the value as a text, whatever it looks like
    #[arg(long)]
    pub(crate) string: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
    #[command(flatten)]
    pub(crate) who: Who,
    /// The format, where it is not to be found out
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub(crate) format: Option<vconf::format::Format>,
}

#[derive(Args, Debug)]
pub(crate) struct UnsetArguments {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// The key: db.pool, env[name=B], list[0], or a JSON Pointer /db/pool
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
    #[command(flatten)]
    pub(crate) who: Who,
    /// The format, where it is not to be found out
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub(crate) format: Option<vconf::format::Format>,
}

#[derive(Args, Debug)]
pub(crate) struct PatchArguments {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// The patch, - for the standard input: a JSON Patch (RFC 6902), a merge patch (RFC 7396), or what
    /// diff --as patch writes
    #[arg(value_name = "PATCH")]
    pub(crate) patch: String,
    /// Take the patch as a merge patch (RFC 7396), whatever it looks like
    #[arg(long)]
    pub(crate) merge_patch: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
    #[command(flatten)]
    pub(crate) who: Who,
    /// The format of the file, where it is not to be found out
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub(crate) format: Option<vconf::format::Format>,
}

#[derive(Args, Debug)]
pub(crate) struct RollbackArguments {
    /// The file, and the version to bring back
    #[arg(value_name = "FILE@REV")]
    pub(crate) target: String,
    /// The version, where your shell dislikes @
    #[arg(short, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) revision: Option<String>,
    /// Only this key comes back, as it was then; all else in the file stays
    #[arg(short, long)]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
    #[command(flatten)]
    pub(crate) who: Who,
}

#[derive(Args, Debug)]
pub(crate) struct RevertArguments {
    /// The file, and the version whose change is taken back
    #[arg(value_name = "FILE@REV")]
    pub(crate) target: String,
    /// The version, where your shell dislikes @
    #[arg(short, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) revision: Option<String>,
    #[command(flatten)]
    pub(crate) sides: SideArguments,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
    #[command(flatten)]
    pub(crate) who: Who,
}

// What is done where both sides changed the same. Not a doc comment either.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct SideArguments {
    /// Where both changed the same, keep what the file has
    #[arg(long, conflicts_with_all = ["theirs", "markers"])]
    pub(crate) ours: bool,
    /// Where both changed the same, take what is brought in
    #[arg(long, conflicts_with = "markers")]
    pub(crate) theirs: bool,
    /// Write the conflicts into the file, marked (texts only)
    #[arg(long)]
    pub(crate) markers: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PickArguments {
    /// The file, and the version whose change is carried
    #[arg(value_name = "FILE@REV")]
    pub(crate) target: String,
    /// The version, where your shell dislikes @
    #[arg(short, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) revision: Option<String>,
    /// Where to: another file, or a branch (FILE@BRANCH, or @BRANCH of the same file)
    #[arg(long, value_name = "FILE[@BRANCH]")]
    pub(crate) onto: String,
    #[command(flatten)]
    pub(crate) sides: SideArguments,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
    #[command(flatten)]
    pub(crate) who: Who,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArguments {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) target: String,
    /// The branch whose changes are brought in, or a version (@REV)
    #[arg(value_name = "BRANCH")]
    pub(crate) branch: String,
    #[command(flatten)]
    pub(crate) sides: SideArguments,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
    #[command(flatten)]
    pub(crate) who: Who,
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

fn parse_format(text: &str) -> Result<vconf::format::Format, String> {
    let names: Vec<_> = vconf::format::Format::ALL.iter().map(|format| format.name()).collect();
    text.parse().map_err(|_| format!("the formats are {}", names.join(", ")))
}
