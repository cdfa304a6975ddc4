//! How long one personalised, tracked mail takes on one thread.

#[path = "../tests/world/mod.rs"]
mod world;

use std::hint::black_box;

use clock::{Clock, Timestamp};
use render::{
    EmailContent, EmailSource, Envelope, Link, MissingPolicy, Tracker, Variables, mime, track,
};

struct Redirects(String);

impl Tracker for Redirects {
    fn redirect(&self, link: &Link<'_>) -> String {
        format!("https://t.shop.example/t/c/{}{}", self.0, link.index)
    }

    fn pixel(&self) -> String {
        format!("https://t.shop.example/t/o/{}", self.0)
    }
}

fn measure(name: &str, rounds: u32, mut work: impl FnMut() -> usize) {
    let clock = Clock::real();
    let start = clock.monotonic();
    let mut bytes = 0;
    for _ in 0..rounds {
        bytes = black_box(work());
    }
    let each = (clock.monotonic() - start) / rounds;
    println!("{name}: {each:?} each, {bytes} bytes");
}

fn main() {
    let row = r#"<tr><td style="padding:8px;font-family:sans-serif">Dear {{User.UserAttributes.FirstName}}, the {{upper Attributes.Color}} one in <a href="https://shop.example/item?id=1&amp;u={{Id}}">your size</a> or <a href="https://shop.example/all">all of them</a>, {{#if (gte Metrics.orders 3)}}with 10 % off{{else}}while it lasts{{/if}}. Grüße aus {{Location.City}}.</td></tr>"#;
    let html = format!(
        "<html><head><title>Sale</title></head><body><table>{}</table></body></html>",
        row.repeat(12)
    );
    let endpoint = world::ana();
    let variables = Variables {
        endpoint: Some(&endpoint),
        ..Variables::default()
    };
    let source = EmailSource {
        from: "Shop <news@shop.example>",
        subject: Some("For you, {{User.UserAttributes.FirstName}}"),
        html: Some(&html),
        text: Some("Dear {{User.UserAttributes.FirstName}}, there is a sale."),
        headers: &[],
        defaults: &[].into(),
        policy: MissingPolicy::Fail,
    };
    let content = EmailContent::compile(&source).expect("compiles");
    let envelope = Envelope {
        to: "ana@mail.example",
        reply_to: &[],
        message_id: "0100-a@shop.example",
        date: Timestamp::from_millis(1_772_435_704_120),
        service_headers: &[],
    };
    measure("compile", 200, || {
        EmailContent::compile(&source).map_or(0, |content| content.variables().len())
    });
    let redirects = Redirects("x".repeat(180));
    let render = || {
        content
            .render(&variables, Some(&redirects))
            .expect("renders")
    };
    measure("render, links rewritten ahead", 20_000, || {
        render().html.map_or(0, |html| html.len())
    });
    let plain = content
        .render(&variables, None)
        .expect("renders")
        .html
        .expect("html");
    measure("rewrite finished HTML", 2_000, || {
        track(&plain, &redirects).html.len()
    });
    let email = render();
    measure("mime", 20_000, || mime(&email, &envelope).len());
}
