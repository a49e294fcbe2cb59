//! Plain text: its lines, in order.

use std::sync::Arc;

use super::{Format, MAX_NODES, ParseError};
use crate::model::tree::{Span, Text, Tree, TreeBuilder};
use crate::model::value::Tagged;

/// Takes a text as the list of its lines, each with its line end, under [`Tagged::LINES`].
pub(super) fn parse(source: &Arc<String>) -> Result<Tree, ParseError> {
    let mut builder = TreeBuilder::over(Arc::clone(source));
    builder.tag(Tagged::LINES);
    builder.begin_list(0);
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        if builder.len() == MAX_NODES {
            return Err(ParseError::at(Format::Text, source, at, format!("more than {MAX_NODES} lines")));
        }
        let span = Span::new(at, at + line.len());
        builder.string(Text::Source(span), span);
        at += line.len();
    }
    builder.end(at);
    Ok(builder.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Value;

    #[test]
    fn lines_keep_their_ends() {
        for (source, lines) in [
            ("a\nb\r\n\nc", vec!["a\n", "b\r\n", "\n", "c"]),
            ("a\n", vec!["a\n"]),
            ("", vec![]),
            ("\n", vec!["\n"]),
        ] {
            let tree = parse(&Arc::new(source.to_owned())).unwrap();
            assert_eq!(tree.tag(tree.root()), Some(Tagged::LINES));
            assert_eq!(tree.to_value().unwrap().untagged(), &Value::list(lines));
        }
    }
}
