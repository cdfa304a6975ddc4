//! Mail content: compiling, rendering, tracking.

mod world;

use std::collections::BTreeMap;

use model::Header;
use render::{
    EmailContent, EmailContentError, EmailSource, Link, MissingPolicy, RenderError, Tracker,
    Variables, track,
};
use world::ana;

/// A tracker that shows what it was asked for.
struct Shown;

impl Tracker for Shown {
    fn redirect(&self, link: &Link<'_>) -> String {
        let tags: Vec<String> = link
            .tags
            .iter()
            .map(|(k, v)| format!("{k}:{}", v.join(",")))
            .collect();
        format!("T{}({}{})", link.index, link.url, tags.join(";"))
    }

    fn pixel(&self) -> String {
        "P".to_owned()
    }
}

fn html_source(html: &str) -> EmailSource<'_> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    EmailSource {
        from: "News <news@shop.example>",
        subject: Some("Hi {{User.UserAttributes.FirstName}}"),
        html: Some(html),
        text: None,
        headers: &[],
        defaults: &NONE,
        policy: MissingPolicy::Fail,
    }
}

/// The tracked HTML for Ana, with the pixel shortened.
fn tracked(html: &str) -> String {
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        ..Variables::default()
    };
    let content =
        EmailContent::compile(&html_source(html)).unwrap_or_else(|e| panic!("{html}: {e}"));
    let email = content
        .render(&variables, Some(&Shown))
        .unwrap_or_else(|e| panic!("{html}: {e}"));
    shorten(&email.html.expect("html"))
}

fn shorten(html: &str) -> String {
    html.replace(
        r#"<img src="P" alt="" width="1" height="1" style="display:none">"#,
        "[PIXEL]",
    )
}

#[test]
fn links_and_pixel() {
    #[track_caller]
    fn check(html: &str, want: &str) {
        assert_eq!(tracked(html), want, "{html}");
        // The same when the HTML is looked at as a whole.
        if !html.contains("{{") {
            assert_eq!(shorten(&track(html, &Shown).html), want, "whole: {html}");
        }
    }
    check("<p>x</p>", "<p>x</p>[PIXEL]");
    check(
        "<html><body><p>x</p></body></html>",
        "<html><body><p>x</p>[PIXEL]</body></html>",
    );
    check("<BODY>x</BODY>", "<BODY>x[PIXEL]</BODY>");
    check("<body>x", "<body>x[PIXEL]");
    check(
        "<p>{{ses:openTracker}}x</p><body></body>{{ses:openTracker}}",
        "<p>[PIXEL]x</p><body></body>",
    );
    check(
        r#"<a href="https://a.example/?b=1&amp;c=2">x</a>"#,
        r#"<a href="T0(https://a.example/?b=1&amp;c=2)">x</a>[PIXEL]"#,
    );
    check(
        "<a class=b href='HTTP://a.example'>x</a>",
        r#"<a class=b href="T0(HTTP://a.example)">x</a>[PIXEL]"#,
    );
    check(
        "<a href=https://a.example/>x</a>",
        r#"<a href="T0(https://a.example/)">x</a>[PIXEL]"#,
    );
    check(
        r##"<a href="mailto:a@b">1</a><a href="tel:+1">2</a><a href="#x">3</a><a href="/rel">4</a><a>5</a><a href="javascript:x">6</a>"##,
        r##"<a href="mailto:a@b">1</a><a href="tel:+1">2</a><a href="#x">3</a><a href="/rel">4</a><a>5</a><a href="javascript:x">6</a>[PIXEL]"##,
    );
    check(
        r#"<a ses:no-track href="https://a.example">x</a>"#,
        r#"<a href="https://a.example">x</a>[PIXEL]"#,
    );
    check(
        r#"<a href="https://a.example" ses:no-track="" ses:tags="a:b;">x</a>"#,
        r#"<a href="https://a.example">x</a>[PIXEL]"#,
    );
    check(
        r#"<a href="https://a.example" ses:tags="unsubscribeLinkTag:click;color:red;color:blue">x</a>"#,
        r#"<a href="T0(https://a.examplecolor:red,blue;unsubscribeLinkTag:click)">x</a>[PIXEL]"#,
    );
    check(
        r#"<a href="mailto:a@b" ses:tags="a:b">x</a>"#,
        r#"<a href="mailto:a@b">x</a>[PIXEL]"#,
    );
    check(
        r#"<!-- <a href="https://a.example"> -->"#,
        r#"<!-- <a href="https://a.example"> -->[PIXEL]"#,
    );
    check(
        r#"<a href="https://a.example">x</a><select><xmp><script>1</script></select>"#,
        r#"<a href="T0(https://a.example)">x</a><select><xmp><script>1</script></select>[PIXEL]"#,
    );
    check(
        r#"<map><area href="https://a.example"></map>"#,
        r#"<map><area href="T0(https://a.example)"></map>[PIXEL]"#,
    );
}

#[test]
fn links_with_variables() {
    #[track_caller]
    fn check(html: &str, want: &str) {
        assert_eq!(tracked(html), want, "{html}");
    }
    check(
        r#"<a href="https://a.example/{{Id}}">{{Id}}</a>"#,
        r#"<a href="T0(https://a.example/ep-1)">ep-1</a>[PIXEL]"#,
    );
    check(
        r#"<a href="{{Attributes.Url}}">x</a>"#,
        r#"<a href="T0(https://shop.example/a?b=1&amp;c=2)">x</a>[PIXEL]"#,
    );
    check(
        r#"<a href="{{Attributes.Color}}">x</a><a href="https://b.example">y</a>"#,
        r#"<a href="red">x</a><a href="T0(https://b.example)">y</a>[PIXEL]"#,
    );
    check(
        r#"<a href="{{#if Id}}https://a.example{{else}}mailto:x@y{{/if}}" ses:tags="k:{{Id}}">x</a>"#,
        r#"<a href="T0(https://a.examplek:ep-1)">x</a>[PIXEL]"#,
    );
    check(
        r#"{{#if Id}}<a href="https://a.example">{{else}}<a href="https://b.example">{{/if}}x</a>"#,
        r#"<a href="T0(https://a.example)">x</a>[PIXEL]"#,
    );
    check(
        r#"{{#each Attributes.Sizes}}<a href="https://a.example/{{this}}">x</a>{{/each}}"#,
        r#"<a href="T0(https://a.example/S)">x</a><a href="T1(https://a.example/M)">x</a><a href="T2(https://a.example/L)">x</a>[PIXEL]"#,
    );
    // Values that bring HTML of their own, and tags that are part of the structure.
    check(
        r#"<p title='{{User.UserAttributes.[Last Name]}}'>{{Id}}</p>"#,
        r#"<p title='O'Brien'>ep-1</p>[PIXEL]"#,
    );
    check("{{Attributes.html}}", "<b>7\" & 'x'</b>[PIXEL]");
    check(
        r#"{{replace "LNK" "LNK" "<a href='https://v.example'>v</a>"}}"#,
        r#"<a href="T0(https://v.example)">v</a>[PIXEL]"#,
    );
    check(
        r#"<a {{#if Id}}href="https://a.example"{{else}}href="https://b.example"{{/if}}>x</a>{{ses:openTracker}}y"#,
        r#"<a href="T0(https://a.example)">x</a>[PIXEL]y"#,
    );
    check(
        r#"<a href="{{#if Id}}https://a.example">{{else}}https://b.example">{{/if}}x</a>"#,
        r#"<a href="T0(https://a.example)">x</a>[PIXEL]"#,
    );
}

#[test]
fn links_in_partials() {
    assert_eq!(
        tracked(
            r#"{{#*inline "shop"}}<a href="https://a.example/{{Id}}">x</a>{{/inline}}<p>{{> shop}}{{> shop}}</p>"#
        ),
        r#"<p><a href="T0(https://a.example/ep-1)">x</a><a href="T1(https://a.example/ep-1)">x</a></p>[PIXEL]"#
    );
    assert_eq!(
        tracked(
            r#"{{#*inline "url"}}https://a.example/{{Id}}{{/inline}}<a href="{{> url}}">x</a>"#
        ),
        r#"<a href="T0(https://a.example/ep-1)">x</a>[PIXEL]"#
    );
}

#[test]
fn at_most_250_links_are_replaced() {
    let html = r#"<a href="https://a.example">x</a>"#.repeat(260);
    assert_eq!(tracked(&html).matches("T").count(), 250);
    assert_eq!(track(&html, &Shown).links, 250);
    let html = format!(
        "{}{html}",
        "{{#each Attributes.Sizes}}".to_owned() + &html + "{{/each}}"
    );
    assert_eq!(tracked(&html).matches("T").count(), 250);
}

#[test]
fn without_tracking_only_the_marks_go() {
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        ..Variables::default()
    };
    for html in [
        r#"<a href="https://a.example" ses:tags="a:b" ses:no-track>x</a>{{ses:openTracker}}{{Id}}"#,
        r#"<a {{"href"}}="https://a.example" ses:tags="a:b" ses:no-track>x</a>{{ses:openTracker}}{{Id}}"#,
    ] {
        let content = EmailContent::compile(&html_source(html)).expect("compiles");
        let email = content.render(&variables, None).expect("renders");
        assert_eq!(
            email.html.as_deref(),
            Some(r#"<a href="https://a.example">x</a>ep-1"#)
        );
    }
}

#[test]
fn renders_every_part() {
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        ..Variables::default()
    };
    let headers = [Header {
        name: "X-Who".to_owned(),
        value: "{{User.UserId}}\r\nBcc: x@y".to_owned(),
    }];
    let defaults = [("Attributes.Nope".to_owned(), "friend".to_owned())].into();
    let source = EmailSource {
        from: "{{User.UserAttributes.FirstName}} <news@shop.example>",
        subject: Some("Hi\r\n{{Attributes.Nope}}"),
        html: None,
        text: Some("{{Location.City}} https://a.example"),
        headers: &headers,
        defaults: &defaults,
        policy: MissingPolicy::Fail,
    };
    let content = EmailContent::compile(&source).expect("compiles");
    let email = content.render(&variables, Some(&Shown)).expect("renders");
    insta::assert_debug_snapshot!(email, @r#"
    RenderedEmail {
        from: Mailbox {
            name: Some(
                "Ana",
            ),
            address: "news@shop.example",
        },
        subject: "Hi  friend",
        html: None,
        text: Some(
            "Los Angeles https://a.example",
        ),
        headers: [
            Header {
                name: "X-Who",
                value: "u-1  Bcc: x@y",
            },
        ],
    }
    "#);
    assert_eq!(
        content.variables(),
        [
            "User.UserAttributes.FirstName",
            "Attributes.Nope",
            "Location.City",
            "User.UserId"
        ]
    );
}

#[test]
fn reports_what_is_missing() {
    let endpoint = ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        ..Variables::default()
    };
    let source = html_source("{{Nope}} {{#if Attributes.Maybe}}x{{/if}}{{Id}}{{Nope}}");
    let content = EmailContent::compile(&source).expect("compiles");
    assert_eq!(
        content.render(&variables, None),
        Err(RenderError::Missing {
            variable: "Nope".to_owned()
        })
    );
    let preview = content.preview(&variables).expect("a preview");
    assert_eq!(preview.email.html.as_deref(), Some(" ep-1"));
    assert_eq!(preview.missing, ["Nope"]);
    let shown: Vec<_> = preview
        .variables
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            ("User.UserAttributes.FirstName", Some("Ana")),
            ("Nope", None),
            ("Attributes.Maybe", None),
            ("Id", Some("ep-1")),
        ]
    );
    let inline = EmailSource {
        policy: MissingPolicy::Blank,
        ..source
    };
    let content = EmailContent::compile(&inline).expect("compiles");
    assert_eq!(
        content
            .render(&variables, None)
            .expect("renders")
            .html
            .as_deref(),
        Some(" ep-1")
    );
}

#[test]
fn refuses_bad_content() {
    #[track_caller]
    fn check(source: &EmailSource<'_>, want: &str) {
        let error = EmailContent::compile(source)
            .map(|_| ())
            .expect_err("refused");
        assert_eq!(error.to_string(), want);
    }
    let good = html_source("x");
    check(
        &EmailSource {
            html: Some("{{#if}}"),
            ..good
        },
        "html: line 1, column 6: if takes exactly one argument",
    );
    check(
        &EmailSource {
            subject: Some("{{"),
            ..good
        },
        "subject: line 1, column 1: a tag is not closed",
    );
    check(
        &EmailSource {
            from: "nobody",
            ..good
        },
        "sender: \"nobody\" is not a mail address",
    );
    let header = |name: &str, value: &str| Header {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    check(
        &EmailSource {
            headers: &[header("Subject", "x")],
            ..good
        },
        "header Subject: this header cannot be overridden",
    );
    check(
        &EmailSource {
            headers: &[header("X-A", "{{x")],
            ..good
        },
        "header X-A: line 1, column 1: a tag is not closed",
    );
    let many: Vec<Header> = (0..16).map(|n| header(&format!("X-{n}"), "x")).collect();
    let error = EmailContent::compile(&EmailSource {
        headers: &many,
        ..good
    })
    .map(|_| ());
    assert_eq!(
        error,
        Err(EmailContentError::TooManyHeaders {
            count: 16,
            limit: 15
        })
    );
    let long = [header("X-Long", &"x".repeat(871))];
    let content = EmailContent::compile(&EmailSource {
        subject: None,
        headers: &long,
        ..good
    })
    .expect("compiles");
    let error = content
        .render(&Variables::default(), None)
        .expect_err("too long");
    assert_eq!(
        error.to_string(),
        "header X-Long: the value is longer than 870 characters"
    );
}
