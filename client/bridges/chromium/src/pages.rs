//! The documents of the profile: which session, frame and origin a script runs in.
//!
//! A pure mirror of what Chromium tells; a page's own word plays no part in it.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use crate::cdp::SessionId;

/// Contexts of one page; a page can make frames without end.
const MAX_CONTEXTS: usize = 4_096;

/// Documents that are attached to.
#[derive(Debug, Default)]
pub struct Pages {
    pages: BTreeMap<SessionId, Page>,
}

/// The context that a call came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The session that its page or frame is attached by.
    pub session: SessionId,
    /// Its frame.
    pub frame: String,
    /// Its origin as Chromium serialises it.
    pub origin: String,
    /// Names the context uniquely in all of the browser.
    pub context: String,
}

/// The top-level documents: the windows of their origins.
pub type Windows = BTreeMap<SessionId, Document>;

#[derive(Debug)]
struct Page {
    /// The target; the main frame bears the same id.
    target: Arc<str>,
    place: Place,
    contexts: BTreeMap<i64, Document>,
}

/// Where a document's target sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A tab or window.
    TopLevel,
    /// A frame in a process of its own.
    Frame,
}

impl Pages {
    /// A page or frame was attached to.
    pub fn open(&mut self, session: SessionId, target: &str, place: Place) {
        let page = Page { target: Arc::from(target), place, contexts: BTreeMap::new() };
        self.pages.insert(session, page);
    }

    /// Whether a page or frame is attached to already.
    #[must_use]
    pub fn has_target(&self, target: &str) -> bool {
        self.pages.values().any(|page| *page.target == *target)
    }

    /// It is gone.
    pub fn close(&mut self, session: &str) {
        self.pages.remove(session);
    }

    /// `Runtime.executionContextCreated`.
    pub fn context_created(&mut self, session: &SessionId, params: &Value) {
        let Some(page) = self.pages.get_mut(session) else { return };
        let context = &params["context"];
        // Worlds of extensions are no documents.
        if context["auxData"]["isDefault"].as_bool() != Some(true) {
            return;
        }
        let Some(id) = context["id"].as_i64() else { return };
        let document = Document {
            session: Arc::clone(session),
            frame: text(&context["auxData"]["frameId"]),
            origin: text(&context["origin"]),
            context: text(&context["uniqueId"]),
        };
        if page.contexts.len() < MAX_CONTEXTS {
            page.contexts.insert(id, document);
        }
    }

    /// `Runtime.executionContextDestroyed`.
    pub fn context_destroyed(&mut self, session: &str, params: &Value) {
        let Some(page) = self.pages.get_mut(session) else { return };
        if let Some(id) = params["executionContextId"].as_i64() {
            page.contexts.remove(&id);
        }
    }

    /// `Runtime.executionContextsCleared`.
    pub fn contexts_cleared(&mut self, session: &str) {
        if let Some(page) = self.pages.get_mut(session) {
            page.contexts.clear();
        }
    }

    /// The document of a context, if it is one.
    #[must_use]
    pub fn document(&self, session: &str, context: i64) -> Option<&Document> {
        self.pages.get(session)?.contexts.get(&context)
    }

    /// All top-level documents.
    #[must_use]
    pub fn windows(&self) -> Windows {
        let top_level = self.pages.iter().filter(|(_, page)| page.place == Place::TopLevel);
        top_level
            .filter_map(|(session, page)| {
                let main = page.contexts.values().find(|d| *d.frame == *page.target)?;
                Some((Arc::clone(session), main.clone()))
            })
            .collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_frame_is_a_document_but_no_window() {
        let mut pages = Pages::default();
        let session = page(&mut pages, "S", Place::TopLevel);
        pages.context_created(&session, &context(1, "T", "https://a.example", true));
        pages.context_created(&session, &context(2, "F", "https://b.example", true));
        assert_eq!(pages.document("S", 2).unwrap().origin, "https://b.example");
        let windows = pages.windows();
        assert_eq!(windows.len(), 1);
        assert_eq!(windows["S"].origin, "https://a.example");
    }

    #[test]
    fn a_world_of_an_extension_is_no_document() {
        let mut pages = Pages::default();
        let session = page(&mut pages, "S", Place::TopLevel);
        pages.context_created(&session, &context(1, "T", "https://a.example", false));
        assert_eq!(pages.document("S", 1), None);
    }

    #[test]
    fn a_frame_in_a_process_of_its_own_is_no_window() {
        let mut pages = Pages::default();
        let session = page(&mut pages, "S", Place::Frame);
        pages.context_created(&session, &context(1, "T", "https://a.example", true));
        assert!(pages.windows().is_empty());
        assert!(pages.document("S", 1).is_some());
    }

    #[test]
    fn what_is_gone_is_no_document() {
        let mut pages = Pages::default();
        let session = page(&mut pages, "S", Place::TopLevel);
        pages.context_created(&session, &context(1, "T", "https://a.example", true));
        pages.context_destroyed("S", &json!({"executionContextId": 1}));
        assert_eq!(pages.document("S", 1), None);
        pages.context_created(&session, &context(2, "T", "https://a.example", true));
        pages.contexts_cleared("S");
        assert!(pages.windows().is_empty());
        pages.context_created(&session, &context(3, "T", "https://a.example", true));
        pages.close("S");
        assert_eq!(pages.document("S", 3), None);
    }

    fn page(pages: &mut Pages, session: &str, place: Place) -> SessionId {
        let session: SessionId = Arc::from(session);
        pages.open(Arc::clone(&session), "T", place);
        session
    }

    fn context(id: i64, frame: &str, origin: &str, default: bool) -> Value {
        json!({"context": {"id": id, "origin": origin, "uniqueId": "u",
            "auxData": {"isDefault": default, "frameId": frame}}})
    }
}
