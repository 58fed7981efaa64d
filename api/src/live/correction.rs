//! Words that a person put right, on their way into a row and out of it.

use crate::keys::MeetingKey;
use crate::live::sealed::{self, Unreadable};
use crate::record::corrections::Stored;
use crate::record::{from_column, spans};
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::correction::Correction;
use attune_engine::speaker::Speaker;
use attune_engine::transcript::SegmentId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is sealed of a correction.
#[derive(Debug, Serialize, Deserialize)]
struct Body {
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    who: Option<String>,
}

/// Seals the words of a correction of `utterance`, and who said them.
pub(crate) fn seal(key: &MeetingKey, utterance: Uuid, text: &str, who: Option<&str>) -> Vec<u8> {
    let body = Body {
        text: text.to_owned(),
        who: who.map(str::to_owned),
    };
    sealed::seal(key, sealed::correction(utterance), &body)
}

/// Opens the corrections of a meeting.
pub(crate) fn open_all(key: &MeetingKey, stored: Vec<Stored>) -> Result<Vec<Correction>, Unreadable> {
    let open = |row: Stored| {
        let body: Body = sealed::open(key, sealed::correction(row.utterance_id), &row.body)?;
        let track = spans::track_of(&row.track);
        let ms = |column| MeetingTime::from_ms(from_column(column));
        Ok(Correction {
            segment: SegmentId::new(track, from_column(row.from_sample)),
            speaker: Speaker::from(track),
            span: Span::new(ms(row.t0_ms), ms(row.t1_ms)),
            version: row.version.unsigned_abs(),
            text: body.text,
            who: body.who,
        })
    };
    stored.into_iter().map(open).collect()
}
