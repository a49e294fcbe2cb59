//! The versions of a config one after the other, by what each differs in: from the index as far as it reaches, then
//! from the records, which are added to it.

use super::segment::{Anchor, Entry, HEADER_BYTES, Malformed, Segment, Writer, body_len};
use super::view::View;
use crate::backend::{CachePlace, Log};
use crate::history::error::Error;
use crate::model::name::ConfigName;
use crate::model::record::Version;
use crate::store::{Corruption, Flaw, Problem, Store, StoreError};

/// Whether the index may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::history) enum Trust {
    /// As far as it fits the records.
    Index,
    /// Not at all: it is made anew.
    Records,
}

/// How a feed ended.
pub(in crate::history) enum Fed {
    /// All versions were told; with the damage that was met.
    Whole(Vec<Corruption>),
    /// The index is not of these records, so that what was told is worth nothing.
    Stale,
}

impl Store {
    /// Tells the versions of a config up to a number, ascending.
    ///
    /// Linear in what the versions differ in as far as the index reaches, and in the size of the later versions. The
    /// index is read and written in pieces, so that memory does not grow with the versions.
    pub(in crate::history) fn feed(
        &self,
        config: &ConfigName,
        newest: u64,
        view: View,
        trust: Trust,
        tell: &mut dyn FnMut(Entry<'_>) -> Result<(), Error>,
    ) -> Result<Fed, Error> {
        let mut feed = Feed {
            store: self,
            config,
            view,
            newest,
            tell,
            covered: 0,
            end: Anchor::NONE,
            keeps: true,
            unreadable: Vec::new(),
            damage: Vec::new(),
        };
        if trust == Trust::Index && (!feed.read_index()? || !feed.fits()?) {
            return Ok(Fed::Stale);
        }
        if !feed.read_records()? {
            return Ok(Fed::Stale);
        }
        Ok(Fed::Whole(feed.damage))
    }
}

struct Feed<'a> {
    store: &'a Store,
    config: &'a ConfigName,
    view: View,
    newest: u64,
    tell: &'a mut dyn FnMut(Entry<'_>) -> Result<(), Error>,
    /// All versions up to this one were told.
    covered: u64,
    /// The last readable one of them.
    end: Anchor,
    /// Whether what is new is added to the index.
    keeps: bool,
    /// The runs that the index has as unreadable.
    unreadable: Vec<(u64, u64)>,
    damage: Vec<Corruption>,
}

impl Feed<'_> {
    /// Tells what the index holds; whether it is whole. Failing to read it is as good as not having one.
    fn read_index(&mut self) -> Result<bool, Error> {
        let (mut offset, mut wanted) = (0, PIECE_BYTES);
        loop {
            let read = self.store.cached(self.config, self.view.name(), offset, wanted);
            let piece = read.ok().flatten().unwrap_or_default();
            if piece.is_empty() {
                return Ok(true);
            }
            let mut at = 0;
            while let Some(segment) =
                body_len(&piece[at..]).and_then(|end| piece[at..].get(..HEADER_BYTES + end))
            {
                if !self.tell_segment(segment)? {
                    return Ok(false);
                }
                at += segment.len();
            }
            offset += at as u64;
            wanted = match body_len(&piece[at..]) {
                _ if at > 0 => PIECE_BYTES,
                Some(length) if HEADER_BYTES + length > wanted => HEADER_BYTES + length,
                _ => return Ok(false),
            };
        }
    }

    /// Tells one segment of the index; whether it is one that goes on from here.
    fn tell_segment(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        let Some(mut segment) = Segment::read(bytes) else { return Ok(false) };
        if segment.last <= self.covered {
            // Another process added the same.
            return Ok(true);
        }
        if segment.first != self.covered + 1 || segment.base != self.end || segment.last > self.newest {
            return Ok(false);
        }
        loop {
            match segment.next() {
                Ok(Some(entry)) => {
                    if let Entry::Unreadable { first, last } = entry {
                        self.unreadable.push((first, last));
                    }
                    (self.tell)(entry)?;
                }
                Ok(None) => break,
                Err(Malformed) => return Ok(false),
            }
        }
        (self.covered, self.end) = (segment.last, segment.end);
        Ok(true)
    }

    /// Whether the records are those that the index was made of: the last that it knows has the seal, and so all
    /// before it, and what could not be read still can't.
    fn fits(&mut self) -> Result<bool, Error> {
        if self.end != Anchor::NONE {
            match self.store.header(self.config, self.end.number) {
                Ok(version) if version.seal == self.end.seal => {}
                Ok(_) | Err(StoreError::Corrupt(_)) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        for (first, last) in std::mem::take(&mut self.unreadable) {
            let Err(damage) = self.read(first)? else { return Ok(false) };
            if first != last && self.read(last)?.is_ok() {
                return Ok(false);
            }
            if damage.forgotten().is_none() {
                self.damage.push(of_run(*damage, first, last));
            }
        }
        Ok(true)
    }

    /// Tells what the index does not reach, and adds it to it where that is worth it; whether it can go on from there.
    fn read_records(&mut self) -> Result<bool, Error> {
        let (mut text, mut checksum) = (String::new(), None);
        if self.end != Anchor::NONE && self.covered < self.newest {
            match self.read(self.end.number)? {
                Ok((version, source)) => {
                    checksum = Some(version.checksum);
                    text = self.view.text(&version, source);
                }
                // The index ends with lines that can't be known any more.
                Err(_) => return Ok(false),
            }
        }
        let mut writer = Writer::new(self.covered + 1, self.end);
        let mut listed = None;
        while writer.next <= self.newest {
            let number = writer.next;
            match self.read(number)? {
                Ok((version, _)) if checksum == Some(version.checksum) => {
                    writer.version(&version, &text, &text)
                }
                Ok((version, source)) => {
                    checksum = Some(version.checksum);
                    let new = self.view.text(&version, source);
                    writer.version(&version, &text, &new);
                    text = new;
                }
                Err(damage) => {
                    let last = match &damage.flaw.problem {
                        Problem::Missing => self.missing_until(number, &mut listed)?,
                        Problem::Forgotten(gap) => gap.versions.last.min(self.newest),
                        _ => number,
                    };
                    writer.unreadable(last);
                    // What was forgotten on purpose is no damage.
                    if damage.forgotten().is_none() {
                        self.damage.push(of_run(*damage, number, last));
                    }
                }
            }
            if writer.len() >= SEGMENT_BYTES || writer.next > self.newest {
                self.finish(&mut writer)?;
            }
        }
        Ok(true)
    }

    /// Ends a segment: tells it, and adds it to the index where reading its records again would take longer.
    fn finish(&mut self, writer: &mut Writer) -> Result<(), Error> {
        let is_first = writer.base == Anchor::NONE && self.covered == 0;
        let is_kept = self.keeps && writer.count() >= FEWEST_KEPT;
        let bytes = writer.finish();
        let mut segment = Segment::read(&bytes).expect("it was written just now");
        while let Some(entry) = segment.next().expect("it was written just now") {
            (self.tell)(entry)?;
        }
        self.covered = segment.last;
        // Without an index all goes on, slower; one that ends early may be added to later.
        let place = if is_first { CachePlace::Instead } else { CachePlace::After };
        self.keeps =
            is_kept && self.store.cache(self.config, self.view.name(), &bytes, place).unwrap_or(false);
        Ok(())
    }

    fn read(&self, number: u64) -> Result<Readable, Error> {
        match self.store.version(self.config, number) {
            Ok(read) => Ok(Ok(read)),
            Err(StoreError::Corrupt(damage)) => Ok(Err(damage)),
            Err(error) => Err(error.into()),
        }
    }

    /// The last of the missing versions that a number begins.
    fn missing_until(&self, number: u64, listed: &mut Option<Vec<u64>>) -> Result<u64, Error> {
        let there = match listed.take() {
            Some(there) => there,
            None => self.store.listed(self.config, Log::Versions)?,
        };
        let next = there[there.partition_point(|&there| there <= number)..].first().copied();
        *listed = Some(there);
        Ok(next.map_or(self.newest, |next| (next - 1).min(self.newest)))
    }
}

/// A version and its source, or the damage for which they can't be read.
type Readable = Result<(Version, Vec<u8>), Box<Corruption>>;

/// The damage of a run of versions that are missing.
fn of_run(damage: Corruption, first: u64, last: u64) -> Corruption {
    if first == last {
        return damage;
    }
    let flaw = Flaw { line: None, problem: Problem::MissingRange { first, last } };
    Corruption { flaw, ..damage }
}

/// How much of the index is read at once.
const PIECE_BYTES: usize = 2 << 20;

/// A segment ends when it is longer.
const SEGMENT_BYTES: usize = 1 << 20;

/// Fewer new versions are read again the next time.
const FEWEST_KEPT: u64 = 16;
