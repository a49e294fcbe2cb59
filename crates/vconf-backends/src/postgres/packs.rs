//! Packs in a database: one row that says what a pack is, and its bytes in pieces.

use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::sync::Arc;

use deadpool_postgres::Object;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use vconf::backend::{BackendError, BackendErrorKind, Creation, Pack, PackName, Packs, Piece, WritePack};
use vconf::model::name::ConfigName;

use super::connect::{self, Value};
use super::{Postgres, column, key, number, schema, signed};
use crate::trouble::{Outcome, Trouble};

impl Packs for Postgres {
    /// All of it is one transaction, which goes back with its connection.
    fn create(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError> {
        let object = || self.describe(pack);
        let values = vec![Box::new(key(pack.config)) as Value, Box::new(pack.config.as_str().to_owned())];
        self.rows(schema::NAME, values).map_err(|trouble| trouble.failed(object()))?;
        if self.find(pack).map_err(|trouble| trouble.failed(object()))?.is_some() {
            return Ok(Creation::Taken);
        }
        let mut pieces = Pieces::new(self).map_err(|trouble| trouble.failed(object()))?;
        write(&mut pieces).and_then(|()| pieces.send()).map_err(|source| BackendError {
            kind: BackendErrorKind::Failed,
            object: object(),
            source,
        })?;
        pieces.finish(pack).map_err(|trouble| trouble.uncreated(object()))
    }

    fn read(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError> {
        self.read_piece(pack, piece).map_err(|trouble| trouble.failed(self.describe(pack)))
    }

    fn list(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        let rows = self.rows(schema::LIST_PACKS, vec![Box::new(key(config))]);
        rows.and_then(|rows| names(&rows))
            .map_err(|trouble| trouble.failed(format!("the packs of {config} in {}", self.place)))
    }

    fn covering(
        &self,
        config: &ConfigName,
        numbers: &RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        let values: Vec<Value> =
            vec![Box::new(key(config)), Box::new(signed(*numbers.start())), Box::new(signed(*numbers.end()))];
        self.rows(schema::PACKS_COVERING, values)
            .and_then(|rows| names(&rows))
            .map_err(|trouble| trouble.failed(format!("the packs of {config} in {}", self.place)))
    }

    fn remove(&self, pack: &Pack<'_>) -> Result<(), BackendError> {
        let removed = self.rows(schema::REMOVE_PACK, place_of(pack));
        removed.map(drop).map_err(|trouble| trouble.failed(self.describe(pack)))
    }

    fn describe(&self, pack: &Pack<'_>) -> String {
        let name = pack.name;
        let generation = match name.generation() {
            0 => String::new(),
            generation => format!(" as of r{generation}"),
        };
        format!("{} pack v{}-v{}{generation} in {}", pack.config, name.first(), name.last(), self.place)
    }
}

impl Postgres {
    /// How long a pack is, and what its pieces are found under.
    fn find(&self, pack: &Pack<'_>) -> Result<Option<(u64, Vec<u8>)>, Trouble> {
        let rows = self.rows(schema::FIND_PACK, place_of(pack))?;
        rows.first().map(|row| Ok((number(row, 0)?, column(row, 1)?))).transpose()
    }

    fn read_piece(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, Trouble> {
        let Some((pack_bytes, pieces)) = self.find(pack)? else { return Ok(None) };
        let (start, end) = match piece {
            Piece::At { offset, size_bytes } => {
                (offset.min(pack_bytes), offset.saturating_add(size_bytes as u64).min(pack_bytes))
            }
            Piece::Tail(size_bytes) => (pack_bytes.saturating_sub(size_bytes as u64), pack_bytes),
        };
        let mut bytes = Vec::new();
        if start == end {
            return Ok(Some(bytes));
        }
        let (first, last) = (start / PIECE_BYTES as u64, (end - 1) / PIECE_BYTES as u64);
        for piece in first..=last {
            let at = signed(piece);
            let values: Vec<Value> = vec![Box::new(pieces.clone()), Box::new(at), Box::new(at)];
            let rows = self.rows(schema::READ_PIECES, values)?;
            // Where it is gone, somebody has just removed the pack.
            let Some(row) = rows.first() else { return Ok(None) };
            let found: &[u8] = column(row, 0)?;
            let begins_at = piece * PIECE_BYTES as u64;
            let from =
                usize::try_from(start.saturating_sub(begins_at)).unwrap_or(usize::MAX).min(found.len());
            let to = usize::try_from(end - begins_at).unwrap_or(usize::MAX).min(found.len());
            bytes.extend_from_slice(&found[from..to]);
        }
        Ok(Some(bytes))
    }
}

/// The bytes of a new pack on their way, in a transaction that begins with the first of them: until then whoever writes
/// them may need the connection.
struct Pieces<'a> {
    engine: &'a Postgres,
    client: Option<Arc<Object>>,
    /// What the pieces are found under.
    name: Vec<u8>,
    next: i64,
    size_bytes: u64,
    /// What is not sent yet.
    rest: Vec<u8>,
}

impl<'a> Pieces<'a> {
    fn new(engine: &'a Postgres) -> Result<Self, Trouble> {
        let mut name = vec![0; 16];
        getrandom::fill(&mut name).map_err(|error| Trouble::refused(error.to_string()))?;
        Ok(Self { engine, client: None, name, next: 0, size_bytes: 0, rest: Vec::new() })
    }

    /// The connection of the transaction.
    fn client(&mut self) -> Result<Arc<Object>, Trouble> {
        if let Some(client) = &self.client {
            return Ok(Arc::clone(client));
        }
        let pool = self.engine.pool.clone();
        let client = self.engine.wait(async move {
            let client = connect::client(&pool).await?;
            client.batch_execute("BEGIN").await.map_err(|error| connect::trouble(&error, Outcome::NotYet))?;
            Ok(client)
        })?;
        Ok(Arc::clone(self.client.insert(Arc::new(client))))
    }

    fn rows(&mut self, statement: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Trouble> {
        let client = self.client()?;
        self.engine.wait(async move {
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as _).collect();
            client.query(statement, &values).await.map_err(|error| connect::trouble(&error, Outcome::NotYet))
        })
    }

    /// Sends what is there as a piece.
    fn send(&mut self) -> io::Result<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.rest);
        let values: Vec<Value> = vec![Box::new(self.name.clone()), Box::new(self.next), Box::new(piece)];
        self.rows(schema::CREATE_PIECE, values).map_err(|trouble| trouble.source)?;
        self.next += 1;
        Ok(())
    }

    /// Says what the pieces are, and commits.
    fn finish(mut self, pack: &Pack<'_>) -> Result<Creation, Trouble> {
        let mut values = place_of(pack);
        values.push(Box::new(signed(self.size_bytes)));
        values.push(Box::new(self.name.clone()));
        if self.rows(schema::CREATE_PACK, values)?.is_empty() {
            // What was begun ends with the connection.
            return Ok(Creation::Taken);
        }
        let client = self.client()?;
        self.engine.wait(async move {
            client.batch_execute("COMMIT").await.map_err(|error| connect::trouble(&error, Outcome::Unknown))
        })?;
        // It goes back to the others.
        self.client = None;
        Ok(Creation::Created)
    }
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE_BYTES - self.rest.len());
        self.rest.extend_from_slice(&bytes[..taken]);
        self.size_bytes += taken as u64;
        if self.rest.len() == PIECE_BYTES {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pieces<'_> {
    fn drop(&mut self) {
        // Without its connection the transaction is taken back.
        if let Some(client) = self.client.take().and_then(Arc::into_inner) {
            drop(Object::take(client));
        }
    }
}

fn place_of(pack: &Pack<'_>) -> Vec<Value> {
    let name = pack.name;
    let numbers = [name.first(), name.last(), name.generation()].map(signed);
    let mut values: Vec<Value> = vec![Box::new(key(pack.config))];
    values.extend(numbers.map(|number| Box::new(number) as Value));
    values
}

fn names(rows: &[Row]) -> Result<Vec<PackName>, Trouble> {
    let mut names = Vec::new();
    for row in rows {
        // What is no name was not put there by us.
        names.extend(PackName::new(number(row, 0)?, number(row, 1)?, number(row, 2)?));
    }
    Ok(names)
}

/// How long a piece is, but for the last of a pack: short enough for what has limits on rows.
const PIECE_BYTES: usize = 1 << 20;
