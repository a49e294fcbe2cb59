//! What is searched for: a text or a regular expression, and names with `*` in them.

use std::fmt;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

/// What is searched for in a line. Searching is linear in the line, whatever the pattern.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// How long a pattern may be.
    pub const MAX_BYTES: usize = 4096;

    /// A text as it stands.
    ///
    /// # Errors
    ///
    /// [`BadPattern`] where it is too long.
    pub fn text(text: &str, ignores_case: bool) -> Result<Self, BadPattern> {
        Self::new(text, &regex::escape(text), ignores_case)
    }

    /// A regular expression, in the syntax of the `regex` crate.
    ///
    /// # Errors
    ///
    /// [`BadPattern`] where it is none, or too large.
    pub fn regex(text: &str, ignores_case: bool) -> Result<Self, BadPattern> {
        Self::new(text, text, ignores_case)
    }

    fn new(text: &str, regex: &str, ignores_case: bool) -> Result<Self, BadPattern> {
        if text.len() > Self::MAX_BYTES {
            return Err(BadPattern { reason: format!("it is longer than {} bytes", Self::MAX_BYTES) });
        }
        let built = RegexBuilder::new(regex)
            .case_insensitive(ignores_case)
            .size_limit(MAX_PROGRAM_BYTES)
            .dfa_size_limit(MAX_PROGRAM_BYTES)
            .nest_limit(MAX_NESTED)
            .build();
        let reason = |error: regex::Error| match error {
            regex::Error::CompiledTooBig(_) => "it becomes too large".to_owned(),
            // The first lines draw the place; the last one says what is wrong.
            error => {
                error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").into()
            }
        };
        built.map(Self).map_err(|error| BadPattern { reason: reason(error) })
    }

    /// Whether it is found in a line.
    pub fn is_in(&self, line: &str) -> bool {
        self.0.is_match(line)
    }

    /// Where it is found in a line: byte ranges, in order, none of them empty.
    pub fn places_in(&self, line: &str) -> Vec<Range<usize>> {
        self.0.find_iter(line).map(|found| found.range()).filter(|range| !range.is_empty()).collect()
    }
}

/// How large the program of a pattern may be.
const MAX_PROGRAM_BYTES: usize = 1 << 20;

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
