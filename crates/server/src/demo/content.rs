//! What the sample shop writes.

/// A template of the sample shop.
pub struct Letter {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its subject.
    pub subject: &'static str,
    /// Its HTML.
    pub html: String,
    /// Its plain text.
    pub text: &'static str,
}

/// The templates of the sample shop.
pub fn letters() -> [Letter; 3] {
    [
        Letter {
            name: "autumn-roast",
            description: "New roast of the season",
            subject: "{{User.UserAttributes.FirstName}}, the autumn roast is here",
            html: page(
                "The autumn roast is here",
                "Hello {{User.UserAttributes.FirstName}}, we spent the summer looking for it: plum, \
                 walnut, a little cocoa. The first bags leave {{Location.City}} bound tomorrow.",
                "https://larkspur-coffee.example/autumn",
                "Try the autumn roast",
            ),
            text: "Hello {{User.UserAttributes.FirstName}}, the autumn roast is here: \
                   https://larkspur-coffee.example/autumn",
        },
        Letter {
            name: "autumn-roast-offer",
            description: "The same, with an offer",
            subject: "Two bags for one, {{User.UserAttributes.FirstName}}",
            html: page(
                "Two bags for one this week",
                "Hello {{User.UserAttributes.FirstName}}, bring somebody along: until Sunday the \
                 second bag of the autumn roast is on us.",
                "https://larkspur-coffee.example/two-for-one",
                "Get two bags",
            ),
            text: "Hello {{User.UserAttributes.FirstName}}, two bags for one until Sunday: \
                   https://larkspur-coffee.example/two-for-one",
        },
        Letter {
            name: "monthly-letter",
            description: "What happened in the roastery",
            subject: "Letter from the roastery",
            html: page(
                "Letter from the roastery",
                "Dear {{User.UserAttributes.FirstName}}, a new drum, two new colleagues, and a \
                 farm in Huila that we are proud to buy from again.",
                "https://larkspur-coffee.example/letter",
                "Read the letter",
            ),
            text: "Dear {{User.UserAttributes.FirstName}}, read our letter: \
                   https://larkspur-coffee.example/letter",
        },
    ]
}

/// Values for readers whose name is not known.
pub const DEFAULTS: [(&str, &str); 2] = [
    ("User.UserAttributes.FirstName", "coffee friend"),
    ("Location.City", "the roastery"),
];

fn page(title: &str, words: &str, link: &str, button: &str) -> String {
    format!(
        r#"<!doctype html>
<html>
<body style="margin:0;background:#f4efe8;font-family:Georgia,serif;color:#2f2a25">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:32px 12px">
<table role="presentation" width="560" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border-radius:12px">
<tr><td style="padding:28px 36px 0;font-size:14px;letter-spacing:2px;color:#8a5a2b">LARKSPUR COFFEE</td></tr>
<tr><td style="padding:16px 36px 0;font-size:28px;line-height:1.25">{title}</td></tr>
<tr><td style="padding:16px 36px;font-size:17px;line-height:1.6">{words}</td></tr>
<tr><td style="padding:8px 36px 36px"><a href="{link}" style="display:inline-block;background:#8a5a2b;color:#ffffff;text-decoration:none;padding:12px 24px;border-radius:6px">{button}</a></td></tr>
<tr><td style="padding:0 36px 28px;font-size:13px;color:#7a7068">You get this because you ordered from us. <a href="https://larkspur-coffee.example/preferences" style="color:#7a7068">Preferences</a></td></tr>
</table></td></tr></table>
</body>
</html>
"#
    )
}
