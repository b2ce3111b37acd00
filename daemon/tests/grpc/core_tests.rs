//! What the core's own tests play the life of a phone with.

#[path = "../../core/tests/support/asks.rs"]
pub(crate) mod asks;
#[path = "../../core/tests/support/disk.rs"]
pub(crate) mod disk;
#[path = "../../core/tests/support/facts.rs"]
pub(crate) mod facts;
#[path = "../../core/tests/support/figures.rs"]
pub(crate) mod figures;
#[path = "../../core/tests/support/life.rs"]
pub(crate) mod life;
#[path = "../../core/tests/support/phone/mod.rs"]
pub(crate) mod phone;
#[path = "../../core/tests/support/world.rs"]
pub(crate) mod world;
