//! The server beside what is possible on the same machine: see `benches/server/run`.
//!
//! Each server is a process of its own, so that its memory is its own; clients are threads here, with sockets that they
//! keep.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panic and says what it measured"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use vconf::history::Context;
use vconf::store::Store;
use vconf_server::{NewToken, Options, Server};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", folder] => serve(Path::new(folder)),
        ["bare"] => bare(),
        parts => {
            for (name, run) in PARTS {
                if parts.is_empty() || parts.contains(name) {
                    run();
                }
            }
        }
    }
}

const PARTS: &[(&str, fn())] =
    &[("heads", heads), ("saves", saves), ("watchers", watchers), ("contention", contention)];

/// What is served by both, as it lies in a file of some services.
fn source() -> String {
    (0..40).map(|number| format!("service{number}:\n  port: {}\n  enabled: true\n", 8000 + number)).collect()
}

/// Reads of a head, beside a handler that has the same bytes in memory.
fn heads() {
    let scratch = Scratch::new();
    let (server, other) = (Process::serve(&scratch), Process::bare());
    Connection::new(&server).put("a.yaml", &source());
    thread::sleep(Duration::from_millis(100));
    let path = "/api/v1/configs/a.yaml/versions/latest/source";
    let mut ratios = Vec::new();
    for _ in 0..5 {
        let bare = rate(&other, path);
        let ours = rate(&server, path);
        ratios.push(ours / bare);
        println!("heads: {ours:.0} reads a second, {bare:.0} of a bare handler");
    }
    tell("heads, of a bare handler's reads", median(ratios), 0.8, true);
}

fn rate(process: &Process, path: &str) -> f64 {
    const CLIENTS: usize = 16;
    let begun = Instant::now();
    let time = Duration::from_millis(1500);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (mut connection, path) = (Connection::new(process), path.to_owned());
            thread::spawn(move || {
                let mut count = 0_u64;
                while begun.elapsed() < time {
                    assert_eq!(connection.get(&path), 200);
                    count += 1;
                }
                count
            })
        })
        .collect();
    let count: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    count as f64 / begun.elapsed().as_secs_f64()
}

/// Durable saves of many clients, each of its own config, beside those of one; and beside a bare durable write.
fn saves() {
    let scratch = Scratch::new();
    let server = Process::serve(&scratch);
    let (one, _) = save_rate(&server, 1, |_| "one.yaml".to_owned());
    let (many, mut times) = save_rate(&server, 64, |client| format!("many{client}.yaml"));
    times.sort_unstable();
    let p99 = times[times.len() * 99 / 100];
    let bare = bare_write(&scratch);
    println!(
        "saves: {one:.0} a second by one client, {many:.0} by 64; p99 {p99:?}, a bare durable write {bare:?}"
    );
    tell("saves of 64 clients, of one client's", many / one, 4.0, true);
    tell("p99 of these, in bare durable writes", p99.as_secs_f64() / bare.as_secs_f64(), 10.0, false);
}

fn save_rate(process: &Process, clients: usize, config: impl Fn(usize) -> String) -> (f64, Vec<Duration>) {
    let begun = Instant::now();
    let time = Duration::from_secs(4);
    let clients: Vec<_> = (0..clients)
        .map(|client| {
            let (mut connection, config) = (Connection::new(process), config(client));
            thread::spawn(move || {
                let mut times = Vec::new();
                while begun.elapsed() < time {
                    let asked = Instant::now();
                    connection.put(&config, &format!("{}n: {client}.{}\n", source(), times.len()));
                    times.push(asked.elapsed());
                }
                times
            })
        })
        .collect();
    let times: Vec<_> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    (times.len() as f64 / begun.elapsed().as_secs_f64(), times)
}

/// The median time of what a durable write can't do without: a file, its bytes and its folder, flushed.
fn bare_write(scratch: &Scratch) -> Duration {
    let folder = scratch.0.join("bare");
    fs::create_dir(&folder).unwrap();
    let handle = fs::File::open(&folder).unwrap();
    let mut times: Vec<_> = (0..200)
        .map(|number| {
            let begun = Instant::now();
            let mut file = fs::File::create(folder.join("new")).unwrap();
            file.write_all(source().as_bytes()).unwrap();
            file.sync_data().unwrap();
            fs::rename(folder.join("new"), folder.join(number.to_string())).unwrap();
            handle.sync_all().unwrap();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Many who watch one config: how long until all are told, and how much memory each takes.
fn watchers() {
    const WATCHERS: usize = 5000;
    let scratch = Scratch::new();
    let server = Process::serve(&scratch);
    let mut writer = Connection::new(&server);
    writer.put("a.yaml", "n: 0\n");
    let before = server.memory_kib();
    let mut streams: Vec<TcpStream> = (0..WATCHERS)
        .map(|_| {
            let mut stream = TcpStream::connect(&server.address).unwrap();
            let request = format!(
                "GET /api/v1/configs/a.yaml/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
                server.token
            );
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    for stream in &mut streams {
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&seen).contains("event: state") {
            let count = stream.read(&mut buffer).unwrap();
            seen.extend_from_slice(&buffer[..count]);
        }
        stream.set_nonblocking(true).unwrap();
    }
    let each = (server.memory_kib() - before) as f64 / WATCHERS as f64;
    let mut worst = Duration::ZERO;
    for number in 1..=5 {
        let asked = Instant::now();
        let writing = {
            let mut writer = Connection::new(&server);
            thread::spawn(move || {
                writer.put("a.yaml", &format!("n: {number}\n"));
                Instant::now()
            })
        };
        let mut waiting: Vec<usize> = (0..WATCHERS).collect();
        let mut buffer = [0; 8192];
        while !waiting.is_empty() {
            waiting.retain(|at| !matches!(streams[*at].read(&mut buffer), Ok(count) if count > 0));
            assert!(asked.elapsed() < Duration::from_secs(20), "{} are not told", waiting.len());
        }
        let all = Instant::now();
        let saved = writing.join().unwrap();
        let took = all.saturating_duration_since(saved);
        println!(
            "watchers: all {WATCHERS} told {took:?} after the save was acknowledged, {:?} after it was sent",
            all - asked
        );
        worst = worst.max(took);
        thread::sleep(Duration::from_millis(200));
        for stream in &mut streams {
            while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
        }
    }
    let after = (server.memory_kib() - before) as f64 / WATCHERS as f64;
    tell("watchers: the slowest of 5 changes, in ms", worst.as_secs_f64() * 1000.0, 250.0, false);
    tell("watchers: KiB of memory each", each.max(after), 40.0, false);
}

/// Sixteen writers on one config, beside one.
fn contention() {
    let scratch = Scratch::new();
    let server = Process::serve(&scratch);
    let (one, _) = save_rate(&server, 1, |_| "one.yaml".to_owned());
    let (many, times) = save_rate(&server, 16, |_| "shared.yaml".to_owned());
    let store = Store::open(scratch.0.join("store")).unwrap().unwrap();
    let config = vconf::model::name::ConfigName::new("shared.yaml").unwrap();
    let there = store.state(&config).unwrap().versions.number;
    assert_eq!(there, times.len() as u64, "versions are lost or doubled");
    println!(
        "contention: {many:.0} saves a second by 16 clients to one config, {one:.0} by one; {there} versions, none lost"
    );
    tell("contention, of a single writer's saves", many / one, 0.5, true);
}

fn tell(what: &str, value: f64, bar: f64, is_least: bool) {
    let is_met = if is_least { value >= bar } else { value <= bar };
    let (sign, verdict) = (if is_least { "≥" } else { "≤" }, if is_met { "met" } else { "MISSED" });
    println!("{what}: {value:.2} (bar {sign} {bar}) {verdict}");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A folder on the disk that the build is on: what is in memory only is no durable write.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Process {
    child: Child,
    address: String,
    token: String,
}

impl Process {
    fn serve(scratch: &Scratch) -> Self {
        Self::start(&["serve", scratch.0.to_str().unwrap()])
    }

    fn bare() -> Self {
        Self::start(&["bare"])
    }

    fn start(words: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(words).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (address, token) = line.trim().split_once(' ').unwrap();
        Self { child, address: address.to_owned(), token: token.to_owned() }
    }

    fn memory_kib(&self) -> i64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept.
struct Connection {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Connection {
    fn new(process: &Process) -> Self {
        let stream = TcpStream::connect(&process.address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::with_capacity(16 << 10, stream), token: process.token.clone() }
    }

    fn get(&mut self, path: &str) -> u16 {
        self.ask("GET", path, "")
    }

    fn put(&mut self, config: &str, body: &str) {
        assert_eq!(self.ask("PUT", &format!("/api/v1/configs/{config}/source"), body), 200);
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> u16 {
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{length}\r\n{body}",
            self.token
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            assert!(self.stream.read_line(&mut line).unwrap() > 0);
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.trim().parse().unwrap();
            } else if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        status
    }
}

/// Serves a store in a folder, and says where and with which token.
fn serve(folder: &Path) {
    let store = Store::create(folder.join("store")).unwrap();
    let data = Store::create(folder.join("data")).unwrap();
    let options = Options { requests_per_second: 0, ..Options::default() };
    let server = Server::new(store, data, options).unwrap();
    let new = NewToken { author: "bench".to_owned(), expires: None, grants: vec!["admin".parse().unwrap()] };
    let (_, secret) = server.tokens().create(new, &Context::system(SystemTime::now()).unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{} {}", listener.local_addr().unwrap(), secret.reveal());
    vconf_server::run(server, listener, None).unwrap();
}

/// Serves the same bytes from memory, with nothing around.
fn bare() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let body = bytes::Bytes::from(source());
        let handler = axum::routing::get(move || {
            let body = body.clone();
            async move { ([(axum::http::header::CONTENT_TYPE, "application/yaml")], body) }
        });
        let router = axum::Router::new().route("/api/v1/configs/{config}/versions/{version}/source", handler);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{} -", listener.local_addr().unwrap());
        while !STOP.load(Ordering::Relaxed) {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = hyper_util::service::TowerToHyperService::new(router.clone());
            tokio::spawn(async move {
                let io = hyper_util::rt::TokioIo::new(stream);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
            });
        }
    });
}
