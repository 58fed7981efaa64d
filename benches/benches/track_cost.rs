//! What a live track costs before anyone recognises a word: opening its frames, decoding Opus, voice activity.
//!
//! This is paid for every track of every meeting for as long as it lasts, silence included, and so decides how many
//! meetings a core holds. The baseline is the sum of its parts, each measured alone: what is above it is our own.

use attune_benches::cpu;
use attune_benches::sample;
use attune_benches::table::{Goal, Table};
use attune_engine::listener::Listener;
use attune_engine::speaker::Track;
use attune_engine::voice::{VOICE_FRAME_SAMPLES, VoiceActivity, VoiceFrame, VoiceState};
use attune_ingest::client::TrackEncoder;
use attune_ingest::protocol::{Codec, FRAME_MS, Prefix};
use attune_ingest::seal::{Opener, Sealer};
use attune_ingest::sound::SoundDecoder;
use attune_models::{Silero, Store};
use std::hint::black_box;
use std::time::Duration;
use uuid::Uuid;

/// Tracks whose voice activity shares a batch.
const TRACKS: usize = 64;

/// Seconds of sound of each track.
const SECONDS: usize = 12;

const KEY: [u8; 32] = [7; 32];
const SESSION: Uuid = Uuid::from_u128(1);
const RATE_HZ: u32 = 16_000;
const UNIT: &str = "% of one core per track";

/// One track as it comes from its client.
struct Incoming {
    /// Sealed frames of 240 ms.
    messages: Vec<Vec<u8>>,
    /// The same, opened.
    payloads: Vec<Vec<u8>>,
    /// The same, decoded, as voice activity wants it.
    frames: Vec<[f32; VOICE_FRAME_SAMPLES]>,
}

fn main() {
    let mut silero = Silero::load(&Store::open()).expect("`attune models fetch --required` gets what this needs");
    let line = sample::microphone(TRACKS + SECONDS);
    let tracks = tracks(&sample::in_a_room(&line, 1));
    let mut table = Table::new("track_cost");

    let open = share(cpu::time_of(|| tracks.iter().for_each(open_all)));
    let decode = share(cpu::time_of(|| tracks.iter().for_each(decode_all)));
    let voice = share(cpu::time_of(|| judge_all(&mut silero, &tracks)));
    table.add("open (SFrame, AES-256-GCM)", open, UNIT);
    table.add("decode (Opus to 16 kHz)", decode, UNIT);
    table.add("voice activity (64 in one call)", voice, UNIT);
    let parts = "the three parts, each alone";
    table.add(parts, open + decode + voice, UNIT);

    let together = share(cpu::time_of(|| hear_all(&mut silero, &tracks)));
    table
        .compare("open, decode, voice activity and segments", together, UNIT, parts)
        .goal(Goal::AtMost(0.6));

    // The sample is digitally silent where nobody talks, and such frames are not judged.
    let quiet = self::tracks(&line);
    let together_quiet = share(cpu::time_of(|| hear_all(&mut silero, &quiet)));
    let noisy = "open, decode, voice activity and segments";
    table.compare("the same, digitally silent between words", together_quiet, UNIT, noisy);
    table.finish();
}

/// Each track at another place of `samples`.
fn tracks(samples: &[i16]) -> Vec<Incoming> {
    let track = |index: usize| incoming(&samples[index * 16_000..][..SECONDS * 16_000]);
    (0..TRACKS).map(track).collect()
}

/// The share of a core that `time` for all tracks is of the time that they sound.
fn share(time: Duration) -> f64 {
    100.0 * time.as_secs_f64() / (TRACKS * SECONDS) as f64
}

fn incoming(samples: &[i16]) -> Incoming {
    let mut encoder = TrackEncoder::new(Codec::Opus, RATE_HZ).expect("Opus encodes 16 kHz");
    let mut sealer = Sealer::new(&KEY, 1, SESSION);
    let mut decoder = SoundDecoder::new(Codec::Opus, RATE_HZ, 0).expect("Opus decodes 16 kHz");
    let (mut messages, mut payloads, mut decoded) = (Vec::new(), Vec::new(), Vec::new());
    for (seq, frame) in samples.chunks_exact(encoder.frame_samples()).enumerate() {
        let (payload, _) = encoder.encode(frame).expect("a frame of samples encodes");
        let first_sample = (seq * encoder.frame_samples()) as u64;
        let prefix = Prefix::audio(Track::Mic, seq as u64, first_sample, seq as u32 * FRAME_MS);
        messages.push(sealer.seal(&prefix, &payload).expect("each number is sealed once"));
        decoded.extend(decoder.decode(&payload).expect("what was encoded decodes"));
        payloads.push(payload);
    }
    let frames = decoded.chunks_exact(VOICE_FRAME_SAMPLES);
    Incoming {
        messages,
        payloads,
        frames: frames
            .map(|frame| std::array::from_fn(|at| f32::from(frame[at]) / 32_768.0))
            .collect(),
    }
}

fn open_all(track: &Incoming) {
    let mut opener = Opener::new(&KEY, 1, SESSION);
    for message in &track.messages {
        black_box(opener.open(message).expect("what was sealed opens"));
    }
}

fn decode_all(track: &Incoming) {
    let mut decoder = SoundDecoder::new(Codec::Opus, RATE_HZ, 0).expect("Opus decodes 16 kHz");
    for payload in &track.payloads {
        black_box(decoder.decode(payload).expect("what was encoded decodes"));
    }
}

fn judge_all(silero: &mut Silero, tracks: &[Incoming]) {
    let mut states = vec![VoiceState::default(); tracks.len()];
    for index in 0..tracks[0].frames.len() {
        let mut batch: Vec<VoiceFrame<'_>> = states
            .iter_mut()
            .zip(tracks)
            .map(|(state, track)| VoiceFrame {
                state,
                samples: &track.frames[index],
                probability: 0.0,
            })
            .collect();
        silero.detect(&mut batch).expect("the model runs");
    }
}

/// A track as a server holds it.
struct Live {
    opener: Opener,
    decoder: SoundDecoder,
    listener: Listener,
}

fn hear_all(silero: &mut Silero, tracks: &[Incoming]) {
    let mut live: Vec<Live> = tracks
        .iter()
        .map(|_| Live {
            opener: Opener::new(&KEY, 1, SESSION),
            decoder: SoundDecoder::new(Codec::Opus, RATE_HZ, 0).expect("Opus decodes 16 kHz"),
            listener: Listener::new(Track::Mic, 0),
        })
        .collect();
    for seq in 0..tracks[0].messages.len() {
        for (live, track) in live.iter_mut().zip(tracks) {
            let frame = live.opener.open(&track.messages[seq]).expect("what was sealed opens");
            let samples = live.decoder.decode(&frame.payload).expect("what was encoded decodes");
            live.listener.push(&samples);
        }
        judge(silero, &mut live);
    }
}

/// Judges every frame that waits, one of each track at a time.
fn judge(silero: &mut Silero, live: &mut [Live]) {
    loop {
        let mut waiting: Vec<(usize, [f32; VOICE_FRAME_SAMPLES], VoiceState)> = Vec::new();
        for (index, live) in live.iter_mut().enumerate() {
            if let Some(samples) = live.listener.next_frame() {
                waiting.push((index, samples, live.listener.voice_state().clone()));
            }
        }
        if waiting.is_empty() {
            return;
        }
        let mut batch: Vec<VoiceFrame<'_>> = waiting
            .iter_mut()
            .map(|(_, samples, state)| VoiceFrame {
                state,
                samples,
                probability: 0.0,
            })
            .collect();
        silero.detect(&mut batch).expect("the model runs");
        let probabilities: Vec<f32> = batch.iter().map(|frame| frame.probability).collect();
        for ((index, _, state), probability) in waiting.into_iter().zip(probabilities) {
            *live[index].listener.voice_state() = state;
            black_box(live[index].listener.decide(probability));
        }
    }
}
