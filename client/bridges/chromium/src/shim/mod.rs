//! The scripts that run in the browser, and the expressions by which the bridge speaks with them.
//!
//! All of it bears one unguessable name, drawn at each start. Whatever comes back is a site's word.

use std::io;

use serde_json::{Value, json};

const API: &str = include_str!("api.js");
const PAGE: &str = include_str!("page.js");
const WORKER: &str = include_str!("worker.js");
const NETWORK: &str = include_str!("network.js");

/// The scripts of one run of the bridge.
#[derive(Clone, Debug)]
pub struct Shims {
    name: String,
}

/// When a worker gets its shim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the worker's own script: it gets everything.
    BeforeScript,
    /// While it runs: synthetic events are all that it can be given.
    Late,
}

impl Shims {
    /// Draws the name.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub fn new() -> io::Result<Self> {
        let mut bytes = [0; 16];
        let mut filled = 0;
        while filled < bytes.len() {
            filled += rustix::rand::getrandom(
                &mut bytes[filled..],
                rustix::rand::GetRandomFlags::empty(),
            )?;
        }
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { name: format!("pwasync_{digits}") })
    }

    /// The name of the binding, and what marks a worker's signal.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What every document gets.
    #[must_use]
    pub fn page(&self) -> String {
        self.fill(PAGE)
    }

    /// What a document gets that keeps Chromium's interfaces: no trace of the bridge.
    #[must_use]
    pub fn bare_page(&self) -> String {
        format!("delete self[{}]", json!(self.name))
    }

    /// What a service worker gets.
    #[must_use]
    pub fn worker(&self, moment: Moment) -> String {
        let late = match moment {
            Moment::BeforeScript => "false",
            Moment::Late => "true",
        };
        self.fill(WORKER).replacen("const late = LATE;", &format!("const late = {late};"), 1)
    }

    /// What the bridge's own hidden page gets.
    #[must_use]
    pub fn network(&self) -> &'static str {
        NETWORK
    }

    /// The tag with which Chromium dispatches an attempt's event; the shim puts the real one in.
    #[must_use]
    pub fn token(&self, attempt: &str) -> String {
        format!("{}:{attempt}", self.name)
    }

    /// Answers a call of a page.
    #[must_use]
    pub fn page_reply(&self, arguments: &[Value]) -> String {
        format!("self[Symbol.for({})]({})", json!(self.name), list(arguments))
    }

    /// Calls a function of the worker's shim; null where the worker has none.
    #[must_use]
    pub fn worker_call(&self, function: &str, arguments: &[Value]) -> String {
        let name = json!(self.name);
        format!("self[Symbol.for({name})]?.{function}?.({}) ?? null", list(arguments))
    }

    fn fill(&self, template: &str) -> String {
        template
            .replacen("const name = NAME;", &format!("const name = {};", json!(self.name)), 1)
            .replacen("(API)(", &format!("({API})("), 1)
    }
}

/// JSON is JavaScript, so a string of JSON is a safe argument.
fn list(arguments: &[Value]) -> String {
    arguments.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_has_another_name() {
        assert_ne!(Shims::new().unwrap().name(), Shims::new().unwrap().name());
    }

    #[test]
    fn no_placeholder_is_left_in_a_script() {
        let shims = Shims::new().unwrap();
        for script in [shims.page(), shims.worker(Moment::BeforeScript), shims.worker(Moment::Late)]
        {
            for placeholder in ["= NAME", "= LATE", "(API)"] {
                assert!(!script.contains(placeholder), "{placeholder}");
            }
            assert!(script.contains(shims.name()));
        }
    }

    #[test]
    fn an_argument_cannot_leave_its_string() {
        let shims = Shims::new().unwrap();
        let call = shims.worker_call("arm", &[json!("\");evil(\"\u{2028}\n")]);
        assert!(call.contains(r#""\");evil(\""#), "{call}");
        assert!(!call.contains('\n'), "{call}");
    }
}
