//! Exact numbers: the digits a file holds are never rounded.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A number with the spelling it was given; equality is of the exact value.
///
/// `1`, `1.0` and `1e0` are equal; `0.1` and `0.1000000000000000055` are not. The spelling is one that JSON
/// allows (RFC 8259, section 6), or `Infinity`, `-Infinity` or `NaN`, which YAML, TOML and JSON5 can hold.
/// `NaN` equals itself here: as content it is one thing.
#[derive(Clone)]
pub struct Number(Box<str>);

impl Number {
    /// Takes a spelling that JSON allows, or `Infinity`, `-Infinity`, `NaN`.
    pub fn parse(text: &str) -> Option<Self> {
        (is_json_number(text) || is_special(text)).then(|| Self(text.into()))
    }

    /// Returns the spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the exact value, or `None` for `Infinity`, `-Infinity` and `NaN`.
    pub fn decimal(&self) -> Option<Decimal<'_>> {
        Decimal::parse(&self.0)
    }

    /// Returns the integer, where the value is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.decimal()?.to_integer()?.parse().ok()
    }

    /// Returns the nearest double (infinite past its range).
    pub fn to_f64(&self) -> f64 {
        match &*self.0 {
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            "NaN" => f64::NAN,
            text => text.parse().expect("a JSON number is a Rust float literal"),
        }
    }
}

/// An exponent may have this many digits: far past any use, and its value is exact in an `i128`.
pub(crate) const MAX_EXPONENT_DIGITS: usize = 30;

/// Tells whether a text is a number as JSON spells it (RFC 8259, section 6), with an exponent of up to 30 digits.
pub fn is_json_number(text: &str) -> bool {
    let digits = |s: &[u8]| s.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = text.as_bytes();
    rest = rest.strip_prefix(b"-").unwrap_or(rest);
    match rest {
        [b'0', ..] => rest = &rest[1..],
        [b'1'..=b'9', ..] => rest = &rest[digits(rest)..],
        _ => return false,
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        let n = digits(fraction);
        if n == 0 {
            return false;
        }
        rest = &fraction[n..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', tail @ ..] => tail,
            tail => tail,
        };
        let n = digits(exponent);
        if n == 0 || n > MAX_EXPONENT_DIGITS {
            return false;
        }
        rest = &exponent[n..];
    }
    rest.is_empty()
}

fn is_special(text: &str) -> bool {
    matches!(text, "Infinity" | "-Infinity" | "NaN")
}

/// The value of a number: `±0.d₁d₂d₃… × 10^point`, with no zero at either end of the digits.
///
/// Zero has no digits and no sign: `-0` is `0`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Decimal<'a> {
    /// Whether the number is below zero.
    pub negative: bool,
    /// The significant digits, ASCII `0` to `9`.
    pub digits: Cow<'a, str>,
    /// Where the decimal point stands, counted from before the first digit.
    pub point: i128,
}

impl<'a> Decimal<'a> {
    /// Reads a JSON number; `None` for any other text.
    pub fn parse(text: &'a str) -> Option<Self> {
        if !is_json_number(text) {
            return None;
        }
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent): (&str, i128) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], rest[at + 1..].parse().expect("up to 30 digits fit an i128")),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Cow<'a, str> = if fraction.is_empty() {
            Cow::Borrowed(whole)
        } else if whole == "0" {
            Cow::Borrowed(fraction)
        } else {
            Cow::Owned([whole, fraction].concat())
        };
        let whole_len = if whole == "0" && !fraction.is_empty() { 0 } else { whole.len() };
        let leading = digits.len() - digits.trim_start_matches('0').len();
        let kept = digits.trim_end_matches('0').len();
        if leading >= kept {
            return Some(Self { negative: false, digits: Cow::Borrowed(""), point: 0 });
        }
        let digits = match digits {
            Cow::Borrowed(text) => Cow::Borrowed(&text[leading..kept]),
            Cow::Owned(text) => Cow::Owned(text[leading..kept].to_owned()),
        };
        let point = exponent + whole_len as i128 - leading as i128;
        Some(Self { negative, digits, point })
    }

    /// Returns the digits of an integer with its sign, or `None` for a fraction or past 4,096 digits.
    pub fn to_integer(&self) -> Option<String> {
        let length = self.digits.len() as i128;
        if self.digits.is_empty() {
            return Some("0".to_owned());
        }
        if self.point < length || self.point > 4096 {
            return None;
        }
        let zeros = "0".repeat((self.point - length) as usize);
        let sign = if self.negative { "-" } else { "" };
        Some(format!("{sign}{}{zeros}", self.digits))
    }

    /// Orders two values by size.
    pub fn compare(&self, other: &Self) -> Ordering {
        let sign = |d: &Self| match (d.digits.is_empty(), d.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let (a, b) = (sign(self), sign(other));
        if a != b || a == 0 {
            return a.cmp(&b);
        }
        let size = self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
        if a < 0 { size.reverse() } else { size }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || matches!((self.decimal(), other.decimal()), (Some(a), Some(b)) if a == b)
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.decimal() {
            Some(decimal) => decimal.hash(state),
            None => self.0.hash(state),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes a double, as `1.5e0`, in the fewest digits that read back as it, and of those in the nearest to it; of two
/// that are equally near, in the even one. ECMAScript and Python do so too.
pub fn shortest_double(value: f64) -> String {
    let shortest = format!("{value:e}");
    let digits = shortest.bytes().take_while(|&byte| byte != b'e').filter(u8::is_ascii_digit).count();
    // Two are equally near only where digits are as dense as doubles. The library's shortest is then the upper one.
    if digits >= 16 {
        let even = format!("{value:.*e}", digits - 1);
        if even.parse() == Ok(value) {
            return even;
        }
    }
    shortest
}

/// The text is not a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotANumber;

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a number")
    }
}

impl std::error::Error for NotANumber {}

impl FromStr for Number {
    type Err = NotANumber;
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        Self::parse(text).ok_or(NotANumber)
    }
}

impl From<f64> for Number {
    /// The shortest spelling that reads back as the same double.
    fn from(value: f64) -> Self {
        if value.is_nan() {
            return Self("NaN".into());
        }
        if value.is_infinite() {
            return Self(if value > 0.0 { "Infinity" } else { "-Infinity" }.into());
        }
        Self(format!("{value:?}").into())
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                Self(value.to_string().into())
            }
        }
    )*};
}
from_integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn spelling_does_not_matter_to_equality() {
        for (a, b) in
            [("1", "1.0"), ("1", "1e0"), ("100", "1E2"), ("-0", "0.0"), ("0.10", "1e-1"), ("0e5", "0")]
        {
            assert_eq!(number(a), number(b), "{a} {b}");
        }
    }

    #[test]
    fn every_digit_matters_to_equality() {
        for (a, b) in [
            ("0.1", "0.1000000000000000055"),
            ("9007199254740993", "9007199254740992"),
            ("12345678901234567890123", "12345678901234567890124"),
            ("1", "-1"),
            ("1e400", "1e401"),
        ] {
            assert_ne!(number(a), number(b), "{a} {b}");
        }
    }

    #[test]
    fn only_json_spellings_are_numbers() {
        for text in ["", "-", "01", "1.", ".5", "1e", "1e+", "0x1", "+1", "1 ", "inf", "1_0"] {
            assert_eq!(Number::parse(text).map(|n| n.to_string()), None, "{text}");
        }
    }

    #[test]
    fn values_are_ordered_by_size() {
        let sorted = ["-1e3", "-2", "-0.5", "0", "0.05", "0.5", "2", "10", "1e3"];
        for pair in sorted.windows(2) {
            let (a, b) = (number(pair[0]), number(pair[1]));
            assert_eq!(a.decimal().unwrap().compare(&b.decimal().unwrap()), Ordering::Less, "{pair:?}");
        }
    }

    #[test]
    fn of_two_shortest_doubles_the_even_one_is_written() {
        assert_eq!(shortest_double(1_424_953_923_781_206.0 + 0.25), "1.4249539237812062e15");
        assert_eq!(shortest_double(1_424_953_923_781_206.0 + 0.75), "1.4249539237812068e15");
        assert_eq!(shortest_double(0.3), "3e-1");
        assert_eq!(shortest_double(-5e-324), "-5e-324");
    }

    #[test]
    fn integers_are_written_out() {
        assert_eq!(number("1.50e3").decimal().unwrap().to_integer().as_deref(), Some("1500"));
        assert_eq!(number("0.5").decimal().unwrap().to_integer(), None);
        assert_eq!(number("-7").as_i64(), Some(-7));
    }
}
