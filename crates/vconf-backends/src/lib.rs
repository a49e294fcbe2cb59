//! The engines that hold the histories of vconf for a team.
//!
//! Each implements [`Backend`], keeps its [contract](vconf::backend::contract), and is opened by its [address](Address):
//!
//! ```no_run
//! use vconf::store::Store;
//!
//! let address = "postgres://vconf@db.example.com/settings".parse::<vconf_backends::Address>()?;
//! if let Some(backend) = vconf_backends::open(&address)? {
//!     let store = Store::with_boxed(backend);
//!     println!("{:?}", store.configs()?);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trait is a blocking one; each engine has a small runtime of its own behind it, so that it may be called from
//! anywhere. What comes from the environment is [given](Address::with_environment) to it.

mod address;
mod bridge;
mod object;
mod postgres;
mod tls;
mod trouble;

pub use address::{Address, InvalidAddress, SCHEMES};
pub use object::ObjectBackend;
pub use postgres::Postgres;

use vconf::backend::{Backend, Folder, OpenError};

/// Opens the store at an address; `None` where there is none yet.
pub fn open(address: &Address) -> Result<Option<Box<dyn Backend>>, OpenError> {
    Ok(match address {
        Address::Folder(path) => Folder::open(path)?.map(boxed),
        Address::Postgres(url) => Postgres::open(url)?.map(boxed),
        Address::Objects { url, environment } => ObjectBackend::open(url, environment)?.map(boxed),
    })
}

/// Creates the store at an address, or opens the one that is there.
pub fn create(address: &Address) -> Result<Box<dyn Backend>, OpenError> {
    Ok(match address {
        Address::Folder(path) => boxed(Folder::create(path)?),
        Address::Postgres(url) => boxed(Postgres::create(url)?),
        Address::Objects { url, environment } => boxed(ObjectBackend::create(url, environment)?),
    })
}

fn boxed(backend: impl Backend + 'static) -> Box<dyn Backend> {
    Box::new(backend)
}
