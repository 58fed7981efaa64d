//! What a second of speech costs to recognise, on one core, by recognizer, and which part of Whisper takes it.
//!
//! This decides how many people can talk at once. Whisper runs on files with the shapes of its weights and a script of 3.5
//! tokens a second of speech, because the cost does not depend on what the weights have learned; so it is measured
//! also where no weights can be fetched. The baseline is the recognizer that is always there.

use attune_benches::cpu;
use attune_benches::sample;
use attune_benches::table::{Goal, Table};
use attune_engine::listener::Segment;
use attune_engine::recognize::{Recognizer, Speech};
use attune_engine::sound::sound_of;
use attune_engine::speaker::Track;
use attune_engine::transcript::SegmentId;
use attune_models::seeded::{self, Bare, Context, Dims, Script};
use attune_models::{Sphinx, Whisper};
use std::hint::black_box;

/// A segment as the segmenter makes them.
const SECONDS: usize = 4;

/// Open speech as a pass over it hears it: its beginning, half-way, and where it is cut.
const PASSES: [usize; 4] = [1, 3, SECONDS, 6];

const UNIT: &str = "s of one core per s of speech";

fn main() {
    // The sample meeting begins with a second of silence; from then on someone talks.
    let samples = sample::microphone(1 + PASSES[3]);
    let speech = &samples[16_000..];
    let segment = &speech[..SECONDS * 16_000];
    let mut table = Table::new("recognizers");
    let baseline = "sphinx, a segment of 4 s";

    let mut sphinx = Sphinx::load().expect("pocketsphinx-en-us is installed");
    table.add(baseline, cost(&mut sphinx, segment), UNIT);

    let sound = "the sound of a segment of 4 s: pitch, loudness, filled pauses";
    table.add(sound, sound_cost(segment), UNIT);

    let folder = tempfile::tempdir().expect("a place for the weights");
    for (name, dims, goal) in [("tiny.en", Dims::TINY, 0.08), ("base.en", Dims::BASE, 0.145)] {
        let path = folder.path().join(format!("ggml-{name}.bin"));
        seeded::write(&path, dims, 1).expect("room for the weights");
        let whisper = Whisper::load(&path).expect("what was written loads");
        let mut whisper = whisper.following(Script::paced());
        let whole = format!("whisper with the shapes of {name}, a segment of 4 s");
        table
            .compare(&whole, cost(&mut whisper, segment), UNIT, baseline)
            .goal(Goal::AtMost(goal));
        for seconds in PASSES {
            parts(&whisper, name, &speech[..seconds * 16_000], &mut table);
        }
    }
    table.finish();
}

/// What whisper.cpp alone takes for `samples`, and its parts.
fn parts(whisper: &Whisper, name: &str, samples: &[i16], table: &mut Table) {
    let seconds = samples.len() / 16_000;
    let mut bare = whisper.bare(Script::paced()).expect("memory for its state");
    let mut ms_of = |work: &mut dyn FnMut(&mut Bare)| cpu::time_of(|| work(&mut bare)).as_secs_f64() * 1000.0;
    let whole = ms_of(&mut |bare| assert!(bare.decode(samples, Context::Trimmed).expect("it decodes") > 0));
    let spectrogram = ms_of(&mut |bare| bare.spectrogram(samples).expect("it is computed"));
    let encoder = ms_of(&mut |bare| bare.encode().expect("it runs"));
    let all = format!("whisper.cpp, {name}, {seconds} s");
    table.add(&all, whole, "ms of one core");
    for (part, took) in [
        ("spectrogram", spectrogram),
        ("encoder", encoder),
        ("tokens and the rest", whole - spectrogram - encoder),
    ] {
        table.compare(&format!("{all}: {part}"), took, "ms of one core", &all);
    }
}

/// What is measured beside the words, of the own voice.
fn sound_cost(samples: &[i16]) -> f64 {
    let to_sample = samples.len() as u64;
    let segment = Segment {
        id: SegmentId::new(Track::Mic, 0),
        track: Track::Mic,
        from_sample: 0,
        to_sample,
        audio: samples.to_vec(),
        audio_from_sample: 0,
        context: 0,
        voiced: vec![(0, to_sample)],
        voice: 0.9,
        flags: Vec::new(),
    };
    let time = cpu::time_of(|| drop(black_box(sound_of(&segment))));
    time.as_secs_f64() / SECONDS as f64
}

fn cost(recognizer: &mut dyn Recognizer, samples: &[i16]) -> f64 {
    let time = cpu::time_of(|| {
        let recognition = recognizer.recognize(Speech::of(samples)).expect("speech is recognised");
        assert!(
            !recognition.words.is_empty(),
            "it heard nothing: the cost is of something else"
        );
    });
    time.as_secs_f64() / SECONDS as f64
}
