//! `vconf show`: a version's exact bytes, or its content in another format.

use vconf::canonical;
use vconf::format::{self, Format};
use vconf::history::Loaded;

use super::OrAdvise;
use crate::args::{AsFormat, ShowArguments};
use crate::failure::{Exit, Failure};
use crate::render::facts;
use crate::session::Session;
use crate::target::Tracked;

pub(crate) fn run(arguments: &ShowArguments, session: &mut Session) -> Result<Exit, Failure> {
    let target = session.target(&arguments.target, arguments.revision.as_deref())?;
    let tracked = session.tracked(&target)?;
    let number = session.number(&tracked, target.revision.as_ref())?;
    let store = &tracked.worktree.store;
    let loaded = store.load_number(&tracked.config, number).or_advise(session)?;
    if arguments.record {
        let record = store.record_bytes(&tracked.config, number).or_advise(session)?;
        session.output.content(&record);
    } else if session.output.json {
        session.output.json(&facts::loaded(&loaded));
    } else if let Some(format) = arguments.format {
        let text = printed(&loaded, format, &tracked, session)?;
        session.output.content(text.as_bytes());
    } else {
        session.output.content(&loaded.source);
    }
    Ok(Exit::Ok)
}

fn printed(
    loaded: &Loaded,
    format: AsFormat,
    tracked: &Tracked,
    session: &Session,
) -> Result<String, Failure> {
    let number = loaded.version.number;
    let document = loaded.document();
    let Some(tree) = document.tree.filter(|_| loaded.is_structured()) else {
        return Err(loaded.no_content()).or_advise(session);
    };
    let format = match format {
        AsFormat::Canonical => return Ok(canonical::to_string(&tree)),
        AsFormat::Json => Format::Json,
        AsFormat::Yaml => Format::Yaml,
        AsFormat::Toml => Format::Toml,
    };
    let value = loaded.value().or_advise(session)?;
    format::print(format, &value).map_err(|error| {
        Failure::invalid(format!("version {number} of {} can't be written as {format}", tracked.config))
            .detail(error.to_string())
            .help(format!(
                "vconf show {} --as json",
                crate::text::shell(&format!("{}@{number}", tracked.file))
            ))
    })
}
