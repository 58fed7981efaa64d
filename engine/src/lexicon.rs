//! Words as measures see them: tokens without case or punctuation, and the lists that measures count by.

/// A word as it is compared: lower case, letters, digits and apostrophes, nothing at the edges.
pub fn token(text: &str) -> String {
    let lowered = text.to_lowercase();
    lowered.trim_matches(|c: char| !c.is_alphanumeric()).replace('’', "'")
}

/// Whether a token is a filled pause: um, uh and their spellings. They count in C6, and never as words.
pub fn is_filled_pause(token: &str) -> bool {
    matches!(
        token,
        "um" | "uh" | "er" | "erm" | "ah" | "hm" | "hmm" | "mm" | "uhm" | "umm" | "uhh"
    )
}

/// Whether a token alone says no more than "I listen" (measures.md, primitives).
pub(crate) fn is_backchannel_token(token: &str) -> bool {
    matches!(
        token,
        "mm" | "mhm"
            | "mm-hmm"
            | "hm"
            | "hmm"
            | "uh-huh"
            | "huh"
            | "yeah"
            | "yep"
            | "yes"
            | "right"
            | "ok"
            | "okay"
            | "sure"
            | "exactly"
            | "absolutely"
            | "great"
            | "good"
            | "cool"
            | "nice"
    )
}

/// Two- and three-word backchannels.
pub(crate) const BACKCHANNEL_PHRASES: &[&[&str]] = &[
    &["got", "it"],
    &["i", "see"],
    &["makes", "sense"],
    &["of", "course"],
    &["that", "makes", "sense"],
];

/// Whether a token is a sound that says "I listen" in about every language.
pub(crate) fn is_listening_token(token: &str) -> bool {
    matches!(
        token,
        "mm" | "mmm" | "mhm" | "mm-hmm" | "hm" | "hmm" | "aha" | "uh-huh" | "ok" | "okay"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_word_without_case_and_edges() {
        assert_eq!(token("“Right?”"), "right");
        assert_eq!(token("Don’t,"), "don't");
        assert_eq!(token("mm-hmm."), "mm-hmm");
        assert_eq!(token("—"), "");
    }

    #[test]
    fn um_is_a_filled_pause_and_mhm_says_i_listen() {
        assert!(is_filled_pause("um") && !is_filled_pause("umbrella"));
        assert!(is_listening_token("mhm") && !is_listening_token("no"));
    }
}
