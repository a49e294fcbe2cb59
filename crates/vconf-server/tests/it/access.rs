//! Who may do what: each role with each route, for configs that are granted and for others.

use vconf_server::{Access, Role, Route, routes};

use crate::support::Served;

#[test]
fn each_route_is_open_to_the_roles_that_it_says_and_to_no_other() {
    let served = Served::in_memory();
    let mut all = served.client();
    for config in ["etc%2Fa.json", "b.json"] {
        all.save(config, "{\"a\": 1}").ok();
        all.put(&format!("/api/v1/configs/{config}/tags/t"), "").ok();
    }
    let mut asked = 0;
    for role in Role::ALL {
        let here = served.token("here", &[&format!("{role}:etc/")]);
        let everywhere = served.token("everywhere", &[role.name()]);
        for route in routes() {
            if is_stream(route) {
                continue;
            }
            for (token, config, is_granted) in
                [(&here, "etc%2Fa.json", true), (&here, "b.json", false), (&everywhere, "b.json", true)]
            {
                let is_all = token == &everywhere;
                let expected = match route.access {
                    Access::Open => true,
                    Access::Some(needed) => role >= needed,
                    Access::Config(needed) => role >= needed && is_granted,
                    Access::All(needed) => role >= needed && is_all,
                };
                let path = path(route, config);
                let answer = served.client_with(token).send(route.method.as_str(), &path, &[], b"");
                // What is about the last operation may be about a config that is not granted.
                let is_undo = matches!(route.name, "undo" | "redo") && expected && !is_all;
                assert!(
                    (answer.status != 403) == expected || is_undo,
                    "{role} {} {path}: {} {}",
                    route.method,
                    answer.status,
                    answer.text()
                );
                assert_ne!(answer.status, 401);
                asked += 1;
            }
        }
    }
    println!("{asked} requests, each answered as the table says");
}

#[test]
fn without_a_token_only_what_is_open_answers() {
    let served = Served::in_memory();
    served.client().save("b.json", "{\"a\": 1}").ok();
    for route in routes() {
        for token in [None, Some(""), Some("vconf_0"), Some(&*other_secret(&served.token))] {
            let mut client = served.client();
            client.token = token.map(str::to_owned);
            let answer = client.send(route.method.as_str(), &path(route, "b.json"), &[], b"");
            let is_open = route.access == Access::Open && token.is_none();
            assert_eq!(matches!(answer.status, 401 | 429), !is_open, "{} {token:?}", route.path);
        }
    }
}

#[test]
fn a_grant_for_a_branch_writes_to_that_one_alone() {
    let served = Served::in_memory();
    let mut all = served.client();
    all.save("a.json", "{\"a\": 1}").ok();
    all.put("/api/v1/configs/a.json/branches/staging", "").ok();
    all.put("/api/v1/configs/a.json/tags/good", "{\"version\": 1}").ok();
    let mut bot = served.client_with(&served.token("bot", &["write:a.json@staging"]));
    let forbidden = [
        ("PUT", "/api/v1/configs/a.json/source", "{}"),
        ("PUT", "/api/v1/configs/a.json/source?branch=main", "{}"),
        ("PUT", "/api/v1/configs/a.json/value?key=a", "2"),
        ("DELETE", "/api/v1/configs/a.json/value?key=a&branch=main", ""),
        ("PATCH", "/api/v1/configs/a.json/content", "{}"),
        ("POST", "/api/v1/configs/a.json/rollback", "{\"to\": 1}"),
        ("POST", "/api/v1/configs/a.json/merge", "{\"from\": \"staging\"}"),
        ("POST", "/api/v1/configs/a.json/switch", "{\"to\": \"staging\"}"),
        ("PUT", "/api/v1/configs/a.json/tags/good", "{\"version\": 1}"),
        ("DELETE", "/api/v1/configs/a.json/tags/good", ""),
        ("PUT", "/api/v1/configs/a.json/branches/other", ""),
        ("PUT", "/api/v1/configs/a.json/source?branch=staging&tag=good", "{\"a\": 9}"),
        ("POST", "/api/v1/undo", ""),
    ];
    for (method, path, body) in forbidden {
        let answer = bot.send(method, path, &[], body.as_bytes());
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
    }
    assert_eq!(bot.put("/api/v1/configs/a.json/value?key=a&branch=staging", "2").ok().json()["version"], 2);
    bot.put("/api/v1/configs/a.json/tags/next", "{\"version\": 2}").ok();
    bot.get("/api/v1/configs/a.json/versions/1").ok();
    assert_eq!(all.get("/api/v1/configs/a.json").ok().json()["versions"], 2, "nothing else was written");
}

#[test]
fn the_author_is_that_of_the_token_whatever_is_claimed() {
    let served = Served::in_memory();
    let mut bot = served.client_with(&served.token("bot", &["write"]));
    let headers = [("X-Author", "root"), ("From", "root@example.com")];
    let saved = bot.send("PUT", "/api/v1/configs/a.json/source", &headers, b"1").ok().json();
    assert_eq!(saved["author"], "bot");
    assert_eq!(bot.put("/api/v1/configs/a.json/source?author=root", "2").status, 400);
    let entries = served.client().get("/api/v1/audit").ok().json();
    let entry = &entries["entries"][0];
    assert_eq!((entry["author"].as_str(), entry["version"].as_u64()), (Some("bot"), Some(1)));
    assert_eq!(entry["request"], "PUT /api/v1/configs/a.json/source");
}

#[test]
fn a_revoked_token_stops_counting_and_its_streams_end() {
    let served = Served::in_memory();
    served.client().save("a.json", "1").ok();
    let token = served.token("bot", &["read"]);
    let mut bot = served.client_with(&token);
    bot.get("/api/v1/self").ok();
    let mut events = bot.events("/api/v1/configs/a.json/events", None);
    events.next_of("state");
    let id = served.server.tokens().list().into_iter().find(|token| &*token.author == "bot").unwrap().id;
    let context = vconf::history::Context::system(std::time::SystemTime::now()).unwrap();
    served.server.tokens().revoke(&id, &context).unwrap();
    assert_eq!(bot.get("/api/v1/self").status, 401);
    served.client().save("a.json", "2").ok();
    assert_eq!(events.next(), None, "who may not read is told nothing more");
}

#[test]
fn lists_hold_only_what_may_be_read() {
    let served = Served::in_memory();
    let mut all = served.client();
    for config in ["etc%2Fa.json", "b.json"] {
        all.save(config, "{\"key\": 1}").ok();
    }
    let mut here = served.client_with(&served.token("here", &["read:etc/"]));
    let configs = here.get("/api/v1/configs").ok().text();
    let found = here.get("/api/v1/find?text=key").ok().text();
    let operations = here.get("/api/v1/operations").ok().text();
    for told in [configs, found, operations] {
        assert!(told.contains("etc/a.json") && !told.contains("b.json"), "{told}");
    }
    let mut events = here.events("/api/v1/events", None);
    assert_eq!(events.next().unwrap().data["config"], "etc/a.json");
    assert_eq!(events.next().unwrap().name, "ready");
    all.save("b.json", "2").ok();
    all.save("etc%2Fa.json", "2").ok();
    assert_eq!(events.next().unwrap().data["config"], "etc/a.json");
    for path in ["configs/etc%2Fa.json/diff?from=1&with=b.json", "events?config=b.json"] {
        assert_eq!(here.get(&format!("/api/v1/{path}")).status, 403, "{path}");
    }
}

fn is_stream(route: &Route) -> bool {
    matches!(route.name, "watch" | "watchConfig")
}

/// A path with what it must have.
fn path(route: &Route, config: &str) -> String {
    let path = route.path.replace("{config}", config).replace("{version}", "1");
    let path = path.replace("{tag}", "t").replace("{branch}", "other");
    let required: Vec<_> = route
        .query
        .iter()
        .filter(|known| known.is_required)
        .map(|known| format!("{}=a", known.name))
        .collect();
    let required = if route.name == "find" { vec!["text=a".to_owned()] } else { required };
    if required.is_empty() { path } else { format!("{path}?{}", required.join("&")) }
}

/// A token with the id of another, and another secret.
fn other_secret(token: &str) -> String {
    let (head, last) = token.split_at(token.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}

#[test]
fn a_role_for_one_branch_and_another_for_all_are_not_that_role_for_all() {
    let served = Served::in_memory();
    served.client().save("app.yaml", "a: 1\n").ok();
    let token = served.token("mixed", &["admin:app.yaml@staging", "write:app.yaml"]);
    for (what, body) in [("forget", "{\"keep_last\": 1, \"apply\": true}"), ("pack", "{}")] {
        let answer = served.client_with(&token).post(&format!("/api/v1/configs/app.yaml/{what}"), body);
        assert_eq!(answer.status, 403, "{what}: {}", answer.text());
        let answer = served.client().post(&format!("/api/v1/configs/app.yaml/{what}"), body);
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
    }
}

#[test]
fn no_name_is_told_of_what_may_not_be_read() {
    let served = Served::in_memory();
    served.client().save("secret.json", "{}").ok();
    let token = served.token("near", &["read:secret.jsonx"]);
    let answer = served.client_with(&token).get("/api/v1/configs/secret.jsonx");
    assert_eq!(answer.status, 404);
    assert!(!answer.text().replace("secret.jsonx", "").contains("secret.json"), "{}", answer.text());
    let answer = served.client().get("/api/v1/configs/secret.jsonx");
    assert!(answer.text().replace("secret.jsonx", "").contains("secret.json"), "{}", answer.text());
}
