//! What was done, by ids: of a person to themselves, of an organisation's administration to its administrators.

use super::cursor;
use super::input::ValidQuery;
use crate::auth::{Administrator, SignedIn};
use crate::db::audit::{self, Act};
use crate::error::{ApiError, ErrorBody};
use crate::ids::{Member, UserId};
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which page of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActsPage {
    /// `next_cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// How many, 1 to 100; 20 unless it says otherwise.
    #[garde(inner(range(min = 1, max = cursor::MOST)))]
    limit: Option<u32>,
}

/// Something that was done. Never what it was about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Act)]
pub(super) struct ActDone {
    /// Its id.
    id: Uuid,
    /// What, such as `export.taken`.
    action: String,
    /// To which object.
    object_id: Uuid,
    /// Who did it, or had it done.
    by: UserId,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl From<Act> for ActDone {
    fn from(act: Act) -> Self {
        Self {
            id: act.id,
            action: act.action,
            object_id: act.object_id,
            by: act.user_id,
            at: act.created_at,
        }
    }
}

/// A page of what was done, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Acts {
    acts: Vec<ActDone>,
    /// Asks for the next page; none on the last.
    next_cursor: Option<String>,
}

/// Which list.
#[derive(Debug, Clone, Copy)]
enum List {
    /// What the person did, or had done, and what was done to them.
    Mine,
    /// What was done in the organisation's administration.
    Administration,
}

/// What was done with what is the signed-in person's, by ids, the newest first. What nobody can change: see `attune audit verify`.
#[utoipa::path(get, path = "/v1/me/acts", tag = "audit", security(("session" = []), ("token" = [])), params(ActsPage),
    responses((status = 200, body = Acts), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
pub(super) async fn list_my_acts(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    ValidQuery(page): ValidQuery<ActsPage>,
) -> Result<Json<Acts>, ApiError> {
    list(&state, member, page, List::Mine).await.map(Json)
}

/// What was done in the organisation's administration, the newest first; its administrators alone may read it. Nothing of what any
/// member does with their own.
#[utoipa::path(get, path = "/v1/organisation/acts", tag = "audit", security(("session" = []), ("token" = [])), params(ActsPage),
    responses((status = 200, body = Acts), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn list_organisation_acts(
    State(state): State<AppState>,
    Administrator(SignedIn { member, .. }): Administrator,
    ValidQuery(page): ValidQuery<ActsPage>,
) -> Result<Json<Acts>, ApiError> {
    list(&state, member, page, List::Administration).await.map(Json)
}

async fn list(state: &AppState, member: Member, page: ActsPage, which: List) -> Result<Acts, ApiError> {
    let name = match which {
        List::Mine => "my_acts",
        List::Administration => "organisation_acts",
    };
    let before = cursor::before(&state.keys, member, name, page.cursor.as_deref()).await?;
    let limit = page.limit.unwrap_or(cursor::PAGE) as usize;
    // One more than asked for says whether there is a next page.
    let most = limit as i64 + 1;
    let mut acts = state
        .db
        .with_tenant(member.tenant, async |tx| match which {
            List::Mine => audit::page_of_person(tx, member, before, most).await,
            List::Administration => audit::page_of_administration(tx, member.tenant, before, most).await,
        })
        .await?;
    let more = acts.len() > limit;
    acts.truncate(limit);
    let last = acts.last().map(|act| act.id).filter(|_| more);
    Ok(Acts {
        next_cursor: cursor::next(&state.keys, member, name, last).await?,
        acts: acts.into_iter().map(ActDone::from).collect(),
    })
}
