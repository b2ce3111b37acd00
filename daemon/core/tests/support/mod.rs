//! What the tests of the core share: a world around the scheduler, with a clock, a disk and
//! browsers.

pub(crate) mod asks;
pub(crate) mod disk;
pub(crate) mod facts;
pub(crate) mod figures;
pub(crate) mod life;
pub(crate) mod names;
pub(crate) mod phone;
pub(crate) mod script;
pub(crate) mod trace;
pub(crate) mod world;
