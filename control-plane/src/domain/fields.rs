//! Rules for what people type. A use-case checks every field and refuses them together, so that nobody corrects one
//! mistake only to meet the next.

use proto::names::{ServerSlug, SlugError, TenantSlug};
use url::Url;

use super::error::FieldError;
use super::limits::{
    DESCRIPTION_CHARS_MAX, ITEM_NAME_BYTES_MAX, NAME_CHARS_MAX, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN, URL_BYTES_MAX,
};
use super::{Error, Result};

/// The first segment of the pages where organisations are created.
const SIGN_UP_PAGE: &str = "new";

/// Why a value is refused: a stable code, and words that follow the field's name.
pub type Mistake = (&'static str, String);

/// Collects the mistakes of one input.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<FieldError>);

impl Mistakes {
    pub fn add(&mut self, field: &str, (code, message): Mistake) {
        self.0.push(FieldError { field: field.to_owned(), code, message });
    }

    /// The value, or `None` after noting the mistake.
    pub fn take<T>(&mut self, field: &str, checked: Result<T, Mistake>) -> Option<T> {
        checked.map_err(|mistake| self.add(field, mistake)).ok()
    }

    /// The same for an optional field.
    pub fn take_some<T>(&mut self, field: &str, checked: Option<Result<T, Mistake>>) -> Option<T> {
        checked.and_then(|checked| self.take(field, checked))
    }

    /// `value`, which is there when no mistake was noted.
    pub fn finish<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Error::InvalidFields(self.0)),
        }
    }
}

/// Of a new tenant: none is called like a page that lies beside the tenants' own on a host for both planes.
pub fn tenant_slug(text: &str) -> Result<TenantSlug, Mistake> {
    match TenantSlug::parse(text).map_err(slug_mistake)? {
        slug if slug.as_str() == SIGN_UP_PAGE => Err(slug_mistake(SlugError::Reserved)),
        slug => Ok(slug),
    }
}

pub fn server_slug(text: &str) -> Result<ServerSlug, Mistake> {
    ServerSlug::parse(text).map_err(slug_mistake)
}

fn slug_mistake(error: SlugError) -> Mistake {
    let code = match error {
        SlugError::Length => "slug.length",
        SlugError::Shape => "slug.shape",
        SlugError::Reserved => "slug.reserved",
    };
    (code, error.to_string())
}

/// A name that people read, in one line.
pub fn name(text: &str) -> Result<String, Mistake> {
    let text = text.trim();
    if text.is_empty() {
        return Err(("name.empty", "must not be empty".to_owned()));
    }
    if text.chars().count() > NAME_CHARS_MAX {
        return Err(("name.too_long", format!("must have at most {NAME_CHARS_MAX} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(("name.control_character", "must not contain control characters".to_owned()));
    }
    Ok(text.to_owned())
}

pub fn description(text: &str) -> Result<String, Mistake> {
    let text = text.trim();
    if text.chars().count() > DESCRIPTION_CHARS_MAX {
        return Err(("description.too_long", format!("must have at most {DESCRIPTION_CHARS_MAX} characters")));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Err(("description.control_character", "must not contain control characters".to_owned()));
    }
    Ok(text.to_owned())
}

/// An e-mail address, lower case. Only its shape: whether it works shows when somebody follows the link.
pub fn email(text: &str) -> Result<String, Mistake> {
    let text = text.trim().to_lowercase();
    let bad = || ("email.shape", "must be an address like ana@example.com".to_owned());
    let (local, host) = text.rsplit_once('@').ok_or_else(bad)?;
    let letters_ok = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    let host_ok = !host.is_empty() && !host.starts_with('.') && !host.ends_with('.') && !host.contains("..");
    if local.is_empty() || local.contains('@') || !host_ok || !letters_ok || text.chars().count() > NAME_CHARS_MAX {
        return Err(bad());
    }
    Ok(text)
}

/// Where an MCP server is. Which addresses may be reached is decided where the socket is opened.
pub fn upstream_url(text: &str) -> Result<String, Mistake> {
    let text = text.trim();
    if text.len() > URL_BYTES_MAX {
        return Err(("url.too_long", format!("must have at most {URL_BYTES_MAX} bytes")));
    }
    let url = Url::parse(text).map_err(|error| ("url.malformed", format!("is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(("url.scheme", "must start with https:// or http://".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("url.credentials", "must not contain a user name or password: set outbound_auth".to_owned()));
    }
    if url.fragment().is_some() {
        return Err(("url.fragment", "must not contain a fragment (#…)".to_owned()));
    }
    Ok(url.into())
}

/// Of one call; 0 is the node's default.
pub fn timeout_ms(value: u32) -> Result<u32, Mistake> {
    if value != 0 && !(TIMEOUT_MS_MIN..=TIMEOUT_MS_MAX).contains(&value) {
        let message = format!("must be 0 (the default) or {TIMEOUT_MS_MIN} to {TIMEOUT_MS_MAX}");
        return Err(("timeout.range", message));
    }
    Ok(value)
}

/// A server's own name for a tool, prompt or resource. Nodes compare it as it is.
pub fn item_name(code: &'static str, name: &str) -> Result<(), Mistake> {
    match name.is_empty() || name.len() > ITEM_NAME_BYTES_MAX || name.chars().any(char::is_control) {
        true => Err((code, format!("must have 1 to {ITEM_NAME_BYTES_MAX} bytes, without control characters"))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: AsRef<str>>(rule: impl Fn(&str) -> Result<T, Mistake>, text: &str, expected: Result<&str, &str>) {
        let found = rule(text);
        let found = found.as_ref().map(AsRef::as_ref).map_err(|(code, _)| *code);
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn names() {
        check(name, "  Acme Inc. ", Ok("Acme Inc."));
        check(name, "Ünï 漢字", Ok("Ünï 漢字"));
        check(name, " ", Err("name.empty"));
        check(name, &"x".repeat(NAME_CHARS_MAX), Ok(&"x".repeat(NAME_CHARS_MAX)));
        check(name, &"x".repeat(NAME_CHARS_MAX + 1), Err("name.too_long"));
        check(name, "a\nb", Err("name.control_character"));
        check(description, "", Ok(""));
        check(description, "a\nb", Ok("a\nb"));
        check(description, "a\u{7}b", Err("description.control_character"));
        check(description, &"x".repeat(DESCRIPTION_CHARS_MAX + 1), Err("description.too_long"));
    }

    #[test]
    fn slugs_of_new_tenants() {
        let code = |text: &str| tenant_slug(text).map(drop).map_err(|(code, _)| code);
        assert_eq!((code("acme"), code("newly")), (Ok(()), Ok(())));
        assert_eq!(
            (code("new"), code("api"), code("x")),
            (Err("slug.reserved"), Err("slug.reserved"), Err("slug.length"))
        );
    }

    #[test]
    fn emails() {
        check(email, " Ana@Example.COM ", Ok("ana@example.com"));
        check(email, "a+b@x", Ok("a+b@x"));
        for bad in
            ["", "ana", "@x", "ana@", "a@b@c", "a b@x", "a@.x", "a@x..y", "a@x.", &format!("{}@x", "a".repeat(200))]
        {
            check(email, bad, Err("email.shape"));
        }
    }

    #[test]
    fn upstream_urls() {
        check(upstream_url, "https://mcp.example.com/mcp", Ok("https://mcp.example.com/mcp"));
        check(upstream_url, "HTTPS://MCP.example.com", Ok("https://mcp.example.com/"));
        check(upstream_url, "http://127.0.0.1:9000/mcp?x=1", Ok("http://127.0.0.1:9000/mcp?x=1"));
        check(upstream_url, "mcp.example.com", Err("url.malformed"));
        check(upstream_url, "", Err("url.malformed"));
        check(upstream_url, "http://", Err("url.malformed"));
        check(upstream_url, "ftp://x/y", Err("url.scheme"));
        check(upstream_url, "file:///etc/passwd", Err("url.scheme"));
        check(upstream_url, "https://u@x", Err("url.credentials"));
        check(upstream_url, "https://u:p@x", Err("url.credentials"));
        check(upstream_url, "https://x/#y", Err("url.fragment"));
        check(upstream_url, &format!("https://x/{}", "y".repeat(URL_BYTES_MAX)), Err("url.too_long"));
    }

    #[test]
    fn timeouts() {
        for (value, ok) in [(0, true), (TIMEOUT_MS_MIN - 1, false), (TIMEOUT_MS_MIN, true), (TIMEOUT_MS_MAX + 1, false)]
        {
            assert_eq!(timeout_ms(value).is_ok(), ok, "{value}");
        }
    }

    #[test]
    fn all_mistakes_are_kept() {
        let mut mistakes = Mistakes::default();
        mistakes.take("slug", server_slug("Bad"));
        mistakes.take_some("email", Some(email("x")));
        mistakes.take("name", name("fine"));
        let Err(Error::InvalidFields(errors)) = mistakes.finish(Some(())) else { panic!("two mistakes") };
        assert_eq!(
            errors.iter().map(|error| (error.field.as_str(), error.code)).collect::<Vec<_>>(),
            [("slug", "slug.shape"), ("email", "email.shape"),]
        );
    }
}
