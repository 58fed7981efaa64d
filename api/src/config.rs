//! What a server is told before it starts: a file, then the environment, each setting typed and none a secret by default.

mod providers;
mod role;

pub(crate) use providers::endpoint;
pub use providers::{ClientSecret, Provider, ProviderConfig, ProviderSettings, SignInSettings, Speaks};
pub use role::Role;

use crate::audio::{AudioPlace, KEPT_FOR, KeptAudio};
use attune_ingest::hearing::Hearing;
use attune_ingest::room::Room;
use attune_models::remote::{EndpointError, RemoteSettings};
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The port served where none is named: free on a fresh machine, and easy to remember.
pub const DEFAULT_PORT: u16 = 4680;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Ten years: what is kept for longer is an archive, and not this.
const MOST_AUDIO_DAYS: u32 = 3_650;

/// Everything `server::start` needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where Prometheus may scrape; nowhere unless it is named. Whoever reaches it reads it: a loopback or private address.
    pub metrics_listen: Option<SocketAddr>,
    /// The address people reach it at, such as `https://attune.example`; none on one machine, where it is the socket's.
    pub public_url: Option<String>,
    /// Other origins whose scripts may open a socket here, such as `chrome-extension://<id>`.
    pub allowed_origins: Vec<String>,
    /// The file with the root key; made on first start. Losing it loses everything.
    pub root_key_file: PathBuf,
    /// How each role reaches its database.
    pub databases: Databases,
    /// What a client may take.
    pub limits: Limits,
    /// What listens; none on a node where nobody captures.
    pub hearing: Option<Arc<Hearing>>,
    /// Audio that people choose to keep.
    pub audio: KeptAudio,
    /// The host that speech is sent to where it may leave this machine; none where it never does.
    pub recognizer_elsewhere: Option<String>,
    /// Share of nudges left out by lot, 0 to 1, to learn whether they change anything.
    pub nudge_hold_out: f64,
    /// Who else may vouch for people who sign in.
    pub providers: Vec<ProviderConfig>,
    /// What this node does of what a server does.
    pub role: Role,
    /// Where nodes meet; none for a node that is alone.
    pub redis_url: Option<SecretString>,
    /// The server is one that is measured: it keeps digests of frames, and hears nobody.
    pub sink: bool,
    /// Proxies that say where a request comes from, in `X-Forwarded-For`. Nobody else is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How mail leaves; none for a server that sends none.
    pub mail: Option<MailSettings>,
    /// Whether anybody may make an account.
    pub sign_up: bool,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `smtps://user:password@host`, or `smtp://…?tls=required`.
    pub smtp_url: SecretString,
    /// Whom it is from: `Attune <attune@example.com>`.
    pub from: String,
}

/// A fifth: enough to compare with, and most is shown (measures.md, governor).
const NUDGE_HOLD_OUT: f64 = 0.2;

impl Config {
    /// A server on one machine: everything under `data`, the databases of a private cluster.
    pub fn on_this_machine(data: &Path, databases: Databases) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            metrics_listen: None,
            public_url: None,
            allowed_origins: Vec::new(),
            root_key_file: data.join("root.key"),
            databases,
            limits: Limits::default(),
            hearing: None,
            audio: KeptAudio {
                place: AudioPlace::Folder(data.join("audio")),
                kept_for: KEPT_FOR,
            },
            recognizer_elsewhere: None,
            nudge_hold_out: NUDGE_HOLD_OUT,
            providers: Vec::new(),
            role: Role::default(),
            redis_url: None,
            sink: false,
            trusted_proxies: Vec::new(),
            mail: None,
            sign_up: false,
        }
    }
}

/// How each role reaches its database. The owner's are used for migrations, and are absent where someone else runs them.
#[derive(Debug, Clone)]
pub struct Databases {
    /// `attune_app` on the data.
    pub app: PgConnectOptions,
    /// `attune_worker` on the data.
    pub worker: PgConnectOptions,
    /// `attune_keys` on the key store.
    pub keys: PgConnectOptions,
    /// `attune_owner` on the data.
    pub owner: Option<PgConnectOptions>,
    /// `attune_owner` on the key store.
    pub keys_owner: Option<PgConnectOptions>,
}

/// What the two databases of one installation are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseNames {
    /// Everything but keys.
    pub data: String,
    /// The key store.
    pub keys: String,
}

impl Default for DatabaseNames {
    fn default() -> Self {
        Self {
            data: crate::cluster::DATABASE.into(),
            keys: crate::cluster::KEYS_DATABASE.into(),
        }
    }
}

impl Databases {
    /// Those of a private cluster that trusts its socket; `server` says how to reach it, as any role.
    pub fn private(server: &PgConnectOptions, names: &DatabaseNames) -> Self {
        let reach = |role: &str, database: &str| server.clone().username(role).database(database);
        Self {
            app: reach("attune_app", &names.data),
            worker: reach("attune_worker", &names.data),
            keys: reach("attune_keys", &names.keys),
            owner: Some(reach("attune_owner", &names.data)),
            keys_owner: Some(reach("attune_owner", &names.keys)),
        }
    }
}

/// What a client may take before it is refused.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sockets open at once. More wait in the kernel's queue.
    pub connections: usize,
    /// How long a client may take to send a request's head: a half-open socket dies after it.
    pub header_read_timeout: Duration,
    /// How long a request may take until its answer begins.
    pub request_timeout: Duration,
    /// The largest body of a request.
    pub body_bytes: usize,
    /// How long requests under way have to finish once the server is told to stop.
    pub drain: Duration,
    /// Connections to the database, each pool.
    pub database_connections: u32,
    /// Bytes of sound that live meetings may hold undecided, over all connections of this node; one organisation may take half.
    pub undecided_audio_bytes: u64,
    /// Requests of one organisation's people in a minute, over all nodes.
    pub requests_per_minute: u32,
    /// Tries to prove who one is that come from one place in a quarter of an hour, over all nodes.
    pub sign_in_tries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // 5,000 live sockets are the goal of one node; the rest are pages and REST.
            connections: 8_192,
            header_read_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            // The largest real body is a meeting's title and type.
            body_bytes: 64 * 1024,
            drain: Duration::from_secs(10),
            database_connections: 16,
            undecided_audio_bytes: Room::BYTES,
            // A page that loads asks ten times, a connection that opens once.
            requests_per_minute: 1_000,
            // A house of people behind one address gets in; a list of passwords does not.
            sign_in_tries: 100,
        }
    }
}

/// Why the settings could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or variable does not say what it should.
    #[error("reading the settings")]
    Unreadable(#[source] Box<config::ConfigError>),
    /// A variable of ours holds bytes that are no text.
    #[error("{0} is not text")]
    NotText(String),
    /// A database's address is not one.
    #[error("reading the database address in {name}")]
    Database {
        /// The setting.
        name: &'static str,
        /// What is wrong with it.
        #[source]
        source: sqlx::Error,
    },
    /// The address of the remote recognizer is not one. It is not repeated: it may hold a secret.
    #[error("reading the address of the remote recognizer in stt_base_url")]
    Recognizer(#[source] EndpointError),
    /// What is said of a provider is not enough, or not right. It is not repeated: it may hold a secret.
    #[error("reading how people sign in with {provider}: {problem}")]
    Provider {
        /// Which.
        provider: &'static str,
        /// What is missing or wrong.
        problem: &'static str,
    },
    /// Some databases are named, and others are not.
    #[error("{missing} is not set, though database_url is: name every database, or none for a private cluster")]
    Incomplete {
        /// The first setting that is missing.
        missing: &'static str,
    },
    /// There is a server for mail, and nobody whom it is from.
    #[error("mail_from is not set, though smtp_url is: say whom mail is from, such as `Attune <attune@example.com>`")]
    NoSender,
}

/// What a person may write: `attune.toml`, or the same names in upper case after `ATTUNE_`. `DATABASE_URL` and `REDIS_URL` are
/// also understood without the prefix, and so are the `STT_…` of the remote recognizer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// See [`Config::listen`].
    pub listen: Option<SocketAddr>,
    /// See [`Config::metrics_listen`].
    pub metrics_listen: Option<SocketAddr>,
    /// See [`Config::public_url`].
    pub public_url: Option<String>,
    /// See [`Config::allowed_origins`].
    pub allowed_origins: Vec<String>,
    /// See [`Config::root_key_file`].
    pub root_key_file: Option<PathBuf>,
    /// `attune_app` on the data. With none, a private cluster is started.
    pub database_url: Option<String>,
    /// `attune_worker` on the data.
    pub worker_database_url: Option<String>,
    /// `attune_keys` on the key store.
    pub keys_database_url: Option<String>,
    /// `attune_owner` on the data, for migrations.
    pub owner_database_url: Option<String>,
    /// `attune_owner` on the key store, for migrations.
    pub keys_owner_database_url: Option<String>,
    /// A recognizer elsewhere: `https://…/v1` of an OpenAI-compatible server, or `wss://streaming.assemblyai.com/v3`. With
    /// none, no audio ever leaves; with one, only where a person and their organisation allow it.
    pub stt_base_url: Option<String>,
    /// What it asks for.
    pub stt_api_key: Option<SecretString>,
    /// Which of its models.
    pub stt_model: Option<String>,
    /// How long an answer to one segment is waited for.
    pub stt_timeout_s: Option<u64>,
    /// Whether the others' voices are told apart within a meeting, where the model for it is installed; yes if not set.
    pub voices: Option<bool>,
    /// See [`KeptAudio::place`]: a folder, or `s3://bucket/prefix`.
    pub audio_store: Option<String>,
    /// See [`KeptAudio::kept_for`]; 1 to 3650.
    pub audio_days: Option<u32>,
    /// See [`Config::nudge_hold_out`]; 0 to 1.
    pub nudge_hold_out: Option<f64>,
    /// See [`Config::providers`]; a variable is `ATTUNE_SIGN_IN_GOOGLE_CLIENT_ID` and the like.
    pub sign_in: SignInSettings,
    /// See [`Config::role`].
    pub role: Option<Role>,
    /// See [`Config::redis_url`]: `redis://`, `rediss://` or `redis+unix://`.
    pub redis_url: Option<SecretString>,
    /// See [`Limits::undecided_audio_bytes`], in MiB.
    pub undecided_audio_mib: Option<NonZeroU32>,
    /// See [`Limits::requests_per_minute`].
    pub requests_per_minute: Option<NonZeroU32>,
    /// See [`Config::sink`].
    pub sink: bool,
    /// See [`Config::trusted_proxies`]: networks, such as `10.0.0.0/8` or `192.0.2.7/32`.
    pub trusted_proxies: Vec<IpNet>,
    /// See [`MailSettings::smtp_url`].
    pub smtp_url: Option<SecretString>,
    /// See [`MailSettings::from`].
    pub mail_from: Option<String>,
    /// See [`Config::sign_up`].
    pub sign_up: bool,
}

impl Settings {
    /// Reads `file` if it is there, then the variables in `environment`, which win.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut settings = config::Config::builder();
        if let Some(file) = file {
            settings = settings.add_source(
                config::File::from(file)
                    .format(config::FileFormat::Toml)
                    .required(false),
            );
        }
        for (name, value) in environment {
            let Some((name, known)) = name.to_str().and_then(|name| Some((name, setting_of(name)?))) else {
                continue;
            };
            let value = value.into_string().map_err(|_| ConfigError::NotText(name.to_owned()))?;
            let value = match known.as_str() {
                "allowed_origins" | "trusted_proxies" => value
                    .split(',')
                    .map(str::trim)
                    .map(config::Value::from)
                    .collect::<Vec<_>>()
                    .into(),
                _ => config::Value::from(value),
            };
            settings = settings.set_override(known, value).map_err(unreadable)?;
        }
        settings
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(unreadable)
    }

    /// The databases that are named, or none for a private cluster.
    pub fn databases(&self) -> Result<Option<Databases>, ConfigError> {
        let Some(app) = parse("database_url", self.database_url.as_deref())? else {
            return Ok(None);
        };
        let required =
            |name, url: &Option<String>| parse(name, url.as_deref())?.ok_or(ConfigError::Incomplete { missing: name });
        Ok(Some(Databases {
            app,
            worker: required("worker_database_url", &self.worker_database_url)?,
            keys: required("keys_database_url", &self.keys_database_url)?,
            owner: parse("owner_database_url", self.owner_database_url.as_deref())?,
            keys_owner: parse("keys_owner_database_url", self.keys_owner_database_url.as_deref())?,
        }))
    }

    /// Whether the others' voices may be told apart.
    pub fn tells_voices(&self) -> bool {
        self.voices.unwrap_or(true)
    }

    /// The recognizer elsewhere, where one is named.
    pub fn remote(&self) -> Result<Option<RemoteSettings>, ConfigError> {
        let Some(address) = self.stt_base_url.as_deref().filter(|address| !address.is_empty()) else {
            return Ok(None);
        };
        let server = RemoteSettings::at(address.parse().map_err(ConfigError::Recognizer)?);
        Ok(Some(RemoteSettings {
            key: self.stt_api_key.clone(),
            model: self.stt_model.clone(),
            timeout: self.stt_timeout_s.map_or(server.timeout, Duration::from_secs),
            ..server
        }))
    }

    /// How mail leaves, where it does.
    pub fn mail(&self) -> Result<Option<MailSettings>, ConfigError> {
        let url = self.smtp_url.as_ref().filter(|url| !url.expose_secret().is_empty());
        let settings = url.map(|url| {
            Ok(MailSettings {
                smtp_url: url.clone(),
                from: self.mail_from.clone().ok_or(ConfigError::NoSender)?,
            })
        });
        settings.transpose()
    }

    /// What `start` needs: these settings over those of one machine with its data in `data`.
    pub fn over(self, data: &Path, databases: Databases) -> Config {
        let machine = Config::on_this_machine(data, databases);
        let audio = KeptAudio {
            place: self.audio_store.map_or(machine.audio.place, |place| {
                let Ok(place) = place.parse();
                place
            }),
            kept_for: self
                .audio_days
                .map_or(machine.audio.kept_for, |days| DAY * days.clamp(1, MOST_AUDIO_DAYS)),
        };
        Config {
            listen: self.listen.unwrap_or(machine.listen),
            metrics_listen: self.metrics_listen,
            public_url: self.public_url,
            allowed_origins: self.allowed_origins,
            root_key_file: self.root_key_file.unwrap_or(machine.root_key_file),
            audio,
            sink: self.sink,
            trusted_proxies: self.trusted_proxies,
            sign_up: self.sign_up,
            nudge_hold_out: self
                .nudge_hold_out
                .map_or(machine.nudge_hold_out, |share| share.clamp(0.0, 1.0)),
            role: self.role.unwrap_or(machine.role),
            // Set to nothing is not set.
            redis_url: self.redis_url.filter(|url| !url.expose_secret().is_empty()),
            limits: Limits {
                undecided_audio_bytes: self
                    .undecided_audio_mib
                    .map_or(machine.limits.undecided_audio_bytes, |mib| {
                        u64::from(mib.get()) * 1024 * 1024
                    }),
                requests_per_minute: self
                    .requests_per_minute
                    .map_or(machine.limits.requests_per_minute, NonZeroU32::get),
                ..machine.limits
            },
            ..machine
        }
    }
}

/// The names of `Settings`, so that a variable of the same prefix that is none of ours (`ATTUNE_MODELS`) is left alone.
const SETTINGS: [&str; 27] = [
    "listen",
    "metrics_listen",
    "public_url",
    "allowed_origins",
    "root_key_file",
    "database_url",
    "worker_database_url",
    "keys_database_url",
    "owner_database_url",
    "keys_owner_database_url",
    "stt_base_url",
    "stt_api_key",
    "stt_model",
    "stt_timeout_s",
    "audio_store",
    "audio_days",
    "voices",
    "nudge_hold_out",
    "role",
    "redis_url",
    "undecided_audio_mib",
    "requests_per_minute",
    "sink",
    "trusted_proxies",
    "smtp_url",
    "mail_from",
    "sign_up",
];

/// The setting that a variable of the environment sets, if it is one of ours.
fn setting_of(variable: &str) -> Option<String> {
    match variable {
        "DATABASE_URL" | "REDIS_URL" => Some(variable.to_lowercase()),
        _ => {
            let without_prefix = variable.strip_prefix("ATTUNE_");
            let name = match without_prefix {
                Some(name) => name.to_lowercase(),
                None if variable.starts_with("STT_") => variable.to_lowercase(),
                None => return None,
            };
            match SETTINGS.contains(&name.as_str()) {
                true => Some(name),
                false => providers::setting_of(&name),
            }
        }
    }
}

fn parse(name: &'static str, url: Option<&str>) -> Result<Option<PgConnectOptions>, ConfigError> {
    url.map(|url| url.parse().map_err(|source| ConfigError::Database { name, source }))
        .transpose()
}

fn unreadable(error: config::ConfigError) -> ConfigError {
    ConfigError::Unreadable(Box::new(error))
}

#[cfg(test)]
mod tests;
