//! One rule per file. A rule hears every signal and tells the moment at which it sees something, once, until what it saw
//! is over (hysteresis); whether that is shown is the governor's business.

mod filler_cluster;
mod monologue;
mod too_fast;

pub(crate) use filler_cluster::FillerCluster;
pub(crate) use monologue::Monologue;
pub(crate) use too_fast::TooFast;
