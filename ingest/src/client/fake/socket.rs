//! One socket, from the upgrade to the close.

use super::serving::Serving;
use super::world::World;
use crate::keys::{HelloContext, Offer, OfferKey, ticket_sha256};
use crate::protocol::{CloseCode, SUBPROTOCOL, ServerEvent, TICKET_SUBPROTOCOL_PREFIX};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ed25519_dalek::Signer;
use futures_util::{SinkExt, StreamExt};
use std::sync::{Arc, Mutex};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// What becomes of the socket after a message.
pub(super) enum Outcome {
    GoOn,
    Break,
    Close(CloseCode),
}

#[allow(clippy::result_large_err)]
pub(super) async fn ingest(socket: TcpStream, world: Arc<Mutex<World>>) {
    let mut ticket = String::new();
    let upgraded = tokio_tungstenite::accept_hdr_async(socket, |request: &Request, mut response: Response| {
        let protocols = request.headers()["sec-websocket-protocol"].to_str().unwrap();
        let mut protocols = protocols.split(", ");
        assert_eq!(protocols.next(), Some(SUBPROTOCOL));
        let named = protocols
            .next()
            .and_then(|protocol| protocol.strip_prefix(TICKET_SUBPROTOCOL_PREFIX));
        ticket = named.unwrap().to_owned();
        response
            .headers_mut()
            .insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
        Ok(response)
    })
    .await;
    let Ok(mut socket) = upgraded else { return };
    let sha256 = ticket_sha256(&BASE64URL.decode(&ticket).unwrap());
    let epoch = world.lock().unwrap().tickets.remove(&sha256);
    let Some(epoch) = epoch else {
        return close(socket, CloseCode::NotAuthenticated).await;
    };
    let key = OfferKey::generate();
    let (offer, context, psk) = {
        let world = world.lock().unwrap();
        let signed = Offer::signed_bytes(3, key.public(), &sha256);
        let offer = key.offer(3, world.identity.sign(&signed).to_bytes());
        let context = HelloContext {
            tenant: world.tenant,
            user: world.user,
            device: world.device,
            session: world.session,
            epoch,
            ticket_sha256: sha256,
        };
        (offer, context, world.psk)
    };
    socket
        .send(Message::Binary(offer.encode().to_vec().into()))
        .await
        .unwrap();
    let Some(Ok(Message::Binary(hello))) = socket.next().await else {
        return;
    };
    let (hello, keys) = match key.accept(&hello, &psk, &context) {
        Ok(accepted) => accepted,
        Err(refused) => return close(socket, refused.close_code()).await,
    };
    let welcome = {
        let mut world = world.lock().unwrap();
        world.hellos.push(hello);
        world.connections += 1;
        world.welcome()
    };
    let mut serving = Serving::new(&world, epoch, &welcome, keys, context.session);
    let welcome = serving.seal(None, ServerEvent::Welcome(welcome));
    let _ = socket.send(welcome).await;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(message) = message else { continue };
        let outcome = serving.take(&message);
        for event in std::mem::take(&mut serving.outgoing) {
            let _ = socket.send(event).await;
        }
        match outcome {
            Outcome::GoOn => {}
            Outcome::Break => return,
            Outcome::Close(code) => return close(socket, code).await,
        }
    }
}

async fn close(mut socket: WebSocketStream<TcpStream>, code: CloseCode) {
    let frame = CloseFrame {
        code: code.as_u16().into(),
        reason: code.as_str().into(),
    };
    let _ = socket.close(Some(frame)).await;
    // Reading on until the peer has closed too makes the close a clean one.
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
}
