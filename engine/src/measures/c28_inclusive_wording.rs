//! C28, inclusive wording.

use super::{Band, Draft, Evidence, Found, Moment, ONLY_ENGLISH, exposure};
use crate::clock::Span;
use crate::phrases;

/// Words of mine that leave people out or hurt them, per 1,000 words: each is shown with another that does the same job. What the
/// person keeps ([`super::Profile`]) is not counted; its part `kept` is how often they used it,
/// where they did.
///
/// Needs 200 words `[D]`. None without a reason (Speaker Coach and Read show such words `[V]`; the list `[D]`).
pub(super) fn measure(evidence: &Evidence<'_>) -> Found {
    let list: Vec<&str> = INSTEAD.iter().map(|(said, _)| *said).collect();
    let mut turns = Vec::new();
    let mut moments = Vec::new();
    let mut kept = 0.0;
    for said in evidence.words.chunk_by(|one, other| one.utterance == other.utterance) {
        let tokens: Vec<&str> = said.iter().map(|spoken| spoken.token.as_str()).collect();
        for found in phrases::find(&tokens, &list) {
            let words = &said[found.at..found.at + found.words];
            let (said, instead) = INSTEAD[found.listed];
            if evidence.profile().keeps_in(said) {
                kept += 1.0;
                continue;
            }
            turns.push((words[0].turn, 1.0));
            let span = Span::new(words[0].word.start, words[found.words - 1].word.end);
            moments.push(Moment::said(span, said, Some(instead.to_owned())));
        }
    }
    let draft = Draft::new(
        "C28",
        "Inclusive wording",
        "per 1000 words",
        exposure(evidence.word_count(), 200.0, "words"),
    )
    .target(Band::at_most(0.0));
    if !evidence.is_english() {
        return draft.not_covered(ONLY_ENGLISH);
    }
    draft
        .part("count", turns.len() as f64)
        .part("kept", if kept > 0.0 { kept } else { f64::NAN })
        .moments(moments)
        .value(Evidence::rate(
            1000.0,
            evidence.by_turn(turns),
            evidence.words_by_turn(),
        ))
}

/// What is said, and what else does its job.
const INSTEAD: &[(&str, &str)] = &[
    ("guys", "everyone"),
    ("you guys", "you all"),
    ("hey guys", "hi everyone"),
    ("ladies and gentlemen", "everyone"),
    ("the girls", "the team"),
    ("manpower", "people"),
    ("man hours", "person hours"),
    ("man-hours", "person hours"),
    ("man days", "working days"),
    ("man-days", "working days"),
    ("man made", "artificial"),
    ("man-made", "artificial"),
    ("mankind", "people"),
    ("chairman", "chair"),
    ("salesman", "salesperson"),
    ("salesmen", "sales people"),
    ("businessman", "business person"),
    ("middleman", "go-between"),
    ("grandfathered", "kept under the old rules"),
    ("grandfather clause", "legacy clause"),
    ("blacklist", "blocklist"),
    ("blacklisted", "blocked"),
    ("whitelist", "allowlist"),
    ("whitelisted", "allowed"),
    ("master slave", "primary and replica"),
    ("sanity check", "quick check"),
    ("dummy value", "placeholder"),
    ("crazy", "surprising"),
    ("insane", "hard to believe"),
    ("crippled", "held back"),
    ("cripples", "holds back"),
    ("tone deaf", "out of touch"),
    ("tone-deaf", "out of touch"),
    ("blind spot", "gap"),
    ("lame", "weak"),
    ("spirit animal", "role model"),
    ("powwow", "meeting"),
    ("low man on the totem pole", "the newest here"),
    ("native english speaker", "fluent in English"),
    ("third world", "low-income"),
    ("housewife", "homemaker"),
    ("man up", "be brave"),
];
