//! What a client says of itself before anything is recorded: the plaintext of the sealed hello.

use super::{Codec, Limits, Malformed, from_json, require};
use attune_engine::speaker::Track;
use serde::{Deserialize, Serialize};

/// The plaintext of a hello.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Which client and version, such as `attune-replay/0.1.0`; 1 to 64 characters.
    pub client: String,
    /// The language spoken, a BCP 47 tag such as `en` or `en-GB`. A server whose recognizers do not know it refuses.
    pub language: String,
    /// The tracks captured, each once: every one that the session has had, whether it is still there or not.
    pub tracks: Vec<TrackDeclaration>,
    /// The kind of meeting, where the client knows it better than the meeting's row does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting_type: Option<String>,
    /// Names and words to expect, the most important first: at most [`Hello::TERMS`], each once, of 1 to
    /// [`Hello::TERM_CHARACTERS`] characters. The same on every connection of a session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub glossary: Vec<String>,
}

/// How one track is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackDeclaration {
    /// Which track.
    pub track: Track,
    /// How its audio is coded.
    pub codec: Codec,
    /// The rate that `first_sample` counts at; one of [`Codec::rates_hz`].
    pub rate_hz: u32,
}

impl TrackDeclaration {
    /// Refuses a rate that the codec does not have.
    pub(super) fn check(&self, what: &'static str) -> Result<(), Malformed> {
        require(
            self.codec.rates_hz().contains(&self.rate_hz),
            what,
            "the codec does not have this rate",
        )
    }
}

impl Hello {
    /// Terms of a glossary. Whisper hears 48 tokens of them, which is about as many.
    pub const TERMS: usize = 32;
    /// Longest term: a company's full name.
    pub const TERM_CHARACTERS: usize = 48;

    /// Reads the plaintext of a hello.
    ///
    /// # Errors
    /// When it is too long, does not parse, or breaks a rule.
    pub fn parse(json: &[u8]) -> Result<Self, Malformed> {
        let hello: Self = from_json("hello", json, Limits::HELLO_BYTES)?;
        hello.check()?;
        Ok(hello)
    }

    /// Its JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: a hello has string keys and finite numbers")
    }

    fn check(&self) -> Result<(), Malformed> {
        let what = "hello";
        let client = self.client.chars().count();
        require((1..=64).contains(&client), what, "client has 1 to 64 characters")?;
        require(is_language_tag(&self.language), what, "language is a BCP 47 tag")?;
        if let Some(kind) = &self.meeting_type {
            let letters = kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            require(
                letters && (1..=32).contains(&kind.len()),
                what,
                "meeting_type is a short name",
            )?;
        }
        require(
            (1..=2).contains(&self.tracks.len()),
            what,
            "there are one or two tracks",
        )?;
        for (index, declared) in self.tracks.iter().enumerate() {
            declared.check(what)?;
            let earlier = &self.tracks[..index];
            require(
                earlier.iter().all(|other| other.track != declared.track),
                what,
                "each track is declared once",
            )?;
        }
        self.check_glossary()
    }

    fn check_glossary(&self) -> Result<(), Malformed> {
        let what = "hello";
        let glossary = &self.glossary;
        require(glossary.len() <= Self::TERMS, what, "the glossary has too many terms")?;
        for (index, term) in glossary.iter().enumerate() {
            let characters = term.chars().count();
            require(
                (1..=Self::TERM_CHARACTERS).contains(&characters),
                what,
                "a term has 1 to 48 characters",
            )?;
            // It ends up in a prompt, and in a form field of a recognizer elsewhere.
            let is_plain = !term.chars().any(char::is_control) && !term.starts_with(' ') && !term.ends_with(' ');
            require(is_plain, what, "a term is words on one line")?;
            require(!glossary[..index].contains(term), what, "each term is given once")?;
        }
        Ok(())
    }
}

/// Whether `tag` looks like a BCP 47 language tag: subtags of 1 to 8 letters and digits, the first of 2 or 3 letters.
fn is_language_tag(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or_default();
    tag.len() <= 35
        && (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric()))
}
