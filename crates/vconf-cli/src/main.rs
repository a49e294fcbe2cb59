//! The `vconf` command: arguments, one library call, rendering.

mod advice;
mod args;
mod commands;
mod git;
mod output;
mod render;
mod session;
mod signals;
mod spelled;
mod store;
mod target;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use vconf_advice::{failure, text};

use args::Arguments;
use failure::{Exit, Failure};
use session::Session;

fn main() -> ExitCode {
    let words = spelled::joined(std::env::args_os().collect());
    let arguments = match Arguments::read(&words) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, &words),
    };
    let mut session = match Session::new(&arguments.global) {
        Ok(session) => session,
        Err(failure) => {
            output::Output::new(&arguments.global).fail(&failure);
            return ExitCode::from(failure.exit as u8);
        }
    };
    let exit = match commands::run(arguments.command, &mut session) {
        Ok(exit) => exit,
        Err(failure) => {
            session.output.fail(&failure);
            failure.exit
        }
    };
    session.tell_mended();
    match session.output.finish() {
        // Whoever stops reading our output gets a quiet end.
        None => ExitCode::from(exit as u8),
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(exit as u8),
        Some(error) => {
            let failure: Failure = advice::io_failure("the output can't be written", &error);
            session.output.fail(&failure);
            ExitCode::from(failure.exit.max(exit) as u8)
        }
    }
}

/// Says what is wrong with the command line, or shows the help that was asked for.
fn usage(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let asks_for_json = words.iter().any(|word| word == "--json");
    if let Some(failure) = meant(error, words) {
        return tell(&failure, asks_for_json);
    }
    if !error.use_stderr() || !asks_for_json {
        // Where nobody reads it there is nobody to tell.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { Exit::Error } else { Exit::Ok } as u8);
    }
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or("wrong usage").trim_start_matches("error: ").to_owned();
    let failure = lines.fold(Failure::error(message), |failure, line| failure.detail(line));
    tell(&failure, asks_for_json)
}

/// Says what is wrong where the options could not be read.
fn tell(failure: &Failure, json: bool) -> ExitCode {
    let color = if json { args::When::Never } else { args::When::Auto };
    output::Output::new(&args::Global { store: None, json, color }).fail(failure);
    ExitCode::from(failure.exit as u8)
}

/// What is likely meant by a command line that can't be read.
fn meant(error: &clap::Error, words: &[OsString]) -> Option<Failure> {
    match error.kind() {
        ErrorKind::InvalidSubcommand => match error.get(ContextKind::InvalidSubcommand) {
            Some(ContextValue::String(word)) => {
                Some(commands::words::unknown_command(word, |near| format!("vconf {near} --help")))
            }
            _ => None,
        },
        ErrorKind::ValueValidation => {
            let context = |kind| match error.get(kind) {
                Some(ContextValue::String(text)) => text.as_str(),
                _ => "",
            };
            let (option, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
            let failure = |what: &str| Failure::error(format!("{value} is not {what}"));
            match option.split_whitespace().next()? {
                "--expect" => Some(
                    failure("the number of a version")
                        .detail("--expect takes that of the latest, such as 3, or 0 for none")
                        .help("vconf status"),
                ),
                "-n" => Some(failure("a number").detail("-n takes how many to list, such as 10")),
                "--keep-loose" => {
                    Some(failure("a number").detail("--keep-loose takes how many versions, such as 32"))
                }
                _ => None,
            }
        }
        ErrorKind::UnknownArgument => {
            let (command, file, word) = spelled::second_word(words)?;
            let is_of_two_words =
                matches!(&*command, "blame" | "log" | "pick" | "revert" | "rollback" | "show");
            // An option that is not there is told as such.
            let is_it =
                matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(it)) if *it == word);
            if !is_of_two_words || !is_it || file.contains('@') {
                return None;
            }
            let version = format!("{file}@{}", word.trim_start_matches('@'));
            Some(
                Failure::error(format!("{word} can't stand alone"))
                    .detail("a version is named after its file and an @")
                    .help(format!("vconf {command} {}", text::shell(&version))),
            )
        }
        _ => None,
    }
}
