//! `docs/FORMAT.md` is true: its commands are run with the real tools on real stores, its examples are read, and
//! records keep to its schema.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use vconf::history::{PackOptions, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::model::record::{Encoding, RefAction};
use vconf::store::{Settings, Store, decode_ref, decode_version};

use crate::schema;
use crate::scratch::{Scratch, at, config, put, tag};

/// The commands that the document gives. Each is run below.
const COMMANDS: [&str; 13] = [
    "base64",
    "chain",
    "checkpoint",
    "checksum",
    "config",
    "content",
    "current",
    "json",
    "log",
    "seal",
    "tags",
    "text",
    "unpack",
];

/// The fenced blocks of the document by language and label.
fn blocks() -> BTreeMap<(String, String), String> {
    let text = document("FORMAT.md");
    let mut blocks = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some((language, label)) = info.split_once(' ') {
            let key = (language.to_owned(), label.to_owned());
            assert!(blocks.insert(key, body.join("\n") + "\n").is_none(), "{info} is there twice");
        } else {
            assert!(info.is_empty(), "a block of {info} without a label is not tested");
        }
    }
    blocks
}

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a block of the document.
fn run(label: &str, folder: &Path, record: &Path) -> Vec<u8> {
    let script = &blocks()[&("sh".to_owned(), label.to_owned())];
    let output = Command::new("sh")
        .arg("-euc")
        .arg(script)
        .env("config", folder)
        .env("record", record)
        .env("unpacked", folder.join("unpacked"))
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{label}: {complaint}");
    output.stdout
}

fn text(label: &str, folder: &Path, record: &Path) -> String {
    String::from_utf8(run(label, folder, record)).unwrap()
}

/// A store in a folder whose path has a space.
struct World {
    scratch: Scratch,
    store: Store,
}

impl World {
    fn new() -> Self {
        let scratch = Scratch::new();
        fs::create_dir(scratch.join("a folder")).unwrap();
        let store = Store::create(scratch.join("a folder/.vconf")).unwrap();
        Self { scratch, store }
    }

    fn folder(&self, config: &ConfigName) -> PathBuf {
        let record = self.store.backend().describe(&vconf::backend::Slot {
            config,
            log: vconf::backend::Log::Versions,
            number: 1,
        });
        let folder = Path::new(&record).parent().unwrap().to_owned();
        assert!(folder.starts_with(self.scratch.join("a folder/.vconf/configs")));
        folder
    }

    fn record(&self, config: &ConfigName, number: u64) -> PathBuf {
        self.folder(config).join(format!("v{number}.json"))
    }

    fn save(&self, name: &str, source: &[u8], second: u64) -> ConfigName {
        let config = config(name);
        let options = SaveOptions { mode: Some(0o600), ..SaveOptions::default() };
        self.store.save(&config, source, &options, &at(second)).unwrap();
        config
    }
}

/// Sources that are hard to hold, with the encoding that holds them.
fn sources() -> Vec<(&'static str, Vec<u8>, Encoding)> {
    let nested = |levels: usize| ["[".repeat(levels), "]".repeat(levels)].concat().into_bytes();
    let look_alike = b"{\n  \"seal\": \"sha256:00\",\n  \"checksum\": \"sha256:00\",\n  \"size_bytes\": 3,\n  \"previous\": null,\n  \"content\": [\n    \"x\"\n  ]\n}\n";
    let mut sources: Vec<(&'static str, Vec<u8>, Encoding)> = vec![
        ("plain.json", b"{\"a\": 1.0, \"b\": [true, null]}\n".to_vec(), Encoding::Json),
        ("crlf.json", b"{\r\n\t\"a\": 1\r\n}\r\n".to_vec(), Encoding::Json),
        ("no end of line.json", b"[1,2]".to_vec(), Encoding::Json),
        ("many ends.json", b"\n\n[1]\n\n\n".to_vec(), Encoding::Json),
        ("duplicate.json", b"{\"a\": 1, \"a\": 2, \"a\": 1E400}\n".to_vec(), Encoding::Json),
        ("look-alike.json", look_alike.to_vec(), Encoding::Json),
        (
            "escapes.json",
            "[\"\\u0000\\u001f\\/\", \"\u{7f}\u{2028}\u{feff}é😀\"]".as_bytes().to_vec(),
            Encoding::Json,
        ),
        ("surrogate.json", b"[\"\\ud800\"]".to_vec(), Encoding::Text),
        ("deep.json", nested(200), Encoding::Json),
        ("deeper.json", nested(201), Encoding::Text),
        ("deepest.json", nested(100_000), Encoding::Text),
        ("broken.json", b"{\"a\": ".to_vec(), Encoding::Text),
        ("bom.json", "\u{feff}{}".as_bytes().to_vec(), Encoding::Text),
        ("empty.json", b"".to_vec(), Encoding::Text),
        ("commented.jsonc", b"// why\n{\"a\": 1,}\n".to_vec(), Encoding::Text),
        ("plain.yaml", b"# why\na: 1\nb:\n  - \"x\"\n".to_vec(), Encoding::Text),
        ("crlf.yaml", b"a: 1\r\nb: 2\r\n".to_vec(), Encoding::Text),
        ("cr.txt", b"a\rb\r".to_vec(), Encoding::Text),
        ("no end of line.yaml", b"a: 1".to_vec(), Encoding::Text),
        ("empty", b"".to_vec(), Encoding::Text),
        ("one line end", b"\n".to_vec(), Encoding::Text),
        ("line ends.ini", b"\n\n\n".to_vec(), Encoding::Text),
        ("controls.txt", b"\x01\x08\x0b\x0c\x1b[31m\x7f\t\"\\/".to_vec(), Encoding::Text),
        ("unicode.properties", "a=\u{85}\u{2028}\u{feff}é😀\u{10ffff}\n".as_bytes().to_vec(), Encoding::Text),
        ("long line.env", format!("A={}\n", "x".repeat(100_000)).into_bytes(), Encoding::Text),
        ("plain.toml", b"a = 1979-05-27\n".to_vec(), Encoding::Text),
        ("many ends.txt", "\n".repeat(100_000).into_bytes(), Encoding::Base64),
        ("nul.yaml", b"a: \0\n".to_vec(), Encoding::Base64),
        ("latin.ini", b"a=\xe9\n".to_vec(), Encoding::Base64),
        ("utf-16.txt", b"\xff\xfea\0\n\0".to_vec(), Encoding::Base64),
        ("every byte.bin", (0..=255).collect(), Encoding::Base64),
    ];
    for (name, length) in [("1.bin", 1), ("2.bin", 2), ("3.bin", 3), ("4.bin", 4), ("58.bin", 58)] {
        sources.push((name, vec![0xff; length], Encoding::Base64));
    }
    sources
}

#[test]
fn the_document_has_the_commands_that_are_tested() {
    let blocks = blocks();
    let commands: Vec<_> =
        blocks.keys().filter(|(language, _)| language == "sh").map(|(_, label)| &**label).collect();
    assert_eq!(commands, COMMANDS);
}

#[test]
fn common_tools_verify_and_restore_every_encoding_to_the_byte() {
    let world = World::new();
    for (name, source, encoding) in sources() {
        let config = world.save(name, &source, 1);
        assert_eq!(world.store.header(&config, 1).unwrap().encoding, encoding, "{name}");
        let (folder, record) = (world.folder(&config), world.record(&config, 1));
        let restored = run(encoding.name(), &folder, &record);
        assert!(restored == source, "{name}: {:?}", String::from_utf8_lossy(&restored));
        let sum = vconf::canonical::checksum(&source).to_string();
        assert_eq!(format!("sha256:{}", text("checksum", &folder, &record).trim_end()), sum, "{name}");
        let seals = text("seal", &folder, &record);
        let (found, stated) = seals.trim_end().split_once('\n').unwrap();
        assert_eq!((found.len(), found), (64, stated), "{name}");
        assert_eq!(text("config", &folder, &record).trim_end(), name);
    }
}

#[test]
fn common_tools_notice_an_altered_header_and_content() {
    let world = World::new();
    let config = world.save("app.yaml", b"a: 1\n", 1);
    let (folder, record) = (world.folder(&config), world.record(&config, 1));
    let sound = fs::read_to_string(&record).unwrap();
    put(&record, sound.replace("tester", "nobody").as_bytes());
    let seals = text("seal", &folder, &record);
    let (found, stated) = seals.trim_end().split_once('\n').unwrap();
    assert_ne!(found, stated);
    put(&record, sound.replace("a: 1", "a: 2").as_bytes());
    let restored = run("text", &folder, &record);
    let sum = vconf::canonical::checksum(&restored).to_string();
    assert_ne!(format!("sha256:{}", text("checksum", &folder, &record).trim_end()), sum);
}

#[test]
fn common_tools_follow_the_chain_and_the_checkpoint() {
    let world = World::new();
    let mut app = config("app.json");
    for number in 1..=12 {
        app = world.save("app.json", format!("[{number}]").as_bytes(), number);
    }
    let (folder, record) = (world.folder(&app), world.record(&app, 1));
    let head = world.store.header(&app, 12).unwrap().seal;
    assert_eq!(text("chain", &folder, &record), format!("{head}\n"));
    let checks = text("checkpoint", &folder, &record);
    let (found, stated) = checks.trim_end().split_once('\n').unwrap();
    assert_eq!((found.len(), found), (64, stated));
    let seen = world.store.checkpoint(&app, vconf::backend::Log::Versions).unwrap().unwrap();
    assert_eq!((seen.number, seen.seal), (12, head));
    fs::remove_file(world.record(&app, 7)).unwrap();
    assert_eq!(text("chain", &folder, &record), format!("v8.json does not follow\n{head}\n"));
}

#[test]
fn common_tools_take_every_record_out_of_packs_to_the_byte() {
    let world = World::new();
    let sources: Vec<_> = sources().into_iter().map(|(_, source, _)| source).collect();
    let mut app = config("app.json");
    for (number, source) in (1..).zip(sources.iter().chain([&b"\xff\0".to_vec(), &b"[1]".to_vec()])) {
        app = world.save("app.json", source, number);
    }
    let last = world.store.version_numbers(&app).unwrap().len() as u64;
    assert!(last >= sources.len() as u64);
    let records: Vec<_> = (1..=last).map(|number| fs::read(world.record(&app, number)).unwrap()).collect();
    let options = PackOptions { keep_loose: 1, ..PackOptions::default() };
    assert_eq!(world.store.pack(&app, options, |_| {}).unwrap().versions, last - 1);
    let (folder, record) = (world.folder(&app), world.record(&app, last));
    let unpacked = folder.join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    assert_eq!(text("unpack", &folder, &record), "");
    for (number, expected) in (1..).zip(&records) {
        assert!(fs::read(unpacked.join(format!("v{number}.json"))).unwrap() == *expected, "{number}");
    }
    assert_eq!(fs::read_dir(&unpacked).unwrap().count() as u64, last);
    let seal = world.store.header(&app, last).unwrap().seal;
    assert_eq!(text("chain", &unpacked, &record), format!("{seal}\n"));
}

#[test]
fn common_tools_read_the_log_and_the_tags() {
    let world = World::new();
    let app = world.save("etc/app.json", b"[1]", 1);
    world.save("etc/app.json", b"[2]", 2);
    let ops = [
        ("stable", Some(1), 3),
        ("old", Some(1), 4),
        ("gone", Some(2), 5),
        ("stable", Some(2), 6),
        ("gone", None, 7),
    ];
    for (name, to, second) in ops {
        match to {
            Some(number) => world.store.set_tag(&app, &tag(name), number, &at(second)).unwrap(),
            None => world.store.delete_tag(&app, &tag(name), &at(second)).unwrap(),
        };
    }
    let (folder, record) = (world.folder(&app), world.record(&app, 1));
    assert!(folder.ends_with("etc%2Fapp.json"));
    assert_eq!(text("tags", &folder, &record), "{\"old\":1,\"stable\":2}\n");
    let line =
        |number: u64, why: &str| format!("{number}\t2026-01-01T00:00:0{number}.000000Z\ttester\t{why}\n");
    let summary = world.store.header(&app, 2).unwrap().description;
    assert_eq!(text("log", &folder, &record), line(1, "First version") + &line(2, &summary));
}

#[test]
fn common_tools_tell_the_current_branch() {
    let world = World::new();
    let app = world.save("app.json", b"[1]", 1);
    let current = || text("current", &world.folder(&app), &world.record(&app, 1));
    assert_eq!(current(), "main\n");
    world.store.set_tag(&app, &tag("stable"), 1, &at(2)).unwrap();
    assert_eq!(current(), "main\n");
    for (second, branch) in (3..).zip(["a", "b", "c/1", "größer", "e", "f", "g", "h", "i", "j"]) {
        world.store.switch(&app, &tag(branch), Some(1), &at(second)).unwrap();
        assert_eq!(current(), format!("{branch}\n"));
    }
    world.store.switch(&app, &tag("main"), None, &at(20)).unwrap();
    assert_eq!(current(), "main\n");
}

#[test]
fn common_tools_make_the_checksum_of_plain_content() {
    let world = World::new();
    let app = world.save(
        "app.json",
        b"{\"b\": [1, -20, \"x\\ty\", null],\n \"a\": {\"d\": true, \"c\": \"\xc3\xa9\"}}",
        1,
    );
    let sums = text("content", &world.folder(&app), &world.record(&app, 1));
    let (found, stated) = sums.trim_end().split_once('\n').unwrap();
    assert_eq!((found.len(), found), (64, stated));
}

#[test]
fn the_settings_in_the_documents_are_read_as_they_say() {
    let rules = |text: &str, name: &str| {
        let settings = Settings::parse(text).unwrap_or_else(|error| panic!("{error:?} in\n{text}"));
        let rules = settings.options(&config(name)).rules;
        rules.iter().map(|rule| format!("{} = {}", rule.path, rule.kind)).collect::<Vec<_>>()
    };
    let format = &blocks()[&("toml".to_owned(), "settings".to_owned())];
    let all = ["env = key:name", "/spec/ports = key:port+protocol", "hosts = set", "tags = multiset"];
    let all = [&all[..], &["spec.args = sequence"]].concat();
    assert_eq!(rules(format, "app.yaml"), all);
    assert_eq!(rules(format, "etc/app.yaml"), [&all[..], &["hosts = sequence"]].concat());
    let readme = document("../README.md");
    let block = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(rules(block, "app.yaml").len(), 4);
    assert_eq!(rules(block, "etc/app.yaml").last().map(String::as_str), Some("hosts = sequence"));
}

#[test]
fn the_examples_are_records_that_the_reader_takes() {
    let blocks = blocks();
    let example = |label: &str| blocks[&("json".to_owned(), label.to_owned())].as_bytes();
    let (version, source) = decode_version(example("version")).unwrap();
    assert_eq!((version.number, &*source), (2, &b"db:\n  pool: 20 # per host\n"[..]));
    let change = decode_ref(example("ref")).unwrap();
    assert_eq!((change.number, change.action), (2, RefAction::Undo));

    // The checkpoint is the one after that version.
    let world = World::new();
    let app = world.save("app.yaml", b"x", 1);
    put(&world.folder(&app).join("checkpoint.json"), example("checkpoint"));
    let seen = world.store.checkpoint(&app, vconf::backend::Log::Versions).unwrap().unwrap();
    assert_eq!((seen.number, seen.seal), (version.number, version.seal));
}

fn schema() -> Json {
    serde_json::from_str(&document("record.schema.json")).unwrap()
}

#[test]
fn every_record_keeps_to_the_schema() {
    let schema = schema();
    let world = World::new();
    let mut second = 0;
    for (name, source, _) in sources() {
        second += 1;
        let config = world.save(name, &source, second);
        let options = SaveOptions { tag: Some(tag("größer/1.0")), ..SaveOptions::default() };
        world.store.save(&config, b"other \xff", &options, &at(second)).unwrap();
        world.store.rollback(&config, 1, &Default::default(), &at(second)).unwrap();
    }
    for _ in 0..4 {
        second += 1;
        world.store.undo(world.store.next_undo().unwrap(), &at(second)).unwrap();
    }
    world.store.redo(world.store.next_redo().unwrap(), &at(second + 1)).unwrap();
    let branched = config("plain.yaml");
    world.store.switch(&branched, &tag("größer/2"), Some(1), &at(second + 2)).unwrap();
    world.store.create_branch(&branched, &tag("b"), 2, &at(second + 3)).unwrap();
    world.store.save(&branched, b"b: 1\n", &SaveOptions::default(), &at(second + 4)).unwrap();
    world.store.delete_branch(&branched, &tag("b"), &at(second + 5)).unwrap();
    let (mut checked, mut with_current) = (0, 0);
    for path in crate::support::files(world.scratch.path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with(['v', 'r']) && name.ends_with(".json") {
            let text = fs::read_to_string(&path).unwrap();
            let record: Json = serde_json::from_str(&text).unwrap_or_else(|error| {
                // This reader takes neither 200 levels nor 1E400, which are any content to the schema.
                let (header, _) = text.split_once(",\n  \"content\": ").unwrap();
                assert!(header.contains("\"encoding\": \"json\""), "{}: {error}", path.display());
                serde_json::from_str(&format!("{header}, \"content\": null}}")).unwrap()
            });
            assert_eq!(schema::violations(&schema, &record), [""; 0], "{}", path.display());
            checked += 1;
            with_current += usize::from(record.get("current").is_some());
        }
    }
    assert_eq!((checked, with_current), (sources().len() * 4 + 5 + 4, 3));
}

#[test]
fn the_schema_refuses_what_is_no_record() {
    let (schema, blocks) = (schema(), blocks());
    for label in ["version", "ref"] {
        let example: Json = serde_json::from_str(&blocks[&("json".to_owned(), label.to_owned())]).unwrap();
        assert_eq!(schema::violations(&schema, &example), [""; 0]);
        let fields: Vec<_> = example.as_object().unwrap().keys().cloned().collect();
        for field in &fields {
            let mut without = example.clone();
            without.as_object_mut().unwrap().remove(field);
            assert_ne!(schema::violations(&schema, &without), [""; 0], "{label} without {field}");
            let mut wrong = example.clone();
            wrong[field] = Json::from(-1);
            assert_ne!(schema::violations(&schema, &wrong), [""; 0], "{label} with -1 as {field}");
        }
        let number = if label == "version" { "version" } else { "ref" };
        let mut large = example.clone();
        large[number] = Json::from(1_u64 << 53);
        assert_ne!(schema::violations(&schema, &large), [""; 0]);
        let mut more = example.clone();
        more["more"] = Json::Null;
        assert_ne!(schema::violations(&schema, &more), [""; 0]);
    }
    let mut switched: Json = serde_json::from_str(&blocks[&("json".to_owned(), "ref".to_owned())]).unwrap();
    for (current, is_fine) in [(Json::from("staging"), true), (Json::Null, false), (Json::from("a b"), false)]
    {
        switched["current"] = current;
        assert_eq!(schema::violations(&schema, &switched).is_empty(), is_fine, "{switched}");
    }
    let mut forgetting: Json = serde_json::from_str(&blocks[&("json".to_owned(), "ref".to_owned())]).unwrap();
    let stretches: Json =
        serde_json::from_str(&blocks[&("json".to_owned(), "forgotten".to_owned())]).unwrap();
    let mut without_a_seal = stretches.clone();
    without_a_seal[0].as_object_mut().unwrap().remove("seal");
    for (forgotten, is_fine) in [(stretches, true), (without_a_seal, false), (Json::Null, false)] {
        (forgetting["action"], forgetting["forgotten"]) = (Json::from("forget"), forgotten);
        assert_eq!(schema::violations(&schema, &forgetting).is_empty(), is_fine, "{forgetting}");
    }
    let version = &blocks[&("json".to_owned(), "version".to_owned())];
    for (from, to) in [
        ("\"parents\": [1]", "\"parents\": [1, 1]"),
        ("\"mode\": \"0640\"", "\"mode\": \"640\""),
        ("\"encoding\": \"text\"", "\"encoding\": \"base64\""),
        ("\"encoding\": \"text\"", "\"encoding\": \"json\""),
        ("\"action\": \"save\"", "\"action\": \"undo\""),
        ("    \"db:\",", "    \"db:\\n\","),
    ] {
        assert!(version.contains(from));
        let record: Json = serde_json::from_str(&version.replace(from, to)).unwrap();
        assert_ne!(schema::violations(&schema, &record), [""; 0], "{to}");
    }
}

#[test]
fn the_schema_has_the_fields_in_the_order_of_the_records() {
    let (schema, blocks) = (document("record.schema.json"), blocks());
    for label in ["version", "ref"] {
        let record = &blocks[&("json".to_owned(), label.to_owned())];
        let fields = record.lines().filter_map(|line| line.strip_prefix("  \"")?.split_once('"'));
        let definition = &schema[schema.find(&format!("    \"{label}\": {{")).unwrap()..];
        let required =
            &definition[definition.find("\"required\": [").unwrap()..definition.find(']').unwrap()];
        let names: Vec<_> = required.split('"').skip(3).step_by(2).collect();
        assert_eq!(fields.map(|(name, _)| name).collect::<Vec<_>>(), names);
    }
}
