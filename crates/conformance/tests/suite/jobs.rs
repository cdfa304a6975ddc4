//! Export jobs, and their way back in.

use std::time::Duration;

use aws_sdk_pinpoint::types::{ChannelType, EndpointRequest, ExportJobRequest, JobStatus};

use crate::Project;

/// How often a state is asked for, with a pause between.
const ASKED_MAX: usize = 600;
const PAUSE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn an_export_writes_files() {
    let project = Project::create("exports").await;
    // Only a server of our own has a bucket that this process can read.
    let Some(bucket) = &project.target.bucket else {
        return project.delete().await;
    };
    let client = project.client();
    let endpoint = EndpointRequest::builder()
        .channel_type(ChannelType::Sms)
        .address("+15550100");
    let put = client
        .update_endpoint()
        .application_id(&project.id)
        .endpoint_id("e");
    put.endpoint_request(endpoint.build()).send().await.unwrap();

    let request = ExportJobRequest::builder()
        .s3_url_prefix(format!("s3://{}/out/", bucket.name))
        .role_arn("arn:aws:iam::000000000000:role/export")
        .build();
    let job = client
        .create_export_job()
        .application_id(&project.id)
        .export_job_request(request);
    let job = job
        .send()
        .await
        .unwrap()
        .export_job_response
        .unwrap()
        .id
        .unwrap();
    let mut asked = 0;
    let ended = loop {
        let now = client
            .get_export_job()
            .application_id(&project.id)
            .job_id(&job);
        let now = now.send().await.unwrap().export_job_response.unwrap();
        if matches!(
            now.job_status,
            Some(JobStatus::Completed | JobStatus::Failed)
        ) {
            break now;
        }
        asked += 1;
        assert!(asked < ASKED_MAX, "the export does not end");
        tokio::time::sleep(PAUSE).await;
    };
    assert_eq!(
        ended.job_status,
        Some(JobStatus::Completed),
        "{:?}",
        ended.failures
    );
    let files = std::fs::read_dir(bucket.folder.join("out")).unwrap();
    assert_eq!(files.count(), 1);
    let all = client
        .get_export_jobs()
        .application_id(&project.id)
        .send()
        .await
        .unwrap();
    assert_eq!(all.export_jobs_response.unwrap().item().len(), 1);
    project.delete().await;
}
