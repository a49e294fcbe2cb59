//! The README's tour is what the command prints.

use std::path::Path;
use std::process::Command;

/// What stands in the README's `console` blocks: commands, and what they print.
fn tour(readme: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    let blocks = readme.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    for line in blocks.flat_map(str::lines) {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push((command.to_owned(), String::new())),
            None => {
                let printed = &mut steps.last_mut().expect("a block begins with a command").1;
                printed.push_str(line);
                printed.push('\n');
            }
        }
    }
    steps
}

#[test]
fn the_tour_in_the_readme_prints_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README is there");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder can be made");
    std::fs::copy(root.join("examples/billing.yaml"), folder.join("billing.yaml"))
        .expect("the example is there");
    let binary = Path::new(env!("CARGO_BIN_EXE_vconf")).parent().expect("the command lies in a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").expect("there is a PATH"));
    let steps = tour(&readme);
    assert!(steps.len() > 8, "{steps:?}");
    for (command, expected) in steps {
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(&folder)
            .env("PATH", &path)
            .env("VCONF_AUTHOR", "ops@db1")
            .env_remove("VCONF_STORE")
            .output()
            .expect("a shell can be run");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "$ {command}");
    }
    std::fs::remove_dir_all(&folder).expect("the folder can be removed");
}
