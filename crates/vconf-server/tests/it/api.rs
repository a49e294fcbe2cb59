//! Each thing that can be asked for, as it is asked for when all is well.

use serde_json::json;

use crate::support::Served;

#[test]
fn a_source_comes_out_to_the_byte_as_it_went_in() {
    let served = Served::in_memory();
    let mut client = served.client();
    let sources: [&[u8]; 4] = [b"port: 80 # x\r\nname: \"a\"\n", b"", b"\xff\x00\x01", "ü: 1.0\n".as_bytes()];
    for (at, source) in sources.iter().enumerate() {
        let saved = client.save("etc%2Fapp.yaml", source).ok();
        assert_eq!(saved.json()["version"], json!(at + 1));
        assert_eq!(saved.json()["author"], "ops");
        let path = format!("/api/v1/configs/etc%2Fapp.yaml/versions/{}/source", at + 1);
        let read = client.get(&path).ok();
        assert_eq!(&read.body, source);
        assert_eq!(read.header("etag"), saved.header("etag"));
        let tag = read.header("etag").unwrap().to_owned();
        let again = client.send("GET", &path, &[("If-None-Match", &tag)], b"");
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    assert_eq!(client.save("etc%2Fapp.yaml", sources[3]).ok().json()["saved"], false, "the same again");
}

#[test]
fn a_value_is_set_and_all_else_stays() {
    let served = Served::in_memory();
    let mut client = served.client();
    client.save("a.yaml", "# why\nport: 80   # x\nname: a\n").ok();
    let dry = client.put("/api/v1/configs/a.yaml/value?key=port&dry_run", "81").ok().json();
    assert_eq!(dry["text"], "# why\nport: 81   # x\nname: a\n");
    assert_eq!(dry["diff"]["changes"][0]["new"], 81);
    client.put("/api/v1/configs/a.yaml/value?key=port&message=up", "81").ok();
    client.send("DELETE", "/api/v1/configs/a.yaml/value?key=name", &[], b"").ok();
    let patch =
        r#"[{"op": "test", "path": "/port", "value": 81}, {"op": "add", "path": "/q", "value": [1]}]"#;
    client.send("PATCH", "/api/v1/configs/a.yaml/content", &[], patch.as_bytes()).ok();
    let text = client.get("/api/v1/configs/a.yaml/versions/latest/source").ok().text();
    assert_eq!(text, "# why\nport: 81   # x\nq:\n  - 1\n");
    let log = client.get("/api/v1/configs/a.yaml/log").ok().json();
    let told: Vec<_> =
        log["entries"].as_array().unwrap().iter().map(|entry| entry["description"].clone()).collect();
    assert_eq!(told, ["+ q", "- name", "up", "First version"].map(|text| json!(text)));
    let unfit =
        client.send("PATCH", "/api/v1/configs/a.yaml/content", &[], patch.replace("81", "82").as_bytes());
    assert_eq!(unfit.status, 409, "{}", unfit.text());
    assert_eq!(client.get("/api/v1/configs/a.yaml/versions/-1/value?key=port").ok().json()["value"], 81);
    let near = client.get("/api/v1/configs/a.yaml/versions/latest/value?key=prot");
    assert_eq!((near.status, near.json()["details"][0].as_str().unwrap().contains("port")), (404, true));
}

#[test]
fn lists_go_on_page_by_page_and_miss_nothing() {
    let served = Served::in_memory();
    let mut client = served.client();
    for number in 1..=25 {
        client.save("a.json", format!("{{\"n\": {number}}}")).ok();
        client.save(&format!("c{number:02}.json"), "{}").ok();
    }
    let (mut seen, mut from) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/v1/configs/a.json/log?limit=7{from}")).ok().json();
        seen.extend(
            page["entries"].as_array().unwrap().iter().map(|entry| entry["version"].as_u64().unwrap()),
        );
        let Some(next) = page["next"].as_u64() else { break };
        from = format!("&from={next}");
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/v1/configs?prefix=c&limit=10{after}")).ok().json();
        names.extend(
            page["configs"].as_array().unwrap().iter().map(|it| it["config"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(names, (1..=25).map(|number| format!("c{number:02}.json")).collect::<Vec<_>>());
    let (mut hits, mut after) = (0, String::new());
    loop {
        let page = client.get(&format!("/api/v1/find?text=n&values&limit=4{after}")).ok().json();
        hits += page["hits"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let whole = client.get("/api/v1/find?text=n&values&limit=1000").ok().json();
    assert_eq!(hits, whole["hits"].as_array().unwrap().len());
}

#[test]
fn branches_are_merged_and_conflicts_are_told() {
    let served = Served::in_memory();
    let mut client = served.client();
    client.save("a.json", "{\"a\": 1, \"b\": 1}").ok();
    client.put("/api/v1/configs/a.json/branches/dev", "{\"at\": 1}").ok();
    client.put("/api/v1/configs/a.json/value?key=b&branch=dev", "2").ok();
    client.put("/api/v1/configs/a.json/value?key=a", "3").ok();
    let merged = client.post("/api/v1/configs/a.json/merge", "{\"from\": \"dev\"}").ok().json();
    assert_eq!(merged["parents"], json!([3, 2]));
    let text = client.get("/api/v1/configs/a.json/versions/latest/source").ok().text();
    assert_eq!(text, "{\"a\": 3, \"b\": 2}");
    client.put("/api/v1/configs/a.json/value?key=b&branch=dev", "5").ok();
    client.put("/api/v1/configs/a.json/value?key=b", "6").ok();
    let torn = client.post("/api/v1/configs/a.json/merge", "{\"from\": \"dev\"}");
    assert_eq!(torn.status, 409);
    let conflict = &torn.json()["conflicts"][0];
    assert_eq!((&conflict["ours"], &conflict["theirs"]), (&json!([6]), &json!([5])));
    let settled =
        client.post("/api/v1/configs/a.json/merge", "{\"from\": \"dev\", \"prefer\": \"theirs\"}").ok();
    assert_eq!(settled.json()["decided_for"], "theirs");
    let reverted = client.post("/api/v1/configs/a.json/revert", "{\"version\": 3}").ok();
    assert_eq!(reverted.json()["description"], "Revert of version 3");
    client.save("b.json", "{\"a\": 1, \"b\": 1}").ok();
    client.post("/api/v1/configs/b.json/pick", "{\"version\": 3, \"of\": \"a.json\"}").ok();
    assert_eq!(client.get("/api/v1/configs/b.json/versions/latest/value?key=a").ok().json()["value"], 3);
}

#[test]
fn what_is_done_can_be_undone_and_done_again() {
    let served = Served::in_memory();
    let mut client = served.client();
    client.save("a.json", "1").ok();
    let operation = client.save("a.json", "2").ok().json()["operation"]["id"].clone();
    client.save("b.json", "1").ok();
    let other = client.post("/api/v1/undo", &json!({"operation": operation}).to_string());
    assert_eq!((other.status, other.json()["next"]["versions"][0]["config"].as_str()), (409, Some("b.json")));
    client.post("/api/v1/undo", "").ok();
    client.post("/api/v1/undo", &json!({"operation": operation}).to_string()).ok();
    assert_eq!(client.get("/api/v1/configs/a.json/versions/latest/source").ok().text(), "1");
    client.post("/api/v1/redo", "").ok();
    assert_eq!(client.get("/api/v1/configs/a.json/versions/latest/source").ok().text(), "2");
    client.post("/api/v1/configs/a.json/rollback", "{\"to\": 1}").ok();
    client.put("/api/v1/configs/a.json/tags/good", "{\"version\": \"latest\"}").ok();
    assert_eq!(client.get("/api/v1/configs/a.json/versions/good").ok().json()["text"], "1");
    assert_eq!(client.send("DELETE", "/api/v1/configs/a.json/tags/good", &[], b"").ok().json()["from"], 3);
    assert!(client.get("/api/v1/check").ok().json()["ok"].as_bool().unwrap());
}

#[test]
fn who_expects_another_version_is_told_what_came_in_between() {
    let served = Served::in_memory();
    let mut client = served.client();
    let first = client.save("a.json", "1").ok().header("etag").unwrap().to_owned();
    client.save("a.json", "2").ok();
    for (method, path, body) in [
        ("PUT", "/api/v1/configs/a.json/source", "3"),
        ("PATCH", "/api/v1/configs/a.json/content", "3"),
        ("POST", "/api/v1/configs/a.json/rollback", "{\"to\": 1}"),
    ] {
        let late = client.send(method, path, &[("If-Match", &first)], body.as_bytes());
        assert_eq!(late.status, 412, "{path}: {}", late.text());
        let told = late.json();
        assert_eq!((&told["expected"], &told["found"]), (&json!(1), &json!(2)));
        assert_eq!((&told["since"][0]["version"], &told["since"][0]["author"]), (&json!(2), &json!("ops")));
    }
    let path = "/api/v1/configs/a.json/source";
    assert_eq!(client.send("PUT", path, &[("If-None-Match", "*")], b"3").status, 412);
    assert_eq!(client.send("PUT", path, &[("If-Match", "\"2\"")], b"3").ok().json()["version"], 3);
    assert_eq!(client.send("PUT", path, &[("If-Match", "3")], b"4").status, 400, "a tag has quotes");
    assert_eq!(
        client.send("PUT", "/api/v1/configs/b.json/source", &[("If-None-Match", "*")], b"1").ok().status,
        200
    );
}

#[test]
fn a_forgotten_version_is_gone_and_an_unknown_one_not_found() {
    let served = Served::in_memory();
    let mut client = served.client();
    for number in 0..5 {
        client.save("a.json", number.to_string()).ok();
    }
    let plan = client.post("/api/v1/configs/a.json/forget", "{\"keep_last\": 1}").ok().json();
    assert_eq!((&plan["applied"], &plan["versions"]), (&json!(false), &json!(3)));
    client.post("/api/v1/configs/a.json/forget", "{\"keep_last\": 1, \"apply\": true}").ok();
    assert_eq!(client.get("/api/v1/configs/a.json/versions/2").status, 410);
    assert_eq!(client.get("/api/v1/configs/a.json/versions/99").status, 404);
    client.post("/api/v1/configs/a.json/pack", "").ok();
    let log = client.get("/api/v1/configs/a.json/log?limit=2").ok().json();
    assert!(log["next"].is_null() || log["next"].as_u64().unwrap() < 5, "{log}");
}
