//! The web page: what browsers are told of it, and who may ask in its name.

use vconf::store::Store;
use vconf_server::Options;

use crate::support::Served;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[test]
fn the_page_needs_no_token_and_may_nothing_but_load_its_own_files() {
    let served = Served::in_memory();
    let mut client = served.client();
    client.token = None;
    for (path, media) in [
        ("/", "text/html; charset=utf-8"),
        ("/ui/style.css", "text/css; charset=utf-8"),
        ("/ui/app.js", "text/javascript; charset=utf-8"),
        ("/ui/icon.svg", "image/svg+xml"),
    ] {
        let answer = client.get(path).ok();
        let header = |name| answer.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("content-type"), media);
        assert_eq!(header("content-security-policy"), POLICY, "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        let known = client.send("GET", path, &[("If-None-Match", &header("etag"))], b"");
        assert_eq!((known.status, known.body.len()), (304, 0), "{path}");
    }
    for path in ["/ui", "/ui/", "/ui/none.js", "/ui/../Cargo.toml", "/ui/%2e%2e/Cargo.toml"] {
        assert_eq!(client.get(path).status, 404, "{path}");
    }
    assert_eq!(client.post("/", "").status, 405);
}

#[test]
fn without_a_token_only_the_page_of_the_server_itself_changes_something() {
    let options = Options { allow_anonymous_loopback: true, ..Options::default() };
    let served = Served::start(Store::in_memory(), Store::in_memory(), options);
    let mut client = served.client();
    client.token = None;
    client.save("a.json", "1").ok();
    let own = format!("http://{}", served.running.address());
    let site = |value| ("Sec-Fetch-Site", value);
    let cases: [(&[(&str, &str)], u16); 9] = [
        (&[], 200),
        (&[("Origin", &own), site("same-origin"), ("Vconf-Page", "1")], 200),
        (&[("Origin", &own), site("same-origin")], 401),
        (&[("Origin", &own)], 401),
        (&[site("none")], 401),
        (&[("Origin", "null"), ("Vconf-Page", "1")], 401),
        (&[("Origin", "http://evil.example"), ("Vconf-Page", "1")], 401),
        (&[site("cross-site"), ("Vconf-Page", "1")], 401),
        (&[site("same-site"), ("Vconf-Page", "1")], 401),
    ];
    for (headers, status) in cases {
        let answer = client.send("POST", "/api/v1/configs/a.json/rollback", headers, b"{\"to\": 1}");
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text());
    }
    let preflight = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")];
    let answer = client.send("OPTIONS", "/api/v1/configs/a.json/rollback", &preflight, b"");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, None));
}

#[test]
fn what_a_save_would_change_is_told_line_by_line_too() {
    let served = Served::in_memory();
    let mut client = served.client();
    client.save("a.json", "{\n\"a\": 1\n}\n").ok();
    let path = "/api/v1/configs/a.json/source?dry_run=1";
    let told = client.put(path, "{\n\"a\": 2\n}\n").ok().json();
    assert_eq!(told["lines"], "--- a.json\n+++ a.json\n@@ -1,3 +1,3 @@\n {\n-\"a\": 1\n+\"a\": 2\n }\n");
    assert_eq!(client.put(path, [0xff, 0xfe, 0]).ok().json()["lines"], serde_json::Value::Null);
}
