//! As much HTTP/1.1 as the two ends of a measurement need: a head, a `Content-Length`, a body, again. A general client
//! would cost more than what is measured. Never used towards anything but our own processes on loopback.

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const READ_BYTES: usize = 16 * 1024;
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// One end of a connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Of the message that was read last.
    consumed: usize,
}

/// One request or response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    /// Request or status line and headers, without the empty line.
    pub head: &'a [u8],
    pub body: &'a [u8],
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        // A socket that refuses is merely slower.
        let _slower = stream.set_nodelay(true);
        Self { stream, buffer: Vec::new(), consumed: 0 }
    }

    pub async fn connect(target: std::net::SocketAddr) -> Result<Self> {
        Ok(Self::new(TcpStream::connect(target).await.with_context(|| format!("connecting to {target}"))?))
    }

    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// The next whole message; `None` when the other end closed between messages.
    pub async fn read(&mut self) -> Result<Option<Received<'_>>> {
        self.forget_last();
        loop {
            if let Some((head, whole)) = lengths(&self.buffer)?
                && self.buffer.len() >= whole
            {
                self.consumed = whole;
                return Ok(self.received(head, whole));
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// The next head, of a message that may never end. What follows it is left unread.
    pub async fn read_head(&mut self) -> Result<Vec<u8>> {
        self.forget_last();
        loop {
            if let Some(end) = head_end(&self.buffer) {
                let head = self.buffer.get(..end).unwrap_or_default().to_vec();
                self.buffer = Vec::new();
                return Ok(head);
            }
            if !self.fill().await? {
                bail!("the connection was closed");
            }
        }
    }

    /// Reads and forgets until the other end closes.
    pub async fn drain(&mut self) {
        self.buffer = Vec::new();
        let mut few = [0; 64];
        while matches!(self.stream.read(&mut few).await, Ok(1..)) {}
    }

    fn forget_last(&mut self) {
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
    }

    fn received(&self, head: usize, whole: usize) -> Option<Received<'_>> {
        Some(Received { head: self.buffer.get(..head)?, body: self.buffer.get(head + 4..whole)? })
    }

    /// Whether anything came.
    async fn fill(&mut self) -> Result<bool> {
        if self.buffer.len() > MESSAGE_BYTES_MAX {
            bail!("a message is too long");
        }
        self.buffer.reserve(READ_BYTES.min(MESSAGE_BYTES_MAX));
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }
}

/// The status of a response's head.
pub fn status(head: &[u8]) -> Option<u16> {
    std::str::from_utf8(head.strip_prefix(b"HTTP/1.1 ")?.get(..3)?).ok()?.parse().ok()
}

/// The value of a header, by its name in lower case.
pub fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = head.split(|byte| *byte == b'\n').skip(1);
    let value = lines
        .filter_map(|line| line.split_at_checked(name.len()))
        .find_map(|(found, rest)| found.eq_ignore_ascii_case(name.as_bytes()).then(|| rest.strip_prefix(b":"))?);
    std::str::from_utf8(value?.trim_ascii()).ok()
}

/// Lengths of the head and of the whole message, once the head is there.
fn lengths(buffer: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(head) = head_end(buffer) else { return Ok(None) };
    let text = buffer.get(..head).unwrap_or_default();
    let body = match header(text, "content-length") {
        Some(length) => length.parse::<usize>().context("Content-Length")?,
        None if header(text, "transfer-encoding").is_some() => bail!("a chunked message where none was expected"),
        None => 0,
    };
    Ok(Some((head, head + 4 + body)))
}

fn head_end(buffer: &[u8]) -> Option<usize> {
    buffer.windows(4).position(|window| window == b"\r\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_and_lengths() {
        fn check(text: &str, expected: Option<(usize, usize)>) {
            assert_eq!(lengths(text.as_bytes()).unwrap(), expected, "{text:?}");
        }
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", None);
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Some((34, 40)));
        check("HTTP/1.1 202 Accepted\r\ncontent-length:0\r\n\r\nHTTP/1.1", Some((39, 43)));
        check("HTTP/1.1 204 No Content\r\n\r\n", Some((23, 27)));
        assert!(lengths(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(lengths(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").is_err());
        let head = b"HTTP/1.1 201 Created\r\nX-A-Long: no\r\nx-a:  yes \r\nX";
        assert_eq!((status(head), header(head, "x-a"), header(head, "x-b")), (Some(201), Some("yes"), None));
        assert_eq!(status(b"POST / HTTP/1.1"), None);
    }
}
