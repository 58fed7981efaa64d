//! What the process takes of its machine, asked whenever somebody looks. Except for `processors` the names are those that
//! other exporters use, behind our prefix.

use crate::server::panics;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fmt::Error;
use std::fs;

/// Asks the kernel of this process. What the system has no `/proc` to say is not told.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let on_processors = clock_gettime(ClockId::ProcessCPUTime);
        let counter = ConstCounter::new(on_processors.tv_sec as f64 + on_processors.tv_nsec as f64 / 1e9);
        let help = "Time that the process was on processors";
        counter.encode(encoder.encode_descriptor(
            "process_cpu",
            help,
            Some(&Unit::Seconds),
            counter.metric_type(),
        )?)?;
        let counter = ConstCounter::new(panics());
        let help = "Threads that panicked, of requests too: each a bug";
        counter.encode(encoder.encode_descriptor("panics", help, None, counter.metric_type())?)?;
        for (name, help, unit, value) in [
            (
                "process_resident_memory",
                "Memory of the process that is in use",
                Some(&Unit::Bytes),
                resident_bytes(),
            ),
            (
                "process_open_fds",
                "File descriptors that are open",
                None,
                fs::read_dir("/proc/self/fd").ok().map(|open| open.count() as u64),
            ),
            (
                "process_max_fds",
                "File descriptors that may be open",
                None,
                getrlimit(Resource::Nofile).current,
            ),
            (
                "processors",
                "Processors that the process may use",
                None,
                std::thread::available_parallelism()
                    .ok()
                    .map(|count| count.get() as u64),
            ),
        ] {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, unit, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kibibytes)
}
