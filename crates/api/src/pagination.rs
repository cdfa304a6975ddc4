//! Pages of lists (`docs/spec/audience.md §3`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::Timestamp;
use sha2::{Digest as _, Sha256};
use wire::Query;

use crate::error::ApiError;

/// Items of a page when the caller does not say.
const SIZE_DEFAULT: usize = 100;
/// Items of a page at most.
const SIZE_MAX: usize = 1_000;
/// Bytes of a token that bind it to its list.
const SCOPE_BYTES: usize = 8;

/// Where in a list of documents a page begins, and how long it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageRequest {
    /// Items at most.
    pub(crate) size: usize,
    /// The item to go on after.
    pub(crate) after: Option<(Timestamp, String)>,
    scope: String,
}

impl PageRequest {
    /// Reads `page-size` and `token` of the list called `scope`.
    ///
    /// # Errors
    /// The size is not a number from 1, or the token is not one of this list.
    pub(crate) fn read(query: &Query, scope: String) -> Result<Self, ApiError> {
        Self::named(query, "page-size", "token", scope)
    }

    /// As [`Self::read`], with other names of the parameters.
    pub(crate) fn named(
        query: &Query,
        size: &str,
        token: &str,
        scope: String,
    ) -> Result<Self, ApiError> {
        let size = page_size(query, size)?;
        let after = token_text(query, token, &scope)?
            .map(|text| {
                let (millis, id) = text.split_once(':').ok_or_else(|| bad_token(token))?;
                let millis = millis.parse().map_err(|_| bad_token(token))?;
                Ok::<_, ApiError>((Timestamp::from_millis(millis), id.to_owned()))
            })
            .transpose()?;
        Ok(Self { size, after, scope })
    }

    /// The token of the page that follows, if one does.
    pub(crate) fn token(&self, next: Option<(Timestamp, String)>) -> Option<String> {
        next.map(|(created, id)| write_token(&self.scope, &format!("{}:{id}", created.as_millis())))
    }
}

/// Reads how many items a page may have.
///
/// # Errors
/// It is not a number from 1.
pub(crate) fn page_size(query: &Query, name: &str) -> Result<usize, ApiError> {
    let Some(text) = query.get(name).filter(|text| !text.is_empty()) else {
        return Ok(SIZE_DEFAULT);
    };
    match text.parse::<u64>() {
        Ok(size @ 1..) => Ok(usize::try_from(size).unwrap_or(SIZE_MAX).min(SIZE_MAX)),
        _ => Err(ApiError::bad_request(format!(
            "{name}: expected a whole number from 1, found '{}'",
            text.chars().take(50).collect::<String>()
        ))),
    }
}

/// The text inside the token of the list called `scope`.
///
/// # Errors
/// The token is not one of this list.
pub(crate) fn token_text(
    query: &Query,
    name: &str,
    scope: &str,
) -> Result<Option<String>, ApiError> {
    let Some(token) = query.get(name).filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| bad_token(name))?;
    let text = bytes
        .strip_prefix(&scope_bytes(scope))
        .ok_or_else(|| bad_token(name))?;
    let text = std::str::from_utf8(text).map_err(|_| bad_token(name))?;
    Ok(Some(text.to_owned()))
}

/// The token that stands for `text` in the list called `scope`.
pub(crate) fn write_token(scope: &str, text: &str) -> String {
    let mut bytes = scope_bytes(scope).to_vec();
    bytes.extend_from_slice(text.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn scope_bytes(scope: &str) -> [u8; SCOPE_BYTES] {
    let digest = Sha256::digest(scope.as_bytes());
    let mut bytes = [0; SCOPE_BYTES];
    bytes.copy_from_slice(&digest[..SCOPE_BYTES]);
    bytes
}

fn bad_token(name: &str) -> ApiError {
    ApiError::bad_request(format!("{name}: not a token of this list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, scope: &str) -> Result<PageRequest, String> {
        let query = Query::parse(query).unwrap();
        PageRequest::read(&query, scope.to_owned()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn sizes_are_clamped_and_checked() {
        assert_eq!(read("", "a").unwrap().size, 100);
        assert_eq!(read("page-size=7", "a").unwrap().size, 7);
        assert_eq!(read("page-size=5000", "a").unwrap().size, 1_000);
        for bad in ["0", "-1", "x", "1.5"] {
            assert!(read(&format!("page-size={bad}"), "a").is_err(), "{bad}");
        }
    }

    #[test]
    fn tokens_belong_to_one_list() {
        let first = read("", "segments/a").unwrap();
        let next = (Timestamp::from_millis(-5), "id:with:colons".to_owned());
        let token = first.token(Some(next.clone())).unwrap();
        let second = read(&format!("token={token}"), "segments/a").unwrap();
        assert_eq!(second.after, Some(next));
        assert!(read(&format!("token={token}"), "segments/b").is_err());
        assert!(read("token=AAAA", "segments/a").is_err());
        assert_eq!(first.token(None), None);
    }
}
