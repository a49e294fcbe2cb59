use vconf::diff::{Options, compare};
use vconf::format::json;

use super::*;

fn shown(old: &str, new: &str, options: &RenderOptions) -> String {
    let (old, new) = (json::parse(old).unwrap(), json::parse(new).unwrap());
    let heading = Heading { title: "app.yaml", old: "@3", new: "@4" };
    render(&compare(&old, &new, &Options::default()), &heading, options)
}

#[track_caller]
fn check(old: &str, new: &str, expected: &str) {
    let shown = shown(old, new, &RenderOptions::default());
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn a_difference_reads_well_without_colour() {
    let service = |name: &str, max: u32| format!(r#"{{"name":"{name}","pool":{{"max":{max},"min":1}}}}"#);
    let services = |max| ["a", "b", "c", "d", "e"].map(|name| service(name, max)).join(",");
    let old = format!(
        r#"{{"containers":[{{"name":"app","image":"billing:1.4.2","env":{{"LOG":"info"}}}},{{"name":"log"}}],
        "services":[{}],"replicas":2,"hosts":["a.example.com","b.example.com"],
        "script":"set -e\ncd /srv\nexec app --port 8080\n","database":{{"host":"x","port":1}}}}"#,
        services(10)
    );
    let new = format!(
        r#"{{"containers":[{{"name":"log"}},{{"name":"app","image":"billing:1.5.0","env":{{"LOG":"debug"}}}}],
        "services":[{}],"replicas":"3","hosts":["b.example.com","c.example.com"],
        "script":"set -e\ncd /srv\nexec app --port 9090\n","db":{{"host":"x","port":1}},"debug":true}}"#,
        services(50)
    );
    check(
        &old,
        &new,
        "\
app.yaml  @3 → @4   9 changed, 2 added, 1 removed, 1 renamed · order only: 1 list
containers[name=app]
  ~ image     billing:1.4.2 → billing:1.5.0
  ~ env.LOG   info → debug
~ services[*].pool.max   10 → 50   (5 of 5 items)
~ replicas               2 → \"3\"   number → string
± hosts                  - a.example.com   + c.example.com
~ script                 line 3: exec app --port [8080→9090]
→ db                     renamed from database
+ debug                  true
",
    );
}

#[test]
fn items_of_a_list_stand_in_one_row_and_renames_moves_and_items_are_named() {
    check(
        r#"{"a":[1,1,1,2],"b":["x"],"on":[{"name":"y","v":[1,2,3]}],"off":[]}"#,
        r#"{"a":[1,2,2],"b":["x","y z",""],"on":[],"off":[{"name":"y","v":[1,2,3]}]}"#,
        "\
app.yaml  @3 → @4   3 added, 2 removed, 1 moved
± a             - 1 (3 → 1 copies)   + 2 (1 → 2 copies)
+ b             y z   \"\"
→ off[name=y]   moved from on[name=y]
",
    );
}

#[test]
fn what_is_equal_is_said_to_be() {
    check("[1]", "[1]", "app.yaml  @3 → @4   no change\n");
    check(
        "[1,2]",
        "[2,1]",
        "app.yaml  @3 → @4   no change in content · order only: 1 list\norder differs in the whole list; with --order strict it counts\n",
    );
    check(
        "{\"a\":1.0}",
        "{ \"a\": 1 }",
        "app.yaml  @3 → @4   no change in content · spelling: 1 · whitespace\n",
    );
}

#[test]
fn a_terminal_is_never_given_what_the_data_holds() {
    let rendered = shown(
        "{\"\\u001b[2Jk\":\"a\",\"m\":\"x\\ny\\n\",\"l\":[\"\\u001b]0;t\\u0007\"]}",
        "{\"\\u001b[2Jk\":\"\\u001b[31mb\",\"m\":\"x\\n\\u001b[1mz\\n\",\"l\":[{\"name\":\"\\u001bc\"}]}",
        &RenderOptions::default(),
    );
    assert!(!rendered.chars().any(|c| c.is_control() && c != '\n'), "{rendered:?}");
}

#[test]
fn huge_values_are_cut_with_a_count_unless_all_is_asked_for() {
    let new = format!("{{\"a\":[{}0]}}", "1,".repeat(10_000));
    let cut = shown("{}", &new, &RenderOptions::default());
    assert!(cut.len() < 300 && cut.contains("… (10001 items)"), "{cut}");
    let full = shown("{}", &new, &RenderOptions { full: true, ..RenderOptions::default() });
    assert!(full.len() > 20_000);
}

#[test]
fn colour_only_adds_to_what_is_said() {
    let colored = shown("{\"a\":1}", "{\"a\":2}", &RenderOptions { color: true, ..RenderOptions::default() });
    assert_eq!(
        colored,
        "\u{1b}[1mapp.yaml\u{1b}[0m  @3 → @4   1 changed\n\u{1b}[33m~ \u{1b}[0ma   \u{1b}[31m1\u{1b}[0m\u{1b}[2m → \u{1b}[0m\u{1b}[32m2\u{1b}[0m\n"
    );
}

#[test]
fn texts_are_shown_by_lines() {
    let heading = Heading { title: "motd", old: "@1", new: "motd" };
    let shown = render_text("a\r\nb\nc", "a\nb  \nc\n", &heading, &RenderOptions::default());
    assert_eq!(
        shown,
        "motd  @1 → motd   3 lines changed\n@@ -1,3 +1,3 @@\n-a␍\n-b\n-c\n\\ No newline at end of file\n+a\n+b··\n+c\n"
    );
}

#[test]
fn two_files_are_named_once() {
    let tree = json::parse("1").unwrap();
    let heading = Heading { title: "a.json → b.json", old: "file", new: "file" };
    let shown = render(&compare(&tree, &tree, &Options::default()), &heading, &RenderOptions::default());
    assert_eq!(shown, "a.json → b.json   no change\n");
}

/// A difference with long paths, long texts, many places and long lists.
fn wide_pair() -> (String, String) {
    let item = |name: &str, max: u32| {
        format!(r#"{{"name":"{name}","a-long-key":{{"another-long-key":{max},"x":"y z"}}}}"#)
    };
    let items = |max| {
        ["first-item", "second-item", "third-item", "fourth-item"].map(|name| item(name, max)).join(",")
    };
    let pair = |max: u32, word: &str, list: &str| {
        format!(
            r#"{{"items":[{},{{"name":"odd"}}],"url":"git+https://github.com/{word}/home-assistant-js-websocket.git",
            "log.flush.interval.messages.of.the.broker":{{"deeply":{{"nested":{{"value":"{word}","other":{max}}}}}}},
            "text":"{}{word}{}","list":{list},"lines":"one\ntwo {word} and more and more and more\nthree\n",
            "日本語":"日本語日本語日本語日本語日本語日本語日本語{word}","kind":{},"blank":"a {word}"}}"#,
            items(max),
            "word ".repeat(40),
            " more".repeat(40),
            if max == 1 { "1".to_owned() } else { "\"a text of several words\"".to_owned() },
        )
    };
    let many =
        r#"["one","two","three","four","five","six","seven","eight","a longer item that takes its room"]"#;
    (pair(1, "balloob", "[]"), pair(2, "home-assistant", many))
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let (old, new) = wide_pair();
    for width in [30, 60, 100] {
        let shown = shown(&old, &new, &RenderOptions { width, layout: true, ..RenderOptions::default() });
        println!("{shown}");
        for line in shown.lines() {
            assert!(crate::render::style::width(line) <= width, "{width}: {line}");
        }
        assert!(shown.contains("→home-assistant]"), "{shown}");
    }
    let long = |word: &str| format!("a\n{}{word}{}\n\tb\n", "x".repeat(150), "y".repeat(150));
    let heading = Heading { title: "a/rather/long/folder/motd.txt", old: "@1", new: "@2" };
    for width in [30, 60, 100] {
        let options = RenderOptions { width, ..RenderOptions::default() };
        let shown = render_text(&long("one"), &long("two"), &heading, &options);
        assert!(shown.lines().all(|line| crate::render::style::width(line) <= width), "{shown}");
        assert!(shown.contains("xone") && shown.contains("xtwo"), "{shown}");
    }
}

#[test]
fn everything_is_shown_where_all_is_asked_for() {
    let (old, new) = wide_pair();
    let full =
        |old: &str, new: &str| shown(old, new, &RenderOptions { full: true, ..RenderOptions::default() });
    let shown = full(&old, &new);
    assert!(!shown.contains('…'), "{shown}");
    assert!(
        shown.contains("git+https://github.com/[balloob→home-assistant]/home-assistant-js-websocket.git")
    );
    assert!(shown.contains("line 3:   three"), "{shown}");
    let long = "word ".repeat(500);
    let added = full("{}", &format!(r#"{{"a":"{long}","b":"{long}x\n  end"}}"#));
    assert!(
        added.contains(long.trim()) && added.contains("\n        end\n") && !added.contains('…'),
        "{added}"
    );
}

#[test]
fn layout_lists_what_white_space_differs() {
    let options = RenderOptions { layout: true, ..RenderOptions::default() };
    assert_eq!(
        shown("{\"a\":1,\r\n\"b\":1}\r\n", "{\"a\":1,\n  \"b\":1}\n", &options),
        "app.yaml  @3 → @4   no change in content · whitespace\n  whitespace   line ends CRLF → LF (2 lines)\n  whitespace   indentation (1 line)\n"
    );
}

#[test]
fn the_readme_shows_what_is_shown() {
    let parse = |text| vconf::format::parse(vconf::format::Format::Yaml, text).unwrap();
    let (old, new) = (parse(include_str!("sample/old.yaml")), parse(include_str!("sample/new.yaml")));
    let heading = Heading { title: "app.yaml", old: "@3", new: "@4" };
    let shown = render(&compare(&old, &new, &Options::default()), &heading, &RenderOptions::default());
    let readme = include_str!("../../../../../README.md");
    assert!(readme.contains(&format!("## Reading a diff\n```text\n{shown}```\n")), "{shown}");
}
