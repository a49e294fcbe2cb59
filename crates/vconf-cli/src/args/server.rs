//! What can be said to the commands of a server.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Who;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vconf token create ops --allow write          who may do what; the token is shown once
  vconf serve                                   on 127.0.0.1:7117, for programs on this machine with a token
  vconf serve --listen 0.0.0.0:7117 --tls-cert cert.pem --tls-key key.pem
  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:7117/api/v1/configs

What the server can be asked is in docs/API.md, and at /api/v1/openapi.json. It writes its log as JSON lines to the
standard error, and ends on SIGTERM once all that it was doing is done.")]
pub(crate) struct ServeArguments {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7117")]
    pub(crate) listen: SocketAddr,
    /// The certificate, with those that vouch for it (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Listen elsewhere than on this machine without TLS, for something else provides it
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Let whoever connects from this machine do everything without a token
    #[arg(long)]
    pub(crate) allow_anonymous_loopback: bool,
    /// A name under which it is called without a token, besides those of this machine
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// How many requests a second a token or an address may make; 0 for any number
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) rate: u32,
    /// How long a source may be, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) max_body: u32,
    /// How many connections there may be at once
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) max_connections: u32,
    /// The store of tokens and of the audit log; without it, the folder server in the store
    #[arg(long, value_name = "STORE")]
    pub(crate) server_data: Option<OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct TokenArguments {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
    /// The store of tokens and of the audit log; without it, the folder server in the store
    #[arg(long, value_name = "STORE", global = true)]
    pub(crate) server_data: Option<OsString>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TokenCommand {
    /// Create a token, and show it this once
    #[command(after_help = "\
A grant is ROLE, ROLE:CONFIGS or ROLE:CONFIGS@BRANCH. The roles are read, write and admin, each with what the one
before it may. CONFIGS is a name, a folder with its / at the end, the beginning of names with * at the end, or * for all.

Examples:
  vconf token create ops@example.com --allow admin
  vconf token create ci --allow write:deploy/ --allow read --expires 2027-01-01
  vconf token create staging-bot --allow write:app.yaml@staging")]
    Create {
        /// Whose it is: the author of what is written with it
        name: String,
        /// What it allows; several times for several grants
        #[arg(long, value_name = "GRANT", required = true)]
        allow: Vec<String>,
        /// Until when it counts: a day or a time
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        #[command(flatten)]
        who: Who,
    },
    /// List the tokens
    List,
    /// Take a token away: within a second it does not count any more
    Revoke {
        /// Its id, as vconf token list tells it
        id: String,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vconf follow app.yaml --server https://conf.example.com --to /etc/app.yaml -- systemctl reload app
  vconf follow app.yaml --server https://conf.example.com --to app.yaml --tag stable --once

The token is in VCONF_TOKEN, or in the file of --token-file. The command finds the file in VCONF_FILE, and the version
in VCONF_VERSION. While the server is away the file stays as it is, and what has changed since comes once it is back.
What somebody else wrote into the file is put aside beside it, unless it is a version of the config.")]
pub(crate) struct FollowArguments {
    /// The config, as the server names it
    #[arg(value_name = "CONFIG")]
    pub(crate) config: String,
    /// The server's address
    #[arg(long, value_name = "URL", env = "VCONF_SERVER", hide_env_values = true)]
    pub(crate) server: String,
    /// The file that is to be what the server has
    #[arg(long, value_name = "FILE")]
    pub(crate) to: String,
    /// Follow this branch; without it, the current one
    #[arg(long, value_name = "BRANCH", conflicts_with = "tag")]
    pub(crate) branch: Option<String>,
    /// Follow this tag, wherever it is moved
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    /// The file that holds the token
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificates to trust in place of those that the system trusts (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Write the file once and end
    #[arg(long)]
    pub(crate) once: bool,
    /// What to run after each change
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}
