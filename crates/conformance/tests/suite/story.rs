//! The main job: from a file to the figures of a campaign.

use std::time::Duration;

use aws_sdk_pinpoint::types::{
    CampaignEmailMessage, CampaignStatus, EmailChannelRequest, Format, ImportJobRequest, JobStatus,
    MessageConfiguration, Schedule, WriteCampaignRequest,
};

use crate::Project;

/// How often a state is asked for, with a pause between.
const ASKED_MAX: usize = 600;
const PAUSE: Duration = Duration::from_millis(200);

const PEOPLE: usize = 60;

#[tokio::test]
async fn from_a_file_to_the_figures_of_a_campaign() {
    let project = Project::create("story").await;
    // Only a server of our own has a bucket that this process can fill.
    let Some(bucket) = &project.target.bucket else {
        return project.delete().await;
    };
    let client = project.client();
    let rows = (0..PEOPLE).map(|n| format!("EMAIL,p{n}@mail.example,u-{n},Name{n}\n"));
    let header = "ChannelType,Address,User.UserId,User.UserAttributes.FirstName\n";
    let file = header.to_owned() + &rows.collect::<String>();
    std::fs::write(bucket.folder.join("people.csv"), file).unwrap();

    let request = ImportJobRequest::builder()
        .format(Format::Csv)
        .s3_url(format!("s3://{}/people.csv", bucket.name))
        .role_arn("arn:aws:iam::000000000000:role/import")
        .register_endpoints(true)
        .define_segment(true)
        .segment_name("people")
        .build();
    let job = client
        .create_import_job()
        .application_id(&project.id)
        .import_job_request(request);
    let job = job
        .send()
        .await
        .unwrap()
        .import_job_response
        .unwrap()
        .id
        .unwrap();
    let segment = imported_segment(&project, &job).await;

    let email = EmailChannelRequest::builder()
        .from_address("news@shop.example")
        .identity("arn:aws:ses:us-east-1:000000000000:identity/shop.example")
        .enabled(true)
        .build();
    let email = client
        .update_email_channel()
        .application_id(&project.id)
        .email_channel_request(email);
    email.send().await.unwrap();
    let message = CampaignEmailMessage::builder()
        .title("Hello {{User.UserAttributes.FirstName}}")
        .html_body("<p>Hello</p>")
        .build();
    let request = WriteCampaignRequest::builder()
        .name("spring")
        .segment_id(&segment)
        .message_configuration(
            MessageConfiguration::builder()
                .email_message(message)
                .build(),
        )
        .schedule(Schedule::builder().start_time("IMMEDIATE").build())
        .build();
    let campaign = client
        .create_campaign()
        .application_id(&project.id)
        .write_campaign_request(request);
    let campaign = campaign
        .send()
        .await
        .unwrap()
        .campaign_response
        .unwrap()
        .id
        .unwrap();
    wait_for_end(&project, &campaign).await;

    let activities = client.get_campaign_activities().application_id(&project.id);
    let activities = activities.campaign_id(&campaign).send().await.unwrap();
    let activities = activities.activities_response.unwrap();
    assert_eq!(activities.item().len(), 1);
    let sent = activities.item()[0].successful_endpoint_count;
    assert_eq!(sent, i32::try_from(PEOPLE).ok());
    let rate = client
        .get_campaign_date_range_kpi()
        .application_id(&project.id);
    let rate = rate
        .campaign_id(&campaign)
        .kpi_name("successful-delivery-rate");
    let rate = rate
        .send()
        .await
        .unwrap()
        .campaign_date_range_kpi_response
        .unwrap();
    let rows = rate.kpi_result.unwrap().rows.unwrap();
    assert_eq!(rows[0].values()[0].value.as_deref(), Some("1.0"));
    project.delete().await;
}

/// The segment that an import job defined, once it has ended.
async fn imported_segment(project: &Project, job: &str) -> String {
    for _ in 0..ASKED_MAX {
        let now = project
            .client()
            .get_import_job()
            .application_id(&project.id)
            .job_id(job);
        let now = now.send().await.unwrap().import_job_response.unwrap();
        match now.job_status {
            Some(JobStatus::Completed) => return now.definition.unwrap().segment_id.unwrap(),
            Some(JobStatus::Failed) => panic!("the import failed: {:?}", now.failures),
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    panic!("the import does not end");
}

async fn wait_for_end(project: &Project, campaign: &str) {
    for _ in 0..ASKED_MAX {
        let now = project
            .client()
            .get_campaign()
            .application_id(&project.id)
            .campaign_id(campaign);
        let now = now.send().await.unwrap().campaign_response.unwrap();
        match now.state.unwrap().campaign_status {
            Some(CampaignStatus::Completed) => return,
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    panic!("the campaign does not end");
}
