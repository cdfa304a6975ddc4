//! Who handles each operation, and where it differs from the original.

use std::fmt::Write as _;

use model::{ExportJob, ImportJob};
use wire::Operation;

use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::{
    analytics, apps, campaigns, channels, endpoints, event_stream, events, jobs, journeys,
    messages, recommenders, segments, tags, templates,
};

macro_rules! operations {
    ($($operation:ident => $handler:path $(, $difference:literal)?;)*) => {
        /// How `operation` differs from the original; empty where nothing is known.
        #[must_use]
        pub const fn differences(operation: Operation) -> &'static str {
            match operation {
                $(Operation::$operation => concat!("", $($difference)?),)*
            }
        }

        /// Hands a call to its handler.
        pub(crate) async fn dispatch(call: Call) -> Result<Reply, ApiError> {
            match call.operation {
                $(Operation::$operation => Box::pin($handler(call)).await,)*
            }
        }
    };
}

operations! {
    CreateApp => apps::create::run;
    GetApp => apps::get::run;
    GetApps => apps::list::run;
    DeleteApp => apps::delete::run;
    GetApplicationSettings => apps::settings::get;
    UpdateApplicationSettings => apps::settings::update;

    GetEndpoint => endpoints::get::run;
    UpdateEndpoint => endpoints::update::run, "Applied before the answer, so that it can be read at once.";
    DeleteEndpoint => endpoints::delete::run;
    UpdateEndpointsBatch => endpoints::batch::run, "All items or none are applied.";
    GetUserEndpoints => endpoints::user::get;
    DeleteUserEndpoints => endpoints::user::delete;
    RemoveAttributes => endpoints::remove_attributes::run;

    CreateSegment => segments::create::run;
    GetSegment => segments::get::run;
    GetSegments => segments::list::run;
    UpdateSegment => segments::update::run;
    DeleteSegment => segments::delete::run;
    GetSegmentVersion => segments::versions::get;
    GetSegmentVersions => segments::versions::list;

    CreateImportJob => jobs::create_import::run, "Buckets can be local folders; `RoleArn` is kept and not assumed.";
    GetImportJob => jobs::lists::get::<ImportJob>;
    GetImportJobs => jobs::lists::list::<ImportJob>;
    GetSegmentImportJobs => jobs::lists::of_segment::<ImportJob>;

    CreateExportJob => jobs::create_export::run, "Buckets can be local folders; `RoleArn` is kept and not assumed.";
    GetExportJob => jobs::lists::get::<ExportJob>;
    GetExportJobs => jobs::lists::list::<ExportJob>;
    GetSegmentExportJobs => jobs::lists::of_segment::<ExportJob>;

    TagResource => tags::tag;
    UntagResource => tags::untag;
    ListTagsForResource => tags::list;

    GetChannels => channels::list::run;
    GetAdmChannel => channels::get::run;
    UpdateAdmChannel => channels::update::run;
    DeleteAdmChannel => channels::delete::run;
    GetApnsChannel => channels::get::run;
    UpdateApnsChannel => channels::update::run;
    DeleteApnsChannel => channels::delete::run;
    GetApnsSandboxChannel => channels::get::run;
    UpdateApnsSandboxChannel => channels::update::run;
    DeleteApnsSandboxChannel => channels::delete::run;
    GetApnsVoipChannel => channels::get::run;
    UpdateApnsVoipChannel => channels::update::run;
    DeleteApnsVoipChannel => channels::delete::run;
    GetApnsVoipSandboxChannel => channels::get::run;
    UpdateApnsVoipSandboxChannel => channels::update::run;
    DeleteApnsVoipSandboxChannel => channels::delete::run;
    GetBaiduChannel => channels::get::run;
    UpdateBaiduChannel => channels::update::run;
    DeleteBaiduChannel => channels::delete::run;
    GetEmailChannel => channels::get::run;
    UpdateEmailChannel => channels::update::run, "The identity is not verified.";
    DeleteEmailChannel => channels::delete::run;
    GetGcmChannel => channels::get::run;
    UpdateGcmChannel => channels::update::run;
    DeleteGcmChannel => channels::delete::run;
    GetSmsChannel => channels::get::run;
    UpdateSmsChannel => channels::update::run;
    DeleteSmsChannel => channels::delete::run;
    GetVoiceChannel => channels::get::run;
    UpdateVoiceChannel => channels::update::run;
    DeleteVoiceChannel => channels::delete::run;

    PutEventStream => event_stream::put, "Destinations stand in the server's configuration; the role is kept and not assumed.";
    GetEventStream => event_stream::get;
    DeleteEventStream => event_stream::delete;

    CreateRecommenderConfiguration => recommenders::create;
    GetRecommenderConfiguration => recommenders::get;
    GetRecommenderConfigurations => recommenders::list;
    UpdateRecommenderConfiguration => recommenders::update, "Replaces the whole configuration.";
    DeleteRecommenderConfiguration => recommenders::delete;

    CreateEmailTemplate => templates::single::create::<templates::Email>;
    GetEmailTemplate => templates::single::get::<templates::Email>;
    UpdateEmailTemplate => templates::single::update::<templates::Email>;
    DeleteEmailTemplate => templates::single::delete::<templates::Email>;
    CreatePushTemplate => templates::single::create::<templates::Push>;
    GetPushTemplate => templates::single::get::<templates::Push>;
    UpdatePushTemplate => templates::single::update::<templates::Push>;
    DeletePushTemplate => templates::single::delete::<templates::Push>;
    CreateSmsTemplate => templates::single::create::<templates::Sms>;
    GetSmsTemplate => templates::single::get::<templates::Sms>;
    UpdateSmsTemplate => templates::single::update::<templates::Sms>;
    DeleteSmsTemplate => templates::single::delete::<templates::Sms>;
    CreateVoiceTemplate => templates::single::create::<templates::Voice>;
    GetVoiceTemplate => templates::single::get::<templates::Voice>;
    UpdateVoiceTemplate => templates::single::update::<templates::Voice>;
    DeleteVoiceTemplate => templates::single::delete::<templates::Voice>;
    CreateInAppTemplate => templates::single::create::<templates::InApp>;
    GetInAppTemplate => templates::single::get::<templates::InApp>;
    UpdateInAppTemplate => templates::single::update::<templates::InApp>;
    DeleteInAppTemplate => templates::single::delete::<templates::InApp>;
    ListTemplates => templates::list::run;
    ListTemplateVersions => templates::versions::list;
    UpdateTemplateActiveVersion => templates::versions::activate;

    CreateCampaign => campaigns::create::run;
    GetCampaign => campaigns::get::run;
    GetCampaigns => campaigns::list::run;
    UpdateCampaign => campaigns::update::run;
    DeleteCampaign => campaigns::delete::run;
    GetCampaignVersion => campaigns::versions::get;
    GetCampaignVersions => campaigns::versions::list;
    GetCampaignActivities => campaigns::activities::run;
    GetInAppMessages => campaigns::in_app::run;

    CreateJourney => journeys::create::run, "Published journeys wait: their activities are not executed yet. A journey with a `ContactCenter` activity cannot be published.";
    GetJourney => journeys::get::run;
    ListJourneys => journeys::list::run;
    UpdateJourney => journeys::update::run, "Published journeys wait: their activities are not executed yet.";
    DeleteJourney => journeys::delete::run;
    UpdateJourneyState => journeys::state::run, "Published journeys wait: their activities are not executed yet.";
    GetJourneyRuns => journeys::runs::list, "The run of a published journey stays `SCHEDULED`.";
    GetJourneyExecutionMetrics => journeys::metrics::of_journey, "Empty, as nobody enters yet.";
    GetJourneyExecutionActivityMetrics => journeys::metrics::of_activity, "Empty, as nobody enters yet.";
    GetJourneyRunExecutionMetrics => journeys::metrics::of_run, "Empty, as nobody enters yet.";
    GetJourneyRunExecutionActivityMetrics => journeys::metrics::of_run_activity, "Empty, as nobody enters yet.";

    SendMessages => messages::send::run, "Nothing is scheduled; a mail that its server refuses at once fails in the answer.";
    SendUsersMessages => messages::send_users::run;
    SendOTPMessage => messages::otp::send;
    VerifyOTPMessage => messages::otp::verify;
    PhoneNumberValidate => messages::phone::validate, "By numbering plans alone: carrier, city, county, time zone and postal code stay unknown.";

    PutEvents => events::put_events::run, "An empty endpoint part creates an endpoint with `OptOut` `ALL`, as UpdateEndpoint does.";

    GetApplicationDateRangeKpi => analytics::kpis::of_app;
    GetCampaignDateRangeKpi => analytics::kpis::of_campaign;
    GetJourneyDateRangeKpi => analytics::kpis::of_journey;
}

/// The table of all operations in Markdown, as `docs/compatibility.md` holds it.
#[must_use]
pub fn compatibility_table() -> String {
    let mut text = format!(
        "# Compatibility\n\nGenerated from the program by `cargo xtask codegen`; do not edit.\n\n\
         All {} operations of the API have their behaviour. Where it is known to differ from the \
         original, this page says how.\n\n\
         | Operation | Path | Known differences |\n|---|---|---|\n",
        Operation::ALL.len()
    );
    for operation in Operation::ALL {
        let _ = writeln!(
            text,
            "| {} | `{} {}` | {} |",
            operation.name(),
            operation.method(),
            operation.path(),
            differences(operation)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_in_the_repository_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compatibility.md");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == compatibility_table(), "run `cargo xtask codegen`");
    }
}
