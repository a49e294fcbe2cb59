//! `vconf follow`: a file, kept equal to a branch or a tag of a server.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use vconf::canonical;
use vconf::disk;
use vconf::history::Context;
use vconf::model::name::{ConfigName, RefName};
use vconf::model::value::Value;
use vconf::store::MAX_SOURCE_BYTES;
use vconf_server::{Client, ClientError, Fetched, Position};

use crate::advice::io_failure;
use crate::args::FollowArguments;
use crate::failure::{Exit, Failure};
use crate::render::style::Look;
use crate::session::Session;

pub(crate) fn run(arguments: &FollowArguments, session: &mut Session) -> Result<Exit, Failure> {
    let mut follower = Follower::new(arguments, session)?;
    if arguments.once {
        follower.catch_up(session).map_err(Stop::into_failure)?;
        return Ok(Exit::Ok);
    }
    let mut pause = SHORTEST_PAUSE;
    loop {
        match follower.step(session) {
            Ok(()) => pause = SHORTEST_PAUSE,
            Err(Stop::Server(error)) if error.is_passing() || follower.has_begun => {
                let told = format!("{error}; trying again in {:.1} s", pause.as_secs_f64());
                session.output.talk("warning", &told);
                std::thread::sleep(pause + jitter(pause));
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(stop) => return Err(stop.into_failure()),
        }
        if session.output.is_closed() {
            return Ok(Exit::Ok);
        }
    }
}

/// How long to wait before a server is asked again that did not answer, first and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long one request waits for something to happen; then the file is looked at again.
const WAIT_SECONDS: u64 = 30;

/// Some time more, so that all who follow do not come back at once.
fn jitter(pause: Duration) -> Duration {
    let nanos =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    pause.mul_f64(f64::from(nanos % 1000) / 2000.0)
}

/// Why there is nothing more to be done, for now or at all.
enum Stop {
    Server(ClientError),
    Failed(Failure),
}

impl Stop {
    fn into_failure(self) -> Failure {
        match self {
            Self::Server(ClientError::Refused { status, message, details }) => {
                let failure = details.into_iter().fold(Failure::error(message), Failure::detail);
                match status {
                    401 => failure
                        .detail("a token stands in VCONF_TOKEN, or in the file that --token-file names")
                        .help("vconf follow --help"),
                    _ => failure,
                }
            }
            Self::Server(error) => Failure::error(error.to_string()),
            Self::Failed(failure) => failure,
        }
    }
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        Self::Server(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

struct Follower {
    client: Client,
    config: ConfigName,
    revision: String,
    file: PathBuf,
    command: Vec<OsString>,
    /// Where the config stood when it was looked at last.
    position: Option<Position>,
    /// What the file holds since it was written or looked at last.
    known: Option<Fetched>,
    /// Whether the server has answered once: from then on whatever it says may pass.
    has_begun: bool,
}

impl Follower {
    fn new(arguments: &FollowArguments, session: &Session) -> Result<Self, Failure> {
        let named = |error: vconf::model::name::InvalidName| Failure::invalid(error.to_string());
        let revision = arguments.branch.as_ref().or(arguments.tag.as_ref());
        if let Some(name) = revision {
            RefName::new(name).map_err(named)?;
        }
        let token = match &arguments.token_file {
            Some(path) => Some(read_token(&session.folder.join(path))?),
            None => std::env::var("VCONF_TOKEN").ok().filter(|token| !token.is_empty()),
        };
        let certificates = arguments.ca.as_ref().map(|path| session.folder.join(path));
        let client = Client::new(&arguments.server, token.as_deref(), certificates.as_deref());
        let client = client.map_err(|error| {
            Failure::error(error.to_string())
                .help("vconf follow app.yaml --server https://host:7117 --to app.yaml")
        })?;
        Ok(Self {
            client,
            config: ConfigName::new(&arguments.config).map_err(named)?,
            revision: revision.cloned().unwrap_or_else(|| "latest".to_owned()),
            file: session.path(&arguments.to),
            command: arguments.command.clone(),
            position: None,
            known: None,
            has_begun: false,
        })
    }

    /// Waits until something has happened, and makes the file what it shall be.
    fn step(&mut self, session: &mut Session) -> Result<(), Stop> {
        // The position comes first: what happens after it is seen by the next wait, if not by this look.
        let position = self.client.wait(&self.config, self.position, WAIT_SECONDS)?;
        self.catch_up(session)?;
        self.position = Some(position);
        self.has_begun = true;
        Ok(())
    }

    fn catch_up(&mut self, session: &mut Session) -> Result<(), Stop> {
        let tag = self.known.as_ref().map(|known| known.tag.as_str());
        let fetched = match (self.client.fetch(&self.config, &self.revision, tag)?, self.known.take()) {
            (Some(fetched), _) | (None, Some(fetched)) => fetched,
            (None, None) => return Err(ClientError::NoServer.into()),
        };
        let failed =
            |error: &std::io::Error| io_failure(&format!("{} can't be read", self.file.display()), error);
        let there = disk::read_file(&self.file, MAX_SOURCE_BYTES).map_err(|error| failed(&error))?;
        let is_same = there.is_some_and(|there| there.bytes == fetched.source);
        if !is_same {
            self.write(&fetched, session)?;
            self.run_command(&fetched, session);
        }
        self.known = Some(fetched);
        Ok(())
    }

    /// Writes the file in one step. What stood there and is no version of the config stays beside it.
    fn write(&self, fetched: &Fetched, session: &mut Session) -> Result<(), Stop> {
        let shown = self.file.display();
        let failed = |error: &std::io::Error| io_failure(&format!("{shown} can't be written"), error);
        let nonce =
            Context::system(SystemTime::now()).map_err(|error| failed(&error))?.operation.id.to_string();
        let staged =
            disk::stage(&self.file, &fetched.source, fetched.mode, &nonce).map_err(|error| failed(&error))?;
        let displaced = staged.finish(MAX_SOURCE_BYTES).map_err(|unfinished| failed(&unfinished.source))?;
        let is_kept = match &displaced.bytes {
            None => true,
            Some(bytes) => {
                let checksum = canonical::checksum(bytes).to_string();
                self.client.has_version(&self.config, &checksum).unwrap_or(false)
            }
        };
        match displaced.kept_at() {
            Some(kept_at) if !is_kept => {
                // Under a name that people find. Where it can't have that, it stays where it is.
                let mut name = self.file.clone().into_os_string();
                name.push(format!(".displaced-{}", &nonce[..8]));
                let is_named = std::fs::rename(kept_at, &name).is_ok();
                let kept_at = if is_named { PathBuf::from(name) } else { kept_at.to_owned() };
                let what = format!("what {shown} held is no version of {}", self.config);
                session.output.talk("warning", &format!("{what}; it is in {}", kept_at.display()));
            }
            _ => displaced.discard(),
        }
        if session.output.json {
            session.output.json(&Value::map([
                ("config", Value::from(self.config.as_str())),
                ("version", Value::from(fetched.number)),
                ("branch", Value::from(fetched.branch.as_str())),
                ("file", Value::from(shown.to_string())),
            ]));
        } else {
            session.output.line(&[
                (Look::Heading, shown.to_string().as_str()),
                (Look::Moved, &format!("  @{}", fetched.number)),
                (Look::Plain, &format!(" of {}", self.config)),
            ]);
        }
        session.output.flush();
        Ok(())
    }

    /// Runs the command. How it ends is its own business: the file is what it shall be.
    fn run_command(&self, fetched: &Fetched, session: &mut Session) {
        let Some((program, words)) = self.command.split_first() else { return };
        let mut command = Command::new(program);
        command
            .args(words)
            .stdin(Stdio::null())
            .env("VCONF_FILE", &self.file)
            .env("VCONF_CONFIG", self.config.as_str())
            .env("VCONF_VERSION", fetched.number.to_string());
        let program = program.to_string_lossy();
        match command.status() {
            Ok(status) if status.success() => {}
            Ok(status) => session.output.talk("warning", &format!("{program} failed: {status}")),
            Err(error) => session.output.talk("warning", &format!("{program} can't be run: {error}")),
        }
    }
}

fn read_token(path: &std::path::Path) -> Result<String, Failure> {
    let failed = |error: &std::io::Error| io_failure(&format!("{} can't be read", path.display()), error);
    match disk::read_file(path, 4096) {
        Ok(Some(file)) => Ok(String::from_utf8_lossy(&file.bytes).trim().to_owned()),
        Ok(None) => Err(Failure::error(format!("there is no file {}", path.display()))
            .detail("it holds the token, on one line")
            .help("vconf token create NAME --allow read")),
        Err(error) => Err(failed(&error)),
    }
}
