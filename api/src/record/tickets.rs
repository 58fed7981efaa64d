//! Tickets of sockets, by digest: looked up before any tenant is known.

use crate::ids::{FamilyId, MeetingId, Member, TenantId};
use sqlx::PgExecutor;
use time::Duration;
use uuid::Uuid;

/// A new ticket of a session's next connection. The session forgets the ones before it by itself.
pub(crate) async fn add_connection(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    session: Uuid,
    ticket_sha256: &[u8; 32],
    epoch: i64,
    lifetime: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO connection_tickets (ticket_sha256, tenant_id, session_id, epoch, expires_at)
         VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))",
        ticket_sha256.as_slice(),
        tenant.0,
        session,
        epoch,
        lifetime.as_seconds_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Where the ticket of a connection leads.
#[derive(Debug)]
pub(crate) struct Lead {
    pub(crate) tenant_id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) epoch: i64,
}

/// The session that this ticket leads to.
pub(crate) async fn find_connection(db: impl PgExecutor<'_>, ticket_sha256: &[u8; 32]) -> sqlx::Result<Option<Lead>> {
    sqlx::query_as!(
        Lead,
        "SELECT tenant_id, session_id, epoch FROM connection_tickets WHERE ticket_sha256 = $1 AND expires_at > now()",
        ticket_sha256.as_slice()
    )
    .fetch_optional(db)
    .await
}

/// A new ticket to follow a meeting.
pub(crate) async fn add_live(
    db: impl PgExecutor<'_>,
    member: Member,
    meeting: MeetingId,
    family: FamilyId,
    ticket_sha256: &[u8; 32],
    lifetime: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO live_tickets (ticket_sha256, tenant_id, user_id, meeting_id, family_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))",
        ticket_sha256.as_slice(),
        member.tenant.0,
        member.user.0,
        meeting.0,
        family.0,
        lifetime.as_seconds_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Whose socket a ticket opened, and under which sign-in.
#[derive(Debug)]
pub(crate) struct Viewer {
    pub(crate) tenant_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) family_id: Uuid,
    pub(crate) client: String,
}

/// Uses up a ticket to follow this meeting.
pub(crate) async fn redeem_live(
    db: impl PgExecutor<'_>,
    ticket_sha256: &[u8; 32],
    meeting: MeetingId,
) -> sqlx::Result<Option<Viewer>> {
    sqlx::query_as!(
        Viewer,
        "DELETE FROM live_tickets t USING refresh_families f
         WHERE t.ticket_sha256 = $1 AND t.meeting_id = $2 AND t.expires_at > now()
           AND f.id = t.family_id AND f.revoked_at IS NULL AND f.expires_at > now()
         RETURNING t.tenant_id, t.user_id, t.family_id, f.client",
        ticket_sha256.as_slice(),
        meeting.0
    )
    .fetch_optional(db)
    .await
}

/// Whether a sign-in still holds.
pub(crate) async fn family_holds(db: impl PgExecutor<'_>, family: FamilyId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM refresh_families WHERE id = $1 AND revoked_at IS NULL AND expires_at > now()) AS "holds!""#,
        family.0
    )
    .fetch_one(db)
    .await
}

/// Forgets tickets that nobody used.
pub(crate) async fn sweep_connections(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM connection_tickets WHERE expires_at < now()")
        .execute(db)
        .await
        .map(drop)
}

/// Forgets tickets to follow that nobody used.
pub(crate) async fn sweep_live(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM live_tickets WHERE expires_at < now()")
        .execute(db)
        .await
        .map(drop)
}
