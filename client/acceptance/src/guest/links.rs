//! Links that not every kernel has, without NetworkManager: a VLAN and a bond.

use pwasync_client::{NewRegistration, SyncKind};

use super::{
    desktop::{Desktop, key, run, systemctl},
    port::Port,
    watch::What,
};

/// A cable with both ends in the machine; this one is pulled.
const FAR: &str = "far0";

pub(super) async fn go(port: &mut Port, desktop: &mut Desktop) -> anyhow::Result<()> {
    port.note("links without NetworkManager")?;
    systemctl(&["stop", "NetworkManager.service"]).await?;
    run("ip", &["link", "set", "eth0", "down"]).await?;
    run("ip", &["link", "add", "near0", "type", "veth", "peer", "name", FAR]).await?;
    for end in ["near0", FAR] {
        run("ip", &["link", "set", end, "up"]).await?;
    }
    desktop.offline().await?;
    leads_out(port, desktop, "a VLAN", &["link add link near0 name out0 type vlan id 5"]).await?;
    run("ip", &["link", "delete", "out0"]).await?;
    desktop.offline().await?;
    let bond = [
        "link add out0 type bond mode active-backup miimon 100",
        "link set near0 down",
        "link set near0 master out0",
        "link set near0 up",
    ];
    leads_out(port, desktop, "a bond", &bond).await
}

/// The only way out is a link of this kind, called `out0`.
async fn leads_out(
    port: &mut Port,
    desktop: &mut Desktop,
    kind: &str,
    made: &[&str],
) -> anyhow::Result<()> {
    let out = [
        "addr add 192.0.2.5/24 dev out0",
        "link set out0 up",
        "route add default via 192.0.2.1 dev out0",
    ];
    for line in made.iter().chain(&out) {
        run("ip", &line.split(' ').collect::<Vec<_>>()).await?;
    }
    desktop.online().await?;
    let source = desktop.status().await?.host.online_source.source.unwrap_or_default();
    port.point(
        &format!("{kind} that leads out is a link like others # online by {source}"),
        source == "netlink",
    )?;
    run("ip", &["link", "set", FAR, "down"]).await?;
    desktop.offline().await?;
    let new = NewRegistration::new(key("https://mail.example/", SyncKind::OneOff, kind));
    let held = desktop.client.register(&new).await?.registration;
    let by: Vec<_> = held.blockers.iter().map(|one| one.code.as_str()).collect();
    port.point(
        &format!("with its cable out {kind} holds syncs # {by:?}"),
        by.contains(&"OFFLINE"),
    )?;
    desktop.take();
    run("ip", &["link", "set", FAR, "up"]).await?;
    let wake = |what: &What| matches!(what, What::Wake(woken) if *woken == held.id);
    desktop.until("the wake of a one-off sync", wake).await?;
    port.point(&format!("with its cable in the sync runs over {kind}"), true)
}
