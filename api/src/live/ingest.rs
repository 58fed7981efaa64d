//! The socket that a meeting comes in on.

use crate::auth::SocketOrigin;
use crate::error::{ApiError, ErrorBody};
use crate::live::opening::member;
use crate::live::ports::Door;
use crate::live::socket::{IngestSocket, Verdict};
use crate::live::upgrade::Upgrade;
use crate::live::{FOREIGN_ORIGIN, subprotocol};
use crate::server::{AppState, Place};
use attune_ingest::connection::{Arrival, serve};
use attune_ingest::ports::{TicketRefused, Tickets as _};
use attune_ingest::protocol::{Limits, SUBPROTOCOL};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// What a socket reads into, whole from the start: four frames of a track. With the usual 128 KiB a node would spend
/// more on the buffers of its connections than on everything else.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// The socket of `attune.v1`. Subprotocols `attune.v1` and `ticket.<ticket>`; from the upgrade on it speaks the protocol
/// of `ingest/PROTOCOL.md`.
#[utoipa::path(get, path = "/v1/ingest", tag = "live",
    responses((status = 101), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn ingest(
    State(state): State<AppState>,
    Extension(place): Extension<Place>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    let origin = state.origins.may_open_socket(&headers);
    if origin == SocketOrigin::Foreign {
        return Err(FOREIGN_ORIGIN);
    }
    let hearing = state
        .live
        .hearing
        .clone()
        .ok_or_else(|| ApiError::Unavailable("nobody is heard on this node".into()))?;
    let ticket_sha256 = subprotocol::ticket(upgrade.requested_protocols(), SUBPROTOCOL).ok_or(ApiError::NotSignedIn)?;
    let verdict = Verdict::new();
    let door = Door::new(state.live.clone(), verdict.clone());
    // Looked at before the upgrade, so that a bad ticket is an answer of HTTP; used up after it, by the hello.
    let reservation = door.inspect(ticket_sha256).await.map_err(|refused| match refused {
        TicketRefused::Unavailable(cause) => ApiError::Unavailable(cause),
        TicketRefused::Unknown | TicketRefused::Superseded => ApiError::NotSignedIn,
    })?;
    let has_origin = origin == SocketOrigin::Known;
    if !has_origin && !reservation.native {
        return Err(FOREIGN_ORIGIN);
    }
    let entered = state.live.sockets.enter(member(&reservation))?;

    let (tasks, stopping) = (state.tasks.clone(), state.stopping.clone());
    let arrival = Arrival {
        ticket_sha256,
        has_origin,
    };
    // A message over the limit is the session's to refuse, with a code. One over twice that is no client's, and breaks
    // the socket before it is read.
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(2 * Limits::MESSAGE_BYTES))
        .max_frame_size(Some(2 * Limits::MESSAGE_BYTES));
    Ok(upgrade.accept(SUBPROTOCOL, config, move |socket| {
        tasks.track_future(async move {
            let socket = IngestSocket::new(socket, verdict);
            serve(socket, arrival, Arc::new(door), hearing, Limits::default(), stopping).await;
            drop((entered, place));
        })
    }))
}
