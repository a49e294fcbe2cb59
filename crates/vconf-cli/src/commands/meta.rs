//! `vconf completions` and `vconf man`: the command line about itself.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Stop;
use crate::args::Arguments;
use crate::failure::{Exit, Failure};
use crate::session::Session;

pub(crate) fn completions(shell: Shell, session: &mut Session) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "vconf", &mut script);
    session.output.bytes(&script)?;
    Ok(Exit::Ok)
}

pub(crate) fn man(command: Option<&str>, session: &mut Session) -> Result<Exit, Stop> {
    let mut whole = Arguments::command();
    whole.build();
    let page = match command {
        None => whole,
        Some(name) => match whole.find_subcommand(name) {
            Some(found) => found.clone().display_name(format!("vconf-{name}")),
            None => {
                return Err(Failure::error(format!("there is no command {name}"))
                    .help("vconf --help")
                    .into());
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    session.output.bytes(&text)?;
    Ok(Exit::Ok)
}
