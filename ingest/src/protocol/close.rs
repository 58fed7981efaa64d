//! Why a socket closes.

/// The code of a WebSocket Close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The session ended and everything in it is decided.
    Ended = 1000,
    /// Come back with a new connection: this node restarts, or the keys are due.
    Resume = 1012,
    /// Too much audio for now: come back after `retry_after_s`.
    Overloaded = 1013,
    /// The peer broke the protocol.
    Malformed = 4400,
    /// The ticket or the hello does not hold.
    NotAuthenticated = 4401,
    /// Consent to record is missing or withdrawn.
    Consent = 4403,
    /// No hello within its time.
    HelloLate = 4408,
    /// A newer connection took the session over.
    TakenOver = 4409,
    /// A message over its limit.
    TooLarge = 4413,
    /// An insight outside the closed schema.
    RawBiometrics = 4422,
}

impl CloseCode {
    /// The code with this number, if the protocol knows it.
    pub const fn from_u16(code: u16) -> Option<Self> {
        match code {
            1000 => Some(Self::Ended),
            1012 => Some(Self::Resume),
            1013 => Some(Self::Overloaded),
            4400 => Some(Self::Malformed),
            4401 => Some(Self::NotAuthenticated),
            4403 => Some(Self::Consent),
            4408 => Some(Self::HelloLate),
            4409 => Some(Self::TakenOver),
            4413 => Some(Self::TooLarge),
            4422 => Some(Self::RawBiometrics),
            _ => None,
        }
    }

    /// Its number on the wire.
    pub const fn as_u16(self) -> u16 {
        self as u16
    }

    /// The word that goes into the Close's reason; also the code of the `error` event before it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Resume => "resume",
            Self::Overloaded => "overloaded",
            Self::Malformed => "malformed",
            Self::NotAuthenticated => "not_authenticated",
            Self::Consent => "consent",
            Self::HelloLate => "hello_late",
            Self::TakenOver => "taken_over",
            Self::TooLarge => "too_large",
            Self::RawBiometrics => "raw_biometrics_refused",
        }
    }

    /// Whether a client may connect again by itself.
    pub const fn invites_resume(self) -> bool {
        matches!(self, Self::Resume | Self::Overloaded | Self::HelloLate)
    }
}
