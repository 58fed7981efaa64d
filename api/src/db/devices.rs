//! SQL: capturing devices.

use crate::ids::{DeviceId, Member};
use sqlx::PgExecutor;

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
