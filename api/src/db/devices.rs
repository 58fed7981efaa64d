//! SQL: capturing devices.

use crate::ids::{DeviceId, Member};
use sqlx::PgExecutor;
use time::OffsetDateTime;

/// A device to be stored.
#[derive(Debug)]
pub struct NewDevice<'a> {
    /// Its id.
    pub id: DeviceId,
    /// `native`, `extension` or `web`.
    pub kind: &'a str,
    /// Sealed under the member key.
    pub name: &'a [u8],
    /// Its pre-shared key, wrapped under the member key.
    pub psk: &'a [u8],
}

/// A device that may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// `native`, `extension` or `web`.
    pub kind: String,
    /// Its pre-shared key, wrapped under the member key.
    pub psk: Vec<u8>,
}

/// Stores a device.
pub async fn insert(db: impl PgExecutor<'_>, member: Member, device: NewDevice<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO devices (tenant_id, id, user_id, kind, name, psk) VALUES ($1, $2, $3, $4, $5, $6)",
        member.tenant.0,
        device.id.0,
        member.user.0,
        device.kind,
        device.name,
        device.psk
    )
    .execute(db)
    .await
    .map(drop)
}

/// A person's device, unless it was revoked.
pub async fn find(db: impl PgExecutor<'_>, member: Member, device: DeviceId) -> sqlx::Result<Option<Device>> {
    sqlx::query_as!(
        Device,
        r#"SELECT kind, psk AS "psk!" FROM devices
           WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL"#,
        member.tenant.0,
        member.user.0,
        device.0
    )
    .fetch_optional(db)
    .await
}

/// A device as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDevice {
    /// Its id.
    pub id: DeviceId,
    /// `native`, `extension` or `web`.
    pub kind: String,
    /// Sealed under the member key.
    pub name: Vec<u8>,
    /// When it was enrolled.
    pub created_at: OffsetDateTime,
    /// When it was last connected; none where it never was.
    pub seen_at: Option<OffsetDateTime>,
}

/// A person's devices that were not revoked, the newest first.
pub async fn list(db: impl PgExecutor<'_>, member: Member) -> sqlx::Result<Vec<ListedDevice>> {
    sqlx::query_as!(
        ListedDevice,
        r#"SELECT id AS "id: DeviceId", kind, name, created_at AS "created_at: OffsetDateTime",
                  (SELECT max(last_seen_at) FROM meeting_sessions sessions
                   WHERE sessions.tenant_id = devices.tenant_id AND sessions.device_id = devices.id) AS "seen_at: OffsetDateTime"
           FROM devices WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL ORDER BY id DESC"#,
        member.tenant.0,
        member.user.0
    )
    .fetch_all(db)
    .await
}

/// Revokes a person's device: its secret is forgotten. How many there were.
pub async fn revoke(db: impl PgExecutor<'_>, member: Member, device: DeviceId) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE devices SET revoked_at = now(), psk = NULL
         WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL",
        member.tenant.0,
        member.user.0,
        device.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}
