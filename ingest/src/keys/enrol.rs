//! Device enrolment, once: the client sends a throw-away public key, the server seals the device's secret to it.
//! HPKE base mode: who asks is known from the authenticated request that carries both messages.

use super::{Aead, DevicePsk, Kdf, Kem};
use hpke::rand_core::CryptoRng;
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The client's half: a key pair for one answer.
pub struct Enrolment {
    private: <Kem as hpke::Kem>::PrivateKey,
    public: [u8; 32],
}

/// A device's secret on its way to the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPsk {
    /// The encapsulated key.
    pub enc: [u8; 32],
    /// The secret and its tag.
    pub ciphertext: Vec<u8>,
}

/// Why an enrolment failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// The client's public key is not one that a secret can be sealed to.
    #[error("the public key cannot be sealed to")]
    PublicKey,
    /// The answer is not for this key and device.
    #[error("the sealed secret does not open")]
    Sealed,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolment").finish_non_exhaustive()
    }
}

impl Enrolment {
    /// A fresh key pair.
    pub fn generate() -> Self {
        let (private, public) = Kem::gen_keypair();
        Self::of(private, &public)
    }

    /// The key pair that RFC 9180's `DeriveKeyPair` makes of `ikm`; for the vectors.
    #[cfg(test)]
    pub(crate) fn derive(ikm: &[u8; 32]) -> Self {
        let (private, public) = Kem::derive_keypair(ikm);
        Self::of(private, &public)
    }

    fn of(private: <Kem as hpke::Kem>::PrivateKey, public: &<Kem as hpke::Kem>::PublicKey) -> Self {
        Self {
            private,
            public: public.to_bytes().into(),
        }
    }

    /// What goes to the server.
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Opens the server's answer for `device`. The private key is gone afterwards, whatever the outcome.
    ///
    /// # Errors
    /// When the answer was not made for this key and device.
    pub fn open(self, device: Uuid, sealed: &SealedPsk) -> Result<DevicePsk, EnrolError> {
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&sealed.enc).map_err(|_| EnrolError::Sealed)?;
        let mode = OpModeR::Base;
        let mut context = hpke::setup_receiver::<Aead, Kdf, Kem>(&mode, &self.private, &enc, &info(device))
            .map_err(|_| EnrolError::Sealed)?;
        let opened = Zeroizing::new(context.open(&sealed.ciphertext, &[]).map_err(|_| EnrolError::Sealed)?);
        let psk: [u8; 32] = opened.as_slice().try_into().map_err(|_| EnrolError::Sealed)?;
        Ok(Zeroizing::new(psk))
    }
}

/// The server's half: seals `psk` for `device` to the client's public key.
///
/// # Errors
/// When the key is a point of low order, which no honest client sends.
pub fn seal_psk(client_public: &[u8; 32], device: Uuid, psk: &[u8; 32]) -> Result<SealedPsk, EnrolError> {
    seal_psk_with(client_public, device, psk, &mut super::system_rng())
}

pub(super) fn seal_psk_with(
    client_public: &[u8; 32],
    device: Uuid,
    psk: &[u8; 32],
    rng: &mut impl CryptoRng,
) -> Result<SealedPsk, EnrolError> {
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(client_public).map_err(|_| EnrolError::PublicKey)?;
    let (enc, mut context) = hpke::setup_sender_with_rng::<Aead, Kdf, Kem>(&OpModeS::Base, &public, &info(device), rng)
        .map_err(|_| EnrolError::PublicKey)?;
    let ciphertext = context.seal(psk, &[]).map_err(|_| EnrolError::PublicKey)?;
    Ok(SealedPsk {
        enc: enc.to_bytes().into(),
        ciphertext,
    })
}

/// `"attune/v1 device" ‖ 0x00 ‖ device 16`.
fn info(device: Uuid) -> Vec<u8> {
    [b"attune/v1 device\0".as_slice(), device.as_bytes()].concat()
}
