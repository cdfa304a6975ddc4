//! The bytes of a mail.

use clock::Timestamp;
use mail_parser::MessageParser;
use model::Header;
use proptest::prelude::*;
use render::{Envelope, Mailbox, RenderedEmail, mime};

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn email() -> RenderedEmail {
    RenderedEmail {
        from: Mailbox {
            name: Some("Zoë, Shop".to_owned()),
            address: "news@shop.example".to_owned(),
        },
        subject: "Grüße".to_owned(),
        html: Some("<p>é = 1</p>".to_owned()),
        text: Some("Hello\n.dot ".to_owned()),
        headers: vec![header("X-Who", "u-1")],
    }
}

const ENVELOPE: Envelope<'static> = Envelope {
    to: "ana@mail.example",
    reply_to: &[],
    message_id: "0100-a@shop.example",
    date: Timestamp::from_millis(1_772_435_704_120),
    service_headers: &[],
};

fn text(email: &RenderedEmail, envelope: &Envelope<'_>) -> String {
    String::from_utf8(mime(email, envelope)).expect("UTF-8")
}

#[test]
fn alternative_parts() {
    let service = [
        header("List-Unsubscribe", "<https://shop.example/u/abc>"),
        header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        header("x-who", "loses"),
    ];
    let reply_to = [
        "Help Desk <help@shop.example>".to_owned(),
        "junk".to_owned(),
        "b@shop.example".to_owned(),
    ];
    let envelope = Envelope {
        service_headers: &service,
        reply_to: &reply_to,
        ..ENVELOPE
    };
    let mail = text(&email(), &envelope);
    assert!(mail.split("\r\n").all(|line| !line.contains(['\r', '\n'])));
    insta::assert_snapshot!(mail.replace("\r\n", "\n"), @r#"
    Date: Mon, 02 Mar 2026 07:15:04 +0000
    From: =?UTF-8?B?Wm/DqywgU2hvcA==?= <news@shop.example>
    To: ana@mail.example
    Reply-To: Help Desk <help@shop.example>,
     b@shop.example
    Subject: =?UTF-8?B?R3LDvMOfZQ==?=
    Message-ID: <0100-a@shop.example>
    X-Who: u-1
    List-Unsubscribe: <https://shop.example/u/abc>
    List-Unsubscribe-Post: List-Unsubscribe=One-Click
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="=_c69013bf574c55eaae740235"

    --=_c69013bf574c55eaae740235
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Hello
    .dot=20
    --=_c69013bf574c55eaae740235
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    <p>=C3=A9 =3D 1</p>
    --=_c69013bf574c55eaae740235--
    "#);
    assert_eq!(
        mail,
        text(&email(), &envelope),
        "the same mail gives the same bytes"
    );
}

#[test]
fn single_parts() {
    let only_text = RenderedEmail {
        from: Mailbox {
            name: None,
            address: "news@shop.example".to_owned(),
        },
        subject: "Hi".to_owned(),
        html: None,
        headers: Vec::new(),
        ..email()
    };
    insta::assert_snapshot!(text(&only_text, &ENVELOPE).replace("\r\n", "\n"), @r#"
    Date: Mon, 02 Mar 2026 07:15:04 +0000
    From: news@shop.example
    To: ana@mail.example
    Subject: Hi
    Message-ID: <0100-a@shop.example>
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Hello
    .dot=20
    "#);
    let only_html = RenderedEmail {
        html: email().html,
        text: None,
        ..only_text.clone()
    };
    let mail = text(&only_html, &ENVELOPE);
    assert!(mail.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"));
    assert!(!mail.contains("multipart") && !mail.contains("text/plain"));
    let nothing = RenderedEmail {
        text: None,
        ..only_text
    };
    assert!(text(&nothing, &ENVELOPE).contains("Content-Type: text/plain"));
}

#[test]
fn headers_cannot_be_injected() {
    let evil = "x\r\nBcc: evil@x.example\r\n\r\nbody";
    let mail = RenderedEmail {
        from: Mailbox {
            name: Some(evil.to_owned()),
            address: "news@shop.example".to_owned(),
        },
        subject: evil.to_owned(),
        html: None,
        text: None,
        headers: vec![header("X-Who", evil)],
    };
    let envelope = Envelope {
        to: "ana@mail.example\r\nBcc: evil@x.example",
        message_id: "a\r\nBcc: b",
        ..ENVELOPE
    };
    let mail = text(&mail, &envelope);
    assert!(!mail.contains("\r\nBcc"), "{mail}");
    assert_eq!(mail.matches("\r\n\r\n").count(), 1, "{mail}");
}

#[test]
fn long_headers_fold() {
    let mail = RenderedEmail {
        subject: "word ".repeat(60),
        headers: vec![header("X-Long", &"y".repeat(870))],
        ..email()
    };
    let bytes = mime(&mail, &ENVELOPE);
    let raw = String::from_utf8(bytes.clone()).expect("UTF-8");
    assert!(raw.split("\r\n").all(|line| line.len() < 998));
    let parsed = MessageParser::default().parse(&bytes).expect("a mail");
    assert_eq!(parsed.subject(), Some("word ".repeat(60).trim()));
    let mail = RenderedEmail {
        subject: "é".repeat(300),
        ..mail
    };
    let bytes = mime(&mail, &ENVELOPE);
    let parsed = MessageParser::default().parse(&bytes).expect("a mail");
    assert_eq!(parsed.subject(), Some("é".repeat(300).as_str()));
}

proptest! {
    #[test]
    fn a_stock_parser_reads_what_was_written(
        subject in "[ -~éß√🎉]{0,120}",
        name in "[ -~éß√🎉]{1,60}",
        html in "[ -~éß√🎉\n]{1,300}",
        plain in "[ -~éß√🎉\n]{1,300}",
    ) {
        let mail = RenderedEmail {
            from: Mailbox { name: Some(name.clone()), address: "news@shop.example".to_owned() },
            subject: subject.clone(),
            html: Some(html.clone()),
            text: Some(plain.clone()),
            headers: Vec::new(),
        };
        let bytes = mime(&mail, &ENVELOPE);
        let parsed = MessageParser::default().parse(&bytes).expect("a mail");
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(squeeze(parsed.subject().unwrap_or_default()), squeeze(&subject));
        let from = parsed.from().and_then(|from| from.first()).expect("a sender");
        prop_assert_eq!(squeeze(from.name().unwrap_or_default()), squeeze(&name));
        prop_assert_eq!(from.address(), Some("news@shop.example"));
        let unix = |text: std::borrow::Cow<'_, str>| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
        prop_assert_eq!(unix(parsed.body_text(0).expect("text")), plain.trim_end_matches('\n'));
        prop_assert_eq!(unix(parsed.body_html(0).expect("html")), html.trim_end_matches('\n'));
    }
}
