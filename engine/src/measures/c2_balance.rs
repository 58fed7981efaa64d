//! C2, balance.

use super::evidence::{ms, name_of};
use super::{Band, Draft, Evidence, Found, ONE_CHANNEL, exposure};
use crate::bootstrap::Sample;
use crate::conversation::{IPU_GAP, join};
use crate::speaker::Speaker;
use std::collections::BTreeMap;

/// How evenly the floor goes round: the normalised entropy of turns, `−Σ p ln p / ln N`, over the N who spoke; 1 is even, 0 is
/// one speaker. Consecutive speech of one person is one turn. Its part `gini` is the Gini coefficient of their speech times, 0
/// (even) to 1.
///
/// Needs three speakers, known by name for 80 % of what the others said: names come from the meeting's page and from voices.
/// At least 0.80 (equal turn-taking goes with collective intelligence: Woolley `[V]`; the limit `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let speakers = evidence.speakers();
    let have = speakers.unwrap_or_default() as f64;
    let draft = Draft::new("C2", "Balance", "of 1", exposure(have, 3.0, "speakers")).target(Band::at_least(0.8));
    if !evidence.conversation.has_two_sides() {
        return draft.not_covered(ONE_CHANNEL);
    }
    let anyone_else = evidence.conversation.of(Speaker::Them).next().is_some();
    if speakers.is_none() && anyone_else {
        return draft.not_covered(
            "Most of what the others said is nobody's by name, so that turns cannot be counted by person.",
        );
    }
    let takers = takers(evidence);
    draft
        .part("gini", gini(speech_ms(evidence)))
        .value(Sample::of(evidence.blocks(), move |drawn| entropy(&takers, drawn)))
}

/// Who took the floor when: the turn that it is drawn with, and who by number.
fn takers(evidence: &Evidence<'_>) -> Vec<(usize, usize)> {
    let utterances = evidence.conversation.utterances();
    let mut numbers: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut takers: Vec<(usize, usize)> = Vec::new();
    for (index, turn) in evidence.turns.iter().enumerate() {
        let mut before = None;
        for said in turn.utterances.iter().map(|&index| &utterances[index]) {
            let who = match turn.speaker {
                Speaker::Them => name_of(said).map(Some),
                Speaker::Me | Speaker::Unknown => Some(None),
            };
            // What is nobody's by name is left out.
            let Some(who) = who else { continue };
            let next = numbers.len();
            let number = *numbers.entry(who).or_insert(next);
            if before != Some(number) {
                takers.push((index, number));
            }
            before = Some(number);
        }
    }
    takers
}

/// Normalised entropy of the turns drawn, over all who had one in the meeting.
fn entropy(takers: &[(usize, usize)], drawn: &[u32]) -> Option<f64> {
    let speakers = takers.iter().map(|(_, who)| who + 1).max()?;
    let mut turns = vec![0.0; speakers];
    for (turn, who) in takers {
        turns[*who] += f64::from(drawn[*turn]);
    }
    let all: f64 = turns.iter().sum();
    let shares = turns.into_iter().filter(|count| *count > 0.0).map(|count| count / all);
    let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
    (speakers > 1 && all > 0.0).then(|| entropy / (speakers as f64).ln())
}

/// Milliseconds of speech of each who has a name, me among them.
fn speech_ms(evidence: &Evidence<'_>) -> Vec<f64> {
    let mut units: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for said in evidence.conversation.of(Speaker::Them) {
        if let Some(name) = name_of(said) {
            units.entry(name).or_default().extend(said.ipus.iter().copied());
        }
    }
    let time = |units: Vec<_>| -> f64 {
        let joined = join(units.into_iter(), IPU_GAP);
        joined.into_iter().map(|unit| ms(unit.duration())).sum()
    };
    let mine = ms(evidence.conversation.speech_time(Speaker::Me));
    units.into_values().map(time).chain([mine]).collect()
}

/// Gini coefficient of amounts, 0 (even) to 1 − 1/n (all with one).
fn gini(mut amounts: Vec<f64>) -> f64 {
    amounts.sort_by(f64::total_cmp);
    let (count, total) = (amounts.len() as f64, amounts.iter().sum::<f64>());
    let ranked = amounts.iter().zip(1..).map(|(amount, rank)| f64::from(rank) * amount);
    2.0 * ranked.sum::<f64>() / (count * total) - (count + 1.0) / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_one_where_turns_are_even_and_counts_draws() {
        let takers = [(0, 0), (1, 1), (2, 2), (3, 0)];
        let even = entropy(&takers[..3], &[1, 1, 1]).unwrap();
        assert!((even - 1.0).abs() < 1e-12);
        // 2, 1, 1 of 4: 1.5 bits of log2 3.
        let found = entropy(&takers, &[1; 4]).unwrap();
        assert!((found - 1.5 / 3.0f64.log2()).abs() < 1e-12);
        // Nobody but the first drawn.
        assert_eq!(entropy(&takers, &[2, 0, 0, 2]), Some(0.0));
        assert_eq!(entropy(&takers[..1], &[1]), None);
    }

    #[test]
    fn gini_is_zero_for_even_and_half_for_one_of_two() {
        assert!(gini(vec![3.0, 3.0, 3.0]).abs() < 1e-12);
        assert!((gini(vec![0.0, 5.0]) - 0.5).abs() < 1e-12);
        assert!((gini(vec![1.0, 2.0, 3.0]) - 2.0 / 9.0).abs() < 1e-12);
    }
}
