//! The tables, as this version of the program makes and reads them. Only what PostgreSQL, CockroachDB and YugabyteDB share.

/// How the tables are laid out: what `layout` in the table `store` says.
pub(super) const LAYOUT: u32 = 1;

/// Makes the tables of layout 1. Each statement may be made again by whoever else is at it.
///
/// `config` is the config's name or, where that is too long for an index, what [`key`](super::key) makes of it.
pub(super) const CREATE: &str = "
CREATE TABLE IF NOT EXISTS store (
    what text PRIMARY KEY,
    value text NOT NULL
);
CREATE TABLE IF NOT EXISTS configs (
    config text PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE IF NOT EXISTS records (
    config text NOT NULL,
    log smallint NOT NULL,
    number bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (config, log, number)
);
CREATE TABLE IF NOT EXISTS notes (
    config text NOT NULL,
    log smallint NOT NULL,
    note bytea NOT NULL,
    PRIMARY KEY (config, log)
);
CREATE TABLE IF NOT EXISTS packs (
    config text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    generation bigint NOT NULL,
    size_bytes bigint NOT NULL,
    pieces bytea NOT NULL,
    PRIMARY KEY (config, first, last, generation)
);
CREATE TABLE IF NOT EXISTS pieces (
    pieces bytea NOT NULL,
    piece bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (pieces, piece)
);
";

/// What the store says of itself: read first, and the one thing that tells whether there is a store.
pub(super) const DESCRIBE: &str = "SELECT what, value FROM store";

/// Says it, unless it was said.
pub(super) const SAY: &str =
    "INSERT INTO store (what, value) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING what";

pub(super) const SETTINGS: &str = "SELECT value FROM store WHERE what = 'settings'";

/// The commit: a record is there from here on, or another one was.
pub(super) const CREATE_RECORD: &str = "INSERT INTO records (config, log, number, bytes) VALUES ($1, $2, $3, $4) \
    ON CONFLICT DO NOTHING RETURNING number";

/// The same for the first record of a config that this process writes.
pub(super) const CREATE_FIRST: &str = "WITH named AS \
    (INSERT INTO configs (config, name) VALUES ($1, $5) ON CONFLICT DO NOTHING RETURNING config) \
    INSERT INTO records (config, log, number, bytes) VALUES ($1, $2, $3, $4) \
    ON CONFLICT DO NOTHING RETURNING number";

pub(super) const READ: &str = "SELECT bytes FROM records WHERE config = $1 AND log = $2 AND number = $3";

pub(super) const READ_PREFIX: &str =
    "SELECT substring(bytes from 1 for $4) FROM records WHERE config = $1 AND log = $2 AND number = $3";

pub(super) const EXISTS: &str = "SELECT number FROM records WHERE config = $1 AND log = $2 AND number = $3";

pub(super) const LIST: &str = "SELECT number FROM records WHERE config = $1 AND log = $2 AND number > $3 \
    ORDER BY number LIMIT $4";

pub(super) const LAST: &str = "SELECT number FROM records WHERE config = $1 AND log = $2 AND number > $3 \
    AND number <= $4 ORDER BY number DESC LIMIT 1";

pub(super) const REMOVE: &str = "DELETE FROM records WHERE config = $1 AND log = $2 AND number = $3";

pub(super) const CONFIGS: &str = "SELECT name FROM configs AS c WHERE \
    EXISTS (SELECT 1 FROM records AS r WHERE r.config = c.config) OR \
    EXISTS (SELECT 1 FROM notes AS n WHERE n.config = c.config) OR \
    EXISTS (SELECT 1 FROM packs AS p WHERE p.config = c.config)";

pub(super) const NAME: &str =
    "INSERT INTO configs (config, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING config";

pub(super) const RECALL: &str = "SELECT note FROM notes WHERE config = $1 AND log = $2";

pub(super) const LIST_PACKS: &str =
    "SELECT first, last, generation FROM packs WHERE config = $1 ORDER BY first, last, generation";

pub(super) const PACKS_COVERING: &str = "SELECT first, last, generation FROM packs \
    WHERE config = $1 AND first <= $3 AND last >= $2 ORDER BY first, last, generation";

pub(super) const CREATE_PACK: &str = "INSERT INTO packs (config, first, last, generation, size_bytes, pieces) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING first";

pub(super) const CREATE_PIECE: &str = "INSERT INTO pieces (pieces, piece, bytes) VALUES ($1, $2, $3)";

pub(super) const FIND_PACK: &str = "SELECT size_bytes, pieces FROM packs \
    WHERE config = $1 AND first = $2 AND last = $3 AND generation = $4";

pub(super) const READ_PIECES: &str =
    "SELECT bytes FROM pieces WHERE pieces = $1 AND piece >= $2 AND piece <= $3 ORDER BY piece";

pub(super) const REMOVE_PACK: &str = "WITH gone AS (DELETE FROM packs \
    WHERE config = $1 AND first = $2 AND last = $3 AND generation = $4 RETURNING pieces) \
    DELETE FROM pieces WHERE pieces IN (SELECT pieces FROM gone)";
