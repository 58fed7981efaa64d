//! JSON: what is taken in is in range, and says the same once it is written again.

use attune_ingest::protocol::{Caption, ClientControl, Envelope, Hello, Insight};

/// What asks for something on stream 0.
///
/// # Panics
/// When a message that was taken in is another once it is written and read again.
pub fn control(bytes: &[u8]) {
    if let Ok(control) = ClientControl::parse(bytes) {
        assert_eq!(ClientControl::parse(&control.to_json()).ok(), Some(control));
    }
}

/// A frame of captions.
///
/// # Panics
/// As [`control`].
pub fn caption(bytes: &[u8]) {
    if let Ok(caption) = Caption::parse(bytes) {
        assert_eq!(Caption::parse(&caption.to_json()).ok(), Some(caption));
    }
}

/// The first message of a connection.
///
/// # Panics
/// As [`control`].
pub fn hello(bytes: &[u8]) {
    if let Ok(hello) = Hello::parse(bytes) {
        assert_eq!(Hello::parse(&hello.to_json()).ok(), Some(hello));
    }
}

/// A second of what a device understood of a face: a reading outside its range, or anything that could be raw, is refused.
///
/// # Panics
/// As [`control`].
pub fn insight(bytes: &[u8]) {
    if let Ok(insight) = Insight::parse(bytes) {
        assert_eq!(Insight::parse(&insight.to_json()).ok(), Some(insight));
    }
}

/// What a server tells its client, as the client reads it.
///
/// # Panics
/// As [`control`].
pub fn server_event(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::parse(bytes) {
        assert_eq!(Envelope::parse(&envelope.to_json()).ok(), Some(envelope));
    }
}
