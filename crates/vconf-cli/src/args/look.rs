//! What can be said to the commands that show versions and what changed.

use clap::{Args, ValueEnum};

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
