//! AssemblyAI's streaming socket, version 3 (`{base}/ws`): `Begin`, then audio in, `Turn`s out, `Terminate`, `Termination`.
//!
//! Each segment has a socket of its own. One that is kept would know what was said before, perhaps by somebody else, and
//! turns there follow from each other; it would also be paid for while nobody speaks. The price is a handshake a segment.
//! A whole segment is sent at once: the service takes minutes of audio ahead of real time.

mod turns;

use super::endpoint::RemoteSettings;
use super::failure::RemoteFailure;
use super::line::LineError;
use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_engine::recognize::Recognition;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use turns::{FromServer, Turns};

/// Audio in one message: between 50 ms and 1 s, says the protocol.
const CHUNK_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 2;

/// Less than this is refused ("Input Duration Violation"), so the last message is filled up with silence.
const SHORTEST_CHUNK_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 20;

/// The largest message that is read: a turn of half a minute is about 100 words of 100 bytes each.
const LARGEST_MESSAGE_BYTES: usize = 256 * 1024;

/// The most that is read in all: turns come anew with every word.
const LARGEST_BYTES: usize = 8 * 1024 * 1024;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The service.
pub(super) struct AssemblyAi {
    url: Url,
    key: Option<HeaderValue>,
}

impl AssemblyAi {
    pub(super) fn new(settings: &RemoteSettings) -> Result<Self, LineError> {
        let mut url = settings.endpoint.join("ws");
        url.query_pairs_mut()
            .append_pair("sample_rate", &SAMPLE_RATE_HZ.to_string())
            .append_pair("encoding", "pcm_s16le")
            .append_pair("speech_model", settings.model())
            // Punctuation and capitals, in a second message at the end of a turn.
            .append_pair("format_turns", "true");
        let key = settings.key.as_ref().map(|key| {
            let mut value = HeaderValue::from_str(key.expose_secret()).map_err(|_| LineError::Key)?;
            value.set_sensitive(true);
            Ok(value)
        });
        Ok(Self {
            url,
            key: key.transpose()?,
        })
    }

    pub(super) async fn transcribe(&self, samples: &[i16]) -> Result<Recognition, RemoteFailure> {
        let (mut sink, mut stream) = self.connect().await?.split();
        let mut read_bytes = 0;
        // Nothing is said before the service has taken the key.
        begun(&mut stream, &mut read_bytes).await?;
        let ((), turns) = tokio::try_join!(send(&mut sink, samples), receive(&mut stream, &mut read_bytes))?;
        // Its close is not waited for: the session has ended with `Termination`.
        Ok(turns.recognition(samples))
    }

    /// Opens a session and ends it at once.
    pub(super) async fn reach(&self) -> Result<(), RemoteFailure> {
        self.transcribe(&[]).await.map(drop)
    }

    async fn connect(&self) -> Result<Socket, RemoteFailure> {
        let mut request = self
            .url
            .as_str()
            .into_client_request()
            .map_err(|_| RemoteFailure::Unreachable)?;
        if let Some(key) = &self.key {
            request.headers_mut().insert(AUTHORIZATION, key.clone());
        }
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE_BYTES))
            .max_frame_size(Some(LARGEST_MESSAGE_BYTES));
        // Small messages either way, each waited for.
        let without_delay = true;
        match connect_async_with_config(request, Some(limits), without_delay).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(response)) => Err(RemoteFailure::Refused(response.status().as_u16())),
            Err(_) => Err(RemoteFailure::Unreachable),
        }
    }
}

async fn send(sink: &mut SplitSink<Socket, Message>, samples: &[i16]) -> Result<(), RemoteFailure> {
    let broke_off = |_| RemoteFailure::BrokeOff;
    for chunk in samples.chunks(CHUNK_SAMPLES) {
        let mut bytes: Vec<u8> = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        bytes.resize(bytes.len().max(SHORTEST_CHUNK_SAMPLES * 2), 0);
        sink.send(Message::binary(bytes)).await.map_err(broke_off)?;
    }
    for last in [r#"{"type":"ForceEndpoint"}"#, r#"{"type":"Terminate"}"#] {
        sink.send(Message::text(last)).await.map_err(broke_off)?;
    }
    Ok(())
}

async fn begun(stream: &mut SplitStream<Socket>, read_bytes: &mut usize) -> Result<(), RemoteFailure> {
    loop {
        match next(stream, read_bytes).await? {
            FromServer::Begin {} => return Ok(()),
            FromServer::Error { error_code } => return Err(RemoteFailure::Ended(error_code)),
            FromServer::Turn(_) | FromServer::Termination {} => return Err(RemoteFailure::Malformed),
            FromServer::Other => {}
        }
    }
}

async fn receive(stream: &mut SplitStream<Socket>, read_bytes: &mut usize) -> Result<Turns, RemoteFailure> {
    let mut turns = Turns::default();
    loop {
        match next(stream, read_bytes).await? {
            FromServer::Turn(turn) => turns.take(turn),
            FromServer::Termination {} => return Ok(turns),
            FromServer::Begin {} | FromServer::Other => {}
            FromServer::Error { error_code } => return Err(RemoteFailure::Ended(error_code)),
        }
    }
}

/// The next message; an error where the socket ends instead.
async fn next(stream: &mut SplitStream<Socket>, read_bytes: &mut usize) -> Result<FromServer, RemoteFailure> {
    loop {
        let text = match stream.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Binary(_))) => return Err(RemoteFailure::Malformed),
            Some(Ok(Message::Close(Some(close)))) => return Err(RemoteFailure::Ended(close.code.into())),
            Some(Err(Error::Capacity(_))) => return Err(RemoteFailure::TooLarge(LARGEST_MESSAGE_BYTES)),
            Some(Ok(Message::Close(None)) | Err(_)) | None => return Err(RemoteFailure::BrokeOff),
        };
        *read_bytes += text.len();
        if *read_bytes > LARGEST_BYTES {
            return Err(RemoteFailure::TooLarge(LARGEST_BYTES));
        }
        return serde_json::from_str(&text).map_err(|_| RemoteFailure::Malformed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
