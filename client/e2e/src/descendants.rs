//! Finding and ending whole families of processes, so that nothing outlives its scene.

use std::{collections::BTreeMap, fs, os::fd::OwnedFd, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

/// After SIGKILL only the kernel's own work is left.
const KILL_LIMIT: Duration = Duration::from_secs(5);
/// A process may start another while the family is being counted.
const ROUNDS: u32 = 5;

#[derive(Clone, Copy)]
struct Relations {
    parent: u32,
    group: u32,
}

/// Processes below `process`, children before grandchildren.
#[must_use]
pub fn descendants_of(process: u32) -> Vec<u32> {
    let table = process_table();
    let mut found = vec![process];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(table.iter().filter(|(_, of)| of.parent == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.remove(0);
    found
}

/// Descriptors of the family of `leader`: itself, its descendants, and its process group.
pub(crate) fn family(leader: u32) -> Vec<OwnedFd> {
    let mut members = vec![leader];
    members.extend(descendants_of(leader));
    let group = process_table().into_iter().filter(|(_, of)| of.group == leader);
    members.extend(group.map(|(pid, _)| pid));
    members.sort_unstable();
    members.dedup();
    members.into_iter().filter_map(open).collect()
}

/// Kills the family of `leader` and waits until it is gone. `leader` must not have been reaped.
pub(crate) fn end_family(leader: u32) {
    for _ in 0..ROUNDS {
        let members = family(leader);
        let alive = members.iter().filter(|member| !has_ended(member)).count();
        if alive == 0 {
            return;
        }
        end(&members);
    }
}

/// Kills what `members` names and waits until it is gone.
pub(crate) fn end(members: &[OwnedFd]) {
    for member in members {
        // An error means that it has ended already.
        let _ = pidfd_send_signal(member, Signal::KILL);
    }
    for member in members {
        wait(member, KILL_LIMIT);
    }
}

fn open(process: u32) -> Option<OwnedFd> {
    let process = Pid::from_raw(i32::try_from(process).ok()?)?;
    pidfd_open(process, PidfdFlags::empty()).ok()
}

fn has_ended(member: &OwnedFd) -> bool {
    wait(member, Duration::ZERO)
}

fn wait(member: &OwnedFd, limit: Duration) -> bool {
    let limit = Timespec::try_from(limit).ok();
    poll(&mut [PollFd::new(member, PollFlags::IN)], limit.as_ref()).is_ok_and(|ready| ready > 0)
}

fn process_table() -> BTreeMap<u32, Relations> {
    let Ok(entries) = fs::read_dir("/proc") else { return BTreeMap::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        Some((pid, relations(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))
    })
    .collect()
}

/// From a line of `/proc/*/stat`: after the name, which may hold anything, come state, parent
/// and group.
fn relations(stat: &str) -> Option<Relations> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Relations { parent, group })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_is_passed_over() {
        let found = relations("17 (a) b) S 4 9 9 0 -1").unwrap();
        assert_eq!((found.parent, found.group), (4, 9));
    }

    #[test]
    fn a_family_ends_with_its_grandchildren() {
        use std::os::unix::process::CommandExt;
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "sleep 600 & wait"]).process_group(0);
        let mut child = command.spawn().unwrap();
        let grandchild = loop {
            if let Some(&first) = descendants_of(child.id()).first() {
                break first;
            }
        };
        let grandchild = open(grandchild).unwrap();
        end_family(child.id());
        assert!(has_ended(&grandchild));
        child.wait().unwrap();
    }
}
