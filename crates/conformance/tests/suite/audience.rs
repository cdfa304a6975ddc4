//! Endpoints, users and segments.

use aws_sdk_pinpoint::types::{
    AttributeDimension, AttributeType, ChannelType, EndpointBatchItem, EndpointBatchRequest,
    EndpointRequest, EndpointUser, SegmentDimensions, SegmentType, UpdateAttributesRequest,
    WriteSegmentRequest,
};

use crate::Project;

fn person(address: &str, user: &str, plan: &str) -> EndpointRequest {
    EndpointRequest::builder()
        .channel_type(ChannelType::Email)
        .address(address)
        .attributes("plan", vec![plan.to_owned()])
        .metrics("orders", 3.0)
        .user(EndpointUser::builder().user_id(user).build())
        .build()
}

async fn put(project: &Project, id: &str, request: EndpointRequest) {
    let put = project
        .client()
        .update_endpoint()
        .application_id(&project.id);
    let put = put.endpoint_id(id).endpoint_request(request).send().await;
    assert_eq!(
        put.unwrap().message_body.unwrap().message.unwrap(),
        "Accepted"
    );
}

#[tokio::test]
async fn an_endpoint_is_written_read_and_deleted() {
    let project = Project::create("endpoints").await;
    let client = project.client();
    put(&project, "Phone", person("a@mail.example", "u", "gold")).await;
    let more = EndpointRequest::builder().attributes("city", vec!["Lima".to_owned()]);
    put(&project, "phone", more.build()).await;

    let read = client
        .get_endpoint()
        .application_id(&project.id)
        .endpoint_id("PHONE");
    let read = read.send().await.unwrap().endpoint_response.unwrap();
    assert_eq!(read.id.as_deref(), Some("Phone"));
    assert_eq!(read.channel_type, Some(ChannelType::Email));
    let attributes = read.attributes.unwrap();
    assert_eq!(
        (&attributes["plan"][0], &attributes["city"][0]),
        (&"gold".into(), &"Lima".into())
    );
    assert_eq!(read.metrics.unwrap()["orders"].to_bits(), 3.0_f64.to_bits());

    let of_user = client
        .get_user_endpoints()
        .application_id(&project.id)
        .user_id("u");
    let of_user = of_user.send().await.unwrap().endpoints_response.unwrap();
    assert_eq!(of_user.item().len(), 1);
    let removed = client
        .delete_user_endpoints()
        .application_id(&project.id)
        .user_id("u");
    removed.send().await.unwrap();
    let gone = client
        .get_endpoint()
        .application_id(&project.id)
        .endpoint_id("phone");
    let gone = gone.send().await.unwrap_err().into_service_error();
    assert!(gone.is_not_found_exception());
    project.delete().await;
}

#[tokio::test]
async fn a_batch_is_taken_whole() {
    let project = Project::create("batch").await;
    let client = project.client();
    let item = |id: &str| {
        EndpointBatchItem::builder()
            .id(id)
            .channel_type(ChannelType::Sms)
            .address("+15550100")
            .build()
    };
    let batch = EndpointBatchRequest::builder()
        .item(item("a"))
        .item(item("b"))
        .build();
    let batch = client
        .update_endpoints_batch()
        .application_id(&project.id)
        .endpoint_batch_request(batch);
    batch.send().await.unwrap();
    for id in ["a", "b"] {
        let read = client
            .get_endpoint()
            .application_id(&project.id)
            .endpoint_id(id);
        assert!(read.send().await.is_ok());
        let deleted = client
            .delete_endpoint()
            .application_id(&project.id)
            .endpoint_id(id);
        assert!(deleted.send().await.is_ok());
    }
    project.delete().await;
}

#[tokio::test]
async fn attributes_can_be_forgotten() {
    let project = Project::create("attributes").await;
    put(&project, "e", person("a@mail.example", "u", "gold")).await;
    let request = UpdateAttributesRequest::builder().blacklist("pl*").build();
    let removed = project
        .client()
        .remove_attributes()
        .application_id(&project.id);
    let removed = removed.attribute_type("endpoint-custom-attributes");
    let removed = removed
        .update_attributes_request(request)
        .send()
        .await
        .unwrap();
    let left = removed.attributes_resource.unwrap();
    assert_eq!(
        left.attribute_type.as_deref(),
        Some("endpoint-custom-attributes")
    );
    assert!(left.attributes.unwrap_or_default().is_empty());
    project.delete().await;
}

#[tokio::test]
async fn a_segment_has_versions() {
    let project = Project::create("segments").await;
    let client = project.client();
    let gold = AttributeDimension::builder()
        .attribute_type(AttributeType::Inclusive)
        .values("gold")
        .build();
    let dimensions = SegmentDimensions::builder()
        .attributes("plan", gold)
        .build();
    let request = WriteSegmentRequest::builder()
        .name("gold")
        .dimensions(dimensions)
        .build();
    let made = client
        .create_segment()
        .application_id(&project.id)
        .write_segment_request(request);
    let made = made.send().await.unwrap().segment_response.unwrap();
    assert_eq!(made.segment_type, Some(SegmentType::Dimensional));
    let id = made.id.unwrap();

    let request = WriteSegmentRequest::builder().name("golden").build();
    let update = client
        .update_segment()
        .application_id(&project.id)
        .segment_id(&id);
    let update = update.write_segment_request(request).send().await.unwrap();
    assert_eq!(update.segment_response.unwrap().version, Some(2));
    let first = client
        .get_segment_version()
        .application_id(&project.id)
        .segment_id(&id);
    let first = first
        .version("1")
        .send()
        .await
        .unwrap()
        .segment_response
        .unwrap();
    assert_eq!(first.name.as_deref(), Some("gold"));
    let versions = client
        .get_segment_versions()
        .application_id(&project.id)
        .segment_id(&id);
    let versions = versions.send().await.unwrap().segments_response.unwrap();
    assert_eq!(versions.item().len(), 2);
    let now = client
        .get_segment()
        .application_id(&project.id)
        .segment_id(&id);
    let now = now.send().await.unwrap().segment_response.unwrap();
    assert!(
        now.dimensions
            .unwrap()
            .attributes
            .unwrap()
            .contains_key("plan")
    );
    let all = client
        .get_segments()
        .application_id(&project.id)
        .send()
        .await
        .unwrap();
    assert_eq!(all.segments_response.unwrap().item().len(), 1);
    let deleted = client
        .delete_segment()
        .application_id(&project.id)
        .segment_id(&id);
    assert_eq!(
        deleted
            .send()
            .await
            .unwrap()
            .segment_response
            .unwrap()
            .id
            .unwrap(),
        id
    );
    project.delete().await;
}
