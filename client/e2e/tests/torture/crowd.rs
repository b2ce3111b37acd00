//! All callers and browsers. Each owner is a thread that has become that user: who connects is
//! who the thread is.

use std::{collections::BTreeMap, sync::Arc, thread};

use pwasync_client::{Client, SocketPath};
use pwasync_e2e::{HarnessError, ledger::Event};
use rustix::process::Uid;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    browser::Browser,
    caller::{Caller, Diet},
    plan::{OWNERS, Plan},
};

/// What waits to be entered. Callers wait when it is full, which is no harm.
const WORDS: usize = 4_096;
/// Callers that share a connection.
const CALLERS_OF_A_CONNECTION: usize = 2;

/// What callers and browsers say.
#[derive(Debug)]
pub(crate) enum Word {
    /// For the ledger.
    Happened(Event),
    /// What must not be.
    Wrong(String),
    /// A caller rests until the next load.
    Idle,
}

/// The way to say it.
#[derive(Clone)]
pub(crate) struct Words(mpsc::Sender<Word>);

impl Words {
    pub(crate) async fn say(&self, word: Word) {
        // Nobody listens only when all is over.
        let _ = self.0.send(word).await;
    }

    pub(crate) async fn happened(&self, event: Event) {
        self.say(Word::Happened(event)).await;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// With the number of the load before it: one that was over before somebody noticed.
    Rest(u64),
    /// With its number, so that each begins anew.
    Load(u64),
    End,
}

/// What everybody does now.
#[derive(Clone)]
pub(crate) struct Phases {
    phases: watch::Receiver<Phase>,
    last: u64,
}

impl Phases {
    /// Waits for a load that was not waited for before, and may be over; false: there is none any
    /// more.
    pub(crate) async fn next_load(&mut self) -> bool {
        let last = self.last;
        let next = |phase: &Phase| match phase {
            Phase::Load(number) | Phase::Rest(number) => *number > last,
            Phase::End => true,
        };
        match self.phases.wait_for(next).await.map(|phase| *phase) {
            Ok(Phase::Load(number) | Phase::Rest(number)) => {
                self.last = number;
                true
            }
            Ok(Phase::End) | Err(_) => false,
        }
    }

    pub(crate) fn is_load(&self) -> bool {
        matches!(*self.phases.borrow(), Phase::Load(_))
    }

    pub(crate) fn is_end(&self) -> bool {
        *self.phases.borrow() == Phase::End
    }

    pub(crate) async fn changed(&mut self) {
        // The other end goes only after the End.
        let _ = self.phases.changed().await;
    }
}

/// The callers and browsers of all owners.
pub(crate) struct Crowd {
    pub(crate) words: mpsc::Receiver<Word>,
    pub(crate) callers: usize,
    phase: watch::Sender<Phase>,
    load: u64,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Crowd {
    pub(crate) fn start(
        plan: &Arc<Plan>,
        socket: &SocketPath,
        seed: u64,
        diet: Diet,
    ) -> Result<Self, HarnessError> {
        let (words, heard) = mpsc::channel(WORDS);
        let (phase, phases) = watch::channel(Phase::Rest(0));
        let mut threads = Vec::new();
        for owner in 0..OWNERS {
            let owner = Owner {
                plan: Arc::clone(plan),
                socket: socket.clone(),
                words: Words(words.clone()),
                phases: Phases { phases: phases.clone(), last: 0 },
                seed: seed.wrapping_mul(31).wrapping_add(owner as u64),
                owner,
                diet,
            };
            let started =
                thread::Builder::new().name("owner".to_owned()).spawn(move || owner.run());
            threads.push(started.map_err(|source| HarnessError::System {
                doing: "start a thread".to_owned(),
                source,
            })?);
        }
        Ok(Self { words: heard, callers: plan.sites.len(), phase, load: 0, threads })
    }

    pub(crate) fn begin_load(&mut self) {
        self.load += 1;
        self.phase.send_replace(Phase::Load(self.load));
    }

    pub(crate) fn rest(&mut self) {
        self.phase.send_replace(Phase::Rest(self.load));
    }

    /// Everybody goes home.
    pub(crate) fn end(mut self) {
        self.phase.send_replace(Phase::End);
        self.words.close();
        while self.words.try_recv().is_ok() {}
        for thread in self.threads.drain(..) {
            // A panic in there was told as a word.
            let _ = thread.join();
        }
    }
}

struct Owner {
    plan: Arc<Plan>,
    socket: SocketPath,
    words: Words,
    phases: Phases,
    seed: u64,
    owner: usize,
    diet: Diet,
}

impl Owner {
    fn run(self) {
        let uid = Uid::from_raw(self.plan.uids[self.owner]);
        // Of this thread alone, unlike libc's call of that name.
        let became = rustix::thread::set_thread_res_uid(uid, uid, uid);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let words = self.words.clone();
        match (became, runtime) {
            (Ok(()), Ok(runtime)) => runtime.block_on(self.live()),
            (became, runtime) => {
                let runtime = runtime.map(drop);
                let what = format!("an owner did not start: {became:?}, {runtime:?}");
                let _ = words.0.blocking_send(Word::Wrong(what));
            }
        }
    }

    async fn live(self) {
        let mut tasks = JoinSet::new();
        let mut random = fastrand::Rng::with_seed(self.seed);
        let uid = self.plan.uids[self.owner];
        for (profile, slots) in self.plan.profiles(self.owner) {
            let browser = Browser {
                socket: self.socket.clone(),
                uid,
                profile,
                slots,
                plan: Arc::clone(&self.plan),
                words: self.words.clone(),
                phases: self.phases.clone(),
                random: random.fork(),
            };
            tasks.spawn(browser.run());
        }
        let sites = self.plan.sites.iter().enumerate();
        let sites: Vec<_> = sites.filter(|(_, site)| site.owner == self.owner).collect();
        for some in sites.chunks(CALLERS_OF_A_CONNECTION) {
            let client = Client::new(self.socket.clone());
            for (number, site) in some {
                let caller = Caller {
                    client: client.clone(),
                    plan: Arc::clone(&self.plan),
                    site: (*site).clone(),
                    words: self.words.clone(),
                    phases: self.phases.clone(),
                    random: random.fork(),
                    diet: self.diet,
                    version: (*number as u64 + 1) * 1_000_000_000,
                    versions: BTreeMap::new(),
                };
                tasks.spawn(caller.run());
            }
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                self.words.say(Word::Wrong(format!("a task of owner {uid}: {error}"))).await;
            }
        }
    }
}
