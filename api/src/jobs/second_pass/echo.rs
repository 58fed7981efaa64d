//! What the microphone heard out of the loudspeaker, taken out of what is heard again as out of what is heard live.

use super::subject::Subject;
use crate::jobs::{JobError, Workshop};
use attune_engine::clock::Span;
use attune_engine::echo::{self, Envelopes, LEVELS_REACH, Levels, Sifted, words_within};
use attune_engine::speaker::Track;
use attune_engine::transcript::{Final, Word};

/// `anew`, of the microphone, without the words of the tab. A segment of which nothing is left has no words.
pub(super) async fn sift(
    workshop: &Workshop,
    subject: &mut Subject,
    mut anew: Vec<Option<Final>>,
) -> Result<Vec<Option<Final>>, JobError> {
    let spans: Vec<Span> = anew.iter().flatten().map(|decided| decided.span).collect();
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
        return Ok(anew);
    };
    let window = Span::new(first.start.minus(LEVELS_REACH), last.end);
    let tab = tab_words(subject, window);
    if tab.is_empty() {
        return Ok(anew);
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
    for decided in anew.iter_mut().flatten() {
        let over = Span::new(decided.span.start.minus(LEVELS_REACH), decided.span.end);
        let envelopes = Envelopes::over(
            over,
            |at| level(&mic_levels, Track::Mic, at),
            |at| level(&tab_levels, Track::Tab, at),
        );
        let near: Vec<Word> = tab.iter().filter(|word| is_near(word, decided.span)).cloned().collect();
        *decided = match echo::sift(decided.clone(), &near, &envelopes) {
            Sifted::Own(decided) | Sifted::Partly(decided) => decided,
            Sifted::Echo => Final {
                words: Vec::new(),
                sound: None,
                ..decided.clone()
            },
        };
    }
    Ok(anew)
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
