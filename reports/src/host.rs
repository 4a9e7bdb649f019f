//! The machine: what it is, and what about it would spoil timings.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use ammeter_bench::clock::reference_cycles;
use serde::{Deserialize, Serialize};

/// The part of all CPU time that may be stolen without a word.
const STEAL_MAX: f64 = 0.01;

/// What a record says of the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// The CPU's own name for itself, with family and model where that is vague.
    pub cpu: String,
    /// The architecture.
    pub architecture: String,
    /// The operating system.
    pub os: String,
    /// Logical cores that this process may use.
    pub cores: u64,
    /// CPU features that some kernel or limit needs and that were found.
    pub features: Vec<String>,
    /// Rate of the timestamp counter in hertz.
    pub reference_clock_hz: Option<f64>,
    /// Whether a hypervisor is underneath.
    pub virtualised: bool,
    /// What would spoil timings, in words; empty if nothing was found.
    pub warnings: Vec<String>,
}

/// A look at the machine when a run begins. What is stolen from the run is known at its end only.
#[derive(Clone, Debug)]
pub struct Survey {
    host: Host,
    began: Option<CpuTimes>,
}

impl Survey {
    /// Takes a few tens of milliseconds to time the timestamp counter.
    #[must_use]
    pub fn begin() -> Self {
        Self { began: CpuTimes::now(), host: Host::now() }
    }

    /// The machine, with a warning if a hypervisor ran somebody else meanwhile.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host_at(CpuTimes::now())
    }

    fn host_at(&self, now: Option<CpuTimes>) -> Host {
        let mut host = self.host.clone();
        let steal = self.began.zip(now).map_or(0.0, |(began, now)| now.steal_since(&began));
        if steal > STEAL_MAX {
            let part = 100.0 * steal;
            host.warnings.push(format!("{part:.1} % of CPU time was stolen while this ran"));
        }
        host
    }
}

impl Host {
    /// This machine, for what times nothing.
    #[must_use]
    pub fn survey() -> Self {
        Survey::begin().host()
    }

    fn now() -> Self {
        let reference_clock_hz = reference_clock();
        let mut warnings = Vec::new();
        let cores = thread::available_parallelism().map_or(1, usize::from) as u64;
        let virtualised = has_cpu_flag("hypervisor");
        if virtualised {
            warnings.push("a hypervisor shares this CPU: other guests change its speed".into());
        }
        if let Some(governor) = governor().filter(|governor| governor != "performance") {
            warnings.push(format!("the frequency governor is `{governor}`, not `performance`"));
        }
        if let Some(load) = load().filter(|load| *load > 0.3 * cores as f64) {
            warnings.push(format!("the load average is {load:.2} on {cores} cores"));
        }
        Self {
            cpu: cpu_name(),
            architecture: std::env::consts::ARCH.into(),
            os: os_name(),
            cores,
            features: features(),
            reference_clock_hz,
            virtualised,
            warnings,
        }
    }
}

/// Features that kernels, peers and limits ask for.
fn features() -> Vec<String> {
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! found {
            ($($name:tt)*) => {
                [$(($name, is_x86_feature_detected!($name))),*]
            };
        }
        found!("sse4.1" "avx2" "bmi2" "sha" "avx512f" "avx512bw" "avx512vl")
            .into_iter()
            .filter(|(_, found)| *found)
            .map(|(name, _)| name.to_owned())
            .collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}

/// A line of `/proc/cpuinfo`.
fn cpu_field(name: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.split(':').next().map(str::trim) == Some(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn has_cpu_flag(flag: &str) -> bool {
    cpu_field("flags").is_some_and(|flags| flags.split(' ').any(|word| word == flag))
}

fn cpu_name() -> String {
    let name = cpu_field("model name").unwrap_or_else(|| "unknown CPU".into());
    match (cpu_field("cpu family"), cpu_field("model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

fn os_name() -> String {
    match fs::read_to_string("/proc/sys/kernel/osrelease") {
        Ok(release) => format!("{} {}", std::env::consts::OS, release.trim()),
        Err(_) => std::env::consts::OS.into(),
    }
}

/// The frequency governor of the first core, where the system tells.
pub fn governor() -> Option<String> {
    let path = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// The load average over one minute, where the system tells.
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Ticks of the timestamp counter a second, against the system's clock.
fn reference_clock() -> Option<f64> {
    let start = (Instant::now(), reference_cycles()?);
    thread::sleep(Duration::from_millis(50));
    let (time, cycles) = (start.0.elapsed(), reference_cycles()? - start.1);
    Some(cycles as f64 / time.as_secs_f64())
}

/// The first line of `/proc/stat`: time of all cores by what they did.
#[derive(Clone, Copy, Debug)]
struct CpuTimes {
    total: u64,
    steal: u64,
}

impl CpuTimes {
    /// Since boot.
    fn now() -> Option<Self> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let fields: Vec<u64> = text
            .lines()
            .next()?
            .split_ascii_whitespace()
            .skip(1)
            .map_while(|field| field.parse().ok())
            .collect();
        // user nice system idle iowait irq softirq steal guest guest_nice; guests are in user
        // already.
        let total = fields.iter().take(8).sum();
        Some(Self { total, steal: *fields.get(7)? })
    }

    /// The part of all time since `earlier` in which a hypervisor ran somebody else.
    fn steal_since(&self, earlier: &Self) -> f64 {
        let total = self.total.saturating_sub(earlier.total).max(1);
        self.steal.saturating_sub(earlier.steal) as f64 / total as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stolen_between_the_beginning_and_the_end_is_said() {
        let at = |total, steal| Some(CpuTimes { total, steal });
        let survey = |began| Survey { host: Survey::begin().host, began };
        let stolen = |began, now| {
            let host = survey(began).host_at(now);
            let said = |warning: &&String| warning.contains("stolen");
            host.warnings.iter().find(said).cloned()
        };
        let said = stolen(at(1000, 500), at(2000, 526)).expect("a warning");
        assert!(said.starts_with("2.6 %"), "{said}");
        assert_eq!(stolen(at(1000, 500), at(2000, 505)), None);
        assert_eq!(stolen(at(1000, 500), at(1000, 500)), None);
        assert_eq!(stolen(None, at(2000, 500)), None, "a system that does not tell");
    }
}
