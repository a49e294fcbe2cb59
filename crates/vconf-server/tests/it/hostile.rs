//! What clients send that mean no good.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use vconf::store::Store;
use vconf_server::Options;

use crate::support::{Client, Served};

#[test]
fn names_are_decoded_once_and_reach_nothing_else() {
    let served = Served::in_memory();
    let mut client = served.client();
    for (escaped, name) in [
        ("a%20b.json", "a b.json"),
        ("a%0Ab", "a\nb"),
        ("a%0D%0AX-Evil:%201", "a\r\nX-Evil: 1"),
        ("%252e%252e%252fetc", "%2e%2e%2fetc"),
        ("a%252Fb", "a%2Fb"),
        ("a%3Fb%23c", "a?b#c"),
        ("..a", "..a"),
        ("%C3%BC%E2%80%AE", "ü\u{202e}"),
        ("%22%3Cscript%3E", "\"<script>"),
    ] {
        client.save(escaped, "1").ok();
        let answer = client.get(&format!("/api/v1/configs/{escaped}")).ok();
        assert_eq!(answer.json()["config"], name);
        assert_eq!(answer.header("x-evil"), None);
        let source = client.get(&format!("/api/v1/configs/{escaped}/versions/1/source")).ok();
        assert_eq!((source.text().as_str(), source.header("x-evil")), ("1", None));
    }
    for escaped in [
        "..",
        "%2e%2e",
        "%2E%2E%2Fetc%2Fpasswd",
        "a%2F..%2Fb",
        "%2Fetc%2Fpasswd",
        "a%2F%2Fb",
        "a%00b",
        "%FF",
        "%2F",
        ".",
        "a%2F",
        "%2e",
    ] {
        let answer = client.save(escaped, "1");
        assert!(matches!(answer.status, 400 | 404), "{escaped}: {} {}", answer.status, answer.text());
    }
    // A path that is not escaped is another path.
    for path in [
        "/api/v1/configs/../configs",
        "/api/v1/configs/a/../b/source",
        "//api/v1/configs",
        "/api/v1/configs/",
    ] {
        assert_eq!(client.get(path).status, 404, "{path}");
    }
    let long = "a".repeat(5000);
    assert_eq!(client.save(&long, "1").status, 400);
}

#[test]
fn no_request_hides_another() {
    let served = Served::in_memory();
    let token = &served.token;
    let head = format!("Host: x\r\nAuthorization: Bearer {token}\r\n");
    let hidden = format!("GET /api/v1/configs/hidden HTTP/1.1\r\n{head}\r\n");
    let length = hidden.len();
    for (what, request) in [
        (
            "two lengths",
            format!(
                "PUT /api/v1/configs/a/source HTTP/1.1\r\n{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n1{hidden}"
            ),
        ),
        (
            "a length and chunks",
            format!(
                "PUT /api/v1/configs/a/source HTTP/1.1\r\n{head}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
        ),
        (
            "chunks of another kind",
            format!(
                "PUT /api/v1/configs/a/source HTTP/1.1\r\n{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
        ),
        (
            "a length that is none",
            format!("PUT /api/v1/configs/a/source HTTP/1.1\r\n{head}Content-Length: +1\r\n\r\n1{hidden}"),
        ),
        (
            "a header of two lines",
            format!("GET /api/v1/configs HTTP/1.1\r\n{head}X: a\r\n b: c\r\n\r\n{hidden}"),
        ),
        (
            "a space before the colon",
            format!("PUT /api/v1/configs/a/source HTTP/1.1\r\n{head}Content-Length : 1\r\n\r\n1{hidden}"),
        ),
        (
            "a bare line feed",
            format!("PUT /api/v1/configs/a/source HTTP/1.1\r\n{head}X: a\nContent-Length: 1\r\n\r\n1"),
        ),
    ] {
        let mut stream = TcpStream::connect(served.running.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut told = Vec::new();
        // The connection is closed, or nothing more comes.
        let _ = stream.read_to_end(&mut told);
        let told = String::from_utf8_lossy(&told);
        let answers = told.matches("HTTP/1.1 ").count();
        assert!(answers <= 1 || !told.contains("hidden"), "{what}: {told}");
    }
}

#[test]
fn what_is_too_long_is_refused_before_it_is_read() {
    let options = Options { max_body_bytes: 10_000, ..Options::default() };
    let served = Served::start(Store::in_memory(), Store::in_memory(), options);
    let mut client = served.client();
    client.save("a", vec![b'a'; 10_000]).ok();
    assert_eq!(client.save("a", vec![b'b'; 10_001]).status, 413);
    let mut client = served.client();
    let chunks = format!(
        "PUT /api/v1/configs/a/source HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n{}\r\n0\r\n\r\n",
        served.token,
        "c".repeat(0x4e20)
    );
    assert_eq!(client.try_raw(chunks.as_bytes()).unwrap().status, 413);
    let mut client = served.client();
    assert_eq!(client.send("GET", "/api/v1/configs", &[], b"body").status, 400, "a body where none is taken");
    let mut client = served.client();
    let many: Vec<(String, String)> =
        (0..200).map(|number| (format!("X-{number}"), "a".to_owned())).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(client.send("GET", "/api/v1/configs", &many, b"").status, 431);
    let long = "a".repeat(300_000);
    let refused = served.client().try_send("GET", "/api/v1/configs", &[("X-Long", &long)], b"");
    assert!(refused.as_ref().map_or(true, |answer| answer.status == 431), "{refused:?}");
    let deep = "[".repeat(100_000);
    let answer = served.client().send("PATCH", "/api/v1/configs/a/content", &[], &deep.as_bytes()[..9_000]);
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(served.client().get("/api/v1/configs/a/versions/latest/source").ok().body, vec![b'a'; 10_000]);
}

#[test]
fn pages_of_other_sites_and_proxies_do_not_count_as_this_machine() {
    let options = Options { allow_anonymous_loopback: true, ..Options::default() };
    let served = Served::start(Store::in_memory(), Store::in_memory(), options);
    let address = served.running.address();
    let mut client = Client::new(address, None);
    let saved = client.save("a", "1").ok();
    assert_eq!(saved.json()["author"], "anonymous@127.0.0.1");
    let origin = format!("http://{address}");
    client
        .send("GET", "/api/v1/configs", &[("Origin", &origin), ("Sec-Fetch-Site", "same-origin")], b"")
        .ok();
    for headers in [
        [("Origin", "http://evil.example")],
        [("Origin", "null")],
        [("Origin", "http://127.0.0.1:1")],
        [("Sec-Fetch-Site", "cross-site")],
        [("X-Forwarded-For", "1.2.3.4")],
        [("Forwarded", "for=1.2.3.4")],
    ] {
        let answer = Client::new(address, None).send("POST", "/api/v1/undo", &headers, b"");
        assert_eq!(answer.status, 401, "{headers:?}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""] {
        let request = format!("POST /api/v1/undo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
        let answer = Client::new(address, None).try_raw(request.as_bytes()).unwrap();
        assert_eq!(answer.status, 401, "a name that was made to lead here: {host}");
    }
    client.get("/api/v1/configs/a").ok();
}

#[test]
fn answers_say_to_browsers_that_nothing_in_them_runs() {
    let served = Served::in_memory();
    let mut client = served.client();
    client.save("page.html", "<script>alert(1)</script>").ok();
    for path in
        ["/api/v1/configs/page.html/versions/1/source", "/api/v1/configs/none", "/nothing", "/healthz"]
    {
        let answer = client.get(path);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("sandbox"), "{path}");
        assert!(!answer.header("content-type").unwrap().contains("html"), "{path}");
    }
}

#[test]
fn who_asks_too_much_or_guesses_has_to_wait() {
    let options = Options { requests_per_second: 5, ..Options::default() };
    let served = Served::start(Store::in_memory(), Store::in_memory(), options);
    let mut client = served.client();
    let statuses: Vec<_> = (0..40).map(|_| client.get("/api/v1/self").status).collect();
    assert!(statuses.contains(&429) && statuses[0] == 200, "{statuses:?}");
    let wrong = served.token.split_at(23).0.to_owned() + &"0".repeat(64);
    let guesses: Vec<_> = (0..40).map(|_| served.client_with(&wrong).get("/api/v1/self").status).collect();
    assert_eq!(guesses[0], 401);
    assert!(guesses.contains(&429), "{guesses:?}");
    let shut_out = served.client_with(&wrong).get("/api/v1/self");
    assert_eq!((shut_out.status, shut_out.header("retry-after")), (429, Some("1")), "{}", shut_out.text());
    let other = served.client_with(&served.token("other", &["read"])).get("/api/v1/self");
    assert_eq!(other.status, 200, "whoever has a token is not shut out by those who guess");
}

#[test]
fn a_key_that_would_nest_without_end_is_refused() {
    let served = Served::in_memory();
    let mut client = served.client();
    client.save("app.yaml", "a: 1\n").ok();
    for key in [vec!["b"; 20_000].join("."), "/b".repeat(20_000)] {
        let answer = client.put(&format!("/api/v1/configs/app.yaml/value?key={key}&dry_run=true"), "1");
        assert_eq!(answer.status, 422, "{}", answer.text());
    }
    client.get("/api/v1/configs/app.yaml").ok();
}

#[test]
fn the_largest_numbers_are_as_good_as_the_end() {
    let served = Served::in_memory();
    let mut client = served.client();
    client.save("app.yaml", "a: 1\n").ok();
    let largest = u64::MAX;
    for what in ["log?", "key-log?key=a&"] {
        let answer = client.get(&format!("/api/v1/configs/app.yaml/{what}from={largest}")).ok();
        assert!(!answer.text().contains("damage"), "{}", answer.text());
        assert!(answer.text().contains("First version"), "{}", answer.text());
    }
    client.get(&format!("/api/v1/configs/app.yaml/wait?after=v{largest}.r{largest}&timeout=0"));
    client.get("/api/v1/configs/app.yaml").ok();
}
