//! The ticket of a socket, read from the subprotocols that it asks for: never from a URL, which logs keep.

use crate::auth::{Digest, Token};
use attune_ingest::protocol::TICKET_SUBPROTOCOL_PREFIX;
use axum::http::HeaderValue;

/// The digest of the ticket among `requested`, if `protocol` is asked for too. Exactly one ticket counts.
pub(super) fn ticket<'a>(requested: impl Iterator<Item = &'a HeaderValue>, protocol: &str) -> Option<Digest> {
    let requested = requested
        .filter_map(|name| name.to_str().ok())
        .flat_map(|names| names.split(','))
        .map(str::trim);
    let (mut speaks, mut tickets) = (false, Vec::new());
    for name in requested {
        speaks |= name == protocol;
        tickets.extend(name.strip_prefix(TICKET_SUBPROTOCOL_PREFIX));
    }
    match (speaks, tickets.as_slice()) {
        (true, [ticket]) => Token::parse(ticket).map(|ticket| ticket.digest()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<Digest> {
        ticket([HeaderValue::from_str(text).unwrap()].iter(), "attune.v1")
    }

    #[test]
    fn one_ticket_beside_the_protocol_counts_and_nothing_else() {
        let token = Token::random().unwrap();
        let text = token.reveal();
        assert_eq!(asked(&format!("attune.v1, ticket.{}", *text)), Some(token.digest()));
        for refused in [
            format!("ticket.{}", *text),
            "attune.v1".into(),
            format!("attune.v1, {}", *text),
            format!("attune.v1, ticket.{}x", *text),
            format!("attune.v1, ticket.{0}, ticket.{0}", *text),
            format!("attune.live.v1, ticket.{}", *text),
        ] {
            assert_eq!(asked(&refused), None, "{refused:?}");
        }
    }
}
