//! Phrases of a list among words: the longest at each place, no word in two.

/// A phrase where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// Its first word.
    pub(crate) at: usize,
    /// How many words it has.
    pub(crate) words: usize,
    /// Its place in the list.
    pub(crate) listed: usize,
}

/// The phrases of `list`, tokens between single spaces, among `tokens`.
pub(crate) fn find<T: AsRef<str>>(tokens: &[T], list: &[&str]) -> Vec<Phrase> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let here = list.iter().enumerate().filter_map(|(listed, phrase)| {
            let words = length_at(&tokens[at..], phrase)?;
            Some(Phrase { at, words, listed })
        });
        match here.max_by_key(|phrase| phrase.words) {
            Some(phrase) => {
                at += phrase.words;
                found.push(phrase);
            }
            None => at += 1,
        }
    }
    found
}

/// How many words `phrase` has, if `tokens` begin with it.
fn length_at<T: AsRef<str>>(tokens: &[T], phrase: &str) -> Option<usize> {
    let mut words = 0;
    // Most phrases differ in the first letters: nothing is split for those.
    if !phrase.starts_with(tokens.first()?.as_ref()) {
        return None;
    }
    for word in phrase.split(' ') {
        if tokens.get(words)?.as_ref() != word {
            return None;
        }
        words += 1;
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_is_found_and_its_words_are_used_once() {
        let tokens: Vec<&str> = "i think i think so maybe".split(' ').collect();
        let list = ["i think", "i think so", "maybe", "so maybe"];
        let found: Vec<_> = find(&tokens, &list)
            .iter()
            .map(|phrase| (phrase.at, phrase.words, phrase.listed))
            .collect();
        assert_eq!(found, [(0, 2, 0), (2, 3, 1), (5, 1, 2)]);
    }

    #[test]
    fn a_phrase_that_is_cut_off_by_the_end_is_none() {
        assert_eq!(find(&["i"], &["i think"]), []);
        assert_eq!(find(&["maybes"], &["maybe"]), []);
        assert_eq!(find::<&str>(&[], &["maybe"]), []);
    }
}
