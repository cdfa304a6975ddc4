//! Recommender configurations as callers see them.

mod harness;

use harness::Server;
use model::Policy;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_from_first_to_last() {
    let server = Server::start().await;
    let path = "/v1/recommenders";
    let body = json!({
        "Name": "shop", "RecommendationsDisplayName": "For you", "RecommendationsPerMessage": 2,
        "RecommendationProviderRoleArn": "arn:aws:iam::000000000000:role/ask",
        "RecommendationProviderUri": "arn:aws:personalize:eu-west-1:000000000000:campaign/c",
    });
    let made = server.json("POST", path, body.clone()).await.ok(201);
    let id = made["Id"].as_str().expect("an identifier");
    assert_eq!(id.len(), 32);
    for (name, value) in body.as_object().expect("members") {
        assert_eq!(&made[name], value, "{name}");
    }
    let own = format!("{path}/{id}");
    assert_eq!(server.get(&own).await.ok(200), made);
    let mut change = body.clone();
    change["RecommendationTransformerUri"] = json!("transform");
    change["Attributes"] = json!({"Title": "Title"});
    let changed = server.json("PUT", &own, change).await.ok(200);
    assert_eq!(changed["Attributes"], json!({"Title": "Title"}));
    assert_eq!(changed.get("RecommendationsDisplayName"), None);
    assert_eq!(changed["CreationDate"], made["CreationDate"]);

    for _ in 0..2 {
        server.json("POST", path, body.clone()).await.ok(201);
    }
    let page = server.get(&format!("{path}?page-size=2")).await.ok(200);
    assert_eq!(page["Item"].as_array().map(Vec::len), Some(2));
    let token = page["NextToken"].as_str().expect("a token");
    let rest = format!("{path}?page-size=2&token={token}");
    let rest = server.get(&rest).await.ok(200);
    assert_eq!(rest["Item"], json!([changed]));
    assert_eq!(rest.get("NextToken"), None);

    let last = server.call("DELETE", &own, b"").await.ok(200);
    assert_eq!(last, changed);
    server.get(&own).await.refused(404, "NotFoundException");
    let gone = server.json("PUT", &own, body).await;
    gone.refused(404, "NotFoundException");
    let gone = server.call("DELETE", &own, b"").await;
    gone.refused(404, "NotFoundException");
    let lacking = server.json("POST", path, json!({"Name": "shop"})).await;
    lacking.refused(400, "BadRequestException");
    let reader = server.key(Policy::Read, None, None).await;
    let denied = server.signed(&reader, "DELETE", &own, b"").await;
    let message = denied.refused(403, "AccessDeniedException");
    assert!(
        message.ends_with(&format!(":recommenders/{id}")),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_a_hundred_at_most() {
    let server = Server::start().await;
    let body = json!({
        "RecommendationsDisplayName": "For you",
        "RecommendationProviderRoleArn": "arn:aws:iam::000000000000:role/ask",
        "RecommendationProviderUri": "https://models.example/recommend",
    });
    for _ in 0..100 {
        server
            .json("POST", "/v1/recommenders", body.clone())
            .await
            .ok(201);
    }
    let more = server.json("POST", "/v1/recommenders", body).await;
    more.refused(400, "BadRequestException");
}
