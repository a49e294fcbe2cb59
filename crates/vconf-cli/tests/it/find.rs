//! `find` and `blame`: what a person sees.

use crate::support::Sandbox;
use crate::transcript::expect;

fn with_four_versions() -> Sandbox {
    let sandbox = Sandbox::new();
    let pools = [(1, "a"), (2, "b"), (2, "c"), (1, "c")];
    for (at, (pool, name)) in pools.into_iter().enumerate() {
        sandbox.write("app.yaml", &format!("# pools of {name}\ndb:\n  pool: {pool}\nname: {name}\n"));
        sandbox.run(&format!("save app.yaml -m why-{at} --author ops{}", at % 2)).expect(0);
    }
    sandbox.save("other.txt", "one pool\nand\none pool\n");
    sandbox.run("tag app.yaml@2 good-pool").expect(0);
    sandbox
}

#[test]
fn what_is_found_says_in_which_versions() {
    expect(
        &with_four_versions(),
        r#"
$ vconf find pool:
$ vconf find 'pool$' -n 5 --regex
$ vconf find C other.txt app.yaml -i
$ vconf find 2 --value
$ vconf find --key db
$ vconf find --key db app.yaml --author ops0
$ vconf find --changed db.pool
$ vconf find --tag 'good*' app.yaml
$ vconf find why-3
"#,
    );
}

#[test]
fn what_can_not_be_found_says_why() {
    expect(
        &with_four_versions(),
        r#"
$ vconf find nowhere
$ vconf find
$ vconf find ''
$ vconf find '(' --regex
$ vconf find x nofile.yaml
$ vconf find --key 'env[name=B].value'
$ vconf find x --since tomorow
$ vconf grep pool
"#,
    );
}

#[test]
fn blame_is_laid_out_like_the_file() {
    expect(
        &with_four_versions(),
        r#"
$ vconf blame app.yaml
$ vconf blame app.yaml @3
$ vconf blame other.txt
$ vconf blame nofile.yaml
$ vconf annotate app.yaml
"#,
    );
}

#[test]
fn a_damaged_record_is_told_by_find_and_blame() {
    let sandbox = with_four_versions();
    std::fs::write(sandbox.record("app.yaml", 2), "{}").unwrap();
    expect(
        &sandbox,
        r#"
$ vconf find 'pool: 2'
$ vconf blame app.yaml
"#,
    );
}
