//! End-to-end tests through the public surfaces: one binary, a server and a pair of databases for each test, port 0.

// A binary's modules are nobody's API, and its helpers fail a test by panicking.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod accounts;
mod alerts;
mod app;
mod arrows;
mod captions;
mod echo;
mod errors;
mod filled_pauses;
mod heard;
mod heart;
mod kept_audio;
mod keys;
mod live;
mod live_access;
mod live_leaving;
mod live_meeting;
mod live_resume;
mod live_secrecy;
mod meetings;
mod metrics;
mod nudges;
mod openapi;
mod organisation;
mod queries;
mod second_pass;
mod serving;
mod silence;
mod sink;
mod tenancy;
mod voices;
