//! Capturing devices. Enrolled, one leaves with a secret of its own and with the keys it will know this server by; revoked, its
//! connections end within seconds and no other begins.

use super::input::Valid;
use crate::auth::SignedIn;
use crate::db::audit;
use crate::db::devices::{self, NewDevice};
use crate::error::{ApiError, ErrorBody, FieldProblem};
use crate::ids::DeviceId;
use crate::keys::{KeyError, Place};
use crate::server::AppState;
use attune_ingest::keys::seal_psk;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeviceKind {
    /// A program; its sockets have no `Origin`.
    Native,
    /// The Chrome extension.
    Extension,
    /// A page of the web app.
    Web,
}

impl DeviceKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Extension => "extension",
            Self::Web => "web",
        }
    }
}

/// A device that asks to be enrolled.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateDevice {
    /// What it is.
    #[garde(skip)]
    kind: DeviceKind,
    /// What its owner calls it.
    #[garde(length(chars, min = 1, max = 100))]
    name: String,
    /// A throw-away X25519 public key, base64, that its secret is sealed to.
    #[garde(length(max = 64))]
    hpke_public: String,
}

/// A device that was enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnrolledDevice {
    /// Its id.
    device_id: DeviceId,
    /// HPKE's encapsulated key, base64.
    enc: String,
    /// Its secret, sealed to `hpke_public`, base64.
    ciphertext: String,
    /// The keys this server signs offers with: to be pinned.
    identity_keys: Vec<PinnedKey>,
}

/// A key this server signs offers with.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PinnedKey {
    /// Which one.
    key_id: u8,
    /// Ed25519, base64.
    public: String,
}

/// Enrols a device: once, before its first connection.
#[utoipa::path(post, path = "/v1/devices", tag = "devices", security(("session" = []), ("token" = [])),
    request_body = CreateDevice,
    responses((status = 201, body = EnrolledDevice), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn create_device(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    Valid(input): Valid<CreateDevice>,
) -> Result<(StatusCode, Json<EnrolledDevice>), ApiError> {
    let public = BASE64_STANDARD
        .decode(&input.hpke_public)
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let public = public.ok_or_else(|| not_a_key("must be 32 bytes in base64"))?;
    let id = DeviceId::new();
    let mut psk = Zeroizing::new([0; 32]);
    getrandom::fill(psk.as_mut()).map_err(ApiError::internal)?;
    let sealed = seal_psk(&public, id.0, &psk).map_err(|_| not_a_key("is no key that a secret can be sealed to"))?;

    let key = state.keys.member(member).await?;
    let name = key.seal(name_of(id), input.name.as_bytes());
    let device = NewDevice {
        id,
        kind: input.kind.as_str(),
        name: &name,
        psk: &key.wrap_psk(id, &psk),
    };
    state
        .db
        .with_tenant(member.tenant, async |tx| devices::insert(tx, member, device).await)
        .await?;

    let identity_keys = state
        .keys
        .identity_keys()
        .into_iter()
        .map(|key| PinnedKey {
            key_id: key.key_id,
            public: BASE64_STANDARD.encode(key.public),
        })
        .collect();
    let (enc, ciphertext) = (
        BASE64_STANDARD.encode(sealed.enc),
        BASE64_STANDARD.encode(sealed.ciphertext),
    );
    Ok((
        StatusCode::CREATED,
        Json(EnrolledDevice {
            device_id: id,
            enc,
            ciphertext,
            identity_keys,
        }),
    ))
}

/// A device that is enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Device {
    /// Its id.
    id: DeviceId,
    /// What it is: `native`, `extension` or `web`.
    kind: String,
    /// What its owner calls it.
    name: String,
    /// When it was enrolled.
    #[serde(with = "time::serde::rfc3339")]
    enrolled_at: OffsetDateTime,
    /// When it last recorded; none where it never did.
    #[serde(with = "time::serde::rfc3339::option")]
    recorded_at: Option<OffsetDateTime>,
}

/// A person's devices, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Devices {
    devices: Vec<Device>,
}

/// The signed-in person's devices.
#[utoipa::path(get, path = "/v1/devices", tag = "devices", security(("session" = []), ("token" = [])),
    responses((status = 200, body = Devices), (status = 401, body = ErrorBody)))]
pub(super) async fn list_devices(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Devices>, ApiError> {
    let key = state.keys.member(member).await?;
    let rows = state
        .db
        .with_tenant(member.tenant, async |tx| devices::list(tx, member).await)
        .await?;
    let mut devices = Vec::with_capacity(rows.len());
    for row in rows {
        let name = key.open(name_of(row.id), &row.name).map_err(ApiError::internal)?;
        devices.push(Device {
            id: row.id,
            kind: row.kind,
            name: String::from_utf8_lossy(&name).into_owned(),
            enrolled_at: row.created_at,
            recorded_at: row.seen_at,
        });
    }
    Ok(Json(Devices { devices }))
}

/// Revokes a device: its secret is forgotten, a connection of it ends within seconds, and it must be enrolled again to make another.
/// Its meetings stay.
#[utoipa::path(delete, path = "/v1/devices/{id}", tag = "devices", security(("session" = []), ("token" = [])),
    params(("id" = DeviceId, Path)),
    responses((status = 204, description = "revoked"), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn revoke_device(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    id: Result<Path<DeviceId>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound("device"))?;
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            if devices::revoke(&mut *tx, member, id).await? == 0 {
                return Err(ApiError::NotFound("device"));
            }
            audit::insert(&mut *tx, member, "device.revoked", id.0).await?;
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}

/// Where a device's name is sealed for.
pub(crate) const fn name_of(id: DeviceId) -> Place {
    Place {
        table: "devices",
        column: "name",
        object: id.0,
    }
}

fn not_a_key(problem: &str) -> ApiError {
    ApiError::Invalid(vec![FieldProblem {
        field: "hpke_public".into(),
        problem: problem.into(),
    }])
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match &error {
            KeyError::Store(cause) if cause.is_transient() => Self::Unavailable(error.into()),
            _ => Self::internal(error),
        }
    }
}
