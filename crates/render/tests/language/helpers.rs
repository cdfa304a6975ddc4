//! Helpers, row by row of `docs/spec/templates.md §3.2–3.4`.

use render::{MissingPolicy, Variables, parse};

use crate::check::{check, check_failure, check_missing, rendered};

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
