//! The report of a meeting, as it stands: version 1 when it ends or is left, the next when more came since, when it was heard
//! again, or when the person put words right.

mod goal;
mod hearing;
mod history;

use crate::coverage;
use crate::ids::{MeetingId, Member, TenantId, UserId};
use crate::jobs::{About, JobError, Workshop, queue};
use crate::keys::{KeyError, MeetingKey};
use crate::live::{self, Fold, LoadError, Setup, Stored, correction, sealed};
use crate::record::analyses::{self, NewAnalysis, Newest, Subject};
use crate::record::events::{self, Kind, NewEvent};
use crate::record::nudges::StoredMoment;
use crate::record::{Capture, corrections, from_column, kept_audio, meetings, nudges, second_passes, sessions, spans};
use crate::speech::Speech;
use attune_coach::Rule;
use attune_engine::clock::MeetingTime;
use attune_engine::measures::{Booked, Standing};
use attune_engine::report::{Change, NudgeHeldOut, NudgeShown, Report, ReportRest, report};
use attune_engine::speaker::Speaker;
use attune_ingest::protocol::ServerEvent;
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use hearing::Hearing;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Makes the report of a meeting.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct MakeReport(About);

impl TaskHandler for MakeReport {
    const IDENTIFIER: &'static str = queue::MAKE_REPORT;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let workshop = ctx.get_ext::<Workshop>().ok_or(JobError::Unfurnished)?;
        let done = make(workshop, TenantId(self.0.tenant_id), MeetingId(self.0.meeting_id)).await;
        workshop.live.metrics.ran(Self::IDENTIFIER, done.is_ok());
        done
    }
}

/// What was made, to be told to readers.
struct Made {
    member: Member,
    number: i64,
    epoch: i64,
    event: ServerEvent,
}

/// Makes the next version, unless the newest says it all already. One transaction: however often it runs, each state of
/// the meeting is reported once.
async fn make(workshop: &Workshop, tenant: TenantId, meeting: MeetingId) -> Result<(), JobError> {
    let made = workshop
        .db
        .with_tenant(tenant, async |tx| {
            // Deleted meanwhile: nothing to report.
            let Some(subject) = analyses::hold(&mut *tx, tenant, meeting).await? else {
                return Ok(None);
            };
            let newest = analyses::newest(&mut *tx, tenant, meeting).await?;
            if subject.expired || !has_news(&subject, newest.as_ref()) {
                return Ok(None);
            }
            let Some(recorded) = sessions::recorded(&mut *tx, tenant, meeting).await? else {
                return Ok(None);
            };
            let member = Member {
                tenant,
                user: UserId(subject.user_id),
            };
            let key = match workshop.live.keys().meeting(member, meeting).await {
                Err(KeyError::Gone) => return Ok(None),
                key => key?,
            };
            let setup = Setup::from_stored(recorded.setup).ok_or(JobError::Load(LoadError::Setup))?;
            let at = Capture {
                tenant,
                meeting,
                session: recorded.id,
            };
            let corrections = corrections::list(&mut *tx, tenant, meeting).await?;
            let corrected = corrections.iter().map(|correction| correction.utterance_id).collect();
            let mut hearing = Hearing::load(&mut *tx, at, &key, setup.recognizer(), corrected).await?;
            let speech = Speech::load(&mut *tx, workshop.live.keys(), member).await?;
            let mut fold = Fold::new(&hearing.setup(setup), &speech.profile(), at.session);
            let decided_to = MeetingTime::from_ms(from_column(subject.committed_ms));
            let read = |id, said| hearing.read(id, said);
            live::load_fold_as(&mut *tx, at, &key, &mut fold, decided_to, read).await?;
            let (second_hearing, live_texts) = hearing.told();
            let rest = ReportRest {
                corrections: correction::open_all(&key, corrections)?,
                meeting: meeting.to_string(),
                goal: subject.goal.as_deref().and_then(goal::measure_of).map(str::to_owned),
                language: Some(subject.language.clone()),
                booked: booked(&subject),
                history: history::load(&mut *tx, workshop.live.keys(), member, meeting).await?,
                second_hearing,
                live_texts,
                ..rest(&mut *tx, at, &key, &subject).await?
            };
            let mut made = report(fold.conversation(), rest);
            if subject.insights_expired {
                keep_attention(&mut *tx, member, &key, meeting, &mut made).await?;
            }
            let report = Stored::from(made);
            let number = store(&mut *tx, at, &key, &subject, recorded.live_epoch, &report).await?;
            hear_again(&mut *tx, at, &subject).await?;
            let event = ServerEvent::ReportReady {
                version: report.report.record.version,
            };
            Ok::<_, JobError>(Some(Made {
                member,
                number,
                epoch: recorded.live_epoch,
                event,
            }))
        })
        .await?;
    if let Some(Made {
        member,
        number,
        epoch,
        event,
    }) = made
    {
        let (number, epoch) = (from_column(number), from_column(epoch));
        workshop.live.tell(member, meeting, number, epoch, &event).await;
        tracing::info!(meeting.id = %meeting, "made a report");
    }
    Ok(())
}

/// Whether anything was said, was heard or written otherwise, or the meeting ended, since the newest version.
fn has_news(subject: &Subject, newest: Option<&Newest>) -> bool {
    newest.is_none_or(|newest| {
        newest.events_through < subject.last_event_number
            || newest.words_revision < subject.words_revision
            || newest.incomplete != is_incomplete(subject)
    })
}

/// Has a meeting that is over heard again, once, where its audio is kept: its report is made, and nobody waits.
async fn hear_again(tx: &mut PgConnection, at: Capture, subject: &Subject) -> sqlx::Result<()> {
    let over = !is_incomplete(subject);
    if !over || kept_audio::extent(&mut *tx, at.tenant, at.meeting).await?.is_none() {
        return Ok(());
    }
    match second_passes::find(&mut *tx, at.tenant, at.meeting).await? {
        Some(pass) if pass.finished => Ok(()),
        _ => queue::second_pass(tx, at.tenant, at.meeting, Duration::ZERO).await,
    }
}

/// Takes over what the newest version has of attention: what it was measured by is past its time.
async fn keep_attention(
    tx: &mut PgConnection,
    member: Member,
    key: &MeetingKey,
    meeting: MeetingId,
    made: &mut Report,
) -> Result<(), JobError> {
    if let Some(newest) = analyses::find(tx, member.tenant, member.user, meeting, None).await? {
        let stored: Stored = sealed::open(key, sealed::analysis(newest.id), &newest.body)?;
        made.coaching.attention = stored.report.coaching.attention;
    }
    Ok(())
}

fn is_incomplete(subject: &Subject) -> bool {
    subject.state != "ended"
}

/// When the meeting was to be. The times of a recording that is played are those of another day.
fn booked(subject: &Subject) -> Booked {
    let Some(started_at) = subject.started_at.filter(|_| !subject.played_back) else {
        return Booked::default();
    };
    Booked {
        late_ms: meetings::late_ms(subject.starts_at, started_at),
        lasts: meetings::booked_for(subject.ends_at, started_at),
    }
}

/// What a report holds besides the conversation.
async fn rest(tx: &mut PgConnection, at: Capture, key: &MeetingKey, subject: &Subject) -> Result<ReportRest, JobError> {
    let moments = nudges::of_meeting(&mut *tx, at.tenant, at.meeting).await?;
    let mut shown = Vec::new();
    for row in events::of_kind(&mut *tx, at.tenant, at.meeting, Kind::Nudge).await? {
        if let ServerEvent::Nudge(nudge) = sealed::open(key, sealed::event(row.id), &row.body)? {
            let (id, rule, at_ms) = (nudge.id, nudge.rule, nudge.at_ms);
            let moment = moments.iter().find(|moment| moment.id == id);
            shown.push(NudgeShown {
                reaction: moment.and_then(|moment| moment.reaction.clone()),
                effect: moment.map_or_else(Change::default, StoredMoment::change),
                id,
                rule,
                headline: nudge.headline,
                evidence: nudge.evidence,
                at_ms,
            });
        }
    }
    let held_out = moments
        .into_iter()
        .filter(|moment| moment.held_out)
        .map(|moment| NudgeHeldOut {
            effect: moment.change(),
            headline: moment
                .rule
                .parse::<Rule>()
                .map_or_else(|_| String::new(), |rule| rule.headline().to_owned()),
            at_ms: from_column(moment.at_ms),
            id: moment.id,
            rule: moment.rule,
        });
    Ok(ReportRest {
        version: version(subject).unsigned_abs(),
        incomplete: is_incomplete(subject),
        gaps: spans::gaps(&mut *tx, at).await?,
        nudges: shown,
        held_out: held_out.collect(),
        coverage: coverage::of(
            &spans::accounts(&mut *tx, at).await?,
            &spans::stretches(&mut *tx, at).await?,
        ),
        ..ReportRest::default()
    })
}

fn version(subject: &Subject) -> i32 {
    subject.report_version.unwrap_or(0) + 1
}

/// Stores the version, announces it, and numbers the event that says so.
async fn store(
    tx: &mut PgConnection,
    at: Capture,
    key: &MeetingKey,
    subject: &Subject,
    epoch: i64,
    made: &Stored,
) -> Result<i64, JobError> {
    let (id, version) = (Uuid::now_v7(), version(subject));
    let taken = events::take_numbers(&mut *tx, at.tenant, at.meeting, 1, 0, 0).await?;
    let number = taken.ok_or(sqlx::Error::RowNotFound)?;
    let Report { record, coaching } = &made.report;
    let areas: Vec<&str> = coaching
        .measures
        .0
        .iter()
        .filter(|measure| measure.standing().is_some_and(|standing| standing != Standing::On))
        .map(|m| m.id.as_str())
        .collect();
    let words: usize = record.utterances.iter().map(|line| line.words.len()).sum();
    let analysis = NewAnalysis {
        id,
        version,
        incomplete: record.incomplete,
        // Its own announcement is no news to report.
        events_through: number,
        words_revision: subject.words_revision,
        duration_ms: i64::try_from(record.duration_ms).unwrap_or(i64::MAX),
        word_count: count(words),
        gap_count: count(record.gaps.len()),
        nudge_count: count(coaching.nudges.len()),
        communication_score: coaching
            .score
            .as_ref()
            .and_then(|score| score.value)
            .map(|score| score as f32),
        body: sealed::seal(key, sealed::analysis(id), made),
        improvement_areas: sealed::seal(key, sealed::improvement_areas(id), &areas),
    };
    analyses::insert(&mut *tx, at.tenant, at.meeting, &analysis).await?;
    let share = |speaker| {
        coaching
            .talk
            .iter()
            .find(|talk| talk.speaker == speaker)
            .and_then(|talk| talk.share)
    };
    let (me, them) = (share(Speaker::Me), share(Speaker::Them));
    let narrow = |share: f64| share.clamp(0.0, 1.0) as f32;
    analyses::announce(
        &mut *tx,
        at.tenant,
        at.meeting,
        version,
        me.map(narrow),
        them.map(narrow),
    )
    .await?;

    let event_id = Uuid::now_v7();
    let event = ServerEvent::ReportReady {
        version: version.unsigned_abs(),
    };
    let (end_ms, body) = (record.duration_ms, sealed::seal(key, sealed::event(event_id), &event));
    let row = NewEvent {
        id: event_id,
        kind: Kind::ReportReady,
        t0_ms: end_ms,
        t1_ms: end_ms,
        utterance_id: None,
        body: Some(body),
    };
    events::insert(&mut *tx, at.tenant, at.meeting, number - 1, epoch, end_ms, &[row]).await?;
    Ok(number)
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
