//! Versions that are a word of their own on the command line, `FILE @REV`: they are taken as `FILE@REV`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Command, CommandFactory};

use crate::args::Arguments;

/// The commands whose first word is a file with a version.
const WITH_VERSION: [&str; 9] = ["blame", "diff", "get", "log", "pick", "revert", "rollback", "show", "tag"];

/// The words of a command line, with a version that stands alone after its file put to it.
pub(crate) fn joined(words: Vec<OsString>) -> Vec<OsString> {
    if !words.iter().any(|word| word.as_encoded_bytes().starts_with(b"@")) {
        return words;
    }
    let whole = whole();
    let Some((_, positions)) = positions(&words, &whole) else { return words };
    let &[file, version, ..] = positions.as_slice() else { return words };
    let (Some(name), Some(text)) = (words[file].to_str(), words[version].to_str()) else { return words };
    let is_version = text.len() > 1 && text.starts_with('@') && !is_there(text);
    if !is_version || name.is_empty() || name == "-" || name.contains('@') && !is_there(name) {
        return words;
    }
    let both = OsString::from(format!("{name}{text}"));
    let mut joined = words;
    joined[file] = both;
    joined.remove(version);
    joined
}

/// The command, the file, and the word after it, where that may be meant as a version.
pub(crate) fn second_word(words: &[OsString]) -> Option<(String, String, String)> {
    let (command, positions) = positions(words, &whole())?;
    let word = |at: usize| words[*positions.get(at)?].to_str().map(str::to_owned);
    Some((command, word(0)?, word(1)?))
}

/// The command with all below it, which is put off otherwise.
fn whole() -> Command {
    let mut whole = Arguments::command();
    whole.build();
    whole
}

fn is_there(word: &str) -> bool {
    std::fs::symlink_metadata(Path::new(word)).is_ok()
}

/// Which command it is, and where its words stand that are no options; `None` for a command without versions.
fn positions(words: &[OsString], whole: &Command) -> Option<(String, Vec<usize>)> {
    let mut command: Option<&Command> = None;
    let mut positions = Vec::new();
    let mut at = 1;
    let mut only_words = false;
    while let Some(word) = words.get(at) {
        let text = word.to_string_lossy();
        if !only_words && text == "--" {
            only_words = true;
        } else if !only_words && text.len() > 1 && text.starts_with('-') {
            at += usize::from(takes_next(&text, command, whole));
        } else if command.is_none() {
            command = Some(whole.find_subcommand(OsStr::new(&*text))?);
        } else {
            positions.push(at);
        }
        at += 1;
    }
    let name = command?.get_name();
    WITH_VERSION.contains(&name).then(|| (name.to_owned(), positions))
}

/// Whether an option has its value in the next word.
fn takes_next(option: &str, command: Option<&Command>, whole: &Command) -> bool {
    let arguments = || command.into_iter().chain([whole]).flat_map(Command::get_arguments);
    let found = match option.strip_prefix("--") {
        Some(long) => arguments().find(|argument| argument.get_long() == Some(long)),
        None => {
            let mut letters = option.chars().skip(1);
            let letter = letters.next();
            // With more after the letter, that is its value, or other letters.
            match letters.next() {
                None => arguments().find(|argument| argument.get_short() == letter),
                Some(_) => None,
            }
        }
    };
    found.is_some_and(|argument| argument.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_alone_is_put_to_its_file_and_nothing_else_is() {
        for (given, expected) in [
            ("vconf rollback app.yaml @2", "vconf rollback app.yaml@2"),
            ("vconf log -n 3 app.yaml @2", "vconf log -n 3 app.yaml@2"),
            ("vconf log app.yaml -n 3 @2", "vconf log app.yaml@2 -n 3"),
            ("vconf --store s get app.yaml @stable db.pool", "vconf --store s get app.yaml@stable db.pool"),
            ("vconf diff app.yaml @2 @3", "vconf diff app.yaml@2 @3"),
            ("vconf diff app.yaml@2 @3", "vconf diff app.yaml@2 @3"),
            ("vconf show app.yaml --as json @2", "vconf show app.yaml@2 --as json"),
            ("vconf pick app.yaml --onto @staging", "vconf pick app.yaml --onto @staging"),
            ("vconf set app.yaml owner @ops", "vconf set app.yaml owner @ops"),
            ("vconf get app.yaml @", "vconf get app.yaml @"),
        ] {
            let words = given.split(' ').map(OsString::from).collect();
            let expected: Vec<_> = expected.split(' ').map(OsString::from).collect();
            assert_eq!(joined(words), expected, "{given}");
        }
    }
}
