//! How often a program runs: the context switches of its threads, as the kernel counts them.

use std::{collections::BTreeMap, ffi::OsString, fs, io};

/// Those of a process so far, by thread.
#[derive(Clone, Debug)]
pub struct Switches(BTreeMap<OsString, Count>);

/// How often something has run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// It then waited for something.
    pub waited: u64,
    /// Others came first.
    pub pushed: u64,
}

impl Switches {
    /// Of the process with this id.
    ///
    /// # Errors
    /// When it has ended.
    pub fn of(process: u32) -> io::Result<Self> {
        let mut by_thread = BTreeMap::new();
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = thread?;
            // One that has ended meanwhile has no such file.
            let Ok(status) = fs::read_to_string(thread.path().join("status")) else { continue };
            by_thread.insert(thread.file_name(), Count::read(&status)?);
        }
        Ok(Self(by_thread))
    }

    /// How often it has run since an earlier look.
    #[must_use]
    pub fn since(&self, before: &Self) -> Count {
        let mut sum = Count::default();
        for (thread, now) in &self.0 {
            let before = before.0.get(thread).copied().unwrap_or_default();
            sum.waited += now.waited - before.waited;
            sum.pushed += now.pushed - before.pushed;
        }
        // One that is gone has run once at least, to end.
        sum.waited += before.0.keys().filter(|thread| !self.0.contains_key(*thread)).count() as u64;
        sum
    }
}

impl Count {
    /// From what the kernel tells of a thread.
    fn read(status: &str) -> io::Result<Self> {
        let field = |name: &str| {
            let found = status.lines().find_map(|line| line.strip_prefix(name));
            let number = found.and_then(|text| text.trim().parse().ok());
            number.ok_or_else(|| io::Error::other(format!("there is no number `{name}`")))
        };
        let waited = field("voluntary_ctxt_switches:")?;
        Ok(Self { waited, pushed: field("nonvoluntary_ctxt_switches:")? })
    }

    /// Both kinds.
    pub fn all(self) -> u64 {
        self.waited + self.pushed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_run_is_counted() {
        let own = std::process::id();
        let before = Switches::of(own).unwrap();
        let rounds = 5;
        for _ in 0..rounds {
            // The other one waits until it is asked, and this one until it answers.
            let (ask, asked) = std::sync::mpsc::channel::<()>();
            let other = std::thread::spawn(move || asked.recv());
            ask.send(()).unwrap();
            other.join().unwrap().unwrap();
        }
        assert!(Switches::of(own).unwrap().since(&before).all() > 0);
    }

    #[test]
    fn threads_may_come_and_go() {
        let look = |threads: &[(&str, u64, u64)]| {
            let count = |(name, waited, pushed): &(&str, u64, u64)| {
                (OsString::from(name), Count { waited: *waited, pushed: *pushed })
            };
            Switches(threads.iter().map(count).collect())
        };
        let before = look(&[("1", 10, 2), ("2", 100, 0)]);
        let after = look(&[("1", 11, 4), ("3", 3, 0)]);
        assert_eq!(after.since(&before), Count { waited: 1 + 3 + 1, pushed: 2 });
    }

    #[test]
    fn both_kinds_are_read() {
        let status =
            "Threads:\t1\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t545\n";
        assert_eq!(Count::read(status).unwrap(), Count { waited: 150, pushed: 545 });
        assert!(Count::read("voluntary_ctxt_switches:\t150\n").is_err());
    }
}
