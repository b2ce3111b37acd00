//! The wall clock jumps, as a dead battery or a traveller has it.

use std::{collections::BTreeMap, time::Duration};

use super::{
    desktop::{Desktop, INTERVAL, run},
    nap::wakes,
    port::Port,
    watch::What,
};

/// A clock that counts in whole seconds may take one off an interval.
const GRAIN: f64 = 1.0;
/// Less than a sync's interval.
const LOOKED_ON: Duration = Duration::from_secs(15);

pub(super) async fn go(port: &mut Port, desktop: &mut Desktop) -> anyhow::Result<()> {
    port.note("the wall clock jumps")?;
    let steps: [(&str, &str, &[&str]); 3] = [
        ("a year ahead", "date", &["--set", "+1 year"]),
        ("a year and a day back", "date", &["--set", "-366 days"]),
        ("to another zone", "ln", &["-sf", "/usr/share/zoneinfo/Asia/Tokyo", "/etc/localtime"]),
    ];
    let all = desktop.syncs.len();
    let mut seen = desktop.take();
    for (name, program, words) in steps {
        run(program, words).await?;
        desktop.look_on(LOOKED_ON).await;
        let happened = desktop.take();
        let ran = wakes(&happened).len();
        seen.extend(happened);
        let left = desktop.registrations().await?.len();
        let lasted = LOOKED_ON.as_secs();
        port.point(
            &format!("{name}: nothing is lost # {left} of {all} syncs, {ran} wakes in {lasted} s"),
            left == all,
        )?;
    }
    // Twice, so that there is a time between.
    for _ in 0..2 * all {
        desktop.until("a wake", |what| matches!(what, What::Wake(_))).await?;
    }
    seen.extend(desktop.take());
    let mut by_sync = BTreeMap::<_, Vec<f64>>::new();
    for (at, id) in wakes(&seen) {
        by_sync.entry(id).or_default().push(at);
    }
    let counts: Vec<_> = by_sync.values().map(Vec::len).collect();
    let gaps = by_sync.values().flat_map(|times| times.windows(2).map(|two| two[1] - two[0]));
    let shortest = gaps.fold(f64::INFINITY, f64::min);
    port.point(
        &format!("nothing is starved # each of {} syncs ran: {counts:?} times", by_sync.len()),
        by_sync.len() == all,
    )?;
    port.point(
        &format!("nothing stampedes # never sooner than {shortest:.1} s after the time before"),
        shortest >= INTERVAL.as_secs_f64() - GRAIN,
    )
}
