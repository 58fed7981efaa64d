//! Which hearing of a meeting its report is made of: what was decided live, or, once a second pass is through, what that
//! found; and what the difference is.

use crate::jobs::JobError;
use crate::keys::MeetingKey;
use crate::live::{LoadError, Setup, sealed};
use crate::record::{Capture, second_passes};
use attune_engine::recognize::RecognizerInfo;
use attune_engine::report::SecondHearing;
use attune_engine::second_pass::changed_words;
use attune_engine::transcript::{Final, SegmentId};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The hearing that counts.
pub(super) struct Hearing {
    /// What a second pass found, by utterance.
    anew: HashMap<Uuid, Final>,
    /// None where nothing was heard again.
    second: Option<SecondHearing>,
    live_texts: BTreeMap<SegmentId, String>,
    /// Utterances whose words the person put right: no recognizer's, in either hearing.
    corrected: HashSet<Uuid>,
}

impl Hearing {
    /// That of a meeting whose words `live` wrote while it went on, and in which the person put `corrected` right.
    pub(super) async fn load(
        tx: &mut PgConnection,
        at: Capture,
        key: &MeetingKey,
        live: &RecognizerInfo,
        corrected: HashSet<Uuid>,
    ) -> Result<Self, JobError> {
        let pass = second_passes::find(&mut *tx, at.tenant, at.meeting).await?;
        let mut hearing = Self {
            anew: HashMap::new(),
            second: None,
            live_texts: BTreeMap::new(),
            corrected,
        };
        let Some(pass) = pass.filter(|pass| pass.finished) else {
            return Ok(hearing);
        };
        for row in second_passes::reheard(&mut *tx, at.tenant, at.meeting).await? {
            if let Some(body) = row.body {
                let place = sealed::second_utterance(row.utterance_id);
                hearing.anew.insert(row.utterance_id, sealed::open(key, place, &body)?);
            }
        }
        if !hearing.anew.is_empty() {
            let recognizer = serde_json::from_value(pass.recognizer).map_err(|_| JobError::Load(LoadError::Setup))?;
            hearing.second = Some(SecondHearing {
                recognizer,
                live_recognizer: live.label(),
                segments: 0,
                heard_again: 0,
                live_words: 0,
                changed_words: 0,
            });
        }
        Ok(hearing)
    }

    /// What the fold starts from. Fillers count as written where either of the two recognizers would have left them out of
    /// its part only if both write them.
    pub(super) fn setup(&self, setup: Setup) -> Setup {
        let Some(second) = &self.second else { return setup };
        let writes_fillers = second.recognizer.writes_fillers && setup.recognizer().writes_fillers;
        setup.heard_again_by(RecognizerInfo {
            writes_fillers,
            ..second.recognizer.clone()
        })
    }

    /// A segment as it counts.
    pub(super) fn read(&mut self, utterance: Uuid, live: Final) -> Final {
        let Some(second) = &mut self.second else { return live };
        let anew = self.anew.remove(&utterance);
        if self.corrected.contains(&utterance) {
            return anew.unwrap_or(live);
        }
        second.segments += 1;
        let Some(anew) = anew else { return live };
        let (changed, words) = changed_words(&live, &anew);
        second.heard_again += 1;
        second.live_words += words;
        second.changed_words += changed;
        if changed > 0 {
            let texts: Vec<_> = live.words.iter().map(|word| word.text.as_str()).collect();
            self.live_texts.insert(live.segment, texts.join(" "));
        }
        anew
    }

    /// What to say of it, and what was written live where that is something else.
    pub(super) fn told(self) -> (Option<SecondHearing>, BTreeMap<SegmentId, String>) {
        (self.second, self.live_texts)
    }
}
