//! Nudges of a meeting after the fact: what was shown, what was held out, what became of it, and what the person makes of it.

use super::input::Valid;
use crate::auth::OwnedMeeting;
use crate::error::{ApiError, ErrorBody};
use crate::ids::MeetingId;
use crate::record::from_column;
use crate::record::nudges::{self, StoredMoment};
use crate::server::AppState;
use attune_coach::{Reaction, Rule};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Dismissals of a rule after which the person is asked whether to keep it.
const ASKED_AFTER: usize = 2;

/// Which nudge; the meeting is its own extractor's.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    nudge: String,
}

/// The nudges of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NudgeReview {
    /// In order of time.
    moments: Vec<NudgeMoment>,
    /// Rules that were dismissed twice and were off from then on: keep them off?
    asked_about: Vec<String>,
}

/// A moment that was eligible: it was shown, or held out by lot, so that the two can be compared.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NudgeMoment {
    /// Its id.
    id: String,
    /// The rule, such as `N1`.
    rule: String,
    /// What the rule says.
    headline: String,
    /// When in the meeting.
    at_ms: u64,
    /// It was not shown.
    held_out: bool,
    /// The number that the rule is about, over the two minutes before; none where there was too little speech.
    before: Option<f64>,
    /// And over the two minutes after.
    after: Option<f64>,
    /// What the person made of it.
    #[schema(value_type = Option<Reaction>)]
    reaction: Option<String>,
}

/// What the person makes of a nudge.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReactToNudge {
    /// The last word counts.
    #[garde(skip)]
    reaction: Reaction,
}

/// What was shown and held out in a meeting, and what became of it. What was held out is told once the meeting has ended: until then it
/// would be shown.
#[utoipa::path(get, path = "/v1/meetings/{id}/nudges", tag = "meetings", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)),
    responses((status = 200, body = NudgeReview), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_nudges(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
) -> Result<Json<NudgeReview>, ApiError> {
    let stored = state
        .db
        .with_tenant(member.tenant, async |tx| {
            nudges::of_meeting(tx, member.tenant, meeting.id).await
        })
        .await?;
    let ended = meeting.state == "ended";
    let stored: Vec<StoredMoment> = stored.into_iter().filter(|moment| ended || !moment.held_out).collect();
    let mut dismissed: BTreeMap<&str, usize> = BTreeMap::new();
    let was_dismissed = |moment: &&StoredMoment| moment.reaction.as_deref() == Some(Reaction::Dismissed.as_str());
    for moment in stored.iter().filter(was_dismissed) {
        *dismissed.entry(&moment.rule).or_default() += 1;
    }
    let asked_about = dismissed.into_iter().filter(|(_, times)| *times >= ASKED_AFTER);
    let asked_about = asked_about.map(|(rule, _)| rule.to_owned()).collect();
    let moments = stored.into_iter().map(NudgeMoment::from).collect();
    Ok(Json(NudgeReview { moments, asked_about }))
}

impl From<StoredMoment> for NudgeMoment {
    fn from(stored: StoredMoment) -> Self {
        let rule = stored.rule.parse::<Rule>().ok();
        Self {
            id: stored.id,
            headline: rule.map_or_else(String::new, |rule| rule.headline().to_owned()),
            rule: stored.rule,
            at_ms: from_column(stored.at_ms),
            held_out: stored.held_out,
            before: stored.before,
            after: stored.after,
            reaction: stored.reaction,
        }
    }
}

/// Says what the person makes of a nudge. Of one that is shown just now the live socket tells the coach; this is for later.
#[utoipa::path(put, path = "/v1/meetings/{id}/nudges/{nudge}/reaction", tag = "meetings",
    security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path), ("nudge" = String, Path, description = "the nudge's id")),
    request_body = ReactToNudge,
    responses((status = 204), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
              (status = 422, body = ErrorBody)))]
pub(super) async fn react_to_nudge(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
    Path(Which { nudge }): Path<Which>,
    Valid(ReactToNudge { reaction }): Valid<ReactToNudge>,
) -> Result<StatusCode, ApiError> {
    let noted = state
        .db
        .with_tenant(member.tenant, async |tx| {
            nudges::note_reaction(tx, member.tenant, meeting.id, &nudge, reaction).await
        })
        .await?;
    if noted {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound("nudge"))
    }
}
