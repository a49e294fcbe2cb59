//! What a file held in a commit.

use std::io::{self, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use vconf::store::MAX_SOURCE_BYTES;

use super::history::until;
use super::{Repository, not_started, plain};
use crate::advice::io_failure;
use crate::failure::Failure;

/// The objects of a repository, asked for one by one.
#[derive(Debug)]
pub(crate) struct Objects {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    prefix: Vec<u8>,
}

/// What stands at a file's name in a commit.
#[derive(Debug)]
pub(crate) enum File {
    /// A file.
    Bytes {
        /// All its bytes.
        bytes: Vec<u8>,
        /// Whether it may be executed.
        is_executable: bool,
    },
    /// Nothing.
    Missing,
    /// Something that is no version, and what it is.
    Other(&'static str),
}

impl Repository {
    /// Begins to ask for objects.
    pub(crate) fn objects(&self) -> Result<Objects, Failure> {
        let mut command = plain(&self.folder);
        command.args(["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| not_started(&error))?;
        let lost = || Failure::error("git has no standard input and output");
        let questions = child.stdin.take().ok_or_else(lost)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(lost)?);
        Ok(Objects { child, questions: Some(questions), answers, prefix: self.prefix.clone() })
    }
}

impl Objects {
    /// Reads a file as of a commit. Its name is looked up in the tree itself, whatever stands in it.
    pub(crate) fn file(&mut self, commit: &str, file: &str) -> Result<File, Failure> {
        self.look_up(commit, file)
            .map_err(|error| io_failure(&format!("{file} of {commit} can't be read"), &error))
    }

    fn look_up(&mut self, commit: &str, file: &str) -> io::Result<File> {
        let path = [&self.prefix, file.as_bytes()].concat();
        let mut tree = format!("{commit}^{{tree}}").into_bytes();
        let mut parts = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            let Answer::Object { bytes, kind } = self.ask(&tree, MOST_TREE_BYTES)? else {
                return Ok(File::Missing);
            };
            if kind != "tree" {
                return Ok(File::Missing);
            }
            let Some((mode, id)) = entry(&bytes, part, tree_id_bytes(commit)) else {
                return Ok(File::Missing);
            };
            if parts.peek().is_some() {
                if mode != b"40000" {
                    return Ok(File::Missing);
                }
                tree = id;
                continue;
            }
            let is_executable = mode == b"100755";
            return Ok(match mode.as_slice() {
                b"120000" => File::Other("a symbolic link"),
                b"160000" => File::Other("a repository of its own"),
                b"40000" => File::Other("a folder"),
                _ => match self.ask(&id, MAX_SOURCE_BYTES)? {
                    Answer::Object { bytes, .. } => File::Bytes { bytes, is_executable },
                    Answer::TooLarge => File::Other("larger than 256 MiB"),
                    Answer::Missing => File::Other("missing in the repository"),
                },
            });
        }
        Ok(File::Missing)
    }

    fn ask(&mut self, name: &[u8], limit_bytes: u64) -> io::Result<Answer> {
        let questions = self.questions.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        questions.write_all(&[name, b"\n"].concat())?;
        questions.flush()?;
        let ended = || io::Error::new(io::ErrorKind::UnexpectedEof, "git ended");
        let header = until(&mut self.answers, b'\n')?.ok_or_else(ended)?;
        let header = String::from_utf8_lossy(&header).into_owned();
        let words: Vec<_> = header.split(' ').collect();
        let [_, kind, size] = words[..] else { return Ok(Answer::Missing) };
        let garbled = |_| io::Error::new(io::ErrorKind::InvalidData, "git's answer has no size");
        let size: u64 = size.parse().map_err(garbled)?;
        let mut answer = (&mut self.answers).take(size.saturating_add(1));
        if size > limit_bytes {
            io::copy(&mut answer, &mut io::sink())?;
            return Ok(Answer::TooLarge);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        answer.read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size + 1 {
            return Err(ended());
        }
        bytes.pop();
        Ok(Answer::Object { kind: kind.to_owned(), bytes })
    }
}

enum Answer {
    Object { kind: String, bytes: Vec<u8> },
    TooLarge,
    Missing,
}

/// How many bytes an id has in a tree.
fn tree_id_bytes(commit: &str) -> usize {
    commit.len() / 2
}

/// The mode of an entry of a tree, and its id as text.
fn entry(tree: &[u8], name: &[u8], id_bytes: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut rest = tree;
    loop {
        let end = rest.iter().position(|&byte| byte == 0)?;
        let (head, tail) = (&rest[..end], rest.get(end + 1..)?);
        let id = tail.get(..id_bytes)?;
        let space = head.iter().position(|&byte| byte == b' ')?;
        if &head[space + 1..] == name {
            let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            return Some((head[..space].to_vec(), id.into_bytes()));
        }
        rest = &tail[id_bytes..];
    }
}

/// How large a folder's list of files may be.
const MOST_TREE_BYTES: u64 = 256 << 20;

impl Drop for Objects {
    fn drop(&mut self) {
        // It ends for itself once nobody asks.
        self.questions = None;
        let _ = self.child.wait();
    }
}
