//! The echo gate: whether the microphone heard a person or the loudspeaker, word by word.
//!
//! Where nobody wears headphones and nothing cancels echoes, the microphone hears everybody on the call again: a little
//! later, through the room. Three things tell such a word from one's own: how loud the microphone may be by what the tab
//! played ([`coupling`]; one's own voice adds energy that the tab does not explain), whether the levels of both rise and fall
//! together, and whether the tab said the word ([`text`]). Level decides, because what a recognizer makes of an echo is
//! seldom what was said; the other two move the limit.

mod coupling;
mod levels;
mod text;

pub use levels::{Envelopes, LEVEL_FRAME_MS, Levels};

use crate::clock::Span;
use crate::transcript::{Final, Word};
use coupling::Coupling;
use std::time::Duration;

/// How far before a segment levels are looked at: a short word alone does not show how loud the loudspeaker is here.
const LOOK_BACK: Duration = Duration::from_secs(4);
/// How far before a segment levels of the tab are wanted: as far as those of the microphone, and the longest way of the sound.
/// A resumed session is sent more than this again, so that it decides the same.
pub const LEVELS_REACH: Duration = Duration::from_millis(LOOK_BACK.as_millis() as u64 + coupling::LONGEST_LAG_MS);
/// How long after the tab a word of its may be heard on the microphone, or before it, as two decodings place it.
const TEXT_WITHIN: Duration = Duration::from_millis(1500);

/// A word that is louder than the tab explains by no more than this is an echo: one's own voice as loud as the loudspeaker makes
/// 3 dB. In double talk in a filtered room, with bleed at -3 dB, this and the next keep 91 % of one's own words and 2 % of those
/// of the tab; 4 and 7 dB keep 86 % and 2 % (docs/measured.md).
const UNEXPLAINED_DB: f32 = 3.0;
/// The same for a word that the tab said too, and for all words where both levels move as one: reflections that add up make
/// up to 6 dB.
const UNEXPLAINED_MATCHED_DB: f32 = 6.0;
/// Levels that correlate like this move as one: no voice of one's own is in between. Bleed alone measures 0.88 to 0.99.
const AS_ONE: f32 = 0.88;
/// Levels that correlate like this may be an echo where the text is that of the tab.
const TOGETHER: f32 = 0.5;
/// Where as much of a segment as this was said by the tab, in this order, it is an echo without a look at levels.
const RETOLD: f32 = 0.6;
/// Fewer words than this are said by two people at once every now and then.
const RETOLD_WORDS: usize = 3;

/// When words of the tab begin that may be heard in a segment of the microphone over `span`.
pub fn words_within(span: Span) -> Span {
    let before = TEXT_WITHIN + Duration::from_millis(coupling::LONGEST_LAG_MS);
    Span::new(span.start.minus(before), span.end.plus(TEXT_WITHIN))
}

/// What is left of a segment of the microphone.
#[derive(Debug, Clone, PartialEq)]
pub enum Sifted {
    /// All of it: nothing of the loudspeaker is in its words.
    Own(Final),
    /// The person's own words; those of the loudspeaker are taken out, and its voice with them.
    Partly(Final),
    /// Nothing: every word came out of the loudspeaker.
    Echo,
}

/// What of `decided`, a segment of the microphone, the person said. `tab` are the words that the tab is known to have said
/// around it ([`words_within`]), by start; `levels` reach [`LEVELS_REACH`] before it, or as far as both are known. A segment
/// without words is left as it is.
pub fn sift(decided: Final, tab: &[Word], levels: &Envelopes) -> Sifted {
    let own = own_words(&decided.words, decided.span, tab, levels);
    match own.iter().filter(|own| **own).count() {
        kept if kept == own.len() => Sifted::Own(decided),
        0 => Sifted::Echo,
        _ => Sifted::Partly(without_echo(decided, &own)),
    }
}

/// Which of `words`, said on the microphone within `span`, are the person's own.
fn own_words(words: &[Word], span: Span, tab: &[Word], levels: &Envelopes) -> Vec<bool> {
    let window = levels.range(Span::new(span.start.minus(LOOK_BACK), span.end));
    let Some(coupling) = Coupling::find(levels, window) else {
        return vec![true; words.len()];
    };
    let said_by_tab = text::matched(words, tab, coupling.lag());
    if !coupling.is_steady() && coupling.correlation < AS_ONE {
        let matched = said_by_tab.iter().filter(|matched| **matched).count();
        let retold = matched >= RETOLD_WORDS && matched as f32 >= RETOLD * words.len() as f32;
        let echo = retold && coupling.correlation >= TOGETHER;
        return said_by_tab.iter().map(|matched| !(echo && *matched)).collect();
    }
    let unexplained: Vec<f32> = words
        .iter()
        .map(|word| coupling.unexplained_db(levels, span_of(word)))
        .collect();
    let mut own: Vec<bool> = unexplained
        .iter()
        .zip(&said_by_tab)
        .map(|(&unexplained, &matched)| {
            let lenient = matched || coupling.correlation >= AS_ONE;
            unexplained
                > if lenient {
                    UNEXPLAINED_MATCHED_DB
                } else {
                    UNEXPLAINED_DB
                }
        })
        .collect();
    drop_weak(&mut own, &unexplained);
    own
}

/// A word on the edge, alone among echoes, is one of them.
fn drop_weak(own: &mut [bool], unexplained: &[f32]) {
    for index in 0..own.len() {
        let alone = [index.wrapping_sub(1), index + 1]
            .into_iter()
            .all(|near| own.get(near).is_none_or(|own| !own));
        own[index] &= !(alone && own.len() > 1 && unexplained[index] <= UNEXPLAINED_MATCHED_DB);
    }
}

/// `decided` with the words that are `own`; where others were, no voice of the person's was heard.
fn without_echo(mut decided: Final, own: &[bool]) -> Final {
    let runs = decided.words.iter().zip(own).collect::<Vec<_>>();
    let echoes: Vec<Span> = runs
        .chunk_by(|one, next| one.1 == next.1)
        .filter(|run| !run[0].1)
        .filter_map(|run| Some(Span::new(run.first()?.0.start, run.last()?.0.end)))
        .collect();
    for echo in echoes {
        decided.voiced = decided
            .voiced
            .iter()
            .flat_map(|voiced| cut_out(*voiced, echo))
            .collect();
    }
    // Two voices in one pitch and one level are nobody's.
    decided.sound = None;
    let mut own = own.iter();
    decided.words.retain(|_| own.next().is_some_and(|own| *own));
    decided
}

/// What `out` leaves of `span`.
fn cut_out(span: Span, out: Span) -> impl Iterator<Item = Span> {
    let before = Span::new(span.start, out.start.clamp(span.start, span.end));
    let after = Span::new(out.end.clamp(span.start, span.end), span.end);
    [before, after].into_iter().filter(|left| left.end > left.start)
}

fn span_of(word: &Word) -> Span {
    Span::new(word.start, word.end.max(word.start.plus(Duration::from_millis(1))))
}

#[cfg(test)]
mod tests;
