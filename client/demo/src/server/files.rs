//! The files of the web app, built in.

/// A file with its media type.
#[derive(Clone, Copy)]
pub(super) struct File {
    pub(super) media_type: &'static str,
    pub(super) bytes: &'static [u8],
}

/// The file at this path.
pub(super) fn find(path: &str) -> Option<File> {
    let (media_type, bytes): (_, &[u8]) = match path {
        "/" => ("text/html; charset=utf-8", include_bytes!("../../pwa/index.html")),
        "/style.css" => ("text/css; charset=utf-8", include_bytes!("../../pwa/style.css")),
        "/app.js" => ("text/javascript; charset=utf-8", include_bytes!("../../pwa/app.js")),
        "/outbox.js" => ("text/javascript; charset=utf-8", include_bytes!("../../pwa/outbox.js")),
        "/sw.js" => ("text/javascript; charset=utf-8", include_bytes!("../../pwa/sw.js")),
        "/manifest.webmanifest" => {
            ("application/manifest+json", include_bytes!("../../pwa/manifest.webmanifest"))
        }
        "/icon-192.png" => ("image/png", include_bytes!("../../pwa/icon-192.png")),
        "/icon-512.png" => ("image/png", include_bytes!("../../pwa/icon-512.png")),
        _ => return None,
    };
    Some(File { media_type, bytes })
}
