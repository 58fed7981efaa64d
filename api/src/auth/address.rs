//! An e-mail address, as somebody signs in with it.

use crate::keys::Keys;
use std::fmt;
use zeroize::Zeroizing;

/// The longest there is (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const LONGEST: usize = 254;

/// An e-mail address, in small letters. Never shown by `Debug`: it says who somebody is.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Zeroizing<String>);

/// What was given is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no e-mail address")]
pub struct NoAddress;

impl Address {
    /// Reads one, as people write it: blanks around it do not count, nor does whether letters are large.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let text = Zeroizing::new(text.trim().to_lowercase());
        if text.len() > LONGEST || text.parse::<lettre::Address>().is_err() {
            return Err(NoAddress);
        }
        Ok(Self(text))
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is found by in the data.
    pub(crate) fn hmac(&self, keys: &Keys) -> [u8; 32] {
        keys.address_hmac(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn an_address_is_the_same_however_it_was_typed_and_shows_itself_to_no_log() {
        let address = Address::parse(" Maria.K@Example.COM\n").unwrap();
        assert_eq!(address.as_str(), "maria.k@example.com");
        assert!(!format!("{address:?}").contains("maria"));
    }

    #[rstest]
    #[case("")]
    #[case("maria")]
    #[case("maria@")]
    #[case("@example.com")]
    #[case("maria@example.com, other@example.com")]
    #[case("maria@example.com\r\nBcc: other@example.com")]
    #[case("Maria <maria@example.com>")]
    fn what_is_none_is_refused(#[case] text: &str) {
        assert_eq!(Address::parse(text), Err(NoAddress));
    }

    #[test]
    fn one_that_is_too_long_is_refused() {
        let domain = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(60)].join(".");
        assert_eq!(
            Address::parse(&format!("{}@{domain}.example", "m".repeat(20))),
            Err(NoAddress)
        );
    }
}
