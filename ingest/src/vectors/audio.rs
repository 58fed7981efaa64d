//! Audio payloads.

use super::{bytes, each, hold, load};
use crate::protocol::{AudioError, Codec, OpusFrame, PcmFrame};
use serde_json::{Value, json};

/// A packet of 20 ms: SILK wideband, mono, one frame.
fn packet(fill: u8, length: usize) -> Vec<u8> {
    let mut packet = vec![fill; length];
    packet[0] = 9 << 3;
    packet
}

fn made() -> Value {
    let full: Vec<_> = (0..12).map(|at| packet(at, 60)).collect();
    let opus = |packets: &[Vec<u8>], padded: usize| {
        let payload = OpusFrame::encode(packets, padded).unwrap();
        let packets: Vec<_> = packets.iter().map(hex::encode).collect();
        json!({"packets": packets, "padded_bytes": padded, "hex": hex::encode(payload)})
    };
    // 10 ms twice in one packet, and CELT 2.5 ms eight times.
    let others = [vec![8 << 3 | 1, 1, 2], vec![16 << 3 | 3, 8, 1, 2]];
    let good = OpusFrame::encode(&full, 0).unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let refused: Vec<_> = [
        (vec![], "truncated"),
        (vec![0], "packets"),
        (with(0, 13), "packets"),
        (good[..good.len() - 1].to_vec(), "truncated"),
        (good[..2].to_vec(), "truncated"),
        (with(0, 11), "padding"),
        (with(3, 10 << 3), "packet"),
        (with(3, 9 << 3 | 1), "packet"),
        (with(3, 9 << 3 | 3), "packet"),
        (vec![1, 0, 0], "packet"),
        ([&[1, 5, 0][..], &packet(0, 1_280)].concat(), "packet"),
        ([good.as_slice(), &[0, 0, 1]].concat(), "padding"),
    ]
    .into_iter()
    .map(|(payload, why)| json!({"hex": hex::encode(payload), "why": why}))
    .collect();
    let samples: [i16; 5] = [0, 1, -1, i16::MAX, i16::MIN];
    json!({
        "about": "audio payloads: Opus in packets of 20 ms, and plain samples",
        "opus": [opus(&full, 745), opus(&full[..1], 745), opus(&others, 0), opus(&full[..3], 200)],
        "refused_opus": refused,
        "pcm": [{"samples": samples, "hex": hex::encode(PcmFrame::encode(&samples))}],
        "refused_pcm_at_16_khz": [
            {"hex": "", "why": "samples"},
            {"hex": "000000", "why": "samples"},
            {"hex": "00".repeat(7_682), "why": "samples"},
        ],
    })
}

fn why(error: AudioError) -> &'static str {
    match error {
        AudioError::Truncated => "truncated",
        AudioError::Packets(_) => "packets",
        AudioError::Packet(_) => "packet",
        AudioError::Padding => "padding",
        AudioError::Samples(_) => "samples",
    }
}

#[test]
fn the_committed_vectors_are_what_the_code_makes() {
    hold("audio", &made());
}

#[test]
fn payloads_are_written_and_read_as_committed() {
    let vectors = load("audio");
    for vector in each(&vectors, "opus") {
        let packets: Vec<_> = each(vector, "packets")
            .iter()
            .map(|packet| hex::decode(packet.as_str().unwrap()).unwrap())
            .collect();
        let payload = bytes(vector, "hex");
        let padded = vector["padded_bytes"].as_u64().unwrap() as usize;
        assert_eq!(OpusFrame::encode(&packets, padded).unwrap(), payload);
        let read = OpusFrame::parse(&payload).unwrap();
        assert_eq!(read.packets(), packets.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(Codec::Opus.samples(&payload, 48_000), Ok(960 * packets.len() as u64));
    }
    for vector in each(&vectors, "refused_opus") {
        assert_eq!(vector["why"], why(OpusFrame::parse(&bytes(vector, "hex")).unwrap_err()));
    }
    for vector in each(&vectors, "pcm") {
        let samples: Vec<i16> = serde_json::from_value(vector["samples"].clone()).unwrap();
        assert_eq!(PcmFrame::encode(&samples), bytes(vector, "hex"));
        let payload = bytes(vector, "hex");
        assert_eq!(
            PcmFrame::parse(&payload, 16_000).unwrap().iter().collect::<Vec<_>>(),
            samples
        );
    }
    for vector in each(&vectors, "refused_pcm_at_16_khz") {
        assert_eq!(
            vector["why"],
            why(PcmFrame::parse(&bytes(vector, "hex"), 16_000).unwrap_err())
        );
    }
}
