//! How bytes leave that HTTP's rules do not allow, or only just.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::Case;

/// What is sent; `{…}` stands for a piece of the honest answer:
///
/// * `{status}`: its number; `{head}`: its lines, without a length, and that the connection ends; `{body}`.
/// * `{date}`: the time; `{rest}`: the lines without the time, and without a word about the connection.
/// * `{gzip}`: the body as gzip has it, `{gzip-length}`: of that.
/// * `{length}`: of the body; `{more}` and `{less}`: ten more, ten less; `{hex}`: in hexadecimal digits.
/// * `{front}`, `{back}`: the body's halves, with `{front-hex}`, `{back-hex}`.
/// * `{each}`: the body in chunks of one byte.
pub type Bytes = &'static str;

/// A step of how an answer leaves.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Pieces and text.
    Send(Bytes),
    /// Bytes as they are.
    Raw(&'static [u8]),
    /// The same so many times.
    Repeat(usize, Bytes),
    /// Byte by byte, with so many milliseconds after each.
    Drip(u64, Bytes),
    /// Milliseconds.
    Wait(u64),
    /// The connection ends without TLS's farewell. The default is with it.
    Cut,
    /// The connection stays open, and nothing more is said.
    Hold,
}

/// An answer that leaves step by step.
pub(crate) struct Raw {
    pub(crate) steps: &'static [Step],
    pub(crate) status: u16,
    pub(crate) date: String,
    /// Neither the time nor a word about the connection.
    pub(crate) rest: String,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    fn filled(&self, template: &str) -> Vec<u8> {
        let (front, back) = self.body.split_at(self.body.len() / 2);
        let mut filled = Vec::new();
        let mut rest = template;
        while let Some((plain, after)) = rest.split_once('{') {
            filled.extend_from_slice(plain.as_bytes());
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let length = self.body.len();
            match name {
                "status" => filled.extend(self.status.to_string().bytes()),
                // The connection ends with it: whoever reads that will not send another request down it.
                "head" => filled.extend(
                    format!("date: {}\r\nconnection: close\r\n{}", self.date, self.rest).bytes(),
                ),
                "date" => filled.extend(self.date.bytes()),
                "rest" => filled.extend(self.rest.bytes()),
                "gzip" => filled.extend(gzip(&self.body)),
                "gzip-length" => filled.extend(gzip(&self.body).len().to_string().bytes()),
                "body" => filled.extend(&self.body),
                "length" => filled.extend(length.to_string().bytes()),
                "more" => filled.extend((length + 10).to_string().bytes()),
                "less" => filled.extend(length.saturating_sub(10).to_string().bytes()),
                "hex" => filled.extend(format!("{length:x}").bytes()),
                "front" => filled.extend(front),
                "back" => filled.extend(back),
                "front-hex" => filled.extend(format!("{:x}", front.len()).bytes()),
                "back-hex" => filled.extend(format!("{:x}", back.len()).bytes()),
                "each" => {
                    for byte in &self.body {
                        filled.extend(b"1\r\n");
                        filled.push(*byte);
                        filled.extend(b"\r\n");
                    }
                }
                // A test knows that the table has no other.
                _ => {}
            }
            rest = after;
        }
        filled.extend_from_slice(rest.as_bytes());
        filled
    }
}

/// A gzip file (RFC 1952) of up to 64 KiB, stored and not compressed (RFC 1951 §3.2.4).
fn gzip(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let stored = &body[..usize::from(length)];
    let crc = !stored.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            0 => crc >> 1,
            _ => crc >> 1 ^ 0xedb8_8320,
        })
    });
    let mut file = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(stored);
    file.extend(crc.to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

/// Sends it; the connection is the caller's to drop.
pub(crate) async fn send(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    raw: &Raw,
) -> io::Result<()> {
    for step in raw.steps {
        match *step {
            Step::Send(template) => stream.write_all(&raw.filled(template)).await?,
            Step::Raw(bytes) => stream.write_all(bytes).await?,
            Step::Repeat(count, template) => {
                let once = raw.filled(template);
                // In pieces, so that a client that has heard enough is noticed.
                let piece = once.repeat(count.min(1 + 16_384 / once.len().max(1)));
                let mut left = once.len() * count;
                while left > 0 {
                    let now = left.min(piece.len());
                    stream.write_all(&piece[..now]).await?;
                    left -= now;
                }
            }
            Step::Drip(ms, template) => {
                for byte in raw.filled(template) {
                    stream.write_all(&[byte]).await?;
                    stream.flush().await?;
                    sleep(Duration::from_millis(ms)).await;
                }
            }
            Step::Wait(ms) => {
                stream.flush().await?;
                sleep(Duration::from_millis(ms)).await;
            }
            Step::Cut => return stream.flush().await,
            Step::Hold => {
                stream.flush().await?;
                let mut heard = [0; 1024];
                while stream.read(&mut heard).await? > 0 {}
                return Ok(());
            }
        }
    }
    stream.flush().await?;
    stream.shutdown().await
}

/// Answers the first message of a TLS handshake, whatever it says.
pub(crate) async fn greet(mut stream: TcpStream, case: &Case) {
    let mut hello = [0; 2048];
    if !matches!(stream.read(&mut hello).await, Ok(1..)) {
        return;
    }
    let raw = Raw {
        steps: case.wire,
        status: 200,
        date: String::new(),
        rest: String::new(),
        body: Vec::new(),
    };
    // How it ends is the client's to see.
    let _ = send(&mut stream, &raw).await;
}
