//! `vconf completions` and `vconf man`: the command line about itself.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(crate) fn completions(shell: Shell, session: &mut Session) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "vconf", &mut script);
    session.output.bytes(&script);
    Ok(Exit::Ok)
}

pub(crate) fn man(command: Option<&str>, session: &mut Session) -> Result<Exit, Failure> {
    let mut whole = Arguments::command();
    whole.build();
    let page = match command {
        None => whole,
        Some(name) => match whole.find_subcommand(name) {
            Some(found) => found.clone().display_name(format!("vconf-{name}")),
            None => {
                return Err(super::words::unknown_command(name, |near| format!("vconf man {near}")));
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|error| crate::advice::io_failure("the page can't be made", &error))?;
    session.output.bytes(&text);
    Ok(Exit::Ok)
}
