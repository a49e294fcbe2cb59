//! Every mutation can be undone and done again: the file and what is the latest are as they were, to the byte.

use crate::support::Sandbox;

const OLD: &str = "a: 1   # one\nlist:\n- x\n";
const NOW: &str = "a: 2   # two\nlist:\n- x\n";
const UNSAVED: &str = "a: 3   # three\nlist:\n- x\n- y\n";

/// A file with two versions, another branch, a tag, another file, and an edit that was not saved.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.save("f.yaml", OLD);
    sandbox.run("branch f.yaml side").expect(0);
    sandbox.save("f.yaml", NOW);
    sandbox.run("tag f.yaml@1 good").expect(0);
    sandbox.save("other.yaml", "a: 1\nb: 2\n");
    sandbox.run("set other.yaml c 3").expect(0);
    sandbox.run("switch f.yaml side").expect(0);
    sandbox.run("set f.yaml new 1").expect(0);
    sandbox.run("switch f.yaml main").expect(0);
    sandbox.write("p.json", r#"[{"op":"add","path":"/patched","value":1}]"#);
    sandbox.write("f.yaml", UNSAVED);
    sandbox
}

/// What a person would look at: the files, and where each branch and tag is.
fn view(sandbox: &Sandbox) -> (Vec<Vec<u8>>, String) {
    let files = ["f.yaml", "other.yaml"].map(|file| sandbox.read(file)).to_vec();
    let told =
        ["branch f.yaml", "branch other.yaml", "tag f.yaml"].map(|words| sandbox.run(words).expect(0).out());
    (files, told.concat())
}

#[test]
fn each_command_that_changes_something_is_undone_and_done_again() {
    for command in [
        "save f.yaml -m why",
        "set f.yaml a 9",
        "unset f.yaml list",
        "patch f.yaml p.json",
        "rollback f.yaml@1",
        "rollback f.yaml@1 -k a",
        "revert other.yaml@2",
        "pick other.yaml@2 --onto f.yaml",
        "pick other.yaml@2 --onto f.yaml@side",
        "merge f.yaml side",
        "branch f.yaml more",
        "branch f.yaml --delete side",
        "switch f.yaml side",
        "switch -c f.yaml more",
        "tag f.yaml@2 better",
        "tag f.yaml@2 good",
        "tag f.yaml --delete good",
    ] {
        let sandbox = sandbox();
        let before = view(&sandbox);
        let told = sandbox.run(command).expect(0);
        assert!(told.err().contains("undo: vconf undo"), "{command}: {}", told.err());
        let after = view(&sandbox);
        assert_ne!(before, after, "{command}");
        sandbox.run("undo").expect(0);
        assert_eq!(view(&sandbox), before, "undo of: {command}");
        sandbox.run("redo").expect(0);
        assert_eq!(view(&sandbox), after, "redo of: {command}");
        sandbox.run("undo").expect(0);
        assert_eq!(view(&sandbox), before, "second undo of: {command}");
        sandbox.run("check").expect(0);
        // Nothing that ever stood in the file is lost.
        let versions = (1..=9).map(|number| sandbox.run(&format!("show f.yaml@{number}")).stdout);
        let kept: Vec<_> = versions.chain([sandbox.read("f.yaml")]).collect();
        for text in [OLD, NOW, UNSAVED] {
            assert!(kept.iter().any(|bytes| bytes == text.as_bytes()), "{command} lost {text:?}");
        }
    }
}
