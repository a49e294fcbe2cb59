//! The one promise that an object store must keep: of many who want to create one object, one does.
//!
//! Some that call themselves compatible with S3 pass over `If-None-Match`, or look first and write then. So many want to
//! create one object at once here, before anything is kept there.

use futures_util::future::join_all;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use super::request::{Client, trouble};
use crate::trouble::{Outcome, Trouble};

/// What a store may be found to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// Each time one won, and its bytes were there.
    OneWinner,
    /// This many won one race.
    Winners(usize),
    /// Other bytes than those of the winner were there.
    OtherBytes,
}

/// Lets writers race for objects below a key, which are taken away again.
pub(super) async fn race(client: &Client, below: &Path) -> Result<Found, Trouble> {
    for round in 0..ROUNDS {
        let key = below.clone().join(format!("{round}"));
        let found = race_once(client, &key).await;
        // What is left there does no harm.
        let _ = client.delete(&key).await;
        match found? {
            Found::OneWinner => {}
            found => return Ok(found),
        }
    }
    Ok(Found::OneWinner)
}

async fn race_once(client: &Client, key: &Path) -> Result<Found, Trouble> {
    let put = |writer: usize| async move {
        // Of a length that takes some packets, so that the writers meet.
        let bytes = format!("{writer:04} ").repeat(4096).into_bytes();
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let outcome = client.put_opts(key, PutPayload::from(bytes.clone()), options).await;
        (bytes, outcome)
    };
    let (mut winners, mut unknown) = (Vec::new(), Vec::new());
    for (bytes, outcome) in join_all((0..WRITERS).map(put)).await {
        match outcome {
            Ok(_) => winners.push(bytes),
            Err(Error::AlreadyExists { .. }) => {}
            Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
                return Err(Trouble::refused("it has no way to create only what is not there"));
            }
            Err(
                error @ (Error::PermissionDenied { .. }
                | Error::Unauthenticated { .. }
                | Error::NotFound { .. }),
            ) => {
                return Err(trouble(error, Outcome::NotYet));
            }
            Err(_) => unknown.push(bytes),
        }
    }
    // One who comes late is a racer, too.
    if let (bytes, Ok(_)) = put(WRITERS).await {
        winners.push(bytes);
    }
    let there = client.get(key).await.map_err(|error| trouble(error, Outcome::NotYet))?;
    let there = there.bytes().await.map_err(|error| trouble(error, Outcome::NotYet))?;
    Ok(match &winners[..] {
        [winner] if **winner == there => Found::OneWinner,
        // The answer to the winner was lost, or came to a second try of its client's.
        [] if unknown.iter().any(|bytes| *bytes == there) || there.len() == WRITER_BYTES => Found::OneWinner,
        [] | [_] => Found::OtherBytes,
        winners => Found::Winners(winners.len()),
    })
}

/// How many writers race.
pub(super) const WRITERS: usize = 16;

/// For how many objects.
pub(super) const ROUNDS: usize = 8;

/// How long the bytes of each are.
const WRITER_BYTES: usize = 5 * 4096;
