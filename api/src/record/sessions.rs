//! Capturing sessions and the epochs of their connections.

use crate::ids::{DeviceId, FamilyId, MeetingId, Member, TenantId, UserId};
use crate::record::Capture;
use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long after a connection was last known to be there it still counts as live: three of its signs of life.
pub(crate) const LIVE_FOR_SECS: f64 = 45.0;

/// A session as requests see it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) meeting_id: Uuid,
    /// Nobody has been there for so long that it is not taken up again.
    pub(crate) abandoned: bool,
    pub(crate) ended_at: Option<OffsetDateTime>,
}

/// The session of this device in this meeting, made if there is none yet.
pub(crate) async fn create(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
    user: UserId,
    device: DeviceId,
) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!(
        "INSERT INTO meeting_sessions (tenant_id, id, meeting_id, user_id, device_id)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT meeting_sessions_one_per_device DO UPDATE SET device_id = EXCLUDED.device_id
         RETURNING id",
        tenant.0,
        Uuid::now_v7(),
        meeting.0,
        user.0,
        device.0
    )
    .fetch_one(db)
    .await
}

/// A session of this person, whose device was not revoked. It is abandoned once it was left for longer than
/// `resumes_within`.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    user: UserId,
    session: Uuid,
    resumes_within: Duration,
) -> sqlx::Result<Option<Session>> {
    sqlx::query_as!(
        Session,
        r#"SELECT s.meeting_id, s.last_seen_at < now() - make_interval(secs => $4) AS "abandoned!",
                  s.ended_at AS "ended_at: OffsetDateTime"
           FROM meeting_sessions s JOIN devices d ON d.tenant_id = s.tenant_id AND d.id = s.device_id
           WHERE s.tenant_id = $1 AND s.user_id = $2 AND s.id = $3 AND d.revoked_at IS NULL"#,
        tenant.0,
        user.0,
        session,
        resumes_within.as_seconds_f64()
    )
    .fetch_optional(db)
    .await
}

/// Whether a connection of the meeting is there now, this session's or another's.
pub(crate) async fn any_live(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM meeting_sessions
               WHERE tenant_id = $1 AND meeting_id = $2 AND ended_at IS NULL
                 AND live_epoch > closed_epoch AND last_seen_at > now() - make_interval(secs => $3)) AS "live!""#,
        tenant.0,
        meeting.0,
        LIVE_FOR_SECS
    )
    .fetch_one(db)
    .await
}

/// Whether another device has recorded any of the meeting: its clock is not this one's.
pub(crate) async fn recorded_elsewhere(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM meeting_sessions
               WHERE tenant_id = $1 AND meeting_id = $2 AND id <> $3 AND last_commit IS NOT NULL) AS "elsewhere!""#,
        at.tenant.0,
        at.meeting.0,
        at.session
    )
    .fetch_one(db)
    .await
}

/// Reserves the next connection: its number, and the ticket that opens it. Disturbs nothing that is live.
pub(crate) async fn reserve(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    session: Uuid,
    family: FamilyId,
    ticket_sha256: &[u8; 32],
    lifetime: Duration,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "UPDATE meeting_sessions
         SET next_epoch = next_epoch + 1, ticket_sha256 = $3,
             ticket_expires_at = now() + make_interval(secs => $4), family_id = $5
         WHERE tenant_id = $1 AND id = $2
         RETURNING next_epoch",
        tenant.0,
        session,
        ticket_sha256.as_slice(),
        lifetime.as_seconds_f64(),
        family.0
    )
    .fetch_one(db)
    .await
}

/// What a ticket stands for.
#[derive(Debug)]
pub(crate) struct Reserved {
    pub(crate) meeting_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) device_id: Uuid,
    pub(crate) device_kind: String,
    /// The device's pre-shared key, wrapped under the member key.
    pub(crate) device_psk: Vec<u8>,
    pub(crate) next_epoch: i64,
}

/// The reservation that this ticket opens, while it may: not expired, not used, not replaced by a later one, the device
/// and the sign-in not revoked.
pub(crate) async fn reserved(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    session: Uuid,
    ticket_sha256: &[u8; 32],
) -> sqlx::Result<Option<Reserved>> {
    sqlx::query_as!(
        Reserved,
        r#"SELECT s.meeting_id, s.user_id, s.device_id, d.kind AS device_kind, d.psk AS "device_psk!", s.next_epoch
           FROM meeting_sessions s
           JOIN devices d ON d.tenant_id = s.tenant_id AND d.id = s.device_id
           JOIN refresh_families f ON f.id = s.family_id
           WHERE s.tenant_id = $1 AND s.id = $2 AND s.ticket_sha256 = $3 AND s.ticket_expires_at > now()
             AND d.revoked_at IS NULL AND f.revoked_at IS NULL AND f.expires_at > now()"#,
        tenant.0,
        session,
        ticket_sha256.as_slice()
    )
    .fetch_optional(db)
    .await
}

/// A session whose ticket was used up.
#[derive(Debug)]
pub(crate) struct Redeemed {
    pub(crate) ended_at: Option<OffsetDateTime>,
}

/// Uses the ticket up and makes its epoch the live one; none if it is too late for that. Forgets the session's tickets up
/// to this epoch: used, or overtaken.
pub(crate) async fn redeem(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    session: Uuid,
    ticket_sha256: &[u8; 32],
    epoch: i64,
) -> sqlx::Result<Option<Redeemed>> {
    sqlx::query_as!(
        Redeemed,
        r#"WITH forgotten AS (
               DELETE FROM connection_tickets WHERE tenant_id = $1 AND session_id = $2 AND epoch <= $4)
           UPDATE meeting_sessions
           SET live_epoch = $4, live_family_id = family_id, ticket_sha256 = NULL, ticket_expires_at = NULL,
               last_seen_at = now()
           WHERE tenant_id = $1 AND id = $2 AND ticket_sha256 = $3 AND live_epoch < $4 AND ticket_expires_at > now()
           RETURNING ended_at AS "ended_at: OffsetDateTime""#,
        tenant.0,
        session,
        ticket_sha256.as_slice(),
        epoch
    )
    .fetch_optional(db)
    .await
}

/// Locks every session of the meeting until the transaction ends. Before the meeting itself is locked, as commits do.
pub(crate) async fn hold_all(db: impl PgExecutor<'_>, tenant: TenantId, meeting: MeetingId) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT id FROM meeting_sessions WHERE tenant_id = $1 AND meeting_id = $2 ORDER BY id FOR UPDATE",
        tenant.0,
        meeting.0
    )
    .fetch_all(db)
    .await
    .map(drop)
}

/// Waits for the commits of a person's live connections that are under way, and keeps later ones until the transaction
/// ends.
pub(crate) async fn hold_live(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT id FROM meeting_sessions
         WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND live_epoch > closed_epoch
         ORDER BY id FOR UPDATE",
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
    .map(drop)
}

/// Takes the live epoch from every other session of the meeting: one device records at a time.
pub(crate) async fn fence_others(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meeting_sessions SET next_epoch = next_epoch + 1, live_epoch = next_epoch + 1, closed_epoch = next_epoch + 1
         WHERE tenant_id = $1 AND meeting_id = $2 AND id <> $3 AND live_epoch > closed_epoch",
        at.tenant.0,
        at.meeting.0,
        at.session
    )
    .execute(db)
    .await
    .map(drop)
}

/// A session as the connection that holds it sees it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) live_epoch: i64,
    pub(crate) setup: Option<serde_json::Value>,
    pub(crate) last_commit: Option<Uuid>,
    pub(crate) last_commit_number: i64,
    pub(crate) ended_at: Option<OffsetDateTime>,
}

/// The session, locked until the transaction ends.
pub(crate) async fn hold(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"SELECT live_epoch, setup, last_commit, last_commit_number, ended_at AS "ended_at: OffsetDateTime"
           FROM meeting_sessions WHERE tenant_id = $1 AND id = $2 FOR UPDATE"#,
        at.tenant.0,
        at.session
    )
    .fetch_optional(db)
    .await
}

/// Keeps what the fold starts from.
pub(crate) async fn set_up(db: impl PgExecutor<'_>, at: Capture, setup: &serde_json::Value) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meeting_sessions SET setup = $3 WHERE tenant_id = $1 AND id = $2",
        at.tenant.0,
        at.session,
        setup
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes the commit that this transaction is, and the last number it gave out.
pub(crate) async fn committed(db: impl PgExecutor<'_>, at: Capture, commit: Uuid, number: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meeting_sessions SET last_commit = $3, last_commit_number = $4, last_seen_at = now()
         WHERE tenant_id = $1 AND id = $2",
        at.tenant.0,
        at.session,
        commit,
        number
    )
    .execute(db)
    .await
    .map(drop)
}

/// What a live connection is told about the world now and then.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) session: Uuid,
    pub(crate) live_epoch: i64,
    pub(crate) authorised: bool,
    pub(crate) consent: bool,
    /// The audio may be sent to a recognizer elsewhere.
    pub(crate) audio_may_leave: bool,
}

/// What a person agrees to for the meeting of a session.
#[derive(Debug)]
pub(crate) struct Agreed {
    /// To be recorded, and the others were told.
    pub(crate) record: bool,
    /// The audio may be kept.
    pub(crate) keep_audio: bool,
    /// The audio may be sent to a recognizer elsewhere.
    pub(crate) audio_may_leave: bool,
}

/// What the person of this session agrees to now. None once the meeting is gone.
pub(crate) async fn agreed(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<Option<Agreed>> {
    sqlx::query_as!(
        Agreed,
        r#"SELECT m.others_told AND coalesce(c.record_self, false) AS "record!",
                  m.keep_audio AND coalesce(c.keep_audio, false) AS "keep_audio!",
                  t.remote_recognition AND coalesce(c.remote_recognition, false) AS "audio_may_leave!"
           FROM meeting_sessions s
           JOIN tenants t ON t.tenant_id = s.tenant_id
           JOIN meetings m ON m.tenant_id = s.tenant_id AND m.id = s.meeting_id
           CROSS JOIN LATERAL (
               SELECT bool_or(granted) FILTER (WHERE kind = 'record_self') AS record_self,
                      bool_or(granted) FILTER (WHERE kind = 'keep_audio') AS keep_audio,
                      bool_or(granted) FILTER (WHERE kind = 'remote_recognition') AS remote_recognition
               FROM (SELECT DISTINCT ON (kind) kind, granted FROM consents
                     WHERE tenant_id = s.tenant_id AND user_id = s.user_id
                     ORDER BY kind, created_at DESC, id DESC) newest) c
           WHERE s.tenant_id = $1 AND s.id = $2"#,
        at.tenant.0,
        at.session
    )
    .fetch_optional(db)
    .await
}

/// Where connections of a tenant stand, each by its session and epoch, and their sign of life. Waits for no commit, which is
/// one itself.
pub(crate) async fn stand_all(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    sessions: &[Uuid],
    epochs: &[i64],
) -> sqlx::Result<Vec<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"WITH there AS (
               SELECT * FROM unnest($2::uuid[], $3::bigint[]) AS there (id, epoch)),
           quiet AS (
               SELECT s.id FROM meeting_sessions s JOIN there ON there.id = s.id AND there.epoch = s.live_epoch
               WHERE s.tenant_id = $1 AND s.last_seen_at < now() - interval '15 seconds'
               FOR UPDATE OF s SKIP LOCKED),
           seen AS (
               UPDATE meeting_sessions s SET last_seen_at = now() FROM quiet
               WHERE s.tenant_id = $1 AND s.id = quiet.id)
           SELECT s.id AS session, s.live_epoch,
                  coalesce(d.revoked_at IS NULL AND f.revoked_at IS NULL AND f.expires_at > now(), false) AS "authorised!",
                  m.others_told AND coalesce((SELECT c.granted FROM consents c
                      WHERE c.tenant_id = s.tenant_id AND c.user_id = s.user_id AND c.kind = 'record_self'
                      ORDER BY c.created_at DESC, c.id DESC LIMIT 1), false) AS "consent!",
                  t.remote_recognition AND coalesce((SELECT c.granted FROM consents c
                      WHERE c.tenant_id = s.tenant_id AND c.user_id = s.user_id AND c.kind = 'remote_recognition'
                      ORDER BY c.created_at DESC, c.id DESC LIMIT 1), false) AS "audio_may_leave!"
           FROM meeting_sessions s
           JOIN tenants t ON t.tenant_id = s.tenant_id
           JOIN meetings m ON m.tenant_id = s.tenant_id AND m.id = s.meeting_id
           JOIN devices d ON d.tenant_id = s.tenant_id AND d.id = s.device_id
           LEFT JOIN refresh_families f ON f.id = s.live_family_id
           WHERE s.tenant_id = $1 AND s.id = ANY($2)"#,
        tenant.0,
        sessions,
        epochs
    )
    .fetch_all(db)
    .await
}

/// The connection of this epoch is gone.
pub(crate) async fn closed(db: impl PgExecutor<'_>, at: Capture, epoch: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meeting_sessions SET closed_epoch = greatest(closed_epoch, $3), last_seen_at = now()
         WHERE tenant_id = $1 AND id = $2 AND live_epoch = $3",
        at.tenant.0,
        at.session,
        epoch
    )
    .execute(db)
    .await
    .map(drop)
}

/// The session has ended for good.
pub(crate) async fn end(db: impl PgExecutor<'_>, at: Capture) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE meeting_sessions SET ended_at = coalesce(ended_at, now()) WHERE tenant_id = $1 AND id = $2",
        at.tenant.0,
        at.session
    )
    .execute(db)
    .await
    .map(drop)
}

/// What a report needs to know of a session.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) id: Uuid,
    pub(crate) live_epoch: i64,
    pub(crate) setup: serde_json::Value,
}

/// The session that recorded the meeting; none before its first commit.
pub(crate) async fn recorded(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<Recorded>> {
    sqlx::query_as!(
        Recorded,
        r#"SELECT id, live_epoch, setup AS "setup!" FROM meeting_sessions
           WHERE tenant_id = $1 AND meeting_id = $2 AND setup IS NOT NULL
           ORDER BY (last_commit IS NOT NULL) DESC, id LIMIT 1"#,
        tenant.0,
        meeting.0
    )
    .fetch_optional(db)
    .await
}

/// How long ago any connection of the meeting was last known to be there, in seconds.
pub(crate) async fn unseen_for(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    meeting: MeetingId,
) -> sqlx::Result<Option<f64>> {
    sqlx::query_scalar!(
        "SELECT extract(epoch FROM now() - max(last_seen_at))::float8 FROM meeting_sessions
         WHERE tenant_id = $1 AND meeting_id = $2",
        tenant.0,
        meeting.0
    )
    .fetch_one(db)
    .await
}
