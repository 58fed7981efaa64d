//! What the measures of one meeting are computed from, worked out once for all of them: the turns, my words, and to which turn
//! everything belongs.

use super::{Booked, History, Profile};
use crate::attribution;
use crate::bootstrap::Sample;
use crate::clock::{MeetingTime, Span};
use crate::conversation::{Conversation, Utterance, join};
use crate::detect::Language;
use crate::judged::Judged;
use crate::lexicon::{is_filled_pause, token};
use crate::speaker::Speaker;
use crate::transcript::Word;
use crate::turns::Turn;
use std::collections::BTreeSet;
use std::time::Duration;

/// Of the others' speech, this much must be somebody's by name before anyone counts who spoke. `[D]`
const NAMED_SHARE: f64 = 0.8;

pub(crate) struct Evidence<'a> {
    pub(super) conversation: &'a Conversation,
    pub(super) history: &'a History,
    /// What a language model found, where one looked.
    pub(super) judged: Option<&'a Judged>,
    /// When the meeting was to be, where that is known.
    pub(super) booked: Booked,
    /// In order of start.
    pub(super) turns: Vec<Turn>,
    /// Mine, in utterances whose words can be trusted, filled pauses left out.
    pub(super) words: Vec<Spoken<'a>>,
    /// Places in `turns` with their starts: mine, and the others'.
    mine: Vec<(MeetingTime, usize)>,
    theirs: Vec<(MeetingTime, usize)>,
}

/// A word of mine.
pub(super) struct Spoken<'a> {
    pub(super) word: &'a Word,
    /// As lists have it.
    pub(super) token: String,
    /// The turn that it is drawn with.
    pub(super) turn: usize,
    /// Which of my trusted utterances it is in.
    pub(super) utterance: usize,
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(conversation: &'a Conversation, history: &'a History, judged: Option<&'a Judged>) -> Self {
        let turns = conversation.turns();
        let starts = |mine: bool| {
            let of_side = turns
                .iter()
                .enumerate()
                .filter(|(_, turn)| (turn.speaker == conversation.me()) == mine);
            of_side.map(|(index, turn)| (turn.span.start, index)).collect()
        };
        let mut evidence = Self {
            mine: starts(true),
            theirs: starts(false),
            conversation,
            history,
            judged,
            booked: Booked::default(),
            turns,
            words: Vec::new(),
        };
        let words = conversation.trusted().enumerate().flat_map(|(utterance, said)| {
            let tokens = said.words.iter().map(|word| (word, token(&word.text)));
            tokens
                .filter(|(_, token)| !token.is_empty() && !is_filled_pause(token))
                .map(move |(word, token)| (utterance, word, token))
        });
        evidence.words = words
            .map(|(utterance, word, token)| Spoken {
                turn: evidence.my_turn(word.start),
                word,
                token,
                utterance,
            })
            .collect();
        evidence
    }

    /// The same of a meeting that was to be then.
    pub(crate) fn booked(self, booked: Booked) -> Self {
        Self { booked, ..self }
    }

    /// What the person said of their own speech.
    pub(super) fn profile(&self) -> &Profile {
        &self.conversation.setup().profile
    }

    /// Whether what is told of words can be told: lists and weights are English.
    pub(super) fn is_english(&self) -> bool {
        self.conversation.language() == Language::English
    }

    /// Who had the floor, in order of start.
    pub(crate) fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Turns to draw from: one at least, so that a meeting without any has sums over nothing.
    pub(crate) fn blocks(&self) -> usize {
        self.turns.len().max(1)
    }

    /// The turn with which what happens at `at` is drawn, whoever speaks: the last that had begun, else the first.
    pub(super) fn turn_at(&self, at: MeetingTime) -> usize {
        self.turns
            .partition_point(|turn| turn.span.start <= at)
            .saturating_sub(1)
    }

    /// The turn of mine with which what I say at `at` is drawn.
    pub(super) fn my_turn(&self, at: MeetingTime) -> usize {
        self.turn_of(&self.mine, at)
    }

    fn turn_of(&self, side: &[(MeetingTime, usize)], at: MeetingTime) -> usize {
        let begun = side.partition_point(|(start, _)| *start <= at);
        match side.get(begun.saturating_sub(1)) {
            Some((_, turn)) => *turn,
            None => self.turn_at(at),
        }
    }

    /// The sum of amounts by the turn that each belongs to.
    pub(super) fn by_turn(&self, amounts: impl IntoIterator<Item = (usize, f64)>) -> Vec<f64> {
        let mut sums = vec![0.0; self.blocks()];
        for (turn, amount) in amounts {
            sums[turn] += amount;
        }
        sums
    }

    /// How many of these moments of the meeting lie in each turn.
    pub(super) fn moments_by_turn(&self, moments: impl IntoIterator<Item = MeetingTime>) -> Vec<f64> {
        self.by_turn(moments.into_iter().map(|at| (self.turn_at(at), 1.0)))
    }

    /// How many of these moments of my speech lie in each turn.
    pub(super) fn mine_by_turn(&self, moments: impl IntoIterator<Item = MeetingTime>) -> Vec<f64> {
        self.by_turn(moments.into_iter().map(|at| (self.my_turn(at), 1.0)))
    }

    /// My words by turn.
    pub(super) fn words_by_turn(&self) -> Vec<f64> {
        self.by_turn(self.words.iter().map(|spoken| (spoken.turn, 1.0)))
    }

    /// My words, as a number.
    pub(super) fn word_count(&self) -> f64 {
        self.words.len() as f64
    }

    /// Milliseconds of meeting by turn: from its start to the next one's, the silence before the first with the first.
    pub(super) fn meeting_ms_by_turn(&self) -> Vec<f64> {
        let starts = (1..self.blocks()).map(|index| self.turns[index].span.start);
        let ends = starts.chain([self.conversation.now()]);
        let mut from = MeetingTime::START;
        ends.map(|end| {
            let length = ms(Span::new(from, end).duration());
            from = from.max(end);
            length
        })
        .collect()
    }

    /// Minutes of meeting decided so far.
    pub(super) fn minutes(&self) -> f64 {
        self.conversation.now().as_secs() / 60.0
    }

    /// Milliseconds of stretches of `speaker`'s speech, by turn.
    pub(super) fn spans_ms_by_turn(&self, speaker: Speaker, spans: impl IntoIterator<Item = Span>) -> Vec<f64> {
        let side = match speaker == self.conversation.me() {
            true => &self.mine,
            false => &self.theirs,
        };
        let of_turns = spans
            .into_iter()
            .map(|span| (self.turn_of(side, span.start), ms(span.duration())));
        self.by_turn(of_turns)
    }

    /// Milliseconds of `speaker`'s speech by turn.
    pub(super) fn speech_ms_by_turn(&self, speaker: Speaker) -> Vec<f64> {
        self.spans_ms_by_turn(speaker, self.conversation.ipus(speaker))
    }

    /// My inter-pausal units in utterances whose words can be trusted, pauses under `gap` within.
    pub(super) fn my_units(&self, gap: Duration) -> Vec<Span> {
        let units = self.conversation.trusted().flat_map(|said| said.ipus.iter().copied());
        join(units, gap)
    }

    /// `count` per `per` of `of`, both by turn.
    pub(super) fn rate(per: f64, count: Vec<f64>, of: Vec<f64>) -> Sample {
        Sample::ratio(per, count.into_iter().zip(of).collect())
    }

    /// Who spoke, me among them; nothing where the others are one voice, or most of what they said is nobody's by name.
    pub(super) fn speakers(&self) -> Option<usize> {
        let (mut named_ms, mut all_ms) = (0.0, 0.0);
        let mut names = BTreeSet::new();
        for said in self.conversation.of(Speaker::Them) {
            let length = ms(said.span.duration());
            all_ms += length;
            if let Some(name) = name_of(said) {
                named_ms += length;
                names.insert(name);
            }
        }
        (all_ms > 0.0 && named_ms >= NAMED_SHARE * all_ms).then(|| 1 + names.len())
    }
}

/// Whose speech of the others it is, where that is sure enough to count by.
pub(super) fn name_of(said: &Utterance) -> Option<&str> {
    let participant = said.participant.as_ref()?;
    (participant.confidence >= attribution::TRUSTED).then_some(participant.name.as_str())
}

/// Whole milliseconds: their sums are exact.
pub(super) fn ms(duration: Duration) -> f64 {
    duration.as_millis() as f64
}
