//! How a ledger opens: the session's place in the world, and the fold over everything that is committed.

use crate::ids::{DeviceId, MeetingId, Member, TenantId, UserId};
use crate::jobs;
use crate::keys::MeetingKey;
use crate::live::Live;
use crate::live::commit::Writer;
use crate::live::fold::{Fold, Setup};
use crate::live::ledger::PostgresLedger;
use crate::live::load::{self, LoadError};
use crate::live::socket::Verdict;
use crate::nodes::Notice;
use crate::record::{Capture, from_column, kept_audio, meetings, nudges, sessions, spans, streams, to_column};
use crate::speech::{Speech, SpeechError};
use attune_engine::clock::MeetingTime;
use attune_engine::measures::Profile;
use attune_ingest::ports::{LedgerError, Reservation, Resumption};
use attune_ingest::protocol::Hello;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Opens the ledger of a session whose ticket was redeemed, and says where it stands: the fold over what is committed.
pub(super) async fn open(
    live: &Live,
    verdict: &Verdict,
    reservation: &Reservation,
    hello: &Hello,
) -> Result<(PostgresLedger, Resumption), LedgerError> {
    let writer = Writer {
        at: capture(reservation),
        epoch: to_column(reservation.epoch),
        keep_audio_until: None,
    };
    let unavailable = |error| LedgerError::Unavailable(Box::new(error));
    let key = live
        .keys
        .meeting(member(reservation), writer.at.meeting)
        .await
        .map_err(unavailable)?;
    let Read {
        setup,
        profile,
        fold,
        decided_to,
        resumption,
        keep_audio_until,
        resumed,
    } = read(live, writer, member(reservation), &key, hello).await?;
    let writer = Writer {
        keep_audio_until,
        ..writer
    };
    let attendance = live.attend(member(reservation)).await.map_err(unavailable)?;
    let seat = live
        .seats
        .take(&live.db, &live.tasks, member(reservation), writer, verdict.clone());
    let meeting = writer.at.meeting;
    attendance.tell(&Notice::Taken { meeting });
    live.metrics.meetings.opened(resumed);
    let ledger = PostgresLedger {
        live: live.clone(),
        writer,
        key,
        setup,
        profile,
        fold,
        decided_to,
        samples: resumption.samples.clone(),
        attendance,
        pending: None,
        _seat: seat,
    };
    Ok((ledger, resumption))
}

/// What a session goes on from.
struct Read {
    setup: Setup,
    profile: Arc<Profile>,
    fold: Fold,
    decided_to: MeetingTime,
    resumption: Resumption,
    keep_audio_until: Option<OffsetDateTime>,
    /// An earlier connection captured for this session.
    resumed: bool,
}

async fn read(live: &Live, writer: Writer, member: Member, key: &MeetingKey, hello: &Hello) -> Result<Read, NotOpened> {
    let at = writer.at;
    live.db
        .with_tenant(at.tenant, async |tx| {
            // All of the meeting's sessions, then the meeting: the order of commits, and of whoever deletes it.
            sessions::hold_all(&mut *tx, at.tenant, at.meeting).await?;
            let held = sessions::hold(&mut *tx, at).await?.ok_or(NotOpened::Closed)?;
            if held.live_epoch != writer.epoch {
                return Err(NotOpened::Fenced);
            }
            let streams = streams::positions(&mut *tx, at).await?;
            let streams = streams
                .into_iter()
                .map(|position| (position.stream, position))
                .collect();
            let samples = spans::accounts(&mut *tx, at).await?;
            let running = meetings::mark_live(&mut *tx, at.tenant, at.meeting).await?;
            let resumed = held.setup.is_some();
            let mut setup = match (held.setup, &running) {
                (Some(stored), _) => Setup::from_stored(stored).ok_or(LoadError::Setup)?,
                (None, Some(running)) => {
                    let changes = nudges::changes(&mut *tx, at.tenant, at.meeting).await?;
                    let recognizer = live.recognizer().ok_or(NotOpened::Closed)?;
                    let setup = Setup::new(running, hello, recognizer, live.voices());
                    // Nobody is there to act on a nudge, so there is nothing to find out.
                    if running.played_back {
                        setup
                    } else {
                        setup.evaluated(live.hold_out, &changes)
                    }
                }
                (None, None) => return Err(NotOpened::Closed),
            };
            for declared in &hello.tracks {
                setup.hear(declared.track);
            }
            let profile = Speech::load(&mut *tx, &live.keys, member).await?.profile();
            let mut fold = Fold::new(&setup, &profile, at.session);
            let Some(running) = running.filter(|_| held.ended_at.is_none()) else {
                // It ended with this session: its client learns that, and sends nothing more. Any other is too late.
                let ended = held.ended_at.is_some();
                let over = Read {
                    setup,
                    profile,
                    fold,
                    decided_to: MeetingTime::START,
                    resumption: Resumption {
                        streams,
                        samples,
                        ended,
                        ..Resumption::default()
                    },
                    keep_audio_until: None,
                    resumed,
                };
                return if ended { Ok(over) } else { Err(NotOpened::Closed) };
            };
            // Asked when the connection was reserved, and again now: another device may have recorded since.
            if sessions::recorded_elsewhere(&mut *tx, at).await? {
                return Err(NotOpened::Closed);
            }
            sessions::set_up(&mut *tx, at, &setup.to_stored()).await?;
            sessions::fence_others(&mut *tx, at).await?;
            jobs::queue::watch_meeting(&mut *tx, at.tenant, at.meeting, jobs::SUSPEND_AFTER).await?;
            let decided_to = MeetingTime::from_ms(from_column(running.committed_ms));
            let said = load::fold(&mut *tx, at, key, &mut fold, decided_to).await?;
            let kept_for = live.audio_kept_for;
            let keep_audio_until = kept_audio::keep_until(&mut *tx, at, kept_for.as_secs_f64()).await?;
            if let Some(until) = keep_audio_until {
                let left = until - OffsetDateTime::now_utc();
                let left = Duration::try_from(left).unwrap_or_default();
                jobs::queue::expire_audio(&mut *tx, at.tenant, at.meeting, left).await?;
            }
            Ok(Read {
                setup,
                profile,
                fold,
                decided_to,
                resumption: Resumption {
                    streams,
                    samples,
                    ended: false,
                    keep_audio: keep_audio_until.is_some(),
                    said,
                    sink: false,
                },
                keep_audio_until,
                resumed,
            })
        })
        .await
}

/// Why a ledger did not open.
#[derive(Debug, thiserror::Error)]
enum NotOpened {
    #[error(transparent)]
    Db(#[from] sqlx::Error),
    #[error("reading what was committed")]
    Load(#[from] LoadError),
    #[error(transparent)]
    Speech(#[from] SpeechError),
    #[error("a later connection is live")]
    Fenced,
    #[error("the session is closed")]
    Closed,
}

impl From<NotOpened> for LedgerError {
    fn from(error: NotOpened) -> Self {
        match error {
            NotOpened::Fenced => Self::Fenced,
            NotOpened::Closed => Self::Closed,
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

/// Which session a reservation is about.
pub(super) fn capture(reservation: &Reservation) -> Capture {
    Capture {
        tenant: TenantId(reservation.tenant),
        meeting: MeetingId(reservation.meeting),
        session: reservation.session,
    }
}

/// Whose it is.
pub(super) fn member(reservation: &Reservation) -> Member {
    Member {
        tenant: TenantId(reservation.tenant),
        user: UserId(reservation.user),
    }
}

/// Which device captures.
pub(super) fn device(reservation: &Reservation) -> DeviceId {
    DeviceId(reservation.device)
}
