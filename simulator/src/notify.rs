//! Notifications: made, sent, sent again, and recorded.

use hyper::Uri;

/// Whether the platform would send notifications there: HTTP or HTTPS, and no parameters.
pub(crate) fn check_notify_url(url: &str) -> Result<(), String> {
    let parsed: Uri = url.parse().map_err(|_| "not a URL".to_owned())?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
        return Err("not a URL with http or https".to_owned());
    }
    if parsed.query().is_some() {
        return Err("a URL with parameters".to_owned());
    }
    Ok(())
}
