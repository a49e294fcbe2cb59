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
    let arguments = Arguments::parse();
    let mut session = match Session::new(&arguments.global) {
        Ok(session) => session,
        Err(failure) => {
            let _ = output::Output::new(&arguments.global).fail(&failure);
            return ExitCode::from(failure.exit as u8);
        }
    };
    let outcome = commands::run(arguments.command, &mut session);
    finish(outcome, &mut session)
}

/// Ends with what a command came to. Whoever stops reading our output gets a quiet end.
fn finish(outcome: Result<Exit, commands::Stop>, session: &mut Session) -> ExitCode {
    let exit = match outcome {
        Ok(exit) => exit,
        Err(commands::Stop::Failure(failure)) => {
            let _ = session.output.fail(&failure);
            failure.exit
        }
        Err(commands::Stop::Output(error)) => return unwritten(&error, session),
    };
    match session.output.flush() {
        Ok(()) => ExitCode::from(exit as u8),
        Err(error) => unwritten(&error, session),
    }
}

fn unwritten(error: &io::Error, session: &mut Session) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExitCode::from(Exit::Ok as u8);
    }
    let failure: Failure = advice::io_failure("the output can't be written", error);
    let _ = session.output.fail(&failure);
    ExitCode::from(failure.exit as u8)
}
