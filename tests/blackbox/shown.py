"""Which test shows an operation: writes its members, or what leads to them, and reads them back."""

SHOWN_BY = {
    "test_campaigns.py::test_a_rich_campaign_is_read_back_member_by_member":
        "CreateCampaign GetCampaign",
    "test_campaigns.py::test_one_campaign_on_every_channel":
        "GetCampaignActivities",
    "test_campaigns.py::test_updates_replace_members_and_keep_versions":
        "GetCampaignVersion GetCampaignVersions UpdateCampaign",
    "test_channels.py::test_a_channel_from_first_to_last":
        "DeleteAdmChannel DeleteApnsChannel DeleteApnsSandboxChannel DeleteApnsVoipChannel "
        "DeleteApnsVoipSandboxChannel DeleteBaiduChannel DeleteEmailChannel DeleteGcmChannel "
        "DeleteSmsChannel DeleteVoiceChannel GetAdmChannel GetApnsChannel GetApnsSandboxChannel "
        "GetApnsVoipChannel GetApnsVoipSandboxChannel GetBaiduChannel GetChannels GetEmailChannel "
        "GetGcmChannel GetSmsChannel GetVoiceChannel UpdateAdmChannel UpdateApnsChannel "
        "UpdateApnsSandboxChannel UpdateApnsVoipChannel UpdateApnsVoipSandboxChannel UpdateBaiduChannel "
        "UpdateEmailChannel UpdateGcmChannel UpdateSmsChannel UpdateVoiceChannel",
    "test_endpoints.py::test_a_user_is_deleted_with_all_endpoints":
        "DeleteUserEndpoints",
    "test_endpoints.py::test_events_answer_per_item":
        "PutEvents",
    "test_endpoints.py::test_every_version_of_a_segment_stays":
        "GetSegmentVersions UpdateSegment",
    "test_endpoints.py::test_removed_attributes_are_not_captured_again":
        "RemoveAttributes",
    "test_endpoints.py::test_segments_answer_what_clients_dereference":
        "GetSegments",
    "test_event_stream.py::test_what_is_put_is_read_back_and_removed":
        "DeleteEventStream GetEventStream PutEventStream",
    "test_in_app.py::test_a_rich_campaign_is_read_back_and_offered":
        "GetInAppMessages",
    "test_journeys.py::test_absent_members_stay":
        "UpdateJourney",
    "test_journeys.py::test_deletion":
        "DeleteJourney",
    "test_journeys.py::test_every_member_comes_back":
        "CreateJourney GetJourney UpdateJourneyState",
    "test_journeys.py::test_pages":
        "ListJourneys",
    "test_journeys.py::test_runs_and_metrics_of_a_journey_that_waits":
        "GetJourneyExecutionActivityMetrics GetJourneyExecutionMetrics "
        "GetJourneyRunExecutionActivityMetrics GetJourneyRunExecutionMetrics GetJourneyRuns",
    "test_messages.py::test_templates_and_endpoints":
        "SendMessages",
    "test_messages.py::test_users":
        "SendUsersMessages",
    "test_otp.py::test_a_code_is_good_once":
        "SendOTPMessage VerifyOTPMessage",
    "test_phone.py::test_a_mobile_number":
        "PhoneNumberValidate",
    "test_read_back.py::test_applications":
        "CreateApp DeleteApp GetApp GetApps",
    "test_read_back.py::test_endpoints":
        "DeleteEndpoint GetEndpoint GetUserEndpoints UpdateEndpoint UpdateEndpointsBatch",
    "test_read_back.py::test_export_jobs":
        "CreateExportJob GetExportJob GetExportJobs GetSegmentExportJobs",
    "test_read_back.py::test_import_jobs":
        "CreateImportJob GetImportJob GetImportJobs GetSegmentImportJobs",
    "test_read_back.py::test_kpis_tell_what_was_asked":
        "GetApplicationDateRangeKpi GetCampaignDateRangeKpi GetJourneyDateRangeKpi",
    "test_read_back.py::test_lists_of_campaigns":
        "DeleteCampaign GetCampaigns",
    "test_read_back.py::test_segments":
        "CreateSegment DeleteSegment GetSegment GetSegmentVersion",
    "test_read_back.py::test_settings":
        "GetApplicationSettings UpdateApplicationSettings",
    "test_read_back.py::test_tags_on_everything_that_has_them":
        "ListTagsForResource TagResource UntagResource",
    "test_recommenders.py::test_from_first_to_last":
        "CreateRecommenderConfiguration DeleteRecommenderConfiguration GetRecommenderConfiguration "
        "GetRecommenderConfigurations UpdateRecommenderConfiguration",
    "test_templates.py::test_one_name_for_all_kinds":
        "ListTemplates",
    "test_templates.py::test_rich":
        "CreateEmailTemplate CreateInAppTemplate CreatePushTemplate CreateSmsTemplate CreateVoiceTemplate "
        "GetEmailTemplate GetInAppTemplate GetPushTemplate GetSmsTemplate GetVoiceTemplate",
    "test_templates.py::test_versions":
        "DeleteEmailTemplate DeleteInAppTemplate DeletePushTemplate DeleteSmsTemplate DeleteVoiceTemplate "
        "ListTemplateVersions UpdateEmailTemplate UpdateInAppTemplate UpdatePushTemplate "
        "UpdateSmsTemplate UpdateTemplateActiveVersion UpdateVoiceTemplate",
}


def shown():
    """Pairs of operation and test."""
    return [(name, test) for test, names in SHOWN_BY.items() for name in names.split()]
