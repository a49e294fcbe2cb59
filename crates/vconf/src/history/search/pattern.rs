//! What is searched for: a text or a regular expression, and names with `*` in them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};

/// What is searched for in a line. Searching for a text is linear in the line; for a regular expression it is that for
/// each of its states at most, of which there is a bounded number.
#[derive(Clone, Debug)]
pub struct Pattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Text(Box<Finder<'static>>),
    /// A text without regard to case, folded.
    Folded(Box<Finder<'static>>),
    Regex(Regex),
}

impl Pattern {
    /// How long a pattern may be.
    pub const MAX_BYTES: usize = 4096;

    /// A text as it stands.
    ///
    /// # Errors
    ///
    /// [`BadPattern`] where it is too long.
    pub fn text(text: &str, ignores_case: bool) -> Result<Self, BadPattern> {
        check_length(text)?;
        let finder = |text: &str| Box::new(Finder::new(text).into_owned());
        Ok(Self(match ignores_case {
            true => Kind::Folded(finder(&folded(text))),
            false => Kind::Text(finder(text)),
        }))
    }

    /// A regular expression, in the syntax of the `regex` crate.
    ///
    /// # Errors
    ///
    /// [`BadPattern`] where it is none, or too large.
    pub fn regex(text: &str, ignores_case: bool) -> Result<Self, BadPattern> {
        check_length(text)?;
        let built = RegexBuilder::new(text)
            .case_insensitive(ignores_case)
            .size_limit(MAX_PROGRAM_BYTES)
            .dfa_size_limit(MAX_CACHE_BYTES)
            .nest_limit(MAX_NESTED)
            .build();
        let reason = |error: regex::Error| match error {
            regex::Error::CompiledTooBig(_) => "it becomes too large".to_owned(),
            // The first lines draw the place; the last one says what is wrong.
            error => {
                error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").into()
            }
        };
        built.map(|regex| Self(Kind::Regex(regex))).map_err(|error| BadPattern { reason: reason(error) })
    }

    /// Whether it is found in a line.
    pub fn is_in(&self, line: &str) -> bool {
        match &self.0 {
            Kind::Text(text) => text.find(line.as_bytes()).is_some(),
            Kind::Folded(text) => text.find(folded(line).as_bytes()).is_some(),
            Kind::Regex(regex) => regex.is_match(line),
        }
    }

    /// Where it is found in a line: byte ranges, in order, none of them empty.
    pub fn places_in(&self, line: &str) -> Vec<Range<usize>> {
        let places = |text: &Finder<'_>, line: &str| -> Vec<Range<usize>> {
            let length = text.needle().len();
            let starts = text.find_iter(line.as_bytes()).filter(|_| length > 0);
            starts.map(|start| start..start + length).collect()
        };
        match &self.0 {
            Kind::Text(text) => places(text, line),
            Kind::Folded(text) => unfolded(line, places(text, &folded(line))),
            Kind::Regex(regex) => {
                regex.find_iter(line).map(|found| found.range()).filter(|range| !range.is_empty()).collect()
            }
        }
    }
}

fn check_length(text: &str) -> Result<(), BadPattern> {
    if text.len() <= Pattern::MAX_BYTES {
        return Ok(());
    }
    Err(BadPattern { reason: format!("it is longer than {} bytes", Pattern::MAX_BYTES) })
}

/// A text in which letters are equal that differ by case alone, character by character.
fn folded(text: &str) -> Cow<'_, str> {
    match text.is_ascii() {
        true => text.to_ascii_lowercase().into(),
        false => text.chars().map(folded_char).collect(),
    }
}

/// By way of the upper case, as `ſ` and `s` share it; what another case has more characters for stays, and so does the
/// dotless `ı`, which shares that of `i` and is another letter.
fn folded_char(c: char) -> char {
    fn only(mut chars: impl ExactSizeIterator<Item = char>, c: char) -> char {
        chars.next().filter(|_| chars.len() == 0).unwrap_or(c)
    }
    let upper = if c == 'ı' { c } else { only(c.to_uppercase(), c) };
    if upper == 'ı' { c } else { only(upper.to_lowercase(), upper) }
}

/// Where places of a folded line are in the line itself. Linear.
fn unfolded(line: &str, mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut chars = line.chars();
    let (mut at, mut at_folded) = (0, 0);
    let mut go_to = |place: usize| {
        while at_folded < place
            && let Some(c) = chars.next()
        {
            at += c.len_utf8();
            at_folded += folded_char(c).len_utf8();
        }
        at
    };
    if !line.is_ascii() {
        for place in &mut places {
            *place = go_to(place.start)..go_to(place.end);
        }
    }
    places
}

/// How large the program of a pattern may be.
const MAX_PROGRAM_BYTES: usize = 1 << 20;

/// How much its automaton may take while it searches: what has room for its states reads each byte once.
const MAX_CACHE_BYTES: usize = 16 << 20;

/// How deep a pattern may nest.
const MAX_NESTED: u32 = 64;

/// A text that is no pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadPattern {
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for BadPattern {}

/// Whether a name is like a pattern in which `*` is any text. The product of both lengths at most.
pub(super) fn is_like(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last star stands, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, read));
            at += 1;
        } else if pattern.get(at) == Some(&name[read]) {
            at += 1;
            read += 1;
        } else if let Some((star_at, taken)) = &mut star {
            *taken += 1;
            (at, read) = (*star_at + 1, *taken);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_as_it_stands_and_a_regex_by_its_meaning() {
        let line = "a.b A.B axb";
        let found = |pattern: Result<Pattern, BadPattern>| -> Vec<&str> {
            pattern.unwrap().places_in(line).into_iter().map(|range| &line[range]).collect()
        };
        assert_eq!(found(Pattern::text("a.b", false)), ["a.b"]);
        assert_eq!(found(Pattern::text("a.b", true)), ["a.b", "A.B"]);
        assert_eq!(found(Pattern::regex("a.b", false)), ["a.b", "axb"]);
        assert_eq!(found(Pattern::regex("x*", false)), ["x"]);
    }

    #[test]
    fn case_is_ignored_as_regular_expressions_ignore_it() {
        let text = |text: &str, line: &str| Pattern::text(text, true).unwrap().places_in(line);
        // The sign of Kelvin and the long s take more bytes than the letters that they are equal to.
        assert_eq!(text("ks", "é \u{212a}ſ KS"), [3..8, 9..11]);
        assert_eq!(text("\u{212a}ſ", "ks"), vec![0..2; 1]);
        assert_eq!(text("ΣΑΣ", "σας"), vec![0..6; 1]);
        assert_eq!(text("straße", "STRAẞE STRASSE"), vec![0..8; 1]);
        assert!(text("i", "ıİ").is_empty());
        // Letters that only the newer of the two tables of Unicode has are no words to the other.
        let known = Pattern::regex(r"\w", false).unwrap();
        let chars = (0..=0x1ffff).filter_map(char::from_u32);
        for c in chars.filter(|&c| folded_char(c) != c && known.is_in(&c.to_string())) {
            let regex = Pattern::regex(&regex::escape(&folded_char(c).to_string()), true).unwrap();
            assert!(regex.is_in(&c.to_string()), "{c:?} is not {:?}", folded_char(c));
        }
    }

    #[test]
    fn a_text_that_nearly_is_there_everywhere_is_looked_for_once() {
        let line = format!("{}b", "a".repeat(20 << 20));
        let begun = std::time::Instant::now();
        for ignores_case in [false, true] {
            let pattern = Pattern::text(&format!("{}c", "a".repeat(4000)), ignores_case).unwrap();
            assert!(!pattern.is_in(&line));
            assert!(pattern.places_in(&line).is_empty());
        }
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (text, reason) in [("(", "unclosed group"), ("\\w{1000}{1000}", "it becomes too large")] {
            assert_eq!(Pattern::regex(text, false).unwrap_err().reason, reason, "{text}");
        }
        assert!(Pattern::text(&"x".repeat(Pattern::MAX_BYTES + 1), false).is_err());
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, name, expected) in [
            ("v*", "v1.2", true),
            ("*", "", true),
            ("v*.0", "v1.0.0", true),
            ("v*.0", "v1.0.1", false),
            ("stable", "unstable", false),
            ("*a*b", "xaxbxab", true),
        ] {
            assert_eq!(is_like(pattern, name), expected, "{pattern} {name}");
        }
    }
}
