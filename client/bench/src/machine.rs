//! What the figures were measured on, without a name of the machine or of anything on it.

use std::{fs, path::Path};

/// A machine, in a sentence.
pub(crate) fn machine() -> String {
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown CPU".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|total| total.trim_end_matches(" kB").parse::<u64>().ok())
        .map_or_else(|| "unknown".to_owned(), |kib| format!("{} GiB", kib.div_ceil(1 << 20)));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim().to_owned();
    format!("{cores} cores ({cpu}), {memory} of memory, Linux {kernel}")
}

/// The load of the last minute.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Why what is written below a folder cannot be durable; `None`: it can.
pub(crate) fn forgets(folder: &Path) -> Option<String> {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    let magic =
        rustix::fs::statfs(folder).ok().and_then(|system| u64::try_from(system.f_type).ok());
    match magic {
        Some(TMPFS | RAMFS) => Some("the folder for temporary files is in memory".to_owned()),
        Some(_) | None => None,
    }
}

/// The value of the first `name: value` of a file of /proc.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(found, _)| found.trim() == name)?;
    Some(value.trim().to_owned())
}
