//! The statements of a TOML source: headers and entries, with the nodes that their keys stand for.

use std::collections::HashMap;
use std::ops::Range;

use ::toml::de::DeTable;
use toml_parser::lexer::TokenKind;

use crate::format::edit::layout::{line_start, with_own_comments};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

/// A header with its brackets, or a key with its value.
pub(super) struct Statement {
    /// Where its line begins.
    pub(super) line: usize,
    /// The parts of its key, as they are written.
    pub(super) keys: Vec<Range<usize>>,
    /// What they stand for, each with the index of its part: a list of tables and its item have the same.
    pub(super) nodes: Vec<(NodeId, usize)>,
    /// Past its last byte, before a comment.
    pub(super) end: usize,
    pub(super) is_header: bool,
}

impl Statement {
    /// The part of the key that stands for a node.
    pub(super) fn key_of(&self, node: NodeId) -> Option<Range<usize>> {
        let (_, index) = self.nodes.iter().find(|(known, _)| *known == node)?;
        self.keys.get(*index).cloned()
    }

    /// Whether it is the header of a table, or the entry whose value a node is.
    pub(super) fn is_of(&self, node: NodeId) -> bool {
        self.nodes.last().is_some_and(|(last, _)| *last == node)
    }
}

/// All statements of a source, in order.
pub(super) struct Statements {
    pub(super) list: Vec<Statement>,
    /// By the index of a node, which keys have a part for it.
    mentions: Vec<Vec<usize>>,
    /// Which of them are headers, each with the place where its section begins: with the comments right above.
    sections: Vec<(usize, usize)>,
    end: usize,
}

impl Statements {
    /// Reads them off a source, of which the tree was made and to which a line end may have been added. Linear.
    pub(super) fn of(tree: &Tree, source: &str) -> Self {
        let mut scan = Scan {
            tree,
            source,
            children: children(tree),
            open: HashMap::new(),
            table: vec![(tree.root(), 0)],
        };
        let mut list = Vec::new();
        let mut mentions = vec![Vec::new(); tree.len()];
        for (keys, is_header, is_list, end) in split(source) {
            let statement = scan.statement(keys, is_header, is_list, end);
            for (node, _) in &statement.nodes {
                mentions[node.index()].push(list.len());
            }
            list.push(statement);
        }
        let headers = list.iter().enumerate().filter(|(_, statement)| statement.is_header);
        let sections = headers
            .map(|(index, Statement { line, .. })| (index, with_own_comments(tree, *line, *line, 0)))
            .collect();
        Self { list, mentions, sections, end: source.len() }
    }

    /// The headers that have a part for a node.
    pub(super) fn headers(&self, node: NodeId) -> impl DoubleEndedIterator<Item = usize> {
        self.mentions[node.index()].iter().copied().filter(|&index| self.list[index].is_header)
    }

    /// The entries that have a part for a node.
    pub(super) fn entries(&self, node: NodeId) -> impl DoubleEndedIterator<Item = usize> {
        self.mentions[node.index()].iter().copied().filter(|&index| !self.list[index].is_header)
    }

    /// The header of a table.
    pub(super) fn header(&self, node: NodeId) -> Option<usize> {
        self.headers(node).find(|&index| self.list[index].is_of(node))
    }

    /// The entries below a header; those before all headers without one.
    pub(super) fn below(&self, header: Option<usize>) -> &[Statement] {
        let start = header.map_or(0, |header| header + 1);
        let length = self.list[start..].iter().take_while(|statement| !statement.is_header).count();
        &self.list[start..start + length]
    }

    /// Where the section of a header begins, with the comments right above it.
    pub(super) fn start(&self, header: usize) -> usize {
        let at = self.sections.partition_point(|(index, _)| *index < header);
        self.sections.get(at).map_or(self.end, |(_, start)| *start)
    }

    /// Where the section after that of a header begins; the first one without a header.
    pub(super) fn past(&self, header: Option<usize>) -> usize {
        let at = self.sections.partition_point(|(index, _)| Some(*index) <= header);
        self.sections.get(at).map_or(self.end, |(_, start)| *start)
    }
}

type Children<'a> = HashMap<(usize, &'a str), NodeId>;

fn children(tree: &Tree) -> Children<'_> {
    let all = (0..tree.len()).filter_map(|at| tree.at(at));
    let of = |node: NodeId| {
        tree.children(node).filter_map(move |child| Some(((node.index(), tree.key(child)?), child)))
    };
    all.flat_map(of).collect()
}

struct Scan<'a> {
    tree: &'a Tree,
    source: &'a str,
    children: Children<'a>,
    /// The item of each list of tables that is written.
    open: HashMap<NodeId, NodeId>,
    table: Vec<(NodeId, usize)>,
}

impl Scan<'_> {
    fn statement(
        &mut self,
        keys: Vec<Range<usize>>,
        is_header: bool,
        is_list: bool,
        end: usize,
    ) -> Statement {
        let mut node = match self.table.last() {
            Some((table, _)) if !is_header => Some(*table),
            _ => Some(self.tree.root()),
        };
        let mut nodes = Vec::with_capacity(keys.len());
        for (index, key) in keys.iter().enumerate() {
            let Some(child) = node.and_then(|node| self.child(node, &self.source[key.clone()])) else {
                break;
            };
            nodes.push((child, index));
            node = Some(child);
            if is_header && self.tree.kind(child) == Kind::List {
                let last = is_list && index + 1 == keys.len();
                let item = match self.open.get(&child) {
                    Some(&item) if last => self.tree.at(item.index() + self.tree.subtree_len(item)),
                    Some(&item) => Some(item),
                    None => self.tree.children(child).next(),
                };
                if let Some(item) = item {
                    self.open.insert(child, item);
                    nodes.push((item, index));
                }
                node = item;
            }
        }
        if is_header {
            self.table = nodes.last().copied().into_iter().collect();
        }
        let line = line_start(self.source, keys.first().map_or(end, |key| key.start));
        Statement { line, keys, nodes, end, is_header }
    }

    fn child(&self, node: NodeId, key: &str) -> Option<NodeId> {
        let find = |key: &str| self.children.get(&(node.index(), key)).copied();
        match key.as_bytes().first() {
            Some(b'\'') => find(key.trim_matches('\'')),
            Some(b'"') if key.contains('\\') => {
                let text = format!("{key}=0");
                let table = DeTable::parse(&text).ok()?;
                find(table.get_ref().keys().next()?.get_ref().as_ref())
            }
            Some(b'"') => find(&key[1..key.len() - 1]),
            _ => find(key),
        }
    }
}

/// The keys of each statement, whether it is a header, and of a list, and where it ends.
fn split(source: &str) -> Vec<(Vec<Range<usize>>, bool, bool, usize)> {
    let mut found = Vec::new();
    let mut keys: Vec<Range<usize>> = Vec::new();
    let (mut opened, mut depth, mut end, mut in_value) = (0, 0_usize, 0, false);
    for token in toml_parser::Source::new(source).lex() {
        let span = token.span().start()..token.span().end();
        match token.kind() {
            TokenKind::Newline | TokenKind::Eof if depth == 0 => {
                if !keys.is_empty() {
                    found.push((std::mem::take(&mut keys), opened > 0, opened > 1, end));
                }
                (opened, in_value) = (0, false);
                continue;
            }
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Newline => continue,
            TokenKind::Equals if depth == 0 => in_value = true,
            TokenKind::LeftSquareBracket if !in_value => opened += 1,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth += 1,
            TokenKind::RightSquareBracket if !in_value => {}
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => depth = depth.saturating_sub(1),
            TokenKind::Dot => {}
            _ if !in_value => keys.push(span.clone()),
            _ => {}
        }
        end = span.end;
    }
    found
}
