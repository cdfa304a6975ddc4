//! Channels: set, read without secrets, listed, removed.

use aws_sdk_pinpoint::types::{ApnsChannelRequest, EmailChannelRequest, SmsChannelRequest};

use crate::Project;

#[tokio::test]
async fn channels_are_listed_by_type() {
    let project = Project::create("channels").await;
    let client = project.client();
    let email = EmailChannelRequest::builder()
        .from_address("Shop <news@shop.example>")
        .identity("arn:aws:ses:us-east-1:000000000000:identity/shop.example")
        .enabled(true)
        .build();
    let email = client
        .update_email_channel()
        .application_id(&project.id)
        .email_channel_request(email);
    email.send().await.unwrap();
    let sms = SmsChannelRequest::builder()
        .enabled(true)
        .sender_id("SHOP")
        .build();
    let sms = client
        .update_sms_channel()
        .application_id(&project.id)
        .sms_channel_request(sms);
    let sms = sms.send().await.unwrap().sms_channel_response.unwrap();
    assert_eq!(
        (sms.enabled, sms.sender_id.as_deref()),
        (Some(true), Some("SHOP"))
    );

    let all = client
        .get_channels()
        .application_id(&project.id)
        .send()
        .await
        .unwrap();
    let all = all.channels_response.unwrap().channels.unwrap();
    assert_eq!(all["EMAIL"].enabled, Some(true));
    assert_eq!(all["SMS"].application_id.as_ref(), Some(&project.id));

    let removed = client
        .delete_sms_channel()
        .application_id(&project.id)
        .send()
        .await;
    assert!(removed.is_ok());
    let gone = client
        .get_sms_channel()
        .application_id(&project.id)
        .send()
        .await;
    assert!(
        gone.unwrap_err()
            .into_service_error()
            .is_not_found_exception()
    );
    project.delete().await;
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let project = Project::create("push").await;
    let request = ApnsChannelRequest::builder()
        .bundle_id("com.shop.example")
        .team_id("ABCDE12345")
        .token_key_id("ABCDE12345")
        .token_key("not a key")
        .enabled(true)
        .build();
    let update = project
        .client()
        .update_apns_channel()
        .application_id(&project.id);
    let refused = update
        .apns_channel_request(request)
        .send()
        .await
        .unwrap_err();
    assert!(refused.into_service_error().is_bad_request_exception());
    project.delete().await;
}
