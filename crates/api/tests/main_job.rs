//! Imports, campaigns, events, KPIs, the console's own routes.

mod harness;

use std::time::Duration;

use harness::{Answer, Server};
use model::Policy;
use serde_json::{Value, json};

async fn until(mut reached: impl AsyncFnMut() -> Option<Value>) -> Value {
    for _ in 0..600 {
        if let Some(value) = reached().await {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_a_segment() {
    let server = Server::start().await;
    let app = server.app().await;
    let file = "ChannelType,Address,Id\nEMAIL,a@x.example,a\nEMAIL,b@x.example,b\n";
    std::fs::write(server.folder.path().join("people.csv"), file).unwrap();
    let path = format!("/v1/apps/{app}/jobs/import");
    let body = json!({"Format": "CSV", "S3Url": "s3://crm/people.csv", "RoleArn": "r",
        "DefineSegment": true, "RegisterEndpoints": true});
    let job = server.json("POST", &path, body).await.ok(201);
    assert_eq!(
        (job["JobStatus"].as_str(), job["Type"].as_str()),
        (Some("CREATED"), Some("IMPORT"))
    );
    assert_eq!(job["Definition"]["SegmentName"], "people");
    let segment = job["Definition"]["SegmentId"].as_str().unwrap().to_owned();
    let id = job["Id"].as_str().unwrap().to_owned();
    let done = until(async || {
        let now = server.get(&format!("{path}/{id}")).await.ok(200);
        (now["JobStatus"] == "COMPLETED").then_some(now)
    });
    let done = done.await;
    assert_eq!(
        (
            done["TotalProcessed"].as_i64(),
            done["TotalFailures"].as_i64()
        ),
        (Some(2), Some(0))
    );
    let made = server
        .get(&format!("/v1/apps/{app}/segments/{segment}"))
        .await
        .ok(200);
    assert_eq!(made["SegmentType"], "IMPORT");
    assert_eq!(made["ImportDefinition"]["Size"], 2);
    assert_eq!(made["ImportDefinition"]["ExternalId"], "");
    let jobs = server
        .get(&format!("/v1/apps/{app}/segments/{segment}/jobs/import"))
        .await
        .ok(200);
    assert_eq!(jobs["Item"][0]["Id"], id.as_str());
    for bad in [
        json!({"Format": "CSV", "S3Url": "s3://crm/none.csv", "RoleArn": "r", "RegisterEndpoints": true}),
        json!({"Format": "CSV", "S3Url": "s3://crm/people.csv", "RoleArn": "r"}),
        json!({"Format": "CSV", "S3Url": "s3://uploads/other/x.csv", "RoleArn": "r", "RegisterEndpoints": true}),
    ] {
        server
            .json("POST", &path, bad)
            .await
            .refused(400, "BadRequestException");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_answered_one_by_one() {
    let server = Server::start().await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/events");
    let event = json!({"EventType": "view", "Timestamp": "2026-11-01T10:00:00Z"});
    let body = json!({"BatchItem": {
        "phone": {"Endpoint": {"ChannelType": "GCM", "Address": "tok"},
            "Events": {"good": event, "bad": {"EventType": "view", "Timestamp": "yesterday"}}},
        "nameless": {"Endpoint": {"Address": "no-channel"}, "Events": {"e": event}},
        "bare": {"Endpoint": {}, "Events": {}},
        "a$b": {"Endpoint": {}, "Events": {}},
    }});
    let results = server.json("POST", &path, body.clone()).await.ok(202)["Results"].clone();
    let status = |id: &str| results[id]["EndpointItemResponse"]["StatusCode"].as_i64();
    assert_eq!((status("phone"), status("bare")), (Some(202), Some(202)));
    assert_eq!((status("nameless"), status("a$b")), (Some(400), Some(400)));
    assert_eq!(
        results["nameless"]["EndpointItemResponse"]["Message"],
        "Missing ChannelType"
    );
    let events = &results["phone"]["EventsItemResponse"];
    assert_eq!(
        events["good"],
        json!({"Message": "Accepted", "StatusCode": 202})
    );
    assert_eq!(events["bad"]["Message"], "Invalid timestamp: yesterday");
    assert_eq!(
        results["nameless"]["EventsItemResponse"]["e"]["StatusCode"],
        202
    );
    server
        .get(&format!("/v1/apps/{app}/endpoints/phone"))
        .await
        .ok(200);
    server
        .get(&format!("/v1/apps/{app}/endpoints/bare"))
        .await
        .ok(200);
    let end = server.parts.log.end();
    server.json("POST", &path, body).await.ok(202);
    assert_eq!(server.parts.log.end(), end, "repeated events are kept once");
    let many: serde_json::Map<_, _> = (0..101).map(|n| (n.to_string(), event.clone())).collect();
    let many = json!({"BatchItem": {"e": {"Endpoint": {}, "Events": many}}});
    server
        .json("POST", &path, many)
        .await
        .refused(400, "BadRequestException");
    let half = json!({"BatchItem": {"e": {"Endpoint": {}}}});
    server
        .json("POST", &path, half)
        .await
        .refused(400, "BadRequestException");
}

async fn campaign(server: &Server, app: &str, extra: Value) -> Answer {
    let path = format!("/v1/apps/{app}/segments");
    let segment = server.json("POST", &path, json!({"Name": "all"})).await;
    let segment = segment.ok(201)["Id"].clone();
    let mut body = json!({
        "Name": "spring", "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"},
        "MessageConfiguration": {"EmailMessage": {"Title": "Hi", "HtmlBody": "<a href=\"https://shop.example/x\">x</a>"}},
    });
    for (name, value) in extra.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    server
        .json("POST", &format!("/v1/apps/{app}/campaigns"), body)
        .await
}

async fn people(server: &Server, app: &str) {
    for n in 0..3 {
        let endpoint = json!({"ChannelType": "EMAIL", "Address": format!("p{n}@x.example")});
        let path = format!("/v1/apps/{app}/endpoints/p{n}");
        server.json("PUT", &path, endpoint).await.ok(202);
    }
    let channel = json!({"FromAddress": "news@shop.example", "Identity": "arn:aws:ses:eu-west-1:000000000000:identity/x"});
    server
        .json("PUT", &format!("/v1/apps/{app}/channels/email"), channel)
        .await
        .ok(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_from_start_to_opens() {
    let server = Server::start().await;
    let app = server.app().await;
    people(&server, &app).await;
    let made = campaign(&server, &app, json!({"AdditionalTreatments": []}))
        .await
        .ok(201);
    for (member, want) in [
        ("HoldoutPercent", json!(0)),
        ("IsPaused", json!(false)),
        ("Limits", json!({})),
        ("TemplateConfiguration", json!({})),
        ("tags", json!({})),
        ("AdditionalTreatments", json!([])),
        ("Version", json!(1)),
        ("SegmentVersion", json!(1)),
        (
            "Schedule",
            json!({"StartTime": "IMMEDIATE", "Frequency": "ONCE", "IsLocalTime": false, "Timezone": "UTC"}),
        ),
    ] {
        assert_eq!(made[member], want, "{member}");
    }
    assert_eq!(made.get("DefaultState"), None);
    let id = made["Id"].as_str().unwrap();
    let path = format!("/v1/apps/{app}/campaigns/{id}");
    until(async || {
        let now = server.get(&path).await.ok(200);
        (now["State"]["CampaignStatus"] == "COMPLETED").then_some(now)
    })
    .await;
    let activities = server.get(&format!("{path}/activities")).await.ok(200);
    assert_eq!(activities["Item"][0]["SuccessfulEndpointCount"], 3);
    assert_eq!(activities["Item"][0]["State"], "COMPLETED");
    let progress = server
        .get(&format!("/beckon/v1/apps/{app}/campaigns/{id}/progress"))
        .await
        .ok(200);
    assert_eq!(
        (
            progress["runs"][0]["sent"].as_i64(),
            progress["runs"][0]["remaining"].as_i64()
        ),
        (Some(3), Some(0))
    );
    let sent = server
        .get(&format!(
            "/beckon/v1/apps/{app}/campaigns/{id}/people?outcome=SUCCESS&limit=2"
        ))
        .await
        .ok(200);
    assert_eq!(sent["items"].as_array().unwrap().len(), 2);
    let token = sent["next"].as_str().unwrap();
    let rest = server
        .get(&format!(
            "/beckon/v1/apps/{app}/campaigns/{id}/people?outcome=SUCCESS&limit=2&token={token}"
        ))
        .await
        .ok(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);

    let inbox = server
        .get(&format!("/beckon/v1/inbox?app={app}"))
        .await
        .ok(200);
    let message = inbox["items"][0]["id"].as_str().unwrap();
    let message = server
        .get(&format!("/beckon/v1/inbox/{message}"))
        .await
        .ok(200);
    let html = message["html"].as_str().unwrap();
    let link = |kind: &str| {
        let begin = html.find(&format!("/t/{kind}/")).expect("a link");
        let rest = &html[begin..];
        rest[..rest.find('"').expect("an end")].to_owned()
    };
    let pixel = server.plain("GET", &link("o"), &[], b"").await;
    assert_eq!(
        (pixel.status, pixel.header("content-type")),
        (200, "image/gif")
    );
    let click = server.plain("GET", &link("c"), &[], b"").await;
    assert_eq!(
        (click.status, click.header("location")),
        (302, "https://shop.example/x")
    );
    let headers = message["headers"].as_array().unwrap();
    let unsubscribe = headers
        .iter()
        .find(|header| header["name"] == "List-Unsubscribe")
        .unwrap();
    let unsubscribe = unsubscribe["value"].as_str().unwrap();
    let unsubscribe = &unsubscribe[unsubscribe.find("/u/").expect(unsubscribe)..];
    let unsubscribe = unsubscribe.trim_end_matches('>');
    let page = server.plain("GET", unsubscribe, &[], b"").await;
    assert!(page.text().contains("<form method=\"post\">"));
    let endpoint = message["endpointId"].as_str().unwrap();
    let state = async || {
        server
            .get(&format!("/v1/apps/{app}/endpoints/{endpoint}"))
            .await
            .ok(200)
    };
    assert_eq!(state().await["OptOut"], "NONE", "asking is not doing");
    let done = server
        .plain("POST", unsubscribe, &[], b"List-Unsubscribe=One-Click")
        .await;
    assert_eq!(done.status, 200);
    assert_eq!(state().await["OptOut"], "ALL");

    let kpi = |name: &str| format!("{path}/kpis/daterange/{name}");
    until(async || {
        let now = server.get(&kpi("email-open-rate")).await.ok(200);
        let rows = now["KpiResult"]["Rows"].clone();
        let value: f64 = rows[0]["Values"][0]["Value"].as_str()?.parse().ok()?;
        ((value - 1.0 / 3.0).abs() < 1e-9).then_some(rows)
    })
    .await;
    server
        .get(&kpi("nothing"))
        .await
        .refused(400, "BadRequestException");
    let charts = server
        .get(&format!("/beckon/v1/apps/{app}/campaigns/{id}/analytics"))
        .await
        .ok(200);
    assert_eq!(charts["totals"]["sent"], 3);
    let overview = server
        .get(&format!("/beckon/v1/apps/{app}/overview"))
        .await
        .ok(200);
    assert_eq!(overview["endpoints"], 3);

    let renamed = server
        .json("PUT", &path, json!({"Name": "autumn"}))
        .await
        .ok(200);
    assert_eq!(renamed["Version"], 2);
    let versions = server.get(&format!("{path}/versions")).await.ok(200);
    assert_eq!(versions["Item"].as_array().unwrap().len(), 2);
    assert_eq!(
        server.get(&format!("{path}/versions/1")).await.ok(200)["Name"],
        "spring"
    );
    let deleted = server.call("DELETE", &path, b"").await.ok(200);
    assert_eq!(deleted["State"]["CampaignStatus"], "DELETED");
    server.get(&path).await.refused(404, "NotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn campaigns_are_refused_with_reasons() {
    let server = Server::start().await;
    let app = server.app().await;
    for (extra, word) in [
        (json!({"Name": " "}), "Name"),
        (
            json!({"HoldoutPercent": 60, "AdditionalTreatments": [{"SizePercent": 50}]}),
            "100",
        ),
        (json!({"AdditionalTreatments": [{}]}), "SizePercent"),
        (
            json!({"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "DAILY"}}),
            "Frequency",
        ),
        (json!({"SegmentId": "nobody"}), "nobody"),
        (
            json!({"TemplateConfiguration": {"EmailTemplate": {"Name": "none"}}}),
            "none",
        ),
        (
            json!({"Limits": {"MessagesPerSecond": 20_001}}),
            "MessagesPerSecond",
        ),
        (
            json!({"TemplateConfiguration": {"VoiceTemplate": {"Name": "x"}}}),
            "VoiceTemplate",
        ),
    ] {
        let message = campaign(&server, &app, extra)
            .await
            .refused(400, "BadRequestException");
        assert!(message.contains(word), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_to_the_console() {
    let server = Server::start().await;
    let (store, clock) = (&server.parts.store, &server.parts.clock);
    api::create_user(store, clock, "ada", "correct horse", Policy::Admin)
        .await
        .unwrap();
    let sign_in = |password: &str| json!({"name": "ada", "password": password}).to_string();
    let wrong = server
        .plain(
            "POST",
            "/beckon/v1/session",
            &[],
            sign_in("wrong").as_bytes(),
        )
        .await;
    wrong.refused(403, "ForbiddenException");
    let nobody = br#"{"name":"eve","password":"correct horse"}"#;
    server
        .plain("POST", "/beckon/v1/session", &[], nobody)
        .await
        .refused(403, "ForbiddenException");
    let right = sign_in("correct horse");
    let opened = server
        .plain("POST", "/beckon/v1/session", &[], right.as_bytes())
        .await;
    let session = opened.ok(200);
    let cookie = opened.header("set-cookie").to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let csrf = session["csrfToken"].as_str().unwrap().to_owned();
    let with = [("cookie", cookie.as_str())];
    server.plain("GET", "/v1/apps", &with, b"").await.ok(200);
    let body = br#"{"Name":"from the console"}"#;
    let forged = server.plain("POST", "/v1/apps", &with, body).await;
    forged.refused(403, "ForbiddenException");
    let both = [
        ("cookie", cookie.as_str()),
        ("x-beckon-csrf", csrf.as_str()),
    ];
    server.plain("POST", "/v1/apps", &both, body).await.ok(201);
    assert_eq!(
        server
            .plain("DELETE", "/beckon/v1/session", &with, b"")
            .await
            .status,
        204
    );
    let ended = server.plain("GET", "/v1/apps", &with, b"").await;
    ended.refused(403, "ExpiredTokenException");
    let shown = server.plain("GET", "/beckon/v1/session", &with, b"").await;
    assert_eq!(shown.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_uploaded() {
    let server = Server::start().await;
    let app = server.app().await;
    let (store, clock) = (&server.parts.store, &server.parts.clock);
    api::create_user(store, clock, "ada", "correct horse", Policy::Admin)
        .await
        .unwrap();
    let sign_in = br#"{"name":"ada","password":"correct horse"}"#;
    let opened = server
        .plain("POST", "/beckon/v1/session", &[], sign_in)
        .await;
    let csrf = opened.ok(200)["csrfToken"].as_str().unwrap().to_owned();
    let cookie = opened
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let with = [
        ("cookie", cookie.as_str()),
        ("x-beckon-csrf", csrf.as_str()),
    ];
    let file = b"ChannelType,Address,Id\nEMAIL,a@x.example,a\n";
    let path = format!("/beckon/v1/apps/{app}/uploads?name=people.csv");
    let uploaded = server.plain("POST", &path, &with, file).await.ok(201);
    assert_eq!(uploaded["bytes"], file.len());
    let body = json!({"Format": "CSV", "S3Url": uploaded["s3Url"], "RoleArn": "arn:beckon:upload", "RegisterEndpoints": true});
    server
        .json("POST", &format!("/v1/apps/{app}/jobs/import"), body)
        .await
        .ok(201);
    let unhashed = server.call("POST", &path, file).await;
    assert!(
        unhashed
            .refused(400, "BadRequestException")
            .contains("x-amz-content-sha256")
    );
    let unsigned = server.plain("POST", &path, &[], file).await;
    unsigned.refused(403, "MissingAuthenticationTokenException");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_finds_endpoints_and_sizes() {
    let server = Server::start().await;
    let app = server.app().await;
    people(&server, &app).await;
    let base = format!("/beckon/v1/apps/{app}");
    let found = server
        .get(&format!("{base}/endpoints?query=p1"))
        .await
        .ok(200);
    assert_eq!(found["items"][0]["Id"], "p1");
    let found = server
        .get(&format!("{base}/endpoints?query=p2%40x.example"))
        .await
        .ok(200);
    assert_eq!(found["items"][0]["Id"], "p2");
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "found once");
    let page = server
        .get(&format!("{base}/endpoints?limit=2"))
        .await
        .ok(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let token = page["next"].as_str().unwrap();
    let rest = server
        .get(&format!("{base}/endpoints?limit=2&token={token}"))
        .await
        .ok(200);
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), rest.get("next")),
        (1, None)
    );
    let size = server
        .json("POST", &format!("{base}/segments/size"), json!({}))
        .await
        .ok(200);
    assert_eq!(
        (
            size["endpoints"].as_i64(),
            size["targetable"]["EMAIL"].as_i64()
        ),
        (Some(3), Some(3))
    );
    let members = server
        .json(
            "POST",
            &format!("{base}/segments/members?limit=2"),
            json!({}),
        )
        .await
        .ok(200);
    assert_eq!(
        (
            members["items"].as_array().unwrap().len(),
            members["next"].is_string()
        ),
        (2, true)
    );
    let channels = server
        .get(&format!("{base}/attributes/Channel/-/values"))
        .await
        .ok(200);
    assert_eq!(channels["items"], json!([{"value": "EMAIL", "count": 3}]));
    let preview = json!({"subject": "Hi {{Attributes.x}}", "html": "<p>{{#if", "text": "{{Id}}", "endpointId": "p0"});
    let preview = server
        .json("POST", &format!("{base}/preview"), preview)
        .await
        .ok(200);
    assert_eq!(
        (
            preview["text"].as_str(),
            preview["errors"][0]["part"].as_str()
        ),
        (Some("p0"), Some("html"))
    );
    assert_eq!(preview["missing"], json!(["Attributes.x"]));
    let parts =
        json!({"Body": "{{Id}}: {{Attributes.y}}", "Title": "{{now \"yyyy\"}}", "Url": "{{"});
    let preview = server
        .json(
            "POST",
            &format!("{base}/preview"),
            json!({"parts": parts, "endpointId": "p0"}),
        )
        .await
        .ok(200);
    assert_eq!(preview["parts"]["Body"], "p0: ");
    assert_eq!(preview["parts"]["Url"], serde_json::Value::Null);
    assert_eq!(preview["missing"], json!(["Attributes.y"]));
    assert_eq!(preview["errors"][0]["part"], "Url");
    let test = json!({"addresses": ["me@x.example"], "inboxOnly": true, "message": {"Title": "t", "HtmlBody": "<p>x</p>", "FromAddress": "a@b.example"}});
    let sent = server
        .json("POST", &format!("{base}/test-messages"), test)
        .await
        .ok(200);
    assert_eq!(sent["results"][0]["accepted"], true, "{sent}");
    server.get("/beckon/v1/status").await.ok(200);
    let put = server
        .call("PUT", "/beckon/v1/suppressions/bad%40x.example", b"")
        .await;
    assert_eq!(put.status, 204);
    let listed = server
        .get("/beckon/v1/suppressions?query=bad")
        .await
        .ok(200);
    assert_eq!(listed["items"][0]["reason"], "MANUAL");
}
