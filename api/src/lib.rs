//! The Attune server and command line: the only place that knows SQL and routes.

pub mod cluster;
