//! The template language, case by case.

mod world;

use std::collections::BTreeMap;

use clock::Timestamp;
use proptest::prelude::*;
use render::{MissingPolicy, RenderError, Substitutions, Variables, parse};
use world::ana;

fn rendered(template: &str) -> Result<String, RenderError> {
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        now: Some(Timestamp::from_millis(1_695_164_709_042)),
        seed: Some("run-1/ep-1"),
        ..Variables::default()
    };
    let parsed = parse(template).unwrap_or_else(|error| panic!("{template}: {error}"));
    parsed.render(&variables, MissingPolicy::Fail)
}

#[track_caller]
fn check(template: &str, want: &str) {
    assert_eq!(rendered(template).as_deref(), Ok(want), "{template}");
}

#[track_caller]
fn check_failure(template: &str, want: &str) {
    let error = rendered(template).expect_err("a failure");
    assert_eq!(error.to_string(), want, "{template}");
}

#[track_caller]
fn check_missing(template: &str, variable: &str, blank: &str) {
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        ..Variables::default()
    };
    let parsed = parse(template).unwrap_or_else(|error| panic!("{template}: {error}"));
    assert_eq!(
        parsed.render(&variables, MissingPolicy::Fail),
        Err(RenderError::Missing {
            variable: variable.to_owned()
        }),
        "{template}"
    );
    let preview = parsed.preview(&variables).expect("a preview");
    assert_eq!(
        (preview.text.as_str(), preview.missing),
        (blank, vec![variable.to_owned()])
    );
}

#[track_caller]
fn check_syntax(template: &str, want: &str) {
    let error = parse(template).expect_err("a syntax error");
    assert_eq!(error.to_string(), want, "{template}");
}

#[test]
fn variables_of_the_endpoint() {
    check("Hi {{User.UserAttributes.FirstName}}!", "Hi Ana!");
    check("{{ User.UserAttributes.[Last Name].[0] }}", "O'Brien");
    check(
        "{{{User.UserAttributes.[Last Name]}}} {{&Id}}",
        "O'Brien ep-1",
    );
    check(
        "{{Id}} {{Address}} {{ChannelType}} {{EndpointStatus}} {{OptOut}} {{RequestId}}",
        "ep-1 ana@mail.example EMAIL ACTIVE NONE r-1",
    );
    check(
        "{{CreationDate}} {{EffectiveDate}}",
        "2026-02-25T06:13:20.000Z 2026-03-02T07:15:04.120Z",
    );
    check("{{Metrics.orders}} {{Metrics.spent}}", "3 12.5");
    check(
        "{{Location.Latitude}} {{Location.Longitude}} {{Location.City}}",
        "34.0 -118.2 Los Angeles",
    );
    check("{{Demographic.Locale}} {{User.UserId}}", "de_DE u-1");
    check(
        "{{Attributes.Sizes}} {{Attributes.Sizes.[1]}} {{Attributes.Color.[0]}}",
        "S, M, L M red",
    );
    check(
        "{{Attributes.[weird name]}}{{Attributes/Color}}{{@root.Id}}",
        "wredep-1",
    );
    check("{{Attributes.html}}", "<b>7\" & 'x'</b>");
}

#[test]
fn what_is_missing() {
    check_missing("a{{Attributes.Nope}}b", "Attributes.Nope", "ab");
    check_missing("{{Attributes.Sizes.[3]}}", "Attributes.Sizes.[3]", "");
    check_missing("{{Attributes.Empty}}", "Attributes.Empty", "");
    check_missing("{{attributes.Color}}", "attributes.Color", "");
    check_missing("{{User}}", "User", "");
    check_missing("{{upper Nope}}", "Nope", "");
    check_missing("{{upper (lower Nope)}}", "Nope", "");
    check_missing("{{Location.Country}}", "Location.Country", "");
    check_missing("{{RecommendationItems.[0]}}", "RecommendationItems.[0]", "");
    // As an argument of a condition nothing is ever missing.
    check(
        "{{#if Nope}}a{{else}}b{{/if}}{{#each Nope}}x{{/each}}{{eq Nope \"\"}}",
        "btrue",
    );
    check(
        "{{yesno Nope}}|{{join Nope \",\"}}|{{not Nope}}|{{defaultIfEmpty Nope \"d\"}}",
        "maybe||true|d",
    );
}

#[test]
fn lookup_order() {
    let endpoint = ana();
    let map = |pairs: &[(&str, &[&str])]| -> Substitutions {
        pairs
            .iter()
            .map(|(name, values)| {
                (
                    name.to_string(),
                    values.iter().map(ToString::to_string).collect(),
                )
            })
            .collect()
    };
    let recipient = map(&[("a", &["recipient"]), ("list", &["x", "y"]), ("none", &[])]);
    let message = map(&[
        ("a", &["message"]),
        ("b", &["message"]),
        ("Attributes.Color", &["blue", "green"]),
    ]);
    let defaults: BTreeMap<String, String> = [
        ("b", "default"),
        ("c", "default"),
        ("none", "default"),
        ("Attributes.Color", "default"),
        ("Attributes.Nope", "default"),
        ("Location.City", "default"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let variables = Variables {
        recipient: Some(&recipient),
        message: Some(&message),
        endpoint: Some(&endpoint),
        defaults: Some(&defaults),
        ..Variables::default()
    };
    let render = |text: &str| {
        parse(text)
            .expect("parses")
            .render(&variables, MissingPolicy::Fail)
    };
    assert_eq!(
        render("{{a}} {{b}} {{c}} {{none}}").as_deref(),
        Ok("recipient message default default")
    );
    assert_eq!(render("{{list}} {{list.[1]}}").as_deref(), Ok("x, y y"));
    assert_eq!(
        render("{{Attributes.Color.[1]}} {{Attributes.Color}}").as_deref(),
        Ok("green blue, green")
    );
    assert_eq!(
        render("{{Attributes.Nope.[0]}} {{Location.City}}").as_deref(),
        Ok("default Los Angeles")
    );
    assert!(render("{{list.[2]}}").is_err());
    assert!(render("{{Attributes.Nope.[1]}}").is_err());
    // What is filled in is not rendered again.
    let recipient = map(&[("a", &["{{b}}"])]);
    let variables = Variables {
        recipient: Some(&recipient),
        ..variables
    };
    assert_eq!(
        parse("{{a}}")
            .expect("parses")
            .render(&variables, MissingPolicy::Fail)
            .as_deref(),
        Ok("{{b}}")
    );
}

#[test]
fn blocks() {
    check("{{#if Attributes.Color}}yes{{else}}no{{/if}}", "yes");
    check(
        "{{#unless Attributes.Nope}}yes{{/unless}}{{^Attributes.Nope}}!{{/Attributes.Nope}}",
        "yes!",
    );
    check(
        "{{#if Nope}}1{{else if Metrics.orders}}2{{else}}3{{/if}}",
        "2",
    );
    check(
        "{{#if Nope}}1{{else if Nope2}}2{{else eq Id \"ep-1\"}}3{{else}}4{{/if}}",
        "3",
    );
    check(
        "{{#each Attributes.Sizes}}{{@index}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}",
        "0S, 1M, 2L",
    );
    check(
        "{{#each Attributes.Many}}{{this}}{{/each}}",
        "01234567891011121314",
    );
    check("{{#each Attributes.Empty}}x{{else}}none{{/each}}", "none");
    check(
        "{{#each Attributes.Sizes}}{{#if @first}}{{User.UserId}}{{/if}}{{../Id}}{{/each}}",
        "u-1ep-1ep-1ep-1",
    );
    check(
        "{{#with User}}{{UserId}} {{this.UserAttributes.FirstName}} {{../Id}} {{Id}}{{/with}}",
        "u-1 Ana ep-1 ep-1",
    );
    check("{{#with Nope}}x{{else}}y{{/with}}", "y");
    check(
        "{{#Attributes.Sizes}}{{this}}{{/Attributes.Sizes}}{{#User}}{{UserId}}{{/User}}",
        "SMLu-1",
    );
    check(
        "{{#each Metrics}}{{@key}}={{this}};{{/each}}",
        "orders=3;spent=12.5;",
    );
    check(
        "{{lookup Attributes.Sizes 2}}{{lookup Metrics \"orders\"}}",
        "L3",
    );
    check("a {{~#if Id~}} b {{~else~}} c {{~/if~}} d", "abd");
    check("{{!-- {{x}} --}}a{{! b }}", "a");
    check(r"\{{a}}", "{{a}}");
}

#[test]
fn conditions() {
    check(
        "{{#and (eq Location.City \"Los Angeles\") (gte Metrics.orders 3)}}VIP{{else}}hi{{/and}}",
        "VIP",
    );
    check("{{eq OptOut \"ALL\" yes=\"out\" no=\"in\"}}", "in");
    check("{{eq Attributes.Sizes 'S'}} {{neq Id 'EP-1'}}", "true true");
    check(
        "{{gt Attributes.Age.[0] \"17\"}} {{gt Attributes.Age.[0] \"9\"}} {{lt \"b\" \"a\"}} {{lte 3 3}}",
        "true true false true",
    );
    check(
        "{{gt Nope 1}} {{lt Nope 1}} {{gt 1 Nope}}",
        "false false false",
    );
    check(
        "{{or Nope \"\" 0}} {{or Nope Id}} {{and Id \"false\" \"0\"}}",
        "false true true",
    );
    check("{{not (or false (not true))}}", "true");
    check(
        "{{yesno true}} {{yesno \"FALSE\" no=\"nope\"}} {{yesno Nope maybe=\"?\"}}",
        "yes nope ?",
    );
    check(
        "{{#not Nope}}a{{/not}}{{#eq Id \"x\"}}b{{else}}c{{/eq}}",
        "ac",
    );
}

#[test]
fn text_helpers() {
    check(
        "{{abbreviate \"Alejandro\" 6}} {{abbreviate \"Alejandro\" 3}} {{abbreviate \"Al\" 6}}",
        "Ale... Ale Al",
    );
    check(
        "{{capitalize \"los aNGELES\"}} {{capitalize \"los aNGELES\" fully=true}} {{capitalizeFirst \"los angeles\"}}",
        "Los ANGELES Los Angeles Los angeles",
    );
    check(
        "[{{center \"ab\" size=5}}] [{{center \"ab\" size=6 pad=\"*\"}}]",
        "[ ab  ] [**ab**]",
    );
    check(
        "[{{ljust \"ab\" 4}}] [{{rjust \"ab\" 4 pad=\"-\"}}] [{{ljust \"abcde\" size=4}}]",
        "[ab  ] [--ab] [abcde]",
    );
    check("{{cut \"a b c\"}} {{cut \"a-b-c\" \"-\"}}", "abc abc");
    check(
        "{{inflect 3 \"pear\" \"pears\" includeCount=true}} {{inflect 1 apple apples}} {{inflect 2 apple apples}}",
        "3 pears apple apples",
    );
    check(
        "{{join Attributes.Sizes \"/\" prefix=\"<\" suffix=\">\"}} {{join \"a\" \"b\" \"-\"}}",
        "<S/M/L> a-b",
    );
    check("{{upper Attributes.Color}} {{lower \"ÄB\"}}", "RED äb");
    check(
        "{{ordinalize 1}} {{ordinalize 2}} {{ordinalize 3}} {{ordinalize 11}} {{ordinalize 21}}",
        "1st 2nd 3rd 11th 21st",
    );
    check(
        "{{replace \"a.b.c\" \".\" \"-\"}} {{slugify \" Joël's 2 Dogs_x \"}} {{stripTags \"<b>x</b> < y\"}}",
        "a-b-c joëls-2-dogs_x x < y",
    );
    check(
        "{{substring \"Los Angeles\" 4 9}} {{substring \"abc\" 1}} {{substring \"abc\" 5 2}} {{substring \"abc\" -1 99}}",
        "Angel bc  abc",
    );
    check(
        "{{encode64 \"Hello\"}} {{decode64 \"SGVsbG8=\"}}",
        "SGVsbG8= Hello",
    );
    check(
        "{{sha256 \"\"}}",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    check(
        "{{upper (replace Location.City \" \" \"_\")}}",
        "LOS_ANGELES",
    );
}

#[test]
fn dates() {
    check("{{dateFormat \"2023-09-19\"}}", "Sep 19, 2023");
    for (style, want) in [
        ("full", "Tuesday, September 19, 2023"),
        ("long", "September 19, 2023"),
        ("medium", "Sep 19, 2023"),
        ("short", "9/19/23"),
        ("yyyy-MM-dd'T'HH:mm", "2023-09-19T00:00"),
    ] {
        check(
            &format!("{{{{dateFormat \"2023-09-19\" \"{style}\"}}}}"),
            want,
        );
        check(
            &format!("{{{{dateFormat \"2023-09-19\" outputFormat=\"{style}\"}}}}"),
            want,
        );
    }
    check(
        "{{dateFormat \"19/09/2023\" inputFormat=\"dd/MM/yyyy\" outputFormat=\"long\"}}",
        "September 19, 2023",
    );
    check(
        "{{dateFormat \"19/09/2023\" \"dd/MM/yyyy\" \"short\"}}",
        "9/19/23",
    );
    // An instant is shown in the zone; a date stays the day that it is.
    check(
        "{{dateFormat EffectiveDate \"yyyy-MM-dd HH:mm:ss.SSS z\" tz=Asia/Tokyo}}",
        "2026-03-02 16:15:04.120 JST",
    );
    check(
        "{{dateFormat \"2023-09-19\" \"yyyy-MM-dd Z\" tz=America/Los_Angeles}}",
        "2023-09-19 -0700",
    );
    check(
        "{{dateFormat \"2023-09-19T23:30:00Z\" \"\" \"short\" Asia/Tokyo}}",
        "9/20/23",
    );
    check(
        "{{dateFormat 1695164709042 \"short\" tz=\"UTC\"}}",
        "9/19/23",
    );
    check("{{upper (dateFormat \"2023-09-19\" \"EEE\")}}", "TUE");
    check("{{now}}", "Sep 19, 2023");
    check(
        "{{now \"HH:mm\"}} {{now \"h a\" tz=Europe/Oslo}}",
        "23:05 1 AM",
    );
    check_missing("{{dateFormat Nope \"short\"}}", "Nope", "");
    check_failure(
        "{{dateFormat Location.City}}",
        "helper dateFormat: \"Los Angeles\" is not a date of this format",
    );
    check_failure(
        "{{dateFormat \"2023-09-19\" inputFormat=\"dd/MM/yyyy\"}}",
        "helper dateFormat: \"2023-09-19\" is not a date of this format",
    );
    check_failure(
        "{{now \"short\" tz=Mars/Base}}",
        "helper now: \"Mars/Base\" is not a time zone",
    );
    check_failure(
        "{{now Location.City}}",
        "helper now: o is no letter of a date pattern",
    );
    let here = parse("{{now}}").expect("parses");
    let error = here.render(&Variables::default(), MissingPolicy::Fail);
    assert_eq!(
        error.expect_err("no time").to_string(),
        "helper now: no time is given here"
    );
}

#[test]
fn maths() {
    check(
        "{{add 5 2.3}} {{subtract 5 2.3}} {{multiply 5 2.3}}",
        "7.3 2.7 11.5",
    );
    check("{{add 0.1 0.2}} {{add Metrics.spent \"-12.50\"}}", "0.3 0");
    check(
        "{{divide 5 2.3}} {{divide 1 8}} {{divide 6 3}}",
        "2.17391304 0.125 2",
    );
    check(
        "{{divide 1 3}} {{divide 2 3}} {{divide -2 3}}",
        "0.33333333 0.66666667 -0.66666667",
    );
    check(
        "{{modulo 7 2}} {{modulo -7 2}} {{modulo 5.5 2}}",
        "1 -1 1.5",
    );
    check("{{ceiling 5.23}} {{floor 5.23}} {{round 5.23}}", "6 5 5");
    check(
        "{{round 2.5}} {{round -2.5}} {{floor -0.5}} {{ceiling -0.5}}",
        "3 -3 -1 0",
    );
    check("{{add (multiply Metrics.orders 2) \"1e2\"}}", "106");
    check(
        "{{#if (subtract 1 1)}}a{{else}}b{{/if}}{{eq (add 1 1) 2}}",
        "btrue",
    );
    check_missing("{{add Nope 1}}", "Nope", "");
    check_missing("{{add 1 Nope}}", "Nope", "");
    check_failure("{{add Id 1}}", "helper add: \"ep-1\" is not a number");
    check_failure("{{round \"\"}}", "helper round: \"\" is not a number");
    check_failure("{{add \"1_0\" 1}}", "helper add: \"1_0\" is not a number");
    check_failure("{{divide 1 0}}", "helper divide: division by zero");
    check_failure("{{modulo 1 0.0}}", "helper modulo: division by zero");
    let large = "9".repeat(28);
    check_failure(
        &format!("{{{{multiply \"{large}\" \"{large}\"}}}}"),
        "helper multiply: the result is too large",
    );
}

#[test]
fn hashes() {
    check("{{encode64 \"é\"}} {{decode64 \"w6k=\"}}", "w6k= é");
    check(
        "{{md5 \"Hello world\"}}",
        "3e25960a79dbc69b674cd4ec67a72c62",
    );
    check(
        "{{sha256 \"abc\"}}",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    check(
        "{{sha512 \"abc\"}}",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
    let both = rendered("{{uuid}} {{uuid}}").expect("renders");
    let (first, second) = both.split_once(' ').expect("two");
    for uuid in [first, second] {
        let groups: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{uuid}");
        assert!(uuid.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()));
        assert!(
            &uuid[14..15] == "4" && "89ab".contains(&uuid[19..20]),
            "{uuid}"
        );
    }
    assert_ne!(first, second);
    assert_eq!(rendered("{{uuid}}").as_deref(), Ok(first));
    let other = parse("{{uuid}}").expect("parses");
    let seeded = |seed| {
        let variables = Variables {
            seed,
            ..Variables::default()
        };
        other.render(&variables, MissingPolicy::Fail)
    };
    assert_ne!(seeded(Some("run-1/ep-2")).as_deref(), Ok(first));
    assert_eq!(
        seeded(None).expect_err("no seed").to_string(),
        "helper uuid: no seed is given here"
    );
}

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
fn bare_words() {
    check(
        "{{inflect 3 apple apples}} {{inflect 1 Location.City apples}}",
        "apples Los Angeles",
    );
    check("{{now \"z\" tz=Etc/GMT+2}} {{now \"z\" tz=UTC}}", "-02 UTC");
    let template = parse(
        "{{now \"z\" tz=Europe/Oslo}}{{now tz=Demographic.Timezone}}{{inflect n pear pears}}",
    )
    .expect("parses");
    assert_eq!(template.variables(), ["Demographic.Timezone", "n"]);
}

#[test]
fn helpers_say_what_they_cannot_do() {
    let render = |text: &str| {
        parse(text)
            .expect("parses")
            .render(&Variables::default(), MissingPolicy::Fail)
    };
    let error = render("{{ordinalize \"x\"}}").expect_err("not a number");
    assert_eq!(
        error.to_string(),
        "helper ordinalize: \"x\" is not a number"
    );
    let error = render("{{decode64 \"?\"}}").expect_err("not Base64");
    assert_eq!(
        error.to_string(),
        "helper decode64: the value is not Base64 of UTF-8 text"
    );
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

#[test]
fn lists_its_variables() {
    let template = parse(
        "{{a}} {{#if b}}{{upper c}}{{else}}{{a}}{{/if}}{{#each d}}{{this}}{{@index}}{{../e}}{{f.[0]}}{{/each}}{{eq g 1 yes=h}}",
    )
    .expect("parses");
    assert_eq!(
        template.variables(),
        ["a", "b", "c", "d", "f.[0]", "g", "h"]
    );
}

proptest! {
    #[test]
    fn parsing_never_panics(text in r#"([a-c]|\{\{|\}\}|#if |/if|else|\^|~|"|'|\(|\)|\[|\]|\.|\.\./|@|=|!|--|&| |\\|é|upper |each |#\\*inline |/inline|>|now |tz=|add )*"#) {
        if let Ok(template) = parse(&text) {
            let endpoint = ana();
            let variables = Variables { endpoint: Some(&endpoint), ..Variables::default() };
            let _ = template.render(&variables, MissingPolicy::Blank);
            let _ = template.variables();
        }
    }

    #[test]
    fn text_without_braces_stays(text in "[^{\\\\]*") {
        let parsed = parse(&text).expect("parses");
        prop_assert_eq!(parsed.render(&Variables::default(), MissingPolicy::Fail), Ok(text));
    }
}
