//! Who spoke how much.

use super::record::Who;
use crate::clock::Span;
use crate::conversation::{Conversation, IPU_GAP, Utterance, join};
use crate::speaker::Speaker;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One speaker's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Talk {
    /// Who.
    pub speaker: Speaker,
    /// Seconds of speech.
    pub seconds: f64,
    /// Share of all speech, 0 to 1; absent where channels tell nobody apart.
    pub share: Option<f64>,
    /// Words, filled pauses left out.
    pub words: usize,
}

/// What one of the others said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParticipantTalk {
    /// The name as the meeting's page shows it, or `Speaker 1` for a voice that it does not name; none for all speech that is
    /// not surely anybody's.
    pub name: Option<String>,
    /// Seconds of speech.
    pub seconds: f64,
    /// Share of all speech, mine included, 0 to 1.
    pub share: f64,
    /// Words, filled pauses left out.
    pub words: usize,
}

pub(super) fn talk(conversation: &Conversation) -> Vec<Talk> {
    let speakers: &[Speaker] = if conversation.has_two_sides() {
        &[Speaker::Me, Speaker::Them]
    } else {
        &[conversation.me()]
    };
    let all: f64 = speakers
        .iter()
        .map(|speaker| conversation.speech_time(*speaker).as_secs_f64())
        .sum();
    speakers
        .iter()
        .map(|&speaker| {
            let seconds = conversation.speech_time(speaker).as_secs_f64();
            Talk {
                speaker,
                seconds,
                share: (conversation.has_two_sides() && all > 0.0).then_some(seconds / all),
                words: conversation
                    .of(speaker)
                    .map(|utterance| utterance.spoken_words().count())
                    .sum(),
            }
        })
        .collect()
}

/// Speech of the others by name, where the name is sure enough to count by; nothing where no name is.
pub(super) fn participants(conversation: &Conversation) -> Vec<ParticipantTalk> {
    let mut by_name: BTreeMap<Option<String>, Vec<&Utterance>> = BTreeMap::new();
    for utterance in conversation.of(Speaker::Them) {
        by_name.entry(Who::said(utterance).name).or_default().push(utterance);
    }
    if by_name.keys().all(Option::is_none) {
        return Vec::new();
    }
    let mine = conversation.speech_time(conversation.me());
    let all = (mine + conversation.speech_time(Speaker::Them)).as_secs_f64();
    let mut talk: Vec<ParticipantTalk> = by_name
        .into_iter()
        .map(|(name, said)| {
            let units = join(
                said.iter().flat_map(|utterance| utterance.ipus.iter().copied()),
                IPU_GAP,
            );
            let seconds = units.into_iter().map(Span::duration).sum::<Duration>().as_secs_f64();
            ParticipantTalk {
                name,
                seconds,
                share: seconds / all,
                words: said.iter().map(|utterance| utterance.spoken_words().count()).sum(),
            }
        })
        .collect();
    talk.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    talk
}
