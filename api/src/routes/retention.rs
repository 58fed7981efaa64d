//! How long what is kept of a person is kept, and what each night destroyed.

use super::input::Valid;
use crate::auth::SignedIn;
use crate::db::audit;
use crate::db::retention::{self, Kept, Kind, RunRow};
use crate::error::{ApiError, ErrorBody, FieldProblem};
use crate::jobs::queue;
use crate::server::AppState;
use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The longest that may be chosen or set.
pub(super) const MOST_DAYS: i32 = 3650;
/// Nights that are told of.
const NIGHTS: i64 = 30;

/// For how long everything is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Retention {
    kinds: Vec<KeptKind>,
}

/// For how long one kind is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeptKind {
    /// Which.
    kind: Kind,
    /// For how many days, as it holds; none is until the person deletes it.
    days: Option<i32>,
    /// The person chose it.
    chosen: bool,
    /// The longest that their organisation and this server let it be kept.
    ceiling_days: Option<i32>,
    /// What would hold if they chose nothing.
    default_days: Option<i32>,
}

impl From<Kept> for KeptKind {
    fn from(kept: Kept) -> Self {
        let unchosen = Kept { chosen: None, ..kept };
        Self {
            kind: kept.kind,
            days: kept.days(),
            chosen: kept.chosen.is_some(),
            ceiling_days: kept.ceiling,
            default_days: unchosen.days(),
        }
    }
}

/// What a person chooses, all of it: of a kind that is not named the default holds.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeRetention {
    /// At most one of a kind.
    #[garde(dive, length(max = 4))]
    choices: Vec<Choice>,
}

/// For how long one kind is to be kept.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetentionChoice)]
pub(super) struct Choice {
    /// Which.
    #[garde(skip)]
    kind: Kind,
    /// For how many days, 1 to 3650; `null` is until the person deletes it.
    #[garde(inner(range(min = 1, max = MOST_DAYS)))]
    #[serde(deserialize_with = "said")]
    #[schema(required = true)]
    days: Option<i32>,
}

/// `null` has to be said: what is left out by mistake must not be kept for ever.
fn said<'de, D: Deserializer<'de>>(days: D) -> Result<Option<i32>, D::Error> {
    Option::deserialize(days)
}

/// What a night destroyed of one kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RetentionRun)]
pub(super) struct Run {
    /// The day, in UTC.
    #[schema(format = Date)]
    night: String,
    /// Which kind.
    #[schema(value_type = Kind)]
    kind: String,
    /// For how many days it was to be kept; none where until the person deletes it.
    days: Option<i32>,
    /// Meetings of which something was destroyed.
    meetings: i32,
    /// How many records that was.
    records: i64,
    /// From when the oldest is that was left, looked for afterwards; none where nothing is left.
    #[serde(with = "time::serde::rfc3339::option")]
    oldest_left: Option<OffsetDateTime>,
    /// When the run was through; none while it goes on.
    #[serde(with = "time::serde::rfc3339::option")]
    finished_at: Option<OffsetDateTime>,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            night: row.night.to_string(),
            kind: row.kind,
            days: row.days,
            meetings: row.meetings,
            records: row.records,
            oldest_left: row.oldest_left,
            finished_at: row.finished_at,
        }
    }
}

/// What the newest nights destroyed, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RetentionRuns)]
pub(super) struct Runs {
    runs: Vec<Run>,
}

/// For how long what is the signed-in person's is kept.
#[utoipa::path(get, path = "/v1/me/retention", tag = "retention", security(("session" = []), ("token" = [])),
    responses((status = 200, body = Retention), (status = 401, body = ErrorBody)))]
pub(super) async fn get_retention(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Retention>, ApiError> {
    let audio_days = state.live.audio_days();
    let kept = state
        .db
        .with_tenant(member.tenant, async |tx| {
            retention::of_person(tx, member, audio_days).await
        })
        .await?;
    Ok(Json(Retention {
        kinds: kept.into_iter().map(KeptKind::from).collect(),
    }))
}

/// Chooses it anew. What is past its time by the new choice is destroyed within minutes, and cannot be brought back.
#[utoipa::path(put, path = "/v1/me/retention", tag = "retention", security(("session" = []), ("token" = [])),
    request_body = ChangeRetention,
    responses((status = 200, body = Retention), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn change_retention(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Valid(ChangeRetention { choices }): Valid<ChangeRetention>,
) -> Result<Json<Retention>, ApiError> {
    let member = signed_in.member;
    let audio_days = state.live.audio_days();
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            let stands = retention::of_person(&mut *tx, member, audio_days).await?;
            refuse_wrong(&choices, &stands)?;
            retention::choose_nothing(&mut *tx, member).await?;
            for choice in &choices {
                retention::choose(&mut *tx, member, choice.kind, choice.days).await?;
            }
            let audio = choices.iter().find(|choice| choice.kind == Kind::Audio);
            if let Some(days) = audio.and_then(|choice| choice.days) {
                retention::shorten_audio(&mut *tx, member, days).await?;
            }
            audit::insert(&mut *tx, member, "retention.changed", member.user.0).await?;
            queue::expire_tenant(&mut *tx, member.tenant).await?;
            Ok::<_, ApiError>(())
        })
        .await?;
    get_retention(State(state), signed_in).await
}

/// A kind that is chosen twice, or for longer than it may be kept.
fn refuse_wrong(choices: &[Choice], stands: &[Kept]) -> Result<(), ApiError> {
    for (index, choice) in choices.iter().enumerate() {
        let problem = |field: &str, problem: String| {
            let field = format!("choices[{index}].{field}");
            Err(ApiError::Invalid(vec![FieldProblem { field, problem }]))
        };
        if choices[..index].iter().any(|other| other.kind == choice.kind) {
            return problem("kind", "chosen twice".into());
        }
        let ceiling = stands
            .iter()
            .find(|kept| kept.kind == choice.kind)
            .and_then(|kept| kept.ceiling);
        if let (Some(days), Some(ceiling)) = (choice.days, ceiling)
            && days > ceiling
        {
            return problem("days", format!("greater than {ceiling}, the most that is let here"));
        }
    }
    Ok(())
}

/// What the last thirty nights on which the job ran destroyed of the signed-in person's, and from when the oldest is that they left:
/// counted in the transactions that destroyed.
#[utoipa::path(get, path = "/v1/me/retention/runs", tag = "retention", security(("session" = []), ("token" = [])),
    responses((status = 200, body = Runs), (status = 401, body = ErrorBody)))]
pub(super) async fn list_retention_runs(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
) -> Result<Json<Runs>, ApiError> {
    let runs = state
        .db
        .with_tenant(member.tenant, async |tx| retention::runs(tx, member, NIGHTS).await)
        .await?;
    Ok(Json(Runs {
        runs: runs.into_iter().map(Run::from).collect(),
    }))
}
