//! Sound without a voice has no words: ten minutes of it through the whole listening path, and what the hallucination gate
//! stops where voice activity is fooled. `ATTUNE_LONG_TESTS=1` hears more of it and prints shares.

mod insistent;
mod noise;

use crate::heard::{RECORDINGS, channels_of, real_audio, true_words};
use attune_engine::decide::{Decision, decide, final_of};
use attune_engine::listener::{Heard as Event, Listener, Segment};
use attune_engine::recognize::{Recognizer, Speech};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::{Final, SegmentFlag};
use attune_engine::voice::{VoiceActivity, VoiceFrame};
use attune_engine::wer::{self, WordErrors};
use attune_ingest::hearing::MayLeave;
use attune_ingest::offline::{self, Channel, Heard};
use attune_ingest::protocol::SampleClass;
use attune_models::seeded::{self, Dims, Script, ScriptedToken, token};
use attune_models::store::Store;
use attune_models::{Sphinx, Whisper};
use insistent::Insistent;
use noise::Noise;

/// Of each sound: together ten minutes.
const SECONDS: usize = 55;

/// As doubtful as Silero is of what is no speech and just opens a segment.
const DOUBTFUL: f32 = 0.5;
/// As sure as Silero is of speech in a bad recording.
const SURE: f32 = 0.9;

fn voice() -> Box<dyn VoiceActivity> {
    attune_models::voice_activity(&Store::open()).expect("make test fetches voice activity")
}

fn sphinx() -> Box<dyn Recognizer> {
    Box::new(Sphinx::load().expect("PocketSphinx is installed"))
}

/// A Whisper that hears "Thank you." in everything, and is sure of it.
fn grateful_whisper(folder: &tempfile::TempDir) -> Box<dyn Recognizer> {
    let path = folder.path().join("ggml-seeded.en.bin");
    seeded::write(&path, Dims::SMALL, 7).expect("the model is written");
    let thanks = Script::new(|_| {
        [" thank", " you", "."]
            .map(|text| ScriptedToken {
                id: token(text),
                probability: 0.9,
            })
            .to_vec()
    });
    Box::new(Whisper::load(&path).expect("the model loads").following(thanks))
}

fn hear(samples: Vec<i16>, voice: Box<dyn VoiceActivity>, recognizer: Box<dyn Recognizer>) -> Heard {
    let channel = Channel {
        track: Track::Mic,
        speaker: Speaker::Me,
        samples,
    };
    offline::analyze(vec![channel], voice, vec![recognizer], &MayLeave::never(), &mut |_| {})
        .expect("the recording is heard")
}

fn words(finals: &[Final]) -> Vec<&str> {
    let words = finals.iter().flat_map(|decided| &decided.words);
    words.map(|word| word.text.as_str()).collect()
}

fn is_long() -> bool {
    std::env::var_os("ATTUNE_LONG_TESTS").is_some()
}

#[test]
fn ten_minutes_without_a_voice_have_no_words() {
    let folder = tempfile::tempdir().expect("a folder");
    for noise in Noise::ALL {
        for recognizer in [sphinx(), grateful_whisper(&folder)] {
            let name = recognizer.info().name.clone();
            let heard = hear(noise.samples(SECONDS), voice(), recognizer);
            let finals: Vec<Final> = heard.finals().cloned().collect();
            assert_eq!(words(&finals), [] as [&str; 0], "{name} heard words in {noise:?}");
        }
    }
}

#[test]
fn the_gate_alone_keeps_words_out_that_voice_activity_lets_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let seconds = if is_long() { SECONDS } else { 6 };
    let whisper = || grateful_whisper(&folder);
    let recognizers: [&dyn Fn() -> Box<dyn Recognizer>; 2] = [&sphinx, &whisper];
    for recognizer in recognizers {
        for voice in [DOUBTFUL, SURE] {
            let mut invented = Invented::default();
            for noise in Noise::ALL {
                let heard = hear(noise.samples(seconds), Box::new(Insistent::new(voice)), recognizer());
                invented.add(&heard);
            }
            let name = recognizer().info().name.clone();
            println!("{name}, a voice of {voice} in every sound: {invented:?}");
            let Invented {
                suppressed,
                doubted,
                counted,
            } = invented;
            assert!(suppressed > 0, "{name} invented nothing");
            if name == "sphinx" {
                // Sound that is taken for a voice for certain, and a recognizer that is sure of a word in it: little is left that
                // could tell.
                assert!(
                    suppressed + doubted >= 4 * counted,
                    "{name}: invented words count in a measure"
                );
            }
            if voice < SURE {
                assert_eq!(counted, 0, "{name}: invented words count in a measure");
                // What is left has one sign against it: a word that fits the sound, and a recognizer that is sure of it.
                assert!(suppressed >= 4 * doubted, "{name}: invented words are shown");
            }
        }
    }
}

/// Segments with words that nobody said.
#[derive(Debug, Default)]
struct Invented {
    suppressed: usize,
    /// Shown, and left out of measures.
    doubted: usize,
    /// Taken for words.
    counted: usize,
}

impl Invented {
    fn add(&mut self, heard: &Heard) {
        for decided in &heard.decided {
            match &decided.outcome {
                _ if decided.class == SampleClass::Suppressed => self.suppressed += 1,
                Some(said) if said.words.is_empty() => {}
                Some(said) if said.flags.contains(&SegmentFlag::LowConfidence) => self.doubted += 1,
                Some(_) => self.counted += 1,
                None => {}
            }
        }
    }
}

#[test]
fn the_gate_costs_real_speech_no_word() {
    let Some(folder) = real_audio().filter(|_| is_long()) else {
        return;
    };
    let (mut voice, mut sphinx) = (voice(), sphinx());
    let (mut before, mut after) = (WordErrors::default(), WordErrors::default());
    let mut suppressed = 0;
    for name in RECORDINGS {
        let samples = channels_of(&folder.join(format!("{name}.wav"))).remove(0);
        let (mut all, mut kept) = (Vec::new(), Vec::new());
        for segment in segments(&samples, &mut *voice) {
            let heard = sphinx.recognize(Speech::of(&segment.audio)).expect("it is recognised");
            all.push(final_of(&segment, &heard, Speaker::Me, sphinx.info()));
            match decide(&segment, &heard, Speaker::Me, sphinx.info()) {
                Decision::Said(decided) => kept.push(decided),
                Decision::Suppressed(_) => suppressed += 1,
            }
        }
        let said = true_words(&folder, name);
        let errors =
            |finals: &[Final]| wer::compare(&said, &wer::tokens(&words(finals).join(" ").replace("mr ", "mister ")));
        before = before + errors(&all);
        after = after + errors(&kept);
    }
    println!(
        "real recordings, {} words: word error rate {:.3} before the gate, {:.3} after; {suppressed} segments suppressed",
        before.reference,
        before.rate(),
        after.rate()
    );
    assert!(after.deletions <= before.deletions + before.reference / 100);
}

/// The segments of a recording.
fn segments(samples: &[i16], voice: &mut dyn VoiceActivity) -> Vec<Segment> {
    let mut listener = Listener::new(Track::Mic, 0);
    let mut heard = Vec::new();
    for step in samples.chunks(16 * 512) {
        listener.push(step);
        while let Some(samples) = listener.next_frame() {
            let mut frame = [VoiceFrame {
                state: listener.voice_state(),
                samples: &samples,
                probability: 0.0,
            }];
            voice.detect(&mut frame).expect("voice activity runs");
            let probability = frame[0].probability;
            heard.extend(listener.decide(probability));
        }
    }
    heard.extend(listener.finish());
    let segment = |event| match event {
        Event::Segment(segment) => Some(segment),
        Event::SpeechStarted { .. } | Event::SpeechEnded { .. } | Event::Likely(_) => None,
    };
    heard.into_iter().filter_map(segment).collect()
}
