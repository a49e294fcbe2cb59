//! `vconf serve`: a store, served over HTTP.

use std::ffi::OsStr;
use std::net::TcpListener;

use vconf::store::Store;
use vconf_server::{Options, Server, StartError, Tls};

use crate::advice::io_failure;
use crate::args::ServeArguments;
use crate::failure::{Exit, Failure};
use crate::session::{Session, open_failure};
use crate::store::Named;

pub(crate) fn run(arguments: &ServeArguments, session: &mut Session) -> Result<Exit, Failure> {
    check_exposure(arguments)?;
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => {
            let [certificate, key] = [certificate, key].map(|file| session.folder.join(file));
            Some(Tls::read(&certificate, &key).map_err(|error| start_failure(&error))?)
        }
        _ => None,
    };
    let store = session.here()?.store;
    let data = data_store(&store, arguments.server_data.as_deref(), session)?;
    let options = Options {
        allow_anonymous_loopback: arguments.allow_anonymous_loopback,
        hosts: arguments.host.clone(),
        max_body_bytes: (arguments.max_body as usize) << 20,
        requests_per_second: arguments.rate,
        max_connections: arguments.max_connections as usize,
    };
    allow_many_files();
    let server = Server::new(store, data, options).map_err(|error| start_failure(&error))?;
    let listener = TcpListener::bind(arguments.listen)
        .map_err(|error| io_failure(&format!("{} can't be listened on", arguments.listen), &error))?;
    let address = listener.local_addr().map_err(|error| io_failure("the server has no address", &error))?;
    if server.tokens().list().is_empty() && !arguments.allow_anonymous_loopback {
        session.output.talk("warning", "there is no token yet, so that nobody may do anything");
        session.output.talk("help", "vconf token create NAME --allow write");
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    session.output.text(&format!("{scheme}://{address}\n"));
    session.output.flush();
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    vconf_server::run(server, listener, tls).map_err(|error| start_failure(&error))?;
    Ok(Exit::Ok)
}

/// Refuses to send tokens over a network in the clear, unless that was asked for.
fn check_exposure(arguments: &ServeArguments) -> Result<(), Failure> {
    let is_local = arguments.listen.ip().is_loopback();
    if is_local || arguments.tls_cert.is_some() || arguments.insecure {
        return Ok(());
    }
    Err(Failure::error(format!(
        "{} is reached from other machines, and there is no certificate",
        arguments.listen
    ))
    .detail("tokens and configs would cross the network for all to read")
    .detail("--insecure says that something in front of it provides TLS")
    .help(format!("vconf serve --listen {} --tls-cert cert.pem --tls-key key.pem", arguments.listen)))
}

/// The store of a server's tokens and its audit log.
pub(super) fn data_store(store: &Store, named: Option<&OsStr>, session: &Session) -> Result<Store, Failure> {
    match (named, store.backend().folder()) {
        (Some(named), _) => Named::parse(named, &session.folder)?.create(),
        (None, Some(folder)) => Store::create(folder.join(DATA_FOLDER)).map_err(open_failure),
        (None, None) => {
            Err(Failure::error("where are the tokens and the audit log of the server to be kept?")
                .detail("this store is no folder that they could be in")
                .detail("several servers over one engine share them where they are in an engine too")
                .help("vconf serve --server-data STORE"))
        }
    }
}

/// What a server keeps, in the folder of the store that it serves.
const DATA_FOLDER: &str = "server";

fn start_failure(error: &StartError) -> Failure {
    Failure::error(error.to_string())
}

/// Lets the process have as many connections as it may.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where that is refused there are fewer.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
