//! Templates: one with a life of versions, one of each other kind, the lists.

use aws_sdk_pinpoint::types::{
    EmailTemplateRequest, SmsTemplateRequest, TemplateActiveVersionRequest, VoiceTemplateRequest,
};

use conformance::Target;

/// A name that no other run uses: templates belong to the account.
fn name(what: &str) -> String {
    format!("conformance-{what}-{}", std::process::id())
}

#[tokio::test]
async fn an_email_template_has_versions_and_an_active_one() {
    let target = Target::open();
    let client = &target.client;
    let name = name("email");
    let content = |subject: &str| {
        EmailTemplateRequest::builder()
            .subject(subject)
            .html_part("<p>Hello {{User.UserAttributes.FirstName}}</p>")
            .default_substitutions("{\"User.UserAttributes.FirstName\": \"friend\"}")
            .build()
    };
    let made = client.create_email_template().template_name(&name);
    made.email_template_request(content("one"))
        .send()
        .await
        .unwrap();
    let update = client
        .update_email_template()
        .template_name(&name)
        .create_new_version(true);
    update
        .email_template_request(content("two"))
        .send()
        .await
        .unwrap();

    let subject = async |version: Option<&str>| {
        let get = client.get_email_template().template_name(&name);
        let get = get
            .set_version(version.map(str::to_owned))
            .send()
            .await
            .unwrap();
        get.email_template_response.unwrap().subject.unwrap()
    };
    assert_eq!(subject(Some("2")).await, "two");
    let active = subject(None).await;
    let request = TemplateActiveVersionRequest::builder().version("1").build();
    let activate = client.update_template_active_version().template_name(&name);
    let activate = activate
        .template_type("EMAIL")
        .template_active_version_request(request);
    activate.send().await.unwrap();
    assert_eq!(subject(None).await, "one", "active before: {active}");

    let versions = client
        .list_template_versions()
        .template_name(&name)
        .template_type("EMAIL");
    let versions = versions
        .send()
        .await
        .unwrap()
        .template_versions_response
        .unwrap();
    assert_eq!(versions.item().len(), 2);
    let listed = client.list_templates().prefix(&name).send().await.unwrap();
    assert_eq!(listed.templates_response.unwrap().item().len(), 1);
    client
        .delete_email_template()
        .template_name(&name)
        .send()
        .await
        .unwrap();
    let gone = client
        .get_email_template()
        .template_name(&name)
        .send()
        .await
        .unwrap_err();
    assert!(gone.into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn kinds_have_names_of_their_own() {
    let target = Target::open();
    let client = &target.client;
    let name = name("kinds");
    let text = SmsTemplateRequest::builder().body("Hello").build();
    let made = client
        .create_sms_template()
        .template_name(&name)
        .sms_template_request(text);
    made.send().await.unwrap();
    let voice = VoiceTemplateRequest::builder()
        .body("Hello")
        .voice_id("Joanna")
        .build();
    let made = client
        .create_voice_template()
        .template_name(&name)
        .voice_template_request(voice);
    made.send().await.unwrap();
    let read = client
        .get_sms_template()
        .template_name(&name)
        .send()
        .await
        .unwrap();
    assert_eq!(
        read.sms_template_response.unwrap().body.as_deref(),
        Some("Hello")
    );
    client
        .delete_sms_template()
        .template_name(&name)
        .send()
        .await
        .unwrap();
    let read = client
        .get_voice_template()
        .template_name(&name)
        .send()
        .await
        .unwrap();
    assert_eq!(
        read.voice_template_response.unwrap().voice_id.as_deref(),
        Some("Joanna")
    );
    client
        .delete_voice_template()
        .template_name(&name)
        .send()
        .await
        .unwrap();
}
