//! Signing in by way of somebody else who vouches for a person. Whom they mean is told by issuer and subject, never by an
//! e-mail address, which we do not even ask for: whoever can write any address into a token would be anybody.
//!
//! A browser is sent to the provider with an attempt ([`attempt`]), comes back with a code, and the code is exchanged for what
//! the provider says of the person ([`provider`]); [`arrival`] signs them in, or links what was said to who they are already.

mod apple;
mod arrival;
mod attempt;
mod cookie;
mod id_token;
mod outside;
mod provider;
mod published;

pub use provider::{OpenError, Providers};

pub(crate) use arrival::{Arrived, Problem, arrive};
pub(crate) use attempt::{Returned, begin, take};
pub(crate) use cookie::clear_attempt_cookie;

/// Whom an issuer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Who vouches.
    pub(crate) iss: String,
    /// What it calls the person, for good.
    pub(crate) sub: String,
}

impl Identity {
    /// As it can be stored; a longer one than any specification allows is none.
    fn new(iss: String, sub: String) -> Option<Self> {
        const LONGEST: usize = 255;
        let fits = |text: &str| (1..=LONGEST).contains(&text.chars().count());
        (fits(&iss) && fits(&sub)).then_some(Self { iss, sub })
    }
}
