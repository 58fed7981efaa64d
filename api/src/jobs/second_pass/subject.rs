//! The meeting that is heard again: what was decided live, what may be heard of it, and what is known anew so far.

use super::audio::KeptSound;
use crate::db::tenants;
use crate::ids::{MeetingId, Member, TenantId, UserId};
use crate::jobs::{JobError, Workshop};
use crate::keys::{KeyError, MeetingKey};
use crate::live::sealed;
use crate::record::second_passes::{self, Reheard};
use crate::record::{Capture, analyses, from_column, kept_audio, sessions, spans, utterances};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use attune_engine::recognize::RecognizerInfo;
use attune_engine::second_pass::{Live, Passage, common, joined, passages};
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use attune_ingest::protocol::SampleClass;
use sqlx::PgConnection;
use std::collections::HashMap;
use std::ops::Range;
use uuid::Uuid;

/// A meeting, opened to be heard again.
pub(super) struct Subject {
    pub(super) at: Capture,
    pub(super) key: MeetingKey,
    /// Whether its audio may be sent to a recognizer elsewhere.
    pub(super) may_leave: bool,
    pub(super) audio: KeptSound,
    tab: Side,
    mic: Side,
    /// What became of utterances so far: other words, or none.
    known: HashMap<Uuid, Option<Final>>,
}

/// One track.
#[derive(Default)]
struct Side {
    ids: Vec<Uuid>,
    live: Vec<Live>,
    spans: Vec<spans::Stored>,
    /// What may be heard: kept, and speech or silence.
    audible: Vec<Range<u64>>,
}

/// What there is to do.
pub(super) enum Opened {
    /// The meeting is gone or goes on, nothing of it is kept, or it was heard again before.
    Nothing,
    Subject(Box<Subject>),
}

/// Opens a meeting; the pass begins, with `recognizer`, unless it has. One that another recognizer began is begun anew.
pub(super) async fn open(
    workshop: &Workshop,
    tenant: TenantId,
    meeting: MeetingId,
    recognizer: &RecognizerInfo,
) -> Result<Opened, JobError> {
    workshop
        .db
        .with_tenant(tenant, async |tx| {
            let subject = analyses::hold(&mut *tx, tenant, meeting).await?;
            // Before its report is made there is none that could stand if this fails; making it brings us here again.
            let Some(subject) = subject.filter(|subject| subject.state == "ended" && subject.report_version.is_some())
            else {
                return Ok(Opened::Nothing);
            };
            let Some(recorded) = sessions::recorded(&mut *tx, tenant, meeting).await? else {
                return Ok(Opened::Nothing);
            };
            let member = Member {
                tenant,
                user: UserId(subject.user_id),
            };
            let key = match workshop.live.keys().meeting(member, meeting).await {
                Err(KeyError::Gone) => return Ok(Opened::Nothing),
                key => key?,
            };
            let at = Capture {
                tenant,
                meeting,
                session: recorded.id,
            };
            let stretches = kept_audio::list(&mut *tx, tenant, meeting).await?;
            if stretches.is_empty() {
                second_passes::drop_unfinished(&mut *tx, tenant, meeting).await?;
                return Ok(Opened::Nothing);
            }
            let known = match begin(&mut *tx, at, recognizer).await? {
                Some(reheard) => opened(&key, reheard)?,
                None => return Ok(Opened::Nothing),
            };
            let may_leave = tenants::audio_may_leave(&mut *tx, member).await?;
            let mut subject = Subject {
                at,
                audio: KeptSound::new(at, key.clone(), stretches),
                key,
                may_leave,
                tab: Side::default(),
                mic: Side::default(),
                known,
            };
            subject.load(tx).await?;
            Ok(Opened::Subject(Box::new(subject)))
        })
        .await
}

/// What the pass has so far; none once it is finished.
async fn begin(
    tx: &mut PgConnection,
    at: Capture,
    recognizer: &RecognizerInfo,
) -> Result<Option<Vec<Reheard>>, JobError> {
    let ours = serde_json::to_value(recognizer).expect("invariant: a recognizer's description has string keys");
    let pass = second_passes::begin(&mut *tx, at.tenant, at.meeting, &ours).await?;
    if pass.finished {
        return Ok(None);
    }
    if pass.recognizer != ours {
        second_passes::drop_unfinished(&mut *tx, at.tenant, at.meeting).await?;
        second_passes::begin(&mut *tx, at.tenant, at.meeting, &ours).await?;
    }
    Ok(Some(second_passes::reheard(tx, at.tenant, at.meeting).await?))
}

fn opened(key: &MeetingKey, reheard: Vec<Reheard>) -> Result<HashMap<Uuid, Option<Final>>, JobError> {
    let open = |row: Reheard| {
        let place = sealed::second_utterance(row.utterance_id);
        let decided = row.body.map(|body| sealed::open(key, place, &body)).transpose()?;
        Ok((row.utterance_id, decided))
    };
    reheard.into_iter().map(open).collect()
}

impl Subject {
    async fn load(&mut self, tx: &mut PgConnection) -> Result<(), JobError> {
        for span in spans::list(&mut *tx, self.at).await? {
            self.side_mut(span.track).spans.push(span);
        }
        for row in utterances::list(&mut *tx, self.at).await? {
            let live = Live {
                from_sample: from_column(row.from_sample),
                to_sample: from_column(row.to_sample),
                decided: sealed::open(&self.key, sealed::utterance(row.id), &row.body)?,
            };
            let side = self.side_mut(spans::track_of(&row.track));
            side.ids.push(row.id);
            side.live.push(live);
        }
        for track in [Track::Tab, Track::Mic] {
            let kept = self.audio.kept(track);
            let side = self.side_mut(track);
            let heard = side.spans.iter().filter(|span| is_audible(span.class));
            let heard = joined(heard.map(|span| span.from_sample..span.to_sample));
            side.audible = common(&kept, &heard);
        }
        Ok(())
    }

    const fn side(&self, track: Track) -> &Side {
        match track {
            Track::Mic => &self.mic,
            Track::Tab => &self.tab,
        }
    }

    const fn side_mut(&mut self, track: Track) -> &mut Side {
        match track {
            Track::Mic => &mut self.mic,
            Track::Tab => &mut self.tab,
        }
    }

    /// What is still to be heard again, the tab first.
    pub(super) fn passages(&self) -> Vec<(Track, Passage)> {
        let of = |track| {
            let side = self.side(track);
            let found = passages(&side.live, &side.audible).into_iter();
            let open = found.filter(|passage| {
                let mut ids = side.ids[passage.segments.clone()].iter();
                !ids.all(|id| self.known.contains_key(id))
            });
            open.map(move |passage| (track, passage)).collect::<Vec<_>>()
        };
        [of(Track::Tab), of(Track::Mic)].concat()
    }

    /// The segments of a passage as they were decided live.
    pub(super) fn live(&self, track: Track, passage: &Passage) -> &[Live] {
        &self.side(track).live[passage.segments.clone()]
    }

    /// The utterances of a passage.
    pub(super) fn utterances(&self, track: Track, passage: &Passage) -> Vec<Uuid> {
        self.side(track).ids[passage.segments.clone()].to_vec()
    }

    /// Takes in what became of utterances.
    pub(super) fn know(&mut self, ids: Vec<Uuid>, anew: Vec<Option<Final>>) {
        self.known.extend(ids.into_iter().zip(anew));
    }

    /// What the tab said, as far as it is known: of the second hearing where there is one, in order.
    pub(super) fn tab_said(&self) -> impl Iterator<Item = &Final> {
        self.tab.ids.iter().zip(&self.tab.live).map(|(id, live)| {
            let anew = self.known.get(id).and_then(Option::as_ref);
            anew.unwrap_or(&live.decided)
        })
    }

    /// What of `range` may be heard.
    pub(super) fn audible(&self, track: Track, range: Range<u64>) -> Vec<Range<u64>> {
        common(&self.side(track).audible, &[range])
    }

    /// The samples of a track that were captured in a stretch of the meeting.
    pub(super) fn samples_in(&self, track: Track, within: Span) -> Range<u64> {
        let touched = self
            .side(track)
            .spans
            .iter()
            .filter(|span| span.span.overlap_ms(within) > 0);
        let (mut from, mut to) = (u64::MAX, 0);
        for span in touched {
            let at = |moment: MeetingTime| {
                let since = moment.since(span.span.start).as_millis() as u64 * SAMPLES_PER_MS;
                (span.from_sample + since).min(span.to_sample)
            };
            from = from.min(at(within.start));
            to = to.max(at(within.end));
        }
        from.min(to)..to
    }

    /// The sample of a track at a moment; none where the track was not captured then.
    pub(super) fn sample_at(&self, track: Track, moment: MeetingTime) -> Option<u64> {
        let spans = &self.side(track).spans;
        let span = spans.get(spans.partition_point(|span| span.span.end <= moment))?;
        let since = moment.since(span.span.start).as_millis() as u64 * SAMPLES_PER_MS;
        (moment >= span.span.start).then(|| (span.from_sample + since).min(span.to_sample - 1))
    }
}

const fn is_audible(class: SampleClass) -> bool {
    match class {
        SampleClass::Decoded | SampleClass::NonSpeech => true,
        SampleClass::Suppressed | SampleClass::Withheld | SampleClass::Gap => false,
    }
}
