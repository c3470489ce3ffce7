//! Sends mail through the operator's mail server: the only socket to it. TLS unless the operator says otherwise, bounded
//! in time. What is written, and when it is tried again, is decided in `app::mail`.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::domain::limits::{MAIL_MS_MAX, MAIL_REASON_CHARS_MAX, MAIL_STEP_MS_MAX};

const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// The operator's mail server and how we sign.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// `smtp://user:password@mail.example.com:587` (STARTTLS, insisted on) or `smtps://…:465` (TLS from the start);
    /// `?tls=none` for a relay on this machine or one that wants no password.
    pub url: SecretString,
    /// `Portway <portway@example.com>`.
    pub from: String,
    pub reply_to: Option<String>,
}

/// Knows the way to the mail server; clones share it.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    host: String,
}

/// One mail.
pub struct Letter<'a> {
    /// The same for every attempt, so that a mail that arrived twice shows once.
    pub id: String,
    pub to: &'a str,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub at: SystemTime,
}

/// Why a mail was not sent, for the administrator. Never contains what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailError {
    /// Trying again changes nothing.
    pub is_final: bool,
    pub reason: String,
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Where a mail server is, read from its URL.
struct Relay {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    StartTls,
    Tls,
    None,
}

impl Mailer {
    /// Fails with words for an operator.
    pub fn new(config: &MailConfig, origin: &str, extra_ca_file: Option<&Path>) -> Result<Self, String> {
        let relay = Relay::parse(&config.url)?;
        let mailbox = |field: &str, text: &str| {
            let message = format!("mail.{field}: expected an address such as Portway <portway@example.com>");
            text.parse::<Mailbox>().map_err(|_| message)
        };
        let from = mailbox("from", &config.from)?;
        let reply_to = config.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?;
        let origin = Url::parse(origin).ok();
        let host = origin.as_ref().and_then(Url::host_str).unwrap_or("localhost").to_owned();
        let tls = match relay.security {
            Security::None => Tls::None,
            Security::StartTls => Tls::Required(tls_parameters(&relay.host, extra_ca_file)?),
            Security::Tls => Tls::Wrapper(tls_parameters(&relay.host, extra_ca_file)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&relay.host)
            .port(relay.port)
            .tls(tls)
            .hello_name(ClientId::Domain(host.clone()))
            .timeout(Some(Duration::from_millis(MAIL_STEP_MS_MAX)));
        if let Some(credentials) = relay.credentials {
            builder = builder.credentials(credentials);
        }
        Ok(Self { transport: builder.build(), from, reply_to, host })
    }

    /// Hands a mail over to the server, which is then responsible for it.
    pub async fn send(&self, letter: Letter<'_>) -> Result<(), MailError> {
        let message = self.compose(letter)?;
        let limit = Duration::from_millis(MAIL_MS_MAX);
        match tokio::time::timeout(limit, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(MailError { is_final: error.is_permanent(), reason: clean(&describe(&error)) }),
            Err(_) => Err(MailError { is_final: false, reason: "the mail server took too long".to_owned() }),
        }
    }

    fn compose(&self, letter: Letter<'_>) -> Result<Message, MailError> {
        let unfit = |what: &str| MailError { is_final: true, reason: what.to_owned() };
        let to: Address = letter.to.parse().map_err(|_| unfit("no mail can be sent to this address"))?;
        let mut message = Message::builder()
            .message_id(Some(format!("<{}@{}>", letter.id, self.host)))
            .date(letter.at)
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            // Names come from people; a line break in one must not begin a header of its own.
            .subject(letter.subject.replace(char::is_control, " "));
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let body = MultiPart::alternative_plain_html(letter.text, letter.html);
        message.multipart(body).map_err(|_| unfit("the mail could not be composed"))
    }
}

impl Relay {
    /// The text is a secret: errors repeat nothing of it.
    fn parse(url: &SecretString) -> Result<Self, String> {
        let shape =
            || "mail.url: expected smtp://host:587 or smtps://host:465, with user:password@ if needed".to_owned();
        let url = Url::parse(url.expose_secret()).map_err(|_| shape())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(shape)?.to_owned();
        let mut security = match url.scheme() {
            "smtp" => Security::StartTls,
            "smtps" => Security::Tls,
            _ => return Err(shape()),
        };
        for (name, value) in url.query_pairs() {
            match (&*name, &*value, security) {
                ("tls", "required", _) => {}
                ("tls", "none", Security::StartTls) => security = Security::None,
                _ => {
                    return Err(
                        "mail.url: the only option is ?tls=required or ?tls=none, the latter with smtp".to_owned()
                    );
                }
            }
        }
        let text = |text: &str| percent_decode(text).ok_or_else(shape);
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(Credentials::new(text(user)?, text(password.unwrap_or_default())?)),
        };
        let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        if security == Security::None && credentials.is_some() && !is_here {
            return Err("mail.url: tls=none would send the password in clear".to_owned());
        }
        let default_port = if security == Security::Tls { SUBMISSIONS } else { SUBMISSION };
        Ok(Self { port: url.port().unwrap_or(default_port), host, security, credentials })
    }
}

fn percent_decode(text: &str) -> Option<String> {
    // A user name is no form field: a plus is a plus.
    let escaped = text.replace('+', "%2B");
    url::form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map_or(Some(String::new()), |(name, _)| Some(name.into_owned()))
}

fn tls_parameters(host: &str, extra_ca_file: Option<&Path>) -> Result<TlsParameters, String> {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let mut parameters = TlsParameters::builder(host).certificate_store(CertificateStore::WebpkiRoots);
    if let Some(path) = extra_ca_file {
        let describe = |error: &dyn fmt::Display| format!("egress.extra_ca_file: {error}");
        let pem = std::fs::read(path).map_err(|error| describe(&error))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| describe(&error))?);
    }
    parameters.build().map_err(|error| format!("mail.url: TLS cannot be set up: {error}"))
}

/// With the cause behind it: "network error" alone helps nobody.
fn describe(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server refused it with {code}: {}", cause(error)),
        None if error.is_timeout() => "the mail server took too long".to_owned(),
        None => format!("the mail server could not be reached: {error}"),
    }
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// One line of bounded length.
fn clean(text: &str) -> String {
    let line: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAIL_REASON_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> MailConfig {
        MailConfig { url: url.into(), from: "Portway <portway@example.com>".into(), reply_to: None }
    }

    #[test]
    fn mail_servers_are_reached_over_tls_unless_it_is_said() {
        let check =
            |url: &str, expected: Result<(&str, u16, Security), &str>| match (Relay::parse(&url.into()), expected) {
                (Ok(relay), Ok(expected)) => assert_eq!((&*relay.host, relay.port, relay.security), expected, "{url}"),
                (Err(message), Err(words)) => {
                    assert!(message.contains(words) && !message.contains("secret"), "{url}: {message}")
                }
                (found, _) => panic!("{url}: {}", found.map(|relay| relay.host).unwrap_or_else(|error| error)),
            };
        check("smtp://mail.example.com", Ok(("mail.example.com", 587, Security::StartTls)));
        check("smtps://u:secret@mail.example.com", Ok(("mail.example.com", 465, Security::Tls)));
        check("smtp://mail.example.com:25?tls=required", Ok(("mail.example.com", 25, Security::StartTls)));
        check("smtp://relay.internal:25?tls=none", Ok(("relay.internal", 25, Security::None)));
        check("smtp://u:secret@localhost:2525?tls=none", Ok(("localhost", 2525, Security::None)));
        check("smtp://u:secret@mail.example.com?tls=none", Err("in clear"));
        check("smtps://mail.example.com?tls=none", Err("the only option"));
        check("smtp://u:secret@mail.example.com?starttls=no", Err("the only option"));
        check("https://u:secret@mail.example.com", Err("expected smtp://"));
        check("mail.example.com", Err("expected smtp://"));
    }

    #[test]
    fn credentials_are_decoded() {
        assert_eq!(percent_decode("a%40b%3A%2F+c&d=e").as_deref(), Some("a@b:/+c"));
    }

    #[test]
    fn names_of_people_begin_no_headers() {
        crate::mail::tests::install();
        let mailer = Mailer::new(&config("smtp://localhost:2525?tls=none"), "https://auth.example", None).unwrap();
        let letter = |to: &'static str, subject: &str| Letter {
            id: "inv_1".into(),
            to,
            subject: subject.into(),
            text: "text\r\n.\r\nRSET".into(),
            html: "<p>text</p>".into(),
            at: SystemTime::UNIX_EPOCH,
        };
        let message = mailer.compose(letter("bo@acme.example", "Ünï\r\nBcc: evil@example.com")).unwrap().formatted();
        let message = String::from_utf8(message).unwrap();
        let (head, _) = message.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
        assert!(head.contains("Message-ID: <inv_1@auth.example>") && head.contains("To: bo@acme.example"), "{head}");
        for bad in ["bo", "bo@acme.example\r\nBcc: x@y.example", "a@b@c.example"] {
            assert!(mailer.compose(letter(bad, "x")).unwrap_err().is_final, "{bad:?}");
        }
    }

    fn install() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}
