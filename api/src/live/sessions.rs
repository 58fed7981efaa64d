//! Sessions and their connections: what a device asks for over REST before it opens its socket.

use crate::auth::{OwnedMeeting, SignedIn, Token};
use crate::db::{consents, devices, meetings};
use crate::error::{ApiError, ErrorBody};
use crate::ids::{DeviceId, MeetingId, TenantId, UserId};
use crate::record::{Capture, sessions, tickets};
use crate::routes::Valid;
use crate::server::AppState;
use attune_ingest::protocol::Limits;
use axum::Json;
use axum::extract::{Path, State};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long a ticket waits for its socket.
const TICKET_LIVES: Duration = Duration::seconds(30);
/// How long a suspended meeting may be taken up again.
const RESUMES_WITHIN: Duration = Duration::days(7);

const CONSENT_MISSING: ApiError = ApiError::Forbidden {
    code: "consent_missing",
    message: "give your consent to be recorded, and say that the others were told",
};
/// Its own code, and not the one of a missing meeting: a client that lost its device enrols again, and only then.
const DEVICE_UNKNOWN: ApiError = ApiError::Conflict {
    code: "device_unknown",
    message: "this device is not enrolled here, or was revoked; enrol it again",
};
const SESSION_LIVE: ApiError = ApiError::Conflict {
    code: "session_live",
    message: "the meeting is being captured elsewhere; take it over with take_over",
};
const SESSION_ELSEWHERE: ApiError = ApiError::Conflict {
    code: "session_elsewhere",
    message: "another device has captured this meeting so far; go on with that one",
};
const SESSION_CLOSED: ApiError = ApiError::Conflict {
    code: "session_closed",
    message: "the meeting is over, or was left for longer than a week",
};

/// Which device captures.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenSession {
    /// An enrolled device of the signed-in person.
    #[garde(skip)]
    device_id: DeviceId,
}

/// A session of a device in a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenedSession {
    /// Its id: the same for the same device and meeting.
    session_id: Uuid,
}

/// Opens the session of a device in a meeting, or finds it again. Refused without consent.
#[utoipa::path(post, path = "/v1/meetings/{id}/sessions", tag = "live", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)), request_body = OpenSession,
    responses((status = 200, body = OpenedSession), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn open_session(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
    Valid(OpenSession { device_id }): Valid<OpenSession>,
) -> Result<Json<OpenedSession>, ApiError> {
    let session_id = state
        .db
        .with_tenant(member.tenant, async |tx| {
            devices::find(&mut *tx, member, device_id)
                .await?
                .ok_or(DEVICE_UNKNOWN)?;
            if !(meeting.others_told && consents::is_granted(&mut *tx, member, "record_self").await?) {
                return Err(CONSENT_MISSING);
            }
            Ok(sessions::create(&mut *tx, member.tenant, meeting.id, member.user, device_id).await?)
        })
        .await?;
    Ok(Json(OpenedSession { session_id }))
}

/// How a connection may be reserved.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReserveConnection {
    /// End a connection that is live: on a person's gesture, or for the device's own session.
    #[garde(skip)]
    #[serde(default)]
    take_over: bool,
}

/// A reserved connection.
#[derive(Serialize, ToSchema)]
pub(super) struct ReservedConnection {
    /// Opens one socket, once: 32 random bytes in base64url.
    ticket: String,
    /// Its number within the session.
    epoch: u64,
    /// The tenant, as the hello names it.
    tenant_id: TenantId,
    /// The person, as the hello names them.
    user_id: UserId,
    /// What the connection may cost.
    #[schema(value_type = Object)]
    limits: Limits,
    /// How long the ticket waits for its socket.
    expires_in_s: i64,
}

/// Reserves a connection of a session. Disturbs nothing that is live until its ticket is used.
#[utoipa::path(post, path = "/v1/sessions/{id}/connections", tag = "live", security(("session" = []), ("token" = [])),
    params(("id" = Uuid, Path)), request_body = ReserveConnection,
    responses((status = 200, body = ReservedConnection), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn reserve_connection(
    State(state): State<AppState>,
    SignedIn { member, family }: SignedIn,
    Path(session): Path<Uuid>,
    Valid(ReserveConnection { take_over }): Valid<ReserveConnection>,
) -> Result<Json<ReservedConnection>, ApiError> {
    let ticket = Token::random().map_err(ApiError::internal)?;
    let digest = ticket.digest();
    let epoch = state
        .db
        .with_tenant(member.tenant, async |tx| {
            let found = sessions::find(&mut *tx, member.tenant, member.user, session, RESUMES_WITHIN).await?;
            let found = found.ok_or(ApiError::NotFound("session"))?;
            let at = Capture {
                tenant: member.tenant,
                meeting: MeetingId(found.meeting_id),
                session,
            };
            let meeting = meetings::find(&mut *tx, member, at.meeting)
                .await?
                .ok_or(ApiError::NotFound("session"))?;
            if found.ended_at.is_none() {
                if meeting.state == "ended" {
                    return Err(SESSION_CLOSED);
                }
                admit(&mut *tx, at, &found, take_over).await?;
            }
            let granted = consents::is_granted(&mut *tx, member, "record_self").await?;
            if !(granted && meeting.others_told) {
                return Err(CONSENT_MISSING);
            }
            tickets::sweep_connections(&mut *tx).await?;
            let epoch = sessions::reserve(&mut *tx, member.tenant, session, family, &digest, TICKET_LIVES).await?;
            tickets::add_connection(&mut *tx, member.tenant, session, &digest, epoch, TICKET_LIVES).await?;
            Ok(epoch)
        })
        .await?;
    Ok(Json(ReservedConnection {
        ticket: ticket.reveal().to_string(),
        epoch: crate::record::from_column(epoch),
        tenant_id: member.tenant,
        user_id: member.user,
        limits: Limits::default(),
        expires_in_s: TICKET_LIVES.whole_seconds(),
    }))
}

/// Whether a session that has not ended may be connected to now. One that has ended may always: its client learns that.
async fn admit(
    tx: &mut sqlx::PgConnection,
    at: Capture,
    found: &sessions::Session,
    take_over: bool,
) -> Result<(), ApiError> {
    if found.abandoned {
        return Err(SESSION_CLOSED);
    }
    if sessions::recorded_elsewhere(&mut *tx, at).await? {
        return Err(SESSION_ELSEWHERE);
    }
    if !take_over && sessions::any_live(&mut *tx, at.tenant, at.meeting).await? {
        return Err(SESSION_LIVE);
    }
    Ok(())
}
