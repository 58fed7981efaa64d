//! A meeting with what its page showed taken in. Words and names that come from there may come late, and decided segments are
//! immutable: so this is a view of the meeting, made anew whenever it is asked for, from committed events alone.

use super::{Conversation, Utterance};
use crate::attribution::{Attributed, Participant, captions_near, is_own, own_names, participant};
use crate::clock::MeetingTime;
use crate::decide::LOW_CONFIDENCE;
use crate::page::Shown;
use crate::second_opinion::second;
use crate::speaker::Speaker;
use crate::transcript::Word;
use crate::voices::told::told;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

impl Conversation {
    /// Takes in what the meeting's page showed next.
    pub fn show(&mut self, shown: Shown) {
        self.page.show(shown);
    }

    /// The meeting as the page and voices let it be read: who of the others spoke, and captions as a second opinion on words.
    pub fn with_page(&self) -> Self {
        let mut read = self.clone();
        if self.tells_nobody() {
            return read;
        }
        let own = own_names(&self.page, &self.utterances);
        let told = self.told(0, &own);
        for (utterance, participant) in read.utterances.iter_mut().zip(told) {
            let mut seconded = self.seconded(utterance, &own);
            seconded.participant = participant;
            *utterance = Arc::new(seconded);
        }
        read.find_anew();
        read
    }

    /// How many of those in the meeting never spoke, by their names; nothing where the page did not say who was there. Asked of a meeting
    /// read [with its page](Self::with_page).
    pub(crate) fn silent(&self) -> Option<usize> {
        let own = own_names(&self.page, &self.utterances);
        let named = self
            .utterances
            .iter()
            .filter_map(|utterance| utterance.participant.as_ref());
        let spoke: BTreeSet<&str> = named.map(|participant| participant.name.as_str()).collect();
        let there = self.page.present().count();
        let known_as_own = self.page.present().filter(|name| is_own(name, &own)).count();
        let silent = self
            .page
            .present()
            .filter(|name| !is_own(name, &own) && !spoke.contains(name));
        // The person is one of those who are there, whether their name is known to be theirs or not.
        (there > 0).then(|| silent.count().saturating_sub(usize::from(known_as_own == 0)))
    }

    /// Who of the others is known to have spoken since `from`.
    pub(crate) fn attributed(&self, from: MeetingTime) -> Vec<Attributed> {
        /// Names that captions gave a voice are looked for this far back; its number counts from the beginning.
        const NAMED_WITHIN: Duration = Duration::from_secs(300);
        // Asked at every commit, over the whole meeting.
        if self.tells_nobody() {
            return Vec::new();
        }
        let since = |moment| {
            self.utterances
                .partition_point(|utterance| utterance.span.start < moment)
        };
        let (recent, named) = (since(from), since(from.minus(NAMED_WITHIN)));
        let own = own_names(&self.page, &self.utterances[named..]);
        let told = self.told(named, &own).into_iter().zip(&self.utterances).skip(recent);
        told.filter_map(|(participant, utterance)| {
            Some(Attributed {
                segment: utterance.id.clone(),
                participant: participant?,
            })
        })
        .collect()
    }

    /// Neither the page nor a voice says who spoke.
    fn tells_nobody(&self) -> bool {
        self.page.is_empty() && self.utterances.iter().all(|utterance| utterance.voices.is_empty())
    }

    /// Whom each utterance is attributed to, with what the page tells of those from `from` on.
    fn told(&self, from: usize, own: &BTreeSet<String>) -> Vec<Option<Participant>> {
        let by_page = |(index, utterance): (usize, &Arc<Utterance>)| {
            (index >= from && !self.page.is_empty())
                .then(|| participant(&self.page, utterance, own))
                .flatten()
        };
        let by_page = self.utterances.iter().enumerate().map(by_page).collect();
        told(&self.utterances, by_page, &self.page)
    }

    fn seconded(&self, utterance: &Utterance, own: &BTreeSet<String>) -> Utterance {
        let mut utterance = utterance.clone();
        // Nobody's opinion counts beside that of who was there.
        if utterance.corrected.is_some() {
            return utterance;
        }
        let mine = utterance.speaker == Speaker::Me;
        let captions = captions_near(&self.page, utterance.span)
            .filter(|caption| utterance.speaker == Speaker::Unknown || is_own(&caption.speaker, own) == mine);
        let Some(seconded) = second(&utterance.words, &utterance.fillers, captions) else {
            return utterance;
        };
        utterance.words = seconded.words;
        utterance.from_captions = seconded.from_captions;
        let texts: Vec<&str> = utterance.words.iter().map(|word| word.text.as_str()).collect();
        utterance.text = texts.join(" ");
        utterance.low_confidence &= mean_confidence(&utterance.words) < LOW_CONFIDENCE;
        utterance
    }
}

fn mean_confidence(words: &[Word]) -> f32 {
    words.iter().map(|word| word.confidence).sum::<f32>() / words.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting_type::MeetingType;
    use crate::spoken::{conversation, said};
    use crate::transcript::SegmentFlag;
    use Speaker::{Me, Them};

    fn caption(at_ms: u64, speaker: &str, text: &str) -> Shown {
        Shown::Caption {
            id: at_ms.to_string(),
            at: MeetingTime::from_ms(at_ms),
            speaker: speaker.into(),
            text: text.into(),
        }
    }

    #[test]
    fn doubtful_words_of_mine_that_the_captions_have_too_count_again() {
        let mut mine = said(Me, 10_000, "we should really sheep it before friday");
        mine.words.iter_mut().for_each(|word| word.confidence = 0.4);
        mine.flags.push(SegmentFlag::LowConfidence);
        let mut meeting = conversation(MeetingType::Other, &[mine]);
        meeting.show(caption(12_000, "You", "We should really ship it before Friday."));
        assert_eq!(meeting.trusted().count(), 0);
        let read = meeting.with_page();
        let utterance = read.trusted().next().unwrap();
        assert_eq!(utterance.text, "we should really ship it before friday");
        assert_eq!(
            (utterance.from_captions.as_slice(), utterance.participant.as_ref()),
            ([3].as_slice(), None)
        );
        assert_eq!(meeting.utterances()[0].text, "we should really sheep it before friday");
    }

    #[test]
    fn a_caption_of_somebody_else_says_nothing_about_my_words() {
        let mut mine = said(Me, 10_000, "we should really sheep it before friday");
        mine.words[3].confidence = 0.2;
        let mut meeting = conversation(MeetingType::Other, &[mine]);
        meeting.show(caption(12_000, "Ana", "We should really ship it before Friday."));
        assert_eq!(meeting.with_page().utterances(), meeting.utterances());
    }

    #[test]
    fn the_live_page_is_told_who_spoke_as_far_as_it_is_known_by_then() {
        let theirs = said(Them, 10_000, "we should really ship it before friday");
        let mut meeting = conversation(MeetingType::Other, &[theirs]);
        assert_eq!(meeting.live().attributed, []);
        meeting.show(caption(12_000, "Ana", "We should really ship it before Friday."));
        let live = meeting.live();
        assert_eq!(live.attributed.len(), 1);
        assert_eq!(
            (
                live.attributed[0].segment.as_str(),
                live.attributed[0].participant.name.as_str()
            ),
            ("tab-160000", "Ana")
        );
        meeting.advance(MeetingTime::from_ms(200_000));
        assert_eq!(meeting.live().attributed, [], "long ago and told before");
    }
}
