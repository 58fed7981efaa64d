//! End-to-end tests through the public surfaces: one binary, a server and a pair of databases for each test, port 0.

// A binary's modules are nobody's API, and its helpers fail a test by panicking.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod accounts;
mod acts;
mod alerts;
mod app;
mod arrows;
mod canary;
mod captions;
mod chaos;
mod codes;
mod echo;
mod erasure;
mod errors;
mod exports;
mod extension_tokens;
mod external;
mod filled_pauses;
mod fuzzed_api;
mod heard;
mod heart;
mod inventory;
mod kept_audio;
mod keys;
mod live;
mod live_access;
mod live_leaving;
mod live_lost;
mod live_meeting;
mod live_resume;
mod live_secrecy;
mod meetings;
mod metrics;
mod nodes;
mod nudges;
mod openapi;
mod organisation;
mod passwords;
mod queries;
mod retention;
mod rolling;
mod second_pass;
mod serving;
mod silence;
mod sink;
mod speech;
mod stored;
mod tenancy;
mod voices;
