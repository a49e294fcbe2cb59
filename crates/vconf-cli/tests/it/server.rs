//! The commands of a server, and what is there after it was killed.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::Sandbox;

/// A server that runs.
struct Server {
    child: Child,
    address: String,
    token: String,
}

impl Server {
    fn start(sandbox: &Sandbox, token: &str, listen: &str) -> Self {
        let mut command = sandbox.command();
        command.args(["serve", "--rate", "0", "--listen", listen]);
        let log = fs::File::create(sandbox.path("server.log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("no address: {line}")).to_owned();
        Self { child, address, token: token.to_owned() }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn token(sandbox: &Sandbox, grant: &str) -> String {
    let output = sandbox.command().args(["token", "create", "ops", "--allow", grant]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A request on a connection; `None` where no whole answer comes.
fn put(stream: &mut TcpStream, token: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let request = format!(
        "PUT {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
            status = rest[..3].parse().ok()?;
        } else if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.trim().parse().ok()?;
        } else if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((status, String::from_utf8(body).ok()?))
}

#[test]
fn what_a_killed_server_has_acknowledged_is_there_whole_and_once() {
    const ROUNDS: usize = 6;
    const WRITERS: usize = 8;
    let sandbox = Sandbox::new();
    sandbox.write("a.json", "0");
    assert!(sandbox.command().args(["save", "a.json"]).output().unwrap().status.success());
    let secret = token(&sandbox, "write");
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let server = Server::start(&sandbox, &secret, "127.0.0.1:0");
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (address, token) = (server.address.clone(), server.token.clone());
                thread::spawn(move || {
                    let mut told = Vec::new();
                    let Ok(mut stream) = TcpStream::connect(&address) else { return told };
                    for number in 0.. {
                        // Half of them write to one config, the others each to its own.
                        let config = if writer % 2 == 0 {
                            "shared.json".to_owned()
                        } else {
                            format!("w{writer}.json")
                        };
                        let text = format!("[{round}, {writer}, {number}]");
                        let path = format!("/api/v1/configs/{config}/source");
                        let Some((200, body)) = put(&mut stream, &token, &path, &text) else { break };
                        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
                        told.push((config, body["version"].as_u64().unwrap(), text));
                    }
                    told
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(200 + 50 * round as u64));
        server.kill();
        for writer in writers {
            acknowledged.extend(writer.join().unwrap());
        }
    }
    let mut once: Vec<_> = acknowledged.iter().map(|(config, version, _)| (config, version)).collect();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), acknowledged.len(), "no version was told twice");
    let check = sandbox.command().arg("check").output().unwrap();
    assert!(check.status.success(), "{check:?}");
    // All sources, by where they are: each acknowledged one is there, and no text is there twice.
    let export = sandbox.command().args(["export", "tar:all.tar"]).output().unwrap();
    assert!(export.status.success(), "{export:?}");
    fs::create_dir(sandbox.path("all")).unwrap();
    let unpacked = std::process::Command::new("tar")
        .args(["xf", "all.tar", "-C", "all"])
        .current_dir(sandbox.path(""))
        .status();
    assert!(unpacked.unwrap().success());
    for (config, version, text) in &acknowledged {
        let there = sandbox.read(format!("all/{config}/v{version}"));
        assert_eq!(&String::from_utf8(there).unwrap(), text, "{config}@{version}");
    }
    let data = sandbox.command().args(["--store", ".vconf/server", "check"]).output().unwrap();
    assert!(data.status.success(), "{data:?}");
    assert!(acknowledged.len() > ROUNDS * 10, "only {} saves", acknowledged.len());
    println!("killed {ROUNDS} times: {} saves were acknowledged; 0 lost, 0 doubled", acknowledged.len());
}

#[test]
fn a_followed_file_is_what_the_server_has_and_loses_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("a.yaml", "port: 1\n");
    assert!(sandbox.command().args(["save", "a.yaml"]).output().unwrap().status.success());
    let secret = token(&sandbox, "write");
    let server = Server::start(&sandbox, &secret, "127.0.0.1:0");
    let address = server.address.clone();
    fs::create_dir(sandbox.path("edge")).unwrap();
    sandbox.write("edge/a.yaml", "mine: 1\n");
    let follow = |more: &[&str]| {
        let mut command = sandbox.command();
        command.env("VCONF_TOKEN", &secret).args(["follow", "a.yaml", "--server"]);
        command.arg(format!("http://{address}")).args(["--to", "edge/a.yaml"]).args(more);
        command
    };
    assert!(follow(&["--once"]).output().unwrap().status.success());
    assert_eq!(sandbox.read("edge/a.yaml"), b"port: 1\n");
    let kept: Vec<_> =
        fs::read_dir(sandbox.path("edge")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let kept = kept.iter().find(|path| path.to_string_lossy().contains(".displaced-")).unwrap();
    assert_eq!(fs::read(kept).unwrap(), b"mine: 1\n", "what was no version is kept");
    let mut follower = follow(&["--", "sh", "-c", "echo $VCONF_VERSION >> edge/ran"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let ends_in = |file: &str, text: &str| {
        let begun = Instant::now();
        while !fs::read_to_string(sandbox.path(file)).is_ok_and(|there| there.ends_with(text)) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{file} does not end in {text:?}");
            thread::sleep(Duration::from_millis(20));
        }
    };
    let becomes = |text: &str| ends_in("edge/a.yaml", text);
    for number in 2..=4 {
        sandbox.write("a.yaml", format!("port: {number}\n"));
        assert!(sandbox.command().args(["save", "a.yaml"]).output().unwrap().status.success());
        becomes(&format!("port: {number}\n"));
    }
    server.kill();
    sandbox.write("a.yaml", "port: 5\n");
    assert!(sandbox.command().args(["save", "a.yaml"]).output().unwrap().status.success());
    thread::sleep(Duration::from_millis(300));
    assert_eq!(sandbox.read("edge/a.yaml"), b"port: 4\n", "without a server it stays as it is");
    assert!(follower.try_wait().unwrap().is_none(), "and the follower waits for it");
    let server = Server::start(&sandbox, &secret, &address);
    becomes("port: 5\n");
    ends_in("edge/ran", "5\n");
    follower.kill().unwrap();
    follower.wait().unwrap();
    drop(server);
}

#[test]
fn a_server_is_not_opened_to_the_world_by_accident() {
    let sandbox = Sandbox::new();
    sandbox.write("a.json", "1");
    assert!(sandbox.command().args(["save", "a.json"]).output().unwrap().status.success());
    let output = sandbox.command().args(["serve", "--listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("there is no certificate") && told.contains("--tls-cert"), "{told}");
}

#[test]
fn a_token_is_shown_once_and_kept_nowhere() {
    let sandbox = Sandbox::new();
    sandbox.write("a.json", "1");
    assert!(sandbox.command().args(["save", "a.json"]).output().unwrap().status.success());
    let secret = token(&sandbox, "write:etc/");
    assert!(secret.starts_with("vconf_"), "{secret}");
    let found = std::process::Command::new("grep")
        .args(["-r", &secret[23..], ".vconf"])
        .current_dir(sandbox.path(""))
        .output();
    assert!(found.unwrap().stdout.is_empty(), "the secret is in the store");
    let list = |more: &[&str]| {
        let output = sandbox.command().args(["token", "list"]).args(more).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let id = &secret[6..22];
    assert!(list(&[]).contains(id) && list(&[]).contains("write:etc/"));
    assert!(!list(&["--json"]).contains("checksum"));
    let revoked = sandbox.command().args(["token", "revoke", id]).output().unwrap();
    assert!(revoked.status.success());
    assert_eq!(list(&[]), "");
    let again = sandbox.command().args(["token", "revoke", id]).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    let status = sandbox.command().args(["status", "--json"]).output().unwrap();
    assert_eq!(String::from_utf8(status.stdout).unwrap().lines().count(), 1, "tokens are no configs");
}

#[test]
fn a_token_that_would_never_count_is_not_made() {
    let sandbox = Sandbox::new();
    sandbox.write("app.yaml", "a: 1\n");
    sandbox.run("save app.yaml").expect(0);
    for past in ["yesterday", "30d", "2020-01-01"] {
        let ran = sandbox.run(&format!("token create ops --allow read --expires {past}")).expect(5);
        assert!(ran.err().contains("is past, so that the token would never count"), "{ran}");
        assert_eq!(ran.out(), "");
    }
    assert_eq!(sandbox.run("token list").expect(0).out(), "");
    sandbox.run("token create ops --allow read --expires 2999-01-01").expect(0);
    assert!(!sandbox.run("token list").expect(0).out().contains("expired"));
}
