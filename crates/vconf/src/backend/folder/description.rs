//! What a store's folder says of itself, and the copy of it.

use std::io;

use serde::Deserialize;

use crate::backend::{FORMAT, OwnFlaw, random_id};
use crate::canonical::checksum;

/// The file that describes the store.
pub(super) const DESCRIPTION: &str = "store.json";

/// Its copy.
pub(super) const COPY: &str = "store.copy.json";

/// How much of the description is read: a newer format's may be longer than this one's, and must be refused.
pub(super) const MAX_DESCRIPTION_BYTES: usize = 64 << 10;

/// What `store.json` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Description {
    /// The version of the format.
    pub(super) vconf: u32,
    /// Whether it ends in its own checksum.
    is_checked: bool,
}

/// A new description.
pub(super) fn create() -> io::Result<String> {
    Ok(with_check(format!("{{\"vconf\": {FORMAT}, \"id\": \"{}\"", random_id()?)))
}

fn with_check(text: String) -> String {
    let check = checksum(text.as_bytes());
    format!("{text}{CHECK}{check}\"}}\n")
}

const CHECK: &str = ", \"check\": \"";

impl Description {
    /// Reads a description; `None` for one that is damaged. The checksum is of all that stands before it, whatever
    /// that is in a later format; a description without one is believed.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Shape {
            vconf: u32,
            check: Option<String>,
        }
        let Shape { vconf, check } = serde_json::from_slice(bytes).ok()?;
        if check.is_some() {
            let text = std::str::from_utf8(bytes).ok()?;
            let (before, _) = text.rsplit_once(CHECK)?;
            if with_check(before.to_owned()) != text {
                return None;
            }
        }
        Some(Self { vconf, is_checked: check.is_some() })
    }
}

/// What is wrong with a description and its copy; `None` stands for one that is not there.
pub(super) fn flaws(
    description: Option<Vec<u8>>,
    copy: Option<Vec<u8>>,
    object: impl Fn(&str) -> String,
) -> io::Result<Vec<OwnFlaw>> {
    let read = |bytes: &Option<Vec<u8>>| bytes.as_deref().and_then(Description::parse);
    let (own, other) = (read(&description), read(&copy));
    let is_checked = |read: Option<Description>| read.is_some_and(|read| read.is_checked);
    let sound = match (&description, &copy) {
        (_, Some(copy)) if is_checked(other) && !is_checked(own) => copy.clone(),
        (Some(description), _) if own.is_some() => description.clone(),
        (_, Some(copy)) if other.is_some() => copy.clone(),
        _ => create()?.into_bytes(),
    };
    let flaw = |name: &'static str, bytes: &Option<Vec<u8>>| {
        if bytes.as_ref() == Some(&sound) {
            return None;
        }
        let is_damage = bytes.is_some() || name == DESCRIPTION;
        let problem = match bytes {
            None if is_damage => "the description of the store is missing",
            None => "the copy of the store's description is missing",
            Some(_) if name == DESCRIPTION => "the description of the store was altered",
            Some(_) => "the copy of the store's description was altered",
        };
        Some(OwnFlaw { name, object: object(name), problem, is_damage, sound: sound.clone() })
    };
    Ok(flaw(DESCRIPTION, &description).into_iter().chain(flaw(COPY, &copy)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flip_cut_and_loss_of_either_is_told_and_the_other_says_what_stood_there() {
        let text = create().unwrap().into_bytes();
        let flaws = |description: Option<Vec<u8>>, copy: Option<Vec<u8>>| {
            flaws(description, copy, str::to_owned).unwrap()
        };
        assert_eq!(flaws(Some(text.clone()), Some(text.clone())), []);
        let mut spoiled: Vec<Option<Vec<u8>>> = vec![None];
        for at in 0..text.len() {
            spoiled.push(Some(text[..at].to_vec()));
            for bit in 0..8 {
                let mut flipped = text.clone();
                flipped[at] ^= 1 << bit;
                spoiled.push(Some(flipped));
            }
        }
        for spoiled in spoiled {
            let told = flaws(spoiled.clone(), Some(text.clone()));
            assert!(told.len() == 1 && told[0].name == DESCRIPTION && told[0].is_damage, "{told:?}");
            assert_eq!(told[0].sound, text);
            assert!(spoiled.as_deref().and_then(Description::parse).is_none_or(|read| read.vconf <= FORMAT));
            let told = flaws(Some(text.clone()), spoiled.clone());
            assert!(told.len() == 1 && told[0].name == COPY, "{told:?}");
            assert_eq!((&told[0].sound, told[0].is_damage), (&text, spoiled.is_some()));
        }
    }

    #[test]
    fn a_description_without_a_checksum_is_copied_as_it_stands() {
        let text = b"{\"vconf\": 1, \"id\": \"0f\"}\n".to_vec();
        let told = flaws(Some(text.clone()), None, str::to_owned).unwrap();
        assert!(told.len() == 1 && told[0].name == COPY && !told[0].is_damage && told[0].sound == text);
        let told = flaws(None, None, str::to_owned).unwrap();
        assert_eq!(told.len(), 2);
        assert_eq!(Description::parse(&told[0].sound).map(|read| read.vconf), Some(FORMAT));
    }
}
