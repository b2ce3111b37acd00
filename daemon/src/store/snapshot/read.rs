//! Reads lines back. What is read may come from anywhere: nothing in it does harm, and each error
//! says where it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use pwasync_core::{
    FieldError,
    key::{ProfileId, ProfileKey, WorkerKey},
    registrations::RegistrationsBuilder,
    saved::Saved,
    site::SiteKey,
};

use super::{
    error::{LineError, Problem, Refused},
    form::{AnyHeader, Clock, End, FORMAT, Line, Taken, VERSION},
};
use crate::store::frame::ClockFrame;

/// No line is longer: the longest is that of a profile with as many apps as one may have, each
/// with the longest names, and every character of them escaped.
pub const LINE_BYTES: usize = 32 << 20;
/// So many errors are named; the others are counted.
pub const NAMED_ERRORS: usize = 20;

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// What its header says.
    pub taken: Taken,
    /// All records.
    pub saved: Saved,
}

/// What is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes of a line.
    pub line_bytes: usize,
}

impl Limits {
    /// For files of our own.
    pub const OWN: Self = Self { bytes: u64::MAX, line_bytes: LINE_BYTES };
}

/// Reads a whole export.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(bytes: &[u8], frame: ClockFrame) -> Result<Export, Refused> {
    let mut parser = Parser::new(frame, Limits::OWN);
    parser.push(bytes);
    parser.finish()
}

/// Takes an export in pieces of any length.
#[derive(Debug)]
pub struct Parser {
    frame: ClockFrame,
    limits: Limits,
    bytes: u64,
    /// The beginning of the line that is not complete.
    rest: Vec<u8>,
    crc: crc32fast::Hasher,
    line: u64,
    place: Place,
    found: Found,
    refused: Refused,
    /// Nothing that follows can be read.
    over: bool,
}

/// Where in the file the next line stands.
#[derive(Debug)]
enum Place {
    Header,
    Records(Taken, Clock),
    End(Taken),
}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    /// All but the registrations.
    saved: Saved,
    registrations: RegistrationsBuilder,
    counters: bool,
    kind: Kind,
    last_number: Option<u64>,
    counts: [u64; 6],
    workers: BTreeSet<Arc<WorkerKey>>,
    profiles: BTreeMap<ProfileId, ProfileId>,
}

/// The kinds of records, in the order in which they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    #[default]
    Owner,
    Registration,
    Site,
    Profile,
    Lease,
    Entry,
}

impl Parser {
    /// Nothing is read yet.
    pub fn new(frame: ClockFrame, limits: Limits) -> Self {
        Self {
            frame,
            limits,
            bytes: 0,
            rest: Vec::new(),
            crc: crc32fast::Hasher::new(),
            line: 0,
            place: Place::Header,
            found: Found::default(),
            refused: Refused::default(),
            over: false,
        }
    }

    /// Takes the next piece.
    pub fn push(&mut self, mut bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > self.limits.bytes && !self.over {
            self.stop(Problem::TooLong { limit: self.limits.bytes });
        }
        while !self.over && !bytes.is_empty() {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            bytes = rest;
            if self.rest.len() + line.len() > self.limits.line_bytes {
                self.line += 1;
                self.stop(Problem::LineTooLong { limit: self.limits.line_bytes });
                return;
            }
            if end.is_none() {
                self.rest.extend_from_slice(line);
            } else if self.rest.is_empty() {
                self.take(line);
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(line);
                self.take(&whole);
                whole.clear();
                self.rest = whole;
            }
        }
    }

    /// Nothing is wrong so far.
    pub fn is_good(&self) -> bool {
        self.refused.count == 0
    }

    /// No more is wanted: what is wrong keeps the rest from being read.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// So many records were read.
    pub fn records(&self) -> u64 {
        self.found.counts.iter().sum()
    }

    /// All that was read.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn finish(mut self) -> Result<Export, Refused> {
        let ended = self.rest.is_empty() && matches!(self.place, Place::End(_));
        if !self.over && !ended {
            self.line += 1;
            self.refuse(Problem::Cut);
        }
        match self.place {
            Place::End(taken) if self.refused.count == 0 => {
                let registrations = self.found.registrations.finish();
                Ok(Export { taken, saved: Saved { registrations, ..self.found.saved } })
            }
            Place::End(_) | Place::Header | Place::Records(..) => Err(self.refused),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.line += 1;
        if let Err(problem) = self.read(bytes) {
            self.refuse(problem);
        }
        self.crc.update(bytes);
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        match &self.place {
            Place::Header => {
                let read = self.header(bytes);
                // Without a header nothing has a meaning.
                self.over = read.is_err();
                read
            }
            Place::Records(taken, clock) => {
                let (whole, clock) = (taken.owner.is_none(), *clock);
                match serde_json::from_slice(bytes).map_err(|error| Problem::json(&error))? {
                    Line::End(end) => {
                        let good = self.refused.count == 0;
                        let checked = self.found.check(&end, &self.crc, good);
                        // What follows a wrong end is told no more.
                        self.over = checked.is_err();
                        checked?;
                        if let Place::Records(taken, _) =
                            std::mem::replace(&mut self.place, Place::Header)
                        {
                            self.place = Place::End(taken);
                        }
                        Ok(())
                    }
                    line @ (Line::Header(_)
                    | Line::Counters(_)
                    | Line::Owner(_)
                    | Line::Registration(_)
                    | Line::Site(_)
                    | Line::Profile(_)
                    | Line::Lease(_)
                    | Line::Entry(_)) => self.found.record(line, clock, whole),
                }
            }
            Place::End(_) => {
                self.over = true;
                Err(Problem::AfterEnd)
            }
        }
    }

    fn header(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let any: AnyHeader = serde_json::from_slice(bytes).map_err(|_| Problem::NoHeader)?;
        if any.header.format != FORMAT {
            return Err(Problem::NoHeader);
        }
        if any.header.version != u64::from(VERSION) {
            return Err(Problem::Version { version: any.header.version, limit: VERSION });
        }
        match serde_json::from_slice(bytes).map_err(|error| Problem::json(&error))? {
            Line::Header(header) => {
                let (taken, clock) = header.into_taken(self.frame)?;
                self.place = Place::Records(taken, clock);
                Ok(())
            }
            Line::Counters(_)
            | Line::Owner(_)
            | Line::Registration(_)
            | Line::Site(_)
            | Line::Profile(_)
            | Line::Lease(_)
            | Line::Entry(_)
            | Line::End(_) => Err(Problem::NoHeader),
        }
    }

    fn stop(&mut self, problem: Problem) {
        self.refuse(problem);
        self.over = true;
    }

    fn refuse(&mut self, problem: Problem) {
        if self.refused.first.len() < NAMED_ERRORS {
            self.refused.first.push(LineError { line: self.line, problem });
        }
        self.refused.count += 1;
        // It will not be used.
        self.found.saved = Saved::default();
        self.found.registrations = RegistrationsBuilder::default();
    }
}

impl Found {
    fn record(&mut self, line: Line<'_>, clock: Clock, whole: bool) -> Result<(), Problem> {
        match line {
            Line::Header(_) | Line::End(_) => return Err(Problem::Order),
            Line::Counters(counters) => {
                if !whole || self.counters || self.counts != [0; 6] {
                    return Err(Problem::Order);
                }
                self.counters = true;
                self.saved.counters = counters.into_core(clock)?;
            }
            Line::Owner(owner) => {
                self.follows(Kind::Owner, None)?;
                let (owner, name) = owner.into_core()?;
                if self.saved.owners.insert(owner, name.into()).is_some() {
                    return Err(Problem::Twice);
                }
            }
            Line::Registration(registration) => {
                let mut registration = registration.into_core(clock)?;
                self.follows(Kind::Registration, Some(registration.id.number()))?;
                self.intern(&mut registration.key.worker);
                self.registrations.push(registration);
            }
            Line::Site(site) => {
                self.follows(Kind::Site, None)?;
                let (SiteKey { profile, origin }, site) = site.into_core(clock)?;
                let key = SiteKey { profile: self.interned(profile), origin };
                if self.saved.sites.insert(key, site).is_some() {
                    return Err(Problem::Twice);
                }
            }
            Line::Profile(profile) => {
                self.follows(Kind::Profile, None)?;
                let (key, profile) = profile.into_core(clock)?;
                let key = self.interned(key);
                if self.saved.profiles.insert(key, profile).is_some() {
                    return Err(Problem::Twice);
                }
            }
            Line::Lease(lease) => {
                let lease = lease.into_core(clock)?;
                self.follows(Kind::Lease, Some(lease.id.number()))?;
                self.saved.leases.push(lease);
            }
            Line::Entry(entry) => {
                let mut entry = entry.into_core(clock)?;
                self.follows(Kind::Entry, Some(entry.sequence))?;
                self.intern(&mut entry.worker);
                self.saved.history.push(entry);
            }
        }
        Ok(())
    }

    /// Records stand by kind, and those with a number in its order: none is there twice.
    fn follows(&mut self, kind: Kind, number: Option<u64>) -> Result<(), Problem> {
        let in_order = match kind.cmp(&self.kind) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => number.is_none() || number > self.last_number,
            std::cmp::Ordering::Greater => true,
        };
        if !in_order {
            return Err(Problem::Order);
        }
        (self.kind, self.last_number) = (kind, number);
        self.counts[kind as usize] += 1;
        Ok(())
    }

    /// Counts say nothing where lines were refused.
    fn check(&self, end: &End, crc: &crc32fast::Hasher, counted: bool) -> Result<(), Problem> {
        let End { owners, registrations, sites, profiles, leases, entries, crc32 } = end;
        let crc = format!("{:08x}", crc.clone().finalize());
        if crc != *crc32 {
            return Err(Problem::Checksum);
        }
        let counts = [*owners, *registrations, *sites, *profiles, *leases, *entries];
        if counted && counts != self.counts {
            return Err(Problem::Counts);
        }
        Ok(())
    }

    /// Many registrations and entries have the same worker, many workers the same profile.
    fn intern(&mut self, worker: &mut Arc<WorkerKey>) {
        if let Some(known) = self.workers.get(worker) {
            *worker = Arc::clone(known);
            return;
        }
        let WorkerKey { profile, scope } = WorkerKey::clone(worker);
        *worker = Arc::new(WorkerKey { profile: self.interned(profile), scope });
        self.workers.insert(Arc::clone(worker));
    }

    fn interned(&mut self, ProfileKey { owner, profile }: ProfileKey) -> ProfileKey {
        let profile = self.profiles.entry(profile.clone()).or_insert(profile).clone();
        ProfileKey { owner, profile }
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}
