//! Opaque tokens: 256 random bits for their holder, a digest for us.

use crate::keys::{self, OpenError};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Bytes of randomness: beyond guessing.
const TOKEN_LEN: usize = 32;

/// What a successor is derived with.
const SUCCESSOR: &[u8] = b"attune/v1|successor|";

/// The SHA-256 of a token: all we store.
pub type Digest = [u8; 32];

/// A secret that its holder alone keeps. Never shown by `Debug`, and wiped when dropped.
pub struct Token(Zeroizing<[u8; TOKEN_LEN]>);

impl Token {
    /// A new one.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; TOKEN_LEN]);
        getrandom::fill(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    /// Reads what [`Token::reveal`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; TOKEN_LEN]);
        // 43 characters of base64 are 32 bytes and 2 bits; the decoder refuses bits that are not zero.
        match BASE64_URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut()) {
            Ok(TOKEN_LEN) => Some(Self(bytes)),
            _ => None,
        }
    }

    /// The token itself, for its holder.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(self.0.as_ref()))
    }

    /// The token that this one is exchanged for. It takes both the token, which only its holder has, and the salt, which only
    /// we have: the same exchange asked for again gives the same token, though none is kept.
    pub(crate) fn successor(&self, salt: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_ref());
        let tag = hmac::sign(&key, &[SUCCESSOR, salt].concat());
        let mut bytes = Zeroizing::new([0; TOKEN_LEN]);
        bytes.copy_from_slice(tag.as_ref());
        Self(bytes)
    }

    /// Seals what only the holder of the token shall read.
    pub(crate) fn seal(&self, purpose: &str, plaintext: &[u8]) -> Vec<u8> {
        keys::seal_with(&self.0, purpose, plaintext)
    }

    /// Opens what [`Token::seal`] made for the same purpose.
    pub(crate) fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        keys::open_with(&self.0, purpose, sealed)
    }

    /// A token that this one gives rise to, and that tells nothing of it.
    pub(super) fn derived(&self, label: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; TOKEN_LEN]);
        Salt::new(HKDF_SHA256, &[])
            .extract(self.0.as_ref())
            .expand(&[label], HKDF_SHA256)
            .and_then(|okm| okm.fill(bytes.as_mut()))
            .expect("invariant: HKDF gives 32 bytes for any input");
        Self(bytes)
    }

    /// What we keep of it.
    pub fn digest(&self) -> Digest {
        Sha256::digest(self.0.as_ref()).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text_and_shows_itself_to_no_log() {
        let token = Token::random().unwrap();
        let text = token.reveal();
        assert_eq!(Token::parse(&text).unwrap().digest(), token.digest());
        assert!(!format!("{token:?}").contains(text.as_str()));
    }

    #[test]
    fn a_successor_takes_both_the_token_and_the_salt() {
        let (token, other) = (Token::random().unwrap(), Token::random().unwrap());
        let successor = token.successor(&[1; 32]).digest();
        assert_eq!(token.successor(&[1; 32]).digest(), successor);
        assert_ne!(token.successor(&[2; 32]).digest(), successor);
        assert_ne!(other.successor(&[1; 32]).digest(), successor);
        assert_ne!(token.digest(), successor);
    }

    #[test]
    fn what_a_token_sealed_opens_with_it_alone_and_for_its_purpose_alone() {
        let token = Token::random().unwrap();
        let sealed = token.seal("one", b"zebra");
        assert_eq!(token.open("one", &sealed).unwrap().as_slice(), b"zebra");
        assert!(token.open("another", &sealed).is_err());
        assert!(Token::random().unwrap().open("one", &sealed).is_err());
    }

    #[test]
    fn anything_but_43_characters_of_base64url_is_no_token() {
        let good = Token::random().unwrap().reveal().to_string();
        let long = format!("{good}A");
        for text in [
            "",
            "short",
            &good[1..],
            &long,
            &good.replacen(&good[..1], "+", 1),
            &format!("{}_", &good[..42]),
        ] {
            // The last case may leave set bits behind the 256th, which decodes to no token either.
            if text != good {
                assert!(Token::parse(text).is_none(), "{text:?}");
            }
        }
    }
}
