//! The server speaks first: a public key made for this one socket, signed by an identity that the client has pinned.

use super::{Kem, handshake};
use crate::protocol::VERSION;
use ed25519_dalek::{Signature, VerifyingKey};
use hpke::{Kem as _, Serializable};

/// The first message of a socket, from the server. On the wire:
/// `version u8 · key_id u8 · hpke_public 32 · signature 64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which of the server's identity keys signed it.
    pub key_id: u8,
    /// The key to seal the hello to.
    pub hpke_public: [u8; 32],
    /// Ed25519 over [`Offer::signed_bytes`].
    pub signature: [u8; 64],
}

/// Why an offer is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Not the length of an offer.
    #[error("{0} bytes are not an offer")]
    Length(usize),
    /// A version that this client does not speak.
    #[error("the server offers version {0}")]
    Version(u8),
    /// Signed by a key that was not pinned at enrolment.
    #[error("identity key {0} is not pinned")]
    UnknownIdentity(u8),
    /// The signature does not hold for this key and ticket.
    #[error("the offer's signature does not hold")]
    Signature,
}

impl Offer {
    /// Bytes of an offer.
    pub const LEN: usize = 1 + 1 + 32 + 64;

    /// Its bytes.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = VERSION;
        bytes[1] = self.key_id;
        bytes[2..34].copy_from_slice(&self.hpke_public);
        bytes[34..].copy_from_slice(&self.signature);
        bytes
    }

    /// Reads an offer. Trust it only after [`Offer::verify`].
    ///
    /// # Errors
    /// When it has another length or version.
    pub fn parse(bytes: &[u8]) -> Result<Self, OfferError> {
        let bytes: &[u8; Self::LEN] = bytes.try_into().map_err(|_| OfferError::Length(bytes.len()))?;
        if bytes[0] != VERSION {
            return Err(OfferError::Version(bytes[0]));
        }
        let mut offer = Self {
            key_id: bytes[1],
            hpke_public: [0; 32],
            signature: [0; 64],
        };
        offer.hpke_public.copy_from_slice(&bytes[2..34]);
        offer.signature.copy_from_slice(&bytes[34..]);
        Ok(offer)
    }

    /// What an identity key signs: `"attune/v1 offer" ‖ 0x00 ‖ version ‖ key_id ‖ hpke_public 32 ‖ SHA-256(ticket) 32`.
    /// The ticket makes it fresh: an offer of another socket does not verify.
    pub fn signed_bytes(key_id: u8, hpke_public: &[u8; 32], ticket_sha256: &[u8; 32]) -> Vec<u8> {
        [
            b"attune/v1 offer\0".as_slice(),
            &[VERSION, key_id],
            hpke_public,
            ticket_sha256,
        ]
        .concat()
    }

    /// Checks the signature against the pinned identity keys, `(key_id, public key)`.
    ///
    /// # Errors
    /// When none of them signed this key for this ticket.
    pub fn verify(&self, pinned: &[(u8, [u8; 32])], ticket_sha256: &[u8; 32]) -> Result<(), OfferError> {
        let (_, public) = pinned
            .iter()
            .find(|(key_id, _)| *key_id == self.key_id)
            .ok_or(OfferError::UnknownIdentity(self.key_id))?;
        let identity = VerifyingKey::from_bytes(public).map_err(|_| OfferError::UnknownIdentity(self.key_id))?;
        let signed = Self::signed_bytes(self.key_id, &self.hpke_public, ticket_sha256);
        identity
            .verify_strict(&signed, &Signature::from_bytes(&self.signature))
            .map_err(|_| OfferError::Signature)
    }
}

/// The server's key pair for one socket. The private half never leaves this value, and [`OfferKey::accept`] consumes it.
pub struct OfferKey {
    pub(super) private: <Kem as hpke::Kem>::PrivateKey,
    public: [u8; 32],
}

impl std::fmt::Debug for OfferKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfferKey").finish_non_exhaustive()
    }
}

impl OfferKey {
    /// A fresh key pair.
    pub fn generate() -> Self {
        let (private, public) = Kem::gen_keypair();
        Self {
            private,
            public: public.to_bytes().into(),
        }
    }

    /// The key pair that RFC 9180's `DeriveKeyPair` makes of `ikm`; for the vectors.
    #[cfg(test)]
    pub(crate) fn derive(ikm: &[u8; 32]) -> Self {
        let (private, public) = Kem::derive_keypair(ikm);
        Self {
            private,
            public: public.to_bytes().into(),
        }
    }

    /// The public half, to be signed and offered.
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The offer of this key under an identity's signature.
    pub const fn offer(&self, key_id: u8, signature: [u8; 64]) -> Offer {
        Offer {
            key_id,
            hpke_public: self.public,
            signature,
        }
    }

    /// Opens the client's hello. The private key dies here, whatever the outcome.
    ///
    /// # Errors
    /// When the hello is of another version, was not made for this socket by this device, or says what cannot be.
    pub fn accept(
        self,
        hello: &[u8],
        psk: &[u8; 32],
        context: &handshake::HelloContext,
    ) -> Result<(crate::protocol::Hello, handshake::ConnectionKeys), handshake::HelloRefused> {
        handshake::open_hello(self, hello, psk, context)
    }
}
