//! The bed itself: what the real services say when something happens to them.

use std::time::Duration;

use futures_util::StreamExt as _;
use pwasync_e2e::{
    bed::{Bed, BedOptions, Internet, Plug, changed, network_manager, system_root},
    is_root, variable,
};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(20);

/// Whether this machine can build a bed; says what is missing, and fails where all must run.
pub(crate) fn can_run() -> bool {
    let missing = match (is_root(), system_root()) {
        (true, Some(_)) => return true,
        (false, _) => "root",
        (true, None) => "what packaging/test-host/root.sh builds",
    };
    assert!(variable("CI").is_none(), "needs {missing}, and under CI nothing may be skipped");
    skip(missing);
    false
}

#[expect(clippy::print_stderr, reason = "a test that does nothing says so")]
fn skip(missing: &str) {
    eprintln!("skipped: needs {missing}");
}

#[tokio::test]
async fn network_manager_tells_of_a_cable_that_goes_out_and_in() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_network_manager(BedOptions::default()).await.unwrap();
    let manager = network_manager();
    bed.bus().until::<u32>(&manager, "Connectivity", |full| *full == 4).await.unwrap();
    let mut states = Vec::new();
    let mut changes = bed.bus().changes(&manager).await.unwrap();
    for (plug, state) in [(Plug::Out, 20), (Plug::In, 70)] {
        bed.cable("eth0", plug).unwrap();
        let told = timeout(LIMIT, async {
            loop {
                let signal = changes.next().await.unwrap().unwrap();
                if let Some(told) = changed(&signal).unwrap().remove("State") {
                    states.push(u32::try_from(told).unwrap());
                }
                if states.last() == Some(&state) {
                    return;
                }
            }
        });
        assert!(told.await.is_ok(), "{plug:?}: only {states:?} was told");
    }
    bed.bus().until::<u32>(&manager, "Connectivity", |full| *full == 4).await.unwrap();
    bed.portal("eth0", Internet::Captive).await.unwrap();
    bed.bus().until::<u32>(&manager, "Connectivity", |portal| *portal == 2).await.unwrap();
    bed.portal("eth0", Internet::Silent).await.unwrap();
    bed.bus().until::<u32>(&manager, "Connectivity", |limited| *limited == 3).await.unwrap();
}
