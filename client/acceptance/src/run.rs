//! Outside: builds the virtual machine, starts it, does what it is asked to do from outside, and
//! says what the guest reports.

mod monitor;

use std::{io::Write, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, anyhow, bail};
use clap::{Args, builder::PossibleValuesParser};
use monitor::Monitor;
use pwasync_e2e::{Binaries, Command, Moment, Process, Workdir, bed::Plug, missing_root};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    signal::unix::{SignalKind, signal},
    time::{interval, sleep, timeout},
};

/// Fetching a kernel and QEMU for the first time.
const BUILD_LIMIT: Duration = Duration::from_secs(1_800);
/// QEMU listens as soon as it runs.
const LISTEN_LIMIT: Duration = Duration::from_secs(60);
/// The whole run on a machine that has other work; a guest that says nothing for so long has failed.
const SILENCE_LIMIT: Duration = Duration::from_secs(900);
/// A machine that is to be woken by its own clock is woken by us after so long.
const RESCUE_AFTER: Duration = Duration::from_secs(300);
/// A machine for each: QEMU's wakes at once from any sleep of a boot but the first.
const SCENES: [&str; 4] = ["links", "idle", "alarm", "nap"];
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Its own network holds nothing but loopback: what the guest's cards are plugged into is a hub
/// inside QEMU. Emulated altogether, so that it runs where virtual machines do not.
const QEMU: &str = r#"
mount --make-rprivate /
mount --bind "$folder" "$tools/guest"
exec env TMPDIR=/guest chroot "$tools" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
  -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 768 \
  -global ICH9-LPC.disable_s3=0 -rtc base=utc,clock=host \
  -kernel /guest/kernel -initrd /guest/initrd \
  -append "console=ttyS0 quiet mitigations=off net.ifnames=0 no_console_suspend systemd.show_status=0" \
  -drive file=/guest/disk,if=virtio,format=raw,snapshot=on \
  -netdev hubport,id=near,hubid=0 -device e1000e,netdev=near,id=cable,romfile= \
  -netdev hubport,id=far,hubid=0 -device e1000e,netdev=far,romfile= \
  -device virtio-serial-pci -chardev socket,id=control,path=/guest/control,server=on,wait=off \
  -device virtserialport,chardev=control,name=pwasync \
  -qmp unix:/guest/monitor,server=on,wait=off -serial file:/guest/console $more
"#;

/// See the module.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The scenes to play, each on a machine of its own; none: all
    #[arg(value_parser = PossibleValuesParser::new(SCENES))]
    scenes: Vec<String>,
    /// The script that builds the virtual machine
    #[arg(long, default_value = "packaging/test-host/guest.sh")]
    script: PathBuf,
}

/// Exit status: whether all points hold.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(missing) = missing_root() {
        bail!("a virtual machine cannot be built: {missing} is missing");
    }
    let started = Moment::now();
    let workdir = Workdir::create()?;
    let programs = Binaries::find()?.program("pwasyncd")?;
    let programs = programs.parent().context("the programs are in no folder")?;
    let build = Command::new(&arguments.script).argument(programs).argument(workdir.path());
    let built = build.run(None, BUILD_LIMIT).await?;
    let tools = built.stdout.trim();
    if tools.is_empty() {
        bail!("`{}` failed: {}", arguments.script.display(), built.stderr.trim());
    }
    let log = Log { started };
    log.note(&format!("virtual machine built in {:.0} s", log.seconds()))?;
    let mut verdict = Verdict::default();
    let wanted = |scene: &&str| {
        arguments.scenes.is_empty() || arguments.scenes.iter().any(|name| name == scene)
    };
    for scene in SCENES.into_iter().filter(wanted) {
        log.note(&format!("a machine boots for the scene `{scene}`"))?;
        let stage = Stage { scene, tools, workdir: &workdir, log: &log };
        stage.play(&mut verdict).await?;
    }
    verdict.tell(&log)
}

/// A machine for one scene.
struct Stage<'a> {
    scene: &'static str,
    /// Where QEMU is.
    tools: &'a str,
    workdir: &'a Workdir,
    log: &'a Log,
}

impl Stage<'_> {
    /// Boots the machine on a copy of the disk, and sees the scene through.
    async fn play(&self, verdict: &mut Verdict) -> anyhow::Result<()> {
        for left in ["monitor", "control", "console"] {
            // The first machine finds none.
            let _ = std::fs::remove_file(self.file(left));
        }
        let command = Command::new("/usr/bin/unshare")
            .arguments([
                "--mount",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-eu",
                "-c",
                QEMU,
            ])
            .variable("tools", self.tools)
            .variable("folder", self.workdir.path())
            .variable("more", more(self.scene));
        let mut qemu = command.spawn(None)?;
        // Asked to end, it leaves nothing behind either.
        let mut terminated = signal(SignalKind::terminate()).context("cannot hear signals")?;
        let done = tokio::select! {
            done = self.attend(&mut qemu, verdict) => done,
            _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
            _ = terminated.recv() => Err(anyhow!("terminated")),
        };
        drop(qemu);
        if done.is_err() {
            let console = std::fs::read(self.file("console")).unwrap_or_default();
            let console = String::from_utf8_lossy(&console);
            let tail: Vec<&str> = console.lines().rev().take(40).collect();
            for line in tail.iter().rev() {
                say(&format!("# console: {line}"))?;
            }
        }
        done
    }

    async fn attend(&self, qemu: &mut Process, verdict: &mut Verdict) -> anyhow::Result<()> {
        let monitor = connect(self.file("monitor"), qemu).await?;
        let monitor = Monitor::greet(monitor).await?;
        let (read, answers) = connect(self.file("control"), qemu).await?.into_split();
        let guest = Guest { lines: BufReader::new(read).lines(), answers };
        let (plan, asleep, waker) = (Plan::None, None, "nobody");
        let mut owner = Owner { stage: self, monitor, guest, verdict, plan, asleep, waker };
        loop {
            let happened = timeout(SILENCE_LIMIT, owner.next()).await;
            let happened = happened.context("the guest says nothing")??;
            if owner.take(&happened).await? == Goes::ToItsEnd {
                return Ok(());
            }
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.workdir.path().join(name)
    }
}

/// What a scene's machine has, beyond what all have.
fn more(scene: &str) -> &'static str {
    match scene {
        "idle" => "-acpitable file=/guest/battery.aml",
        _ => "",
    }
}

/// What the guest has reported.
#[derive(Default)]
struct Verdict {
    good: u32,
    bad: u32,
}

impl Verdict {
    /// A line of the guest, its point numbered.
    fn take(&mut self, line: &str) -> String {
        let (word, text) = if let Some(text) = line.strip_prefix("ok - ") {
            self.good += 1;
            ("ok", text)
        } else if let Some(text) = line.strip_prefix("not ok - ") {
            self.bad += 1;
            ("not ok", text)
        } else {
            return line.to_owned();
        };
        format!("{word} {} - {text}", self.good + self.bad)
    }

    fn accepted(&self) -> bool {
        self.bad == 0 && self.good > 0
    }

    fn tell(&self, log: &Log) -> anyhow::Result<ExitCode> {
        let (good, all) = (self.good, self.good + self.bad);
        say(&format!("1..{all}"))?;
        let accepted = self.accepted();
        let word = if accepted { "accepted" } else { "NOT accepted" };
        say(&format!("# {word}: {good} of {all} points hold, in {:.0} s", log.seconds()))?;
        Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// When things happen outside.
struct Log {
    started: Moment,
}

impl Log {
    fn seconds(&self) -> f64 {
        Moment::now().millis_since(self.started) / 1_000.0
    }

    fn note(&self, text: &str) -> anyhow::Result<()> {
        say(&format!("# outside, at {:.1} s: {text}", self.seconds()))
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write the log")
}

/// The guest's side of the wire between its program and this one.
struct Guest {
    lines: Lines<BufReader<OwnedReadHalf>>,
    answers: OwnedWriteHalf,
}

/// What is done to the machine once it sleeps.
#[derive(Clone, Copy)]
enum Plan {
    /// Nothing: nobody has asked.
    None,
    /// Its cable is pulled, and after so long somebody presses a key.
    Nap(Duration),
    /// It is left alone; a key is pressed only when it sleeps on and on.
    Rest,
}

/// Whether there is more to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    On,
    ToItsEnd,
}

/// What comes from the machine.
enum Happened {
    /// From its program.
    Line(String),
    /// From QEMU.
    Event(String),
    /// It has slept for so long that nothing will wake it.
    SleepsOn,
}

/// Who sits before the machine.
struct Owner<'a> {
    stage: &'a Stage<'a>,
    monitor: Monitor,
    guest: Guest,
    verdict: &'a mut Verdict,
    plan: Plan,
    asleep: Option<Moment>,
    waker: &'static str,
}

impl Owner<'_> {
    async fn next(&mut self) -> anyhow::Result<Happened> {
        let rescued = matches!((self.plan, self.asleep), (Plan::Rest, Some(_)));
        tokio::select! {
            line = self.guest.lines.next_line() => {
                let line = line.context("cannot hear the guest")?;
                Ok(Happened::Line(line.context("the guest has ended")?))
            }
            event = self.monitor.next_event() => event.map(Happened::Event),
            () = sleep(RESCUE_AFTER), if rescued => Ok(Happened::SleepsOn),
        }
    }

    async fn take(&mut self, happened: &Happened) -> anyhow::Result<Goes> {
        match happened {
            Happened::Line(line) => return self.hear(line).await,
            Happened::Event(event) if event == "SUSPEND" => self.sleeps().await?,
            Happened::Event(event) if event == "WAKEUP" => {
                let slept = self.asleep.take().map_or(0.0, |at| Moment::now().millis_since(at));
                let text =
                    format!("the machine wakes by {} after {:.1} s", self.waker, slept / 1e3);
                self.stage.log.note(&text)?;
            }
            Happened::Event(_) => {}
            Happened::SleepsOn => self.press_a_key().await?,
        }
        Ok(Goes::On)
    }

    async fn hear(&mut self, line: &str) -> anyhow::Result<Goes> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["end"] => return Ok(Goes::ToItsEnd),
            ["ask", "cable", "in"] => {
                self.monitor.plug(Plug::In).await?;
                self.stage.log.note("cable in")?;
                self.guest.answer("done").await?;
            }
            ["ask", "nap", seconds] => {
                let seconds = seconds.parse().context("not a number")?;
                self.plan = Plan::Nap(Duration::from_secs(seconds));
                self.guest.answer("done").await?;
            }
            ["ask", "rest"] => {
                self.plan = Plan::Rest;
                self.guest.answer("done").await?;
            }
            ["ask", "scene"] => self.guest.answer(self.stage.scene).await?,
            ["ask", "waker"] => self.guest.answer(self.waker).await?,
            _ => {
                let line = self.verdict.take(line);
                say(&line)?;
            }
        }
        Ok(Goes::On)
    }

    async fn sleeps(&mut self) -> anyhow::Result<()> {
        self.asleep = Some(Moment::now());
        self.waker = "itself";
        self.stage.log.note("the machine sleeps")?;
        match self.plan {
            Plan::None | Plan::Rest => Ok(()),
            Plan::Nap(lasts) => {
                self.monitor.plug(Plug::Out).await?;
                self.stage.log.note("cable out")?;
                // This is the sleep itself. Nothing is waited for.
                sleep(lasts).await;
                self.press_a_key().await
            }
        }
    }

    async fn press_a_key(&mut self) -> anyhow::Result<()> {
        self.waker = "a key";
        self.monitor.ask("system_wakeup", None).await
    }
}

impl Guest {
    async fn answer(&mut self, word: &str) -> anyhow::Result<()> {
        let line = format!("{word}\n");
        self.answers.write_all(line.as_bytes()).await.context("cannot answer the guest")
    }
}

/// Connects as soon as QEMU listens. Nobody says when that is.
async fn connect(path: PathBuf, qemu: &mut Process) -> anyhow::Result<UnixStream> {
    let mut looks = interval(LOOK_AGAIN);
    let connected = timeout(LISTEN_LIMIT, async {
        loop {
            looks.tick().await;
            if let Ok(stream) = UnixStream::connect(&path).await {
                return Some(stream);
            }
            if !qemu.is_running() {
                return None;
            }
        }
    });
    let connected = connected.await.ok().flatten();
    connected.with_context(|| format!("QEMU does not listen{}", qemu.tail()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(lines: &[&str]) -> bool {
        let mut verdict = Verdict::default();
        for line in lines {
            verdict.take(line);
        }
        verdict.accepted()
    }

    #[test]
    fn one_point_that_does_not_hold_fails_the_run() {
        assert!(accepted(&["# a note", "ok - it boots"]));
        assert!(!accepted(&["ok - it boots", "not ok - it sleeps"]));
        assert!(!accepted(&["# a note"]), "no point was looked at");
    }
}
