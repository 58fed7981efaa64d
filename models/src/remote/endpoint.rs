//! Where a remote recognizer is, what it speaks, and the key to it.

use reqwest::Url;
use secrecy::SecretString;
use std::time::Duration;

/// How long an answer is waited for where nothing else is set. A final is due 1.5 s after the speech: what is later than
/// this would be there sooner from a recognizer of this machine.
const TIMEOUT: Duration = Duration::from_secs(4);

/// What the person who runs the server said of the remote recognizer.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    /// Where it is.
    pub endpoint: Endpoint,
    /// What it asks for before it listens; never written anywhere.
    pub key: Option<SecretString>,
    /// Which of its models; none for the usual one of its kind.
    pub model: Option<String>,
    /// How long an answer to one segment is waited for, at most.
    pub timeout: Duration,
}

impl RemoteSettings {
    /// The usual settings for a server.
    pub fn at(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            key: None,
            model: None,
            timeout: TIMEOUT,
        }
    }

    /// The model that is asked for.
    pub(super) fn model(&self) -> &str {
        self.model.as_deref().unwrap_or(match self.endpoint.protocol {
            Protocol::OpenAi => "whisper-1",
            Protocol::AssemblyAi => "universal-streaming-english",
        })
    }
}

/// The base address of a remote recognizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) protocol: Protocol,
    base: Url,
    host: String,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `POST {base}/audio/transcriptions`, as OpenAI, vLLM, speaches and whisper.cpp's server answer it.
    OpenAi,
    /// AssemblyAI's streaming socket, version 3: `{base}/ws`.
    AssemblyAi,
}

/// The address names no recognizer. It is not repeated: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is no address, or of something else.
    #[error("write http://, https:// (OpenAI-compatible) or wss:// (AssemblyAI) and a host")]
    NotAnAddress,
    /// A password or a key in it would end up in logs.
    #[error("leave name, password and query out of it; the key has a setting of its own")]
    HoldsASecret,
}

impl std::str::FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let base = Url::parse(text.trim()).map_err(|_| EndpointError::NotAnAddress)?;
        let protocol = match base.scheme() {
            "http" | "https" => Protocol::OpenAi,
            "ws" | "wss" => Protocol::AssemblyAi,
            _ => return Err(EndpointError::NotAnAddress),
        };
        let name = base.host_str().ok_or(EndpointError::NotAnAddress)?;
        if !base.username().is_empty()
            || base.password().is_some()
            || base.query().is_some()
            || base.fragment().is_some()
        {
            return Err(EndpointError::HoldsASecret);
        }
        let host = base
            .port()
            .map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self { protocol, base, host })
    }
}

impl Endpoint {
    /// Host, and port where it is not the usual one: what a person is told of where audio goes.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Nobody on the way can listen.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.base.scheme(), "https" | "wss")
    }

    /// What is spoken there, as a transcript names it.
    pub(super) const fn version(&self) -> &'static str {
        match self.protocol {
            Protocol::OpenAi => "openai",
            Protocol::AssemblyAi => "assemblyai-v3",
        }
    }

    /// `{base}/{path}`, whether or not the base ends with a slash.
    pub(super) fn join(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let all = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&all);
        url
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_what_is_spoken_and_whether_anybody_can_listen() {
        let table = [
            ("https://api.openai.com/v1", Protocol::OpenAi, "api.openai.com", true),
            ("http://gpu.local:8000/v1/", Protocol::OpenAi, "gpu.local:8000", false),
            (
                "wss://streaming.assemblyai.com/v3",
                Protocol::AssemblyAi,
                "streaming.assemblyai.com",
                true,
            ),
            ("ws://127.0.0.1:9/v3", Protocol::AssemblyAi, "127.0.0.1:9", false),
        ];
        for (text, protocol, host, encrypted) in table {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(
                (endpoint.protocol, endpoint.host(), endpoint.is_encrypted()),
                (protocol, host, encrypted),
                "{text}"
            );
        }
    }

    #[test]
    fn paths_are_put_behind_the_base_with_one_slash() {
        for base in ["https://a.example/v1", "https://a.example/v1/"] {
            let endpoint: Endpoint = base.parse().unwrap();
            assert_eq!(
                endpoint.join("audio/transcriptions").as_str(),
                "https://a.example/v1/audio/transcriptions"
            );
        }
    }

    #[test]
    fn an_address_that_holds_a_secret_is_refused_without_repeating_it() {
        for text in [
            "https://me:hunter2@a.example/v1",
            "https://hunter2@a.example/v1",
            "wss://a.example/v3?token=hunter2",
            "https://a.example/v1#hunter2",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert_eq!(error, EndpointError::HoldsASecret);
            assert!(!error.to_string().contains("hunter2"));
        }
        for text in [
            "",
            "api.openai.com",
            "ftp://a.example",
            "file:///etc/passwd",
            "https://",
        ] {
            assert_eq!(text.parse::<Endpoint>(), Err(EndpointError::NotAnAddress), "{text}");
        }
    }
}
