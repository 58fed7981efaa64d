//! The Attune server and command line: the only place that knows SQL and routes.

pub mod audio;
pub mod audit;
pub mod auth;
pub mod cli;
pub mod cluster;
pub mod config;
mod coverage;
pub mod db;
pub mod error;
pub mod ids;
pub mod jobs;
pub mod keys;
pub mod keystore;
pub mod live;
mod mail;
mod metrics;
mod nodes;
mod record;
pub mod render;
pub mod retry;
pub mod routes;
pub mod server;
mod speech;
mod telemetry;
pub mod web;
