//! The texts of revisions: lines, and edits of them as `diff -n` writes them.

/// Edits of lines, in order.
pub(super) type Script<'a> = Vec<Op<'a>>;

/// Lines that go and lines that come in their place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Op<'a> {
    /// The index of the first line that goes, or before which others come.
    pub(super) at: usize,
    pub(super) delete: usize,
    pub(super) insert: Vec<&'a [u8]>,
}

/// The lines of a text, each with its end.
pub(super) fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}

/// Reads edits: `d5 2` takes two lines away from the fifth on, `a6 3` adds three after the sixth. `None` where it is
/// something else.
pub(super) fn script(text: &[u8]) -> Option<Script<'_>> {
    let mut script = Vec::new();
    let mut rest = lines(text).into_iter();
    while let Some(command) = rest.next() {
        let command = std::str::from_utf8(command).ok()?.trim_end_matches(['\n', '\r']);
        let (place, count) = command.get(1..)?.split_once(' ')?;
        let (place, count): (usize, usize) = (place.parse().ok()?, count.trim().parse().ok()?);
        script.push(match command.as_bytes().first()? {
            b'd' => Op { at: place.checked_sub(1)?, delete: count, insert: Vec::new() },
            b'a' => {
                let insert: Vec<_> = rest.by_ref().take(count).collect();
                if insert.len() < count {
                    return None;
                }
                Op { at: place, delete: 0, insert }
            }
            _ => return None,
        });
    }
    Some(script)
}

/// Makes edits; gives the lines, and the edits that lead back. `None` where they do not fit.
pub(super) fn apply<'a>(lines: &[&'a [u8]], script: &Script<'a>) -> Option<(Vec<&'a [u8]>, Script<'a>)> {
    let mut made = Vec::with_capacity(lines.len());
    let mut back = Vec::with_capacity(script.len());
    let mut copied = 0;
    for Op { at, delete, insert } in script {
        let end = at.checked_add(*delete)?;
        made.extend_from_slice(lines.get(copied..*at)?);
        let gone = lines.get(*at..end)?.to_vec();
        back.push(Op { at: made.len(), delete: insert.len(), insert: gone });
        made.extend_from_slice(insert);
        copied = end;
    }
    made.extend_from_slice(lines.get(copied..)?);
    Some((made, back))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_lead_there_and_back() {
        let old = lines(b"a\nb\nc\nd\n");
        let script = script(b"a0 1\nnew\nd2 1\nd4 1\na4 2\nx\ny").unwrap();
        let (new, back) = apply(&old, &script).unwrap();
        assert_eq!(new.concat(), b"new\na\nc\nx\ny");
        assert_eq!(apply(&new, &back).unwrap().0, old);
    }

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        let old = lines(b"a\nb\n");
        for text in ["d3 1", "d0 1", "a3 1\nx", "d2 1\nd1 1", "d1 99999999999999999999"] {
            assert!(script(text.as_bytes()).and_then(|script| apply(&old, &script)).is_none(), "{text}");
        }
        for text in ["x", "a1 2\nx\n", "d", "d1", "q1 1", "dé 1", "\n"] {
            assert!(script(text.as_bytes()).is_none(), "{text}");
        }
    }
}
