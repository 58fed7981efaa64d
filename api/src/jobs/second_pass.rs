//! A meeting heard once more after its end, from the audio that was kept, passage by passage: with wide context and no
//! deadline, in time that no live meeting wants. Its words count, all at once, when it is through; until then, and if it
//! never gets there, the report stands as it was written.
//!
//! Each passage is stored as it comes, so that a job that dies goes on where it was; a turn is short, so that reports do not
//! wait behind it. Audio is opened in memory alone, and only while it is kept: once it is taken back the pass is given up,
//! with what it had. Whether it may leave for a recognizer elsewhere is asked for each passage, and again while one waits.
//! What was withheld, lost or judged not to be speech is in no passage.

mod audio;
mod echo;
mod subject;

use crate::ids::{MeetingId, TenantId};
use crate::jobs::{About, JobError, Workshop, queue};
use crate::live::sealed;
use crate::record::analyses;
use crate::record::second_passes::{self, Reheard};
use attune_engine::listener::Segment;
use attune_engine::recognize::Recognition;
use attune_engine::second_pass::{Heard, Passage, rewrite, said_once};
use attune_engine::speaker::Track;
use attune_ingest::hearing::{Answer, Hearing, Job, MayLeave, NoWords, Purpose};
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;
use subject::{Opened, Subject, give_up_unless_kept};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A turn begins no further passage after this long.
const TURN: Duration = Duration::from_secs(10);
/// Another meeting is being heard again here, or its audio is being moved: that takes moments.
const SOON: Duration = Duration::from_secs(2);
/// People are heard live here, or nobody ever is, or another node is at it: that takes a while.
const LATER: Duration = Duration::from_secs(20);
/// How long a passage waits for a worker that nobody else wants, and is then recognised. The pool believes after a minute that
/// nobody is heard live, and PocketSphinx takes 11 s for the longest on a core of its own.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often a passage that waits asks whether it may still be heard, and where.
const ASKS_AGAIN: Duration = Duration::from_secs(1);

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
    let Ok(_alone) = workshop.long_work.try_acquire() else {
        return Ok(Turn::GoesOn(SOON));
    };
    let Some(hearing) = workshop.live.hearing() else {
        // For another node to hear, as long as there is anything to hear.
        let kept = workshop
            .db
            .with_tenant(tenant, async |tx| give_up_unless_kept(tx, tenant, meeting).await)
            .await?;
        return Ok(if kept { Turn::GoesOn(LATER) } else { Turn::Over });
    };
    let mut subject = match subject::open(workshop, tenant, meeting, hearing.info()).await? {
        Opened::Subject(subject) => subject,
        Opened::Elsewhere => return Ok(Turn::GoesOn(LATER)),
        Opened::Nothing => return Ok(Turn::Over),
    };
    let began = Instant::now();
    // The tab first: what it said is known when the microphone is sifted for it.
    for (track, passage) in subject.passages() {
        if began.elapsed() >= TURN || workshop.live.stopping.is_cancelled() {
            return Ok(Turn::GoesOn(Duration::ZERO));
        }
        let heard = match hear(workshop, hearing, &mut subject, track, &passage).await? {
            ControlFlow::Continue(heard) => heard,
            ControlFlow::Break(after) => return Ok(Turn::GoesOn(after)),
        };
        let heard = match track {
            Track::Tab => heard,
            Track::Mic => echo::sift(workshop, &mut subject, heard).await?,
        };
        let of = passage.segments.clone();
        let heard = said_once(subject.live(track), of, heard, subject.before(track, &passage));
        if !store(workshop, &mut subject, track, &passage, heard).await? {
            return Ok(Turn::GoesOn(SOON));
        }
    }
    finish(workshop, &subject).await
}

/// What becomes of the segments of a passage by what is heard in it; or after how long to go on with it.
async fn hear(
    workshop: &Workshop,
    hearing: &Hearing,
    subject: &mut Subject,
    track: Track,
    passage: &Passage,
) -> Result<ControlFlow<Duration, Vec<Heard>>, JobError> {
    let of = passage.segments.clone();
    let stands = vec![Heard::Stands; of.len()];
    let Some(samples) = subject.audio.samples(workshop, track, passage.audio.clone()).await? else {
        if subject.audio.has_moved(workshop).await? {
            return Ok(ControlFlow::Break(SOON));
        }
        // It does not come back, and what follows is to be heard.
        tracing::warn!(meeting.id = %subject.at.meeting, "kept audio is missing where the index has it");
        return Ok(ControlFlow::Continue(stands));
    };
    let segment = passage.segment(track, samples);
    let Some(outcome) = recognize(workshop, hearing, subject, segment.clone()).await? else {
        return Ok(ControlFlow::Break(SOON));
    };
    Ok(match outcome {
        Ok(recognition) => {
            let heard = rewrite(subject.live(track), of, &segment, &recognition, hearing.info());
            ControlFlow::Continue(heard)
        }
        // No recognizer can make anything of it: what was written live stands.
        Err(NoWords::GaveUp) => ControlFlow::Continue(stands),
        Err(NoWords::Stopped) if workshop.live.stopping.is_cancelled() => ControlFlow::Break(Duration::ZERO),
        Err(NoWords::Stopped) => ControlFlow::Break(LATER),
    })
}

/// What is heard in a passage, once nobody else wants a worker. None where the audio is no longer kept: nobody hears it then.
async fn recognize(
    workshop: &Workshop,
    hearing: &Hearing,
    subject: &Subject,
    segment: Segment,
) -> Result<Option<Result<Recognition, NoWords>>, JobError> {
    let may_leave = MayLeave::never();
    match subject.may_leave(workshop).await? {
        Some(may) => may_leave.set(may),
        None => return Ok(None),
    }
    let cancel = CancellationToken::new();
    let _nobody_waits = cancel.clone().drop_guard();
    let (answers, mut answered) = mpsc::channel(1);
    let Ok(place) = answers.reserve_owned().await else {
        return Ok(Some(Err(NoWords::Stopped)));
    };
    let job = Job {
        session: subject.at.session,
        segment: Box::new(segment),
        purpose: Purpose::Again,
        due: Instant::now() + PATIENCE,
        prompt: String::new(),
        may_leave: may_leave.clone(),
        cancel,
    };
    if hearing.recognize(job, place).is_err() {
        return Ok(Some(Err(NoWords::Stopped)));
    }
    let stopping = &workshop.live.stopping;
    let mut answer = pin!(stopping.run_until_cancelled(timeout(PATIENCE, answered.recv())));
    let mut asks = interval_at(Instant::now() + ASKS_AGAIN, ASKS_AGAIN);
    asks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            answer = &mut answer => return Ok(Some(match answer {
                Some(Ok(Some(Answer::Recognized { outcome, .. }))) => outcome,
                _ => Err(NoWords::Stopped),
            })),
            _ = asks.tick() => match subject.may_leave(workshop).await? {
                Some(may) => may_leave.set(may),
                None => return Ok(None),
            },
        }
    }
}

/// Keeps what became of the segments of a passage. False, and nothing is kept, where the audio was taken back meanwhile, or
/// another recognizer is at the meeting.
async fn store(
    workshop: &Workshop,
    subject: &mut Subject,
    track: Track,
    passage: &Passage,
    heard: Vec<Heard>,
) -> Result<bool, JobError> {
    let (at, key) = (subject.at, &subject.key);
    let ids = subject.utterances(track, passage);
    let row = |(&utterance_id, heard): (&Uuid, &Heard)| Reheard {
        utterance_id,
        body: match heard {
            Heard::Anew(anew) => Some(sealed::seal(key, sealed::second_utterance(utterance_id), anew)),
            Heard::Stands => None,
        },
    };
    let rows: Vec<Reheard> = ids.iter().zip(&heard).map(row).collect();
    let recognizer = &subject.recognizer;
    let kept = workshop
        .db
        .with_tenant(at.tenant, async |tx| {
            Ok::<_, JobError>(
                give_up_unless_kept(&mut *tx, at.tenant, at.meeting).await?
                    && second_passes::add(tx, at.tenant, at.meeting, recognizer, &rows).await?,
            )
        })
        .await?;
    subject.know(ids, heard);
    Ok(kept)
}

/// Makes what was found count, and has the report made of it.
async fn finish(workshop: &Workshop, subject: &Subject) -> Result<Turn, JobError> {
    let at = subject.at;
    let found = workshop
        .db
        .with_tenant(at.tenant, async |tx| {
            let found = give_up_unless_kept(&mut *tx, at.tenant, at.meeting).await?
                && second_passes::finish(&mut *tx, at.tenant, at.meeting, &subject.recognizer).await?;
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
