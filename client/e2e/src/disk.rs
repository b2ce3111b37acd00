//! A disk of our own: ext4 on a loop device, whose power can be cut and whose space can be taken.
//!
//! It is mounted in a mount namespace of this program alone, so that nothing stays mounted however
//! the program ends.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use nix::{
    errno::Errno,
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, unshare},
};

use crate::{error::HarnessError, wait::until};

/// Killed processes let go of a file system a moment after they were reaped.
const BUSY_LIMIT: Duration = Duration::from_secs(20);
/// A disk is filled by pieces of these sizes.
const PIECES: [usize; 4] = [1 << 20, 64 << 10, 4 << 10, 1];

/// Nothing that is mounted from here on by this thread, and by threads and programs that it
/// starts, is seen outside of them. Needs root, and must come before any thread.
///
/// # Errors
/// When the kernel refuses.
pub fn mount_privately() -> Result<(), HarnessError> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    unshare(CloneFlags::CLONE_NEWNS)
        .and_then(|()| mount(None::<&str>, "/", None::<&str>, private, None::<&str>))
        .map_err(|error| HarnessError::system("make a mount namespace", error))
}

/// A disk in a file, mounted below a folder.
#[derive(Debug)]
pub struct LoopDisk {
    folder: PathBuf,
    /// Of its file.
    number: u32,
}

impl LoopDisk {
    /// Makes one of so many MiB in an empty folder, and mounts it.
    ///
    /// # Errors
    /// When a program is missing or fails.
    pub fn create(folder: PathBuf, mebibytes: u64) -> Result<Self, HarnessError> {
        let disk = Self { folder, number: 0 };
        disk.format(mebibytes)?;
        fs::create_dir(disk.mounted())
            .map_err(|source| HarnessError::system("make a mount point", source))?;
        disk.mount()?;
        Ok(disk)
    }

    /// Where it is mounted.
    #[must_use]
    pub fn mounted(&self) -> PathBuf {
        self.folder.join("disk")
    }

    /// Mounts it, and does what a journal asks for.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn mount(&self) -> Result<(), HarnessError> {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(self.mounted()))
    }

    /// Takes it out, once the last program has let go of it.
    ///
    /// # Errors
    /// When a program holds on to it.
    pub async fn unmount(&self) -> Result<(), HarnessError> {
        let path = self.mounted();
        let taken = until(BUSY_LIMIT, "the disk to be let go of", || {
            match umount2(&path, MntFlags::empty()) {
                Err(Errno::EBUSY) => None,
                done => Some(done),
            }
        });
        taken.await?.map_err(|error| HarnessError::system("unmount a disk", error))
    }

    /// Takes it from its place, with those that it stands before, though programs have files open
    /// on it: they may go on with those.
    ///
    /// # Errors
    /// When it is not mounted.
    pub fn detach(&self) -> Result<(), HarnessError> {
        let detach = || umount2(&self.mounted(), MntFlags::MNT_DETACH);
        detach().map_err(|error| HarnessError::system("detach a disk", error))?;
        while detach().is_ok() {}
        Ok(())
    }

    /// Puts another in its place that holds the same, though programs have files open on it.
    /// There is no moment without a disk.
    ///
    /// # Errors
    /// When it cannot be copied or mounted.
    pub fn exchange(&mut self) -> Result<(), HarnessError> {
        // A device of one file is one disk, however often it is mounted.
        let former = self.image();
        self.number += 1;
        fs::copy(&former, self.image())
            .and_then(|_| fs::remove_file(former))
            .map_err(|source| HarnessError::system("copy a disk", source))?;
        self.mount()
    }

    /// What is in memory only is lost, the journal included; from here on every access fails.
    ///
    /// # Errors
    /// When perl is missing, or the kernel refuses.
    pub fn cut_power(&self) -> Result<(), HarnessError> {
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. perl, since every system has it and
        // the call itself would need unsafe code.
        let script = "open(my $disk, '<', $ARGV[0]) or die $!; my $flags = pack('L', 2);
            ioctl($disk, 0x8004587d, $flags) or die $!";
        run(Command::new("perl").args(["-e", script]).arg(self.mounted()))
    }

    /// Takes its space up to the last byte. What is freed meanwhile is taken too when this is
    /// called again.
    ///
    /// # Errors
    /// When something else than space is missing.
    pub fn fill(&self) -> Result<(), HarnessError> {
        let fill = || -> io::Result<()> {
            let mut file = File::options().create(true).append(true).open(self.filler())?;
            PIECES.into_iter().try_for_each(|piece| write_until_full(&mut file, piece))
        };
        fill().map_err(|source| HarnessError::system("fill a disk", source))
    }

    /// Gives the space back.
    ///
    /// # Errors
    /// When it was not taken.
    pub fn free(&self) -> Result<(), HarnessError> {
        fs::remove_file(self.filler()).map_err(|source| HarnessError::system("free a disk", source))
    }

    fn format(&self, mebibytes: u64) -> Result<(), HarnessError> {
        File::create(self.image())
            .and_then(|image| image.set_len(mebibytes << 20))
            .map_err(|source| HarnessError::system("make a disk's file", source))?;
        // No space is kept for root.
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(self.image()))
    }

    fn image(&self) -> PathBuf {
        self.folder.join(format!("image-{}", self.number))
    }

    fn filler(&self) -> PathBuf {
        self.mounted().join("filler")
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        // Not mounted where the last thing was to take it out.
        while umount2(&self.mounted(), MntFlags::MNT_DETACH).is_ok() {}
    }
}

fn write_until_full(file: &mut File, piece: usize) -> io::Result<()> {
    let zeros = vec![0; piece];
    loop {
        // Space that was promised and not yet given could still go to somebody else.
        match file.write_all(&zeros).and_then(|()| file.sync_data()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn run(command: &mut Command) -> Result<(), HarnessError> {
    let output = command
        .output()
        .map_err(|source| HarnessError::system(format!("run {command:?}"), source))?;
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(HarnessError::Command { command: format!("{command:?}"), output })
}
