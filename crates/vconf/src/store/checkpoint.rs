//! The checkpoint of a log: the newest record that this store has seen.

use serde::Deserialize;

use crate::canonical::checksum;
use crate::model::checksum::Checksum;
use crate::model::record::MAX_NUMBER;

/// The newest record of a log that was seen, kept as a note beside the log.
///
/// It makes finding the head one look, and it is what shows that the end of a log was cut off. It is written in place
/// and not durably, so it may lag behind, and whatever is not just as it was written is as good as none: a number that
/// is too large would be taken for missing records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The record's number.
    pub number: u64,
    /// The record's seal.
    pub seal: Checksum,
}

impl Checkpoint {
    /// The note's bytes: always as many, so that one replaces another whole.
    pub(crate) fn to_note(self) -> Vec<u8> {
        let mut note = format!("{{\"number\": {:20}, \"seal\": \"{}\"", self.number, self.seal);
        let check = checksum(note.as_bytes());
        note.push_str(&format!(", \"check\": \"{check}\"}}\n"));
        note.into_bytes()
    }

    /// Whether a note is damaged. One that is empty or of zeros is not: a power cut leaves it so where it was new.
    pub(crate) fn is_damaged(note: &[u8]) -> bool {
        note.iter().any(|&byte| byte != 0) && Self::from_note(note).is_none()
    }

    pub(super) fn from_note(note: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Shape {
            number: u64,
            seal: String,
        }
        let Shape { number, seal } = serde_json::from_slice(note).ok()?;
        let checkpoint = Self { number, seal: seal.parse().ok()? };
        ((1..=MAX_NUMBER).contains(&number) && checkpoint.to_note() == note).then_some(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_checkpoint_has_the_same_length_and_comes_back() {
        let notes = [1, 99, MAX_NUMBER].map(|number| Checkpoint { number, seal: Checksum([5; 32]) });
        for checkpoint in notes {
            let note = checkpoint.to_note();
            assert_eq!(note.len(), notes[0].to_note().len());
            assert_eq!(Checkpoint::from_note(&note), Some(checkpoint));
        }
        assert_eq!(Checkpoint::from_note(b"{\"number\": 1"), None);
        for number in [0, MAX_NUMBER + 1, u64::MAX] {
            assert_eq!(Checkpoint::from_note(&Checkpoint { number, ..notes[0] }.to_note()), None);
        }
    }

    #[test]
    fn a_note_with_a_flipped_bit_or_cut_off_is_none() {
        let note = Checkpoint { number: 12, seal: Checksum([5; 32]) }.to_note();
        for at in 0..note.len() {
            assert_eq!(Checkpoint::from_note(&note[..at]), None, "cut at {at}");
            for bit in 0..8 {
                let mut flipped = note.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(Checkpoint::from_note(&flipped), None, "bit {bit} of byte {at}");
            }
        }
    }
}
