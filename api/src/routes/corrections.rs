//! Words that a person puts right in what was said, and who said them.

use super::input::Valid;
use super::key_of;
use crate::auth::OwnedMeeting;
use crate::db::audit;
use crate::error::{ApiError, ErrorBody};
use crate::ids::MeetingId;
use crate::jobs::queue;
use crate::live::correction;
use crate::record::{Capture, analyses, corrections, sessions, utterances};
use crate::server::AppState;
use attune_engine::speaker::Track;
use attune_engine::transcript::SegmentId;
use axum::Json;
use axum::extract::{Path, State};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most that one segment may say: at 7 words a second and 28 s it is 200 words.
const TEXT_CHARS: usize = 2_000;

const OUTDATED: ApiError = ApiError::Conflict {
    code: "outdated",
    message: "these words were put right elsewhere meanwhile; read the report again",
};

const OWN_VOICE: ApiError = ApiError::Conflict {
    code: "own_voice",
    message: "what comes over your own microphone is yours; only of the others it can be said who spoke",
};

/// Which segment; the meeting is its own extractor's.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    segment: String,
}

/// What was said.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectUtterance {
    /// Its words, in place of those that were heard.
    #[garde(length(chars, min = 1, max = TEXT_CHARS), custom(says_something))]
    text: String,
    /// `corrected.version` of the utterance that was read; 0 where it was not corrected.
    #[garde(range(min = 0))]
    #[serde(default)]
    version: i32,
    /// Who of the others said them, in place of whom the report names. Of the person's own segments none can be told.
    #[garde(inner(length(chars, min = 1, max = NAME_CHARS), custom(says_something)))]
    #[serde(default)]
    who: Option<String>,
}

/// Letters of a name.
const NAME_CHARS: usize = 100;

fn says_something(text: &str, _: &()) -> garde::Result {
    match text.chars().any(|c| !c.is_whitespace()) && !text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        true => Ok(()),
        false => Err(garde::Error::new("say something, in plain text")),
    }
}

/// Words as they are from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CorrectedUtterance {
    /// The segment.
    segment: String,
    /// The next change names it.
    version: i32,
    /// Its words, with single spaces between them.
    text: String,
    /// The report as it was: the measures that follow from these words come with a later version. Absent where there is
    /// none yet.
    report_version: Option<i32>,
}

/// Puts the words of a segment right, and who of the others said them. They stand in the report from now on, whatever is heard in the segment, also when the
/// meeting is heard again; its measures follow in a moment, with the report's next version.
#[utoipa::path(put, path = "/v1/meetings/{id}/utterances/{segment}", tag = "meetings",
    security(("session" = []), ("token" = [])),
    params(("id" = MeetingId, Path), ("segment" = String, Path, description = "the `id` of the utterance in the report")),
    request_body = CorrectUtterance,
    responses((status = 200, body = CorrectedUtterance), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
              (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn correct_utterance(
    State(state): State<AppState>,
    OwnedMeeting { member, meeting, .. }: OwnedMeeting,
    Path(Which { segment }): Path<Which>,
    Valid(input): Valid<CorrectUtterance>,
) -> Result<Json<CorrectedUtterance>, ApiError> {
    let (track, from_sample) = SegmentId::parse(&segment).ok_or(ApiError::NotFound("utterance"))?;
    let key = key_of(&state, member, meeting.id).await?;
    if input.who.is_some() && track != Track::Tab {
        return Err(OWN_VOICE);
    }
    let words: Vec<&str> = input.text.split_whitespace().collect();
    let text = words.join(" ");
    let (version, report_version) = state
        .db
        .with_tenant(member.tenant, async |tx| {
            // Whoever makes the report locks the meeting too: it is made with this, or again.
            let subject = analyses::hold(&mut *tx, member.tenant, meeting.id).await?;
            let subject = subject.ok_or(ApiError::NotFound("meeting"))?;
            let recorded = sessions::recorded(&mut *tx, member.tenant, meeting.id).await?;
            let at = Capture {
                tenant: member.tenant,
                meeting: meeting.id,
                session: recorded.ok_or(ApiError::NotFound("utterance"))?.id,
            };
            let utterance = utterances::named(&mut *tx, at, track, from_sample).await?;
            let utterance = utterance.ok_or(ApiError::NotFound("utterance"))?;
            let body = correction::seal(&key, utterance, &text, input.who.as_deref());
            let written = corrections::write(&mut *tx, at.tenant, at.meeting, utterance, input.version, &body).await?;
            let version = written.ok_or(OUTDATED)?;
            analyses::revise_words(&mut *tx, at.tenant, at.meeting).await?;
            // A meeting without a report gets one when it ends, of whatever is right by then.
            if subject.report_version.is_some() {
                queue::make_report_of_corrections(&mut *tx, at.tenant, at.meeting).await?;
            }
            audit::insert(&mut *tx, member, "meeting.words_corrected", utterance).await?;
            Ok::<_, ApiError>((version, subject.report_version))
        })
        .await?;
    Ok(Json(CorrectedUtterance {
        segment,
        version,
        text,
        report_version,
    }))
}
