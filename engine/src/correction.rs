//! Words that the person put right, and who said them. A correction is of a stretch of one speaker's speech, the segment that they read, and of
//! its words: whatever a recognizer hears there, now or in a later pass, gives way to it.
//!
//! The rule: words of that speaker whose middle lies in the stretch are replaced, and with them every other word of the
//! corrected segment while it ends where it did. The utterance of that segment carries the new words, else the one that shares
//! most of the stretch; any other loses what it has inside. Where nothing is heard in the stretch any more, the correction
//! alone is what was said. A word that was heard too keeps its time, and the rest is spread between those. What a person wrote
//! is sure.

use crate::attribution::{Pair, Participant, ToldBy, align};
use crate::clock::{MeetingTime, Span};
use crate::conversation::found::Found;
use crate::conversation::{Conversation, Utterance};
use crate::lexicon::token;
use crate::report::Line;
use crate::speaker::Speaker;
use crate::transcript::{SegmentId, Word};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the person wrote in place of what was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The segment that they read.
    pub segment: SegmentId,
    /// Whose words.
    pub speaker: Speaker,
    /// The stretch that it is about: the whole of the segment.
    pub span: Span,
    /// Counts from 1 with each change of it.
    pub version: u32,
    /// What was said, in words between spaces.
    pub text: String,
    /// Who of the others said it; none where that stands as it is told.
    pub who: Option<String>,
}

impl Correction {
    fn participant(&self) -> Option<Participant> {
        let name = self.who.clone().filter(|_| self.speaker == Speaker::Them)?;
        Some(Participant {
            name,
            confidence: 1.0,
            told_by: ToldBy::Person,
        })
    }
}

/// That an utterance is as the person wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Corrected {
    /// Of the correction; the next change names it.
    pub version: u32,
    /// What was heard.
    pub heard: String,
}

impl Conversation {
    /// The meeting with what the person put right.
    pub fn corrected(&self, corrections: &[Correction]) -> Self {
        let mut read = self.clone();
        for correction in corrections {
            correct(&mut read.utterances, correction);
        }
        if !corrections.is_empty() {
            read.find_anew();
        }
        read
    }

    /// The meeting, read [with its page](Self::with_page), with the names that the person put right: of the corrected segment, else of
    /// whatever shares most of its stretch. Those of other segments stay, also of the same voice: one that was named wrongly in one
    /// place need not be in another.
    #[must_use]
    pub(crate) fn named(mut self, corrections: &[Correction]) -> Self {
        for correction in corrections {
            let Some(participant) = correction.participant() else {
                continue;
            };
            if let Some(index) = carrier(&self.utterances, correction) {
                Arc::make_mut(&mut self.utterances[index]).participant = Some(participant);
            }
        }
        self
    }
}

/// The utterance that a correction is of: that of its segment, else the one of the same speaker that shares most of its stretch.
fn carrier(utterances: &[Arc<Utterance>], correction: &Correction) -> Option<usize> {
    let named = utterances
        .iter()
        .position(|utterance| utterance.id == correction.segment);
    named.or_else(|| {
        let shares = utterances
            .iter()
            .enumerate()
            .map(|(index, utterance)| (shared(utterance, correction), index));
        shares
            .filter(|(shared, _)| *shared > 0)
            .max_by_key(|(shared, _)| *shared)
            .map(|(_, index)| index)
    })
}

/// Milliseconds of the correction's stretch in which its speaker says `utterance`.
fn shared(utterance: &Utterance, correction: &Correction) -> u64 {
    match utterance.speaker == correction.speaker {
        true => utterance.span.overlap_ms(correction.span),
        false => 0,
    }
}

fn correct(utterances: &mut Vec<Arc<Utterance>>, correction: &Correction) {
    let carrier = carrier(utterances, correction);
    let touched = |utterance: &Utterance| utterance.id == correction.segment || shared(utterance, correction) > 0;
    // Words that a recognizer writes behind the end of what a segment decides stand at its end, where they last no time: their
    // middle lies in no stretch, and yet the person read them.
    let whole = |utterance: &Utterance| utterance.id == correction.segment && utterance.span.end <= correction.span.end;
    let heard: Vec<Word> = utterances
        .iter()
        .filter(|utterance| touched(utterance))
        .flat_map(|utterance| {
            let whole = whole(utterance);
            let words = utterance.words.iter();
            words.filter(move |word| whole || is_inside(word, correction.span))
        })
        .cloned()
        .collect();
    for (index, utterance) in utterances.iter_mut().enumerate() {
        if !touched(utterance) {
            continue;
        }
        let whole = whole(utterance);
        let utterance = Arc::make_mut(utterance);
        let (before, mut rest): (Vec<Word>, Vec<Word>) = std::mem::take(&mut utterance.words)
            .into_iter()
            .filter(|word| !whole && !is_inside(word, correction.span))
            .partition(|word| word.start < correction.span.start);
        let mut words = before;
        if Some(index) == carrier {
            let within = Span::new(
                utterance.span.start.max(correction.span.start),
                utterance.span.end.min(correction.span.end),
            );
            words.extend(placed(&correction.text, &heard, within));
            utterance.corrected = Some(Corrected {
                version: correction.version,
                heard: joined(&heard),
            });
        }
        words.append(&mut rest);
        set_words(utterance, words);
    }
    utterances.retain(|utterance| !utterance.words.is_empty());
    if carrier.is_none() {
        add(utterances, correction);
    }
}

/// Adds what was said where nothing is heard.
fn add(utterances: &mut Vec<Arc<Utterance>>, correction: &Correction) {
    let mut utterance = Utterance {
        id: correction.segment.clone(),
        speaker: correction.speaker,
        span: correction.span,
        text: String::new(),
        words: Vec::new(),
        ipus: vec![correction.span],
        fillers: Vec::new(),
        question: None,
        low_confidence: false,
        participant: None,
        from_captions: Vec::new(),
        voices: Vec::new(),
        corrected: Some(Corrected {
            version: correction.version,
            heard: String::new(),
        }),
        live_text: None,
        found: Found::default(),
    };
    let key = |utterance: &Utterance| (utterance.span.start, utterance.speaker);
    let index = utterances.partition_point(|earlier| key(earlier) <= key(&utterance));
    set_words(&mut utterance, placed(&correction.text, &[], correction.span));
    utterances.insert(index, Arc::new(utterance));
}

/// Takes corrections into lines of a record that was made before them; the next report is made with them.
pub fn reread(lines: &mut [Line], corrections: &[Correction]) {
    for correction in corrections {
        let Some(line) = lines.iter_mut().find(|line| line.id == correction.segment) else {
            continue;
        };
        let known = line.corrected.take();
        if known.as_ref().is_some_and(|known| known.version >= correction.version) {
            line.corrected = known;
            continue;
        }
        line.corrected = Some(Corrected {
            version: correction.version,
            heard: known.map_or_else(|| joined(&line.words), |known| known.heard),
        });
        line.participant = correction.participant().or(line.participant.take());
        line.words = placed(&correction.text, &line.words, line.span);
        line.text = joined(&line.words);
        line.low_confidence = false;
        line.from_captions.clear();
    }
}

/// Gives an utterance other words.
fn set_words(utterance: &mut Utterance, words: Vec<Word>) {
    utterance.text = joined(&words);
    utterance.low_confidence &= utterance.corrected.is_none();
    utterance.from_captions.clear();
    utterance.words = words;
}

fn is_inside(word: &Word, span: Span) -> bool {
    let middle = MeetingTime::from_ms(u64::midpoint(word.start.as_ms(), word.end.as_ms()));
    (span.start..span.end).contains(&middle)
}

fn joined(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

/// The words of `text` in `span`, each where `heard` has it or has another in its place, the others spread between those.
fn placed(text: &str, heard: &[Word], span: Span) -> Vec<Word> {
    let texts: Vec<&str> = text.split_whitespace().collect();
    let tokens = |texts: &[&str]| texts.iter().map(|text| token(text)).collect::<Vec<_>>();
    let written = tokens(&texts);
    let heard_texts: Vec<&str> = heard.iter().map(|word| word.text.as_str()).collect();
    let mut times: Vec<Option<Span>> = vec![None; texts.len()];
    for pair in align(&written, &tokens(&heard_texts)) {
        if let Pair::Same(own, other) | Pair::Other(own, other) = pair {
            times[own] = Some(Span::new(heard[other].start, heard[other].end));
        }
    }
    let mut at = 0;
    while at < times.len() {
        if times[at].is_some() {
            at += 1;
            continue;
        }
        let run = times[at..].iter().take_while(|time| time.is_none()).count();
        let next = times.get(at + run).copied().flatten();
        let to = next.map_or(span.end, |time| time.start);
        // What was heard may begin before the voice was sure, and so before the span.
        let from = at
            .checked_sub(1)
            .and_then(|before| times[before])
            .map_or(span.start.min(to), |time| time.end);
        let to = to.max(from);
        let each = to.since(from) / u32::try_from(run).unwrap_or(u32::MAX);
        for (place, time) in (0u32..).zip(&mut times[at..at + run]) {
            *time = Some(Span::new(from.plus(each * place), from.plus(each * (place + 1))));
        }
        at += run;
    }
    texts
        .into_iter()
        .zip(times)
        .filter_map(|(text, time)| {
            let time = time?;
            Some(Word {
                text: text.to_owned(),
                start: time.start,
                end: time.end,
                confidence: 1.0,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting_type::MeetingType;
    use crate::spoken::{conversation, said, span};
    use Speaker::{Me, Them};

    fn correction(segment: &Utterance, text: &str) -> Correction {
        Correction {
            segment: segment.id.clone(),
            speaker: segment.speaker,
            span: Span::new(segment.span.start, segment.span.end),
            version: 1,
            text: text.into(),
            who: None,
        }
    }

    fn texts(meeting: &Conversation) -> Vec<&str> {
        meeting
            .utterances()
            .iter()
            .map(|utterance| utterance.text.as_str())
            .collect()
    }

    #[test]
    fn a_correction_replaces_the_words_of_its_segment_and_keeps_the_times_that_are_known() {
        let mut mine = said(Me, 10_000, "we should sheep it um fry day");
        mine.words.iter_mut().for_each(|word| word.confidence = 0.3);
        mine.flags.push(crate::transcript::SegmentFlag::LowConfidence);
        let meeting = conversation(MeetingType::Other, &[mine, said(Them, 13_000, "fine by us")]);
        assert_eq!(meeting.trusted().count(), 0);
        let read = meeting.corrected(&[correction(&meeting.utterances()[0], "Should we ship it on Friday?")]);
        assert_eq!(texts(&read), ["Should we ship it on Friday?", "fine by us"]);
        let put_right = &read.utterances()[0];
        assert_eq!(
            put_right.corrected,
            Some(Corrected {
                version: 1,
                heard: "we should sheep it um fry day".into()
            })
        );
        let it = &put_right.words[3];
        assert_eq!((it.text.as_str(), it.start.as_ms(), it.confidence), ("it", 10_900, 1.0));
        assert!(
            put_right.words.windows(2).all(|pair| pair[0].end <= pair[1].start),
            "{put_right:?}"
        );
        assert_eq!(put_right.fillers, []);
        assert!(put_right.question.is_some());
        assert_eq!(read.trusted().count(), 1, "what a person wrote is sure");
        assert_eq!(
            texts(&meeting)[0],
            "we should sheep it um fry day",
            "what was heard is still known"
        );
    }

    #[test]
    fn a_correction_is_of_its_stretch_however_it_is_segmented_later() {
        // The person read one segment from 10 to 13 s; a later pass hears two utterances there, the second longer than it.
        let whole = conversation(MeetingType::Other, &[said(Me, 10_000, "a b c d e f g h i j")]);
        let put_right = correction(&whole.utterances()[0], "one two three");
        let later = conversation(
            MeetingType::Other,
            &[
                said(Me, 10_100, "b c"),
                said(Them, 10_500, "theirs"),
                said(Me, 10_900, "d e f g h i j k l m"),
            ],
        );
        let read = later.corrected(std::slice::from_ref(&put_right));
        assert_eq!(texts(&read), ["theirs", "one two three k l m"]);
        assert_eq!(
            read.utterances()[1].corrected.as_ref().unwrap().heard,
            "b c d e f g h i j"
        );
    }

    #[test]
    fn no_word_of_the_corrected_segment_stays_also_one_that_was_squeezed_to_its_end() {
        let mut mine = said(Me, 10_000, "ship it friday");
        mine.words[2].start = mine.words[1].end;
        mine.words[2].end = mine.words[2].start;
        (mine.span, mine.voiced) = (span(10_000, 10_600), vec![span(10_000, 10_600)]);
        let meeting = conversation(MeetingType::Other, &[mine]);
        let read = meeting.corrected(&[correction(&meeting.utterances()[0], "ship it on Friday")]);
        assert_eq!(texts(&read), ["ship it on Friday"]);
        let known = read.utterances()[0].corrected.as_ref().unwrap();
        assert_eq!(known.heard, "ship it friday");
    }

    #[test]
    fn where_a_later_pass_goes_on_beyond_the_corrected_segment_its_words_there_stay() {
        let short = conversation(MeetingType::Other, &[said(Me, 10_000, "a b c")]);
        let put_right = correction(&short.utterances()[0], "one two three");
        let longer = conversation(MeetingType::Other, &[said(Me, 10_000, "a b c d e")]);
        assert_eq!(longer.utterances()[0].id, put_right.segment);
        let read = longer.corrected(std::slice::from_ref(&put_right));
        assert_eq!(texts(&read), ["one two three d e"]);
    }

    #[test]
    fn a_correction_outlives_the_words_that_it_corrected() {
        let meeting = conversation(
            MeetingType::Other,
            &[said(Me, 10_000, "tanks"), said(Them, 12_000, "yes")],
        );
        let put_right = correction(&meeting.utterances()[0], "thanks a lot");
        let nothing_heard = conversation(MeetingType::Other, &[said(Them, 12_000, "yes")]);
        let read = nothing_heard.corrected(std::slice::from_ref(&put_right));
        assert_eq!(texts(&read), ["thanks a lot", "yes"]);
        assert_eq!(read.utterances()[0].id, put_right.segment);
        assert_eq!(read.turns().len(), 2);
    }

    #[test]
    fn a_report_made_before_a_correction_is_read_with_it() {
        let meeting = conversation(MeetingType::Other, &[said(Me, 10_000, "we sheep it")]);
        let mut lines: Vec<Line> = meeting.utterances().iter().map(|one| Line::from(&**one)).collect();
        let mut put_right = correction(&meeting.utterances()[0], "we ship it");
        reread(&mut lines, std::slice::from_ref(&put_right));
        assert_eq!(lines[0].text, "we ship it");
        put_right.version = 2;
        put_right.text = "we shipped it".into();
        reread(&mut lines, &[put_right.clone(), put_right]);
        assert_eq!(lines[0].text, "we shipped it");
        let known = lines[0].corrected.as_ref().unwrap();
        assert_eq!((known.version, known.heard.as_str()), (2, "we sheep it"));
    }

    #[test]
    fn who_of_the_others_said_it_is_put_right_in_that_segment_alone() {
        let meeting = conversation(
            MeetingType::Other,
            &[
                said(Them, 10_000, "we ship it"),
                said(Them, 14_000, "on friday"),
                said(Me, 18_000, "fine"),
            ],
        );
        let named = |index: usize, who: &str| Correction {
            who: Some(who.into()),
            ..correction(&meeting.utterances()[index], &meeting.utterances()[index].text.clone())
        };
        let corrections = [named(0, "Ana"), named(2, "Ben")];
        let read = meeting.corrected(&corrections).with_page().named(&corrections);
        let names = |meeting: &Conversation| -> Vec<Option<String>> {
            let utterances = meeting.utterances().iter();
            utterances
                .map(|said| Some(said.participant.as_ref()?.name.clone()))
                .collect()
        };
        // What is said on the person's own channel is theirs.
        assert_eq!(names(&read), [Some("Ana".to_owned()), None, None]);
        assert_eq!(texts(&read), texts(&meeting));
        let mut lines: Vec<Line> = meeting.utterances().iter().map(|one| Line::from(&**one)).collect();
        reread(&mut lines, &corrections);
        let told = lines[0]
            .participant
            .as_ref()
            .map(|told| (told.name.as_str(), told.told_by));
        assert_eq!(told, Some(("Ana", ToldBy::Person)));
        assert_eq!(lines[2].participant, None);
    }

    #[test]
    fn words_that_nobody_heard_are_spread_evenly() {
        let times = |words: Vec<Word>| {
            words
                .iter()
                .map(|word| (word.start.as_ms(), word.end.as_ms()))
                .collect::<Vec<_>>()
        };
        assert_eq!(times(placed("a b", &[], span(0, 1_000))), [(0, 500), (500, 1_000)]);
        assert_eq!(placed("  ", &[], span(0, 1_000)), []);
        // What was heard begins in the pre-roll, and ends behind the last voice.
        let heard = crate::spoken::words(800, "ship it");
        assert_eq!(
            times(placed("we ship it now", &heard, span(1_000, 1_300))),
            [(800, 800), (800, 1_100), (1_100, 1_400), (1_400, 1_400)]
        );
    }
}
