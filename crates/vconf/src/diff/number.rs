//! Numbers as people wrote them.

use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

/// The text of a scalar, of a number as its source spells it: `0x1F` and not 31.
pub fn number_text(tree: &Tree, id: NodeId) -> &str {
    let spelled = tree.source().get(tree.span(id).range()).unwrap_or_default();
    if tree.kind(id) == Kind::Number && is_number(spelled) { spelled } else { tree.text(id) }
}

/// Whether a source text can be nothing but a number; an alias or a tag before it can.
fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-', '.']);
    text.len() <= 64
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_+-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, parse};

    #[test]
    fn only_a_plain_number_is_taken_from_the_source() {
        let tree = parse(Format::Yaml, "- 0x1F\n- &a 1_000\n- *a\n- !!int 12\n- -.5\n").unwrap();
        let texts: Vec<_> = tree.children(tree.root()).map(|item| number_text(&tree, item)).collect();
        assert_eq!(texts[0], "0x1F");
        assert!(texts.iter().all(|text| !text.contains(['*', '&', '!', ' '])), "{texts:?}");
    }
}
