//! Journeys: their path, their states, what they measured.

use aws_sdk_pinpoint::error::ProvideErrorMetadata as _;
use aws_sdk_pinpoint::types::{
    Activity, HoldoutActivity, JourneyStateRequest, SegmentCondition, StartCondition, State,
    WaitActivity, WaitTime, WriteJourneyRequest, WriteSegmentRequest,
};

use crate::Project;

fn path(name: &str, segment: &str) -> WriteJourneyRequest {
    let wait = WaitActivity::builder()
        .wait_time(WaitTime::builder().wait_for("PT1H").build())
        .next_activity("part")
        .build();
    let part = HoldoutActivity::builder().percentage(10).build();
    let entry = SegmentCondition::builder().segment_id(segment).build();
    WriteJourneyRequest::builder()
        .name(name)
        .start_activity("wait")
        .start_condition(
            StartCondition::builder()
                .segment_start_condition(entry)
                .build(),
        )
        .activities("wait", Activity::builder().wait(wait).build())
        .activities("part", Activity::builder().holdout(part).build())
        .build()
}

/// A segment of everyone.
async fn everyone(project: &Project) -> String {
    let request = WriteSegmentRequest::builder().name("everyone").build();
    let made = project
        .client()
        .create_segment()
        .application_id(&project.id);
    let made = made.write_segment_request(request).send().await.unwrap();
    made.segment_response.unwrap().id.unwrap()
}

#[tokio::test]
async fn a_journey_is_drawn_and_called_off() {
    let project = Project::create("journeys").await;
    let client = project.client();
    let segment = everyone(&project).await;

    let made = client.create_journey().application_id(&project.id);
    let made = made.write_journey_request(path("welcome", &segment));
    let made = made.send().await.unwrap().journey_response.unwrap();
    assert_eq!(made.state, Some(State::Draft));
    let id = made.id.unwrap();
    let update = client
        .update_journey()
        .application_id(&project.id)
        .journey_id(&id);
    let update = update.write_journey_request(path("farewell", &segment));
    update.send().await.unwrap();
    let read = client
        .get_journey()
        .application_id(&project.id)
        .journey_id(&id);
    let read = read.send().await.unwrap().journey_response.unwrap();
    assert_eq!(read.name.as_deref(), Some("farewell"));
    let activities = read.activities.unwrap();
    let wait = activities["wait"].wait.as_ref().unwrap();
    assert_eq!(wait.next_activity.as_deref(), Some("part"));
    let listed = client
        .list_journeys()
        .application_id(&project.id)
        .send()
        .await
        .unwrap();
    assert_eq!(listed.journeys_response.unwrap().item().len(), 1);

    for state in [State::Active, State::Cancelled] {
        let request = JourneyStateRequest::builder().state(state.clone()).build();
        let go = client
            .update_journey_state()
            .application_id(&project.id)
            .journey_id(&id);
        let go = go.journey_state_request(request).send().await.unwrap();
        assert_eq!(go.journey_response.unwrap().state, Some(state));
    }
    let metrics = client
        .get_journey_execution_metrics()
        .application_id(&project.id);
    let metrics = metrics.journey_id(&id).send().await.unwrap();
    let metrics = metrics.journey_execution_metrics_response.unwrap();
    assert_eq!(metrics.journey_id.as_deref(), Some(id.as_str()));
    let deleted = client
        .delete_journey()
        .application_id(&project.id)
        .journey_id(&id);
    assert!(deleted.send().await.is_ok());
    project.delete().await;
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_not_published() {
    let project = Project::create("paths").await;
    let client = project.client();
    let mut request = path("lost", &everyone(&project).await);
    let activity = HoldoutActivity::builder()
        .percentage(10)
        .next_activity("nowhere")
        .build();
    let activity = Activity::builder().holdout(activity).build();
    let activities = request.activities.as_mut().unwrap();
    activities.insert("part".to_owned(), activity);
    let made = client.create_journey().application_id(&project.id);
    let made = made.write_journey_request(request).send().await.unwrap();
    let id = made.journey_response.unwrap().id.unwrap();
    let active = JourneyStateRequest::builder().state(State::Active).build();
    let publish = client.update_journey_state().application_id(&project.id);
    let publish = publish.journey_id(&id).journey_state_request(active);
    let refused = publish.send().await.unwrap_err().into_service_error();
    assert!(refused.is_bad_request_exception());
    let message = refused.message().unwrap();
    assert!(message.contains("nowhere"), "{message}");
    project.delete().await;
}
