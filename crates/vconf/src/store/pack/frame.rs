//! Frames: records compressed together, and one of them decompressed again.

use std::ops::Range;

use zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer};

use super::index::Frame;

/// How hard a pack is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PackLevel {
    /// Fast: some GB of records a second.
    Fast,
    /// Small: about a tenth less, at some tens of MB of records a second.
    #[default]
    Small,
}

/// Compresses what a frame holds, of which the longest record has so many bytes.
pub(super) fn compress(raw: &[u8], longest_bytes: usize, level: PackLevel) -> Result<Vec<u8>, &'static str> {
    let mut context = CCtx::try_create().ok_or(NO_MEMORY)?;
    let level = match level {
        PackLevel::Fast => CParameter::CompressionLevel(3),
        PackLevel::Small => CParameter::CompressionLevel(19),
    };
    for parameter in [
        level,
        CParameter::WindowLog(window_log(longest_bytes)),
        CParameter::EnableLongDistanceMatching(true),
        CParameter::ContentSizeFlag(true),
    ] {
        context.set_parameter(parameter).map_err(zstd_safe::get_error_name)?;
    }
    let mut bytes = Vec::with_capacity(zstd_safe::compress_bound(raw.len()));
    context.compress2(&mut bytes, raw).map_err(zstd_safe::get_error_name)?;
    Ok(bytes)
}

/// Decompresses frames, keeping what that takes.
pub(super) struct Decoder(DCtx<'static>);

impl Decoder {
    pub(super) fn new() -> Result<Self, &'static str> {
        Ok(Self(DCtx::try_create().ok_or(NO_MEMORY)?))
    }

    /// Decompresses what a frame holds.
    pub(super) fn decode(
        &mut self,
        compressed: &[u8],
        frame: &Frame,
        raw: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        raw.clear();
        raw.try_reserve_exact(frame.raw_bytes).map_err(|_| NO_MEMORY)?;
        // What is decompressed stays where it is put, so that it is not copied once more.
        self.begin(compressed, frame, true)?;
        let mut output = OutBuffer::around(raw);
        let mut input = InBuffer::around(compressed);
        while self.step(&mut output, &mut input)? {}
        if raw.len() == frame.raw_bytes { Ok(()) } else { Err(CUT_OFF) }
    }

    /// Decompresses a part of what a frame holds. What stands before it is decompressed too and not kept, so that no more
    /// memory is touched than the window takes.
    pub(super) fn decode_part(
        &mut self,
        compressed: &[u8],
        frame: &Frame,
        part: Range<usize>,
    ) -> Result<Vec<u8>, &'static str> {
        let mut wanted = Vec::new();
        wanted.try_reserve_exact(part.len()).map_err(|_| NO_MEMORY)?;
        self.begin(compressed, frame, false)?;
        let mut piece = Vec::with_capacity(DCtx::out_size());
        let mut input = InBuffer::around(compressed);
        let mut at = 0;
        while at < part.end {
            piece.clear();
            let mut output = OutBuffer::around(&mut piece);
            let goes_on = self.step(&mut output, &mut input)?;
            let end = at + piece.len();
            let (from, to) = (part.start.max(at).min(end), part.end.min(end));
            wanted.extend_from_slice(&piece[from - at..to.max(from) - at]);
            at = end;
            if !goes_on && at < part.end {
                return Err(CUT_OFF);
            }
        }
        Ok(wanted)
    }

    fn begin(&mut self, compressed: &[u8], frame: &Frame, in_place: bool) -> Result<(), &'static str> {
        match zstd_safe::get_frame_content_size(compressed) {
            Ok(Some(size)) if size == frame.raw_bytes as u64 => {}
            _ => return Err("a frame is not as long as its records"),
        }
        self.0.reset(zstd_safe::ResetDirective::SessionOnly).map_err(zstd_safe::get_error_name)?;
        let in_place = DParameter::StableOutBuffer(in_place);
        self.0.set_parameter(in_place).map_err(zstd_safe::get_error_name)?;
        Ok(())
    }

    /// Decompresses the next piece; tells whether there may be more.
    fn step(
        &mut self,
        output: &mut OutBuffer<'_, Vec<u8>>,
        input: &mut InBuffer<'_>,
    ) -> Result<bool, &'static str> {
        let before = (input.pos, output.pos());
        let hint = self.0.decompress_stream(output, input).map_err(zstd_safe::get_error_name)?;
        Ok(hint != 0 && before != (input.pos, output.pos()))
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decoder")
    }
}

/// How far is looked back: at some records, and no further than any zstd does without being told to. Whoever reads one
/// record needs as much memory.
fn window_log(longest_bytes: usize) -> u32 {
    longest_bytes.saturating_mul(8).checked_next_power_of_two().map_or(23, usize::ilog2).clamp(19, 23)
}

const CUT_OFF: &str = "a frame is cut off";

const NO_MEMORY: &str = "there is no memory for it";

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(compressed: &[u8], raw: &[u8]) -> Frame {
        Frame { offset: 0, size_bytes: compressed.len(), raw_bytes: raw.len() }
    }

    #[test]
    fn a_frame_gives_back_what_it_holds_up_to_anywhere() {
        let raw: Vec<u8> = (0..300_000_u32).flat_map(|number| (number % 7919).to_le_bytes()).collect();
        for level in [PackLevel::Fast, PackLevel::Small] {
            let compressed = compress(&raw, 4000, level).unwrap();
            let frame = frame(&compressed, &raw);
            let (mut decoder, mut back) = (Decoder::new().unwrap(), Vec::new());
            decoder.decode(&compressed, &frame, &mut back).unwrap();
            assert!(back == raw);
            for part in [0..0, 0..1, 7..1000, 131_070..131_080, 500_000..900_000, 0..raw.len()] {
                let found = decoder.decode_part(&compressed, &frame, part.clone()).unwrap();
                assert!(found == raw[part.clone()], "{part:?}");
            }
            decoder.decode(&compressed, &frame, &mut back).unwrap();
            assert!(back == raw);
        }
    }

    #[test]
    fn a_damaged_frame_gives_an_error_or_other_bytes_and_no_harm() {
        let raw = b"{\"vconf\": 1}\n".repeat(40);
        let compressed = compress(&raw, 13, PackLevel::Fast).unwrap();
        let frame = frame(&compressed, &raw);
        let (mut decoder, mut back) = (Decoder::new().unwrap(), Vec::new());
        for at in 0..compressed.len() {
            assert!(decoder.decode(&compressed[..at], &frame, &mut back).is_err(), "cut at {at}");
            let part = raw.len() - 1..raw.len();
            assert!(decoder.decode_part(&compressed[..at / 2], &frame, part).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut flipped = compressed.clone();
                flipped[at] ^= 1 << bit;
                let _ = decoder.decode(&flipped, &frame, &mut back);
                let _ = decoder.decode_part(&flipped, &frame, 13..26);
            }
        }
        decoder.decode(&compressed, &frame, &mut back).unwrap();
        assert_eq!(back, raw);
        let longer = Frame { raw_bytes: raw.len() + 1, ..frame };
        assert!(decoder.decode(&compressed, &longer, &mut back).is_err());
    }
}
