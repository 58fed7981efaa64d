//! Who else may vouch for a person: what a server is told of each provider, and what that means.

use super::ConfigError;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody else who may vouch for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Google.
    Google,
    /// Microsoft, of work, school or one's own.
    Microsoft,
    /// Apple.
    Apple,
    /// Meta: an account of Facebook.
    Meta,
    /// GitHub.
    Github,
    /// Any other provider that speaks OpenID Connect: an organisation's own.
    Oidc,
}

impl Provider {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::Google,
        Self::Microsoft,
        Self::Apple,
        Self::Meta,
        Self::Github,
        Self::Oidc,
    ];

    /// As it stands in addresses, settings and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::Apple => "apple",
            Self::Meta => "meta",
            Self::Github => "github",
            Self::Oidc => "oidc",
        }
    }

    /// Reads what [`Provider::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text)
    }

    const fn usual_name(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Microsoft => "Microsoft",
            Self::Apple => "Apple",
            Self::Meta => "Facebook",
            Self::Github => "GitHub",
            Self::Oidc => "your organisation",
        }
    }

    const fn usual_issuer(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("https://accounts.google.com"),
            Self::Microsoft => Some("https://login.microsoftonline.com/common/v2.0"),
            Self::Apple => Some("https://appleid.apple.com"),
            Self::Meta | Self::Github | Self::Oidc => None,
        }
    }

    /// Where those are reached that speak OAuth 2 and no OpenID Connect: to agree, to have a code exchanged, to ask who it is.
    const fn usual_endpoints(self) -> Option<[&'static str; 3]> {
        match self {
            // Without a version in it: Meta retires each of them after two years.
            Self::Meta => Some([
                "https://www.facebook.com/dialog/oauth",
                "https://graph.facebook.com/oauth/access_token",
                "https://graph.facebook.com/me?fields=id",
            ]),
            Self::Github => Some([
                "https://github.com/login/oauth/authorize",
                "https://github.com/login/oauth/access_token",
                "https://api.github.com/user",
            ]),
            Self::Google | Self::Microsoft | Self::Apple | Self::Oidc => None,
        }
    }
}

/// What a person may write of each provider: the tables `sign_in.google` and so on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInSettings {
    /// Google.
    pub google: ProviderSettings,
    /// Microsoft.
    pub microsoft: ProviderSettings,
    /// Apple.
    pub apple: ProviderSettings,
    /// Meta.
    pub meta: ProviderSettings,
    /// GitHub.
    pub github: ProviderSettings,
    /// Any other.
    pub oidc: ProviderSettings,
}

/// What a person may write of one provider. Without a client id it is not offered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderSettings {
    /// What the provider calls us.
    pub client_id: Option<String>,
    /// What proves to it that it is us.
    pub client_secret: Option<SecretString>,
    /// What its button says: "Continue with …".
    pub name: Option<String>,
    /// Who signs its ID tokens, where that is not the usual one; of an organisation's own, always.
    pub issuer: Option<String>,
    /// Where people agree, for Meta and GitHub.
    pub authorize_url: Option<String>,
    /// Where a code is exchanged, for Meta and GitHub.
    pub token_url: Option<String>,
    /// Where it says who somebody is, for Meta and GitHub.
    pub user_url: Option<String>,
    /// Apple: the team that the key belongs to. With the two that follow it stands for the client's secret.
    pub team_id: Option<String>,
    /// Apple: the key's id.
    pub key_id: Option<String>,
    /// Apple: the key, as the `.p8` file that Apple gives out.
    pub private_key: Option<SecretString>,
}

/// The fields of [`ProviderSettings`], as they end a variable's name.
const FIELDS: [&str; 10] = [
    "client_id",
    "client_secret",
    "name",
    "issuer",
    "authorize_url",
    "token_url",
    "user_url",
    "team_id",
    "key_id",
    "private_key",
];

/// The setting that `sign_in_google_client_id` and its like name.
pub(super) fn setting_of(name: &str) -> Option<String> {
    let (provider, field) = name.strip_prefix("sign_in_")?.split_once('_')?;
    let provider = Provider::parse(provider)?.as_str();
    FIELDS.contains(&field).then(|| format!("sign_in.{provider}.{field}"))
}

/// A provider that is offered.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Which.
    pub provider: Provider,
    /// What people call it.
    pub name: String,
    /// What it calls us.
    pub client_id: String,
    /// What proves to it that it is us.
    pub secret: ClientSecret,
    /// How it is spoken to.
    pub speaks: Speaks,
}

/// What proves to a provider that it is us.
#[derive(Debug, Clone)]
pub enum ClientSecret {
    /// Words that both know.
    Shared(SecretString),
    /// A statement that we sign each time, as Apple wants it.
    Signed {
        /// The team that the key belongs to.
        team_id: String,
        /// The key's id.
        key_id: String,
        /// The key: PKCS #8 in PEM.
        private_key: SecretString,
    },
}

/// How a provider is spoken to.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a process has six of them")]
pub enum Speaks {
    /// OpenID Connect: the rest stands below the issuer, in its own words.
    OpenId {
        /// Who signs its ID tokens, to the letter.
        issuer: String,
    },
    /// OAuth 2 and a user endpoint.
    OAuth2 {
        /// Where people agree.
        authorize: Url,
        /// Where a code is exchanged.
        token: Url,
        /// Where it says who somebody is.
        user: Url,
    },
}

impl SignInSettings {
    /// The providers that are offered.
    ///
    /// # Errors
    /// [`ConfigError::Provider`] where something is missing or wrong. What was written is not repeated.
    pub fn offered(&self) -> Result<Vec<ProviderConfig>, ConfigError> {
        let of = |provider| match provider {
            Provider::Google => &self.google,
            Provider::Microsoft => &self.microsoft,
            Provider::Apple => &self.apple,
            Provider::Meta => &self.meta,
            Provider::Github => &self.github,
            Provider::Oidc => &self.oidc,
        };
        Provider::ALL
            .into_iter()
            .filter_map(|provider| {
                let config = of(provider).offered(provider)?;
                let provider = provider.as_str();
                Some(config.map_err(|problem| ConfigError::Provider { provider, problem }))
            })
            .collect()
    }
}

impl ProviderSettings {
    fn offered(&self, provider: Provider) -> Option<Result<ProviderConfig, &'static str>> {
        let client_id = set(&self.client_id)?.to_owned();
        let config = || {
            Ok(ProviderConfig {
                provider,
                name: set(&self.name).unwrap_or(provider.usual_name()).to_owned(),
                client_id,
                secret: self.secret()?,
                speaks: self.speaks(provider)?,
            })
        };
        Some(config())
    }

    fn secret(&self) -> Result<ClientSecret, &'static str> {
        let given = |secret: &Option<SecretString>| {
            let secret = secret.as_ref().filter(|secret| !secret.expose_secret().is_empty());
            secret.cloned()
        };
        if let Some(shared) = given(&self.client_secret) {
            return Ok(ClientSecret::Shared(shared));
        }
        match (set(&self.team_id), set(&self.key_id), given(&self.private_key)) {
            (Some(team_id), Some(key_id), Some(private_key)) => Ok(ClientSecret::Signed {
                team_id: team_id.to_owned(),
                key_id: key_id.to_owned(),
                private_key,
            }),
            _ => {
                Err("client_secret is not set, nor are team_id, key_id and private_key, which Apple takes in its place")
            }
        }
    }

    fn speaks(&self, provider: Provider) -> Result<Speaks, &'static str> {
        let Some([authorize, token, user]) = provider.usual_endpoints() else {
            let issuer = set(&self.issuer)
                .or(provider.usual_issuer())
                .ok_or("issuer is not set")?;
            endpoint(issuer).ok_or("issuer is no https:// address")?;
            return Ok(Speaks::OpenId {
                issuer: issuer.to_owned(),
            });
        };
        Ok(Speaks::OAuth2 {
            authorize: endpoint(set(&self.authorize_url).unwrap_or(authorize))
                .ok_or("authorize_url is no https:// address")?,
            token: endpoint(set(&self.token_url).unwrap_or(token)).ok_or("token_url is no https:// address")?,
            user: endpoint(set(&self.user_url).unwrap_or(user)).ok_or("user_url is no https:// address")?,
        })
    }
}

/// Set to nothing is not set.
fn set(setting: &Option<String>) -> Option<&str> {
    setting.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// An address that codes and secrets may be sent to: over TLS, or on this machine.
pub(crate) fn endpoint(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    match url.scheme() {
        "https" => Some(url),
        "http" if matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) => Some(url),
        _ => None,
    }
}
