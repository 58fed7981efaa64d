//! A meeting heard once more after its end, from the audio that was kept, passage by passage: with wide context and no
//! deadline, in time that no live meeting wants. Its words count, all at once, when it is through; until then, and if it
//! never gets there, the report stands as it was written.
//!
//! Each passage is stored as it comes, so that a job that dies goes on where it was; a turn is short, so that reports do not
//! wait behind it. Audio is opened in memory alone, and only while it is kept: once it is taken back the pass is given up,
//! with what it had. What was withheld, lost or judged not to be speech is in no passage.

mod audio;
mod echo;
mod subject;

use crate::ids::{MeetingId, TenantId};
use crate::jobs::{About, JobError, Workshop, queue};
use crate::live::sealed;
use crate::record::second_passes::{self, Reheard};
use crate::record::{analyses, kept_audio};
use attune_engine::listener::Segment;
use attune_engine::recognize::Recognition;
use attune_engine::second_pass::{Heard, Passage, rewrite};
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use attune_ingest::hearing::{Answer, Hearing, Job, MayLeave, NoWords, Purpose};
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use subject::{Opened, Subject};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A turn begins no further passage after this long.
const TURN: Duration = Duration::from_secs(10);
/// Another meeting is being heard again here, or its audio is being moved: that takes moments.
const SOON: Duration = Duration::from_secs(2);
/// People are heard live here, or nobody ever is: that takes a while.
const LATER: Duration = Duration::from_secs(20);
/// How long a passage waits for a worker that nobody else wants, and is then recognised. PocketSphinx takes 11 s for the
/// longest on a core of its own.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hears a meeting again, or further.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SecondPass(About);

impl TaskHandler for SecondPass {
    const IDENTIFIER: &'static str = queue::SECOND_PASS;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = go_on(workshop, TenantId(self.0.tenant_id), MeetingId(self.0.meeting_id)).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// Where a turn leaves the pass.
enum Turn {
    /// There is no more to do, or nothing that may be done.
    Over,
    /// To go on after a while.
    GoesOn(Duration),
}

async fn go_on(workshop: &Workshop, tenant: TenantId, meeting: MeetingId) -> Result<(), JobError> {
    let Turn::GoesOn(after) = turn(workshop, tenant, meeting).await? else {
        return Ok(());
    };
    Ok(workshop
        .db
        .with_tenant(tenant, async |tx| queue::second_pass(tx, tenant, meeting, after).await)
        .await?)
}

async fn turn(workshop: &Workshop, tenant: TenantId, meeting: MeetingId) -> Result<Turn, JobError> {
    let Ok(_alone) = workshop.hearing_again.try_acquire() else {
        return Ok(Turn::GoesOn(SOON));
    };
    let Some(hearing) = workshop.live.hearing() else {
        return Ok(Turn::GoesOn(LATER));
    };
    let mut subject = match subject::open(workshop, tenant, meeting, hearing.info()).await? {
        Opened::Subject(subject) => subject,
        Opened::Nothing => return Ok(Turn::Over),
    };
    let began = Instant::now();
    // The tab first: what it said is known when the microphone is sifted for it.
    for (track, passage) in subject.passages() {
        if began.elapsed() >= TURN || workshop.live.stopping.is_cancelled() {
            return Ok(Turn::GoesOn(Duration::ZERO));
        }
        let Some(samples) = subject.audio.samples(workshop, track, passage.audio.clone()).await? else {
            return Ok(Turn::GoesOn(SOON));
        };
        let segment = passage.segment(track, samples);
        let heard = match recognize(workshop, hearing, &subject, segment.clone()).await {
            Ok(recognition) => rewrite(subject.live(track, &passage), &segment, &recognition, hearing.info()),
            // No recognizer can make anything of it: what was written live stands.
            Err(NoWords::GaveUp) => passage.segments.clone().map(|_| Heard::Stands).collect(),
            Err(NoWords::Stopped) if workshop.live.stopping.is_cancelled() => return Ok(Turn::GoesOn(Duration::ZERO)),
            Err(NoWords::Stopped) => return Ok(Turn::GoesOn(LATER)),
        };
        let anew = without_echoes(workshop, &mut subject, track, heard).await?;
        if !store(workshop, &mut subject, track, &passage, anew).await? {
            return Ok(Turn::GoesOn(SOON));
        }
    }
    finish(workshop, &subject).await
}

/// What is heard in a passage, once nobody else wants a worker.
async fn recognize(
    workshop: &Workshop,
    hearing: &Hearing,
    subject: &Subject,
    segment: Segment,
) -> Result<Recognition, NoWords> {
    let cancel = CancellationToken::new();
    let _nobody_waits = cancel.clone().drop_guard();
    let (answers, mut answered) = mpsc::channel(1);
    let place = answers.reserve_owned().await.map_err(|_| NoWords::Stopped)?;
    let may_leave = MayLeave::never();
    may_leave.set(subject.may_leave);
    let job = Job {
        session: subject.at.session,
        segment: Box::new(segment),
        purpose: Purpose::Again,
        due: Instant::now() + PATIENCE,
        prompt: String::new(),
        may_leave,
        cancel,
    };
    hearing.recognize(job, place).map_err(|_| NoWords::Stopped)?;
    let answer = tokio::time::timeout(PATIENCE, answered.recv());
    match workshop.live.stopping.run_until_cancelled(answer).await {
        Some(Ok(Some(Answer::Recognized { outcome, .. }))) => outcome,
        _ => Err(NoWords::Stopped),
    }
}

/// The words that were heard, without those that the microphone heard out of the loudspeaker.
async fn without_echoes(
    workshop: &Workshop,
    subject: &mut Subject,
    track: Track,
    heard: Vec<Heard>,
) -> Result<Vec<Option<Final>>, JobError> {
    let anew = heard.into_iter().map(|heard| match heard {
        Heard::Anew(decided) => Some(decided),
        Heard::Stands => None,
    });
    let anew: Vec<Option<Final>> = anew.collect();
    match track {
        Track::Tab => Ok(anew),
        Track::Mic => echo::sift(workshop, subject, anew).await,
    }
}

/// Keeps what became of the segments of a passage. False, and nothing is kept, where the audio was taken back meanwhile.
async fn store(
    workshop: &Workshop,
    subject: &mut Subject,
    track: Track,
    passage: &Passage,
    anew: Vec<Option<Final>>,
) -> Result<bool, JobError> {
    let (at, key) = (subject.at, &subject.key);
    let ids = subject.utterances(track, passage);
    let rows: Vec<Reheard> = ids
        .iter()
        .zip(&anew)
        .map(|(&utterance_id, anew)| Reheard {
            utterance_id,
            body: anew
                .as_ref()
                .map(|decided| sealed::seal(key, sealed::second_utterance(utterance_id), decided)),
        })
        .collect();
    let kept = workshop
        .db
        .with_tenant(at.tenant, async |tx| {
            analyses::hold(&mut *tx, at.tenant, at.meeting).await?;
            let kept = kept_audio::extent(&mut *tx, at.tenant, at.meeting).await?.is_some();
            if kept {
                second_passes::add(&mut *tx, at.tenant, at.meeting, &rows).await?;
            }
            Ok::<_, JobError>(kept)
        })
        .await?;
    subject.know(ids, anew);
    Ok(kept)
}

/// Makes what was found count, and has the report made of it.
async fn finish(workshop: &Workshop, subject: &Subject) -> Result<Turn, JobError> {
    let at = subject.at;
    let found = workshop
        .db
        .with_tenant(at.tenant, async |tx| {
            analyses::hold(&mut *tx, at.tenant, at.meeting).await?;
            if kept_audio::extent(&mut *tx, at.tenant, at.meeting).await?.is_none() {
                second_passes::drop_unfinished(&mut *tx, at.tenant, at.meeting).await?;
                return Ok(false);
            }
            let found = second_passes::finish(&mut *tx, at.tenant, at.meeting).await?;
            if found {
                analyses::revise_words(&mut *tx, at.tenant, at.meeting).await?;
                queue::make_report(&mut *tx, at.tenant, at.meeting).await?;
            }
            Ok::<_, JobError>(found)
        })
        .await?;
    if found {
        tracing::info!(meeting.id = %at.meeting, "heard a meeting again");
    }
    Ok(Turn::Over)
}
