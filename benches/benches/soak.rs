//! Eight hours of a meeting beside others that come and go, as fast as two cores can hear them: whether memory grows, and whether
//! words come ever later. Eight minutes.
//!
//! Connections, sessions, lanes, queue and Silero are the server's; storage forgets, and the recognizer costs nothing and writes
//! as many words as are spoken, because what grows with it (a state of whisper.cpp) belongs to a worker and not to a meeting.

use attune_benches::live::{Models, soak};
use attune_benches::sample;
use attune_benches::table::{Goal, Table};
use std::time::Duration;

/// As long as a working day's meetings.
const HOURS: f64 = 8.0;

/// Seconds of sound in a second: what voice activity, on one core, can judge of four tracks.
const SPEED: f64 = 60.0;

/// Growth that no day's meetings bring to anything: 8 MiB.
const BYTES_PER_H: f64 = 1024.0 * 1024.0;

/// A slope that is none: words a fiftieth of a second later after a day.
const LAG_MS_PER_H: f64 = 2.5;

fn main() {
    let utterances = sample::utterances(Duration::from_millis(1500)..Duration::from_secs(14));
    let soaked = soak(Models::voice(), &utterances, HOURS, SPEED);
    let mut table = Table::new("soak");
    let (warm, end) = soaked.resident;
    let how = format!(
        "{HOURS} h at {SPEED} times the speed, {} meetings, {:.0} h of tracks, {} finals; resident {:.1} MiB after the first hour, {:.1} \
         MiB at the end; least squares over all but the first hour",
        soaked.meetings,
        soaked.track_hours,
        soaked.finals,
        warm as f64 / 1_048_576.0,
        end as f64 / 1_048_576.0,
    );
    let row = table.add("soak_rss_slope_bytes_per_h", soaked.bytes_per_h, "bytes/h");
    row.goal(Goal::AtMost(BYTES_PER_H)).how(how);
    let row = table.add("soak_lag_slope_ms_per_h", soaked.lag_ms_per_h, "ms/h");
    row.goal(Goal::AtMost(LAG_MS_PER_H))
        .how("growth of the wait from the end of a segment to its words, by the clock, over the same");
    table.finish();
}
