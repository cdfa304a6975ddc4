//! Messages per second into the inbox, or to an SMTP sink such as Postfix's `smtp-sink`:
//! `delivering [COUNT] [HOST PORT]`. `delivering sink` is a strict sink on port 2525.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use channels::email::{
    Delivery, EmailTransport, OutboundEmail, SmtpConfig, SmtpTransport, message_id,
};
use channels::inbox::{Inbox, InboxOptions};
use channels::testing::{Features, Script, SmtpServer};
use clock::Clock;

/// Callers that send at the same time.
const CALLERS: usize = 512;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_some_and(|first| first == "sink") {
        let server = SmtpServer::on("127.0.0.1:2525", Features::default(), Script::kind()).await;
        server.wait_for(usize::MAX).await;
    }
    let count = arguments
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap_or(100_000);
    let clock = Clock::real();
    let dir = tempfile::tempdir().expect("a folder");
    let transport: Arc<dyn EmailTransport> = match (arguments.next(), arguments.next()) {
        (Some(host), Some(port)) => {
            let port = port.parse().expect("a port");
            let config = SmtpConfig {
                messages_per_connection_max: 10_000,
                ..SmtpConfig::new(host, port)
            };
            Arc::new(SmtpTransport::new(config, clock.clone()).expect("a working configuration"))
        }
        _ => Arc::new(Inbox::open(InboxOptions::new(dir.path()), clock.clone()).expect("an inbox")),
    };
    let started = clock.monotonic();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| tokio::spawn(send_share(Arc::clone(&transport), caller, count)))
        .collect();
    let mut accepted = 0;
    for caller in callers {
        accepted += caller.await.expect("no panic");
    }
    let spent: Duration = clock.monotonic() - started;
    println!(
        "{accepted} of {count} accepted in {spent:?}: {:.0}/s",
        f64::from(accepted) / spent.as_secs_f64()
    );
}

async fn send_share(transport: Arc<dyn EmailTransport>, caller: usize, count: usize) -> u32 {
    let mut accepted = 0;
    for number in (caller..count).step_by(CALLERS) {
        let delivery = transport.send(mail(number)).await;
        accepted += u32::from(matches!(delivery, Delivery::Accepted { .. }));
    }
    accepted
}

/// Some 8 KB, as a mail with a few pictures and links is.
fn mail(number: usize) -> OutboundEmail {
    let key = format!("run/{number}");
    let row = format!(
        "<tr><td>Dear p{number}, here is something for you: <a href=3D\"https://shop.example/=\r\nt/c/{number}\">look</a></td></tr>\r\n"
    );
    OutboundEmail {
        message_id: message_id(&key),
        key,
        from: "news@shop.example".to_owned(),
        to: format!("p{number}@mail.example"),
        mime: Bytes::from(format!("Subject: Hi\r\n\r\n{}", row.repeat(65))),
        app: "0f0e0d0c0b0a09080706050403020100".into(),
        endpoint: "ep".into(),
        user: None,
        campaign: None,
        journey: None,
        subject: "Hi".to_owned(),
        test: false,
    }
}
