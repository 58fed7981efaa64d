//! The listening path of a server over one recording, with the gate and without.

use attune_benches::live::Models;
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::decide::{Decision, decide, final_of};
use attune_engine::listener::{Heard as Event, Listener, Segment};
use attune_engine::recognize::{Recognizer, Speech};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::Final;
use attune_engine::voice::{VoiceActivity, VoiceFrame};
use attune_models::Sphinx;

/// Samples of a push, as a client's frame of 240 ms.
const PUSH: usize = 3_840;

/// Voice activity and a recognizer.
pub(crate) struct Ears {
    voice: Box<dyn VoiceActivity>,
    words: Sphinx,
}

/// What was heard in a recording.
pub(crate) struct Heard {
    /// Where a voice was heard.
    pub(crate) voiced: Vec<Span>,
    /// What a recognizer was given.
    pub(crate) given: Vec<Span>,
    /// Its words, whatever the gate says of them.
    pub(crate) ungated: Vec<Final>,
    /// Its words that the gate lets through.
    pub(crate) gated: Vec<Final>,
    /// Segments that it does not.
    pub(crate) suppressed: usize,
}

impl Ears {
    pub(crate) fn open() -> Self {
        Self {
            voice: Models::voice(),
            words: Sphinx::load().expect("pocketsphinx-en-us is installed"),
        }
    }

    pub(crate) fn hear(&mut self, samples: &[i16]) -> Heard {
        let mut heard = Heard {
            voiced: Vec::new(),
            given: Vec::new(),
            ungated: Vec::new(),
            gated: Vec::new(),
            suppressed: 0,
        };
        for segment in self.segments(samples) {
            heard
                .voiced
                .extend(segment.voiced.iter().map(|&(from, to)| span(from, to)));
            let given_to = segment.audio_from_sample + segment.audio.len() as u64;
            heard.given.push(span(segment.audio_from_sample, given_to));
            let recognition = self
                .words
                .recognize(Speech::of(&segment.audio))
                .expect("it is recognised");
            let info = self.words.info();
            heard
                .ungated
                .push(final_of(&segment, &recognition, Speaker::Unknown, info));
            match decide(&segment, &recognition, Speaker::Unknown, info) {
                Decision::Said(decided) => heard.gated.push(decided),
                Decision::Suppressed(_) => heard.suppressed += 1,
            }
        }
        heard
    }

    fn segments(&mut self, samples: &[i16]) -> Vec<Segment> {
        let mut listener = Listener::new(Track::Mic, 0);
        let mut events = Vec::new();
        for push in samples.chunks(PUSH) {
            listener.push(push);
            while let Some(frame) = listener.next_frame() {
                let mut row = [VoiceFrame {
                    state: listener.voice_state(),
                    samples: &frame,
                    probability: 0.0,
                }];
                self.voice.detect(&mut row).expect("voice activity runs");
                let probability = row[0].probability;
                events.extend(listener.decide(probability));
            }
        }
        events.extend(listener.finish());
        let segment = |event| match event {
            Event::Segment(segment) => Some(segment),
            Event::SpeechStarted { .. } | Event::SpeechEnded { .. } | Event::Likely(_) => None,
        };
        events.into_iter().filter_map(segment).collect()
    }
}

fn span(from: u64, to: u64) -> Span {
    Span::new(MeetingTime::from_sample(from), MeetingTime::from_sample(to))
}
