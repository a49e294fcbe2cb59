//! YAML 1.2: streams of documents, with the core schema.

mod block;
mod events;
mod key;
pub(super) mod print;
pub(super) mod schema;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use super::{Format, MAX_NODES, ParseError, place};
use crate::model::tree::{NodeId, Span, Text, Tree, TreeBuilder};
use crate::model::value::Tagged;
use events::{Event, Stop, Style, Tag};
use schema::Plain;

pub(super) use print::print;

/// How many nodes the aliases of a stream may add.
pub const MAX_ALIAS_NODES: usize = 1_000_000;

/// How many bytes of strings the aliases of a stream may repeat: 64 MiB.
pub const MAX_ALIAS_BYTES: usize = 64 << 20;

/// Parses a YAML stream: one document's content, or the list of several under [`Tagged::DOCUMENTS`].
///
/// Plain scalars are resolved by the core schema of YAML 1.2 (`on`, `no` and `y` are strings), and core tags are
/// applied; other tags are kept, resolved. A key is its scalar's text; a key that is a list or a map is its text in
/// JSON. Aliases become copies, up to [`MAX_ALIAS_NODES`] and [`MAX_ALIAS_BYTES`]; `<<` is a key like others.
pub(super) fn read(source: &Arc<String>) -> Result<Tree, ParseError> {
    match block::read(source) {
        Some(tree) => Ok(tree),
        None => read_any(source),
    }
}

/// Reads whatever YAML is.
fn read_any(source: &Arc<String>) -> Result<Tree, ParseError> {
    let mut loader = Loader {
        source,
        builder: TreeBuilder::over(Arc::clone(source)),
        open: Vec::new(),
        anchors: Vec::new(),
        last_end: 0,
        alias_nodes: 0,
        alias_bytes: 0,
    };
    loader.builder.tag(Tagged::DOCUMENTS);
    loader.builder.begin_list(0);
    for next in events::events(source) {
        let outcome = next.and_then(|(event, span)| loader.take(event, span));
        outcome.map_err(|stop| ParseError::at(Format::Yaml, source, stop.at, stop.message))?;
    }
    loader.builder.end(source.len());
    loader.builder.unwrap_root();
    Ok(loader.builder.finish())
}

/// Where the anchors and aliases of a stream are: where what an anchor is on begins (the anchor, where that is left out),
/// and where each alias is, with the anchor's place in the first list. Both rise. Linear.
pub(super) fn anchors(source: &str) -> (Vec<usize>, Vec<(usize, usize)>) {
    let (mut places, mut numbers, mut aliases) = (Vec::new(), std::collections::HashMap::new(), Vec::new());
    let mut before = 0;
    for (event, span) in events::events(source).map_while(Result::ok) {
        let (start, end) = (span.start as usize, span.end as usize);
        match event {
            Event::Scalar { anchor, .. } | Event::Begin { anchor, .. } if anchor != 0 => {
                numbers.insert(anchor, places.len());
                let is_left_out = matches!(event, Event::Scalar { .. }) && start == end;
                let found = source.get(before..start).filter(|_| is_left_out).and_then(anchor_in);
                places.push(found.map_or(start, |at| before + at));
            }
            Event::Alias(anchor) => {
                if let Some(&place) = numbers.get(&anchor) {
                    aliases.push((span.start as usize, place));
                }
            }
            _ => {}
        }
        before = before.max(end.min(source.len()));
    }
    (places, aliases)
}

/// Where an anchor begins in what has no other tokens but tags, and comments.
fn anchor_in(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = line.find(" #").unwrap_or(line.len());
        if let Some(at) = line[..end].find('&').filter(|_| !line.trim_start().starts_with('#')) {
            return Some(start + at);
        }
        start += line.len();
    }
    None
}

struct Loader<'a> {
    source: &'a str,
    builder: TreeBuilder,
    open: Vec<Open>,
    /// By number; number 0 is never used.
    anchors: Vec<Option<Anchor>>,
    /// Where the last scalar, alias or flow collection ends: there a block collection ends too.
    last_end: usize,
    alias_nodes: usize,
    alias_bytes: usize,
}

/// A list or map whose end has not come.
struct Open {
    node: NodeId,
    map: bool,
    flow: bool,
    /// Whether the map's next node is a key.
    key_next: bool,
    /// Whether it is itself a key of a map.
    is_key: bool,
    anchor: usize,
}

#[derive(Clone, Copy)]
enum Anchor {
    /// On a list or map that has not ended.
    Open,
    On(NodeId),
}

type Outcome = Result<(), Stop>;

impl Loader<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Outcome {
        if self.builder.len() >= MAX_NODES || self.builder.decoded_len() > Tree::MAX_TEXT_BYTES / 2 {
            return stop(span, "more content than is parsed");
        }
        match event {
            // Without `---` its place may already be that of what follows.
            Event::Document => {
                let marker =
                    self.source.split_at_checked(span.start as usize).is_some_and(|(before, after)| {
                        after.starts_with("---")
                            && (before.is_empty() || before.ends_with(['\n', '\r', '\u{feff}']))
                    });
                if marker {
                    self.last_end = span.end as usize;
                }
            }
            Event::Scalar { text, style, anchor, tag } => {
                let span = if style == Style::Block { self.block_span(span, &text) } else { span };
                self.scalar(text, style, anchor, tag, span)?;
                self.last_end = span.end as usize;
            }
            Event::Begin { map, flow, anchor, tag } => self.begin(map, flow, anchor, tag, span)?,
            Event::End => self.end(span)?,
            Event::Alias(anchor) => {
                self.alias(anchor, span)?;
                self.last_end = span.end as usize;
            }
            Event::Comment => self.builder.comment(span),
            Event::Nothing => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: Style,
        anchor: usize,
        tag: Option<Tag>,
        span: Span,
    ) -> Outcome {
        // A scalar that is left out comes as a text of its own.
        let text = if style == Style::Plain && span.is_empty() { Cow::Borrowed("") } else { text };
        let is_key = self.key_next();
        if !is_key || anchor != 0 {
            let node = self.builder.next_id();
            self.scalar_node(&text, style, tag, span)?;
            self.set_anchor(anchor, Anchor::On(node));
            if is_key {
                self.builder.cut(node);
            }
        }
        if is_key {
            let text = place(self.source, &text, span);
            self.builder.key(text, span);
        }
        self.node_done();
        Ok(())
    }

    fn scalar_node(&mut self, text: &str, style: Style, tag: Option<Tag>, span: Span) -> Outcome {
        let plain = match &tag {
            None if style == Style::Plain => schema::resolve(text),
            None | Some(Tag::NonSpecific) => Plain::String,
            Some(Tag::Named(tag)) => {
                let applied = match tag.strip_prefix(CORE) {
                    Some("str") => Some(Plain::String),
                    Some("null") => Some(schema::resolve(text)).filter(|plain| *plain == Plain::Null),
                    Some("bool") => {
                        Some(schema::resolve(text)).filter(|plain| matches!(plain, Plain::Bool(_)))
                    }
                    Some("int" | "float") => schema::number(text).map(Plain::Number),
                    _ => None,
                };
                if applied.is_none() {
                    self.tag(tag, span)?;
                }
                let untagged = if style == Style::Plain { schema::resolve(text) } else { Plain::String };
                applied.unwrap_or(untagged)
            }
        };
        match plain {
            Plain::Null => self.builder.null(span),
            Plain::Bool(value) => self.builder.bool(value, span),
            Plain::Number(number) => self.builder.number(place(self.source, &number, span), span),
            Plain::String => self.builder.string(place(self.source, text, span), span),
        }
        Ok(())
    }

    fn begin(&mut self, map: bool, flow: bool, anchor: usize, tag: Option<Tag>, span: Span) -> Outcome {
        let is_key = self.key_next();
        if let Some(Tag::Named(tag)) = tag
            && tag.strip_prefix(CORE) != Some(if map { "map" } else { "seq" })
        {
            self.tag(&tag, span)?;
        }
        let node = self.builder.next_id();
        let start = span.start as usize;
        if map {
            self.builder.begin_map(start);
        } else {
            self.builder.begin_list(if flow { start } else { self.first_dash(start) });
        }
        self.set_anchor(anchor, Anchor::Open);
        self.open.push(Open { node, map, flow, key_next: map, is_key, anchor });
        // An empty block collection ends where it begins.
        self.last_end = self.last_end.max(span.end as usize);
        Ok(())
    }

    /// Where a block list begins that the parser says is at `start`: that is past the dash where the list is the value
    /// of a key and not indented more than it.
    fn first_dash(&self, start: usize) -> usize {
        let is_value = self.open.last().is_some_and(|open| open.map && !open.key_next);
        let mut at = self.last_end.min(start);
        while let Some(line_end) = self.source[at..start].find('\n').filter(|_| is_value) {
            at += line_end + 1;
            let line = self.source[at..start].trim_start_matches(' ');
            if line.starts_with('-') {
                return start - line.len();
            }
        }
        start
    }

    fn end(&mut self, span: Span) -> Outcome {
        let Some(open) = self.open.pop() else { return Ok(()) };
        if open.flow {
            self.last_end = span.end as usize;
        }
        self.builder.end(self.last_end);
        self.set_anchor(open.anchor, Anchor::On(open.node));
        if open.is_key {
            let Some(text) = key::text(self.builder.so_far(), open.node) else {
                return stop(span, format!("a key longer than {} bytes", key::MAX_BYTES));
            };
            let place = self.builder.so_far().span(open.node);
            self.builder.cut(open.node);
            self.builder.key(Text::Decoded(&text), place);
        }
        self.node_done();
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Outcome {
        let node = match self.anchors.get(anchor).copied().flatten() {
            Some(Anchor::On(node)) => node,
            Some(Anchor::Open) => return stop(span, "an alias inside of what it stands for"),
            None => return stop(span, "an alias without an anchor"),
        };
        if self.key_next() {
            let Some(text) = key::text(self.builder.so_far(), node) else {
                return stop(span, format!("a key longer than {} bytes", key::MAX_BYTES));
            };
            self.alias_bytes += text.len();
            self.check_budget(span)?;
            self.builder.key(Text::Decoded(&text), span);
        } else {
            let tree = self.builder.so_far();
            let len = tree.subtree_len(node);
            self.alias_nodes += len;
            self.check_budget(span)?;
            let tree = self.builder.so_far();
            let ids = (node.index()..node.index() + len).filter_map(|at| tree.at(at));
            self.alias_bytes += ids.map(|id| tree.text(id).len()).sum::<usize>();
            self.check_budget(span)?;
            self.builder.copy(node, span);
        }
        self.node_done();
        Ok(())
    }

    fn check_budget(&self, span: Span) -> Outcome {
        if self.alias_nodes > MAX_ALIAS_NODES || self.alias_bytes > MAX_ALIAS_BYTES {
            return stop(span, "aliases that add up to more content than is parsed");
        }
        Ok(())
    }

    fn key_next(&self) -> bool {
        self.open.last().is_some_and(|open| open.key_next)
    }

    fn node_done(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.key_next = open.map && !open.key_next;
        }
    }

    fn set_anchor(&mut self, number: usize, anchor: Anchor) {
        if number > 0 {
            if self.anchors.len() <= number {
                self.anchors.resize(number + 1, None);
            }
            self.anchors[number] = Some(anchor);
        }
    }

    fn tag(&mut self, tag: &str, span: Span) -> Outcome {
        if !tag.starts_with('!') && !tag.contains(':') {
            return stop(span, "a tag that is neither local nor a URI");
        }
        self.builder.tag(tag);
        Ok(())
    }

    /// The place of a block scalar with its header, and without blank lines after it that it does not keep.
    fn block_span(&self, content: Span, text: &str) -> Span {
        let mut at = self.last_end.min(content.start as usize);
        let bytes = self.source.as_bytes();
        let ends_word = |byte: &u8| byte.is_ascii_whitespace();
        while at < content.start as usize {
            let rest = &bytes[at..content.start as usize];
            at += match rest[0] {
                b'|' | b'>' => break,
                b'#' => rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len()),
                b'!' | b'&' => rest.iter().position(ends_word).unwrap_or(rest.len()),
                _ => 1,
            };
        }
        let header = &self.source[at..content.start as usize];
        let line = header.split(['\n', '\r', '#']).next().unwrap_or_default();
        let mut block = &self.source[at..content.end as usize];
        let blank = |line: &str| !line.is_empty() && line.trim_matches([' ', '\t']).is_empty();
        let ends_blank = text.trim_end_matches('\n').rsplit('\n').next().is_some_and(blank);
        if line.contains('+') {
            // The parser goes on to what follows, over its indentation.
            if !ends_blank {
                block = block.trim_end_matches([' ', '\t']);
            }
        } else {
            block = block.trim_end_matches(['\n', '\r']);
            while !ends_blank && block.rsplit('\n').next().is_some_and(blank) {
                block = block.trim_end_matches([' ', '\t']).trim_end_matches(['\n', '\r']);
            }
        }
        let end = at + block.len();
        Span::new(at, end)
    }
}

/// Where the tags of YAML's own types begin.
const CORE: &str = "tag:yaml.org,2002:";

fn stop(span: Span, message: impl Into<String>) -> Outcome {
    Err(Stop { at: span.start as usize, message: message.into() })
}
