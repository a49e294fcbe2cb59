//! The commands that scripts and programs run again and again, read without making ready to read all the others: that
//! takes a tenth of the time of a `save`.

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::{Args, FromArgMatches};

use super::{Arguments, DiffArguments, Global, LogArguments, SaveArguments, SetArguments, ShowArguments};

/// Reads a command line that begins with one of these commands and has nothing wrong with it. Of any other, `None`:
/// whoever reads all commands knows what to say.
pub(super) fn read(words: &[OsString]) -> Option<Arguments> {
    let command = match words.get(1)?.to_str()? {
        "save" => SaveArguments::augment_args(clap::Command::new("save")),
        "show" => ShowArguments::augment_args(clap::Command::new("show")),
        "log" => LogArguments::augment_args(clap::Command::new("log")),
        "diff" => DiffArguments::augment_args(clap::Command::new("diff")),
        "set" => SetArguments::augment_args(clap::Command::new("set")),
        _ => return None,
    };
    let program = clap::Command::new("vconf").args_override_self(true);
    // The process ends before it would pay to give this back.
    let mut program = ManuallyDrop::new(Global::augment_args(program).subcommand(command));
    let matches = program.try_get_matches_from_mut(words).ok()?;
    Arguments::from_arg_matches(&matches).ok()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn a_frequent_command_is_read_as_among_all_others() {
        let lines = [
            "save",
            "save a.yaml b.yaml -m why --tag t --author me --expect 3 --format json",
            "save --json a.yaml --store s --color never",
            "save -m one -m two a.yaml",
            "save -- -a.yaml",
            "show a@3",
            "show a -r -1 --as json",
            "show a --record --as json",
            "log",
            "log a -n 3 --since 2d --author me -k db.pool --json",
            "log a -n x",
            "diff",
            "diff a @3 --text",
            "diff a @3 @5 --order strict --json-patch --color always",
            "diff --layout a b",
            "set a k v",
            "set a k -- -1",
            "set a k",
            "set a k v -m why --dry-run",
            "save --help",
            "save --no-such",
            "save -h",
            "status",
            "--json save a",
            "sav a",
            "",
        ];
        let mut read_here = 0;
        for line in lines {
            let words: Vec<OsString> =
                ["vconf"].into_iter().chain(line.split_whitespace()).map(OsString::from).collect();
            let among_all = Arguments::try_parse_from(&words).ok();
            if let Some(arguments) = read(&words) {
                assert_eq!(format!("{:?}", Some(arguments)), format!("{among_all:?}"), "{line}");
                read_here += 1;
            } else if among_all.is_some() {
                assert!(matches!(line, "" | "status" | "--json save a"), "{line}");
            }
        }
        assert!(read_here > 12, "{read_here}");
    }
}
