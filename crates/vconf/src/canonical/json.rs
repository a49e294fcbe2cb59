//! Writing canonical JSON (RFC 8785).

use super::string::write_string;
use crate::model::number::{Decimal, shortest_double};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Tagged};

/// The canonical JSON of a tree. Nothing recurses, so any depth is well.
pub(super) fn of_tree(tree: &Tree) -> String {
    let mut writer = Writer {
        tree,
        out: String::with_capacity(tree.source().len()),
        open: Vec::new(),
        children: Vec::new(),
        ranks: ranks(tree),
        keys: Keys::of(tree),
    };
    writer.begin(tree.root());
    while let Some(top) = writer.open.last_mut() {
        let at = top.next;
        top.next += 1;
        let is_first = at == top.first;
        match writer.children.get(at).copied() {
            Some(child) => writer.child(child, is_first),
            None => writer.end(),
        }
    }
    writer.out
}

struct Writer<'a> {
    tree: &'a Tree,
    out: String,
    open: Vec<Open>,
    /// The children of the open lists and maps, those of the innermost last.
    children: Vec<NodeId>,
    /// By the number of a key, its place in the order of all.
    ranks: Vec<u32>,
    keys: Keys,
}

/// The keys as they are written before their values, each once.
struct Keys {
    text: String,
    /// By the number of a key, where its text ends.
    ends: Vec<usize>,
}

impl Keys {
    fn of(tree: &Tree) -> Self {
        let mut text = String::new();
        let ends = tree
            .keys()
            .map(|key| {
                write_string(key, &mut text);
                text.push(':');
                text.len()
            })
            .collect();
        Self { text, ends }
    }

    fn get(&self, key: usize) -> &str {
        let start = key.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[key]]
    }
}

/// The place of each key in the order of UTF-16 code units (RFC 8785, section 3.2.3).
fn ranks(tree: &Tree) -> Vec<u32> {
    let keys: Vec<&str> = tree.keys().collect();
    let mut order: Vec<u32> = (0..keys.len() as u32).collect();
    let key = |at: &u32| keys[*at as usize];
    if keys.iter().all(|key| key.is_ascii()) {
        order.sort_unstable_by_key(key);
    } else {
        order.sort_by(|a, b| key(a).encode_utf16().cmp(key(b).encode_utf16()));
    }
    let mut ranks = vec![0; keys.len()];
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at as usize] = rank as u32;
    }
    ranks
}

/// A list or a map of which some children are written.
struct Open {
    /// Where its children begin.
    first: usize,
    next: usize,
    close: &'static str,
}

impl Writer<'_> {
    fn child(&mut self, child: NodeId, is_first: bool) {
        if !is_first {
            self.out.push(',');
        }
        if let Some(key) = self.tree.key_id(child) {
            self.out.push_str(self.keys.get(key.index()));
        }
        self.begin(child);
    }

    fn end(&mut self) {
        if let Some(top) = self.open.pop() {
            self.children.truncate(top.first);
            self.out.push_str(top.close);
        }
    }

    fn begin(&mut self, id: NodeId) {
        let Self { tree, out, .. } = self;
        let tagged = match tree.tag(id) {
            Some(tag) if tag != Tagged::LINES => {
                out.push_str("{\"$tag\":");
                write_string(tag, out);
                out.push_str(",\"$value\":");
                true
            }
            _ => false,
        };
        match tree.kind(id) {
            Kind::List => self.open(id, '[', if tagged { "]}" } else { "]" }),
            Kind::Map => self.open(id, '{', if tagged { "}}" } else { "}" }),
            kind => {
                match kind {
                    Kind::Bool => out.push_str(if tree.is_true(id) { "true" } else { "false" }),
                    Kind::Number => write_number(tree.text(id), out),
                    Kind::String => write_string(tree.text(id), out),
                    _ => out.push_str("null"),
                }
                if tagged {
                    out.push('}');
                }
            }
        }
    }

    fn open(&mut self, id: NodeId, mark: char, close: &'static str) {
        let tree = self.tree;
        let first = self.children.len();
        self.children.extend(tree.children(id));
        if tree.kind(id) == Kind::Map {
            let ranks = &self.ranks;
            let rank =
                |&child: &NodeId| ranks[tree.key_id(child).expect("a map's children have keys").index()];
            self.children[first..].sort_unstable_by_key(rank);
        }
        self.out.push(mark);
        self.open.push(Open { first, next: first, close });
    }
}

/// Writes a number canonically: as ECMAScript does (RFC 8785, section 3.2.2.3), with all digits where no double
/// stands for it.
pub fn write_number(text: &str, out: &mut String) {
    if is_canonical(text) {
        out.push_str(text);
    } else {
        write_spelled(text, out);
    }
}

/// Whether a number stands in its canonical spelling, as far as that can be told at a glance: up to 15 digits of a
/// decimal always are the shortest for some double.
fn is_canonical(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let is_number = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let Some(dot) = digits.iter().position(|&byte| byte == b'.') else {
        return is_number(digits) && digits.len() <= 15 && (digits[0] != b'0' || text == "0");
    };
    let (whole, fraction) = (&digits[..dot], &digits[dot + 1..]);
    is_number(whole)
        && is_number(fraction)
        && digits.len() <= 16
        && !fraction.ends_with(b"0")
        && match whole {
            b"0" => !fraction.starts_with(b"000000"),
            _ => whole[0] != b'0',
        }
}

fn write_spelled(text: &str, out: &mut String) {
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
    fn what_is_canonical_at_a_glance_is_what_the_long_way_writes() {
        let wholes = ["0", "-0", "1", "-1", "10", "123456789012345", "9007199254740991", "1234567890123456"];
        let fractions = [
            "",
            ".0",
            ".5",
            ".50",
            ".000001",
            ".0000001",
            ".0000010",
            ".1234",
            ".123456789012345",
            ".3333333333333333",
        ];
        let exponents = ["", "e0", "E5", "e-7", "e+21"];
        let mut at_a_glance = 0;
        for whole in wholes {
            for text in fractions.iter().flat_map(|f| exponents.map(|e| [whole, f, e].concat())) {
                let mut long = String::new();
                write_spelled(&text, &mut long);
                assert_eq!(number(&text), long, "{text}");
                at_a_glance += usize::from(is_canonical(&text));
            }
        }
        assert!(at_a_glance > 20, "{at_a_glance}");
        for text in ["", "-", ".", "1.", "NaN", "-Infinity", "00", "01.5", "-0"] {
            assert!(!is_canonical(text), "{text}");
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
