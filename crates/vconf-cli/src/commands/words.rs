//! Words that are no command: which one is meant.

use clap::CommandFactory;
use vconf::model::lookup::nearest;

use crate::args::Arguments;
use crate::failure::Failure;

/// What people call things elsewhere, and how they are called here.
const KNOWN_ELSEWHERE: &[(&str, &str)] = &[
    ("add", "save"),
    ("annotate", "blame"),
    ("apply", "patch"),
    ("branches", "branch"),
    ("cat", "show"),
    ("checkin", "save"),
    ("checkout", "switch"),
    ("cherry-pick", "pick"),
    ("ci", "save"),
    ("co", "switch"),
    ("commit", "save"),
    ("compact", "pack"),
    ("compare", "diff"),
    ("delete", "unset"),
    ("expire", "forget"),
    ("fsck", "check"),
    ("gc", "pack"),
    ("grep", "find"),
    ("history", "log"),
    ("list", "status"),
    ("ls", "status"),
    ("prune", "forget"),
    ("put", "set"),
    ("remove", "unset"),
    ("repack", "pack"),
    ("reset", "rollback"),
    ("restore", "rollback"),
    ("rm", "unset"),
    ("search", "find"),
    ("st", "status"),
    ("tags", "tag"),
    ("track", "save"),
    ("validate", "check"),
    ("verify", "check"),
    ("versions", "log"),
];

/// What to say of a word that is no command; `help` makes a command of the one that is meant.
pub(crate) fn unknown_command(word: &str, help: impl Fn(&str) -> String) -> Failure {
    let failure = Failure::error(format!("there is no command {word}"));
    if word == "init" {
        return failure.detail("it is not needed: the first save creates the store").help("vconf save FILE");
    }
    match meant(word) {
        Some(command) => failure.detail(format!("did you mean {command}?")).help(help(&command)),
        None => failure.help("vconf --help"),
    }
}

/// The command that a word stands for.
fn meant(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    if let Some((_, command)) = KNOWN_ELSEWHERE.iter().find(|(known, _)| *known == lower) {
        return Some((*command).to_owned());
    }
    let names: Vec<_> =
        Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    nearest(&lower, &names).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_from_elsewhere_leads_to_a_command_that_is_there() {
        let commands = Arguments::command();
        for (known, command) in KNOWN_ELSEWHERE {
            assert!(commands.find_subcommand(command).is_some(), "{command}");
            assert!(commands.find_subcommand(known).is_none(), "{known}");
        }
    }
}
