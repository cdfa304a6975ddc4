//! PutEvents.

use aws_sdk_pinpoint::types::{
    ChannelType, Event, EventsBatch, EventsRequest, PublicEndpoint, Session,
};

use crate::Project;

#[tokio::test]
async fn events_and_their_endpoint_are_answered_item_by_item() {
    let project = Project::create("events").await;
    let now = "2030-01-01T00:00:00.000Z";
    let endpoint = PublicEndpoint::builder()
        .channel_type(ChannelType::Gcm)
        .address("token");
    let session = Session::builder().id("s").start_timestamp(now).build();
    let good = Event::builder()
        .event_type("view")
        .timestamp(now)
        .session(session);
    let bad = Event::builder().event_type("view").timestamp("yesterday");
    let batch = EventsBatch::builder()
        .endpoint(endpoint.build())
        .events("good", good.build())
        .events("bad", bad.build())
        .build();
    let request = EventsRequest::builder().batch_item("phone", batch).build();
    let put = project
        .client()
        .put_events()
        .application_id(&project.id)
        .events_request(request);
    let put = put.send().await.unwrap().events_response.unwrap();
    let phone = &put.results.unwrap()["phone"];
    let status = |name: &str| {
        let items = phone.events_item_response.as_ref().unwrap();
        items[name].status_code
    };
    assert_eq!(
        phone.endpoint_item_response.as_ref().unwrap().status_code,
        Some(202)
    );
    assert_eq!((status("good"), status("bad")), (Some(202), Some(400)));

    let client = project.client();
    let read = client
        .get_endpoint()
        .application_id(&project.id)
        .endpoint_id("phone");
    let read = read.send().await.unwrap().endpoint_response.unwrap();
    assert_eq!(read.address.as_deref(), Some("token"));
    project.delete().await;
}
