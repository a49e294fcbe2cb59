//! What an error says to run next can be run, from wherever one stands.

use std::fs;

use crate::support::{Ran, Sandbox};

/// A folder with a file of two versions, and one below it in which somebody stands.
struct Below(Sandbox);

impl Below {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.save("app.yaml", "a: 1\n");
        sandbox.save("app.yaml", "a: 2\n");
        fs::create_dir(sandbox.path("below")).unwrap();
        Self(sandbox)
    }

    fn run(&self, words: &str) -> Ran {
        let mut command = self.0.command();
        command.current_dir(self.0.path("below")).args(words.split(' '));
        Ran::of(command.output().unwrap(), words)
    }

    /// Holds that a command fails and says to run another, which does its work.
    #[track_caller]
    fn check(&self, words: &str, help: &str) {
        let failed = self.run(words);
        assert!(matches!(failed.code, Some(2..=5)), "{failed}");
        let err = failed.err();
        let told = err.lines().find_map(|line| line.strip_prefix("help: vconf ")).expect("there is help");
        assert_eq!(told, help, "{failed}");
        let ran = self.run(told);
        assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
    }
}

#[test]
fn from_a_folder_below_help_names_the_file_as_it_is_named_there() {
    let below = Below::new();
    for command in ["save ../app.yaml", "set ../app.yaml a 3", "rollback ../app.yaml@1"] {
        below.check(&format!("{command} --expect 1"), "diff ../app.yaml@1 @2");
    }
    below.check("tag --delete nope ../app.yaml", "tag ../app.yaml");
    below.check("show ../app.yaml@nope", "tag ../app.yaml");
    below.check("log ../app.yaml@9", "log ../app.yaml");
    fs::remove_file(below.0.path("app.yaml")).unwrap();
    below.check("save ../app.yaml", "rollback ../app.yaml@latest");
}

#[test]
fn from_a_folder_below_help_with_a_switch_that_was_broken_off_can_be_followed() {
    let below = Below::new();
    below.0.run("switch -c app.yaml staging").expect(0);
    below.0.save("app.yaml", "a: 3\n");
    below.0.run("switch app.yaml main").expect(0);
    // What a switch leaves that is stopped before it puts the new bytes in their place.
    below.0.write("app.yaml", "a: 3\n");
    below.0.write(".vconf.0123456789abcdef.tmp", "a: 2\n");
    below.check("save ../app.yaml", "switch ../app.yaml main");
}
