//! How a connection gets its keys: a device is enrolled once, then every socket runs one HPKE handshake.
//!
//! HPKE (RFC 9180) throughout: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Private keys live in one value, are
//! consumed by their one use and wiped when dropped.

mod enrol;
mod handshake;
mod offer;

pub use enrol::{EnrolError, Enrolment, SealedPsk, seal_psk};
pub use handshake::{ConnectionKeys, HelloContext, HelloError, HelloRefused, say_hello};
pub use offer::{Offer, OfferError, OfferKey};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The secret that a device and its account share from enrolment on.
pub type DevicePsk = Zeroizing<[u8; 32]>;

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::AesGcm256;

/// SHA-256 of a ticket: what the server stores of it, and what binds a handshake to it.
pub fn ticket_sha256(ticket: &[u8]) -> [u8; 32] {
    Sha256::digest(ticket).into()
}

/// The operating system's random numbers, in the shape that HPKE asks for. It cannot go on without them.
fn system_rng() -> impl hpke::rand_core::CryptoRng {
    hpke::rand_core::UnwrapErr(getrandom::SysRng)
}
