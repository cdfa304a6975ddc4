//! The template language, case by case.

mod check;
mod helpers;
mod syntax;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeMap;

use proptest::prelude::*;
use render::{MissingPolicy, Substitutions, Variables, parse};

use check::{check, check_missing};
use world::ana;

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
