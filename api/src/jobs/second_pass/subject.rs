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
use attune_engine::second_pass::{Heard, Live, Passage, common, joined, passages};
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use attune_ingest::protocol::SampleClass;
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::HashMap;
use std::ops::Range;
use uuid::Uuid;

/// A meeting, opened to be heard again.
pub(super) struct Subject {
    pub(super) at: Capture,
    pub(super) key: MeetingKey,
    /// Who hears it again.
    pub(super) recognizer: Value,
    pub(super) audio: KeptSound,
    member: Member,
    tab: Side,
    mic: Side,
    /// What became of utterances so far.
    known: HashMap<Uuid, Heard>,
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
    /// A node with another recognizer hears it again, and got on lately.
    Elsewhere,
    Subject(Box<Subject>),
}

/// Opens a meeting; the pass begins, with `recognizer`, unless it has. One that another recognizer began and that does not get
/// on is begun anew.
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
            let recognizer =
                serde_json::to_value(recognizer).expect("invariant: a recognizer's description has string keys");
            match begin(&mut *tx, at, &recognizer).await? {
                Begun::Ours => {}
                Begun::Theirs => return Ok(Opened::Elsewhere),
                Begun::Finished => return Ok(Opened::Nothing),
            }
            let reheard = second_passes::reheard(&mut *tx, tenant, meeting).await?;
            let mut subject = Subject {
                at,
                recognizer,
                audio: KeptSound::new(at, key.clone(), stretches),
                member,
                tab: Side::default(),
                mic: Side::default(),
                known: opened(&key, reheard)?,
                key,
            };
            subject.load(tx).await?;
            Ok(Opened::Subject(Box::new(subject)))
        })
        .await
}

/// Whose the pass over a meeting is.
enum Begun {
    /// This recognizer's, with what it has so far.
    Ours,
    /// Another one's.
    Theirs,
    /// Nobody's any more.
    Finished,
}

async fn begin(tx: &mut PgConnection, at: Capture, recognizer: &Value) -> sqlx::Result<Begun> {
    let pass = second_passes::begin(&mut *tx, at.tenant, at.meeting, recognizer).await?;
    if pass.finished {
        return Ok(Begun::Finished);
    }
    if pass.recognizer == *recognizer {
        return Ok(Begun::Ours);
    }
    // Two of them would undo each other's work for ever.
    if !second_passes::drop_stalled(&mut *tx, at.tenant, at.meeting).await? {
        return Ok(Begun::Theirs);
    }
    second_passes::begin(tx, at.tenant, at.meeting, recognizer).await?;
    Ok(Begun::Ours)
}

/// Holds a meeting, and says whether any of its audio is still kept. Where none is, a pass that is not finished is given up.
pub(super) async fn give_up_unless_kept(
    tx: &mut PgConnection,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<bool> {
    analyses::hold(&mut *tx, tenant, meeting).await?;
    let kept = kept_audio::extent(&mut *tx, tenant, meeting).await?.is_some();
    if !kept {
        second_passes::drop_unfinished(tx, tenant, meeting).await?;
    }
    Ok(kept)
}

fn opened(key: &MeetingKey, reheard: Vec<Reheard>) -> Result<HashMap<Uuid, Heard>, JobError> {
    let open = |row: Reheard| {
        let heard = match row.body {
            Some(body) => Heard::Anew(sealed::open(key, sealed::second_utterance(row.utterance_id), &body)?),
            None => Heard::Stands,
        };
        Ok((row.utterance_id, heard))
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

    /// Whether its audio may be sent to a recognizer elsewhere, as of now. None where nothing is kept that might be heard.
    pub(super) async fn may_leave(&self, workshop: &Workshop) -> sqlx::Result<Option<bool>> {
        let (at, member) = (self.at, self.member);
        workshop
            .db
            .with_tenant(at.tenant, async |tx| {
                match kept_audio::extent(&mut *tx, at.tenant, at.meeting).await? {
                    Some(_) => tenants::audio_may_leave(tx, member).await.map(Some),
                    None => Ok(None),
                }
            })
            .await
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

    /// The segments of a track as they were decided live.
    pub(super) fn live(&self, track: Track) -> &[Live] {
        &self.side(track).live
    }

    /// What became of the segment before a passage.
    pub(super) fn before(&self, track: Track, passage: &Passage) -> &Heard {
        let index = passage.segments.start.checked_sub(1);
        let known = index.and_then(|index| self.known.get(&self.side(track).ids[index]));
        known.unwrap_or(&Heard::Stands)
    }

    /// The utterances of a passage.
    pub(super) fn utterances(&self, track: Track, passage: &Passage) -> Vec<Uuid> {
        self.side(track).ids[passage.segments.clone()].to_vec()
    }

    /// Takes in what became of utterances.
    pub(super) fn know(&mut self, ids: Vec<Uuid>, heard: Vec<Heard>) {
        self.known.extend(ids.into_iter().zip(heard));
    }

    /// What the tab said, as far as it is known: of the second hearing where there is one, in order.
    pub(super) fn tab_said(&self) -> impl Iterator<Item = &Final> {
        let sides = self.tab.ids.iter().zip(&self.tab.live);
        sides.map(|(id, live)| match self.known.get(id) {
            Some(Heard::Anew(anew)) => anew,
            Some(Heard::Stands) | None => &live.decided,
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
