//! What a person says of their own speech.

use super::input::Valid;
use crate::auth::SignedIn;
use crate::db::{audit, profiles};
use crate::error::{ApiError, ErrorBody};
use crate::ids::Member;
use crate::server::AppState;
use crate::speech::Speech;
use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

/// What a person says of their own speech from now on, all of it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeSpeech {
    /// They speak the meeting's language as a second one.
    #[garde(skip)]
    #[serde(default)]
    second_language: bool,
    /// Recognizers hear their accent badly.
    #[garde(skip)]
    #[serde(default)]
    accent: bool,
    /// They stutter.
    #[garde(skip)]
    #[serde(default)]
    stutter: bool,
    /// Words and phrases that they keep: at most 100 of 1 to 60 letters.
    #[garde(length(max = 100), inner(length(chars, min = 1, max = 60)))]
    #[serde(default)]
    keep: Vec<String>,
}

/// What the signed-in person says of their own speech.
#[utoipa::path(get, path = "/v1/me/speech", tag = "auth", security(("session" = []), ("token" = [])),
    responses((status = 200, body = Speech), (status = 401, body = ErrorBody)))]
pub(super) async fn get_speech(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Speech>, ApiError> {
    read(&state, member).await.map(Json)
}

/// Says it anew. Pace, fillers and pauses of a person with any of the three ways of speaking are measured, held against no target, and
/// not nudged about. It holds for meetings that begin from now on, and for reports that are made from now on.
#[utoipa::path(put, path = "/v1/me/speech", tag = "auth", security(("session" = []), ("token" = [])),
    request_body = ChangeSpeech,
    responses((status = 200, body = Speech), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn change_speech(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    Valid(input): Valid<ChangeSpeech>,
) -> Result<Json<Speech>, ApiError> {
    let speech = Speech {
        second_language: input.second_language,
        accent: input.accent,
        stutter: input.stutter,
        keep: input.keep,
    };
    let sealed = speech.seal(&state.keys.member(member).await?, member);
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            profiles::put_speech(&mut *tx, member, &sealed).await?;
            audit::insert(&mut *tx, member, "speech.changed", member.user.0).await
        })
        .await?;
    Ok(Json(speech))
}

async fn read(state: &AppState, member: Member) -> Result<Speech, ApiError> {
    let speech = state
        .db
        .with_tenant(member.tenant, async |tx| {
            Speech::load(tx, &state.keys, member).await.map_err(ApiError::internal)
        })
        .await?;
    Ok(speech)
}
