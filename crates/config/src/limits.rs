//! The documented quotas.

use crate::reader::Reader;

macro_rules! limits {
    ($($name:ident: $range:expr, $default:literal, $doc:literal;)*) => {
        /// Quotas, each with the documented value as its default (`docs/spec/audience.md §14`,
        /// `docs/spec/campaigns.md §14`, `docs/spec/events.md §1.2`, `docs/spec/journeys.md §11`).
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = $doc] pub $name: u64,)*
        }

        impl Limits {
            pub(crate) fn read(reader: &mut Reader) -> Self {
                Self {
                    $($name: reader.number(concat!("limits.", stringify!($name)), $range, $default, $doc),)*
                }
            }
        }
    };
}

limits! {
    applications: (1, 1_000_000), 100, "Applications per account and region.";
    request_bytes: (1_024, 1_073_741_824), 7_340_032, "Bytes of a request body.";
    events_request_bytes: (1_024, 1_073_741_824), 4_194_304, "Bytes of a PutEvents body.";
    events_per_request: (1, 1_000_000), 100, "Events in one PutEvents call.";
    batch_items: (1, 100_000), 100, "Items of one UpdateEndpointsBatch call.";
    endpoints_per_user: (1, 10_000), 15, "Endpoints that one user may have.";
    attribute_names: (1, 100_000), 250, "Attribute, metric and user attribute names per application.";
    attribute_name_chars: (1, 10_000), 50, "Characters of the name of an attribute or metric.";
    attribute_value_chars: (1, 100_000), 100, "Characters of a value of an attribute.";
    attribute_values: (1, 10_000), 50, "Values of one attribute.";
    endpoint_bytes: (1_024, 1_048_576), 15_360, "Bytes of a whole endpoint.";
    identity_calls_per_second: (1, 1_000_000), 1_000, "Calls of `GetId` and `GetCredentialsForIdentity` per second.";
    tags: (1, 10_000), 50, "Tags of a resource.";
    active_import_jobs: (1, 10_000), 10, "Import jobs of the account that are not finished.";
    active_export_jobs: (1, 10_000), 10, "Export jobs of the account that are not finished.";
    import_bytes: (1_024, 1_099_511_627_776), 1_073_741_824, "Bytes that one import job reads.";
    import_objects: (1, 10_000_000), 10_000, "Files that one import job reads.";
    upload_bytes: (1_024, 1_099_511_627_776), 1_073_741_824, "Bytes of a file uploaded through the console.";
    active_campaigns: (1, 1_000_000), 200, "Campaigns of the account that are scheduled, running or waiting for their next run.";
    campaign_workers: (1, 64), 4, "Batches of one run of a campaign that are worked on at once; over all runs together, twice as many, and one of each run.";
    active_journeys: (1, 1_000_000), 50, "Journeys of the account that are published and not at their end.";
    active_event_journeys: (1, 1_000_000), 20, "Those of them that events start.";
    template_versions: (1, 1_000_000), 5_000, "Versions of one template.";
    templates: (1, 10_000_000), 20_000, "Templates of the account.";
}
