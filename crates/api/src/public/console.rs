//! The console: static files that are part of the program.

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use rust_embed::RustEmbed;

/// The built console; empty if it was not built before the program was.
#[derive(RustEmbed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

/// No inline script. Styles are made by the components, previews of mails show their pictures.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob: http: https:; font-src 'self' data:; connect-src 'self'; \
     frame-src 'self' blob: data:; object-src 'none'; base-uri 'self'; form-action 'self'; \
     frame-ancestors 'none'",
);

const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
<title>Beckon</title>\n<h1>The console is not part of this program</h1>\n<p>It was not built before \
the program was. <code>cargo xtask demo</code> builds both. The API works.</p>\n</html>\n";

/// `/` and `/console` lead to the console.
pub(crate) async fn home() -> Redirect {
    Redirect::temporary("/console/")
}

/// The first page.
pub(crate) async fn index() -> Response {
    file("")
}

/// A file, or the first page for paths that the console itself understands.
pub(crate) async fn path(Path(path): Path<String>) -> Response {
    file(&path)
}

fn file(path: &str) -> Response {
    if let Some(found) = Files::get(path) {
        let hashed = path.starts_with("assets/");
        return respond(StatusCode::OK, media_type(path), hashed, found.data);
    }
    // Below `projects/` a dot belongs to the id of an endpoint, not to a file.
    let file_at_root = !path.contains('/') && path.contains('.');
    if path.starts_with("assets/") || file_at_root {
        let text = std::borrow::Cow::Borrowed(&b"There is no such file.\n"[..]);
        return respond(
            StatusCode::NOT_FOUND,
            "text/plain; charset=utf-8",
            false,
            text,
        );
    }
    let page = Files::get(INDEX)
        .map_or(std::borrow::Cow::Borrowed(NOT_BUILT.as_bytes()), |found| {
            found.data
        });
    respond(StatusCode::OK, media_type(INDEX), false, page)
}

fn respond(
    status: StatusCode,
    media_type: &'static str,
    hashed: bool,
    content: std::borrow::Cow<'static, [u8]>,
) -> Response {
    let bytes = match content {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let cache = if hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers: [(HeaderName, HeaderValue); 5] = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static(cache)),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ];
    (status, headers, Body::from(bytes)).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, status: u16, media_type: &str) {
        let response = file(path);
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()[CONTENT_TYPE], media_type, "{path}");
        assert!(!response.headers()[CONTENT_SECURITY_POLICY].is_empty());
    }

    #[test]
    fn paths_of_the_console_show_its_first_page() {
        check("", 200, "text/html; charset=utf-8");
        check("projects/5f0c/campaigns", 200, "text/html; charset=utf-8");
        check("assets/none.js", 404, "text/plain; charset=utf-8");
        check("missing.txt", 404, "text/plain; charset=utf-8");
    }
}
