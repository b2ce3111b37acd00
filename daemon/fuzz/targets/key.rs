//! Names that come from outside: scopes, origins, profiles, tags, apps, attempts, and the values of
//! policy keys.

#![no_main]

use pwasync_core::{
    key::{AppId, AttemptId, ProfileId, Scope, Tag},
    policy::{Raw, Section, keys},
};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(scope) = Scope::parse(text) {
        assert_eq!(Scope::parse(scope.as_str()).as_ref(), Ok(&scope), "normalised once more");
        let origin = scope.origin();
        assert!(scope.as_str().starts_with(&format!("{origin}/")), "{origin} of {scope:?}");
        let root = Scope::parse(&format!("{origin}/")).expect("an origin is a scope");
        assert_eq!(root.origin(), origin);
        assert_eq!(Section::origin(origin), Ok(Section::Origin(origin.into())));
    }
    if let Ok(id) = AttemptId::parse(text) {
        assert_eq!(AttemptId::parse(&id.to_string()), Ok(id));
    }
    if let Ok(app) = AppId::parse(text) {
        assert_eq!(app.as_str(), text);
    }
    if let Ok(tag) = Tag::parse(text) {
        assert_eq!(tag.as_str(), text);
    }
    let _ = Section::app(text);
    if let Some((browser, profile)) = text.split_once('/')
        && let Ok(id) = ProfileId::parse(browser, profile)
    {
        assert_eq!((id.browser(), id.profile()), (browser, profile));
    }
    for key in keys::all() {
        if let Ok(value) = key.kind.read(Raw::Text(text)) {
            assert_eq!(key.kind.read(Raw::Text(&value.to_string())), Ok(value), "{}", key.name);
        }
    }
});
