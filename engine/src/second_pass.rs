//! Speech heard once more after the meeting, from audio that was kept: with no deadline, in passages as long as a recognizer
//! takes at once, so that a word is understood by what comes before and after it.
//!
//! The second pass writes words and moves no boundary. Who spoke when, for how long and how it sounded was measured from the
//! whole track while the meeting went on and cannot get better; and what was withheld, lost or judged not to be speech stays
//! that, because a passage never reaches into it. Each decided segment keeps its name, so that what refers to it, such as a
//! correction of the person's, still does.

use crate::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use crate::decide::{Decision, decide, without_repetition};
use crate::listener::Segment;
use crate::recognize::{Recognition, RecognizerInfo};
use crate::speaker::Track;
use crate::transcript::{Final, SegmentFlag, SegmentId, Word};
use crate::wer;
use std::ops::Range;

/// The longest passage, in samples: Whisper hears 30 s at once, and there is audio around the speech.
const LONGEST: u64 = 28_000 * SAMPLES_PER_MS;
/// A pause that is longer parts passages: what is said after it is seldom the same sentence, and long silence is where
/// recognizers invent.
const LONGEST_PAUSE: u64 = 6_000 * SAMPLES_PER_MS;
/// Audio before and after a passage that is heard with it, as far as there is any.
const AROUND: u64 = 500 * SAMPLES_PER_MS;
/// A word whose middle lies in a pause belongs to the segment that is this near; further off, nobody was heard saying it.
const NEAR_SEGMENT: u64 = 250 * SAMPLES_PER_MS;

/// A segment as it was decided while the meeting went on, with the samples of its track that it decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// First 16 kHz sample that it decides.
    pub from_sample: u64,
    /// First sample that it no longer decides.
    pub to_sample: u64,
    /// What was decided.
    pub decided: Final,
}

/// Segments of one track that are heard at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Which of the segments it was made from.
    pub segments: Range<usize>,
    /// The first sample of the first of them.
    pub from_sample: u64,
    /// The sample after the last.
    pub to_sample: u64,
    /// What to hear: the passage and a little around it, nothing of which is withheld.
    pub audio: Range<u64>,
}

/// What the second pass made of a segment.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// These words, in place of those written live.
    Anew(Final),
    /// Nothing that is to be believed: what was written live stands.
    Stands,
}

impl Heard {
    /// What counts of a segment that was decided as `live`.
    const fn over<'a>(&'a self, live: &'a Final) -> &'a Final {
        match self {
            Self::Anew(anew) => anew,
            Self::Stands => live,
        }
    }
}

/// Stretches that lie in one of both: in order, disjoint, as each of the two must be.
pub fn common(one: &[Range<u64>], other: &[Range<u64>]) -> Vec<Range<u64>> {
    let (mut at_one, mut at_other, mut both) = (0, 0, Vec::new());
    while let (Some(a), Some(b)) = (one.get(at_one), other.get(at_other)) {
        let (from, to) = (a.start.max(b.start), a.end.min(b.end));
        if from < to {
            both.push(from..to);
        }
        if a.end < b.end { at_one += 1 } else { at_other += 1 }
    }
    both
}

/// Stretches in order, those that touch made one.
pub fn joined(stretches: impl IntoIterator<Item = Range<u64>>) -> Vec<Range<u64>> {
    let mut joined: Vec<Range<u64>> = Vec::new();
    for stretch in stretches {
        match joined.last_mut() {
            Some(last) if stretch.start <= last.end => last.end = last.end.max(stretch.end),
            _ => joined.push(stretch),
        }
    }
    joined
}

/// The passages of one track: its segments, in order, joined at pauses. `audible` are the stretches that may be heard, in
/// order and disjoint; a segment that does not lie in one of them is in no passage.
pub fn passages(segments: &[Live], audible: &[Range<u64>]) -> Vec<Passage> {
    let stretch_of = |segment: &Live| {
        let index = audible.partition_point(|stretch| stretch.end < segment.to_sample);
        audible
            .get(index)
            .filter(|stretch| stretch.start <= segment.from_sample)
    };
    let mut passages: Vec<Passage> = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let Some(stretch) = stretch_of(segment) else { continue };
        let goes_on = |passage: &&mut Passage| {
            passage.segments.end == index
                && passage.from_sample >= stretch.start
                && segment.from_sample - passage.to_sample <= LONGEST_PAUSE
                && segment.to_sample - passage.from_sample <= LONGEST
        };
        let audio_to = (segment.to_sample + AROUND).min(stretch.end);
        if let Some(passage) = passages.last_mut().filter(goes_on) {
            passage.segments.end = index + 1;
            passage.to_sample = segment.to_sample;
            passage.audio.end = audio_to;
        } else {
            passages.push(Passage {
                segments: index..index + 1,
                from_sample: segment.from_sample,
                to_sample: segment.to_sample,
                audio: segment.from_sample.saturating_sub(AROUND).max(stretch.start)..audio_to,
            });
        }
    }
    passages
}

impl Passage {
    /// What a recognizer is to hear: `audio` are the samples that [`Passage::audio`] names.
    pub fn segment(&self, track: Track, audio: Vec<i16>) -> Segment {
        Segment {
            id: SegmentId::new(track, self.from_sample),
            track,
            from_sample: self.from_sample,
            to_sample: self.to_sample,
            audio,
            audio_from_sample: self.audio.start,
            context: (self.from_sample - self.audio.start) as usize,
            voiced: vec![(self.from_sample, self.to_sample)],
            voice: 1.0,
            flags: Vec::new(),
        }
    }
}

/// What becomes of the segments `of` a passage, of which `recognition` was heard in `heard` ([`Passage::segment`]). Each gets
/// the words whose middle lies in it; `track` are all segments of the track, because a passage hears a little of those around
/// it, whose words are theirs. A segment stands as it was written live where nothing was understood, where the gate does not
/// believe what was, where the same recognizer was surer live, and where the decoder lost itself.
pub fn rewrite(
    track: &[Live],
    of: Range<usize>,
    heard: &Segment,
    recognition: &Recognition,
    info: &RecognizerInfo,
) -> Vec<Heard> {
    if recognition.hit_loop_guard {
        return vec![Heard::Stands; of.len()];
    }
    let nothing = Recognition {
        words: Vec::new(),
        ..recognition.clone()
    };
    let mut shares = vec![nothing; of.len()];
    let near = of.start.saturating_sub(1)..(of.end + 1).min(track.len());
    for word in &recognition.words {
        let at = |ms: u32| heard.audio_from_sample + u64::from(ms) * SAMPLES_PER_MS;
        let (start, end) = (at(word.start_ms), at(word.end_ms));
        let index = segment_at(track, near.clone(), u64::midpoint(start, end));
        let Some(index) = index.filter(|index| of.contains(index)) else {
            continue;
        };
        // Counted from the segment's own first sample, as if it had been heard alone.
        let from = track[index].from_sample;
        let ms = |sample: u64| (sample.saturating_sub(from) / SAMPLES_PER_MS) as u32;
        let mut word = word.clone();
        (word.start_ms, word.end_ms) = (ms(start), ms(end));
        shares[index - of.start].words.push(word);
    }
    track[of]
        .iter()
        .zip(shares)
        .map(|(live, share)| judged(live, heard, &share, info))
        .collect()
}

/// Which of the segments `near` a word belongs to that has its middle at `sample`.
fn segment_at(track: &[Live], near: Range<usize>, sample: u64) -> Option<usize> {
    let off = |index: &usize| {
        let before = track[*index].from_sample.saturating_sub(sample);
        before.max((sample + 1).saturating_sub(track[*index].to_sample))
    };
    let nearest = near.min_by_key(off)?;
    (off(&nearest) <= NEAR_SEGMENT).then_some(nearest)
}

/// `heard`, what became of the segments `of` a passage, without the words at the beginning of one that the segment before it
/// ends with where the two touch: two hearings may each place a word at a cut on their own side. `before` is what became of
/// the segment before the passage. A segment that stands loses such a word too, and what is left of it is written anew.
#[must_use]
pub fn said_once(track: &[Live], of: Range<usize>, mut heard: Vec<Heard>, before: &Heard) -> Vec<Heard> {
    for (place, index) in of.enumerate().filter(|(_, index)| *index > 0) {
        let (earlier, rest) = heard.split_at_mut(place);
        let before = earlier.last().unwrap_or(before);
        // Of two that stand the first pass took care.
        if matches!((before, &rest[0]), (Heard::Stands, Heard::Stands)) {
            continue;
        }
        let said = rest[0].over(&track[index].decided);
        let once = without_repetition(said.clone(), Some(before.over(&track[index - 1].decided)));
        if once.words.len() < said.words.len() {
            rest[0] = Heard::Anew(once);
        }
    }
    heard
}

fn judged(live: &Live, heard: &Segment, share: &Recognition, info: &RecognizerInfo) -> Heard {
    let at = |sample: u64| (sample.saturating_sub(heard.audio_from_sample) as usize).min(heard.audio.len());
    let alone = Segment {
        id: live.decided.segment.clone(),
        from_sample: live.from_sample,
        to_sample: live.to_sample,
        audio: heard.audio[at(live.from_sample)..at(live.to_sample)].to_vec(),
        audio_from_sample: live.from_sample,
        context: 0,
        voiced: live.decided.voiced.iter().map(|span| live.samples_of(*span)).collect(),
        // Live, voice activity vouched for the segment; it is not asked again.
        voice: 1.0,
        // How the segment came about. What its words were worth is judged anew.
        flags: Vec::new(),
        track: heard.track,
    };
    match decide(&alone, share, live.decided.speaker, info) {
        Decision::Said(said) if !said.words.is_empty() && is_as_sure(&said, &live.decided) => {
            Heard::Anew(live.with_words(said))
        }
        Decision::Said(_) | Decision::Suppressed(_) => Heard::Stands,
    }
}

/// Whether a recognizer is at least as sure of what it heard again as it was live. Of two recognizers the probabilities
/// cannot be compared; then it is the second's words that count, which had more time.
fn is_as_sure(again: &Final, live: &Final) -> bool {
    let sure = |decided: &Final| {
        let confidence = decided.words.iter().map(|word| word.confidence).sum::<f32>();
        confidence / decided.words.len().max(1) as f32
    };
    again.model != live.model || sure(again) >= sure(live)
}

impl Live {
    /// The samples of a stretch of it, which is told in meeting time.
    fn samples_of(&self, span: Span) -> (u64, u64) {
        let begins = self.decided.span.start;
        let at = |moment: MeetingTime| {
            let since = moment.since(begins).as_millis() as u64 * SAMPLES_PER_MS;
            (self.from_sample + since).min(self.to_sample)
        };
        (at(span.start), at(span.end))
    }

    /// It, with the words of `said`, whose times count samples.
    fn with_words(&self, said: Final) -> Final {
        let (from, decided) = (MeetingTime::from_sample(self.from_sample), &self.decided);
        let at = |time: MeetingTime| {
            decided
                .span
                .start
                .plus(time.since(from))
                .clamp(decided.span.start, decided.span.end)
        };
        let place = |word: Word| Word {
            start: at(word.start),
            end: at(word.end),
            ..word
        };
        let came_about = |flag: &&SegmentFlag| matches!(flag, SegmentFlag::Short | SegmentFlag::ForcedCut);
        let mut flags: Vec<SegmentFlag> = decided.flags.iter().filter(came_about).copied().collect();
        flags.extend(said.flags);
        Final {
            words: said.words.into_iter().map(place).collect(),
            model: said.model,
            flags,
            ..decided.clone()
        }
    }
}

/// How many words `anew` has others than `live`, and how many `live` has: substituted, left out and added, as word errors
/// are counted; case, punctuation and filled pauses are no difference.
pub fn changed_words(live: &Final, anew: &Final) -> (usize, usize) {
    let tokens =
        |decided: &Final| -> Vec<String> { decided.words.iter().flat_map(|word| wer::tokens(&word.text)).collect() };
    let errors = wer::compare(&tokens(live), &tokens(anew));
    (
        errors.substitutions + errors.deletions + errors.insertions,
        errors.reference,
    )
}

#[cfg(test)]
mod tests;
