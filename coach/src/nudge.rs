//! One thing said to a person while the meeting goes on.

use crate::rule::Rule;
use attune_engine::clock::MeetingTime;
use sha2::{Digest, Sha256};

/// A nudge. Holds numbers, never a word of what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nudge {
    /// A hash of session, rule and trigger sample: the same after a resume.
    pub id: String,
    /// Which rule.
    pub rule: Rule,
    /// What to do, in a few words.
    pub headline: String,
    /// Why: one plain sentence with the number.
    pub evidence: String,
    /// The moment it is for.
    pub at: MeetingTime,
    /// After this it is no longer worth showing.
    pub expires_at: MeetingTime,
}

/// A moment that took its place in the budget: it was shown, or held out by lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The nudge's id, shown or not.
    pub id: String,
    /// Which rule.
    pub rule: Rule,
    /// When in the meeting.
    pub at: MeetingTime,
    /// It was not shown.
    pub held_out: bool,
}

/// The hash that names what `rule` saw at `trigger` in `session`: a nudge's id, and the seed of its hold-out.
pub(crate) fn fingerprint(session: [u8; 16], rule: Rule, trigger: MeetingTime) -> [u8; 32] {
    Sha256::new()
        .chain_update(session)
        .chain_update(rule.as_str())
        .chain_update(trigger.as_sample().to_be_bytes())
        .finalize()
        .into()
}

/// The first half of a fingerprint in hex: 128 bits never meet twice in a meeting.
pub(crate) fn id(fingerprint: [u8; 32]) -> String {
    fingerprint[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_differs_by_session_rule_and_trigger_and_by_nothing_else() {
        let at = MeetingTime::from_ms(95_000);
        let ids: Vec<String> = [
            ([7; 16], Rule::TooFast, at),
            ([8; 16], Rule::TooFast, at),
            ([7; 16], Rule::Monologue, at),
            ([7; 16], Rule::TooFast, MeetingTime::from_ms(95_001)),
        ]
        .into_iter()
        .map(|(session, rule, trigger)| id(fingerprint(session, rule, trigger)))
        .collect();
        let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), 4);
        assert!(ids.iter().all(|id| id.len() == 32));
        assert_eq!(ids[0], id(fingerprint([7; 16], Rule::TooFast, at)));
    }
}
