//! People with devices, and their meetings: made over REST before anything is measured.

use super::caller::Caller;
use attune_engine::speaker::Track;
use attune_ingest::client::{Api, ApiFailure, Device, NewMeeting};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::num::NonZeroUsize;
use uuid::Uuid;

/// Requests under way at once: as many as the server has connections to its database.
const AT_ONCE: usize = 16;

/// People who are signed in, each with a device that may record them.
#[derive(Debug)]
pub struct People {
    address: String,
    people: Vec<(Api, Device)>,
}

/// One session of a person's device, ready to be connected.
#[derive(Clone)]
pub struct Captures {
    /// Asks the server as this person.
    pub api: Api,
    /// What they capture with.
    pub device: Device,
    /// The session.
    pub session: Uuid,
}

impl std::fmt::Debug for Captures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Captures")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl People {
    /// Enrols a device for each person who has one of `tokens` on the server at `address`, a host and a port.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn enrol(address: &str, tokens: &[String]) -> Result<Self, ApiFailure> {
        let base = format!("http://{address}");
        let enrolled = stream::iter(tokens).map(|token| {
            let base = &base;
            async move {
                let api = Api::new(base, token)?;
                let device = api.enrol_device("load generator").await?;
                api.consent_to_record_self().await?;
                Ok::<_, ApiFailure>((api, device))
            }
        });
        Ok(Self {
            address: address.to_owned(),
            people: enrolled.buffered(AT_ONCE).try_collect().await?,
        })
    }

    /// Makes `count` meetings, as many for one as for the other, and opens their sessions.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    ///
    /// # Panics
    /// When there is nobody.
    pub async fn meet(&self, count: usize) -> Result<Vec<Captures>, ApiFailure> {
        let people = NonZeroUsize::new(self.people.len()).expect("invariant: somebody meets");
        let made = stream::iter(0..count).map(|index| async move {
            let (api, device) = &self.people[index % people];
            let meeting = api.create_meeting(&about()).await?.id;
            let session = api.open_session(meeting, device.id).await?;
            Ok::<_, ApiFailure>(Captures {
                api: api.clone(),
                device: device.clone(),
                session,
            })
        });
        made.buffered(AT_ONCE).try_collect().await
    }

    /// Has a ticket issued for each of `sessions`: they are good for 30 s.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn call(&self, sessions: &[Captures], tracks: &[Track]) -> Result<Vec<Caller>, ApiFailure> {
        let called = stream::iter(sessions).map(|captures| self.call_again(captures, tracks));
        called.buffered(AT_ONCE).try_collect().await
    }

    /// Has a ticket issued for one session, which may be live.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn call_again(&self, captures: &Captures, tracks: &[Track]) -> Result<Caller, ApiFailure> {
        let connection = captures.api.reserve_connection(captures.session, true).await?;
        Ok(Caller::new(&self.address, captures, connection, tracks))
    }
}

fn about() -> NewMeeting {
    NewMeeting {
        title: "The sessions bench".to_owned(),
        meeting_type: "other".to_owned(),
        language: Some("en".to_owned()),
        others_told: true,
        mode: Some("balanced".to_owned()),
        played_back: false,
    }
}
