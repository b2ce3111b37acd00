//! The policies between which the model reloads.

use std::time::Duration;

use pwasync_core::policy::{
    Condition, LearnedHours, Networks, Patch, Permission, Policy, Value, keys,
};

use crate::model::transition::{app_id, origin_of};

/// How many there are.
pub(in crate::model) const POLICIES: usize = 6;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

impl super::Reference {
    /// The policy with this number, with so long a settle time.
    pub(in crate::model) fn policy(number: usize, settle: Duration) -> Policy {
        let mut policy = Policy {
            slots: 3,
            owner_slots: 2,
            owner_registrations: 7,
            owner_history: 40,
            resume_settle: settle * 5,
            settle,
            ..Policy::default()
        };
        match number {
            0 => {}
            1 => {
                (policy.slots, policy.owner_slots) = (2, 1);
                policy.rules.max_attempts = 2;
                policy.free_offline = 1;
                policy.free_unavailable = 0;
                policy.rules.wakes_a_day = Some(2);
            }
            2 => {
                (policy.slots, policy.owner_slots) = (16, 8);
                policy.rules.one_off.metered = Condition::Held;
                policy.rules.one_off.battery = 20;
                policy.rules.periodic.networks = Networks::Known;
                policy.rules.stale_intervals = 0;
                policy.grid_offset = Duration::from_secs(100);
                policy.suspend.resume_offset = settle;
                policy.rules.learned_hours = LearnedHours::Off;
            }
            3 => {
                policy.rules.periodic.networks = Networks::Registered;
                policy.rules.min_interval_floor = 20 * MINUTE;
                policy.rules.stale_intervals = 1;
                policy.max_brought_forward = 1;
                policy.uninstalled_hold = HOUR;
                (policy.grid_short, policy.grid_long) = (Duration::ZERO, HOUR);
                policy.rules.run_time_a_day = Some(MINUTE);
                policy.suspend.delay = Duration::ZERO;
            }
            4 => {
                policy.origins.insert(origin_of(0).into(), for_a());
                policy.apps.insert(app_id(1), for_b());
                policy.launch_limit = 10 * MINUTE;
                policy.limited_grace = MINUTE;
            }
            _ => {
                policy.rules.periodic.permission = Permission::Denied;
                policy.rules.one_off.roaming = Condition::Held;
                policy.rules.one_off.power_saver = Condition::Held;
                policy.rules.periodic.metered = Condition::Allowed;
                policy.limited_gap = 5 * MINUTE;
                policy.owner_history = 10;
            }
        }
        policy
    }
}

fn patch(values: &[(&str, Value)]) -> Patch {
    let mut patch = Patch::default();
    for (name, value) in values {
        patch.set(keys::find(name).unwrap(), *value).unwrap();
    }
    patch
}

/// What the first origin has for itself.
fn for_a() -> Patch {
    patch(&[
        ("periodic.min_interval", Value::Duration(6 * HOUR)),
        ("periodic.metered", Value::Word("allowed")),
        ("budget.wakes_a_day", Value::Count(1)),
        ("retry.initial_delay", Value::Duration(MINUTE)),
    ])
}

/// What the app of the second origin has for itself.
fn for_b() -> Patch {
    patch(&[
        ("one_off.permission", Value::Word("denied")),
        ("event.run_limit", Value::Duration(MINUTE)),
        ("periodic.battery", Value::Count(50)),
    ])
}
