//! Messages sent at once, one-time passwords, and what a telephone number is.

use aws_sdk_pinpoint::types::{
    AddressConfiguration, ChannelType, DeliveryStatus, DirectMessageConfiguration, MessageRequest,
    MessageType, NumberValidateRequest, SmsChannelRequest, SmsMessage,
    VerifyOtpMessageRequestParameters,
};

use crate::Project;

#[tokio::test]
async fn a_text_message_is_answered_by_address() {
    let project = Project::create("messages").await;
    let client = project.client();
    let sms = SmsChannelRequest::builder().enabled(true).build();
    let sms = client
        .update_sms_channel()
        .application_id(&project.id)
        .sms_channel_request(sms);
    sms.send().await.unwrap();
    let text = SmsMessage::builder()
        .body("Your order is on its way")
        .message_type(MessageType::Transactional)
        .build();
    let address = AddressConfiguration::builder()
        .channel_type(ChannelType::Sms)
        .build();
    let request = MessageRequest::builder()
        .addresses("+12065550100", address)
        .message_configuration(
            DirectMessageConfiguration::builder()
                .sms_message(text)
                .build(),
        )
        .build();
    let sent = client
        .send_messages()
        .application_id(&project.id)
        .message_request(request);
    let sent = Box::pin(sent.send())
        .await
        .unwrap()
        .message_response
        .unwrap();
    let results = sent.result.unwrap();
    let result = &results["+12065550100"];
    assert_eq!(result.delivery_status, Some(DeliveryStatus::Successful));
    assert_eq!(result.status_code, Some(200));
    assert!(result.message_id.is_some());
    project.delete().await;
}

#[tokio::test]
async fn a_password_that_was_not_sent_does_not_verify() {
    let project = Project::create("passwords").await;
    let request = VerifyOtpMessageRequestParameters::builder()
        .destination_identity("+12065550100")
        .reference_id("order-1")
        .otp("123456")
        .build();
    let verify = project
        .client()
        .verify_otp_message()
        .application_id(&project.id);
    let verify = verify
        .verify_otp_message_request_parameters(request)
        .send()
        .await
        .unwrap();
    assert_eq!(verify.verification_response.unwrap().valid, Some(false));
    project.delete().await;
}

#[tokio::test]
async fn a_number_is_cleansed() {
    let project = Project::create("numbers").await;
    let request = NumberValidateRequest::builder()
        .phone_number("+1 206-555-0100")
        .build();
    let validate = project
        .client()
        .phone_number_validate()
        .number_validate_request(request);
    let answer = validate
        .send()
        .await
        .unwrap()
        .number_validate_response
        .unwrap();
    assert_eq!(answer.country_code_iso2.as_deref(), Some("US"));
    assert_eq!(
        answer.original_phone_number.as_deref(),
        Some("+1 206-555-0100")
    );
    project.delete().await;
}
