//! A mail server on loopback (RFC 5321, as far as one submission goes) that keeps what it took, speaks STARTTLS, and
//! can be busy, unwilling or silent.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How the server meets the next conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    Willing,
    /// 451 to every recipient: try again later.
    Busy,
    /// 550 to every recipient: never.
    Unwilling,
    /// Takes the connection and says nothing.
    Silent,
    /// Knows no TLS.
    Plain,
}

/// A mail that was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    /// With its header, as it was sent.
    pub data: String,
    pub is_encrypted: bool,
    pub credentials: Option<String>,
}

struct Desk {
    temper: Temper,
    taken: Vec<Taken>,
    conversations: usize,
}

#[derive(Clone)]
pub struct MailServer {
    pub address: SocketAddr,
    ca_file: PathBuf,
    desk: Arc<Mutex<Desk>>,
}

impl MailServer {
    pub async fn start(folder: &Path) -> Self {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let ca_file = folder.join("mail.crt");
        std::fs::write(&ca_file, key.cert.pem()).expect("writable");
        let private = rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der()).expect("a key");
        let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private)
            .expect("a certificate and its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let desk = Arc::new(Mutex::new(Desk { temper: Temper::Willing, taken: Vec::new(), conversations: 0 }));
        let server = Self { address, ca_file, desk };
        let serving = server.clone();
        crate::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, acceptor) = (serving.clone(), acceptor.clone());
                crate::spawn(async move { server.converse(stream, acceptor).await.unwrap_or_default() });
            }
        });
        server
    }

    pub fn ca_file(&self) -> PathBuf {
        self.ca_file.clone()
    }

    pub fn behave(&self, temper: Temper) {
        self.desk.lock().expect("a desk").temper = temper;
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.desk.lock().expect("a desk").taken.clone()
    }

    pub fn conversations(&self) -> usize {
        self.desk.lock().expect("a desk").conversations
    }

    fn temper(&self) -> Temper {
        self.desk.lock().expect("a desk").temper
    }

    async fn converse(&self, mut stream: TcpStream, acceptor: TlsAcceptor) -> std::io::Result<()> {
        self.desk.lock().expect("a desk").conversations += 1;
        if self.temper() == Temper::Silent {
            return std::future::pending().await;
        }
        stream.write_all(b"220 mail.example ESMTP\r\n").await?;
        if self.session(&mut stream, false).await? {
            let mut stream = acceptor.accept(stream).await?;
            self.session(&mut stream, true).await?;
        }
        Ok(())
    }

    /// Until the client quits; true if it wants TLS now.
    async fn session(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), tls: bool) -> std::io::Result<bool> {
        let mut stream = BufReader::new(stream);
        let (mut from, mut to, mut credentials) = (String::new(), Vec::new(), None);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(false);
            }
            let line = line.trim_end().to_owned();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let reply = match (verb.as_str(), self.temper()) {
                ("EHLO", Temper::Plain) => "250-mail.example\r\n250 8BITMIME".to_owned(),
                ("EHLO", _) if tls => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
                ("EHLO", _) => "250-mail.example\r\n250-8BITMIME\r\n250 STARTTLS".to_owned(),
                ("STARTTLS", temper) if temper != Temper::Plain && !tls => {
                    stream.write_all(b"220 go ahead\r\n").await?;
                    return Ok(true);
                }
                ("AUTH", _) if tls => {
                    credentials = line.split(' ').nth(2).map(str::to_owned);
                    "235 welcome".to_owned()
                }
                ("MAIL", _) => {
                    from = line;
                    "250 fine".to_owned()
                }
                ("RCPT", Temper::Busy) => "451 busy, come back later".to_owned(),
                ("RCPT", Temper::Unwilling) => "550 no such mailbox here".to_owned(),
                ("RCPT", _) => {
                    to.push(line);
                    "250 fine".to_owned()
                }
                ("DATA", _) => {
                    stream.write_all(b"354 go ahead\r\n").await?;
                    let data = read_data(&mut stream).await?;
                    let (from, to) = (std::mem::take(&mut from), std::mem::take(&mut to));
                    let taken = Taken { from, to, data, is_encrypted: tls, credentials: credentials.clone() };
                    self.desk.lock().expect("a desk").taken.push(taken);
                    "250 taken".to_owned()
                }
                ("QUIT", _) => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(false);
                }
                _ => "250 fine".to_owned(),
            };
            stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        }
    }
}

/// Up to the line with one dot; the dot that protects a leading dot is taken off.
async fn read_data(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

impl Taken {
    /// The text, with quoted-printable undone as far as ASCII goes.
    pub fn text(&self) -> String {
        self.data.replace("=\r\n", "").replace("=3D", "=")
    }

    pub fn header(&self, name: &str) -> Vec<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let prefix = format!("{}:", name.to_lowercase());
        let lines = head.lines().filter(|line| line.to_lowercase().starts_with(&prefix));
        lines.map(|line| line[prefix.len()..].trim().to_owned()).collect()
    }
}
