//! What the tests share, as far as it is needed here.

#[path = "../../tests/support/asks.rs"]
pub(crate) mod asks;
#[path = "../../tests/support/disk.rs"]
pub(crate) mod disk;
#[path = "../../tests/support/facts.rs"]
pub(crate) mod facts;
#[path = "../../tests/support/figures.rs"]
pub(crate) mod figures;
#[path = "../../tests/support/life.rs"]
pub(crate) mod life;
#[path = "../../tests/support/phone/mod.rs"]
pub(crate) mod phone;
#[path = "../../tests/support/world.rs"]
pub(crate) mod world;
