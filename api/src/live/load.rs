//! What is committed of a meeting, read back: the numbered events in their order, and captions, opened and folded.

use crate::keys::MeetingKey;
use crate::live::fold::Fold;
use crate::live::sealed::{self, Unreadable};
use crate::record::events::{self, Kind};
use crate::record::nudges::{self, StoredMoment};
use crate::record::{Capture, from_column, observations};
use attune_engine::clock::MeetingTime;
use attune_engine::transcript::Final;
use attune_ingest::ports::lately_said;
use attune_ingest::protocol::{Caption, Insight};
use sqlx::PgConnection;
use uuid::Uuid;

/// Events read at a time: a few hundred kilobytes of ciphertext.
const PAGE: i64 = 500;

/// Why a meeting could not be read back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The database did not answer.
    #[error("reading committed events")]
    Db(#[from] sqlx::Error),
    /// A row does not open.
    #[error("opening committed events")]
    Sealed(#[from] Unreadable),
    /// What the fold starts from is not readable.
    #[error("a stored setup is not of this version")]
    Setup,
}

/// Folds every committed final, in the order of their numbers, and passes through the states between them as the
/// undisturbed run did. What the coach said was committed then, and is read back. A silence that passed in several commits is
/// told as one here; engine and coach are tested to make nothing of the difference. Gives back what the tab said last.
pub(crate) async fn fold(
    db: &mut PgConnection,
    at: Capture,
    key: &MeetingKey,
    fold: &mut Fold,
    decided_to: MeetingTime,
) -> Result<Vec<Final>, LoadError> {
    fold_as(db, at, key, fold, decided_to, |_, said| said).await
}

/// The same, each final as `read` reads it, which is told its utterance.
pub(crate) async fn fold_as(
    db: &mut PgConnection,
    at: Capture,
    key: &MeetingKey,
    fold: &mut Fold,
    decided_to: MeetingTime,
    mut read: impl FnMut(Uuid, Final) -> Final,
) -> Result<Vec<Final>, LoadError> {
    fold.read_back(true);
    let moments = nudges::of_meeting(&mut *db, at.tenant, at.meeting).await?;
    let mut moments = moments.iter().peekable();
    let mut after = 0;
    let mut lately = Vec::new();
    loop {
        let page = events::after(&mut *db, at.tenant, at.meeting, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.number;
        for row in page.iter().filter(|row| row.kind == Kind::Final.as_str()) {
            let Some(id) = row.utterance_id else { continue };
            while let Some(moment) = moments.next_if(|moment| moment.after_number < row.number) {
                recall(fold, moment);
            }
            let said = read(id, sealed::open(key, sealed::utterance(id), &row.body)?);
            let _ = fold.advance(MeetingTime::from_ms(from_column(row.decided_ms)));
            let _ = fold.observe(&said);
            lately.push(said);
        }
        lately = lately_said(lately.iter());
    }
    moments.for_each(|moment| recall(fold, moment));
    if let Some(snoozed) = nudges::snoozed(&mut *db, at.tenant, at.meeting).await? {
        fold.snooze(snoozed);
    }
    for row in observations::of_kind(&mut *db, at.tenant, at.meeting, observations::Kind::Captions).await? {
        let captions: Vec<Caption> = sealed::open(key, sealed::observations(row.id), &row.body)?;
        fold.show(&captions);
    }
    for row in observations::of_kind(&mut *db, at.tenant, at.meeting, observations::Kind::Insights).await? {
        let insights: Vec<Insight> = sealed::open(key, sealed::observations(row.id), &row.body)?;
        let _ = fold.see(&insights);
    }
    let _ = fold.advance(decided_to);
    fold.read_back(false);
    Ok(lately)
}

/// Reads back what the coach decided, and what the person made of it.
fn recall(fold: &mut Fold, moment: &StoredMoment) {
    if let Some(slot) = moment.slot() {
        fold.recall(slot);
    }
    if let Some(reaction) = moment.reaction.as_deref().and_then(|reaction| reaction.parse().ok()) {
        fold.react(&moment.id, reaction);
    }
}
