//! Requests: each is made again where its answer broke off.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};
use vconf::backend::{Creation, MAX_RECORD_BYTES};

use crate::trouble::{Outcome, Trouble};

/// The client of an object store.
pub(super) type Client = Arc<dyn ObjectStore>;

/// Puts an object where none is, and once more where the answer does not tell what became of it.
pub(super) async fn create(client: &Client, key: &Path, payload: PutPayload) -> Result<Creation, Trouble> {
    let mut is_lost = false;
    let mut pauses = PAUSES.iter();
    loop {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let trouble = match client.put_opts(key, payload.clone(), options).await {
            Ok(_) => return Ok(Creation::Created),
            // S3 also says so where another is just about to create it, and may fail to.
            Err(Error::AlreadyExists { .. }) => match client.head(key).await {
                Ok(_) => return Ok(Creation::Taken),
                Err(Error::NotFound { source, .. }) => {
                    Trouble::new(Outcome::NotYet, io::Error::other(told(&*source)))
                }
                Err(error) => trouble(error, Outcome::NotYet),
            },
            Err(error) => trouble(error, Outcome::Unknown),
        };
        is_lost |= trouble.outcome == Outcome::Unknown;
        match (trouble.outcome, pauses.next()) {
            (Outcome::NotYet | Outcome::Unknown, Some(pause)) => tokio::time::sleep(*pause).await,
            _ if is_lost => return Err(Trouble { outcome: Outcome::Unknown, ..trouble }),
            _ => return Err(trouble),
        }
    }
}

/// Reads an object, or a part of it; `None` where there is none.
pub(super) async fn get(
    client: &Client,
    key: &Path,
    options: GetOptions,
) -> Result<Option<Vec<u8>>, Trouble> {
    let get_once = |client: Client, key: Path, options| async move {
        let found = match client.get_opts(&key, options).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(trouble(error, Outcome::NotYet)),
        };
        if found.range.end - found.range.start > MAX_RECORD_BYTES {
            return Err(Trouble::refused("it is longer than a record can be"));
        }
        let bytes = found.bytes().await.map_err(|error| trouble(error, Outcome::NotYet))?;
        Ok(Some(bytes.into()))
    };
    again(|| get_once(client.clone(), key.clone(), options.clone())).await
}

/// How long an object is; `None` where there is none.
pub(super) async fn size_of(client: &Client, key: &Path) -> Result<Option<u64>, Trouble> {
    let look = |client: Client, key: Path| async move {
        match client.head(&key).await {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(trouble(error, Outcome::NotYet)),
        }
    };
    again(|| look(client.clone(), key.clone())).await
}

/// The keys below another, from one on where one is given.
pub(super) async fn list(client: &Client, folder: &Path, after: Option<&Path>) -> Result<Vec<Path>, Trouble> {
    let list_once = |client: Client, folder: Path, after: Option<Path>| async move {
        let listed = match after {
            Some(after) => client.list_with_offset(Some(&folder), &after),
            None => client.list(Some(&folder)),
        };
        let keys = listed.map_ok(|found| found.location).try_collect().await;
        keys.map_err(|error| trouble(error, Outcome::NotYet))
    };
    again(|| list_once(client.clone(), folder.clone(), after.cloned())).await
}

/// The keys of the folders in another.
pub(super) async fn folders(client: &Client, folder: &Path) -> Result<Vec<Path>, Trouble> {
    let list_once = |client: Client, folder: Path| async move {
        let listed = client.list_with_delimiter(Some(&folder)).await;
        listed.map(|listed| listed.common_prefixes).map_err(|error| trouble(error, Outcome::NotYet))
    };
    again(|| list_once(client.clone(), folder.clone())).await
}

/// Takes an object away that may not be there.
pub(super) async fn delete(client: &Client, key: &Path) -> Result<(), Trouble> {
    let delete_once = |client: Client, key: Path| async move {
        match client.delete(&key).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(trouble(error, Outcome::NotYet)),
        }
    };
    again(|| delete_once(client.clone(), key.clone())).await
}

/// Asks for something that may be asked for again, some times where the answer broke off.
pub(super) async fn again<T, F: Future<Output = Result<T, Trouble>>>(
    ask: impl Fn() -> F,
) -> Result<T, Trouble> {
    for pause in PAUSES {
        match ask().await {
            Err(trouble) if trouble.outcome == Outcome::NotYet => tokio::time::sleep(pause).await,
            answer => return answer,
        }
    }
    ask().await
}

/// Whether a range has any byte of an object of some length.
pub(super) fn reaches(range: &GetRange, size_bytes: u64) -> bool {
    size_bytes > 0
        && match range {
            GetRange::Bounded(range) => range.start < size_bytes,
            GetRange::Offset(offset) => *offset < size_bytes,
            GetRange::Suffix(_) => true,
        }
}

/// What is known after an error: `lost` where it says nothing.
pub(super) fn trouble(error: Error, lost: Outcome) -> Trouble {
    let outcome = match &error {
        Error::Generic { .. } | Error::JoinError { .. } => lost,
        _ => Outcome::Refused,
    };
    Trouble::new(outcome, io::Error::other(told(&error)))
}

/// An error with its causes, on one line.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How long to wait before an object is put once more.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];
