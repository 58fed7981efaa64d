//! One rule per file. A rule hears every signal and tells what it sees for as long as it sees it; whether that is shown is
//! the governor's business. Once it counts as said (`told`) the rule is quiet until what it saw is over (hysteresis).
//!
//! Silence makes no moment. Live it is told as it passes, read back only as far as the next final knew of it: a rule that
//! spoke at one would speak otherwise after a resume.

mod filler_cluster;
mod monologue;
mod too_fast;

pub(crate) use filler_cluster::FillerCluster;
pub(crate) use monologue::Monologue;
pub(crate) use too_fast::TooFast;
