//! Meetings: planned, listed, renamed, deleted. What happens in one is `live`'s.

use super::cursor;
use super::input::{Valid, ValidQuery};
use crate::auth::{OwnedMeeting, SignedIn};
use crate::db::audit;
use crate::db::meetings::{self, MeetingRow, NewMeeting};
use crate::error::{ApiError, ErrorBody};
use crate::ids::{MeetingId, Member};
use crate::jobs::queue;
use crate::keys::{KeyError, MeetingKey, Place};
use crate::record::sessions;
use crate::server::AppState;
use attune_coach::Mode;
use attune_engine::meeting_type::MeetingType;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

/// A meeting to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateMeeting {
    /// What its owner calls it.
    #[garde(length(chars, min = 1, max = 200))]
    title: String,
    /// What kind of meeting: it decides what is good in it.
    #[garde(skip)]
    #[serde(default)]
    meeting_type: MeetingType,
    /// BCP 47; English unless it says otherwise.
    #[garde(pattern("^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"), length(max = 35))]
    #[serde(default = "english")]
    language: String,
    /// The person has told everyone else on the call that they are heard. Without it nothing can be recorded.
    #[garde(skip)]
    others_told: bool,
    /// Its audio may be kept, where the person agreed to `keep_audio`; yes unless it says otherwise.
    #[garde(skip)]
    #[serde(default = "yes")]
    keep_audio: bool,
    /// How much coaching while it happens.
    #[garde(skip)]
    #[serde(default)]
    mode: Mode,
    /// The one thing to work on, by the number of its nudge rule, `N1` to `N25`: Focus speaks of nothing else but what must
    /// not wait.
    #[garde(inner(pattern("^N([1-9]|1[0-9]|2[0-5])$")))]
    #[serde(default)]
    goal: Option<String>,
    /// When it is booked to begin. Without it no report says by how much it began late.
    #[garde(skip)]
    #[serde(default, with = "time::serde::rfc3339::option")]
    starts_at: Option<OffsetDateTime>,
    /// When it is booked to end. Without it nobody is told that time is short (N22) or who has been silent for half of it (N21), and
    /// nudges go on into the last minute.
    #[garde(skip)]
    #[serde(default, with = "time::serde::rfc3339::option")]
    ends_at: Option<OffsetDateTime>,
    /// The person invited the others: N21 is for hosts.
    #[garde(skip)]
    #[serde(default)]
    hosting: bool,
    /// A recording is played, faster than life perhaps, and nobody is there to act on a nudge: none is left out by lot, none is late,
    /// and what follows one is no evidence of what nudges change.
    #[garde(skip)]
    #[serde(default)]
    played_back: bool,
}

const fn yes() -> bool {
    true
}

fn english() -> String {
    "en".into()
}

/// A meeting.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Meeting {
    /// Its id.
    id: MeetingId,
    /// What its owner calls it.
    title: String,
    /// What kind of meeting.
    #[schema(value_type = MeetingType)]
    meeting_type: String,
    /// How much coaching while it happens.
    #[schema(value_type = Mode)]
    mode: String,
    /// The number of the nudge rule that the person works on.
    goal: Option<String>,
    /// BCP 47.
    language: String,
    /// Where it stands.
    #[schema(value_type = MeetingState)]
    state: String,
    /// The others on the call were told.
    others_told: bool,
    /// Its audio may be kept, where the person agreed to `keep_audio`.
    keep_audio: bool,
    /// When it is booked to begin.
    #[serde(with = "time::serde::rfc3339::option")]
    starts_at: Option<OffsetDateTime>,
    /// When it is booked to end.
    #[serde(with = "time::serde::rfc3339::option")]
    ends_at: Option<OffsetDateTime>,
    /// The person invited the others.
    hosting: bool,
    /// A recording was played: no nudge was left out by lot.
    played_back: bool,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When the first sound came.
    #[serde(with = "time::serde::rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
    /// How much of it there is, in milliseconds.
    duration_ms: i64,
    /// How much of that is decided and durable.
    committed_ms: i64,
    /// The newest report; none before the first.
    report_version: Option<i32>,
    /// Who talked how much; none before the first report.
    talk_share: Option<TalkShare>,
    /// When what was said in it was destroyed, as old as the person wants transcripts to become: its report has measures alone since.
    #[serde(with = "time::serde::rfc3339::option")]
    transcript_expired_at: Option<OffsetDateTime>,
    /// When its reports were destroyed, as old as the person wants reports to become.
    #[serde(with = "time::serde::rfc3339::option")]
    reports_expired_at: Option<OffsetDateTime>,
}

/// Shares of the time anyone talked, 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TalkShare {
    /// The person whose meeting it is.
    me: f32,
    /// Everyone else.
    them: f32,
}

/// Where a meeting stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "names the values of a column in the OpenAPI document")]
enum MeetingState {
    /// Nothing was heard yet.
    Scheduled,
    /// A device is connected.
    Live,
    /// No device for a quarter of an hour; it may come back within a week.
    Suspended,
    /// Over.
    Ended,
}

impl Meeting {
    fn read(row: MeetingRow, key: &MeetingKey) -> Result<Self, ApiError> {
        Ok(Self {
            title: read_title(&row, key)?,
            id: row.id,
            meeting_type: row.meeting_type,
            mode: row.mode,
            goal: row.goal,
            language: row.language,
            state: row.state,
            others_told: row.others_told,
            keep_audio: row.keep_audio,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            hosting: row.hosting,
            played_back: row.played_back,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            duration_ms: row.duration_ms,
            committed_ms: row.committed_ms,
            report_version: row.report_version,
            talk_share: row
                .talk_share_me
                .zip(row.talk_share_them)
                .map(|(me, them)| TalkShare { me, them }),
            transcript_expired_at: row.transcript_expired_at,
            reports_expired_at: row.reports_expired_at,
        })
    }
}

/// What the meeting is called.
pub(crate) fn read_title(row: &MeetingRow, key: &MeetingKey) -> Result<String, ApiError> {
    let title = key.open(title_of(row.id), &row.title).map_err(ApiError::internal)?;
    Ok(String::from_utf8_lossy(&title).into_owned())
}

/// Where a title is sealed for.
pub(crate) const fn title_of(meeting: MeetingId) -> Place {
    Place {
        table: "meetings",
        column: "title",
        object: meeting.0,
    }
}

/// Makes a meeting, and the key that everything said in it is sealed under.
#[utoipa::path(post, path = "/v1/meetings", tag = "meetings", security(("session" = []), ("token" = [])),
    request_body = CreateMeeting,
    responses((status = 201, body = Meeting), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn create_meeting(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    Valid(input): Valid<CreateMeeting>,
) -> Result<(StatusCode, Json<Meeting>), ApiError> {
    let id = MeetingId::new();
    // The key first: a key without a meeting is harmless.
    let key = state.keys.create_meeting(member, id).await?;
    let title = key.seal(title_of(id), input.title.as_bytes());
    let new = NewMeeting {
        id,
        title: &title,
        meeting_type: input.meeting_type.as_str(),
        mode: input.mode.as_str(),
        goal: input.goal.as_deref(),
        language: &input.language,
        others_told: input.others_told,
        keep_audio: input.keep_audio,
        starts_at: input.starts_at,
        ends_at: input.ends_at,
        hosting: input.hosting,
        played_back: input.played_back,
    };
    let row = state
        .db
        .with_tenant(member.tenant, async |tx| meetings::insert(tx, member, new).await)
        .await?;
    Ok((StatusCode::CREATED, Json(Meeting::read(row, &key)?)))
}

/// What cursors of the list are sealed for.
const LIST: &str = "meetings";

/// Which page of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// `next_cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// How many, 1 to 100; 20 unless it says otherwise.
    #[garde(inner(range(min = 1, max = cursor::MOST)))]
    limit: Option<u32>,
}

/// A page of meetings, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Meetings {
    meetings: Vec<Meeting>,
    /// Asks for the next page; none on the last.
    next_cursor: Option<String>,
}

/// The signed-in person's meetings, newest first.
#[utoipa::path(get, path = "/v1/meetings", tag = "meetings", security(("session" = []), ("token" = [])), params(Page),
    responses((status = 200, body = Meetings), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn list_meetings(
    State(state): State<AppState>,
    SignedIn { member, .. }: SignedIn,
    ValidQuery(page): ValidQuery<Page>,
) -> Result<Json<Meetings>, ApiError> {
    let limit = i64::from(page.limit.unwrap_or(cursor::PAGE));
    let before = cursor::before(&state.keys, member, LIST, page.cursor.as_deref()).await?;
    // One more than asked for says whether there is a next page.
    let mut rows = state
        .db
        .with_tenant(member.tenant, async |tx| {
            meetings::list_for_user(tx, member, before.map(MeetingId), limit + 1).await
        })
        .await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let last = rows.last().map(|row| row.id.0).filter(|_| more);
    let next_cursor = cursor::next(&state.keys, member, LIST, last).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let keys = state.keys.meetings(member, &ids).await?;
    // A key that is missing was erased, though the row is still on its way out: there is nothing left to show.
    let meetings = rows
        .into_iter()
        .filter_map(|row| keys.get(&row.id).map(|key| Meeting::read(row, key)))
        .collect::<Result<_, _>>()?;
    Ok(Json(Meetings { meetings, next_cursor }))
}

/// One meeting.
#[utoipa::path(get, path = "/v1/meetings/{id}", tag = "meetings", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)),
    responses((status = 200, body = Meeting), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_meeting(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
) -> Result<Json<Meeting>, ApiError> {
    let key = key_of(&state, member, meeting.id).await?;
    Meeting::read(meeting, &key).map(Json)
}

/// What may be changed of a meeting.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RenameMeeting {
    /// What its owner calls it from now on.
    #[garde(length(chars, min = 1, max = 200))]
    title: String,
}

/// Gives a meeting another title.
#[utoipa::path(patch, path = "/v1/meetings/{id}", tag = "meetings", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)), request_body = RenameMeeting,
    responses((status = 200, body = Meeting), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
              (status = 422, body = ErrorBody)))]
pub(super) async fn rename_meeting(
    State(state): State<AppState>,
    OwnedMeeting {
        member, mut meeting, ..
    }: OwnedMeeting,
    Valid(input): Valid<RenameMeeting>,
) -> Result<Json<Meeting>, ApiError> {
    let key = key_of(&state, member, meeting.id).await?;
    meeting.title = key.seal(title_of(meeting.id), input.title.as_bytes());
    let renamed = state
        .db
        .with_tenant(member.tenant, async |tx| {
            meetings::rename(tx, member, meeting.id, &meeting.title).await
        })
        .await?;
    if renamed == 0 {
        return Err(ApiError::NotFound("meeting"));
    }
    Meeting::read(meeting, &key).map(Json)
}

/// Deletes a meeting with everything said in it, and destroys its key.
#[utoipa::path(delete, path = "/v1/meetings/{id}", tag = "meetings", security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path)),
    responses((status = 204, description = "deleted"), (status = 401, body = ErrorBody),
              (status = 404, body = ErrorBody)))]
pub(super) async fn delete_meeting(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
) -> Result<StatusCode, ApiError> {
    state
        .db
        .with_tenant(member.tenant, async |tx| {
            sessions::hold_all(&mut *tx, member.tenant, meeting.id).await?;
            meetings::delete(&mut *tx, member, meeting.id).await?;
            // Noise without its key, and gone soon: also what a job is storing just now.
            queue::forget_audio(&mut *tx, member.tenant, meeting.id).await?;
            audit::insert(&mut *tx, member, "meeting.deleted", meeting.id.0).await?;
            // Inside: if the key cannot be destroyed, the meeting is still there to be deleted again.
            state.keys.erase_meeting(member.tenant, meeting.id).await?;
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The key of a person's meeting; a meeting whose key was destroyed is no longer there.
pub(crate) async fn key_of(state: &AppState, member: Member, meeting: MeetingId) -> Result<MeetingKey, ApiError> {
    state.keys.meeting(member, meeting).await.map_err(|error| match error {
        KeyError::Gone => ApiError::NotFound("meeting"),
        error => error.into(),
    })
}
