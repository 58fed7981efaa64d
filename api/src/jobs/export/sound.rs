//! Kept audio as files that any player opens: Opus as it came, in Ogg (RFC 7845), and plain samples as WAV.

use super::archive::Pipe;
use attune_ingest::ports::KeptFrame;
use attune_ingest::protocol::{Codec, OpusFrame};
use ogg::{PacketWriteEndInfo, PacketWriter};

/// Samples of a packet of 20 ms, at the 48 kHz that Ogg counts Opus in.
const PACKET: u64 = 960;
const GRANULES_HZ: u64 = 48_000;
/// Packets of a page: a second.
const PAGE: u64 = 50;
/// What a decoder drops at the beginning: the look-ahead of libopus.
const PRE_SKIP: u16 = 312;
/// 20 ms of nothing.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
const SERIAL: u32 = 1;

/// One track of Opus as an Ogg file. Where audio is missing there is silence, so that times hold.
pub(super) struct OggOpus {
    packets: PacketWriter<'static, Pipe>,
    written: Pipe,
    /// Packets so far.
    count: u64,
    /// The last one: it is known to be the last only once there is no other.
    held: Option<Vec<u8>>,
    /// Where the next frame begins if nothing is missing, at 48 kHz.
    next: Option<u64>,
}

impl OggOpus {
    /// A track that was captured at `rate_hz`.
    pub(super) fn new(rate_hz: u32) -> Self {
        let mut head = b"OpusHead\x01\x01".to_vec();
        head.extend(PRE_SKIP.to_le_bytes());
        head.extend(rate_hz.to_le_bytes());
        // No gain, one channel.
        head.extend([0, 0, 0]);
        let mut tags = b"OpusTags".to_vec();
        tags.extend(6u32.to_le_bytes());
        tags.extend(b"attune");
        tags.extend(0u32.to_le_bytes());
        let written = Pipe::default();
        let mut packets = PacketWriter::new(written.clone());
        for packet in [head, tags] {
            packets
                .write_packet(packet, SERIAL, PacketWriteEndInfo::EndPage, 0)
                .expect("invariant: memory can be written");
        }
        Self {
            packets,
            written,
            count: 0,
            held: None,
            next: None,
        }
    }

    /// The next frame.
    pub(super) fn push(&mut self, frame: &KeptFrame) {
        let first = frame.first_sample * GRANULES_HZ / u64::from(frame.rate_hz.max(1));
        let next = *self.next.get_or_insert(first);
        let missing = first.saturating_sub(next);
        for _ in 0..(missing + PACKET / 2) / PACKET {
            self.packet(SILENCE.to_vec());
        }
        let Ok(opus) = OpusFrame::parse(&frame.payload) else {
            return;
        };
        for packet in opus.packets() {
            self.packet(packet.to_vec());
        }
        self.next = Some(next.max(first) + PACKET * opus.packets().len() as u64);
    }

    fn packet(&mut self, packet: Vec<u8>) {
        if let Some(before) = self.held.replace(packet) {
            self.count += 1;
            let end = match self.count % PAGE {
                0 => PacketWriteEndInfo::EndPage,
                _ => PacketWriteEndInfo::NormalPacket,
            };
            self.write(before, end);
        }
    }

    fn write(&mut self, packet: Vec<u8>, end: PacketWriteEndInfo) {
        self.packets
            .write_packet(packet, SERIAL, end, self.count * PACKET)
            .expect("invariant: memory can be written");
    }

    /// What is written and was not taken yet.
    pub(super) fn take(&self) -> Vec<u8> {
        self.written.take()
    }

    /// The rest of the file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let last = self.held.take().unwrap_or_else(|| SILENCE.to_vec());
        self.count += 1;
        self.write(last, PacketWriteEndInfo::EndStream);
        self.take()
    }
}

/// Frames of plain samples, of one rate and in order, as a WAV file. Where audio is missing there is silence.
pub(super) fn wav(frames: &[KeptFrame]) -> Vec<u8> {
    let rate_hz = frames.first().map_or(16_000, |frame| frame.rate_hz);
    let mut samples = Vec::new();
    let start = frames.first().map_or(0, |frame| frame.first_sample);
    for frame in frames.iter().filter(|frame| frame.codec == Codec::PcmS16le) {
        let at = (frame.first_sample - start) as usize * 2;
        samples.resize(at.max(samples.len()), 0);
        samples.extend_from_slice(&frame.payload);
    }
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let mut file = b"RIFF".to_vec();
    file.extend(length.saturating_add(36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    // Plain samples, one channel.
    file.extend(1u16.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(rate_hz.to_le_bytes());
    file.extend((2 * rate_hz).to_le_bytes());
    file.extend(2u16.to_le_bytes());
    file.extend(16u16.to_le_bytes());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::speaker::Track;
    use ogg::PacketReader;
    use std::io::Cursor;
    use zeroize::Zeroizing;

    fn frame(codec: Codec, rate_hz: u32, first_sample: u64, payload: Vec<u8>) -> KeptFrame {
        KeptFrame {
            track: Track::Mic,
            codec,
            rate_hz,
            first_sample,
            from_sample: 0,
            to_sample: 0,
            payload: Zeroizing::new(payload),
        }
    }

    #[test]
    fn opus_is_an_ogg_stream_whose_times_hold_over_a_hole() {
        let packet = |byte: u8| vec![0x48, byte];
        let payload = |byte: u8| OpusFrame::encode(&vec![packet(byte); 12], 0).unwrap();
        let mut ogg = OggOpus::new(16_000);
        ogg.push(&frame(Codec::Opus, 16_000, 16_000, payload(1)));
        // A second is missing.
        ogg.push(&frame(Codec::Opus, 16_000, 16_000 + 3_840 + 16_000, payload(2)));
        let mut file = ogg.take();
        file.extend(ogg.finish());

        let mut reader = PacketReader::new(Cursor::new(file));
        let mut packets = Vec::new();
        while let Some(packet) = reader.read_packet().unwrap() {
            packets.push(packet);
        }
        assert!(packets[0].data.starts_with(b"OpusHead") && packets[1].data.starts_with(b"OpusTags"));
        let sound = &packets[2..];
        assert_eq!(sound.len(), 12 + 50 + 12);
        assert_eq!(sound[11].data, packet(1));
        assert_eq!(sound[12].data, SILENCE);
        assert_eq!(sound[61].data, SILENCE);
        assert_eq!(sound[62].data, packet(2));
        let last = sound.last().unwrap();
        assert!(last.last_in_stream());
        assert_eq!(last.absgp_page(), 74 * PACKET);
    }

    #[test]
    fn plain_samples_are_a_wav_with_silence_where_they_are_missing() {
        let one = frame(Codec::PcmS16le, 48_000, 100, vec![1, 0, 2, 0]);
        let other = frame(Codec::PcmS16le, 48_000, 103, vec![3, 0]);
        let file = wav(&[one, other]);
        assert_eq!(&file[..4], b"RIFF");
        assert_eq!(file[24..28], 48_000u32.to_le_bytes());
        assert_eq!(file[40..44], 8u32.to_le_bytes());
        assert_eq!(file[44..], [1, 0, 2, 0, 0, 0, 3, 0]);
        assert_eq!(file[4..8], 44u32.to_le_bytes());
    }
}
