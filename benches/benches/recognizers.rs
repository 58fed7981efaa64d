//! What a second of speech costs to recognise, on one core, by recognizer.
//!
//! This decides how many people can talk at once. Whisper runs on files with the shapes of its weights and a script of 3.5
//! tokens a second of speech, because the cost does not depend on what the weights have learned; so it is measured
//! also where no weights can be fetched. The baseline is the recognizer that is always there.

use attune_benches::cpu;
use attune_benches::sample;
use attune_benches::table::{Goal, Table};
use attune_engine::recognize::{Recognizer, Speech};
use attune_models::seeded::{self, Dims, Script};
use attune_models::{Sphinx, Whisper};

/// A segment as the segmenter makes them.
const SECONDS: usize = 4;

const UNIT: &str = "s of one core per s of speech";

fn main() {
    // The sample meeting begins with a second of silence; from then on someone talks.
    let samples = sample::microphone(1 + SECONDS);
    let samples = &samples[16_000..];
    let mut table = Table::new("recognizers");
    let baseline = "sphinx, a segment of 4 s";

    let mut sphinx = Sphinx::load().expect("pocketsphinx-en-us is installed");
    table.add(baseline, cost(&mut sphinx, samples), UNIT);

    let folder = tempfile::tempdir().expect("a place for the weights");
    for (name, dims, goal) in [("tiny.en", Dims::TINY, 0.08), ("base.en", Dims::BASE, 0.145)] {
        let path = folder.path().join(format!("ggml-{name}.bin"));
        seeded::write(&path, dims, 1).expect("room for the weights");
        let whisper = Whisper::load(&path).expect("what was written loads");
        let mut whisper = whisper.following(Script::paced());
        let name = format!("whisper with the shapes of {name}, a segment of 4 s");
        table
            .compare(&name, cost(&mut whisper, samples), UNIT, baseline)
            .goal(Goal::AtMost(goal));
    }
    table.finish();
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
