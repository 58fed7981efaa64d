//! Where a request comes from, as far as somebody says so who can be believed: the other end of the connection, or what
//! a proxy of ours saw at its own. What a client writes itself counts for nothing.

use super::AppState;
use super::accept::Peer;
use axum::extract::FromRequestParts;
use axum::http::header::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// A place that requests come from: an IPv4 address, or the 64 bits of an IPv6 address that one subscriber has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Hop(IpAddr);

impl Hop {
    pub(crate) const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !(u64::MAX as u128)))),
            address => Self(address),
        }
    }

    /// The first address, from our end, that is none of the proxies'.
    fn before(proxies: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> Self {
        let is_proxy = |address: IpAddr| proxies.iter().any(|net| net.contains(&address.to_canonical()));
        let named: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        let mut nearest = peer;
        for name in named.into_iter().rev() {
            if !is_proxy(nearest) {
                break;
            }
            // A proxy of ours writes addresses; what is none was written by somebody else.
            let Ok(address) = name.trim().parse() else { break };
            nearest = address;
        }
        Self::of(nearest)
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromRequestParts<AppState> for Hop {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        // Every request comes by `accept`; one that does not is counted with all others like it.
        let peer = parts
            .extensions
            .get::<Peer>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        Ok(Self::before(&state.config.trusted_proxies, peer, &parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nobody_in_between("203.0.113.9", &[], "203.0.113.9")]
    #[case::a_client_that_says_it_is_another("203.0.113.9", &["198.51.100.1"], "203.0.113.9")]
    #[case::a_proxy_of_ours("10.0.0.2", &["198.51.100.1"], "198.51.100.1")]
    #[case::what_the_client_told_the_proxy("10.0.0.2", &["192.0.2.1, 198.51.100.1"], "198.51.100.1")]
    #[case::two_proxies("10.0.0.2", &["192.0.2.1, 198.51.100.1, 10.0.0.3"], "198.51.100.1")]
    #[case::two_headers("10.0.0.2", &["198.51.100.1", "10.0.0.3"], "198.51.100.1")]
    #[case::nonsense("10.0.0.2", &["198.51.100.1, zebra"], "10.0.0.2")]
    #[case::a_proxy_that_says_nothing("10.0.0.2", &[], "10.0.0.2")]
    #[case::a_proxy_in_six("::ffff:10.0.0.2", &["198.51.100.1"], "198.51.100.1")]
    #[case::a_subscriber_in_six("2001:db8:1:2:3:4:5:6", &[], "2001:db8:1:2::")]
    fn a_request_comes_from_the_last_place_that_somebody_of_ours_saw(
        #[case] peer: &str,
        #[case] forwarded: &[&str],
        #[case] expected: &str,
    ) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let hop = Hop::before(&proxies, peer.parse().unwrap(), &headers);
        assert_eq!(hop.to_string(), expected);
    }
}
