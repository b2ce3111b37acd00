//! The bridge with a real Chromium, a small web app, and a scripted daemon.

// Always true here; it tells the linter that helpers of tests are tests.
#[cfg(test)]
mod interfaces;
#[cfg(test)]
mod process;
#[cfg(test)]
mod quit;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod starts;
#[cfg(test)]
mod support;
#[cfg(test)]
mod wakes;
