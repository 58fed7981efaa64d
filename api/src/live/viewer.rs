//! Readers of a meeting: every numbered event after their cursor from the ledger, then what happens as it happens.
//!
//! A reader that does not keep up loses partials and measures, never a numbered event: those it misses here it reads
//! from the ledger, which is also where the events of other nodes come from while they cannot be heard.

use crate::auth::{OwnedMeeting, SocketOrigin, Token};
use crate::error::{ApiError, ErrorBody};
use crate::ids::{FamilyId, MeetingId, Member, TenantId, UserId};
use crate::keys::{KeyError, MeetingKey};
use crate::live::hub::{Told, Word};
use crate::live::sealed::{self, Unreadable};
use crate::live::upgrade::{Socket, Upgrade};
use crate::live::{Live, subprotocol};
use crate::nodes::{Attendance, Notice};
use crate::record::{events, from_column, meetings, tickets};
use crate::routes::{ValidQuery, key_of};
use crate::server::{AppState, Place};
use attune_ingest::protocol::{CloseCode, Limits};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json};
use futures_util::SinkExt as _;
use futures_util::stream::{SplitSink, SplitStream, StreamExt as _};
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use utoipa::{IntoParams, ToSchema};

/// The subprotocol of readers.
const SUBPROTOCOL: &str = "attune.live.v1";
/// How long a ticket waits for its socket.
const TICKET_LIVES: time::Duration = time::Duration::seconds(30);
/// How often the ledger and the sign-in are looked at while nothing is told here: the 5 s in which a revocation bites.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long one message may take to leave: a reader that takes longer is gone.
const SEND_WITHIN: Duration = Duration::from_secs(20);
/// How long a reader has to answer our close.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Events read from the ledger at a time.
const PAGE: i64 = 200;
/// A reader has nothing to say but pings and its close.
const READER_BYTES: usize = 4 * 1024;

/// A ticket to follow a meeting.
#[derive(Serialize, ToSchema)]
pub(super) struct LiveTicket {
    /// Opens one socket of `/v1/live/{id}`, once: 32 random bytes in base64url.
    ticket: String,
    /// How long it waits for its socket.
    expires_in_s: i64,
}

/// Issues a ticket to follow a meeting.
#[utoipa::path(post, path = "/v1/meetings/{id}/live-tickets", tag = "live", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)),
    responses((status = 200, body = LiveTicket), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn create_live_ticket(
    State(state): State<AppState>,
    OwnedMeeting {
        member,
        family,
        meeting,
    }: OwnedMeeting,
) -> Result<Json<LiveTicket>, ApiError> {
    let ticket = Token::random().map_err(ApiError::internal)?;
    let digest = ticket.digest();
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            tickets::sweep_live(&mut *tx).await?;
            tickets::add_live(&mut *tx, member, meeting.id, family, &digest, TICKET_LIVES).await
        })
        .await?;
    Ok(Json(LiveTicket {
        ticket: ticket.reveal().to_string(),
        expires_in_s: TICKET_LIVES.whole_seconds(),
    }))
}

/// Where to go on.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// The number of the last event seen; none for all of them.
    #[garde(inner(range(min = 0)))]
    after: Option<i64>,
}

/// Follows a meeting: a WebSocket of JSON text frames `{"number", "epoch", "event"}`. Subprotocols `attune.live.v1` and
/// `ticket.<ticket>`.
#[utoipa::path(get, path = "/v1/live/{id}", tag = "live", params(("id" = MeetingId, Path), After),
    responses((status = 101), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(super) async fn follow_meeting(
    State(state): State<AppState>,
    Path(meeting): Path<MeetingId>,
    ValidQuery(After { after }): ValidQuery<After>,
    Extension(place): Extension<Place>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    let origin = state.origins.may_open_socket(&headers);
    if origin == SocketOrigin::Foreign {
        return Err(super::FOREIGN_ORIGIN);
    }
    let digest = subprotocol::ticket(upgrade.requested_protocols(), SUBPROTOCOL).ok_or(ApiError::NotSignedIn)?;
    let viewer = state
        .db
        .without_tenant(async |tx| tickets::redeem_live(tx, &digest, meeting).await)
        .await;
    let viewer = viewer.map_err(ApiError::from)?.ok_or(ApiError::NotSignedIn)?;
    if origin == SocketOrigin::Missing && viewer.client != "native" {
        return Err(super::FOREIGN_ORIGIN);
    }
    let member = Member {
        tenant: TenantId(viewer.tenant_id),
        user: UserId(viewer.user_id),
    };
    let key = key_of(&state, member, meeting).await?;
    let attendance = state.live.attend(member).await?;
    let entered = state.live.sockets.enter(member)?;
    let live = state.live.clone();
    let follower = Follower {
        live,
        member,
        meeting,
        key,
        attendance,
        family: FamilyId(viewer.family_id),
        cursor: after.unwrap_or(0),
    };

    let tasks = state.tasks.clone();
    let config = WebSocketConfig::default()
        .max_message_size(Some(READER_BYTES))
        .max_frame_size(Some(READER_BYTES));
    Ok(upgrade.accept(SUBPROTOCOL, config, move |socket| {
        tasks.track_future(async move {
            follower.run(socket).await;
            drop((entered, place));
        })
    }))
}

/// One reader.
struct Follower {
    live: Live,
    member: Member,
    meeting: MeetingId,
    key: MeetingKey,
    /// The other nodes, one of which may hold the meeting.
    attendance: Attendance,
    family: FamilyId,
    /// The number of the last event sent.
    cursor: i64,
}

/// Why a reader's socket closes.
#[derive(Debug)]
enum Leave {
    /// Everything there is was sent.
    Ended,
    /// This node stops, or something failed: the reader connects again.
    Resume,
    /// The sign-in was revoked, or the meeting erased.
    NotAuthenticated,
    /// The reader is gone.
    Gone,
}

/// Why the ledger could not be read.
#[derive(Debug, thiserror::Error)]
enum NotRead {
    #[error(transparent)]
    Db(#[from] sqlx::Error),
    #[error(transparent)]
    Sealed(#[from] Unreadable),
}

impl Follower {
    async fn run(mut self, socket: Socket) {
        let (mut sender, mut receiver) = socket.split();
        let left = self.follow(&mut sender, &mut receiver).await;
        let code = match left {
            Leave::Ended => CloseCode::Ended,
            Leave::Resume => CloseCode::Resume,
            Leave::NotAuthenticated => CloseCode::NotAuthenticated,
            Leave::Gone => return,
        };
        let close = CloseFrame {
            code: code.as_u16().into(),
            reason: code.as_str().into(),
        };
        let goodbye = async {
            // The reader may be gone already; nothing is lost by it. Its own close is waited for, or ours is unclean.
            if sender.send(Message::Close(Some(close))).await.is_ok() {
                while let Some(Ok(_)) = receiver.next().await {}
            }
        };
        let _ = timeout(CLOSE_WITHIN, goodbye).await;
    }

    async fn follow(&mut self, sender: &mut SplitSink<Socket, Message>, receiver: &mut SplitStream<Socket>) -> Leave {
        // Followed first, read second: nothing falls between the two.
        let mut told = self.live.hub.follow(self.meeting);
        self.say_so();
        let stopping = self.live.stopping.clone();
        let caught_up = match self.catch_up(sender).await {
            // Who comes back after the end has read its report before.
            Ok(()) => self.leave_if_over().await,
            left => left,
        };
        if let Err(left) = caught_up {
            return left;
        }
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ping = tokio::time::interval(Limits::PING_EVERY);
        let mut heard_at = Instant::now();
        loop {
            let sent = tokio::select! {
                () = stopping.cancelled() => Err(Leave::Resume),
                message = receiver.next() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Leave::Gone),
                    Some(Ok(_)) => { heard_at = Instant::now(); Ok(()) }
                },
                told = told.recv() => match told {
                    Ok(Word::Told(told)) => self.pass_on(sender, &told).await,
                    // Said again: whoever holds the meeting may not have heard it.
                    Ok(Word::LookUp) => { self.say_so(); self.catch_up_if_read(sender).await }
                    Err(RecvError::Lagged(_)) => self.catch_up(sender).await,
                    // The last one of the meeting's tellers is us: the hub never closes a channel that is followed.
                    Err(RecvError::Closed) => Err(Leave::Resume),
                },
                _ = ping.tick() => match heard_at.elapsed() > Limits::DEAD_AFTER {
                    true => Err(Leave::Gone),
                    false => send(sender, Message::Ping(axum::body::Bytes::new())).await,
                },
                _ = look.tick() => match self.may_stay().await {
                    Ok(()) => { self.say_so(); self.catch_up_if_read(sender).await }
                    Err(left) => Err(left),
                },
            };
            if let Err(left) = sent {
                return left;
            }
        }
    }

    /// Says to the other nodes that the meeting is followed here: the one that holds it tells of it then.
    fn say_so(&self) {
        let meeting = self.meeting;
        self.attendance.tell(&Notice::Followed { meeting });
    }

    /// Catches up. While the database is away, whoever was let in stays; the next look may find it back.
    async fn catch_up_if_read(&mut self, sender: &mut SplitSink<Socket, Message>) -> Result<(), Leave> {
        self.catch_up(sender).await.or_else(|left| match left {
            Leave::Resume => Ok(()),
            left => Err(left),
        })
    }

    /// Sends what was told here, if it comes next; a number that is missing between is read from the ledger.
    async fn pass_on(&mut self, sender: &mut SplitSink<Socket, Message>, told: &Arc<Told>) -> Result<(), Leave> {
        match told.number.map(crate::record::to_column) {
            Some(number) if number <= self.cursor => Ok(()),
            Some(number) if number == self.cursor + 1 => {
                send(sender, Message::text(told.json.as_str())).await?;
                self.cursor = number;
                if told.report_ready {
                    self.leave_if_over().await
                } else {
                    Ok(())
                }
            }
            Some(_) => self.catch_up(sender).await,
            None => send(sender, Message::text(told.json.as_str())).await,
        }
    }

    /// Sends every numbered event after the cursor that the ledger has.
    async fn catch_up(&mut self, sender: &mut SplitSink<Socket, Message>) -> Result<(), Leave> {
        loop {
            let page = self.read_page().await.map_err(|error| {
                tracing::warn!(meeting.id = %self.meeting, %error, "could not read events for a reader");
                Leave::Resume
            })?;
            let Some((last, report_ready)) = page.last().map(|(number, told)| (*number, told.report_ready)) else {
                return Ok(());
            };
            for (_, told) in page {
                send(sender, Message::text(told.json)).await?;
            }
            self.cursor = last;
            if report_ready {
                self.leave_if_over().await?;
            }
        }
    }

    async fn read_page(&self) -> Result<Vec<(i64, Told)>, NotRead> {
        let (tenant, meeting, after) = (self.member.tenant, self.meeting, self.cursor);
        let rows: sqlx::Result<_> = self
            .live
            .db
            .with_tenant(tenant, async |tx| events::after(tx, tenant, meeting, after, PAGE).await)
            .await;
        let tell = |row: events::StoredEvent| {
            let event = sealed::open_event(&self.key, &row)?;
            Ok((
                row.number,
                Told::new(Some(from_column(row.number)), from_column(row.epoch), &event),
            ))
        };
        rows?.into_iter().map(tell).collect()
    }

    /// After the report of all of a meeting comes nothing more; after that of one that was only left, there may.
    async fn leave_if_over(&self) -> Result<(), Leave> {
        let (tenant, meeting) = (self.member.tenant, self.meeting);
        let progress: sqlx::Result<_> = self
            .live
            .db
            .with_tenant(tenant, async |tx| meetings::progress(tx, tenant, meeting).await)
            .await;
        match progress {
            Ok(Some(at)) if at.reported && at.last_event_number <= self.cursor => Err(Leave::Ended),
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(Leave::NotAuthenticated),
            Err(_) => Err(Leave::Resume),
        }
    }

    /// Whether the sign-in that the ticket came from still holds, and the meeting's key is still there.
    async fn may_stay(&self) -> Result<(), Leave> {
        let family = self.family;
        let holds: sqlx::Result<bool> = self
            .live
            .db
            .without_tenant(async |tx| tickets::family_holds(tx, family).await)
            .await;
        match (holds, self.live.keys.meeting(self.member, self.meeting).await) {
            (Ok(true), Ok(_)) => Ok(()),
            (Ok(false), _) | (_, Err(KeyError::Gone)) => Err(Leave::NotAuthenticated),
            _ => Ok(()),
        }
    }
}

async fn send(sender: &mut SplitSink<Socket, Message>, message: Message) -> Result<(), Leave> {
    match timeout(SEND_WITHIN, sender.send(message)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Leave::Gone),
    }
}
