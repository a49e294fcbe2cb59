//! A server on a socket of its own, and a client that sends what it is told to the byte.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use vconf::history::Context;
use vconf::store::Store;
use vconf_server::{NewToken, Options, Running, Server};

/// A folder that goes away when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("vconf-server-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The store in it, as another process would open it.
    pub(crate) fn store(&self) -> Store {
        Store::create(self.0.join("store")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that runs, with a token that may do everything.
pub(crate) struct Served {
    pub(crate) server: Arc<Server>,
    pub(crate) running: Running,
    pub(crate) token: String,
}

impl Served {
    /// Serves a store in memory.
    pub(crate) fn in_memory() -> Self {
        Self::start(Store::in_memory(), Store::in_memory(), Options::default())
    }

    /// Serves a store in a folder.
    pub(crate) fn on(folder: &Folder) -> Self {
        let data = Store::create(folder.0.join("data")).unwrap();
        Self::start(folder.store(), data, Options { requests_per_second: 0, ..Options::default() })
    }

    pub(crate) fn start(store: Store, data: Store, options: Options) -> Self {
        let server = Server::new(store, data, options).unwrap();
        let token = token(&server, "ops", &["admin"]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = Running::start(server.clone(), listener, None).unwrap();
        Self { server, running, token }
    }

    /// A token with these grants.
    pub(crate) fn token(&self, author: &str, grants: &[&str]) -> String {
        token(&self.server, author, grants)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.running.address(), Some(&self.token))
    }

    pub(crate) fn client_with(&self, token: &str) -> Client {
        Client::new(self.running.address(), Some(token))
    }
}

fn token(server: &Server, author: &str, grants: &[&str]) -> String {
    let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
    let context = Context::system(SystemTime::now()).unwrap();
    let new = NewToken { author: author.to_owned(), expires: None, grants };
    server.tokens().create(new, &context).unwrap().1.reveal().to_owned()
}

/// A client with one connection.
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) token: Option<String>,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same, where it must have gone well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text());
        self
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr, token: Option<&str>) -> Self {
        Self { address, token: token.map(str::to_owned), connection: None }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub(crate) fn put(&mut self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.send("PUT", path, &[], body.as_ref())
    }

    pub(crate) fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[], body.as_bytes())
    }

    /// Saves a source.
    pub(crate) fn save(&mut self, config: &str, source: impl AsRef<[u8]>) -> Answer {
        self.put(&format!("/api/v1/configs/{config}/source"), source)
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    pub(crate) fn try_send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if let Some(token) = &self.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let bytes = [head.as_bytes(), body].concat();
        self.try_raw(&bytes)
    }

    /// Sends bytes as they are, and reads one answer.
    pub(crate) fn try_raw(&mut self, bytes: &[u8]) -> std::io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => BufReader::new(connect(self.address)?),
        };
        connection.get_mut().write_all(bytes)?;
        let answer = read_answer(&mut connection)?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    /// Opens a stream of events.
    pub(crate) fn events(&self, path: &str, last: Option<&str>) -> Events {
        let mut stream = connect(self.address).unwrap();
        let token = self.token.as_deref().unwrap_or("");
        let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n{last}\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let (status, headers) = read_head(&mut reader).unwrap();
        assert_eq!(status, 200, "{headers:?}");
        Events { reader, left: Vec::new() }
    }
}

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    Ok(stream)
}

fn read_head(reader: &mut impl BufRead) -> std::io::Result<(u16, Vec<(String, String)>)> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    Ok((status, headers))
}

fn read_answer(reader: &mut impl BufRead) -> std::io::Result<Answer> {
    let (status, headers) = read_head(reader)?;
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, text)| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if status != 304 {
        reader.read_exact(&mut body)?;
    }
    Ok(Answer { status, headers, body })
}

/// A stream of events.
pub(crate) struct Events {
    reader: BufReader<TcpStream>,
    left: Vec<u8>,
}

/// An event.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

impl Events {
    /// The next event; `None` at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.left.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.left.drain(..end + 2).collect();
                let text = String::from_utf8(block).unwrap();
                let field =
                    |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let Some(name) = field("event: ") else { continue };
                let data = serde_json::from_str(&field("data: ").unwrap()).unwrap();
                return Some(Event { name, id: field("id: ").unwrap_or_default(), data });
            }
            let mut size = String::new();
            if self.reader.read_line(&mut size).ok()? == 0 {
                return None;
            }
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let mut chunk = vec![0; size + 2];
            self.reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                return None;
            }
            self.left.extend_from_slice(&chunk[..size]);
        }
    }

    /// The next one of a name.
    pub(crate) fn next_of(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().unwrap();
            if event.name == name {
                return event;
            }
        }
    }
}
