//! Two daemons, and a ledger that must be able to find something.

use std::{fs, time::Duration};

use pwasync_e2e::{Binaries, Command, Ending, HarnessError};
use tokio::time::sleep;

use crate::{
    bed::{Bed, LIMIT, Until, copy_folder, running},
    caller::Diet,
    run::{Run, Tally},
};

/// What a daemon ends with that finds another in its place.
const TAKEN: i32 = 69;
const LOAD: Duration = Duration::from_millis(300);

/// A second daemon on the same state says so and ends, and the first does not notice.
pub(crate) async fn second(run: &mut Run) -> Result<Tally, HarnessError> {
    let mut tally = Tally::new("two daemons");
    let mut bed = Bed::new(run.random.u64(..), Diet::Mixed, None)?;
    bed.start().await?;
    let other = bed.setup.socket().with_file_name("other.sock");
    for (socket, says) in
        [(other, "another daemon uses it"), (bed.setup.socket(), "another daemon listens")]
    {
        let second = Command::new(Binaries::find()?.program("pwasyncd")?)
            .argument("--socket")
            .argument(socket)
            .argument("--state-dir")
            .argument(bed.setup.state())
            .argument("--config")
            .argument(bed.setup.policy())
            .spawn(Some(bed.namespace()))?;
        let mut second = second;
        let ended = bed.load(Until::SceneEnds, second.ended(LIMIT)).await;
        let said = second.tail();
        match ended.transpose()? {
            Some(Ending::Status(TAKEN)) if said.contains(says) => {}
            ended => bed.ledger.lose(format!("the second daemon: {ended:?}, {said}")),
        }
    }
    bed.settle();
    bed.compare().await;
    crash_under_load(&mut bed).await?;
    bed.start().await?;
    tally.round(run, &mut bed);
    tally.end(bed);
    Ok(tally)
}

/// A daemon that forgets what it did since an earlier moment is found out.
pub(crate) async fn forgetful(run: &mut Run) -> Result<Tally, HarnessError> {
    let mut tally = Tally::new("a store put back");
    let mut bed = Bed::new(run.random.u64(..), Diet::Mixed, None)?;
    bed.start().await?;
    crash_under_load(&mut bed).await?;
    let state = bed.setup.state().to_owned();
    let copy = state.with_file_name("earlier");
    copy_folder(&state, &copy)?;
    bed.start().await?;
    crash_under_load(&mut bed).await?;
    fs::remove_dir_all(&state).map_err(|source| system("remove the state", source))?;
    copy_folder(&copy, &state)?;
    let honest = bed.ledger.take_losses();
    tally.losses.extend(honest);
    bed.start().await?;
    let found = bed.ledger.take_losses();
    if !found.iter().any(|loss| loss.contains("possible were")) {
        tally.losses.push(format!("nothing was found out: {found:?}"));
    }
    tally.rounds += 1;
    tally.notes.push(format!("{} losses were found out, as they must be", found.len()));
    tally.end(bed);
    Ok(tally)
}

async fn crash_under_load(bed: &mut Bed) -> Result<(), HarnessError> {
    let mut daemon = bed.daemon.take();
    let crashed = bed
        .load(Until::SceneEnds, async {
            sleep(LOAD).await;
            running(&mut daemon)?.process.crash().await
        })
        .await;
    crashed.transpose().map(drop)
}

fn system(doing: &str, source: std::io::Error) -> HarnessError {
    HarnessError::System { doing: doing.to_owned(), source }
}
