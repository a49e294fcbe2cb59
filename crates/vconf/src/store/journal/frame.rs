//! The compressed record of an entry: an LZ4 frame of what is short, a zstd frame of what is long.
//!
//! LZ4 costs a save a tenth of what zstd does before its first byte, and no more room than a journal has to spare; but it
//! looks back no further than 64 KiB.

use lz4_flex::block;
use zstd_safe::{CCtx, CParameter, DCtx};

/// Compresses a record, against the one before where there is one.
pub(super) fn compress(record: &[u8], base: Option<&[u8]>) -> Option<Vec<u8>> {
    let is_short = record.len() <= SHORT_BYTES && base.is_none_or(|base| base.len() <= SHORT_BYTES);
    if is_short { compress_short(record, base) } else { compress_long(record, base) }
}

/// Gives the record of a frame, unchecked; `None` where it can't be as long as it shall be.
pub(super) fn decompress(frame: &[u8], record_bytes: usize, base: &[u8]) -> Option<Vec<u8>> {
    let record = match frame.strip_prefix(&LZ4_HEADER) {
        Some(blocks) => decompress_short(blocks, record_bytes, base)?,
        None => decompress_long(frame, record_bytes, base)?,
    };
    (record.len() == record_bytes).then_some(record)
}

/// What two records may have at most each for the one to be in reach of the other.
const SHORT_BYTES: usize = 32 << 10;

/// What begins an LZ4 frame here: the magic number; version 1, independent blocks; blocks of at most 64 KiB; the check
/// of these two bytes. [LZ4 Frame Format](https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md).
const LZ4_HEADER: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];

/// In the length of a block: that its bytes are not compressed.
const AS_IT_IS: u32 = 1 << 31;

/// The length that ends an LZ4 frame.
const END: [u8; 4] = [0; 4];

fn compress_short(record: &[u8], base: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut frame = LZ4_HEADER.to_vec();
    let block = block::compress_with_dict(record, base.unwrap_or_default());
    let (length, bytes) = if block.len() < record.len() {
        (u32::try_from(block.len()).ok()?, block.as_slice())
    } else {
        (u32::try_from(record.len()).ok()? | AS_IT_IS, record)
    };
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(bytes);
    frame.extend_from_slice(&END);
    Some(frame)
}

fn decompress_short(blocks: &[u8], record_bytes: usize, base: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = blocks.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    let block = rest.strip_suffix(&END)?;
    if block.len() != (length & !AS_IT_IS) as usize || record_bytes > SHORT_BYTES {
        return None;
    }
    if length & AS_IT_IS != 0 {
        return Some(block.to_vec());
    }
    block::decompress_with_dict(block, record_bytes, base).ok()
}

/// How much effort compressing may take: what it costs is added to that of every save.
const LEVEL: i32 = 1;

/// Of a longer base this level knows the end alone.
const FAR_BYTES: usize = 64 << 10;

fn compress_long(record: &[u8], base: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut context = CCtx::create();
    context.set_parameter(CParameter::CompressionLevel(LEVEL)).ok()?;
    if let Some(base) = base {
        // All of both lies in the window.
        let window = usize::BITS - (record.len() + base.len()).leading_zeros();
        context.set_parameter(CParameter::WindowLog(window.clamp(10, 26))).ok()?;
        context.set_parameter(CParameter::EnableLongDistanceMatching(record.len() > FAR_BYTES)).ok()?;
        context.ref_prefix(base).ok()?;
    }
    let mut frame = Vec::with_capacity(zstd_safe::compress_bound(record.len()));
    context.compress2(&mut frame, record).ok()?;
    Some(frame)
}

fn decompress_long(frame: &[u8], record_bytes: usize, base: &[u8]) -> Option<Vec<u8>> {
    let mut context = DCtx::create();
    context.ref_prefix(base).ok()?;
    let mut record = Vec::with_capacity(record_bytes);
    context.decompress(&mut record, frame).ok()?;
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text of a length, each line of which differs from those before it.
    fn text(length: usize, seed: usize) -> Vec<u8> {
        let line = |at: usize| format!("{} {}\n", at * at * 7919 % 10_000_019, at * seed).into_bytes();
        (0..).flat_map(line).take(length).collect()
    }

    /// Bytes of a length that can't be compressed.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn every_length_comes_back_with_and_without_a_base() {
        let lengths = [0, 1, 100, SHORT_BYTES - 1, SHORT_BYTES, SHORT_BYTES + 1, 100_000, 1_200_000];
        for length in lengths {
            for record in [text(length, 1), noise(length)] {
                for base in [None, Some(Vec::new()), Some(text(length, 2)), Some(text(SHORT_BYTES + 1, 3))] {
                    let frame = compress(&record, base.as_deref()).unwrap();
                    assert!(frame.len() <= record.len() + record.len() / 100 + 64, "{length}");
                    let back = decompress(&frame, record.len(), base.as_deref().unwrap_or_default());
                    assert!(back.as_deref() == Some(&*record), "{length}");
                }
            }
        }
    }

    #[test]
    fn a_record_like_the_one_before_takes_little_room_at_any_length() {
        for length in [SHORT_BYTES, SHORT_BYTES + 1, 200_000] {
            let base = text(length, 1);
            let mut record = base.clone();
            record.splice(length / 2..length / 2 + 3, *b"something else");
            record.truncate(length);
            let frame = compress(&record, Some(&base)).unwrap();
            assert!(frame.len() < length / 50, "{} of {length}", frame.len());
        }
    }

    #[test]
    fn what_is_damaged_or_lies_about_its_length_gives_nothing_or_as_many_bytes_as_it_shall() {
        for length in [3000, SHORT_BYTES + 1] {
            let (base, record) = (text(length, 1), text(length, 2));
            let frame = compress(&record, Some(&base)).unwrap();
            for at in 0..frame.len().min(600) {
                let mut flipped = frame.clone();
                flipped[at] ^= 0xff;
                for (frame, length) in [(&flipped[..], length), (&frame[..at], length), (&frame[..], at)] {
                    let back = decompress(frame, length, &base);
                    assert!(back.is_none_or(|back| back.len() == length));
                }
            }
        }
    }
}
