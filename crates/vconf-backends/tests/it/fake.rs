//! A server that says that it speaks S3, and keeps its promises or not.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What it does where an object shall be created that is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Promise {
    /// It refuses, and looks and writes in one step.
    Kept,
    /// It passes over the header.
    Ignored,
    /// It looks first and writes then.
    Raced,
    /// It says that it has no such thing.
    Refused,
}

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Starts one; it ends with the test's process.
pub(crate) fn start(promise: Promise) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let objects = Objects::default();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let objects = Arc::clone(&objects);
            thread::spawn(move || while answer(&stream, &objects, promise).is_some() {});
        }
    });
    address
}

/// Answers one request; `None` at the end.
fn answer(stream: &TcpStream, objects: &Objects, promise: Promise) -> Option<()> {
    // The client waits for each answer before it sends more.
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut words = line.split_whitespace();
    let (method, key) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut creates, mut most) = (0, false, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "if-none-match" => creates = true,
            // All ranges that are asked for here begin at the beginning.
            "range" => most = value.trim().strip_prefix("bytes=0-").and_then(|end| end.parse::<usize>().ok()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let is_there = || objects.lock().unwrap().contains_key(&key);
    let (status, content) = match &*method {
        "PUT" if creates && promise == Promise::Refused => ("501 Not Implemented", None),
        "PUT" if creates && promise == Promise::Raced => {
            let was_there = is_there();
            thread::sleep(Duration::from_millis(5));
            if !was_there {
                objects.lock().unwrap().insert(key, body);
            }
            (if was_there { "412 Precondition Failed" } else { "200 OK" }, None)
        }
        "PUT" => {
            let mut objects = objects.lock().unwrap();
            if creates && promise == Promise::Kept && objects.contains_key(&key) {
                ("412 Precondition Failed", None)
            } else {
                objects.insert(key, body);
                ("200 OK", None)
            }
        }
        "DELETE" => {
            objects.lock().unwrap().remove(&key);
            ("204 No Content", None)
        }
        _ => match objects.lock().unwrap().get(&key) {
            Some(bytes) => ("200 OK", Some(bytes.clone())),
            None => ("404 Not Found", None),
        },
    };
    let mut content = content.unwrap_or_default();
    let (mut status, mut range) = (status, String::new());
    if let Some(end) = most.filter(|_| !content.is_empty()) {
        status = "206 Partial Content";
        let whole = content.len();
        content.truncate(end + 1);
        range = format!("Content-Range: bytes 0-{}/{whole}\r\n", content.len() - 1);
    }
    let head = format!(
        "HTTP/1.1 {status}\r\n{range}Content-Length: {}\r\nETag: \"x\"\r\nLast-Modified: Tue, 24 Nov 2026 12:00:00 GMT\r\n\r\n",
        content.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(if method == "HEAD" { b"" } else { &content }).ok()
}
