//! When an ID token is believed: signed by a key of the issuer's with an algorithm that we named, for us, in time, and in answer to
//! the very question that this browser asked.

use super::Identity;
use super::published::{TENANT, tenant_in};
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenClaims, IdTokenVerifier, IssuerUrl,
    JsonWebKey as _, Nonce, SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Signatures with a key pair alone: what is signed with a secret that both know proves nothing about who signed it.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What Microsoft says besides.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct MicrosoftClaims {
    /// The organisation.
    tid: Option<String>,
    /// The person in it; `sub` is another at each client.
    oid: Option<String>,
}

impl AdditionalClaims for MicrosoftClaims {}

type Token = IdToken<MicrosoftClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Claims = IdTokenClaims<MicrosoftClaims, CoreGenderClaim>;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    /// Who signed it; Microsoft's has [`TENANT`] in it.
    pub(super) issuer: &'a str,
    /// For whom.
    pub(super) client_id: &'a str,
    /// In answer to what.
    pub(super) nonce: &'a str,
    /// Whether a person is named by `oid`, in the organisation that stands in the issuer.
    pub(super) is_microsoft: bool,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Signed by a key that is not among those known.
    UnknownKey,
    /// Anything else, in words for the log. What the token said is not repeated.
    Because(&'static str),
}

/// Whom a token means, if it is believed.
pub(super) fn read(text: &str, keys: &[Value], expected: Expected<'_>) -> Result<Identity, Doubt> {
    let token: Token = text.parse().map_err(|_| Doubt::Because("it is no ID token"))?;
    let key_set: CoreJsonWebKeySet =
        serde_json::from_value(json!({ "keys": keys })).map_err(|_| Doubt::Because("the keys cannot be read"))?;
    let is_template = expected.issuer.contains(TENANT);
    let issuer = IssuerUrl::new(expected.issuer.to_owned()).map_err(|_| Doubt::Because("the issuer is no address"))?;
    let verifier = IdTokenVerifier::new_public_client(ClientId::new(expected.client_id.to_owned()), issuer, key_set)
        .set_allowed_algs(ALGORITHMS)
        .require_issuer_match(!is_template);
    let claims = token
        .claims(&verifier, &Nonce::new(expected.nonce.to_owned()))
        .map_err(|error| doubt_of(&error))?;
    let iss = claims.issuer().as_str();
    if is_template {
        check_tenant(expected.issuer, iss, claims)?;
        let key = token.signing_key(&verifier).map_err(|_| Doubt::UnknownKey)?;
        if !may_sign_for(keys, key, iss) {
            return Err(Doubt::Because("it is signed by a key of another issuer"));
        }
    }
    let sub = match expected.is_microsoft {
        true => claims.additional_claims().oid.as_deref(),
        false => Some(claims.subject().as_str()),
    };
    sub.and_then(|sub| Identity::new(iss.to_owned(), sub.to_owned()))
        .ok_or(Doubt::Because("it names nobody"))
}

/// The issuer is the template with the organisation in it that the token names.
fn check_tenant(template: &str, iss: &str, claims: &Claims) -> Result<(), Doubt> {
    let tenant = tenant_in(template, iss).filter(|tenant| tenant.parse::<Uuid>().is_ok());
    match tenant {
        Some(tenant) if claims.additional_claims().tid.as_deref() == Some(tenant) => Ok(()),
        _ => Err(Doubt::Because("it is of another issuer")),
    }
}

/// Microsoft says of each key whose tokens it signs, if not everybody's.
fn may_sign_for(keys: &[Value], key: &CoreJsonWebKey, iss: &str) -> bool {
    let id = key.key_id().map(|id| id.as_str());
    keys.iter()
        .filter(|known| known["kid"].as_str() == id)
        .filter_map(|known| known["issuer"].as_str())
        .all(|issuer| issuer == iss || tenant_in(issuer, iss).is_some())
}

fn doubt_of(error: &ClaimsVerificationError) -> Doubt {
    use ClaimsVerificationError as Error;
    match error {
        Error::SignatureVerification(SignatureVerificationError::NoMatchingKey) => Doubt::UnknownKey,
        Error::SignatureVerification(SignatureVerificationError::NoSignature) => Doubt::Because("it is not signed"),
        Error::SignatureVerification(SignatureVerificationError::DisallowedAlg(_)) => {
            Doubt::Because("it is signed in a way that we do not accept")
        }
        Error::SignatureVerification(_) => Doubt::Because("its signature does not hold"),
        Error::Expired(_) => Doubt::Because("it is too old"),
        Error::InvalidAudience(_) => Doubt::Because("it is for somebody else"),
        Error::InvalidIssuer(_) => Doubt::Because("it is of another issuer"),
        Error::InvalidNonce(_) => Doubt::Because("it answers another question"),
        _ => Doubt::Because("it cannot be used"),
    }
}
