//! How many registrations a second become durable for many callers, beside the bare echo of the
//! same messages and beside other queues.

use crate::{
    figure::{Bound, Promise, median},
    figures::{Entry, Outcome},
    load::Measured,
    peers::{beanstalkd, postgres::Postgres, redis, sqlite},
    stage::Stage,
};

const CALLERS: usize = 64;
const CONNECTIONS: usize = 8;
/// SQLite's inserts of one round; it does some ten thousand a second.
const INSERTS: u32 = 20_000;

const SHARE: Promise = Promise {
    name: "register.share_of_echo",
    what: "rate of durable Register, as a share of the echo's",
    unit: "×",
    bound: Some(Bound::AtLeast(0.35)),
};
const OVER_BEANSTALKD: Promise = Promise {
    name: "register.over_beanstalkd",
    what: "rate of durable Register over beanstalkd's `put`",
    unit: "×",
    bound: Some(Bound::AtLeast(1.5)),
};
const RATE: Promise = Promise::beside("register.rate", "durable Register", "/s");
const P50: Promise = Promise::beside("register.p50", "its median time", "µs");
const P99: Promise = Promise::beside("register.p99", "its 99th percentile", "µs");
const ECHO: Promise =
    Promise::beside("register.echo_rate", "limit: bare echo of the same messages", "/s");
const GROUPSYNC: Promise = Promise::beside(
    "register.groupsync_rate",
    "limit: a committer that appends what is queued, in one process",
    "/s",
);
const BEANSTALKD: Promise = Promise::beside("register.beanstalkd_rate", "beanstalkd, `-f 0`", "/s");
const REDIS: Promise =
    Promise::beside("register.redis_rate", "Redis, `appendfsync always`, RPUSH", "/s");
const POSTGRES: Promise =
    Promise::beside("register.postgres_rate", "PostgreSQL, pgbench, INSERT", "/s");
const SQLITE: Promise =
    Promise::beside("register.sqlite_rate", "SQLite, WAL, FULL, one writer, in one process", "/s");

pub(super) const ENTRY: Entry = Entry {
    name: "register_rate",
    title: "Many callers: durable registrations a second",
    about: "64 callers on 8 connections, each with one call outstanding and all on one thread of \
            a process of their own, register a new sync with every call; the answer comes when \
            the record is on disk. The echo is a server with the same messages, kind of socket and \
            runtime, and nothing behind them. Each round starts a fresh daemon and takes all rows \
            in turn. beanstalkd and Redis have a connection for each caller and 200-byte jobs. They \
            all sync: with one caller `strace -f -c` counts one fsync of beanstalkd, and one \
            fdatasync of Redis, PostgreSQL, SQLite and the daemon, for each answer.",
    promises: &[
        SHARE,
        OVER_BEANSTALKD,
        RATE,
        P50,
        P99,
        ECHO,
        GROUPSYNC,
        BEANSTALKD,
        REDIS,
        POSTGRES,
        SQLITE,
    ],
    measure: |stage| Box::pin(measure(stage)),
};

/// What the rounds gave.
#[derive(Default)]
struct Rounds {
    shares: Vec<f64>,
    over_beanstalkd: Vec<f64>,
    daemon: Vec<Measured>,
    echo: Vec<f64>,
    groupsync: Vec<f64>,
    beanstalkd: Vec<Result<f64, String>>,
    redis: Vec<Result<f64, String>>,
    postgres: Vec<Result<f64, String>>,
    sqlite: Vec<Result<f64, String>>,
}

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    stage.needs_a_disk()?;
    let (_echo, echo_socket) = stage.start_echo().await?;
    let mut rounds = Rounds::default();
    for round in 1..=stage.pace.rounds {
        let echo = stage.load("register", &echo_socket, CONNECTIONS, CALLERS).await?;
        let daemon = stage.start_daemon(|_| ()).await?;
        let socket = daemon.setup.socket();
        let own = stage.load("register", &socket, CONNECTIONS, CALLERS).await?;
        drop(daemon);
        let file = stage.workdir.path().join("groupsync");
        let groupsync = stage.load("groupsync", &file, 1, CALLERS).await?;
        let beanstalkd = said(beanstalkd_rate(stage, round).await);
        if let Ok(peer) = beanstalkd {
            rounds.over_beanstalkd.push(own.rate / peer);
        }
        stage.says(&format!(
            "round {round} of {}: {:.0}/s, {:.2} of the echo's {:.0}/s, {:.0} / {:.0} µs",
            stage.pace.rounds,
            own.rate,
            own.rate / echo.rate,
            echo.rate,
            own.p50,
            own.p99
        ));
        rounds.shares.push(own.rate / echo.rate);
        rounds.daemon.push(own);
        rounds.echo.push(echo.rate);
        rounds.groupsync.push(groupsync.rate);
        rounds.beanstalkd.push(beanstalkd);
        rounds.redis.push(said(redis_rate(stage, round).await));
        rounds.postgres.push(said(postgres_rate(stage, round).await));
        rounds.sqlite.push(said(sqlite_rate(stage, round).await));
    }
    Ok(rounds.outcome())
}

impl Rounds {
    fn outcome(&self) -> Outcome {
        let of =
            |pick: fn(&Measured) -> f64| median(&self.daemon.iter().map(pick).collect::<Vec<_>>());
        let over_beanstalkd = match peer(&self.beanstalkd) {
            Ok(_) => OVER_BEANSTALKD.is(median(&self.over_beanstalkd)),
            Err(why) => OVER_BEANSTALKD.missing(why),
        };
        let peers = [
            (BEANSTALKD, &self.beanstalkd),
            (REDIS, &self.redis),
            (POSTGRES, &self.postgres),
            (SQLITE, &self.sqlite),
        ];
        let mut figures = vec![
            SHARE.is(median(&self.shares)),
            over_beanstalkd,
            RATE.is(of(|one| one.rate)),
            P50.is(of(|one| one.p50)),
            P99.is(of(|one| one.p99)),
            ECHO.is(median(&self.echo)),
            GROUPSYNC.is(median(&self.groupsync)),
        ];
        figures.extend(peers.map(|(promise, rates)| match peer(rates) {
            Ok(rate) => promise.is(rate),
            Err(why) => promise.missing(why),
        }));
        Outcome { figures, notes: Vec::new() }
    }
}

/// The median, or why there is none.
fn peer(rates: &[Result<f64, String>]) -> Result<f64, String> {
    let rates: Result<Vec<f64>, String> = rates.iter().cloned().collect();
    rates.map(|rates| median(&rates))
}

fn said(rate: anyhow::Result<f64>) -> Result<f64, String> {
    rate.map_err(|error| format!("{error:#}"))
}

async fn beanstalkd_rate(stage: &Stage<'_>, round: usize) -> anyhow::Result<f64> {
    let (_server, socket) = beanstalkd::start(stage, &format!("beanstalkd-{round}")).await?;
    let measured = stage.load("beanstalkd", &socket, 1, CALLERS).await?;
    Ok(measured.rate)
}

async fn redis_rate(stage: &Stage<'_>, round: usize) -> anyhow::Result<f64> {
    let (_server, socket) = redis::start(stage, &format!("redis-{round}")).await?;
    let measured = stage.load("redis", &socket, 1, CALLERS).await?;
    Ok(measured.rate)
}

async fn postgres_rate(stage: &Stage<'_>, round: usize) -> anyhow::Result<f64> {
    let server = Postgres::start(stage, &format!("postgres-{round}")).await?;
    let rate = server.rate(CALLERS, stage.pace.span).await?;
    server.stop().await?;
    Ok(rate)
}

async fn sqlite_rate(stage: &Stage<'_>, round: usize) -> anyhow::Result<f64> {
    let inserts = INSERTS / u32::try_from(stage.pace.scale)?;
    sqlite::rate(stage, &format!("sqlite-{round}"), inserts).await
}
