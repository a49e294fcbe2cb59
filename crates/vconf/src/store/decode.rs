//! Reading records, with every check that a record allows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::body;
use super::error::{Flaw, Problem};
use crate::backend::FORMAT;
use crate::canonical::checksum;
use crate::model::checksum::Checksum;
use crate::model::name::RefName;
use crate::model::record::{
    Encoding, Forgotten, Head, MAX_NUMBER, Operation, PERMISSIONS, RefChange, Summary, TagMove, Version,
};

/// Reads and checks a version's record: header, seal, body, checksum. Returns its source as well.
pub fn decode_version(bytes: &[u8]) -> Result<(Version, Vec<u8>), Flaw> {
    let (version, source) = read_version(bytes)?;
    Ok((version, source.into_owned()))
}

/// Checks a version's record in the same way, and copies no more than it has to.
pub(super) fn verify_version(bytes: &[u8]) -> Result<Version, Flaw> {
    Ok(read_version(bytes)?.0)
}

fn read_version(bytes: &[u8]) -> Result<(Version, Cow<'_, [u8]>), Flaw> {
    let (version, body_start) = decode_header(bytes)?;
    let at_body = |problem| Flaw { line: Some(1 + count_lines(&bytes[..body_start])), problem };
    let body = &bytes[body_start..];
    let Some(body) = body.strip_prefix(CONTENT) else {
        return Err(at_body(expected("  \"content\": ")));
    };
    let Some(content) = body.strip_suffix(body::END.as_bytes()) else {
        return Err(Flaw { line: None, problem: Problem::Truncated });
    };
    let source = body::read(version.encoding, content).map_err(at_body)?;
    if source.len() as u64 != version.size_bytes || checksum(&source) != version.checksum {
        return Err(at_body(Problem::Checksum));
    }
    Ok((version, source))
}

/// Makes the record again that a damaged one was: its header, which must be whole, and a source that has the checksum
/// which the header tells. `None` where they are not of one record.
pub(super) fn rebuild_version(damaged: &[u8], source: &[u8]) -> Option<Vec<u8>> {
    let (version, body_start) = decode_header(damaged).ok()?;
    if source.len() as u64 != version.size_bytes || checksum(source) != version.checksum {
        return None;
    }
    if version.encoding != Encoding::Base64 && std::str::from_utf8(source).is_err() {
        return None;
    }
    let mut bytes = damaged[..body_start].to_vec();
    bytes.extend_from_slice(CONTENT);
    let mut body = String::new();
    body::write(version.encoding, source, &mut body);
    bytes.extend_from_slice(body.as_bytes());
    bytes.extend_from_slice(body::END.as_bytes());
    Some(bytes)
}

/// Reads and checks the header of a version's record, of which `bytes` need not be the whole. Returns where the body
/// begins as well.
pub fn decode_header(bytes: &[u8]) -> Result<(Version, usize), Flaw> {
    let mut lines = Lines::new(bytes);
    lines.begin()?;
    let config = lines.parsed("config")?;
    let number = lines.number("version")?;
    let version = Version {
        config,
        number,
        id: lines.parsed("id")?,
        branch: lines.parsed("branch")?,
        parents: lines.parents("parents", number)?,
        timestamp: lines.parsed("timestamp")?,
        author: lines.json("author")?,
        description: lines.json("description")?,
        action: lines.parsed("action")?,
        operation: lines.shaped::<OperationShape>("operation")?,
        changes: lines.shaped::<SummaryShape>("changes")?,
        format: lines.parsed("format")?,
        mode: lines.mode("mode")?,
        encoding: lines.parsed("encoding")?,
        size_bytes: lines.json("size_bytes")?,
        checksum: lines.parsed("checksum")?,
        content_checksum: lines.optional("content_checksum")?,
        previous: lines.optional("previous")?,
        seal: Checksum([0; 32]),
    };
    let seal = lines.seal(",")?;
    Ok((Version { seal, ..version }, lines.at))
}

/// Reads and checks the record of a change of refs.
pub fn decode_ref(bytes: &[u8]) -> Result<RefChange, Flaw> {
    let mut lines = Lines::new(bytes);
    lines.begin()?;
    let mut change = RefChange {
        config: lines.parsed("config")?,
        number: lines.number("ref")?,
        id: lines.parsed("id")?,
        timestamp: lines.parsed("timestamp")?,
        author: lines.json("author")?,
        description: lines.json("description")?,
        action: lines.parsed("action")?,
        operation: lines.shaped::<OperationShape>("operation")?,
        target: lines.optional("target")?,
        tags: lines.shaped::<Vec<TagShape>>("tags")?,
        heads: lines.shaped::<BTreeMap<String, HeadShape>>("heads")?,
        current: RefName::main(),
        forgotten: Vec::new(),
        previous: None,
        seal: Checksum([0; 32]),
    };
    if lines.is_next("current") {
        change.current = lines.current("current", &change.heads)?;
    }
    if lines.is_next("forgotten") {
        change.forgotten = lines.shaped::<Vec<ForgottenShape>>("forgotten")?;
    }
    change.previous = lines.optional("previous")?;
    let seal = lines.seal("")?;
    if &bytes[lines.at..] != b"}\n" {
        return Err(lines.flaw(if bytes.len() < lines.at + 2 { Problem::Truncated } else { expected("}") }));
    }
    Ok(RefChange { seal, ..change })
}

/// What stands before the content.
const CONTENT: &[u8] = b"  \"content\": ";

fn expected(text: &str) -> Problem {
    Problem::Expected(text.to_owned())
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

/// The lines of a header, read in their fixed order.
struct Lines<'a> {
    bytes: &'a [u8],
    /// Where the next line begins.
    at: usize,
    /// The number of the line read last, from 1.
    number: usize,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, number: 0 }
    }

    fn flaw(&self, problem: Problem) -> Flaw {
        Flaw { line: Some(self.number.max(1)), problem }
    }

    fn line(&mut self) -> Result<&'a str, Flaw> {
        self.number += 1;
        let rest = &self.bytes[self.at..];
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
            return Err(self.flaw(Problem::Truncated));
        };
        self.at += end + 1;
        std::str::from_utf8(&rest[..end]).map_err(|_| self.flaw(expected("UTF-8")))
    }

    fn begin(&mut self) -> Result<(), Flaw> {
        if self.line()? != "{" {
            return Err(self.flaw(expected("{")));
        }
        let version = self.field("vconf")?;
        if version != FORMAT.to_string() {
            return Err(self.flaw(match version.parse::<u32>() {
                Ok(number) if number > FORMAT => Problem::Newer(version.to_owned()),
                _ => Problem::Field("vconf", format!("expected {FORMAT}")),
            }));
        }
        Ok(())
    }

    /// The next line's value, as JSON.
    fn field(&mut self, name: &'static str) -> Result<&'a str, Flaw> {
        let line = self.line()?;
        let value = line.strip_prefix("  \"").and_then(|rest| rest.strip_prefix(name));
        match value.and_then(|rest| rest.strip_prefix("\": ")).and_then(|rest| rest.strip_suffix(',')) {
            Some(value) => Ok(value),
            None => Err(self.flaw(Problem::Expected(format!("  \"{name}\": …,")))),
        }
    }

    /// Whether the next line is that of a field which is not in every record.
    fn is_next(&self, name: &str) -> bool {
        let rest = self.bytes[self.at..].strip_prefix(b"  \"");
        let rest = rest.and_then(|rest| rest.strip_prefix(name.as_bytes()));
        rest.is_some_and(|rest| rest.starts_with(b"\": "))
    }

    /// The current branch, where it is not the first: that one goes without saying.
    fn current(&mut self, name: &'static str, heads: &BTreeMap<RefName, Head>) -> Result<RefName, Flaw> {
        let branch: RefName = self.parsed(name)?;
        if branch == RefName::main() || !heads.contains_key(&branch) {
            return Err(self.flaw(Problem::Field(name, format!("{branch} may not stand here"))));
        }
        Ok(branch)
    }

    fn json<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, Flaw> {
        let value = self.field(name)?;
        serde_json::from_str(value).map_err(|error| {
            // The parser's own position is within the value, not the record.
            let why = error.to_string();
            let why = why.rsplit_once(" at line ").map_or(&*why, |(why, _)| why);
            self.flaw(Problem::Field(name, why.to_owned()))
        })
    }

    fn parsed<T: FromStr<Err: ToString>>(&mut self, name: &'static str) -> Result<T, Flaw> {
        let text: String = self.json(name)?;
        text.parse().map_err(|error: T::Err| self.flaw(Problem::Field(name, error.to_string())))
    }

    fn optional<T: FromStr<Err: ToString>>(&mut self, name: &'static str) -> Result<Option<T>, Flaw> {
        let text: Option<String> = self.json(name)?;
        let parsed = text.map(|text| text.parse()).transpose();
        parsed.map_err(|error: T::Err| self.flaw(Problem::Field(name, error.to_string())))
    }

    fn shaped<S: Shape>(&mut self, name: &'static str) -> Result<S::Meaning, Flaw> {
        let shape: S = self.json(name)?;
        shape.meaning().map_err(|why| self.flaw(Problem::Field(name, why)))
    }

    fn number(&mut self, name: &'static str) -> Result<u64, Flaw> {
        let number = self.json(name)?;
        in_bound(number).map_err(|why| self.flaw(Problem::Field(name, why)))
    }

    /// Versions are made from earlier ones, so that whoever follows them comes to an end.
    fn parents(&mut self, name: &'static str, number: u64) -> Result<Vec<u64>, Flaw> {
        let parents: Vec<u64> = self.json(name)?;
        let mut seen = BTreeSet::new();
        for parent in &parents {
            if !(1..number).contains(parent) {
                let why = format!("{parent} is no version before {number}");
                return Err(self.flaw(Problem::Field(name, why)));
            }
            if !seen.insert(parent) {
                return Err(self.flaw(Problem::Field(name, format!("{parent} comes twice"))));
            }
        }
        Ok(parents)
    }

    fn mode(&mut self, name: &'static str) -> Result<Option<u32>, Flaw> {
        let Some(text) = self.json::<Option<String>>(name)? else { return Ok(None) };
        match u32::from_str_radix(&text, 8) {
            Ok(mode) if mode <= PERMISSIONS => Ok(Some(mode)),
            Ok(_) => Err(self.flaw(Problem::Field(name, format!("{text} is more than permissions")))),
            Err(error) => Err(self.flaw(Problem::Field(name, error.to_string()))),
        }
    }

    /// Reads the seal and checks it against the lines above it.
    fn seal(&mut self, end: &str) -> Result<Checksum, Flaw> {
        let sealed = &self.bytes[..self.at];
        let line = self.line()?;
        let text = line.strip_prefix("  \"seal\": \"").and_then(|rest| rest.strip_suffix(end));
        let seal = text.and_then(|rest| rest.strip_suffix('"')).and_then(|text| text.parse().ok());
        match seal {
            None => Err(self.flaw(expected("  \"seal\": \"sha256:…\""))),
            Some(seal) if checksum(sealed) == seal => Ok(seal),
            Some(_) => Err(Flaw { line: None, problem: Problem::Seal }),
        }
    }
}

/// A field that is an object or a list: its shape in JSON, and what that means.
trait Shape: DeserializeOwned {
    type Meaning;
    fn meaning(self) -> Result<Self::Meaning, String>;
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationShape {
    id: String,
    timestamp: String,
    command: String,
}

impl Shape for OperationShape {
    type Meaning = Operation;
    fn meaning(self) -> Result<Operation, String> {
        let Self { id, timestamp, command } = self;
        Ok(Operation { id: parse(&id)?, timestamp: parse(&timestamp)?, command })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SummaryShape {
    summary: String,
    added: u64,
    removed: u64,
    changed: u64,
    paths: Vec<String>,
}

impl Shape for SummaryShape {
    type Meaning = Summary;
    fn meaning(self) -> Result<Summary, String> {
        let Self { summary, added, removed, changed, paths } = self;
        Ok(Summary { summary, added, removed, changed, paths })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TagShape {
    tag: String,
    from: Option<u64>,
    to: Option<u64>,
}

impl Shape for Vec<TagShape> {
    type Meaning = Vec<TagMove>;
    fn meaning(self) -> Result<Vec<TagMove>, String> {
        self.into_iter()
            .map(|TagShape { tag, from, to }| {
                let (from, to) = (from.map(in_bound).transpose()?, to.map(in_bound).transpose()?);
                Ok(TagMove { tag: parse(&tag)?, from, to })
            })
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForgottenShape {
    first: u64,
    last: u64,
    branch: String,
    parent: Option<u64>,
    previous: Option<String>,
    seal: String,
}

impl Shape for Vec<ForgottenShape> {
    type Meaning = Vec<Forgotten>;
    fn meaning(self) -> Result<Vec<Forgotten>, String> {
        let mut before = 0;
        self.into_iter()
            .map(|ForgottenShape { first, last, branch, parent, previous, seal }| {
                let (first, last) = (in_bound(first)?, in_bound(last)?);
                if first <= before
                    || last < first
                    || parent.is_some_and(|parent| !(1..first).contains(&parent))
                {
                    return Err(format!("{first} to {last} can't stand here"));
                }
                before = last;
                let previous = previous.map(|text| parse(&text)).transpose()?;
                Ok(Forgotten { first, last, branch: parse(&branch)?, parent, previous, seal: parse(&seal)? })
            })
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadShape {
    version: Option<u64>,
    as_of: u64,
}

impl Shape for BTreeMap<String, HeadShape> {
    type Meaning = BTreeMap<RefName, Head>;
    fn meaning(self) -> Result<BTreeMap<RefName, Head>, String> {
        self.into_iter()
            .map(|(name, HeadShape { version, as_of })| {
                let version = version.map(in_bound).transpose()?;
                // There may have been no version at that time.
                let as_of = if as_of == 0 { 0 } else { in_bound(as_of)? };
                Ok((parse(&name)?, Head { version, as_of }))
            })
            .collect()
    }
}

fn in_bound(number: u64) -> Result<u64, String> {
    if (1..=MAX_NUMBER).contains(&number) {
        Ok(number)
    } else {
        Err(format!("{number} is no record's number"))
    }
}

fn parse<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checksum::Id;
    use crate::model::format::Format;
    use crate::model::name::ConfigName;
    use crate::model::record::{Action, RefAction};
    use crate::store::{Draft, RefDraft, encode_ref, encode_version};

    fn operation() -> Operation {
        let timestamp = "2026-11-23T13:05:07.123456Z".parse().unwrap();
        Operation { id: Id([7; 16]), timestamp, command: "vconf save \"a b\"".to_owned() }
    }

    fn version(format: Format, source: &[u8]) -> (Version, Vec<u8>) {
        let config = ConfigName::new("app.yaml").unwrap();
        let operation = operation();
        let draft = Draft {
            config: &config,
            id: Id([1; 16]),
            branch: &RefName::main(),
            parents: vec![11],
            timestamp: operation.timestamp,
            author: "ops@db1",
            description: "Raise\n the \u{1b}[31mpool".to_owned(),
            action: Action::Save,
            operation: &operation,
            changes: Summary { summary: "db.pool 10 → 20".to_owned(), changed: 1, ..Summary::default() },
            format,
            mode: Some(0o640),
            source,
            depth: 1,
            checksum: checksum(source),
            content_checksum: None,
        };
        encode_version(&draft, 12, Some(Checksum([9; 32])))
    }

    fn ref_change() -> (RefChange, Vec<u8>) {
        let config = ConfigName::new("app.yaml").unwrap();
        let operation = operation();
        let draft = RefDraft {
            config: &config,
            id: Id([2; 16]),
            timestamp: operation.timestamp,
            author: "ops@db1",
            description: "Undo".to_owned(),
            action: RefAction::Undo,
            operation: &operation,
            target: Some(Id([3; 16])),
            tags: vec![TagMove { tag: RefName::new("stable").unwrap(), from: Some(3), to: None }],
            heads: BTreeMap::from([
                (RefName::main(), Head { version: Some(4), as_of: 7 }),
                (RefName::new("staging").unwrap(), Head { version: Some(6), as_of: 7 }),
            ]),
            current: RefName::new("staging").unwrap(),
            forgotten: vec![
                Forgotten {
                    first: 1,
                    last: 2,
                    branch: RefName::main(),
                    parent: None,
                    previous: None,
                    seal: Checksum([1; 32]),
                },
                Forgotten {
                    first: 3,
                    last: 3,
                    branch: RefName::new("staging").unwrap(),
                    parent: Some(1),
                    previous: Some(Checksum([1; 32])),
                    seal: Checksum([2; 32]),
                },
            ],
        };
        encode_ref(&draft, 3, None)
    }

    #[test]
    fn records_round_trip() {
        for (format, source) in [
            (Format::Json, &b"{\"a\": 1.0}\n"[..]),
            (Format::Yaml, b"a: 1\r\nb: 2"),
            (Format::Binary, b"\xff\0"),
            (Format::Text, b""),
        ] {
            let (version, bytes) = version(format, source);
            serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).unwrap();
            assert_eq!(decode_version(&bytes), Ok((version, source.to_vec())));
        }
        let (change, bytes) = ref_change();
        serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).unwrap();
        assert_eq!(decode_ref(&bytes), Ok(change));
    }

    #[test]
    fn numbers_and_modes_that_no_record_can_have_are_flaws() {
        let (_, version) = version(Format::Yaml, b"a: 1\n");
        let (_, change) = ref_change();
        // The field is looked at before the seal.
        let flaw = |bytes: &[u8], from: &str, to: &str| {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{from}");
            let text = text.replacen(from, to, 1);
            let flaw = match bytes == version {
                true => decode_version(text.as_bytes()).unwrap_err(),
                false => decode_ref(text.as_bytes()).unwrap_err(),
            };
            match flaw.problem {
                Problem::Field(name, _) => name,
                other => panic!("{to}: {other:?}"),
            }
        };
        for parents in ["[0]", "[12]", "[13]", "[3, 11, 3]", "[18446744073709551615]"] {
            assert_eq!(flaw(&version, "[11]", parents), "parents", "{parents}");
        }
        for number in ["0", "9007199254740992", "18446744073709551615"] {
            assert_eq!(flaw(&version, "\"version\": 12", &format!("\"version\": {number}")), "version");
            assert_eq!(flaw(&change, "\"ref\": 3", &format!("\"ref\": {number}")), "ref");
            assert_eq!(flaw(&change, "\"from\": 3", &format!("\"from\": {number}")), "tags");
            assert_eq!(flaw(&change, "\"to\": null", &format!("\"to\": {number}")), "tags");
            assert_eq!(flaw(&change, "\"version\": 4", &format!("\"version\": {number}")), "heads");
        }
        assert_eq!(flaw(&change, "\"as_of\": 7", "\"as_of\": 9007199254740992"), "heads");
        assert_eq!(flaw(&version, "\"0640\"", "\"1640\""), "mode");
        for current in ["main", "gone", "7"] {
            assert_eq!(
                flaw(&change, "\"current\": \"staging\"", &format!("\"current\": \"{current}\"")),
                "current"
            );
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        for format in [Format::Json, Format::Yaml, Format::Binary] {
            let source: &[u8] =
                if format == Format::Binary { b"\xff\0abc" } else { b"{\"a\": [1.0, \"\\u00e9\"]}\n" };
            let (_, bytes) = version(format, source);
            check_damage(&bytes, |bytes| decode_version(bytes).is_ok());
        }
        let (_, bytes) = ref_change();
        check_damage(&bytes, |bytes| decode_ref(bytes).is_ok());
    }

    fn check_damage(bytes: &[u8], accepts: impl Fn(&[u8]) -> bool) {
        assert!(accepts(bytes));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.to_vec();
                damaged[at] ^= 1 << bit;
                assert!(!accepts(&damaged), "bit {bit} of byte {at}");
            }
            assert!(!accepts(&bytes[..at]), "cut at {at}");
            let mut longer = bytes.to_vec();
            longer.insert(at, b' ');
            assert!(!accepts(&longer), "a space at {at}");
        }
        assert!(!accepts(&[bytes, b"\n"].concat()));
    }

    #[test]
    fn a_flaw_names_the_line_and_what_is_wrong() {
        let (_, bytes) = version(Format::Yaml, b"a: 1\n");
        let flaw = |from: &str, to: &str| {
            let text = std::str::from_utf8(&bytes).unwrap().replacen(from, to, 1);
            decode_version(text.as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(
            flaw("\"version\": 12", "\"version\": x"),
            "line 4: the field \"version\" is wrong: expected value"
        );
        assert_eq!(flaw("  \"author\"", "  \"autor\""), "line 9: expected   \"author\": …,");
        assert_eq!(
            flaw("ops@db1", "ops@db2"),
            "the header was altered: its SHA-256 is not the one in \"seal\""
        );
        assert_eq!(
            flaw("a: 1", "a: 2"),
            "line 22: the content was altered: its SHA-256 is not the one in \"checksum\""
        );
        assert_eq!(
            flaw("\"vconf\": 1", "\"vconf\": 2"),
            "line 2: it has format 2, which this vconf does not know"
        );
    }
}
