//! Applications, settings, endpoints, segments, tags, channels and templates as callers see them.

mod harness;

use harness::Server;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn applications_and_their_settings() {
    let server = Server::start().await;
    let created = server
        .json("POST", "/v1/apps", json!({"Name": "a", "tags": {"k": "v"}}))
        .await;
    let created = created.ok(201);
    assert_eq!(created["tags"], json!({"k": "v"}));
    let id = created["Id"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    assert_eq!(
        created["Arn"],
        format!("arn:aws:mobiletargeting:eu-west-1:000000000000:apps/{id}")
    );
    server
        .json("POST", "/v1/apps", json!({"Name": ""}))
        .await
        .refused(400, "BadRequestException");
    server
        .json("POST", "/v1/apps", json!({}))
        .await
        .refused(400, "BadRequestException");
    let app = server.app().await;
    let page = server.get("/v1/apps?page-size=1").await.ok(200);
    assert_eq!(page["Item"][0]["tags"], json!({}));
    let token = page["NextToken"].as_str().unwrap();
    let last = server
        .get(&format!("/v1/apps?page-size=1&token={token}"))
        .await
        .ok(200);
    assert_eq!(last["Item"][0]["Id"], id);
    assert_eq!(last.get("NextToken"), None);
    for bad in ["page-size=0", "page-size=x", "token=x"] {
        server
            .get(&format!("/v1/apps?{bad}"))
            .await
            .refused(400, "BadRequestException");
    }

    let path = format!("/v1/apps/{app}/settings");
    let fresh = server.get(&path).await.ok(200);
    for block in ["CampaignHook", "Limits", "QuietTime"] {
        assert_eq!(fresh[block], json!({}), "{block}");
    }
    server
        .json("PUT", &path, json!({"Limits": {"Daily": 3}}))
        .await
        .ok(200);
    let quiet = json!({"QuietTime": {"Start": "22:00", "End": "07:00"}});
    let now = server.json("PUT", &path, quiet).await.ok(200);
    assert_eq!(now["Limits"], json!({"Daily": 3}));
    assert_eq!(now["QuietTime"], json!({"Start": "22:00", "End": "07:00"}));
    assert!(now["LastModifiedDate"].is_string());
    let cleared = server
        .json("PUT", &path, json!({"Limits": {}}))
        .await
        .ok(200);
    assert_eq!(cleared["Limits"], json!({}));
    let half = json!({"QuietTime": {"Start": "22:00"}});
    server
        .json("PUT", &path, half)
        .await
        .refused(400, "BadRequestException");

    let deleted = server
        .call("DELETE", &format!("/v1/apps/{app}"), b"")
        .await
        .ok(200);
    assert_eq!(deleted["Id"], app.as_str());
    server.get(&path).await.refused(404, "NotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_are_limited() {
    let server = Server::with(|settings| settings.limits.applications = 1).await;
    server.app().await;
    let second = server.json("POST", "/v1/apps", json!({"Name": "b"})).await;
    assert!(second.refused(400, "BadRequestException").contains('1'));
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_and_users() {
    let server = Server::start().await;
    let app = server.app().await;
    let at = |id: &str| format!("/v1/apps/{app}/endpoints/{id}");
    let accepted = server
        .json("PUT", &at("abc"), json!({
            "ChannelType": "EMAIL", "Address": "a@x.example",
            "Attributes": {"a": ["1"], "b": "x"}, "Location": {"Latitude": 47.61, "Longitude": 1},
            "User": {"UserId": "u", "UserAttributes": {"n": ["Ada"]}},
        }))
        .await;
    let body = accepted.ok(202);
    assert_eq!(body["Message"], "Accepted");
    assert_eq!(body["RequestID"], accepted.header("x-amzn-requestid"));
    server
        .json("PUT", &at("ABC"), json!({"Attributes": {"a": ["2"]}}))
        .await
        .ok(202);
    let mut found = server.get(&at("aBc")).await.ok(200);
    for member in ["CohortId", "RequestId", "CreationDate", "EffectiveDate"] {
        assert!(
            found
                .as_object_mut()
                .unwrap()
                .remove(member)
                .unwrap()
                .is_string(),
            "{member}"
        );
    }
    assert_eq!(
        found,
        json!({
            "ApplicationId": app, "Id": "abc", "ChannelType": "EMAIL", "Address": "a@x.example",
            "EndpointStatus": "ACTIVE", "OptOut": "NONE", "Attributes": {"a": ["2"], "b": ["x"]},
            "Metrics": {}, "Demographic": {}, "Location": {"Latitude": 47.6, "Longitude": 1.0},
            "User": {"UserId": "u", "UserAttributes": {"n": ["Ada"]}},
        })
    );
    server.json("PUT", &at("bare"), json!({})).await.ok(202);
    let bare = server.get(&at("bare")).await.ok(200);
    assert_eq!(
        (bare["OptOut"].as_str(), &bare["User"]),
        (Some("ALL"), &json!({}))
    );
    let path = format!("/v1/apps/{app}/users/u");
    let linked = server.get(&path).await.ok(200);
    assert_eq!(linked["Item"].as_array().unwrap().len(), 1);
    let deleted = server.call("DELETE", &path, b"").await.ok(202);
    assert_eq!(deleted["Item"][0]["Id"], "abc");
    server.get(&path).await.refused(404, "NotFoundException");
    let again = server.call("DELETE", &path, b"").await.ok(202);
    assert_eq!(again["Item"], json!([]));
    let missing = server.call("DELETE", &at("abc"), b"").await.ok(202);
    assert_eq!(missing, json!({"ApplicationId": app, "Id": "abc"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_all_or_nothing() {
    let server = Server::start().await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/endpoints");
    let good = json!({"Id": "good", "ChannelType": "EMAIL", "Address": "g@x.example"});
    let bad = json!({"Id": "bad", "Address": "no-channel"});
    let refused = server
        .json("PUT", &path, json!({"Item": [good, bad]}))
        .await;
    let message = refused.refused(400, "BadRequestException");
    assert_eq!(message, "Item bad: Missing ChannelType");
    server
        .get(&format!("{path}/good"))
        .await
        .refused(404, "NotFoundException");
    server
        .json("PUT", &path, json!({"Item": [good, good]}))
        .await
        .ok(202);
    server.get(&format!("{path}/good")).await.ok(200);
    for bad in [json!({}), json!({"Item": []}), json!({"Item": [{}]})] {
        server
            .json("PUT", &path, bad)
            .await
            .refused(400, "BadRequestException");
    }
    // The message about a user's endpoints stays as clients expect it.
    let items = |range: std::ops::Range<u32>| -> Vec<Value> {
        let item = |n: u32| {
            json!({"Id": format!("u{n}"), "ChannelType": "EMAIL",
                "Address": format!("{n}@x.example"), "User": {"UserId": "u"}})
        };
        range.map(item).collect()
    };
    server
        .json("PUT", &path, json!({"Item": items(0..15)}))
        .await
        .ok(202);
    let full = server
        .json("PUT", &path, json!({"Item": items(15..16)}))
        .await;
    let message = full.refused(400, "BadRequestException");
    assert!(
        message.starts_with("Exceeded maximum endpoint per user count"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_are_removed() {
    let server = Server::start().await;
    let app = server.app().await;
    let endpoint = json!({"Attributes": {"color": ["red"], "pref_a": ["1"], "size": ["m"]}});
    server
        .json("PUT", &format!("/v1/apps/{app}/endpoints/e"), endpoint)
        .await
        .ok(202);
    let path = format!("/v1/apps/{app}/attributes");
    let body = json!({"Blacklist": ["color", "pref_*"]});
    let left = server
        .json("PUT", &format!("{path}/endpoint-custom-attributes"), body)
        .await;
    assert_eq!(left.ok(200)["Attributes"], json!(["size"]));
    let other = server
        .json("PUT", &format!("{path}/other"), json!({"Blacklist": []}))
        .await;
    other.refused(400, "BadRequestException");
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_and_their_versions() {
    let server = Server::start().await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/segments");
    let everyone = server.json("POST", &path, json!({})).await.ok(201);
    assert_eq!(everyone["tags"], json!({}));
    assert_eq!(
        (
            everyone["Version"].as_i64(),
            everyone["SegmentType"].as_str()
        ),
        (Some(1), Some("DIMENSIONAL"))
    );
    let id = everyone["Id"].as_str().unwrap();
    let dimensions =
        json!({"Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}});
    let body = json!({"Name": "gold", "Dimensions": dimensions});
    let updated = server
        .json("PUT", &format!("{path}/{id}"), body)
        .await
        .ok(200);
    assert_eq!(
        (updated["Version"].as_i64(), &updated["Dimensions"]),
        (Some(2), &dimensions)
    );
    let kept = server
        .json("PUT", &format!("{path}/{id}"), json!({}))
        .await
        .ok(200);
    assert_eq!(
        (kept["Version"].as_i64(), &kept["Dimensions"]),
        (Some(3), &dimensions)
    );
    let versions = server.get(&format!("{path}/{id}/versions")).await.ok(200);
    let numbers: Vec<_> = versions["Item"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["Version"].clone())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    let first = server.get(&format!("{path}/{id}/versions/1")).await.ok(200);
    assert_eq!(first.get("Dimensions"), None);
    for missing in ["versions/9", "versions/x", "versions/0"] {
        server
            .get(&format!("{path}/{id}/{missing}"))
            .await
            .refused(404, "NotFoundException");
    }
    let itself = json!({"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": id}]}]}});
    server
        .json("PUT", &format!("{path}/{id}"), itself)
        .await
        .refused(400, "BadRequestException");
    let nobody = json!({"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "nobody"}]}]}});
    let refused = server.json("POST", &path, nobody).await;
    assert!(
        refused
            .refused(400, "BadRequestException")
            .contains("nobody")
    );
    let jobs = server
        .get(&format!("{path}/{id}/jobs/import"))
        .await
        .ok(200);
    assert_eq!(jobs["Item"], json!([]));
    server
        .call("DELETE", &format!("{path}/{id}"), b"")
        .await
        .ok(200);
    server
        .get(&format!("{path}/{id}"))
        .await
        .refused(404, "NotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_come_and_go() {
    let server = Server::start().await;
    let app = server.app().await;
    let segment = server
        .json("POST", &format!("/v1/apps/{app}/segments"), json!({}))
        .await
        .ok(201);
    let arn = segment["Arn"]
        .as_str()
        .unwrap()
        .replace(':', "%3A")
        .replace('/', "%2F");
    let path = format!("/v1/tags/{arn}");
    let tags = json!({"tags": {"a": "1", "b": "2"}});
    assert_eq!(server.json("POST", &path, tags).await.status, 204);
    let removed = server
        .call("DELETE", &format!("{path}?tagKeys=a&tagKeys=none"), b"")
        .await;
    assert_eq!(removed.status, 204);
    assert_eq!(server.get(&path).await.ok(200), json!({"tags": {"b": "2"}}));
    let listed = server
        .get(&format!("/v1/apps/{app}/segments"))
        .await
        .ok(200);
    assert_eq!(listed["Item"][0]["tags"], json!({"b": "2"}));
    assert_eq!(listed["Item"][0]["Version"], 1);
    let reserved = json!({"tags": {"aws:x": "1"}});
    server
        .json("POST", &path, reserved)
        .await
        .refused(400, "BadRequestException");
    server
        .get("/v1/tags/arn%3Aaws%3As3%3A%3A%3Ax")
        .await
        .refused(400, "BadRequestException");
    let elsewhere = path.replace("000000000000", "999999999999");
    server
        .get(&elsewhere)
        .await
        .refused(404, "NotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_email_channel() {
    let server = Server::start().await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/channels/email");
    server.get(&path).await.refused(404, "NotFoundException");
    let body = json!({"FromAddress": "Shop <news@shop.example>", "Identity": "arn:aws:ses:eu-west-1:000000000000:identity/shop.example"});
    let made = server.json("PUT", &path, body.clone()).await.ok(200);
    assert_eq!(
        (
            made["Enabled"].as_bool(),
            made["Version"].as_i64(),
            made["Platform"].as_str()
        ),
        (Some(true), Some(1), Some("EMAIL"))
    );
    let mut off = body;
    off["Enabled"] = json!(false);
    server.json("PUT", &path, off).await.ok(200);
    let all = server
        .get(&format!("/v1/apps/{app}/channels"))
        .await
        .ok(200);
    assert_eq!(all["Channels"]["EMAIL"]["Enabled"], false);
    assert_eq!(
        all["Channels"]["IN_APP"],
        json!({"Enabled": true, "IsArchived": false, "Version": 0})
    );
    server
        .json("PUT", &path, json!({"FromAddress": "a@b.example"}))
        .await
        .refused(400, "BadRequestException");
    server.call("DELETE", &path, b"").await.ok(200);
    server.get(&path).await.refused(404, "NotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn email_templates_and_their_versions() {
    let server = Server::start().await;
    let path = "/v1/templates/welcome/email";
    let body = |subject: &str| json!({"Subject": subject, "HtmlPart": "<p>{{Id}}</p>", "DefaultSubstitutions": "{\"Id\":\"x\"}"});
    let made = server.json("POST", path, body("one")).await.ok(201);
    assert_eq!(
        made["Arn"],
        "arn:aws:mobiletargeting:eu-west-1:000000000000:templates/welcome/EMAIL"
    );
    server
        .json("POST", path, body("one"))
        .await
        .refused(400, "BadRequestException");
    let appended = server
        .json(
            "PUT",
            &format!("{path}?create-new-version=true"),
            body("two"),
        )
        .await;
    appended.ok(202);
    let active = server.get(path).await.ok(200);
    assert_eq!(
        (active["Subject"].as_str(), active["Version"].as_str()),
        (Some("one"), Some("1"))
    );
    assert_eq!(active["DefaultSubstitutions"], "{\"Id\":\"x\"}");
    let second = server.get(&format!("{path}?version=2")).await.ok(200);
    assert_eq!(second["Subject"], "two");
    let stale = server
        .json("PUT", &format!("{path}?version=1"), body("three"))
        .await;
    stale.refused(400, "BadRequestException");
    let active_path = "/v1/templates/welcome/EMAIL/active-version";
    server
        .json("PUT", active_path, json!({"Version": "latest"}))
        .await
        .ok(200);
    assert_eq!(server.get(path).await.ok(200)["Subject"], "two");
    server.json("PUT", path, body("two, changed")).await.ok(202);
    assert_eq!(server.get(path).await.ok(200)["Subject"], "two, changed");
    let versions = server
        .get("/v1/templates/welcome/email/versions")
        .await
        .ok(200);
    let numbers: Vec<_> = versions["Item"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["Version"].clone())
        .collect();
    assert_eq!(numbers, ["2", "1"]);
    let listed = server
        .get("/v1/templates?prefix=wel&template-type=EMAIL")
        .await
        .ok(200);
    assert_eq!(listed["Item"][0]["Version"], "2");
    let none = server.get("/v1/templates?prefix=nothing").await.ok(200);
    assert_eq!(none["Item"], json!([]));
    let doomed = server
        .call("DELETE", &format!("{path}?version=2"), b"")
        .await;
    doomed.refused(400, "BadRequestException");
    server
        .call("DELETE", &format!("{path}?version=1"), b"")
        .await
        .ok(202);
    server
        .call("DELETE", &format!("{path}?version=2"), b"")
        .await
        .ok(202);
    server.get(path).await.refused(404, "NotFoundException");
    for bad in [
        json!({"HtmlPart": "{{#if"}),
        json!({"DefaultSubstitutions": "no"}),
    ] {
        server
            .json("POST", path, bad)
            .await
            .refused(400, "BadRequestException");
    }
    server
        .json("POST", "/v1/templates/-x/email", body("x"))
        .await
        .refused(400, "BadRequestException");
}
