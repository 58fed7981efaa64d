//! Opaque tokens: 256 random bits for their holder, a digest for us.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Bytes of randomness: beyond guessing.
const TOKEN_LEN: usize = 32;

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
