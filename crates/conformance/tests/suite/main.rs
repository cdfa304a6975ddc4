//! Scenarios by the unmodified SDK, one file for each family of resources. They know nothing but
//! the API, so that they could be pointed at the original service (see the crate's documentation).

#![expect(
    clippy::unwrap_used,
    reason = "a scenario ends where the service does not do its part"
)]

mod audience;
mod channels;
mod events;
mod jobs;
mod journeys;
mod messages;
mod projects;
mod story;
mod templates;

use aws_sdk_pinpoint::Client;
use aws_sdk_pinpoint::types::CreateApplicationRequest;
use conformance::Target;

/// A project of its own for a scenario.
struct Project {
    target: Target,
    id: String,
}

impl Project {
    async fn create(name: &str) -> Self {
        let target = Target::open();
        let request = CreateApplicationRequest::builder().name(name).build();
        let made = target
            .client
            .create_app()
            .create_application_request(request);
        let made = made.send().await.unwrap().application_response.unwrap();
        Self {
            target,
            id: made.id.unwrap(),
        }
    }

    fn client(&self) -> &Client {
        &self.target.client
    }

    async fn delete(self) {
        let deleted = self
            .client()
            .delete_app()
            .application_id(&self.id)
            .send()
            .await;
        assert_eq!(
            deleted.unwrap().application_response.unwrap().id.unwrap(),
            self.id
        );
    }
}
