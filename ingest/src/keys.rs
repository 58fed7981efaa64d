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

/// Seals a PSK with the ephemeral key that RFC 9180 derives from `ikm`; for the vectors.
#[cfg(test)]
pub(crate) fn seal_psk_for_vectors(
    client_public: &[u8; 32],
    device: uuid::Uuid,
    psk: &[u8; 32],
    ikm: [u8; 32],
) -> SealedPsk {
    enrol::seal_psk_with(client_public, device, psk, &mut Fixed(ikm)).expect("invariant: the vectors' keys are good")
}

/// Says a hello with the ephemeral key that RFC 9180 derives from `ikm`; for the vectors.
#[cfg(test)]
pub(crate) fn say_hello_for_vectors(
    offer: &Offer,
    psk: &[u8; 32],
    context: &HelloContext,
    hello: &crate::protocol::Hello,
    ikm: [u8; 32],
) -> (Vec<u8>, ConnectionKeys) {
    let said = handshake::say_hello_with(offer, psk, context, hello, &mut Fixed(ikm));
    said.expect("invariant: the vectors' keys are good")
}

/// Random numbers that are not: the 32 bytes given, once for each request.
#[cfg(test)]
struct Fixed([u8; 32]);

#[cfg(test)]
impl hpke::rand_core::TryRng for Fixed {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("HPKE asks for bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("HPKE asks for bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

#[cfg(test)]
impl hpke::rand_core::TryCryptoRng for Fixed {}

#[cfg(test)]
mod tests;
