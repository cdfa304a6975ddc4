//! Campaigns, between the wire and the model.

use engine::activities::Activity;
use engine::campaigns::{CampaignDraft, TreatmentDraft};
use model::{
    AppId, Campaign, CampaignId, CampaignStatus, CustomMessage, EmailMessage, Header, InAppMessage,
    MessageConfiguration, PushMessage, SegmentId, SmsMessage, TemplateConfiguration, TemplateName,
    TemplateRef, Treatment,
};
use wire::shapes;

use super::{delivery, schedule};
use crate::apps::wire::{hook, limits, read_hook, read_limits};
use crate::arn::Account;
use crate::error::ApiError;
use crate::in_app;

/// A campaign as callers see it (`docs/spec/campaigns.md §3`).
pub(crate) fn campaign(
    account: &Account,
    region: &str,
    campaign: &Campaign,
) -> shapes::CampaignResponse {
    let content = &campaign.default_treatment;
    let state = |status: CampaignStatus| {
        Some(shapes::CampaignState {
            campaign_status: Some(status.as_str().to_owned()),
        })
    };
    let of_treatment = |number| state(campaign.treatment_status(number));
    let treatments = (1..).zip(&campaign.treatments);
    shapes::CampaignResponse {
        additional_treatments: Some(
            treatments
                .map(|(number, treatment)| write_treatment(number, treatment, of_treatment(number)))
                .collect(),
        ),
        application_id: Some(campaign.app.to_string()),
        arn: Some(account.campaign(region, &campaign.app, &campaign.id)),
        creation_date: Some(campaign.created.to_string()),
        custom_delivery_configuration: delivery::write(content),
        default_state: of_treatment(0).filter(|_| !campaign.treatments.is_empty()),
        description: campaign.description.clone(),
        holdout_percent: Some(campaign.holdout_percent.into()),
        hook: campaign.hook.as_ref().map(hook),
        id: Some(campaign.id.to_string()),
        is_paused: Some(campaign.paused),
        last_modified_date: Some(campaign.modified.to_string()),
        limits: Some(campaign.limits.as_ref().map(limits).unwrap_or_default()),
        message_configuration: content.message.as_ref().map(write_message),
        name: Some(campaign.name.clone()),
        priority: campaign.priority.map(i64::from),
        schedule: content.schedule.as_ref().map(schedule::write),
        segment_id: Some(campaign.segment.to_string()),
        segment_version: Some(campaign.segment_version.into()),
        state: state(campaign.status),
        template_configuration: Some(
            content
                .template
                .as_ref()
                .map(write_template)
                .unwrap_or_default(),
        ),
        treatment_description: campaign.treatment_description.clone(),
        treatment_name: campaign.treatment_name.clone(),
        version: Some(campaign.version.into()),
        tags: Some(campaign.tags.clone()),
    }
}

fn write_treatment(
    number: u8,
    treatment: &Treatment,
    state: Option<shapes::CampaignState>,
) -> shapes::TreatmentResource {
    let content = &treatment.content;
    shapes::TreatmentResource {
        custom_delivery_configuration: delivery::write(content),
        id: Some(number.to_string()),
        message_configuration: content.message.as_ref().map(write_message),
        schedule: content.schedule.as_ref().map(schedule::write),
        size_percent: Some(treatment.size_percent.into()),
        state,
        template_configuration: content.template.as_ref().map(write_template),
        treatment_description: treatment.description.clone(),
        treatment_name: treatment.name.clone(),
    }
}

fn write_message(message: &MessageConfiguration) -> shapes::MessageConfiguration {
    let push = |message: &Option<PushMessage>| message.as_ref().map(write_push);
    shapes::MessageConfiguration {
        adm_message: push(&message.adm),
        apns_message: push(&message.apns),
        baidu_message: push(&message.baidu),
        custom_message: message
            .custom
            .as_ref()
            .map(|custom| shapes::CampaignCustomMessage {
                data: custom.data.clone(),
            }),
        default_message: push(&message.default),
        email_message: message.email.as_ref().map(write_email),
        gcm_message: push(&message.gcm),
        in_app_message: message.in_app.as_ref().map(write_in_app),
        sms_message: message.sms.as_ref().map(|sms| shapes::CampaignSmsMessage {
            body: sms.body.clone(),
            entity_id: sms.entity_id.clone(),
            message_type: sms.message_type.clone(),
            origination_number: sms.origination_number.clone(),
            sender_id: sms.sender_id.clone(),
            template_id: sms.template_id.clone(),
        }),
    }
}

fn write_email(email: &EmailMessage) -> shapes::CampaignEmailMessage {
    let headers: Vec<_> = email
        .headers
        .iter()
        .map(|header| shapes::MessageHeader {
            name: Some(header.name.clone()),
            value: Some(header.value.clone()),
        })
        .collect();
    shapes::CampaignEmailMessage {
        body: email.body.clone(),
        from_address: email.from_address.clone(),
        headers: Some(headers).filter(|headers| !headers.is_empty()),
        html_body: email.html_body.clone(),
        title: email.title.clone(),
    }
}

fn write_push(push: &PushMessage) -> shapes::Message {
    let it = push.clone();
    shapes::Message {
        action: it.action,
        body: it.body,
        image_icon_url: it.image_icon_url,
        image_small_icon_url: it.image_small_icon_url,
        image_url: it.image_url,
        json_body: it.json_body,
        media_url: it.media_url,
        raw_content: it.raw_content,
        silent_push: it.silent_push,
        time_to_live: it.time_to_live.map(i64::from),
        title: it.title,
        url: it.url,
    }
}

fn write_template(template: &TemplateConfiguration) -> shapes::TemplateConfiguration {
    let reference = |reference: &Option<TemplateRef>| {
        reference.as_ref().map(|reference| shapes::Template {
            name: Some(reference.name.to_string()),
            version: reference.version.map(|version| version.to_string()),
        })
    };
    shapes::TemplateConfiguration {
        email_template: reference(&template.email),
        in_app_template: reference(&template.in_app),
        push_template: reference(&template.push),
        sms_template: reference(&template.sms),
        voice_template: None,
    }
}

/// An activity as callers see it (`docs/spec/campaigns.md §12`).
pub(crate) fn activity(
    app: &AppId,
    campaign: &CampaignId,
    it: &Activity,
) -> shapes::ActivityResponse {
    let number = |count: u64| Some(i64::try_from(count).unwrap_or(i64::MAX));
    let metrics = it.metrics.iter();
    shapes::ActivityResponse {
        application_id: Some(app.to_string()),
        campaign_id: Some(campaign.to_string()),
        end: it.ended.map(|ended| ended.to_string()),
        execution_metrics: Some(
            metrics
                .map(|(name, count)| ((*name).to_owned(), count.to_string()))
                .collect(),
        ),
        id: Some(it.id.to_string()),
        result: it.result.map(str::to_owned),
        scheduled_start: Some(it.scheduled.to_string()),
        start: Some(it.started.to_string()),
        state: Some(it.state.to_owned()),
        successful_endpoint_count: number(it.successful),
        timezones_completed_count: number(it.zones.completed),
        timezones_total_count: number(it.zones.total),
        total_endpoint_count: number(it.total),
        treatment_id: Some(it.treatment.to_string()),
    }
}

/// What a request says about a campaign.
///
/// # Errors
/// A member has an unusable value.
pub(crate) fn draft(request: shapes::WriteCampaignRequest) -> Result<CampaignDraft, ApiError> {
    let treatments = request.additional_treatments.map(|treatments| {
        let numbered = treatments.into_iter().enumerate();
        numbered
            .map(|(index, it)| read_treatment(&format!("AdditionalTreatments[{index}]"), it))
            .collect::<Result<Vec<_>, _>>()
    });
    Ok(CampaignDraft {
        name: request.name,
        description: request.description,
        segment: request
            .segment_id
            .filter(|id| !id.is_empty())
            .map(SegmentId::new),
        segment_version: request
            .segment_version
            .map(|version| positive("SegmentVersion", version))
            .transpose()?,
        message: request
            .message_configuration
            .map(read_message)
            .transpose()?,
        template: request
            .template_configuration
            .map(read_template)
            .transpose()?,
        custom_delivery: request
            .custom_delivery_configuration
            .map(|it| delivery::read("CustomDeliveryConfiguration", it))
            .transpose()?,
        schedule: request
            .schedule
            .map(|schedule| schedule::read("Schedule", schedule))
            .transpose()?,
        treatment_name: request.treatment_name,
        treatment_description: request.treatment_description,
        treatments: treatments.transpose()?,
        holdout_percent: request.holdout_percent,
        // A present block replaces the old one, also by nothing.
        limits: request
            .limits
            .map(|limits| read_limits("Limits", &limits).map(Option::unwrap_or_default))
            .transpose()?,
        hook: request
            .hook
            .map(|hook| read_hook("Hook", hook).map(Option::unwrap_or_default))
            .transpose()?,
        paused: request.is_paused,
        priority: request.priority,
        tags: request.tags,
        resend_in_doubt: None,
        safety: None,
    })
}

fn read_treatment(
    path: &str,
    it: shapes::WriteTreatmentResource,
) -> Result<TreatmentDraft, ApiError> {
    Ok(TreatmentDraft {
        size_percent: it
            .size_percent
            .ok_or_else(|| ApiError::bad_request(format!("Missing {path}.SizePercent")))?,
        name: it.treatment_name,
        description: it.treatment_description,
        message: it.message_configuration.map(read_message).transpose()?,
        template: it.template_configuration.map(read_template).transpose()?,
        custom_delivery: it
            .custom_delivery_configuration
            .map(|it| delivery::read(&format!("{path}.CustomDeliveryConfiguration"), it))
            .transpose()?,
        schedule: it
            .schedule
            .map(|schedule| schedule::read(&format!("{path}.Schedule"), schedule))
            .transpose()?,
    })
}

/// The messages of a request.
///
/// # Errors
/// A member has an unusable value.
pub(crate) fn read_message(
    message: shapes::MessageConfiguration,
) -> Result<MessageConfiguration, ApiError> {
    let push = |message: Option<shapes::Message>| message.map(read_push).transpose();
    Ok(MessageConfiguration {
        default: push(message.default_message)?,
        adm: push(message.adm_message)?,
        apns: push(message.apns_message)?,
        baidu: push(message.baidu_message)?,
        gcm: push(message.gcm_message)?,
        email: message.email_message.map(read_email),
        sms: message.sms_message.map(|sms| SmsMessage {
            body: sms.body,
            message_type: sms.message_type,
            origination_number: sms.origination_number,
            sender_id: sms.sender_id,
            entity_id: sms.entity_id,
            template_id: sms.template_id,
        }),
        custom: message
            .custom_message
            .map(|custom| CustomMessage { data: custom.data }),
        in_app: message.in_app_message.map(read_in_app).transpose()?,
    })
}

fn read_in_app(it: shapes::CampaignInAppMessage) -> Result<InAppMessage, ApiError> {
    let message = shapes::InAppMessage {
        content: it.content,
        custom_config: it.custom_config,
        layout: it.layout,
    };
    let mut message = in_app::read("MessageConfiguration.InAppMessage", message)?;
    message.body = it.body;
    Ok(message)
}

fn write_in_app(message: &InAppMessage) -> shapes::CampaignInAppMessage {
    let it = in_app::write(message);
    shapes::CampaignInAppMessage {
        body: message.body.clone(),
        content: it.content,
        custom_config: it.custom_config,
        layout: it.layout,
    }
}

/// An email of a request.
pub(crate) fn read_email(email: shapes::CampaignEmailMessage) -> EmailMessage {
    let headers = email
        .headers
        .unwrap_or_default()
        .into_iter()
        .map(|header| Header {
            name: header.name.unwrap_or_default(),
            value: header.value.unwrap_or_default(),
        });
    EmailMessage {
        body: email.body,
        from_address: email.from_address.filter(|from| !from.is_empty()),
        headers: headers.collect(),
        html_body: email.html_body,
        title: email.title,
    }
}

fn read_push(it: shapes::Message) -> Result<PushMessage, ApiError> {
    let time_to_live = it.time_to_live.map(|seconds| {
        u32::try_from(seconds).map_err(|_| ApiError::bad_request("TimeToLive: expected 0 or more"))
    });
    Ok(PushMessage {
        action: it.action,
        body: it.body,
        image_icon_url: it.image_icon_url,
        image_small_icon_url: it.image_small_icon_url,
        image_url: it.image_url,
        json_body: it.json_body,
        media_url: it.media_url,
        raw_content: it.raw_content,
        silent_push: it.silent_push,
        sound: None,
        time_to_live: time_to_live.transpose()?,
        title: it.title,
        url: it.url,
    })
}

fn read_template(
    template: shapes::TemplateConfiguration,
) -> Result<TemplateConfiguration, ApiError> {
    if template.voice_template.is_some() {
        return Err(ApiError::bad_request(
            "TemplateConfiguration.VoiceTemplate cannot be used in a campaign",
        ));
    }
    let reference = |member: &str, template: Option<shapes::Template>| {
        template
            .map(|template| read_reference(&format!("TemplateConfiguration.{member}"), template))
            .transpose()
    };
    Ok(TemplateConfiguration {
        email: reference("EmailTemplate", template.email_template)?,
        push: reference("PushTemplate", template.push_template)?,
        sms: reference("SMSTemplate", template.sms_template)?,
        in_app: reference("InAppTemplate", template.in_app_template)?,
        voice: None,
    })
}

/// A reference to a template.
///
/// # Errors
/// The name is absent or the version is no number.
pub(crate) fn read_reference(
    path: &str,
    template: shapes::Template,
) -> Result<TemplateRef, ApiError> {
    let name = template.name.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ApiError::bad_request(format!("Missing {path}.Name")))?;
    let version = template
        .version
        .filter(|version| !version.is_empty())
        .map(|version| {
            version
                .parse()
                .map_err(|_| {
                    ApiError::bad_request(format!("{path}.Version: '{version}' is no number"))
                })
                .and_then(|version| positive(&format!("{path}.Version"), version))
        });
    Ok(TemplateRef {
        name: TemplateName::new(name),
        version: version.transpose()?,
    })
}

fn positive(path: &str, number: i64) -> Result<u32, ApiError> {
    u32::try_from(number)
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| ApiError::bad_request(format!("{path}: expected 1 or more")))
}
