//! Writes lines.

use std::io::{self, Write};

use pwasync_core::saved::Saved;

use super::form::{
    Clock, Counters, End, Entry, Header, Lease, Line, Owner, Profile, Registration, Site, Taken,
};
use crate::store::frame::ClockFrame;

/// Writes what it is given as lines. What it is given in parts comes by kind, in the order of
/// [`Saved`]'s fields but for the counters, which come first, and in ascending order within a kind.
#[derive(Debug)]
pub struct LineWriter<W> {
    out: W,
    clock: Clock,
    crc: crc32fast::Hasher,
    counts: End,
    line: Vec<u8>,
}

impl<W: Write> LineWriter<W> {
    /// Begins with the header. Instants are written by the wall clock of `frame`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(out: W, taken: &Taken, frame: ClockFrame) -> io::Result<Self> {
        let clock = Clock::writing(frame);
        let counts = End {
            owners: 0,
            registrations: 0,
            sites: 0,
            profiles: 0,
            leases: 0,
            entries: 0,
            crc32: String::new(),
        };
        let crc = crc32fast::Hasher::new();
        let mut writer = Self { out, clock, crc, counts, line: Vec::new() };
        writer.line(&Line::Header(Header::new(taken, clock)))?;
        Ok(writer)
    }

    /// Writes the counters.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn counters(&mut self, saved: &Saved) -> io::Result<()> {
        self.line(&Line::Counters(Counters::from_core(saved.counters, self.clock)))
    }

    /// Writes records, all but the counters.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn records(&mut self, saved: &Saved) -> io::Result<()> {
        let clock = self.clock;
        for (owner, name) in &saved.owners {
            self.counts.owners += 1;
            self.line(&Line::Owner(Owner::from_core(*owner, name)))?;
        }
        for one in saved.registrations.iter() {
            self.counts.registrations += 1;
            let line = Line::Registration(Box::new(Registration::from_core(one, clock)));
            self.line(&line)?;
        }
        for (key, site) in &saved.sites {
            self.counts.sites += 1;
            self.line(&Line::Site(Box::new(Site::from_core(key, site, clock))))?;
        }
        for (key, profile) in &saved.profiles {
            self.counts.profiles += 1;
            self.line(&Line::Profile(Box::new(Profile::from_core(key, profile, clock))))?;
        }
        for lease in sorted(&saved.leases, |lease| lease.id.number()) {
            self.counts.leases += 1;
            self.line(&Line::Lease(Lease::from_core(lease, clock)))?;
        }
        for entry in sorted(&saved.history, |entry| entry.sequence) {
            self.counts.entries += 1;
            self.line(&Line::Entry(Box::new(Entry::from_core(entry, clock))))?;
        }
        Ok(())
    }

    /// Writes the end, and gives back what was written to.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        let crc32 = format!("{:08x}", self.crc.clone().finalize());
        let end = End { crc32, ..self.counts.clone() };
        self.line(&Line::End(end))?;
        Ok(self.out)
    }

    /// How many records were written.
    pub fn records_written(&self) -> u64 {
        let End { owners, registrations, sites, profiles, leases, entries, .. } = &self.counts;
        owners + registrations + sites + profiles + leases + entries
    }

    /// What is written to.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        self.crc.update(&self.line);
        self.out.write_all(&self.line)
    }
}

fn sorted<T>(all: &[T], key: impl Fn(&T) -> u64) -> Vec<&T> {
    let mut sorted: Vec<&T> = all.iter().collect();
    sorted.sort_by_key(|one| key(one));
    sorted
}
