//! Edits in place in INI, `.env` and properties: what changes, to the byte.

use vconf::format::Format::{Env, Ini, Properties};
use vconf::format::edit::edit;
use vconf::format::{self};
use vconf::model::value::Value;

use crate::edit_support::{check, refuse};

#[test]
fn a_value_is_replaced_and_keeps_its_quotes_and_comments() {
    check(
        Env,
        &[
            [
                "A=1 # one\nexport B='x'\nC=\"y\" # see\n",
                r#"{"A":"2","B":"$z","C":"a b"}"#,
                "A=2 # one\nexport B='$z'\nC=\"a b\" # see\n",
            ],
            ["A=\r\nB\r\n", r#"{"A":"x","B":"y"}"#, "A=x\r\nB=y\r\n"],
            ["A='x'", r#"{"A":"it's"}"#, "A=\"it's\""],
            ["A=1", r#"{"A":null}"#, "A"],
        ],
    );
    check(
        Properties,
        &[
            ["a.b : 1\nc=\\u00e9\n", r#"{"a.b":"2 é","c":"é"}"#, "a.b : 2 \\u00e9\nc=\\u00e9\n"],
            ["a = x\n", r#"{"a":""}"#, "a =\n"],
        ],
    );
    check(
        Ini,
        &[
            ["[a]\nx = 1\ny=2\nz\n", r#"{"a":{"x":"3","y":"4","z":"5"}}"#, "[a]\nx = 3\ny=4\nz = 5\n"],
            ["[a]\nx = 1\ny =\n", r#"{"a":{"x":null,"y":"2"}}"#, "[a]\nx\ny = 2\n"],
        ],
    );
}

#[test]
fn the_lines_of_a_long_value_are_edited_one_by_one() {
    check(
        Ini,
        &[
            [
                "[tox]\ndeps =\n    # first\n    a==1\n    b\n    # last\n    c\n",
                r#"{"tox":{"deps":"\na==2\nb\nc\nd"}}"#,
                "[tox]\ndeps =\n    # first\n    a==2\n    b\n    # last\n    c\n    d\n",
            ],
            ["[tox]\ndeps =\n    a\n    b\n", r#"{"tox":{"deps":"\nb"}}"#, "[tox]\ndeps =\n    b\n"],
            ["[t]\nx = a\n", r#"{"t":{"x":"\na\nb"}}"#, "[t]\nx =\n    a\n    b\n"],
        ],
    );
}

#[test]
fn a_new_key_looks_like_the_one_before_it() {
    check(
        Env,
        &[
            [
                "export A=1\nB=2",
                r#"{"A":"1","N":"x y","B":"2","C":"3"}"#,
                "export A=1\nexport N=\"x y\"\nB=2\nC=3",
            ],
            ["", r#"{"A":"1"}"#, "A=1\n"],
            ["# only\n", r#"{"A":"1"}"#, "# only\nA=1\n"],
        ],
    );
    check(
        Properties,
        &[
            ["a   = 1\nbcd = 2\n", r#"{"a":"1","bcd":"2","ef":"3"}"#, "a   = 1\nbcd = 2\nef  = 3\n"],
            ["a: 1\r\n", r#"{"a":"1","b c":"2"}"#, "a: 1\r\nb\\ c: 2\r\n"],
        ],
    );
    check(
        Ini,
        &[
            [
                "[user]\n\tname = a\n\n[core]\n",
                r#"{"user":{"name":"a","email":"b"},"core":{"x":"1"}}"#,
                "[user]\n\tname = a\n\temail = b\n\n[core]\n\tx = 1\n",
            ],
            [
                "[a]\nx=1\n\n# about b\n[b]\ny=2\n",
                r#"{"a":{"x":"1"},"n":{"k":"v","l":["1","2"]},"b":{"y":"2"},"z":{}}"#,
                "[a]\nx=1\n\n[n]\nk=v\nl=1\nl=2\n\n# about b\n[b]\ny=2\n\n[z]\n",
            ],
            ["[a]\nx=1\n", r#"{"top":"1","a":{"x":"1"}}"#, "top=1\n\n[a]\nx=1\n"],
        ],
    );
}

#[test]
fn a_key_that_goes_takes_its_lines_and_its_own_comments() {
    check(
        Env,
        &[
            ["# file\n\n# about A\nA=1\n\n# about B\nB=2\n", r#"{"B":"2"}"#, "# file\n\n\n# about B\nB=2\n"],
            ["A=1\nB=2", r#"{"A":"1"}"#, "A=1"],
            ["A=1\n", "{}", ""],
        ],
    );
    check(
        Ini,
        &[
            [
                "[a]\nx=1\n\n# about b\n[b]\ny=2\n\n# about c\n[c]\n",
                r#"{"a":{"x":"1"},"c":{}}"#,
                "[a]\nx=1\n\n# about c\n[c]\n",
            ],
            ["[a]\nx=1\n\n[b]\ny=2\n", r#"{"a":{"x":"1"}}"#, "[a]\nx=1\n"],
            ["[a]\nx=1\n[b]\nz=1\n[a]\ny=2\n", r#"{"b":{"z":"1"}}"#, "[b]\nz=1\n"],
            ["[a]\nx=1\n", r#"{"a":{}}"#, "[a]\n"],
        ],
    );
}

#[test]
fn keys_and_sections_are_renamed() {
    check(
        Ini,
        &[
            [
                "[a]\nx = long enough\n[b]\n[a]\ny=2\n",
                r#"{"c":{"x":"long enough","y":"2"},"b":{}}"#,
                "[c]\nx = long enough\n[b]\n[c]\ny=2\n",
            ],
            ["[a]\nx = 1\n", r#"{"a":{"y":"1"}}"#, "[a]\ny = 1\n"],
        ],
    );
    check(Properties, &[["a = 1\n", r#"{"b c":"1"}"#, "b\\ c = 1\n"]]);
}

#[test]
fn each_value_of_a_key_that_comes_again_is_edited() {
    check(
        Ini,
        &[
            [
                "[S]\nE=\nE=/bin/x\nU=u\nE=/bin/y\n",
                r#"{"S":{"E":["","/bin/z","/bin/y","/n"],"U":"u"}}"#,
                "[S]\nE=\nE=/bin/z\nU=u\nE=/bin/y\nE=/n\n",
            ],
            ["[S]\nE=1\nE=2\n", r#"{"S":{"E":"2"}}"#, "[S]\nE=2\n"],
            ["[S]\nE=1\n", r#"{"S":{"E":["1","2"]}}"#, "[S]\nE=1\nE=2\n"],
        ],
    );
}

#[test]
fn a_key_that_stands_twice_goes_everywhere() {
    check(
        Env,
        &[
            ["A=1\nA=2\n", "{}", ""],
            ["A=1\nB=0\nA=longer one\n", r#"{"B":"0","C":"longer one"}"#, "B=0\nC=longer one\n"],
        ],
    );
    check(Properties, &[["a=1\n# c\nb=1\na=\\\n 2\na=3\n", r#"{"b":"1"}"#, "# c\nb=1\n"]]);
}

#[test]
fn what_can_not_be_is_refused_with_its_path() {
    refuse(
        Env,
        &[["A=1\n", r#"{"A":2}"#, "can't be edited in place at /A: env holds texts only, not a number"]],
    );
    refuse(
        Ini,
        &[[
            "[a]\n",
            r#"{"a":{"b":{"c":"1"}}}"#,
            "can't be edited in place at /a/b: ini holds texts only, not a map",
        ]],
    );
    refuse(
        Ini,
        &[[
            "[a]\nx=1\n",
            r#"{"a":{"x":["1"]}}"#,
            "can't be edited in place at /a/x: ini can't hold a list of fewer than two items",
        ]],
    );
    refuse(
        Properties,
        &[["a=1\n", "[1]", "can't be edited in place: properties can't hold a root that is not a map"]],
    );
}

#[test]
fn a_file_of_java_keeps_its_encoding() {
    let document = format::read("x.properties", b"a=\xe9\nb=1\n".as_slice(), None);
    let target = Value::map([("a", "\u{e9}\u{e8}"), ("b", "\u{20ac}")]);
    assert_eq!(edit(&document, &target).unwrap(), b"a=\xe9\xe8\nb=\\u20ac\n");
}

#[test]
fn bytes_that_would_be_read_as_another_text_are_refused() {
    let edited = |value: &str| {
        let document = format::read("x.properties", b"a=\xe9\nb=1\n".as_slice(), None);
        let mut target = document.tree.as_ref().unwrap().to_value().unwrap();
        for key in ["a", "b"] {
            let Value::Map(map) = &mut target else { panic!() };
            map.insert(key.to_owned(), Value::from(value));
        }
        edit(&document, &target)
    };
    assert_eq!(edited("\u{e8}").as_deref(), Ok(b"a=\xe8\nb=\xe8\n".as_slice()));
    assert_eq!(edited("x").as_deref(), Ok(b"a=x\nb=x\n".as_slice()));
    // These two characters are one in UTF-8.
    assert!(edited("\u{c3}\u{a9}").is_err());
}

#[test]
fn what_a_shell_would_run_is_put_in_quotes() {
    check(
        Env,
        &[
            ["PW=x\n", r#"{"PW":"a; touch pwned"}"#, "PW=\"a; touch pwned\"\n"],
            ["PW=x\n", r#"{"PW":"`id`$(id)"}"#, "PW='`id`$(id)'\n"],
            ["PW=x\n", r#"{"PW":"it's"}"#, "PW=\"it's\"\n"],
            ["PW=two words\n", r#"{"PW":"three more words"}"#, "PW=three more words\n"],
        ],
    );
}

#[test]
fn a_text_in_env_means_the_same_to_a_shell_and_to_other_readers() {
    check(
        Env,
        &[
            ["PW=two words\n", r#"{"PW":"`id` x"}"#, "PW='`id` x'\n"],
            ["PW=\"x\"\n", r#"{"PW":"$(id)"}"#, "PW='$(id)'\n"],
            ["PW=\"$A x\"\n", r#"{"PW":"$B x"}"#, "PW=\"$B x\"\n"],
            ["PW=x\n", r#"{"PW":"say \"hi\""}"#, "PW='say \"hi\"'\n"],
            ["PW=x\n", r#"{"PW":"a\\b"}"#, "PW='a\\b'\n"],
        ],
    );
    let both = "can't be edited in place at /PW: env can't hold a text with a $ or ` that a shell would expand beside what \
                quotes can't hold";
    refuse(Env, &[["PW=x\n", r#"{"PW":"it's $HOME"}"#, both]]);
}

#[test]
fn other_letters_come_as_escapes_into_a_properties_file_that_has_none() {
    check(
        Properties,
        &[
            ["a=b\n", r#"{"a":"é☃"}"#, "a=\\u00e9\\u2603\n"],
            ["a=b\nc=ä\n", r#"{"a":"é☃","c":"ä"}"#, "a=é☃\nc=ä\n"],
        ],
    );
}

#[test]
fn a_variable_is_written_as_python_dotenv_and_node_read_it_alike() {
    check(
        Env,
        &[
            // Neither takes a backslash in double quotes for the other's.
            ["A=\"x\"\n", r#"{"A":"C:\\dir"}"#, "A='C:\\dir'\n"],
            ["A=\"x\"\n", r#"{"A":"C:\\dir\\"}"#, "A=C:\\dir\\\n"],
            ["A='x' # c\n", r#"{"A":"\\\\host\\d\\"}"#, "A=\\\\host\\d\\ # c\n"],
            ["A=\"x\"\n", r#"{"A":"say \"hi\""}"#, "A='say \"hi\"'\n"],
            ["A=x y\n", r#"{"A":"z\u001c"}"#, "A=\"z\u{1c}\"\n"],
            ["A=1\n", r#"{"A":"1","B":"it's \\ \"x\""}"#, "A=1\nB=it's \\ \"x\"\n"],
        ],
    );
    let why = "can't be edited in place at /A: env can't hold a text that python-dotenv and node's dotenv would read differently, however it is quoted";
    refuse(Env, &[["A=\"x\"\n", r#"{"A":"'C:\\dir'"}"#, why], ["A=1\n", r##"{"A":"\"#'"}"##, why]]);
}

#[test]
fn what_configparser_would_strip_is_refused() {
    let why = "can't be edited in place at /s/a: ini can't hold a key or value that begins or ends with one of U+001C to U+001F";
    refuse(
        Ini,
        &[
            ["[s]\na = 1\n", r#"{"s":{"a":"x\u001c"}}"#, why],
            ["[s]\na = 1\n", r#"{"s":{"a":"x\n\u001fy"}}"#, why],
        ],
    );
}
