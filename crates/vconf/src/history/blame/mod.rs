//! Blame: which version last set each value of a version.

mod cache;

use std::collections::BTreeMap;

use super::error::Error;
use super::load::Loaded;
use super::state::State;
use crate::diff::{Options, origins};
use crate::format::{Document, Format};
use crate::model::name::ConfigName;
use crate::model::path::{Path, Step};
use crate::model::record::Version;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;
use crate::store::{Corruption, Store, StoreError};
use cache::Snapshots;

/// A version, and which version last set each of its values.
#[derive(Clone, Debug)]
pub struct Blame {
    /// The version.
    pub version: Version,
    /// Its content: values, or the lines of a text.
    pub document: Document,
    /// The versions that last set something of it, by their numbers; without those whose records are damaged.
    pub versions: BTreeMap<u64, Version>,
    /// Damaged versions on the way back: what they set is told of the version after them.
    pub damage: Vec<Corruption>,
    /// For each node the version that last set it.
    origins: Vec<u64>,
}

/// A value that holds no others, and the version that last set it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlamedValue {
    /// Where it is in the content.
    pub path: Path,
    /// The line of the source in which it begins, from 1.
    pub line: usize,
    /// The version that last set it.
    pub number: u64,
}

impl Store {
    /// Finds which version last set each value of a version, back along first parents.
    ///
    /// A version set what [`diff`](crate::diff::compare()) with its first parent tells as changed: a value that is there
    /// anew, is another, or has another key; not one whose spelling, comment or place in a list without order is
    /// another. What was brought back by a rollback was set by the rollback. Linear in the size of the versions on the
    /// way to one that is cached.
    ///
    /// # Errors
    ///
    /// [`Error::NoContent`] for bytes that are no text.
    pub fn blame(&self, state: &State, number: u64) -> Result<Blame, Error> {
        let options = self.options(&state.config);
        let mut snapshots = Snapshots::read(self, &state.config, &options);
        let Loaded { version, source } = self.load_number(&state.config, number)?;
        let loaded = Loaded { version, source };
        let document = loaded.document();
        if document.tree.is_none() {
            return Err(loaded.no_content());
        }
        let mut walk = Walk::new(self, state, &options, &document);
        walk.run(&loaded.version, &document, &snapshots)?;
        let Walk { origins, mut damage, steps, .. } = walk;
        if damage.is_empty() && steps >= cache::FEWEST_STEPS {
            snapshots.add(self, &state.config, &loaded.version, &origins);
        }
        let mut versions = BTreeMap::new();
        for &origin in &origins {
            if versions.contains_key(&origin) || damage.iter().any(|damage| damage.number == origin) {
                continue;
            }
            match self.header(&state.config, origin) {
                Ok(version) => drop(versions.insert(origin, version)),
                Err(StoreError::Corrupt(corruption)) => damage.push(*corruption),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Blame { version: loaded.version, document, versions, damage, origins })
    }
}

/// The way back from a version.
struct Walk<'a> {
    store: &'a Store,
    state: &'a State,
    options: &'a Options,
    /// The nodes that are not known to be set by a version yet, each with the node of the version that was reached.
    open: Vec<(u32, u32)>,
    /// For each node of the version that the way begins with the version that set it.
    origins: Vec<u64>,
    damage: Vec<Corruption>,
    steps: u64,
}

impl Store {
    /// Empties what is known of who set what: it may name versions that are no more.
    pub(super) fn empty_blame(&self, config: &ConfigName) -> Result<(), Error> {
        Snapshots::empty(self, config)
    }
}

impl<'a> Walk<'a> {
    fn new(store: &'a Store, state: &'a State, options: &'a Options, document: &Document) -> Self {
        let nodes = document.tree.as_ref().map_or(0, |tree| tree.len());
        let open = (0..nodes as u32).map(|node| (node, node)).collect();
        Self { store, state, options, open, origins: vec![0; nodes], damage: Vec::new(), steps: 0 }
    }

    fn run(&mut self, version: &Version, document: &Document, snapshots: &Snapshots) -> Result<(), Error> {
        let (mut newer, mut newer_document) = (version.clone(), document.clone());
        while !self.open.is_empty() {
            let nodes = newer_document.tree.as_ref().map_or(0, |tree| tree.len());
            if let Some(known) = snapshots.of(&newer).filter(|known| known.len() == nodes) {
                let (open, origins) = (std::mem::take(&mut self.open), &mut self.origins);
                open.iter().for_each(|&(node, at)| origins[node as usize] = known[at as usize]);
                break;
            }
            let Some(older) = self.parent(&newer)? else { break };
            self.steps += 1;
            if older.version.checksum == newer.checksum && older.version.format == newer.format {
                newer = older.version;
                continue;
            }
            let older_document = older.document();
            let (Some(old), Some(new)) = (&older_document.tree, &newer_document.tree) else { break };
            self.step(old, new, newer.number);
            (newer, newer_document) = (older.version, older_document);
        }
        for (node, _) in std::mem::take(&mut self.open) {
            self.origins[node as usize] = newer.number;
        }
        Ok(())
    }

    /// Follows what is open from a version to the one that it was made from.
    fn step(&mut self, old: &Tree, new: &Tree, number: u64) {
        let from = origins(old, new, self.options);
        let origins = &mut self.origins;
        self.open.retain_mut(|(node, at)| match from[*at as usize] {
            Some(before) => {
                *at = before;
                true
            }
            None => {
                origins[*node as usize] = number;
                false
            }
        });
    }

    /// The nearest version that one was made from and that can be read.
    fn parent(&mut self, version: &Version) -> Result<Option<Loaded>, Error> {
        let mut next = version.parents.first().copied();
        while let Some(number) = next {
            match self.store.load_number(&self.state.config, number) {
                Ok(loaded) => return Ok(Some(loaded)),
                Err(Error::Store(StoreError::Corrupt(corruption))) => {
                    next = match self.store.header(&self.state.config, number) {
                        Ok(version) => version.parents.first().copied(),
                        Err(_) => self.store.likely_parent(self.state, &corruption)?,
                    };
                    next = next.filter(|&parent| parent < number);
                    // What was forgotten on purpose is no damage.
                    if corruption.forgotten().is_none() {
                        self.damage.push(*corruption);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

impl Blame {
    /// The content.
    pub fn tree(&self) -> &Tree {
        self.document.tree.as_deref().expect("a version without content has no blame")
    }

    /// The version that last set a node. That of a list or map is the one that it came with.
    pub fn origin(&self, node: NodeId) -> u64 {
        self.origins[node.index()]
    }

    /// The values that hold no others, in the order of the content.
    pub fn values(&self) -> impl Iterator<Item = BlamedValue> {
        let tree = self.tree();
        let starts = line_starts(tree.source());
        let mut steps: Vec<Step> = Vec::new();
        // The lists and maps around: where each ends, and its next index.
        let mut around: Vec<(usize, usize)> = Vec::new();
        (0..tree.len()).filter_map(|at| tree.at(at)).filter_map(move |node| {
            let at = node.index();
            while around.last().is_some_and(|(end, _)| at >= *end) {
                around.pop();
            }
            steps.truncate(around.len().saturating_sub(1));
            if let Some((_, index)) = around.last_mut() {
                let index = std::mem::replace(index, *index + 1);
                steps.push(tree.key(node).map_or(Step::Index(index), |key| Step::Key(key.to_owned())));
            }
            if tree.subtree_len(node) > 1 {
                around.push((at + tree.subtree_len(node), 0));
                return None;
            }
            let line = line_at(&starts, start_of(tree, node));
            Some(BlamedValue { path: Path(steps.clone()), line, number: self.origin(node) })
        })
    }

    /// The lines of the source without their ends, each with the version that last set something in it; `None` where no
    /// value stands, as in a comment.
    pub fn lines(&self) -> Vec<(&str, Option<u64>)> {
        let tree = self.tree();
        let starts = line_starts(tree.source());
        let mut lines: Vec<_> = tree.source().split_terminator('\n').map(|line| (line, None)).collect();
        // The keys of lists and maps first: a value in the same line says more.
        for is_leaf in [false, true] {
            let mut set = vec![false; lines.len()];
            // What an alias repeats stands where its anchor does, before the alias, and is not set there.
            let (has_aliases, mut reached) = (self.document.format == Format::Yaml, 0);
            for node in (0..tree.len()).filter_map(|at| tree.at(at)) {
                let holds_others =
                    matches!(tree.kind(node), Kind::List | Kind::Map) && tree.subtree_len(node) > 1;
                let start = start_of(tree, node);
                if has_aliases && start < reached {
                    continue;
                }
                reached = start;
                let end = match (is_leaf, holds_others) {
                    (true, false) => (tree.span(node).end as usize).max(start + 1),
                    (false, true) if !tree.key_span(node).is_empty() => start + 1,
                    _ => continue,
                };
                let (first, last) = (line_at(&starts, start), line_at(&starts, end - 1));
                for at in first - 1..last.min(lines.len()) {
                    let newest = lines[at].1.filter(|_| set[at]).max(Some(self.origin(node)));
                    lines[at].1 = newest;
                    set[at] = true;
                }
            }
        }
        lines.iter_mut().for_each(|(line, _)| *line = line.strip_suffix('\r').unwrap_or(line));
        lines
    }
}

/// Where a node begins: with its key, where it has one.
fn start_of(tree: &Tree, node: NodeId) -> usize {
    let key = tree.key_span(node);
    let span = if tree.key(node).is_some() && !key.is_empty() { key } else { tree.span(node) };
    span.start as usize
}

fn line_starts(source: &str) -> Vec<usize> {
    let ends = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}

/// The line of a place, from 1.
fn line_at(starts: &[usize], at: usize) -> usize {
    starts.partition_point(|&start| start <= at).max(1)
}
