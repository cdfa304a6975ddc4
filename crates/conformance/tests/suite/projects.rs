//! Applications, their settings and tags.

use aws_sdk_pinpoint::error::ProvideErrorMetadata as _;
use aws_sdk_pinpoint::types::{
    CampaignLimits, CreateApplicationRequest, QuietTime, TagsModel, WriteApplicationSettingsRequest,
};

use crate::Project;

#[tokio::test]
async fn a_project_is_made_found_and_removed() {
    let project = Project::create("conformance").await;
    let client = project.client();
    let request = CreateApplicationRequest::builder()
        .name("second")
        .tags("team", "crm");
    let second = client
        .create_app()
        .create_application_request(request.build());
    let second = second.send().await.unwrap().application_response.unwrap();
    assert_eq!(second.tags.unwrap()["team"], "crm");
    assert!(second.creation_date.is_some());

    let all = client.get_apps().page_size("1").send().await.unwrap();
    let all = all.applications_response.unwrap();
    assert_eq!(all.item().len(), 1);
    let token = all.next_token.unwrap();
    let rest = client.get_apps().token(token).send().await.unwrap();
    assert!(!rest.applications_response.unwrap().item().is_empty());

    let id = second.id.unwrap();
    client
        .delete_app()
        .application_id(&id)
        .send()
        .await
        .unwrap();
    let gone = client
        .get_app()
        .application_id(&id)
        .send()
        .await
        .unwrap_err();
    let gone = gone.into_service_error();
    assert!(gone.is_not_found_exception());
    assert_eq!(gone.message(), Some("Application not found"));
    project.delete().await;
}

#[tokio::test]
async fn settings_keep_what_is_not_mentioned() {
    let project = Project::create("settings").await;
    let update = |request: WriteApplicationSettingsRequest| {
        project
            .client()
            .update_application_settings()
            .application_id(&project.id)
            .write_application_settings_request(request)
            .send()
    };
    let limits = CampaignLimits::builder()
        .daily(3)
        .messages_per_second(100)
        .build();
    let first = WriteApplicationSettingsRequest::builder().limits(limits);
    update(first.build()).await.unwrap();
    let quiet = QuietTime::builder().start("22:00").end("07:00").build();
    let second = WriteApplicationSettingsRequest::builder().quiet_time(quiet);
    update(second.build()).await.unwrap();

    let read = project
        .client()
        .get_application_settings()
        .application_id(&project.id);
    let read = read
        .send()
        .await
        .unwrap()
        .application_settings_resource
        .unwrap();
    assert_eq!(read.limits.unwrap().daily, Some(3));
    assert_eq!(read.quiet_time.unwrap().start.as_deref(), Some("22:00"));
    assert!(read.campaign_hook.is_some());
    project.delete().await;
}

#[tokio::test]
async fn tags_belong_to_an_arn() {
    let project = Project::create("tags").await;
    let client = project.client();
    let app = client
        .get_app()
        .application_id(&project.id)
        .send()
        .await
        .unwrap();
    let arn = app.application_response.unwrap().arn.unwrap();
    let tags = TagsModel::builder()
        .tags("team", "crm")
        .tags("stage", "test")
        .build();
    let tag = client.tag_resource().resource_arn(&arn).tags_model(tags);
    tag.send().await.unwrap();
    let untag = client.untag_resource().resource_arn(&arn).tag_keys("stage");
    untag.send().await.unwrap();
    let read = client
        .list_tags_for_resource()
        .resource_arn(&arn)
        .send()
        .await
        .unwrap();
    let tags = read.tags_model.unwrap().tags.unwrap();
    assert_eq!(
        tags.into_iter().collect::<Vec<_>>(),
        [("team".to_owned(), "crm".to_owned())]
    );
    project.delete().await;
}
