//! The `vconf` command: arguments, one library call, rendering.

mod advice;
mod args;
mod commands;
mod failure;
mod output;
mod render;
mod session;
mod target;
mod text;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use args::Arguments;
use failure::{Exit, Failure};
use session::Session;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
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
fn usage(error: &clap::Error) -> ExitCode {
    let asks_for_json = std::env::args_os().any(|word| word == "--json");
    if !error.use_stderr() || !asks_for_json {
        // Where nobody reads it there is nobody to tell.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { Exit::Error } else { Exit::Ok } as u8);
    }
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or("wrong usage").trim_start_matches("error: ").to_owned();
    let failure = lines.fold(Failure::error(message), |failure, line| failure.detail(line));
    let global = args::Global { store: None, json: true, color: args::When::Never };
    output::Output::new(&global).fail(&failure);
    ExitCode::from(failure.exit as u8)
}
