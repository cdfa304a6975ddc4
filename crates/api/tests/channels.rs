//! Channel settings as callers see them.

mod harness;

use harness::Server;
use model::{AppId, ChannelType, Credential};
use rcgen::{CertificateParams, KeyPair};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wire::shapes;

const IDENTITY: &str = "arn:aws:ses:eu-west-1:000000000000:identity/shop.example";

fn token_key() -> String {
    KeyPair::generate().expect("a key").serialize_pem()
}

fn certificate() -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["push.example".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

fn service_json() -> String {
    json!({
        "type": "service_account", "project_id": "shop", "client_email": "push@shop.example",
        "private_key": token_key(),
    })
    .to_string()
}

fn token_credentials() -> Value {
    json!({
        "BundleId": "example.shop", "TeamId": "TEAM000001", "TokenKeyId": "KEY0000001",
        "TokenKey": token_key(),
    })
}

/// A channel, the least that it takes, and a check of its answers.
type Row = (&'static str, Value, fn(&Value));

/// One channel on a server of its own.
struct One {
    server: Server,
    app: String,
    path: String,
}

impl One {
    async fn new(word: &str) -> Self {
        let server = Server::start().await;
        let app = server.app().await;
        let path = format!("/v1/apps/{app}/channels/{word}");
        Self { server, app, path }
    }

    async fn put(&self, body: Value) -> Value {
        self.server.json("PUT", &self.path, body).await.ok(200)
    }

    async fn refuses(&self, body: Value, told: &str) {
        let answer = self.server.json("PUT", &self.path, body).await;
        let message = answer.refused(400, "BadRequestException");
        assert!(message.contains(told), "{message}");
    }
}

/// Whether `answer` has only members of the shape.
#[track_caller]
fn fits<T: DeserializeOwned + Serialize>(answer: &Value) {
    let shape: T = serde_json::from_value(answer.clone()).expect("the shape");
    assert_eq!(&serde_json::to_value(shape).expect("JSON"), answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_channel_comes_and_goes() {
    let server = Server::start().await;
    let app = server.app().await;
    let rows: [Row; 10] = [
        (
            "adm",
            json!({"ClientId": "c", "ClientSecret": "s"}),
            fits::<shapes::ADMChannelResponse>,
        ),
        ("apns", json!({}), fits::<shapes::APNSChannelResponse>),
        (
            "apns_sandbox",
            json!({}),
            fits::<shapes::APNSSandboxChannelResponse>,
        ),
        (
            "apns_voip",
            json!({}),
            fits::<shapes::APNSVoipChannelResponse>,
        ),
        (
            "apns_voip_sandbox",
            json!({}),
            fits::<shapes::APNSVoipSandboxChannelResponse>,
        ),
        (
            "baidu",
            json!({"ApiKey": "a", "SecretKey": "s"}),
            fits::<shapes::BaiduChannelResponse>,
        ),
        (
            "email",
            json!({"FromAddress": "a@b.example", "Identity": IDENTITY}),
            fits::<shapes::EmailChannelResponse>,
        ),
        ("gcm", json!({}), fits::<shapes::GCMChannelResponse>),
        ("sms", json!({}), fits::<shapes::SMSChannelResponse>),
        ("voice", json!({}), fits::<shapes::VoiceChannelResponse>),
    ];
    let all = format!("/v1/apps/{app}/channels");
    for (word, body, fits) in &rows {
        let path = format!("{all}/{word}");
        server.get(&path).await.refused(404, "NotFoundException");
        let gone = server.call("DELETE", &path, b"").await;
        gone.refused(404, "NotFoundException");
        let made = server.json("PUT", &path, body.clone()).await.ok(200);
        let common = (
            &made["Enabled"],
            &made["Version"],
            &made["IsArchived"],
            &made["Id"],
        );
        assert_eq!(
            common,
            (&json!(true), &json!(1), &json!(false), &json!(word))
        );
        assert_eq!(made["Platform"], word.to_uppercase());
        assert_eq!(made["ApplicationId"], app);
        assert_eq!(made["HasCredential"], matches!(*word, "adm" | "baidu"));
        fits(&made);
        assert_eq!(server.get(&path).await.ok(200), made);
    }
    let listed = server.get(&all).await.ok(200);
    let listed = listed["Channels"].as_object().expect("channels");
    let mut names: Vec<_> = rows.iter().map(|row| row.0.to_uppercase()).collect();
    names.push("IN_APP".to_owned());
    names.sort();
    assert_eq!(listed.keys().cloned().collect::<Vec<_>>(), names);
    let always = json!({"Enabled": true, "IsArchived": false, "Version": 0});
    assert_eq!(listed["IN_APP"], always);
    for (word, body, _) in &rows {
        let path = format!("{all}/{word}");
        let mut off = body.clone();
        off["Enabled"] = json!(false);
        let changed = server.json("PUT", &path, off).await.ok(200);
        assert_eq!(
            (&changed["Enabled"], &changed["Version"]),
            (&json!(false), &json!(2))
        );
        let kept = server.json("PUT", &path, body.clone()).await.ok(200);
        assert_eq!(kept["Enabled"], false, "{word}");
        assert_eq!(kept["CreationDate"], changed["CreationDate"]);
        let last = server.call("DELETE", &path, b"").await.ok(200);
        assert_eq!(
            (&last["Enabled"], &last["Version"]),
            (&json!(false), &json!(3))
        );
        server.get(&path).await.refused(404, "NotFoundException");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn apns_authenticates_by_key_or_certificate() {
    let one = One::new("apns_sandbox").await;
    let method = "DefaultAuthenticationMethod";
    one.refuses(json!({method: "key"}), "TokenKey").await;
    one.refuses(json!({method: "Certificate"}), "PrivateKey")
        .await;
    one.refuses(json!({method: "magic"}), method).await;
    for member in ["BundleId", "TeamId", "TokenKeyId"] {
        let mut part = token_credentials();
        part.as_object_mut().expect("an object").remove(member);
        one.refuses(part, member).await;
    }
    for (member, bad) in [
        ("TeamId", "short"),
        ("TokenKeyId", "KEY-000001"),
        ("TokenKey", "x"),
    ] {
        let mut part = token_credentials();
        part[member] = json!(bad);
        one.refuses(part, &format!("{member}: expected")).await;
    }
    one.server
        .get(&one.path)
        .await
        .refused(404, "NotFoundException");

    let made = one.put(token_credentials()).await;
    assert_eq!(
        (&made[method], &made["HasTokenKey"]),
        (&json!("key"), &json!(true))
    );
    let (pem, key) = certificate();
    one.refuses(json!({"Certificate": pem}), "needs PrivateKey")
        .await;
    one.refuses(json!({"PrivateKey": key}), "needs Certificate")
        .await;
    one.refuses(
        json!({"Certificate": pem, "PrivateKey": token_key()}),
        "belong",
    )
    .await;
    let both = one
        .put(json!({"Certificate": pem, "PrivateKey": key}))
        .await;
    assert_eq!(both[method], "key");
    let other = one
        .put(json!({method: "CERTIFICATE", "Enabled": false}))
        .await;
    assert_eq!(
        (&other[method], &other["Enabled"]),
        (&json!("CERTIFICATE"), &json!(false))
    );
    let token = one.put(json!({method: "TOKEN", "Enabled": null})).await;
    assert_eq!(
        (&token[method], &token["Enabled"]),
        (&json!("TOKEN"), &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn gcm_keeps_what_is_not_given() {
    let one = One::new("gcm").await;
    let method = "DefaultAuthenticationMethod";
    let bare = one.put(json!({"Enabled": true})).await;
    assert_eq!(
        (&bare[method], &bare["HasCredential"]),
        (&json!("KEY"), &json!(false))
    );
    one.refuses(json!({"ApiKey": ""}), "ApiKey: must not be empty")
        .await;
    one.refuses(json!({"ServiceJson": "{}"}), "ServiceJson: expected")
        .await;
    one.refuses(json!({method: "token"}), "ServiceJson").await;
    let by_token = one.put(json!({"ServiceJson": service_json()})).await;
    assert_eq!(by_token[method], "TOKEN");
    assert_eq!(by_token["HasFcmServiceCredentials"], true);
    let with_key = one.put(json!({"ApiKey": "former", method: "key"})).await;
    assert_eq!(
        (&with_key[method], &with_key["Version"]),
        (&json!("key"), &json!(3))
    );
    assert_eq!(with_key.get("Credential"), None);
    let off = one.put(json!({"Enabled": false})).await;
    assert_eq!(
        (&off["HasFcmServiceCredentials"], &off["Enabled"]),
        (&json!(true), &json!(false))
    );
    let store = &one.server.parts.store;
    let app = AppId::from(one.app.as_str());
    let channel = store
        .channel(&app, ChannelType::Gcm)
        .await
        .expect("reads")
        .expect("is there");
    let secrets = store.channel_credentials(&channel).await.expect("reads");
    assert_eq!(secrets.get(Credential::ApiKey), Some("former"));
    assert!(secrets.get(Credential::ServiceJson).is_some());
    assert!(!format!("{secrets:?}").contains("former"));
    assert!(
        !store
            .is_channel_enabled(&app, ChannelType::Gcm)
            .await
            .expect("reads")
    );
    assert!(
        store
            .is_channel_enabled(&app, ChannelType::Custom)
            .await
            .expect("reads")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn text_messages_have_plausible_senders() {
    let one = One::new("sms").await;
    let made = one
        .put(json!({"SenderId": "LARKSPUR", "ShortCode": "12345"}))
        .await;
    assert_eq!(
        (&made["SenderId"], &made["ShortCode"]),
        (&json!("LARKSPUR"), &json!("12345"))
    );
    assert_eq!(
        one.put(json!({"Enabled": false})).await["SenderId"],
        "LARKSPUR"
    );
    assert_eq!(one.put(json!({"SenderId": ""})).await.get("SenderId"), None);
    for bad in ["TWELVE LETTRS", "123456", "TWELVELETTER", "a b"] {
        one.refuses(json!({"SenderId": bad}), "SenderId: expected")
            .await;
    }
    one.refuses(json!({"ShortCode": "12-3"}), "ShortCode: expected")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_echoed_only_if_the_operator_says_so() {
    let body = json!({"ApiKey": "visible-key", "SecretKey": "hidden"});
    let one = One::new("baidu").await;
    assert_eq!(one.put(body.clone()).await["Credential"], "********");
    one.refuses(json!({"ApiKey": "a"}), "SecretKey").await;

    let server = Server::with(|settings| settings.echo_credentials = true).await;
    let app = server.app().await;
    let path = format!("/v1/apps/{app}/channels/baidu");
    let made = server.json("PUT", &path, body).await.ok(200);
    assert_eq!(made["Credential"], "visible-key");
    let last = server.call("DELETE", &path, b"").await.ok(200);
    assert_eq!(last["Credential"], "visible-key");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_go_with_their_application() {
    let one = One::new("adm").await;
    one.put(json!({"ClientId": "client", "ClientSecret": "very secret"}))
        .await;
    let name = format!("channel/{}/ADM", one.app);
    let secrets = &one.server.parts.store.secrets;
    assert!(secrets.get(&name).await.expect("reads").is_some());
    let path = format!("/v1/apps/{}", one.app);
    one.server.call("DELETE", &path, b"").await.ok(200);
    assert_eq!(secrets.get(&name).await.expect("reads"), None);
    let app = AppId::from(one.app.as_str());
    let left = one.server.parts.store.channels(&app).await.expect("reads");
    assert_eq!(left, []);
}
