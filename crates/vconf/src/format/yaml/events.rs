//! The YAML parser that is used, behind events of our own: the only file that knows it.

use std::borrow::Cow;

use granit_parser::{Parser, ScalarStyle, StructureStyle};

use crate::format::{MAX_DEPTH, MAX_SOURCE_BYTES};
use crate::model::tree::Span;

/// What comes next in a YAML stream.
pub(super) enum Event<'a> {
    /// A document begins.
    Document,
    /// A scalar after unfolding and unescaping.
    Scalar { text: Cow<'a, str>, style: Style, anchor: usize, tag: Option<Tag> },
    /// A list or a map begins.
    Begin { map: bool, flow: bool, anchor: usize, tag: Option<Tag> },
    /// The innermost list or map ends.
    End,
    /// The node with this anchor again. Anchors are numbered from 1; 0 is none.
    Alias(usize),
    /// A comment.
    Comment,
    /// Of no interest.
    Nothing,
}

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    /// Without quotes: the only kind that can be other than a string.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a block after `|` or `>`. The event's place is that of the content, without the header.
    Block,
}

/// A tag, with its handle resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Tag {
    /// `!` alone: not to be resolved.
    NonSpecific,
    /// A local tag, with its `!`, or a URI.
    Named(String),
}

/// Why the stream ends too early, and where in bytes.
pub(super) struct Stop {
    pub(super) at: usize,
    pub(super) message: String,
}

/// Reads the events of a stream with their places.
pub(super) fn events(source: &str) -> impl Iterator<Item = Result<(Event<'_>, Span), Stop>> {
    let options = granit_parser::options! {
        max_buffered_comment_events: MAX_SOURCE_BYTES,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    Parser::new_from_str_with_options(source, options).map(|next| match next {
        Ok((event, place)) => {
            let place = place.byte_range().unwrap_or_default();
            Ok((translate(event), Span::new(place.start, place.end.max(place.start))))
        }
        Err(error) => {
            let at = error.marker().byte_offset().unwrap_or_default();
            Err(Stop { at, message: error.kind().to_string() })
        }
    })
}

fn translate(event: granit_parser::Event<'_>) -> Event<'_> {
    match event {
        granit_parser::Event::DocumentStart(..) => Event::Document,
        granit_parser::Event::Scalar(text, style, anchor, tag) => {
            let style = match style {
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
            };
            Event::Scalar { text, style, anchor, tag: resolve(tag) }
        }
        granit_parser::Event::SequenceStart(style, anchor, tag) => {
            Event::Begin { map: false, flow: style == StructureStyle::Flow, anchor, tag: resolve(tag) }
        }
        granit_parser::Event::MappingStart(style, anchor, tag) => {
            Event::Begin { map: true, flow: style == StructureStyle::Flow, anchor, tag: resolve(tag) }
        }
        granit_parser::Event::SequenceEnd | granit_parser::Event::MappingEnd => Event::End,
        granit_parser::Event::Alias(anchor) => Event::Alias(anchor),
        granit_parser::Event::Comment(..) => Event::Comment,
        _ => Event::Nothing,
    }
}

fn resolve(tag: Option<Cow<'_, granit_parser::Tag>>) -> Option<Tag> {
    let tag = tag?;
    Some(match tag.parts() {
        ("", "!") => Tag::NonSpecific,
        (handle, suffix) => Tag::Named([handle, suffix].concat()),
    })
}
