//! The voices of one session so far: online clustering by cosine likeness. A voice that is like none becomes a new one, one
//! that is like two is nobody's: "unknown" rather than wrong.

use super::{Embedding, HeardVoice, VoiceLabel};
use crate::clock::SAMPLE_RATE_HZ;

/// As alike as this, it is that voice. In three AMI meetings 98 % of the windows are at least 0.72 alike with the rest of their
/// voice, and 98 % at most 0.70 with another; the bounds were tried on these and five other recordings (docs/measured.md).
const SAME: f32 = 0.74;
/// Less alike than this with every voice, it is a new one.
const ANOTHER: f32 = 0.70;
/// And by so much more than any other.
const MARGIN: f32 = 0.03;
/// A window that is less alike than this with the run it goes on begins another: two voices without a pause between them.
const COHERENT: f32 = 0.70;
/// Less voice than this begins no new voice, seconds: a laugh, or several at once.
const NEW_S: f32 = 1.5;
/// From so much voice on a voice is one, seconds; one with less makes room where there are too many.
pub(super) const SURE_S: f32 = 4.0;
/// No meeting is told apart into more voices than this; what else is heard is unknown.
pub(super) const MOST: usize = 12;

/// The voices of the tab in one session. In memory alone, and gone with it.
#[derive(Default)]
pub struct Voices {
    known: Vec<Known>,
}

struct Known {
    label: VoiceLabel,
    centre: Embedding,
    seconds: f32,
}

/// Windows in which one voice is heard.
struct Run {
    samples: Vec<(u64, u64)>,
    centre: Embedding,
    seconds: f32,
}

impl std::fmt::Debug for Voices {
    /// How many there are; nothing of what they sound like.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voices")
            .field("known", &self.known.len())
            .finish_non_exhaustive()
    }
}

impl Voices {
    /// Takes the voices of the next segment in, and says whose they are: stretches of samples in order, disjoint. What is
    /// unsure is in none.
    pub fn hear(&mut self, heard: Vec<HeardVoice>) -> Vec<((u64, u64), VoiceLabel)> {
        let mut told: Vec<((u64, u64), VoiceLabel)> = Vec::new();
        for run in runs(heard) {
            let Some(label) = self.whose(&run) else { continue };
            for samples in run.samples {
                match told.last_mut() {
                    Some((last, whose)) if *whose == label && last.1 == samples.0 => last.1 = samples.1,
                    _ => told.push((samples, label)),
                }
            }
        }
        told
    }

    /// Forgets every voice: what is heard from here on are others.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }

    fn whose(&mut self, run: &Run) -> Option<VoiceLabel> {
        let alike = |known: &Known| known.centre.likeness(&run.centre);
        let mut likeness: Vec<(f32, usize)> = self.known.iter().map(alike).zip(0..).collect();
        likeness.sort_by(|one, other| other.0.total_cmp(&one.0));
        let (best, next) = (likeness.first(), likeness.get(1));
        match best {
            None => self.meet(run),
            Some(&(best, index)) => {
                if best >= SAME && next.is_none_or(|next| best - next.0 >= MARGIN) {
                    let known = self.known.get_mut(index)?;
                    known.take_in(run);
                    return Some(known.label);
                }
                (best < ANOTHER).then(|| self.meet(run)).flatten()
            }
        }
    }

    /// A voice that was not heard before, if it is enough of one and there is room.
    fn meet(&mut self, run: &Run) -> Option<VoiceLabel> {
        if run.seconds < NEW_S {
            return None;
        }
        if self.known.len() >= MOST {
            let unsure = self
                .known
                .iter()
                .enumerate()
                .filter(|(_, known)| known.seconds < SURE_S);
            let (least, _) = unsure.min_by(|(_, one), (_, other)| one.seconds.total_cmp(&other.seconds))?;
            self.known.remove(least);
        }
        let label = VoiceLabel::first_heard_at(run.samples.first()?.0);
        self.known.push(Known {
            label,
            centre: run.centre.clone(),
            seconds: run.seconds,
        });
        Some(label)
    }
}

impl Known {
    fn take_in(&mut self, run: &Run) {
        let both = [(&self.centre, self.seconds), (&run.centre, run.seconds)];
        if let Some(centre) = Embedding::mean(both.into_iter()) {
            self.centre = centre;
        }
        self.seconds += run.seconds;
    }
}

impl Run {
    fn of(heard: &HeardVoice) -> Self {
        Self {
            samples: vec![heard.samples],
            centre: heard.embedding.clone(),
            seconds: seconds(heard),
        }
    }

    fn go_on(&mut self, heard: &HeardVoice) {
        let both = [(&self.centre, self.seconds), (&heard.embedding, seconds(heard))];
        if let Some(centre) = Embedding::mean(both.into_iter()) {
            self.centre = centre;
        }
        self.samples.push(heard.samples);
        self.seconds += seconds(heard);
    }
}

/// Windows that go on in one voice, together: what is heard for longer is surer.
fn runs(heard: Vec<HeardVoice>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for heard in heard {
        match runs.last_mut() {
            Some(run) if heard.goes_on && run.centre.likeness(&heard.embedding) >= COHERENT => run.go_on(&heard),
            _ => runs.push(Run::of(&heard)),
        }
    }
    runs
}

fn seconds(heard: &HeardVoice) -> f32 {
    heard.samples.1.saturating_sub(heard.samples.0) as f32 / SAMPLE_RATE_HZ as f32
}
