//! One outage: the link goes, a message is written, the link comes, the message arrives.

use anyhow::{Context, bail};
use pwasync_client::{
    AttemptEnd, Change, Follow, Outcome, Registration, RegistrationEvent, RegistrationId,
    RemovalReason, SyncKind, Watch, WatchedChange,
};
use pwasync_e2e::{CableEnd, CarrierState, Moment, ServerEvent};
use serde_json::json;
use tokio::time::timeout;

use super::{
    figures::Instants,
    narrator::Narrator,
    stage::{LIMIT, Stage},
};

/// Where the cable is pulled out: the browser's machine loses the carrier, as on a desk.
const PULLED: CableEnd = CableEnd::Far;
const TAG: &str = "outbox";

/// What was seen in a round.
pub(super) struct Seen {
    pub(super) instants: Instants,
    /// Everything with its time, in order.
    pub(super) story: Vec<(Moment, String)>,
}

/// Pulls the cable out and waits until daemon and Chromium know.
pub(super) async fn pull_out(stage: &mut Stage, narrator: &mut Narrator<'_>) -> anyhow::Result<()> {
    let mut carrier = stage.cable.watch_carrier()?;
    let mut watch = stage.client.watch(0, Follow::Yes).await?;
    stage.cable.down(PULLED)?;
    narrator.line("cable", "pulled out at the far end")?;
    carrier.carrier(CarrierState::Absent, LIMIT).await?;
    host_change(&mut watch, false).await?;
    narrator.line("daemon", "sees that the host is offline")?;
    let offline = "document.querySelector('[data-online=no]')";
    stage.chromium.wait_until(&stage.page, offline, LIMIT).await?;
    narrator.line("page", "says so, too")?;
    Ok(())
}

/// Writes a message in the page, as a person would, and waits until the daemon holds it.
pub(super) async fn write(
    stage: &mut Stage,
    text: &str,
    narrator: &mut Narrator<'_>,
) -> anyhow::Result<RegistrationId> {
    let (chromium, page) = (&mut stage.chromium, &stage.page);
    let asked = chromium.evaluate(page, "Number(document.body.dataset.asked ?? 0)").await?;
    chromium.click(page, "#text").await?;
    chromium.type_text(page, text).await?;
    chromium.click(page, "#send").await?;
    narrator.line("person", &format!("types \"{text}\" and clicks Send"))?;
    let (all, queued) = (count("message"), count("message[data-state=queued]"));
    let more = format!("{all} && {queued} === 1 && Number(document.body.dataset.asked) > {asked}");
    chromium.wait_until(page, &more, LIMIT).await?;
    let held = find(stage).await?.context("the daemon has no registration for the message")?;
    let reasons: Vec<&str> = held.blockers.iter().map(|blocker| blocker.code.as_str()).collect();
    let reasons = reasons.join(", ");
    narrator.line("page", "shows it queued; the sync is registered with the daemon")?;
    narrator.line("daemon", &format!("holds registration {}: {reasons}", held.id))?;
    if held.blockers.is_empty() {
        bail!("registration {}: nothing holds it although the link is down", held.id);
    }
    Ok(held.id)
}

/// Stops the service worker, as Chromium does with one that has been idle for 30 s.
pub(super) async fn stop_worker(
    stage: &mut Stage,
    narrator: &mut Narrator<'_>,
) -> anyhow::Result<()> {
    stage.chromium.call("ServiceWorker.enable", json!({}), Some(&stage.page)).await?;
    stage.chromium.call("ServiceWorker.stopAllWorkers", json!({}), Some(&stage.page)).await?;
    stage.chromium.call("ServiceWorker.disable", json!({}), Some(&stage.page)).await?;
    narrator.line("worker", "stopped, as when idle: the wake has to start it")?;
    Ok(())
}

/// Puts the cable back and follows the message to the server.
pub(super) async fn put_back(stage: &mut Stage, id: RegistrationId) -> anyhow::Result<Seen> {
    let mut carrier = stage.cable.watch_carrier()?;
    let mut watch = stage.client.watch(0, Follow::Yes).await?;
    let link_up = stage.cable.up(PULLED)?;
    let carrier_at = carrier.carrier(CarrierState::Present, LIMIT).await?;
    let sent = format!("{} === 0", count("message:not([data-state=sent])"));
    let (chromium, page) = (&mut stage.chromium, &stage.page);
    let (followed, arrived, shown) =
        tokio::join!(follow(&mut watch, id), stage.server.next_message(LIMIT), async {
            chromium.wait_until(page, &sent, LIMIT).await.map(|()| Moment::now())
        },);
    let (followed, arrived, shown) = (followed?, arrived?, shown?);
    let ServerEvent::Message { at, status, duplicate, message } = arrived else {
        bail!("the server told of something that is no message: {arrived:?}");
    };
    if status != 201 || duplicate {
        bail!("the server answered {status} (message seen before: {duplicate})");
    }
    let request = Moment::from_unix_millis(at);
    let event = Moment::from_unix_millis(message.started_at);
    // The daemon tells whole milliseconds, the rest of one is cut off: what it saw was not
    // before its cause. And it may have read the kernel's message sooner than we.
    let online = followed.online.max(link_up);
    let carrier = carrier_at.min(online);
    let mut story = vec![
        (link_up, "the cable is put back in".to_owned()),
        (carrier, "kernel tells of the carrier".to_owned()),
    ];
    story.extend(followed.story.into_iter().map(|(at, what)| (at.max(online), what)));
    story.push((event, "service worker: sync event begins".to_owned()));
    story.push((request, format!("server: \"{}\" arrives, answer {status}", message.text)));
    story.push((shown, "page shows it sent".to_owned()));
    story.sort_by_key(|(at, _)| *at);
    let wake = followed.wake.max(online);
    let instants = Instants { link_up, carrier, online, wake, event, request };
    Ok(Seen { instants, story })
}

struct Followed {
    online: Moment,
    wake: Moment,
    story: Vec<(Moment, String)>,
}

/// Reads the daemon's own account until the registration is done.
async fn follow(watch: &mut Watch, id: RegistrationId) -> anyhow::Result<Followed> {
    let (mut online, mut wake, mut story) = (None, None, Vec::new());
    let done = timeout(LIMIT, async {
        while let Some(WatchedChange { at: Some(at), change }) = watch.next().await? {
            let at = Moment::from(at);
            match change {
                Change::Host(host) if host.online == Some(true) => {
                    if online.is_none() {
                        online = Some(at);
                        story.push((at, "daemon: the host is online".to_owned()));
                    }
                }
                Change::Registration(change) if change.id == id => match change.event {
                    RegistrationEvent::Woken(attempt)
                    | RegistrationEvent::BroughtForward(attempt) => {
                        wake = Some(at);
                        story.push((
                            at,
                            format!("daemon: wakes the browser, attempt {}", attempt.id),
                        ));
                    }
                    RegistrationEvent::Started(_) => {
                        story.push((at, "daemon: is told that the event began".to_owned()));
                    }
                    RegistrationEvent::Finished { attempt, .. } => {
                        let end = attempt.end.map_or("", AttemptEnd::as_str);
                        story.push((at, format!("daemon: the event ended, {end}")));
                        if attempt.end != Some(AttemptEnd::Outcome(Outcome::Completed)) {
                            bail!("the sync event ended as `{end}`: {}", attempt.detail);
                        }
                    }
                    RegistrationEvent::Removed(RemovalReason::Completed) => return Ok(()),
                    RegistrationEvent::Removed(reason) => {
                        bail!("registration {id}: removed as `{}`", reason.as_str());
                    }
                    RegistrationEvent::Created
                    | RegistrationEvent::Updated
                    | RegistrationEvent::Rearmed
                    | RegistrationEvent::Suspended
                    | RegistrationEvent::Revived { .. } => {}
                },
                Change::Host(_)
                | Change::Registration(_)
                | Change::Session(_)
                | Change::Skipped(_) => {}
            }
        }
        bail!("the daemon's account ended early");
    });
    done.await.context("the daemon did not finish in time")??;
    let online = online.context("the daemon never said that the host is online")?;
    let wake = wake.context("the daemon never said that it sent a wake")?;
    Ok(Followed { online, wake, story })
}

async fn host_change(watch: &mut Watch, online: bool) -> anyhow::Result<()> {
    let seen = timeout(LIMIT, async {
        while let Some(change) = watch.next().await? {
            if matches!(&change.change, Change::Host(host) if host.online == Some(online)) {
                return anyhow::Ok(());
            }
        }
        bail!("the daemon's account ended early")
    });
    seen.await.context("the daemon did not notice the link")?
}

async fn find(stage: &Stage) -> anyhow::Result<Option<Registration>> {
    let all = stage.client.list_all(pwasync_client::Filter::default()).await?;
    Ok(all.into_iter().find(|one| one.key.kind == SyncKind::OneOff && one.key.tag == TAG))
}

fn count(class: &str) -> String {
    format!("document.querySelectorAll('.{class}').length")
}
