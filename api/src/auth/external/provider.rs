//! A provider: where people are sent, and how a code becomes what it says of somebody.

use super::Identity;
use super::apple::{KeyError, SigningKey};
use super::attempt::Secrets;
use super::cookie::WayBack;
use super::id_token::{self, Doubt, Expected};
use super::outside::{Outside, ProviderError};
use super::published::Publications;
use crate::auth::Token;
use crate::config::{ClientSecret, Provider, ProviderConfig, Speaks};
use openidconnect::url::form_urlencoded::Serializer;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Why the providers could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no way out.
    #[error("making a client for sign-in providers")]
    Client(#[source] reqwest::Error),
    /// A key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Those who may vouch for a person.
#[derive(Debug)]
pub struct Providers(Vec<External>);

impl Providers {
    /// Makes them ready. None is asked anything yet.
    pub fn open(configs: &[ProviderConfig]) -> Result<Self, OpenError> {
        if configs.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let http = Outside::client().map_err(OpenError::Client)?;
        let open = |config| External::open(config, Outside::new(http.clone(), config.provider.as_str()));
        Ok(Self(configs.iter().map(open).collect::<Result<_, _>>()?))
    }

    /// Which there are, and what people call them.
    pub(crate) fn offered(&self) -> impl Iterator<Item = (Provider, &str)> {
        self.0
            .iter()
            .map(|external| (external.provider, external.label.as_str()))
    }

    /// One of them.
    pub(crate) fn find(&self, provider: Provider) -> Option<&External> {
        self.0.iter().find(|external| external.provider == provider)
    }

    /// The one that vouches for the accounts of an issuer, and what people call it.
    pub(crate) fn speaking_for(&self, iss: &str) -> Option<(Provider, &str)> {
        let external = self.0.iter().find(|external| external.speaks_for(iss))?;
        Some((external.provider, &external.label))
    }
}

/// One of them.
#[derive(Debug)]
pub(crate) struct External {
    provider: Provider,
    label: String,
    client_id: String,
    secret: Secret,
    dialect: Dialect,
    outside: Outside,
}

#[derive(Debug)]
enum Secret {
    Shared(SecretString),
    Signed(SigningKey),
}

#[derive(Debug)]
enum Dialect {
    OpenId(Publications),
    OAuth2 { authorize: Url, token: Url, user: Url },
}

/// What a code was exchanged for, as far as we look at it. GitHub says that it refuses with a 200.
#[derive(Deserialize)]
struct Exchanged {
    access_token: Option<String>,
    id_token: Option<String>,
}

/// Who somebody is, without OpenID Connect. A number, which Meta writes as a string.
#[derive(Deserialize)]
struct User {
    id: UserNumber,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UserNumber {
    Number(u64),
    Text(String),
}

impl External {
    fn open(config: &ProviderConfig, outside: Outside) -> Result<Self, KeyError> {
        let secret = match &config.secret {
            ClientSecret::Shared(secret) => Secret::Shared(secret.clone()),
            ClientSecret::Signed {
                team_id,
                key_id,
                private_key,
            } => Secret::Signed(SigningKey::read(team_id, key_id, private_key)?),
        };
        let dialect = match config.speaks.clone() {
            Speaks::OpenId { issuer } => {
                Dialect::OpenId(Publications::of(&issuer, config.provider == Provider::Microsoft))
            }
            Speaks::OAuth2 { authorize, token, user } => Dialect::OAuth2 { authorize, token, user },
        };
        Ok(Self {
            provider: config.provider,
            label: config.name.clone(),
            client_id: config.client_id.clone(),
            secret,
            dialect,
            outside,
        })
    }

    /// As it stands in addresses and logs.
    pub(super) const fn name(&self) -> &'static str {
        self.provider.as_str()
    }

    /// How it sends people back.
    pub(super) fn way_back(&self) -> WayBack {
        match self.provider {
            Provider::Apple => WayBack::Form,
            _ => WayBack::Address,
        }
    }

    fn speaks_for(&self, iss: &str) -> bool {
        match &self.dialect {
            Dialect::OpenId(publications) => publications.speaks_for(iss),
            Dialect::OAuth2 { authorize, .. } => iss == issuer_of(authorize),
        }
    }

    /// Where somebody is sent who sets out with `state`.
    pub(super) async fn address(
        &self,
        redirect_uri: &str,
        state: &Token,
        secrets: &Secrets,
    ) -> Result<Url, ProviderError> {
        let mut url = match &self.dialect {
            Dialect::OpenId(publications) => publications.document(&self.outside).await?.authorize.clone(),
            Dialect::OAuth2 { authorize, .. } => authorize.clone(),
        };
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", &state.reveal())
            .append_pair("code_challenge", &secrets.challenge())
            .append_pair("code_challenge_method", "S256");
        if let Dialect::OpenId(_) = self.dialect {
            query
                .append_pair("scope", self.scope())
                .append_pair("nonce", &secrets.nonce);
        }
        if self.way_back() == WayBack::Form {
            query.append_pair("response_mode", "form_post");
        }
        drop(query);
        Ok(url)
    }

    /// Who somebody is, and nothing else: no name, no address. Microsoft says who by its profile alone.
    const fn scope(&self) -> &'static str {
        match self.provider {
            Provider::Microsoft => "openid profile",
            _ => "openid",
        }
    }

    /// Whom the provider means with `code`.
    pub(super) async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        secrets: &Secrets,
    ) -> Result<Identity, ProviderError> {
        match &self.dialect {
            Dialect::OpenId(publications) => {
                let published = publications.document(&self.outside).await?;
                let exchanged = self.redeem(&published.token, code, redirect_uri, secrets).await?;
                let text = exchanged
                    .id_token
                    .ok_or(ProviderError::NotProven("there is no ID token"))?;
                let expected = Expected {
                    issuer: &published.issuer,
                    client_id: &self.client_id,
                    nonce: &secrets.nonce,
                    is_microsoft: self.provider == Provider::Microsoft,
                };
                self.believe(publications, &text, expected).await
            }
            Dialect::OAuth2 { authorize, token, user } => {
                let exchanged = self.redeem(token, code, redirect_uri, secrets).await?;
                let access = exchanged
                    .access_token
                    .ok_or(ProviderError::Refused("there is no access token"))?;
                self.ask_who(user, &access, issuer_of(authorize)).await
            }
        }
    }

    async fn redeem(
        &self,
        token: &Url,
        code: &str,
        redirect_uri: &str,
        secrets: &Secrets,
    ) -> Result<Exchanged, ProviderError> {
        let secret = self.client_secret();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", secrets.verifier.as_str()),
            ("client_id", &self.client_id),
            ("client_secret", secret.as_str()),
        ];
        let form = Zeroizing::new(Serializer::new(String::new()).extend_pairs(form).finish());
        let post = |http: &Client| {
            let request = http
                .post(token.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            request.body(form.to_string())
        };
        let answer = self.outside.ask(post).await?;
        answer
            .success()
            .ok_or(ProviderError::Refused("it is used, too old, or not for us"))
    }

    fn client_secret(&self) -> Zeroizing<String> {
        match (&self.secret, &self.dialect) {
            (Secret::Shared(secret), _) => Zeroizing::new(secret.expose_secret().to_owned()),
            (Secret::Signed(key), Dialect::OpenId(publications)) => {
                key.statement(&self.client_id, publications.issuer(), OffsetDateTime::now_utc())
            }
            (Secret::Signed(key), Dialect::OAuth2 { token, .. }) => {
                key.statement(&self.client_id, token.as_str(), OffsetDateTime::now_utc())
            }
        }
    }

    /// Whom an ID token means. A key that is not known yet may be new.
    async fn believe(
        &self,
        publications: &Publications,
        text: &str,
        expected: Expected<'_>,
    ) -> Result<Identity, ProviderError> {
        let keys = publications.keys(&self.outside).await?;
        let read = match id_token::read(text, &keys.keys, expected) {
            Err(Doubt::UnknownKey) => {
                let keys = publications.keys_again(&self.outside).await?;
                id_token::read(text, &keys.keys, expected)
            }
            read => read,
        };
        read.map_err(|doubt| {
            ProviderError::NotProven(match doubt {
                Doubt::UnknownKey => "it is signed by an unknown key",
                Doubt::Because(why) => why,
            })
        })
    }

    async fn ask_who(&self, user: &Url, access: &str, iss: String) -> Result<Identity, ProviderError> {
        let answer = self
            .outside
            .ask(|http| http.get(user.clone()).bearer_auth(access))
            .await?;
        let nobody = || ProviderError::NotProven("it does not say who it is");
        let User { id } = answer.success().ok_or_else(nobody)?;
        let sub = match id {
            UserNumber::Number(number) => number.to_string(),
            UserNumber::Text(text) => text,
        };
        // A name may be given up and taken by somebody else; a number is not.
        if !sub.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(nobody());
        }
        Identity::new(iss, sub).ok_or_else(nobody)
    }
}

/// Who vouches, where no token names an issuer: numbers are unique at the host that gives them out.
fn issuer_of(authorize: &Url) -> String {
    authorize.origin().ascii_serialization()
}
