//! Frames: records compressed together, and one of them decompressed again.

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

/// Compresses what a frame holds.
pub(super) fn compress(raw: &[u8], level: PackLevel) -> Result<Vec<u8>, &'static str> {
    let mut context = CCtx::try_create().ok_or(NO_MEMORY)?;
    let level = match level {
        PackLevel::Fast => CParameter::CompressionLevel(3),
        PackLevel::Small => CParameter::CompressionLevel(19),
    };
    for parameter in [
        level,
        CParameter::WindowLog(WINDOW_LOG),
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
        let mut context = DCtx::try_create().ok_or(NO_MEMORY)?;
        // What is decompressed stays where it is put, so that it is not copied once more.
        context.set_parameter(DParameter::StableOutBuffer(true)).map_err(zstd_safe::get_error_name)?;
        Ok(Self(context))
    }

    /// Decompresses what a frame holds, up to an offset or a little further.
    pub(super) fn decode(
        &mut self,
        compressed: &[u8],
        frame: &Frame,
        until: usize,
        raw: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        raw.clear();
        raw.try_reserve_exact(frame.raw_bytes).map_err(|_| NO_MEMORY)?;
        match zstd_safe::get_frame_content_size(compressed) {
            Ok(Some(size)) if size == frame.raw_bytes as u64 => {}
            _ => return Err("a frame is not as long as its records"),
        }
        self.0.reset(zstd_safe::ResetDirective::SessionOnly).map_err(zstd_safe::get_error_name)?;
        let mut output = OutBuffer::around(raw);
        let mut is_ended = false;
        let mut pieces = compressed.chunks(INPUT_BYTES);
        while output.pos() < until
            && let Some(piece) = pieces.next()
        {
            let mut input = InBuffer::around(piece);
            while input.pos < piece.len() {
                let before = (input.pos, output.pos());
                let hint = self.0.decompress_stream(&mut output, &mut input);
                is_ended = hint.map_err(zstd_safe::get_error_name)? == 0;
                if is_ended || before == (input.pos, output.pos()) {
                    break;
                }
            }
        }
        let filled = output.pos();
        if filled < until || is_ended && filled != frame.raw_bytes {
            return Err("a frame is cut off");
        }
        Ok(())
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decoder")
    }
}

/// So much is looked back at, and no more: any zstd decompresses that without being told to.
const WINDOW_LOG: u32 = 23;

/// How much of a frame is decompressed at once, where not all of it is needed.
const INPUT_BYTES: usize = 4096;

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
            let compressed = compress(&raw, level).unwrap();
            let frame = frame(&compressed, &raw);
            let (mut decoder, mut back) = (Decoder::new().unwrap(), Vec::new());
            for until in [0, 1, 1000, raw.len() / 2, raw.len()] {
                decoder.decode(&compressed, &frame, until, &mut back).unwrap();
                assert!(back.len() >= until && raw.starts_with(&back), "{until}");
            }
        }
    }

    #[test]
    fn a_damaged_frame_gives_an_error_or_other_bytes_and_no_harm() {
        let raw = b"{\"vconf\": 1}\n".repeat(40);
        let compressed = compress(&raw, PackLevel::Fast).unwrap();
        let frame = frame(&compressed, &raw);
        let (mut decoder, mut back) = (Decoder::new().unwrap(), Vec::new());
        for at in 0..compressed.len() {
            let cut = decoder.decode(&compressed[..at], &frame, raw.len(), &mut back);
            assert!(cut.is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut flipped = compressed.clone();
                flipped[at] ^= 1 << bit;
                let _ = decoder.decode(&flipped, &frame, raw.len(), &mut back);
            }
        }
        decoder.decode(&compressed, &frame, raw.len(), &mut back).unwrap();
        assert_eq!(back, raw);
        let longer = Frame { raw_bytes: raw.len() + 1, ..frame };
        assert!(decoder.decode(&compressed, &longer, raw.len(), &mut back).is_err());
    }
}
