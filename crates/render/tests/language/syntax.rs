//! What is refused, and where; partials; bounds.

use render::{MissingPolicy, RenderError, Variables, parse};

use crate::check::{check, check_syntax, rendered};
use crate::world::ana;

#[test]
fn partials() {
    check(
        "{{#* inline \"name\"}}{{User.UserAttributes.FirstName}}{{/inline}}Hi {{> name}}, {{>name}}!",
        "Hi Ana, Ana!",
    );
    // They are shown in the scope of their use.
    check(
        "{{#*inline 'size'}}<{{this}}>{{/inline}}{{#each Attributes.Sizes}}{{> \"size\"}}{{/each}}",
        "<S><M><L>",
    );
    check(
        "{{#*inline \"a\"}}a{{/inline}}{{#*inline \"b\"}}{{>a}}b{{/inline}}{{#*inline \"a\"}}A{{/inline}}{{>b}}{{>a}}",
        "abA",
    );
    check("x {{~#*inline \"a\"~}} y {{~/inline~}} z {{> a}}", "xz y");
    let template = parse("{{#*inline \"a\"}}{{b}}{{/inline}}{{c}}{{> a}}{{> a}}").expect("parses");
    assert_eq!(template.variables(), ["b", "c"]);
    check_syntax(
        "{{> a}}",
        "line 1, column 5: partial a is not defined before this place",
    );
    check_syntax(
        "{{#*inline \"a\"}}{{> a}}{{/inline}}",
        "line 1, column 21: partial a is not defined before this place",
    );
    check_syntax(
        "{{#*inline \"a\"}}x",
        "line 1, column 5: partial a is not closed",
    );
    check_syntax(
        "{{#*inline \"a\"}}x{{/if}}",
        "line 1, column 21: block inline is closed as if",
    );
    check_syntax(
        "{{#*outline \"a\"}}x{{/outline}}",
        "line 1, column 5: there is no decorator outline",
    );
    check_syntax(
        "{{#*inline}}x{{/inline}}",
        "line 1, column 11: a partial needs a name",
    );
    check_syntax(
        "{{#*inline \"a\"}}x{{/inline}}{{> a b=1}}",
        "line 1, column 34: a partial takes nothing but its name",
    );
    let mut chain = "{{#*inline \"p0\"}}x{{/inline}}".to_owned();
    for n in 1..40 {
        chain += &format!(
            "{{{{#*inline \"p{n}\"}}}}{{{{> p{}}}}}{{{{/inline}}}}",
            n - 1
        );
    }
    let error = parse(&chain).expect_err("too deep");
    assert_eq!(error.message, "blocks and partials nest deeper than 32");
    // Each doubles the one before.
    let mut doubling = "{{#*inline \"p0\"}}xxxxxxxx{{/inline}}".to_owned();
    for n in 1..30 {
        let before = n - 1;
        doubling += &format!(
            "{{{{#*inline \"p{n}\"}}}}{{{{>p{before}}}}}{{{{>p{before}}}}}{{{{/inline}}}}"
        );
    }
    let error = rendered(&(doubling + "{{> p29}}"));
    assert!(matches!(
        error,
        Err(RenderError::TooManySteps { .. } | RenderError::TooLarge { .. })
    ));
}

#[test]
fn syntax_errors_name_their_place() {
    check_syntax(
        "a\n  {{dateFormat Id \"QQ\"}}",
        "line 2, column 5: helper dateFormat: Q is no letter of a date pattern",
    );
    check_syntax(
        "{{now \"full\" tz=\"Mars/Base\"}}",
        "line 1, column 3: helper now: \"Mars/Base\" is not a time zone",
    );
    check_syntax(
        "{{dateFormat 1 2 3 4 5}}",
        "line 1, column 3: helper dateFormat takes 1 to 4 arguments, found 5",
    );
    check_syntax("{{shout Id}}", "line 1, column 3: there is no helper shout");
    check_syntax(
        "{{if Id}}",
        "line 1, column 3: helper if can only open a block",
    );
    check_syntax(
        "{{#upper Id}}{{/upper}}",
        "line 1, column 4: helper upper is not a block",
    );
    check_syntax(
        "{{#shout Id}}{{/shout}}",
        "line 1, column 4: there is no helper shout",
    );
    check_syntax("{{#if Id}}", "line 1, column 4: block if is not closed");
    check_syntax(
        "{{#if Id}}{{/each}}",
        "line 1, column 14: block if is closed as each",
    );
    check_syntax(
        "{{#if Id}}{{else}}{{else}}{{/if}}",
        "line 1, column 25: block if has a second else",
    );
    check_syntax(
        "{{/if}}",
        "line 1, column 4: if is closed and was not opened",
    );
    check_syntax(
        "{{else}}",
        "line 1, column 7: else stands outside of a block",
    );
    check_syntax(
        "{{#if}}x{{/if}}",
        "line 1, column 6: if takes exactly one argument",
    );
    check_syntax(
        "{{#if a b}}x{{/if}}",
        "line 1, column 6: if takes exactly one argument",
    );
    check_syntax(
        "{{eq a}}",
        "line 1, column 3: helper eq takes 2 arguments, found 1",
    );
    check_syntax(
        "{{and a}}",
        "line 1, column 3: helper and takes at least 2 arguments, found 1",
    );
    check_syntax(
        "{{upper a loud=true}}",
        "line 1, column 16: helper upper does not take loud=",
    );
    check_syntax("{{upper \"a}}", "line 1, column 1: a tag is not closed");
    check_syntax(
        "{{upper (lower a}}",
        "line 1, column 10: a parenthesis is not closed",
    );
    check_syntax("{{a..b}}", "line 1, column 3: a..b has an empty part");
    check_syntax(
        "{{#each a as |b|}}{{/each}}",
        "line 1, column 10: block parameters are not supported",
    );
    check_syntax("{{@nope}}", "line 1, column 3: @nope is not known");
}

#[test]
fn everything_is_bounded() {
    let deep = "{{#if Id}}".repeat(40) + &"{{/if}}".repeat(40);
    check_syntax(&deep, "line 1, column 324: blocks nest deeper than 32");
    let deep = format!("{{{{upper {}Id{}}}}}", "(upper ".repeat(40), ")".repeat(40));
    assert!(
        parse(&deep)
            .expect_err("too deep")
            .message
            .contains("calls nest deeper")
    );
    let long = "x".repeat(600_001);
    assert!(
        parse(&long)
            .expect_err("too long")
            .message
            .contains("longer than 600000")
    );
    assert!(parse(&long[1..]).is_ok());
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        ..Variables::default()
    };
    let loops = "{{#each Attributes.Many}}".repeat(8) + &"{{/each}}".repeat(8);
    let error = parse(&loops)
        .expect("parses")
        .render(&variables, MissingPolicy::Fail);
    assert!(
        matches!(error, Err(RenderError::TooManySteps { .. })),
        "{error:?}"
    );
    let loops =
        "{{#each Attributes.Many}}".repeat(3) + &"x".repeat(100_000) + &"{{/each}}".repeat(3);
    let error = parse(&loops)
        .expect("parses")
        .render(&variables, MissingPolicy::Fail);
    assert!(
        matches!(error, Err(RenderError::TooLarge { .. })),
        "{error:?}"
    );
}
