//! The HTTP server of somebody who waits for notifications.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::client::{Answer, until};

/// What came in, as if it were an answer: the status is 200.
type Received = Arc<Mutex<Vec<Answer>>>;

pub(crate) struct Listener {
    pub(crate) url: String,
    received: Received,
}

impl Listener {
    /// Answers the first request with the first of `answers` (status and body), and so on; the
    /// last one again and again. `NONCE` in an answer is the `nonce_str` of what came in.
    pub(crate) fn start(answers: Vec<(u16, &'static str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let received = Received::default();
        let shelf = received.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let answer = answers.get(number).or_else(|| answers.last());
                let (status, body) = *answer.expect("there is an answer");
                let stream = stream.expect("a connection");
                if let Some(request) = serve(stream, status, body) {
                    shelf.lock().expect("no panic").push(request);
                }
            }
        });
        Self {
            url: format!("http://{address}/notify"),
            received,
        }
    }

    /// The first `count` requests, once they have come.
    pub(crate) fn wait(&self, count: usize) -> Vec<Answer> {
        until(|| self.received().len() >= count);
        self.received()
    }

    pub(crate) fn received(&self) -> Vec<Answer> {
        self.received.lock().expect("no panic").clone()
    }
}

fn serve(mut stream: TcpStream, status: u16, body: &str) -> Option<Answer> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    assert!(line.starts_with("POST /notify HTTP/1.1"), "{line}");
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut content = vec![0; length];
    reader.read_exact(&mut content).ok()?;
    let asked = serde_json::from_slice::<serde_json::Value>(&content).unwrap_or_default();
    let nonce_str = asked["nonce_str"].as_str().unwrap_or_default();
    let body = body.replace("NONCE", nonce_str);
    let answer = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).ok()?;
    Some(Answer {
        status: 200,
        headers,
        body: content,
    })
}
