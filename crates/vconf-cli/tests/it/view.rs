//! `diff --as`: pages, columns, and texts that `patch` applies.

use std::fs;

use crate::support::{Sandbox, system};
use crate::transcript::expect;

#[test]
fn patch_makes_the_newer_file_of_the_older_one() {
    let sources: [&[u8]; 12] = [
        b"",
        b"\n",
        b"a: 1\n",
        b"a: 1",
        b"a: 2\n\n\nb: 3\n",
        b"a: 1\r\nb: 2\r\n",
        b"a: 1\r\nb: 2",
        b"--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n",
        b"# caf\xe9 \xff\na=1\n",
        b"# caf\xe8 \xff\na=1\nb=2",
        "日本\n\u{1b}[2J \u{202e}\n".as_bytes(),
        b"\\ No newline at end of file\n",
    ];
    let sandbox = Sandbox::new();
    for name in ["app.yaml", "my app \\ \"x\".conf"] {
        for (old, new) in sources.iter().flat_map(|old| sources.iter().map(move |new| (old, new))) {
            sandbox.write(name, old);
            sandbox.write("newer", new);
            let ran = sandbox.vconf(["diff", name, "newer", "--as", "text"]);
            let ran = ran.expect(i32::from(old != new));
            sandbox.write("edits", &ran.stdout);
            let root = sandbox.path("");
            let (file, edits) = (sandbox.path(name), sandbox.path("edits"));
            system(
                "patch",
                &["-d", root.to_str().unwrap(), "-s", file.to_str().unwrap(), edits.to_str().unwrap()],
            );
            assert_eq!(fs::read(&file).unwrap(), *new, "{old:?} → {new:?}: {}", ran.out());
        }
    }
}

#[test]
fn patch_finds_the_file_of_a_version_by_itself() {
    expect(
        &Sandbox::new(),
        r#"
$ seq 20 > n.conf; vconf save n.conf; sed -i '3d; s/17/x/' n.conf; printf end >> n.conf; vconf save n.conf
n.conf  @1  First version
n.conf  @2  1 line changed, 1 added, 1 removed in text
! note: created the store .vconf
! undo: vconf undo
! undo: vconf undo
$ vconf diff n.conf@2 @1 --as text
--- n.conf	version 2
+++ n.conf	version 1
@@ -1,5 +1,6 @@
 1
 2
+3
 4
 5
 6
@@ -13,8 +14,7 @@
 14
 15
 16
-x
+17
 18
 19
 20
-end
\ No newline at end of file
= 1
$ vconf diff n.conf@2 @1 --as text | patch; vconf diff n.conf@1 n.conf --as text; sha256sum n.conf | head -c 8; echo; seq 20 | sha256sum | head -c 8; echo
patching file n.conf
b76ae83c
b76ae83c
"#,
    );
}

#[test]
fn two_columns_show_the_lines_of_both() {
    let sandbox = Sandbox::new();
    sandbox.write("a.ini", "[db]\nhost = one\nport = 1\n[x]\na = 1\nb = 2\nc = 3\nd = 4\ne = 5\nf = 6\n");
    sandbox.write(
        "b.ini",
        "[db]\nhost = two\n# more\nport = 1\n[x]\na = 1\nb = 2\nc = 3\nd = 4\ne = 5\nf = 6\n",
    );
    expect(
        &sandbox,
        r#"
$ vconf diff a.ini b.ini --as side-by-side
a.ini → b.ini   1 line changed, 1 added
 1   [db]                                                  │  1   [db]
 2 ~ host = [-one-]                                        │  2 ~ host = {+two+}
                                                           │  3 + # more
 3   port = 1                                              │  4   port = 1
 4   [x]                                                   │  5   [x]
 5   a = 1                                                 │  6   a = 1
⋮ 5 lines the same
= 1
$ vconf diff a.ini a.ini --as side-by-side
a.ini   no change
⋮ 10 lines the same
"#,
    );
    let full = sandbox.run("diff a.ini b.ini --as side-by-side --full").expect(1).out();
    assert_eq!(full.lines().count(), 1 + 11, "{full}");
}

#[test]
fn a_page_holds_what_the_text_says_and_nothing_that_runs() {
    let sandbox = Sandbox::new();
    let evil = "<script>alert('1')</script>";
    sandbox.save("a.yaml", format!("{evil}: 1\nport: 80\nlist: [1, 2]\n"));
    sandbox.write("a.yaml", format!("{evil}: \"</style>{evil}\"\nport: 81\nlist: [2, 1]\n"));
    let page = sandbox.run("diff a.yaml --as html").expect(1).out();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for told in
        ["<h1>a.yaml</h1>", "@1", "<li>2 changed</li>", "<li>order only: 1 list</li>", "&lt;script&gt;"]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("<script") && page.matches("</style>").count() == 1, "{page}");
    sandbox.save("b.bin", b"\0\x01");
    sandbox.write("b.bin", b"\0\x01\x02");
    let both = sandbox.run("diff --as html").expect(1).out();
    assert!(both.contains("<h1>2 files changed</h1>") && both.contains("other bytes, 2 → 3 bytes"), "{both}");
    assert_eq!(both.matches("<article>").count(), 2);
    let none = sandbox.run("diff a.yaml a.yaml --as html").expect(0).out();
    assert!(none.contains("<li>no change</li>"), "{none}");
}

#[test]
fn a_view_is_not_json_and_bytes_have_no_lines() {
    let sandbox = Sandbox::new();
    sandbox.write("a", b"\0a");
    sandbox.write("b", b"\0b\n");
    expect(
        &sandbox,
        r#"
$ vconf diff a b --as text
Binary files a and b differ
= 1
$ vconf diff a b --as side-by-side
a → b   other bytes, 2 → 3 bytes
= 1
$ vconf diff a b --as html --json
! {"error":{"kind":"error","message":"this form is no JSON","details":[],"help":"vconf diff --json FILE"}}
= 2
$ vconf diff a b --as word
! error: invalid value 'word' for '--as <FORM>'
!   [possible values: html, side-by-side, text, json-patch, merge-patch, patch]
!
! For more information, try '--help'.
= 2
"#,
    );
}
