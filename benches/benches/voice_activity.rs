//! What a frame of voice activity costs when the frames of many tracks are judged in one call.
//!
//! A server hears all its tracks with one model. Alone, most of a call is overhead; in a batch it is shared. The
//! baseline is the same 64 tracks with a call for each.

use attune_benches::cpu;
use attune_benches::sample;
use attune_benches::table::{Goal, Table};
use attune_engine::voice::{VOICE_FRAME_SAMPLES, VoiceActivity, VoiceFrame, VoiceState};
use attune_models::{Silero, Store};

type Frame = [f32; VOICE_FRAME_SAMPLES];

/// Frames of each track: two seconds, speech and pauses.
const FRAMES: usize = 64;

const TRACKS: usize = 64;
const UNIT: &str = "µs of one core per frame";

fn main() {
    let mut silero = Silero::load(&Store::open()).expect("`attune models fetch --required` gets what this needs");
    let tracks = tracks();
    let mut table = Table::new("voice_activity");

    let mut states = states(TRACKS);
    let alone = cpu::time_of(|| {
        for frame in 0..FRAMES {
            for (state, track) in states.iter_mut().zip(&tracks) {
                let mut one = [VoiceFrame {
                    state,
                    samples: &track[frame],
                    probability: 0.0,
                }];
                silero.detect(&mut one).expect("the model runs");
            }
        }
    });
    let per_frame = |time: std::time::Duration, tracks: usize| time.as_secs_f64() * 1e6 / (tracks * FRAMES) as f64;
    let baseline = "64 tracks, a call for each";
    table.add(baseline, per_frame(alone, TRACKS), UNIT);

    for (count, goal) in [(1, None), (8, None), (64, Some(Goal::AtMost(60.0)))] {
        let mut states = self::states(count);
        let batched = cpu::time_of(|| {
            for frame in 0..FRAMES {
                let mut batch: Vec<VoiceFrame<'_>> = states
                    .iter_mut()
                    .zip(&tracks)
                    .map(|(state, track)| VoiceFrame {
                        state,
                        samples: &track[frame],
                        probability: 0.0,
                    })
                    .collect();
                silero.detect(&mut batch).expect("the model runs");
            }
        });
        let name = format!("{count} in one call");
        table
            .compare(&name, per_frame(batched, count), UNIT, baseline)
            .goal(goal);
    }
    table.finish();
}

fn states(count: usize) -> Vec<VoiceState> {
    vec![VoiceState::default(); count]
}

/// The sample meeting's microphone, each track at another place of it.
fn tracks() -> Vec<Vec<Frame>> {
    let samples = sample::microphone(TRACKS + 2 * FRAMES * VOICE_FRAME_SAMPLES / 16_000);
    let track = |index: usize| {
        let from = &samples[index * 16_000..];
        let frames = from.chunks_exact(VOICE_FRAME_SAMPLES).take(FRAMES);
        frames
            .map(|frame| std::array::from_fn(|at| f32::from(frame[at]) / 32_768.0))
            .collect()
    };
    (0..TRACKS).map(track).collect()
}
