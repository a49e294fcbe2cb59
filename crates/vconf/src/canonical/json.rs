//! Writing canonical JSON (RFC 8785).

use crate::model::number::{Decimal, shortest_double};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Tagged};

/// The canonical JSON of a tree. Nothing recurses, so any depth is well.
pub(super) fn of_tree(tree: &Tree) -> String {
    let mut out = String::with_capacity(tree.source().len());
    let mut open: Vec<Open> = Vec::new();
    begin(tree, tree.root(), &mut out, &mut open);
    while let Some(top) = open.last_mut() {
        let Some(&child) = top.children.get(top.next) else {
            let top = open.pop().expect("the last one was just looked at");
            out.push_str(top.close);
            continue;
        };
        if top.next > 0 {
            out.push(',');
        }
        top.next += 1;
        if let Some(key) = tree.key(child) {
            write_string(key, &mut out);
            out.push(':');
        }
        begin(tree, child, &mut out, &mut open);
    }
    out
}

/// A list or a map of which some children are written.
struct Open {
    children: Vec<NodeId>,
    next: usize,
    close: &'static str,
}

fn begin(tree: &Tree, id: NodeId, out: &mut String, open: &mut Vec<Open>) {
    let tagged = match tree.tag(id) {
        Some(tag) if tag != Tagged::LINES => {
            out.push_str("{\"$tag\":");
            write_string(tag, out);
            out.push_str(",\"$value\":");
            true
        }
        _ => false,
    };
    let close = match (tree.kind(id), tagged) {
        (Kind::List, false) => "]",
        (Kind::List, true) => "]}",
        (Kind::Map, false) => "}",
        (Kind::Map, true) => "}}",
        (kind, _) => {
            match kind {
                Kind::Bool => out.push_str(if tree.is_true(id) { "true" } else { "false" }),
                Kind::Number => write_number(tree.text(id), out),
                Kind::String => write_string(tree.text(id), out),
                _ => out.push_str("null"),
            }
            if tagged {
                out.push('}');
            }
            return;
        }
    };
    let mut children: Vec<_> = tree.children(id).collect();
    if tree.kind(id) == Kind::Map {
        let key = |&child: &NodeId| tree.key(child).expect("a map's children have keys");
        if children.iter().all(|child| key(child).is_ascii()) {
            children.sort_unstable_by_key(key);
        } else {
            children.sort_by(|a, b| key(a).encode_utf16().cmp(key(b).encode_utf16()));
        }
        out.push('{');
    } else {
        out.push('[');
    }
    open.push(Open { children, next: 0, close });
}

/// Writes a string in its one canonical spelling, quotes and all (RFC 8785, section 3.2.2.2).
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            b'\t' => "\\t",
            b'\n' => "\\n",
            0x0c => "\\f",
            b'\r' => "\\r",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[written..at]);
        written = at + 1;
        if short.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}

/// Writes a number canonically: as ECMAScript does (RFC 8785, section 3.2.2.3), with all digits where no double
/// stands for it.
pub fn write_number(text: &str, out: &mut String) {
    let Some(exact) = Decimal::parse(text) else {
        out.push_str("{\"$tag\":\"number\",\"$value\":");
        write_string(text, out);
        out.push('}');
        return;
    };
    let length = exact.digits.len() as i128;
    let is_integer = exact.point >= length;
    let shortest;
    let decimal = if !is_integer && length <= MOST_DIGITS_OF_A_DOUBLE {
        shortest = shortest_double(text.parse().expect("a JSON number is a Rust float literal"));
        match Decimal::parse(&shortest) {
            Some(nearest) if !nearest.digits.is_empty() => nearest,
            _ => exact,
        }
    } else {
        exact
    };
    write_decimal(&decimal, out);
}

/// Seventeen significant digits tell any two doubles apart: programs write doubles with so many, and no more.
const MOST_DIGITS_OF_A_DOUBLE: i128 = 17;

/// ECMAScript's `Number::toString` over exact digits.
fn write_decimal(decimal: &Decimal<'_>, out: &mut String) {
    let digits = &*decimal.digits;
    let (count, point) = (digits.len() as i128, decimal.point);
    if count == 0 {
        out.push('0');
        return;
    }
    if decimal.negative {
        out.push('-');
    }
    let zeros = |n: i128| "0".repeat(usize::try_from(n).expect("a plain number has at most 21 places"));
    if count <= point && point <= 21 {
        out.push_str(digits);
        out.push_str(&zeros(point - count));
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(usize::try_from(point).expect("within the digits"));
        out.push_str(&format!("{whole}.{fraction}"));
    } else if -6 < point && point <= 0 {
        out.push_str(&format!("0.{}{digits}", zeros(-point)));
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        out.push_str(&format!("{first}{dot}{rest}e{:+}", point - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::number::Number;
    use crate::model::value::Value;

    fn number(text: &str) -> String {
        let mut out = String::new();
        write_number(text, &mut out);
        out
    }

    #[test]
    fn doubles_are_written_as_in_rfc_8785() {
        for (text, expected) in [
            ("333333333.33333329", "333333333.3333333"),
            ("1E30", "1e+30"),
            ("4.50", "4.5"),
            ("2e-3", "0.002"),
            ("0.000000000000000000000000001", "1e-27"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("9007199254740992", "9007199254740992"),
            ("295147905179352830000", "295147905179352830000"),
            ("1e21", "1e+21"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1424953923781206.3", "1424953923781206.2"),
            ("1424953923781206.7", "1424953923781206.8"),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn what_no_double_holds_keeps_its_digits() {
        for (text, expected) in [
            ("9007199254740993", "9007199254740993"),
            ("12345678901234567890123", "1.2345678901234567890123e+22"),
            ("0.1000000000000000055", "0.1000000000000000055"),
            ("1e400", "1e+400"),
            ("1.5e-400", "1.5e-400"),
            ("NaN", "{\"$tag\":\"number\",\"$value\":\"NaN\"}"),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_are_sorted_by_utf_16_units_and_tags_are_kept() {
        let tagged = Tagged { tag: "!Ref".to_owned(), value: Value::from("x") };
        let value = Value::map([
            ("\u{fb33}", Value::Null),
            ("\u{1f600}", Value::Bool(true)),
            ("b", Value::Tagged(Box::new(tagged))),
            ("a\n", Value::list([Value::from(Number::from(1))])),
        ]);
        let tree = Tree::from_value(&value).unwrap();
        let expected =
            "{\"a\\n\":[1],\"b\":{\"$tag\":\"!Ref\",\"$value\":\"x\"},\"\u{1f600}\":true,\"\u{fb33}\":null}";
        assert_eq!(of_tree(&tree), expected);
    }
}
