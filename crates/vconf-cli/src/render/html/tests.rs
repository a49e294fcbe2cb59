use vconf::diff::{Options, compare};
use vconf::format::{Format, parse};

use super::*;

fn shown(format: Format, old: &str, new: &str, full: bool) -> String {
    let (old_tree, new_tree) = (parse(format, old).unwrap(), parse(format, new).unwrap());
    let diff = compare(&old_tree, &new_tree, &Options::default());
    let subject = Subject {
        heading: Heading { title: "<app>.yaml", old: "@1", new: "@2" },
        sides: ["@1", "@2"],
        diff: Some(&diff),
        sources: Some((old, new)),
        notes: vec!["mode 0644 → 0600".to_owned()],
    };
    page("<app>.yaml", &[article(&subject, None, full)])
}

/// The names of a page's elements; every one that is opened is closed in order, and none has an attribute of its own
/// for style or behaviour.
fn elements(page: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut all = Vec::new();
    let style = page.find("</style>").expect("there is a style");
    let body = format!("{}{}", &page[..page.find("<style>").unwrap()], &page[style + "</style>".len()..]);
    for tag in body.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("each tag ends");
        assert!(!text.contains('>'), "{text}");
        let name = tag.split_whitespace().next().unwrap();
        assert!(!tag.contains(" style=") && !tag.contains(" on") && !tag.contains("src="), "{tag}");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "{tag}"),
            None => {
                all.push(name.to_owned());
                if !["!doctype", "meta", "wbr", "col"].contains(&name) {
                    open.push(name.to_owned());
                }
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    all
}

#[test]
fn a_page_tells_counts_changes_and_sources() {
    let old = "server:\n  port: 8080 # x\n  host: db1\nold: 1\n";
    let new = "server:\n  port: 9090 # y\n  host: db2\nnew: true\n";
    let page = shown(Format::Yaml, old, new, false);
    let text =
        |html: &str| html.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text).collect();
    let body: String = text(&page[page.find("<body").unwrap()..]);
    for told in [
        "2 changed, 1 added, 1 removed",
        "comments: 1",
        "mode 0644 → 0600",
        "~replacedport8080 → 9090",
        "- removed:   port: 8080 # x",
        "+ added:   port: 9090 # y",
    ] {
        assert!(body.contains(told), "{told} in {body}");
    }
    let names = elements(&page);
    for name in ["h1", "h2", "table", "th", "del", "ins", "caption"] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
    assert!(!names.iter().any(|name| ["script", "link", "img", "iframe", "object"].contains(&name.as_str())));
}

#[test]
fn markup_in_a_config_is_text() {
    let evil = "</td><script>alert(1)</script><!-- ' \" onload=x & &lt; \u{202e}\u{1b}";
    let json = |extra: &str| {
        let value = vconf::format::json::to_string(&evil.into());
        format!("{{{value}: 1, \"x\": [{value}], {value}: {value}{extra}}}\n// {evil}\n")
    };
    let page = shown(Format::Json5, &json(""), &json(&format!(", \"</style>{}\": \"<b>\"", "&amp;")), false);
    elements(&page);
    assert!(!page.contains("<script") && !page.contains("<b>\"") && !page.contains("<!--"), "{page}");
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn equal_lines_are_folded_and_long_ones_cut_unless_all_is_asked_for() {
    let lines: String = (0..40).map(|n| format!("k{n}: {n}\n")).collect();
    let long = "x".repeat(5000);
    let (old, new) = (format!("{lines}a: {long}1\n"), format!("{lines}a: {long}2\n"));
    let page = shown(Format::Yaml, &old, &new, false);
    assert!(page.contains("<summary>37 lines the same</summary>"), "{page}");
    assert!(!page.contains(&long));
    let full = shown(Format::Yaml, &old, &new, true);
    assert!(full.contains(&long));
    elements(&full);
}

#[test]
fn the_policy_allows_this_style_alone() {
    let page = shown(Format::Yaml, "a: 1\n", "a: 2\n", false);
    let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
    assert_eq!(style, STYLE);
    assert!(page.contains("default-src 'none'; style-src 'sha256-") && !page.contains("unsafe-inline"));
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn what_is_equal_is_told_without_tables() {
    let page = shown(Format::Yaml, "a: 1\n", "a: 1\n", false);
    assert!(page.contains("<li>no change</li>") && !page.contains("<table"), "{page}");
}
