//! The hello, and the two keys that come out of it: HPKE in PSK mode, so that only the enrolled device can open a
//! connection and only the node that made the offer can read it.

use super::{Aead, Kdf, Kem, Offer, OfferKey};
use crate::protocol::{CloseCode, Hello, Limits, Malformed, VERSION};
use hpke::rand_core::CryptoRng;
use hpke::{Deserializable, OpModeR, OpModeS, PskBundle, Serializable};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Everything that a handshake is bound to: a hello opens only where all of it is the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelloContext {
    /// The organisation.
    pub tenant: Uuid,
    /// Whose meeting it is.
    pub user: Uuid,
    /// The device; also the PSK's id.
    pub device: Uuid,
    /// The session.
    pub session: Uuid,
    /// The connection.
    pub epoch: u64,
    /// SHA-256 of the ticket that opened the socket.
    pub ticket_sha256: [u8; 32],
}

/// The SFrame base keys of one connection.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ConnectionKeys {
    /// Client to server.
    pub c2s: [u8; 32],
    /// Server to client.
    pub s2c: [u8; 32],
}

/// Why a hello could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// The offered key is a point of low order, which no honest server offers.
    #[error("the offered key cannot be sealed to")]
    OfferedKey,
}

/// Why a hello was refused.
#[derive(Debug, thiserror::Error)]
pub enum HelloRefused {
    /// A version that this server does not speak.
    #[error("hello of version {0}")]
    Version(u8),
    /// Too short or too long to be a hello.
    #[error("hello of {0} bytes")]
    Length(usize),
    /// Not made by this device for this socket.
    #[error("the hello does not open")]
    NotAuthenticated,
    /// Opened, but says what cannot be.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl HelloRefused {
    /// The code that the connection closes with.
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::Version(_) | Self::Length(_) => CloseCode::Malformed,
            Self::NotAuthenticated => CloseCode::NotAuthenticated,
            Self::Malformed(malformed) => malformed.close_code(),
        }
    }
}

impl std::fmt::Debug for ConnectionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionKeys").finish_non_exhaustive()
    }
}

impl HelloContext {
    /// `"attune/v1" ‖ 0x00 ‖ tenant 16 ‖ user 16 ‖ device 16 ‖ session 16 ‖ epoch u64 ‖ SHA-256(ticket) 32`.
    pub fn info(&self) -> Vec<u8> {
        [
            b"attune/v1\0".as_slice(),
            self.tenant.as_bytes(),
            self.user.as_bytes(),
            self.device.as_bytes(),
            self.session.as_bytes(),
            &self.epoch.to_be_bytes(),
            &self.ticket_sha256,
        ]
        .concat()
    }
}

/// Bytes of a hello besides its plaintext: version, encapsulated key, tag.
const OVERHEAD: usize = 1 + 32 + 16;

/// The client's half: `version u8 ‖ enc 32 ‖ ciphertext`, and the connection's keys. The offer must have been verified.
///
/// # Errors
/// When the offered key is not one that can be sealed to.
pub fn say_hello(
    offer: &Offer,
    psk: &[u8; 32],
    context: &HelloContext,
    hello: &Hello,
) -> Result<(Vec<u8>, ConnectionKeys), HelloError> {
    say_hello_with(offer, psk, context, hello, &mut super::system_rng())
}

pub(super) fn say_hello_with(
    offer: &Offer,
    psk: &[u8; 32],
    context: &HelloContext,
    hello: &Hello,
    rng: &mut impl CryptoRng,
) -> Result<(Vec<u8>, ConnectionKeys), HelloError> {
    let refused = |_| HelloError::OfferedKey;
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&offer.hpke_public).map_err(refused)?;
    let mode = OpModeS::Psk(psk_bundle(psk, context));
    let (enc, mut sender) =
        hpke::setup_sender_with_rng::<Aead, Kdf, Kem>(&mode, &public, &context.info(), rng).map_err(refused)?;
    let ciphertext = sender.seal(&hello.to_json(), &[]).map_err(refused)?;
    let mut message = Vec::with_capacity(1 + 32 + ciphertext.len());
    message.push(VERSION);
    message.extend_from_slice(&enc.to_bytes());
    message.extend_from_slice(&ciphertext);
    Ok((message, export(|label, key| sender.export(label, key))))
}

/// The server's half; consumes the offer's key.
pub(super) fn open_hello(
    key: OfferKey,
    message: &[u8],
    psk: &[u8; 32],
    context: &HelloContext,
) -> Result<(Hello, ConnectionKeys), HelloRefused> {
    if !(OVERHEAD..=OVERHEAD + Limits::HELLO_BYTES).contains(&message.len()) {
        return Err(HelloRefused::Length(message.len()));
    }
    let (version, rest) = (message[0], &message[1..]);
    if version != VERSION {
        return Err(HelloRefused::Version(version));
    }
    let (enc, ciphertext) = rest.split_at(32);
    let refused = |_| HelloRefused::NotAuthenticated;
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).map_err(refused)?;
    let mode = OpModeR::Psk(psk_bundle(psk, context));
    let mut receiver =
        hpke::setup_receiver::<Aead, Kdf, Kem>(&mode, &key.private, &enc, &context.info()).map_err(refused)?;
    let plaintext = Zeroizing::new(receiver.open(ciphertext, &[]).map_err(refused)?);
    let hello = Hello::parse(&plaintext)?;
    Ok((hello, export(|label, key| receiver.export(label, key))))
}

fn psk_bundle<'a>(psk: &'a [u8; 32], context: &'a HelloContext) -> PskBundle<'a> {
    PskBundle::new(psk, context.device.as_bytes()).expect("invariant: neither the PSK nor its id is empty")
}

/// `attune v1 c2s` and `attune v1 s2c`, 32 bytes each, from an HPKE context.
fn export(exporter: impl Fn(&[u8], &mut [u8]) -> Result<(), hpke::HpkeError>) -> ConnectionKeys {
    let mut keys = ConnectionKeys {
        c2s: [0; 32],
        s2c: [0; 32],
    };
    exporter(b"attune v1 c2s", &mut keys.c2s).expect("invariant: 32 bytes are not too many to export");
    exporter(b"attune v1 s2c", &mut keys.s2c).expect("invariant: 32 bytes are not too many to export");
    keys
}
