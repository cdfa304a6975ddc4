//! Opens and clicks: a pixel and redirects in the HTML of a mail (`docs/spec/channels.md §4`).

use std::collections::BTreeMap;

/// Tags of a link: name → values, from `ses:tags="name:value;…"`.
pub type LinkTags = BTreeMap<String, Vec<String>>;

/// A link that a redirect is wanted for.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Number in the message, from 0.
    pub index: usize,
    /// The http(s) address, with HTML entities decoded.
    pub url: &'a str,
    /// Its tags.
    pub tags: &'a LinkTags,
}

/// Where the links and the pixel of one message lead.
pub trait Tracker {
    /// The address that replaces `link`.
    fn redirect(&self, link: &Link<'_>) -> String;

    /// The address of the pixel.
    fn pixel(&self) -> String;
}

/// HTML with redirects and a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedHtml {
    /// The HTML.
    pub html: String,
    /// How many links were replaced.
    pub links: usize,
}

/// Replaces the links of finished HTML and adds the pixel.
///
/// Messages go through [`crate::EmailContent`], which rewrites a template once; this is for HTML
/// that is given as a whole.
#[must_use]
pub fn track(_html: &str, _tracker: &dyn Tracker) -> TrackedHtml {
    unimplemented!()
}
