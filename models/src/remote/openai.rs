//! An OpenAI-compatible transcription server: one segment is one `POST {base}/audio/transcriptions`, a WAV file in a form.
//! OpenAI, vLLM, speaches, LocalAI and whisper.cpp's own server answer it, each with a little more or less.

mod transcript;

use super::endpoint::RemoteSettings;
use super::failure::RemoteFailure;
use super::line::LineError;
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::recognize::{Recognition, Speech};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// The largest answer that is read. Half a minute of speech is about 100 words; with times, tokens and scores that is
/// some 40 kB.
const LARGEST_BYTES: usize = 1024 * 1024;

/// A connection that nobody used for so long is likelier closed by the other side than of use.
const IDLE_FOR: Duration = Duration::from_secs(30);

/// The server.
pub(super) struct OpenAi {
    http: Client,
    transcriptions: Url,
    models: Url,
    model: String,
}

impl OpenAi {
    pub(super) fn new(settings: &RemoteSettings) -> Result<Self, LineError> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &settings.key {
            headers.insert(AUTHORIZATION, bearer(key)?);
        }
        let http = Client::builder()
            .default_headers(headers)
            .pool_idle_timeout(IDLE_FOR)
            // Audio goes to the address that was named, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("attune/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| LineError::Client)?;
        Ok(Self {
            http,
            transcriptions: settings.endpoint.join("audio/transcriptions"),
            models: settings.endpoint.join("models"),
            model: settings.model().to_owned(),
        })
    }

    pub(super) async fn transcribe(&self, speech: &Speech<'_>) -> Result<Recognition, RemoteFailure> {
        let audio = Part::bytes(wav(speech.samples))
            .file_name("speech.wav")
            .mime_str("audio/wav")?;
        let mut form = Form::new()
            .part("file", audio)
            .text("model", self.model.clone())
            .text("language", "en")
            .text("temperature", "0")
            .text("response_format", "verbose_json")
            .text("timestamp_granularities[]", "word")
            // With these come the log-probabilities.
            .text("timestamp_granularities[]", "segment");
        if !speech.prompt.is_empty() {
            form = form.text("prompt", speech.prompt.to_owned());
        }
        let response = self
            .http
            .post(self.transcriptions.clone())
            .multipart(form)
            .send()
            .await?;
        if !response.status().is_success() {
            return Err(RemoteFailure::Refused(response.status().as_u16()));
        }
        let body = whole(response).await?;
        transcript::parse(&body, speech.samples).ok_or(RemoteFailure::Malformed)
    }

    /// Asks for the list of models, which costs nothing and takes the same key. A server without one is there all the same.
    pub(super) async fn reach(&self) -> Result<(), RemoteFailure> {
        let status = self.http.get(self.models.clone()).send().await?.status().as_u16();
        match status {
            401 | 403 | 500.. => Err(RemoteFailure::Refused(status)),
            _ => Ok(()),
        }
    }
}

fn bearer(key: &SecretString) -> Result<HeaderValue, LineError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).map_err(|_| LineError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The body, unless it is larger than any transcript.
async fn whole(mut response: Response) -> Result<Vec<u8>, RemoteFailure> {
    let too_large = RemoteFailure::TooLarge(LARGEST_BYTES);
    if response
        .content_length()
        .is_some_and(|length| length > LARGEST_BYTES as u64)
    {
        return Err(too_large);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST_BYTES {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A WAV file of 16 kHz mono, 16 bits.
fn wav(samples: &[i16]) -> Vec<u8> {
    const HEADER_BYTES: u32 = 44;
    let data_bytes = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity((HEADER_BYTES + data_bytes) as usize);
    file.extend(b"RIFF");
    file.extend((HEADER_BYTES - 8 + data_bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes()); // whole numbers
    file.extend(1_u16.to_le_bytes()); // one channel
    file.extend(SAMPLE_RATE_HZ.to_le_bytes());
    file.extend((SAMPLE_RATE_HZ * 2).to_le_bytes()); // bytes a second
    file.extend(2_u16.to_le_bytes()); // bytes of a sample
    file.extend(16_u16.to_le_bytes()); // bits of it
    file.extend(b"data");
    file.extend(data_bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
