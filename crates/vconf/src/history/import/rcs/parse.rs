//! Reading an RCS file.

use std::collections::HashMap;

use jiff::civil;

use super::{Delta, RcsError, RcsFile, RcsProblem};
use crate::model::name::RefName;
use crate::model::time::Timestamp;

pub(super) fn parse(bytes: &[u8]) -> Result<RcsFile, RcsError> {
    let mut reader = Reader { bytes, at: 0 };
    let admin = reader.admin()?;
    let mut found = Vec::new();
    let mut places = HashMap::new();
    loop {
        let start = reader.at;
        match reader.word()? {
            Some(b"desc") => break,
            Some(number) if is_number(number) => {
                let number = text_of(number);
                if places.insert(number.clone(), found.len()).is_some() {
                    return Err(reader.fault(RcsProblem::Twice(number)));
                }
                found.push(reader.delta(number)?);
            }
            _ => {
                reader.at = start;
                return Err(reader.expected("a revision or desc"));
            }
        }
    }
    reader.string()?;
    reader.texts(&places, &mut found)?;
    finish(admin, found, &places, &reader)
}

/// What stands before the revisions.
#[derive(Default)]
struct Admin {
    head: Option<String>,
    branch: Option<String>,
    symbols: Vec<(String, String)>,
}

/// A revision, its neighbours as numbers yet.
struct Found {
    delta: Delta,
    branches: Vec<String>,
    next: Option<String>,
    has_text: bool,
}

/// Puts indices in the place of numbers, and names where they belong.
fn finish(
    admin: Admin,
    found: Vec<Found>,
    places: &HashMap<String, usize>,
    reader: &Reader<'_>,
) -> Result<RcsFile, RcsError> {
    let place = |number: &String| {
        let missing = || RcsError { line: None, problem: RcsProblem::Missing(number.clone()) };
        places.get(number).copied().ok_or_else(missing)
    };
    let mut deltas = Vec::with_capacity(found.len());
    for Found { mut delta, branches, next, has_text } in found {
        if !has_text {
            return Err(reader.fault(RcsProblem::Missing(delta.number)));
        }
        delta.branches = branches.iter().map(place).collect::<Result<_, _>>()?;
        delta.next = next.as_ref().map(place).transpose()?;
        deltas.push(delta);
    }
    let mut branches = HashMap::new();
    for (symbol, number) in admin.symbols {
        let Ok(name) = RefName::new(&symbol) else { continue };
        match places.get(&number) {
            Some(&at) => deltas[at].tags.push(name),
            None => {
                branches.insert(branch_number(&number), name);
            }
        }
    }
    let head = admin.head.as_ref().map(place).transpose()?;
    Ok(RcsFile { deltas, head, default_branch: admin.branch, branches })
}

/// The number of the branch that a symbol stands for: CVS writes `1.2.0.4` for `1.2.4`.
fn branch_number(number: &str) -> String {
    let parts: Vec<_> = number.split('.').collect();
    match parts.as_slice() {
        [before @ .., "0", last] if !before.is_empty() => format!("{}.{last}", before.join(".")),
        _ => number.to_owned(),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn admin(&mut self) -> Result<Admin, RcsError> {
        let mut admin = Admin::default();
        if self.word()? != Some(b"head") {
            return Err(self.expected("head"));
        }
        admin.head = self.optional_word()?.map(text_of);
        loop {
            let start = self.at;
            match self.word()? {
                Some(b"branch") => admin.branch = self.optional_word()?.map(text_of),
                Some(b"symbols") => admin.symbols = self.symbols()?,
                // The revisions begin.
                Some(word) if is_number(word) || word == b"desc" => {
                    self.at = start;
                    return Ok(admin);
                }
                Some(_) => self.pass_phrase()?,
                None => return Err(self.expected("a revision or desc")),
            }
        }
    }

    fn symbols(&mut self) -> Result<Vec<(String, String)>, RcsError> {
        let mut symbols = Vec::new();
        while !self.takes(b';') {
            let symbol = self.needed_word("a symbol or ;")?;
            if !self.takes(b':') {
                return Err(self.expected(":"));
            }
            symbols.push((text_of(symbol), text_of(self.needed_word("a revision")?)));
        }
        Ok(symbols)
    }

    fn delta(&mut self, number: String) -> Result<Found, RcsError> {
        let mut delta = Delta {
            number,
            timestamp: jiff::Timestamp::UNIX_EPOCH.into(),
            author: String::new(),
            is_dead: false,
            log: String::new(),
            branches: Vec::new(),
            next: None,
            text: Vec::new(),
            tags: Vec::new(),
        };
        let (mut branches, mut next) = (Vec::new(), None);
        loop {
            let start = self.at;
            match self.word()? {
                Some(b"date") => {
                    let date = self.optional_word()?.and_then(read_date);
                    delta.timestamp = date.ok_or_else(|| self.expected("a date"))?;
                }
                Some(b"author") => delta.author = self.optional_word()?.map(text_of).unwrap_or_default(),
                Some(b"state") => delta.is_dead = self.optional_word()? == Some(b"dead"),
                Some(b"branches") => {
                    while !self.takes(b';') {
                        branches.push(text_of(self.needed_word("a revision or ;")?));
                    }
                }
                Some(b"next") => next = self.optional_word()?.map(text_of),
                Some(word) if is_number(word) || word == b"desc" => {
                    self.at = start;
                    return Ok(Found { delta, branches, next, has_text: false });
                }
                Some(_) => self.pass_phrase()?,
                None => return Err(self.expected("a revision or desc")),
            }
        }
    }

    fn texts(&mut self, places: &HashMap<String, usize>, found: &mut [Found]) -> Result<(), RcsError> {
        while let Some(number) = self.word()? {
            let number = text_of(number);
            let known = places.get(&number).and_then(|&at| found.get_mut(at));
            let Some(known) = known else { return Err(self.fault(RcsProblem::Missing(number))) };
            loop {
                match self.word()? {
                    Some(b"log") => {
                        known.delta.log = text_of(&self.string()?).trim_end_matches('\n').to_owned()
                    }
                    Some(b"text") => {
                        known.delta.text = self.string()?;
                        known.has_text = true;
                        break;
                    }
                    Some(_) => self.pass_phrase()?,
                    None => return Err(self.expected("text")),
                }
            }
        }
        Ok(())
    }

    /// Passes by the rest of a phrase that is not known, up to its `;`.
    fn pass_phrase(&mut self) -> Result<(), RcsError> {
        while !self.takes(b';') {
            match self.peek() {
                Some(b'@') => drop(self.string()?),
                Some(b':') => self.at += 1,
                Some(_) => drop(self.word()?),
                None => return Err(self.expected(";")),
            }
        }
        Ok(())
    }

    /// A word, or nothing, and the `;` behind it.
    fn optional_word(&mut self) -> Result<Option<&'a [u8]>, RcsError> {
        if self.takes(b';') {
            return Ok(None);
        }
        let word = self.word()?;
        if self.takes(b';') { Ok(word) } else { Err(self.expected(";")) }
    }

    fn needed_word(&mut self, what: &'static str) -> Result<&'a [u8], RcsError> {
        self.word()?.ok_or_else(|| self.expected(what))
    }

    /// The next word; `None` at the end.
    fn word(&mut self) -> Result<Option<&'a [u8]>, RcsError> {
        let Some(first) = self.peek() else { return Ok(None) };
        if matches!(first, b'@' | b':' | b';') {
            return Err(self.expected("a word"));
        }
        let rest = &self.bytes[self.at..];
        let ends =
            |&byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'@' | b':' | b';' | 0x08 | 0x0b);
        let word = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        self.at += word.len();
        Ok(Some(word))
    }

    /// A text between `@`, in which one stands for itself when doubled; without any there is none.
    fn string(&mut self) -> Result<Vec<u8>, RcsError> {
        if !self.takes(b'@') {
            return Err(self.expected("a text in @"));
        }
        let mut text = Vec::new();
        loop {
            let rest = &self.bytes[self.at..];
            let Some(end) = rest.iter().position(|&byte| byte == b'@') else {
                return Err(self.expected("the @ that ends a text"));
            };
            text.extend_from_slice(&rest[..end]);
            self.at += end + 1;
            if self.bytes.get(self.at) != Some(&b'@') {
                return Ok(text);
            }
            text.push(b'@');
            self.at += 1;
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// The next byte that is no white space (as RCS counts it).
    fn peek(&mut self) -> Option<u8> {
        let is_white = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0x08 | 0x0b);
        while self.bytes.get(self.at).is_some_and(is_white) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn expected(&self, what: &'static str) -> RcsError {
        self.fault(RcsProblem::Expected(what))
    }

    fn fault(&self, problem: RcsProblem) -> RcsError {
        let before = &self.bytes[..self.at.min(self.bytes.len())];
        RcsError { line: Some(1 + before.iter().filter(|&&byte| byte == b'\n').count()), problem }
    }
}

fn is_number(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_digit)
        && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// A text that is UTF-8, or else ISO 8859-1.
fn text_of(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Reads `93.05.06.07.08.09` and, since 2000, `2003.05.06.07.08.09`: UTC.
fn read_date(word: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(word).ok()?;
    let parts: Vec<i32> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day, hour, minute, second] = parts.try_into().ok()?;
    let year = if year < 100 { year + 1900 } else { year };
    let small = |number: i32| i8::try_from(number).ok();
    // A leap second counts as the one before.
    let second = second.min(59);
    let time = civil::DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    );
    Some(time.ok()?.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::super::{RcsFile, RcsProblem};

    /// A trunk of three revisions and a branch of one, as CVS writes them.
    const FILE: &str = "head\t1.3;\naccess;\nsymbols\n\tREL:1.2\n\tFIX:1.2.0.2;\nlocks; strict;\ncomment\t@# @;\n\n\n\
        1.3\ndate\t2003.02.01.00.00.00;\tauthor ben;\tstate Exp;\nbranches;\nnext\t1.2;\n\n\
        1.2\ndate\t99.02.01.00.00.00;\tauthor ada;\tstate Exp;\nbranches\n\t1.2.2.1;\nnext\t1.1;\n\n\
        1.1\ndate\t99.01.01.00.00.00;\tauthor ada;\tstate dead;\nbranches;\nnext\t;\n\n\
        1.2.2.1\ndate\t2004.01.01.00.00.00;\tauthor eve;\tstate Exp;\nbranches;\nnext;\ncommitid\tx@y@;\n\n\n\
        desc\n@@\n\n\n\
        1.3\nlog\n@Third\n@\ntext\n@a = 1\nmail = x@@y\nc = 3\n@\n\n\n\
        1.2\nlog\n@Second\n@\ntext\n@d3 1\n@\n\n\n\
        1.1\nlog\n@First\n@\ntext\n@d2 1\n@\n\n\n\
        1.2.2.1\nlog\n@Fix\n@\ntext\n@a2 1\nfixed = 1\n@\n";

    #[test]
    fn every_revision_is_unfolded_after_the_one_that_it_was_made_from() {
        let file = RcsFile::parse(FILE.as_bytes()).unwrap();
        let told: Vec<_> = file
            .revisions()
            .unwrap()
            .map(|revision| {
                let revision = revision.unwrap();
                let side = revision.revision.side.map(|side| side.to_string()).unwrap_or_default();
                let text = String::from_utf8(revision.revision.source).unwrap();
                (revision.revision.name, side, text, revision.revision.parents.concat(), revision.is_dead)
            })
            .collect();
        let row = |name: &str, side: &str, text: &str, parent: &str, is_dead| {
            (name.to_owned(), side.to_owned(), text.to_owned(), parent.to_owned(), is_dead)
        };
        let expected = [
            row("1.1", "", "a = 1\n", "", true),
            row("1.2", "", "a = 1\nmail = x@y\n", "1.1", false),
            row("1.2.2.1", "FIX", "a = 1\nmail = x@y\nfixed = 1\n", "1.2", false),
            row("1.3", "", "a = 1\nmail = x@y\nc = 3\n", "1.2", false),
        ];
        assert_eq!(told, expected);
        assert_eq!(file.deltas[1].tags[0].as_str(), "REL");
        assert_eq!(file.deltas[0].timestamp.to_string(), "2003-02-01T00:00:00.000000Z");
        assert_eq!(file.deltas[1].timestamp.to_string(), "1999-02-01T00:00:00.000000Z");
    }

    #[test]
    fn a_damaged_file_is_refused_or_read_and_never_a_panic() {
        let mut refused = 0;
        for at in 0..FILE.len() {
            let cut = &FILE.as_bytes()[..at];
            refused += usize::from(RcsFile::parse(cut).is_err());
            for byte in [b'@', b';', b'9', b'\n', 0, 0xff] {
                let mut bytes = FILE.as_bytes().to_vec();
                bytes[at] = byte;
                if let Ok(file) = RcsFile::parse(&bytes)
                    && let Ok(revisions) = file.revisions()
                {
                    assert!(revisions.count() <= 4);
                }
            }
        }
        assert!(refused + 2 > FILE.len() - 1, "{refused} of {}", FILE.len());
    }

    #[test]
    fn revisions_that_lead_in_a_circle_are_refused() {
        let file = FILE.replace("branches;\nnext\t;", "branches;\nnext\t1.3;");
        let error = RcsFile::parse(file.as_bytes()).unwrap().revisions().unwrap_err();
        assert_eq!(error.problem, RcsProblem::Twice("1.3".to_owned()));
        let file = FILE.replace("next\t1.2;", "next\t1.7;");
        let error = RcsFile::parse(file.as_bytes()).unwrap_err();
        assert_eq!(error.problem, RcsProblem::Missing("1.7".to_owned()));
    }
}
