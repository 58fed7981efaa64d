//! What the microphone heard out of the loudspeaker, taken out of what is heard again as out of what is heard live.

use super::subject::Subject;
use crate::jobs::{JobError, Workshop};
use attune_engine::clock::Span;
use attune_engine::echo::{self, Envelopes, LEVELS_REACH, Levels, Sifted, words_within};
use attune_engine::second_pass::Heard;
use attune_engine::speaker::Track;
use attune_engine::transcript::{Final, Word};

/// `heard`, of the microphone, without the words of the tab.
pub(super) async fn sift(
    workshop: &Workshop,
    subject: &mut Subject,
    heard: Vec<Heard>,
) -> Result<Vec<Heard>, JobError> {
    let spans = heard.iter().filter_map(|heard| match heard {
        Heard::Anew(anew) => Some(anew.span),
        Heard::Stands => None,
    });
    let spans: Vec<Span> = spans.collect();
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
        return Ok(heard);
    };
    let window = Span::new(first.start.minus(LEVELS_REACH), last.end);
    let tab = tab_words(subject, window);
    if tab.is_empty() {
        return Ok(heard);
    }
    let (mic_levels, tab_levels) = (
        levels(workshop, subject, Track::Mic, window).await?,
        levels(workshop, subject, Track::Tab, window).await?,
    );
    let level = |levels: &Levels, track, at| {
        subject
            .sample_at(track, at)
            .map_or(SILENCE_DB, |sample| levels.db(sample))
    };
    let sifted = heard.into_iter().map(|heard| {
        let Heard::Anew(anew) = heard else {
            return Heard::Stands;
        };
        let over = Span::new(anew.span.start.minus(LEVELS_REACH), anew.span.end);
        let envelopes = Envelopes::over(
            over,
            |at| level(&mic_levels, Track::Mic, at),
            |at| level(&tab_levels, Track::Tab, at),
        );
        let near: Vec<Word> = tab.iter().filter(|word| is_near(word, anew.span)).cloned().collect();
        let sifted = echo::sift(anew.clone(), &near, &envelopes);
        words_alone(&anew, sifted)
    });
    Ok(sifted.collect())
}

/// What sifting leaves of `anew`: words. Where the person's voice was and how it sounded was told live, from the whole track,
/// and whatever a second hearing hears of the loudspeaker says nothing of it. Nor does it of the words that were written
/// live, where it hears nothing else.
fn words_alone(anew: &Final, sifted: Sifted) -> Heard {
    match sifted {
        Sifted::Own(left) => Heard::Anew(left),
        Sifted::Partly(left) => Heard::Anew(Final {
            words: left.words,
            ..anew.clone()
        }),
        Sifted::Echo => Heard::Stands,
    }
}

/// What is said of a moment that was not captured, dBFS: below it nothing is heard.
const SILENCE_DB: f32 = -96.0;

fn tab_words(subject: &Subject, window: Span) -> Vec<Word> {
    let words = subject.tab_said().flat_map(|decided| &decided.words);
    let mut words: Vec<Word> = words.filter(|word| is_near(word, window)).cloned().collect();
    words.sort_by_key(|word| word.start);
    words
}

/// A word of the tab may be heard in `span` of the microphone.
fn is_near(word: &Word, span: Span) -> bool {
    let within = words_within(span);
    (within.start..=within.end).contains(&word.start)
}

/// The levels of a track over `window`; silence where it may not be heard.
async fn levels(workshop: &Workshop, subject: &mut Subject, track: Track, window: Span) -> Result<Levels, JobError> {
    let range = subject.samples_in(track, window);
    let mut levels = Levels::new(range.start);
    for audible in subject.audible(track, range.clone()) {
        let Some(samples) = subject.audio.samples(workshop, track, audible.clone()).await? else {
            continue;
        };
        levels.skip_to(audible.start);
        levels.push(&samples);
    }
    levels.skip_to(range.end);
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::clock::MeetingTime;
    use attune_engine::speaker::Speaker;
    use attune_engine::transcript::SegmentId;

    fn span(from_ms: u64, to_ms: u64) -> Span {
        Span::new(MeetingTime::from_ms(from_ms), MeetingTime::from_ms(to_ms))
    }

    fn word(text: &str, at: Span) -> Word {
        Word {
            text: text.into(),
            start: at.start,
            end: at.end,
            confidence: 0.9,
        }
    }

    /// A voice that rises and falls: its level in a frame of 32 ms, dBFS.
    fn voice(frame: u64, seed: u64) -> f32 {
        let syllable = (frame / 5 + seed).wrapping_mul(6_364_136_223_846_793_005) >> 33;
        if syllable.is_multiple_of(3) {
            -70.0
        } else {
            -45.0 + (syllable % 30) as f32
        }
    }

    /// Two seconds of the loudspeaker and two of the person, in which the second hearing wrote a word each.
    fn heard_beside_the_loudspeaker(own: bool) -> (Final, Sifted) {
        let (theirs, mine) = (span(4_500, 5_000), span(7_000, 7_500));
        let mut words = vec![word("horizon", theirs)];
        words.extend(own.then(|| word("yes", mine)));
        let anew = Final {
            segment: SegmentId::new(Track::Mic, 64_000),
            track: Track::Mic,
            speaker: Speaker::Me,
            span: span(4_000, 8_000),
            words,
            voiced: vec![span(4_200, 7_800)],
            model: "scripted/test".into(),
            flags: Vec::new(),
            sound: Some(Box::default()),
            voices: Vec::new(),
        };
        let frame = |at: MeetingTime| at.as_ms() / 32;
        let tab = |at: MeetingTime| {
            if at.as_ms() < 6_000 {
                voice(frame(at), 1)
            } else {
                SILENCE_DB
            }
        };
        let mic = |at: MeetingTime| match at.as_ms() {
            ..6_000 => voice(frame(at).saturating_sub(3), 1) - 6.0,
            _ => voice(frame(at), 2),
        };
        let envelopes = Envelopes::over(span(0, 8_000), mic, tab);
        let sifted = echo::sift(anew.clone(), &[word("horizon", span(4_400, 4_900))], &envelopes);
        (anew, sifted)
    }

    #[test]
    fn what_comes_out_of_the_loudspeaker_takes_its_words_and_neither_voice_nor_sound() {
        let (anew, sifted) = heard_beside_the_loudspeaker(true);
        assert!(matches!(sifted, Sifted::Partly(_)), "{sifted:?}");
        let Heard::Anew(left) = words_alone(&anew, sifted) else {
            panic!("the person said something")
        };
        let expected = Final {
            words: anew.words[1..].to_vec(),
            ..anew
        };
        assert_eq!(left, expected);
    }

    #[test]
    fn where_a_second_hearing_hears_the_loudspeaker_alone_what_was_written_live_stands() {
        let (anew, sifted) = heard_beside_the_loudspeaker(false);
        assert_eq!(sifted, Sifted::Echo);
        assert_eq!(words_alone(&anew, sifted), Heard::Stands);
    }
}
