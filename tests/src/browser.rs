//! A browser without JavaScript: cookies, redirects within the control plane, forms found by their button's words.
//! Fast enough for every test; the real Chromium is used where layout and labels matter.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, LOCATION};
use reqwest::{Client, Method, StatusCode};
use url::Url;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// One person's browser profile.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    /// What a proxy says about where it is.
    network: HeaderMap,
}

/// Where a navigation ended.
#[derive(Debug, Clone)]
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub html: String,
}

/// A form as the browser would submit it.
#[derive(Debug, Clone)]
pub struct Form {
    pub method: Method,
    pub action: Url,
    pub fields: BTreeMap<String, String>,
    pub buttons: Vec<String>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    pub fn new() -> Self {
        Self::with(HeaderMap::new())
    }

    /// A browser in another network, which a control plane believes that trusts the peer as a proxy.
    pub fn at(address: &str) -> Self {
        Self::with(HeaderMap::from_iter([(FORWARDED_FOR, address.parse().expect("an address"))]))
    }

    fn with(network: HeaderMap) -> Self {
        let client = crate::http::builder().cookie_store(true).default_headers(network.clone()).build();
        Self { client: client.expect("a client"), network }
    }

    /// Another program on the same machine.
    pub fn neighbour(&self) -> Client {
        crate::http::builder().default_headers(self.network.clone()).build().expect("a client")
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Opens a page and follows redirects, but never to a client's callback: that URL is the answer then.
    pub async fn open(&self, url: impl AsRef<str>) -> Page {
        self.navigate(Method::GET, url.as_ref().parse().expect("a URL"), None).await
    }

    /// Fills the form that has the button and presses it.
    pub async fn press(&self, page: &Page, button: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = page.form(button).pressed(button);
        for (name, value) in fields {
            assert!(form.fields.contains_key(*name), "the form has no field {name}: {:?}", form.fields.keys());
            form.fields.insert((*name).to_owned(), (*value).to_owned());
        }
        self.submit(form).await
    }

    /// From a page with this button to a provider, which answers at once, and back.
    pub async fn there_and_back(&self, page: &Page, button: &str) -> Page {
        let out = self.press(page, button, &[]).await;
        let there = out.refresh().unwrap_or_else(|| panic!("{} {}: {}", out.url, out.status, out.text()));
        let answer = self.open(there).await.url;
        self.open(answer).await
    }

    /// Submits a form, changed as an attacker likes.
    pub async fn submit(&self, form: Form) -> Page {
        self.navigate(form.method, form.action, Some(form.fields)).await
    }

    async fn navigate(&self, mut method: Method, mut url: Url, mut fields: Option<BTreeMap<String, String>>) -> Page {
        for _ in 0..10 {
            let mut request = self.client.request(method.clone(), url.clone());
            if let Some(fields) = &fields {
                // A browser sends the origin of the page with a form.
                request = request.form(fields).header("origin", url.origin().ascii_serialization());
            }
            let response = request.send().await.expect("the control plane answers");
            let (status, headers) = (response.status(), response.headers().clone());
            let html = response.text().await.expect("a body");
            let Some(next) = headers.get(LOCATION).filter(|_| status.is_redirection()) else {
                return Page { url, status, headers, html };
            };
            assert_ne!(status, StatusCode::TEMPORARY_REDIRECT, "307 would send the password on");
            let next = url.join(next.to_str().expect("text")).expect("a URL");
            if is_callback(&next) {
                return Page { url: next, status, headers, html };
            }
            (method, url, fields) = (Method::GET, next, None);
        }
        panic!("too many redirects, last to {url}");
    }
}

/// Callbacks of the test clients all end so.
fn is_callback(url: &Url) -> bool {
    url.path().ends_with("/callback")
}

impl Page {
    /// The first heading.
    pub fn heading(&self) -> String {
        between(&self.html, "<h1", "</h1>").map(strip_tags).unwrap_or_default()
    }

    /// The words of the page, without tags.
    pub fn text(&self) -> String {
        strip_tags(&self.html)
    }

    pub fn is_html(&self) -> bool {
        self.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("text/html")))
    }

    /// Where the page navigates by itself (meta refresh).
    pub fn refresh(&self) -> Option<Url> {
        let tag = self
            .html
            .split('<')
            .find(|tag| tag.starts_with("meta") && tag.to_lowercase().contains("http-equiv=\"refresh\""))?;
        let content = unescape(&attribute(tag, "content")?);
        let target = content.split_once("url=").or_else(|| content.split_once("URL="))?.1;
        self.url.join(target.trim_matches(['\'', '"'])).ok()
    }

    /// Where the link with these words leads.
    pub fn link(&self, words: &str) -> Url {
        let links = self.html.split("<a ").skip(1);
        let found = links.filter(|rest| {
            rest.split_once("</a>").is_some_and(|(link, _)| strip_tags(&format!("<a {link}")).trim() == words)
        });
        let href = found.filter_map(|rest| attribute(&format!(" {rest}"), "href")).next();
        let href = href.unwrap_or_else(|| panic!("no link {words:?} at {}: {}", self.url, self.text()));
        self.url.join(&unescape(&href)).expect("a URL")
    }

    pub fn has_button(&self, button: &str) -> bool {
        self.forms().iter().any(|form| form.has_button(button))
    }

    pub fn form(&self, button: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.has_button(button));
        found.unwrap_or_else(|| panic!("no button {button:?} at {} ({}): {}", self.url, self.status, self.text()))
    }

    pub fn forms(&self) -> Vec<Form> {
        self.html
            .split("<form")
            .skip(1)
            .map(|rest| self.read_form(rest.split("</form>").next().unwrap_or(rest)))
            .collect()
    }

    fn read_form(&self, text: &str) -> Form {
        let head = text.split('>').next().unwrap_or_default();
        let action = attribute(head, "action")
            .map_or_else(|| self.url.clone(), |action| self.url.join(&unescape(&action)).expect("a URL"));
        let method = if attribute(head, "method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
            Method::POST
        } else {
            Method::GET
        };
        let mut form = Form { method, action, fields: BTreeMap::new(), buttons: Vec::new() };
        for tag in text.split('<').filter(|tag| tag.starts_with("input")) {
            if let Some(name) = attribute(tag, "name") {
                form.fields.insert(name, attribute(tag, "value").map(|value| unescape(&value)).unwrap_or_default());
            }
        }
        for button in text.split("<button").skip(1) {
            let (head, rest) = button.split_once('>').unwrap_or((button, ""));
            form.buttons.push(strip_tags(rest.split("</button>").next().unwrap_or_default()));
            // With one button only, pressing it is the way to submit; a named one is pressed by `Form::press`.
            if let (Some(name), Some(value)) = (attribute(head, "name"), attribute(head, "value")) {
                form.fields
                    .insert(format!("button:{}", form.buttons.last().expect("pushed")), format!("{name}={value}"));
            }
        }
        form
    }
}

impl Form {
    fn has_button(&self, button: &str) -> bool {
        self.buttons.iter().any(|label| label.to_lowercase().contains(&button.to_lowercase()))
    }

    /// Leaves only the pressed button's own value among the buttons' values.
    pub fn pressed(mut self, button: &str) -> Self {
        let wanted = button.to_lowercase();
        let buttons: Vec<_> = self.fields.keys().filter(|key| key.starts_with("button:")).cloned().collect();
        for key in buttons {
            let value = self.fields.remove(&key).expect("listed");
            if key.to_lowercase().contains(&wanted)
                && let Some((name, value)) = value.split_once('=')
            {
                self.fields.insert(name.to_owned(), value.to_owned());
            }
        }
        self
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}=\"")).map(|at| at + name.len() + 3)?;
    tag[at..].split('"').next().map(str::to_owned)
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let rest = text.split_once(open)?.1;
    rest.split_once('>')?.1.split_once(close).map(|(inner, _)| inner)
}

fn strip_tags(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    unescape(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn unescape(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}
