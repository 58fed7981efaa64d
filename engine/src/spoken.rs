//! Speech as tests write it down: who says what, when. Only built for tests.

use crate::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use crate::conversation::{Conversation, Setup};
use crate::meeting_type::MeetingType;
use crate::recognize::RecognizerInfo;
use crate::speaker::{Speaker, Track};
use crate::transcript::{Final, SegmentId, Word};
use crate::voices::VoicesHeard;

/// Every word takes this long, the next follows at once.
pub(crate) const WORD_MS: u64 = 300;

/// The words of `text` from `start_ms` on, [`WORD_MS`] each.
pub(crate) fn words(start_ms: u64, text: &str) -> Vec<Word> {
    let starts = (0..).map(|index| start_ms + index * WORD_MS);
    let texts = text.split_whitespace().map(str::to_owned);
    texts
        .zip(starts)
        .map(|(text, start)| Word {
            text,
            start: MeetingTime::from_ms(start),
            end: MeetingTime::from_ms(start + WORD_MS),
            confidence: 0.9,
        })
        .collect()
}

/// A span in milliseconds.
pub(crate) fn span(start_ms: u64, end_ms: u64) -> Span {
    Span::new(MeetingTime::from_ms(start_ms), MeetingTime::from_ms(end_ms))
}

/// `text`, said by `speaker` from `start_ms` on without a pause.
pub(crate) fn said(speaker: Speaker, start_ms: u64, text: &str) -> Final {
    let words = words(start_ms, text);
    let end_ms = start_ms + words.len() as u64 * WORD_MS;
    said_for(speaker, start_ms, end_ms, text)
}

/// `text`, said by `speaker` evenly from `start_ms` to `end_ms`.
pub(crate) fn said_for(speaker: Speaker, start_ms: u64, end_ms: u64, text: &str) -> Final {
    let mut words = words(start_ms, text);
    let each_ms = (end_ms - start_ms) as f64 / words.len().max(1) as f64;
    for (index, word) in words.iter_mut().enumerate() {
        let at = |index: usize| MeetingTime::from_ms(start_ms + (index as f64 * each_ms) as u64);
        (word.start, word.end) = (at(index), at(index + 1));
    }
    let track = if speaker == Speaker::Them {
        Track::Tab
    } else {
        Track::Mic
    };
    Final {
        segment: SegmentId::new(track, start_ms * SAMPLES_PER_MS),
        track,
        speaker,
        span: span(start_ms, end_ms),
        words,
        voiced: vec![span(start_ms, end_ms)],
        model: "scripted/test".into(),
        flags: Vec::new(),
        sound: None,
        voices: Vec::new(),
    }
}

/// `count` words that are nothing but words.
pub(crate) fn filling(count: usize) -> String {
    vec!["word"; count].join(" ")
}

/// A recognizer that writes fillers or does not.
pub(crate) fn recognizer(writes_fillers: bool) -> RecognizerInfo {
    RecognizerInfo {
        name: "scripted".into(),
        version: "1".into(),
        model: "test".into(),
        languages: vec!["en".into()],
        writes_fillers,
        weakness: "It says what it is told.".into(),
    }
}

/// A meeting of the kind `meeting_type` on two channels, heard by a recognizer that writes fillers.
pub(crate) fn setup(meeting_type: MeetingType) -> Setup {
    Setup {
        meeting_type,
        tracks: vec![Track::Mic, Track::Tab],
        recognizer: recognizer(true),
        voices: VoicesHeard::Apart,
        profile: Default::default(),
    }
}

/// The conversation that `finals`, in order of their ends, make.
pub(crate) fn conversation(meeting_type: MeetingType, finals: &[Final]) -> Conversation {
    let mut conversation = Conversation::new(setup(meeting_type));
    for decided in finals {
        conversation.observe(decided);
    }
    conversation
}
