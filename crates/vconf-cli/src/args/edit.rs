//! What can be said to the commands that edit a file.

use clap::Args;

use super::{Who, parse_format};

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
