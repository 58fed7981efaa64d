//! What a node does of what a server does, so that each part can be scaled by itself. A load balancer sends `/v1/ingest` and
//! `/v1/live/` to those that hold sockets, and everything else to those that answer the API.

use serde::Deserialize;

/// What a node does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Holds the sockets of meetings, and hears.
    Live,
    /// Answers the API and serves the web app.
    Api,
    /// Does what is done after a meeting.
    Jobs,
    /// All of it.
    #[default]
    All,
}

impl Role {
    /// Whether somebody is heard here: live, or once more after the meeting.
    pub const fn hears(self) -> bool {
        !matches!(self, Self::Api)
    }

    /// Whether the sockets of meetings open here.
    pub const fn holds_sockets(self) -> bool {
        matches!(self, Self::Live | Self::All)
    }

    /// Whether the API and the web app are answered here.
    pub const fn answers_api(self) -> bool {
        matches!(self, Self::Api | Self::All)
    }

    /// Whether jobs are done here.
    pub const fn does_jobs(self) -> bool {
        matches!(self, Self::Jobs | Self::All)
    }
}
