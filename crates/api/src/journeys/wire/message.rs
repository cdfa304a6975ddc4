//! The activities that send something, between the wire and the model.

use model::{ActivityStep, ChannelType, SmsSettings, StepTemplate, TemplateName};
use wire::shapes;

use super::activity::{name, next};
use super::{known, shown, text};
use crate::error::ApiError;

pub(super) fn read_email(
    path: &str,
    it: shapes::EmailMessageActivity,
) -> Result<ActivityStep, ApiError> {
    Ok(ActivityStep::Email {
        template: read_template(path, it.template_name, it.template_version)?,
        from_address: it.message_config.and_then(|it| text(it.from_address)),
        next: next(it.next_activity),
    })
}

pub(super) fn read_sms(
    path: &str,
    it: shapes::SMSMessageActivity,
) -> Result<ActivityStep, ApiError> {
    Ok(ActivityStep::Sms {
        template: read_template(path, it.template_name, it.template_version)?,
        settings: it.message_config.map(|it| SmsSettings {
            message_type: text(it.message_type),
            origination_number: text(it.origination_number),
            sender_id: text(it.sender_id),
            entity_id: text(it.entity_id),
            template_id: text(it.template_id),
        }),
        next: next(it.next_activity),
    })
}

pub(super) fn read_push(
    path: &str,
    it: shapes::PushMessageActivity,
) -> Result<ActivityStep, ApiError> {
    Ok(ActivityStep::Push {
        template: read_template(path, it.template_name, it.template_version)?,
        time_to_live: it.message_config.and_then(|it| text(it.time_to_live)),
        next: next(it.next_activity),
    })
}

pub(super) fn read_custom(
    path: &str,
    it: shapes::CustomMessageActivity,
) -> Result<ActivityStep, ApiError> {
    let types = it.endpoint_types.unwrap_or_default();
    let path_of_types = format!("{path}.EndpointTypes");
    Ok(ActivityStep::Custom {
        template: read_template(path, it.template_name, it.template_version)?,
        uri: text(it.delivery_uri),
        endpoint_types: types
            .iter()
            .map(|word| known(&path_of_types, word, ChannelType::parse))
            .collect::<Result<_, _>>()?,
        data: it.message_config.and_then(|it| text(it.data)),
        next: next(it.next_activity),
    })
}

/// Writes a step that sends something into its place in `it`.
pub(super) fn write(step: &ActivityStep, it: &mut shapes::Activity) {
    match step {
        ActivityStep::Email {
            template,
            from_address,
            next,
        } => {
            let from = from_address.clone();
            it.email = Some(shapes::EmailMessageActivity {
                message_config: from.map(|from| shapes::JourneyEmailMessage {
                    from_address: Some(from),
                }),
                next_activity: name(next.as_ref()),
                template_name: name_of(template),
                template_version: version_of(template),
            });
        }
        ActivityStep::Sms {
            template,
            settings,
            next,
        } => {
            it.sms = Some(shapes::SMSMessageActivity {
                message_config: settings.clone().map(|it| shapes::JourneySMSMessage {
                    entity_id: it.entity_id,
                    message_type: it.message_type,
                    origination_number: it.origination_number,
                    sender_id: it.sender_id,
                    template_id: it.template_id,
                }),
                next_activity: name(next.as_ref()),
                template_name: name_of(template),
                template_version: version_of(template),
            });
        }
        ActivityStep::Push {
            template,
            time_to_live,
            next,
        } => {
            let seconds = time_to_live.clone();
            it.push = Some(shapes::PushMessageActivity {
                message_config: seconds.map(|seconds| shapes::JourneyPushMessage {
                    time_to_live: Some(seconds),
                }),
                next_activity: name(next.as_ref()),
                template_name: name_of(template),
                template_version: version_of(template),
            });
        }
        ActivityStep::Custom {
            template,
            uri,
            endpoint_types,
            data,
            next,
        } => {
            let types: Vec<_> = endpoint_types
                .iter()
                .map(|it| it.as_str().to_owned())
                .collect();
            it.custom = Some(shapes::CustomMessageActivity {
                delivery_uri: uri.clone(),
                endpoint_types: Some(types).filter(|types| !types.is_empty()),
                message_config: data
                    .clone()
                    .map(|data| shapes::JourneyCustomMessage { data: Some(data) }),
                next_activity: name(next.as_ref()),
                template_name: name_of(template),
                template_version: version_of(template),
            });
        }
        ActivityStep::ContactCenter { .. }
        | ActivityStep::Wait { .. }
        | ActivityStep::ConditionalSplit { .. }
        | ActivityStep::MultiCondition { .. }
        | ActivityStep::RandomSplit { .. }
        | ActivityStep::Holdout { .. } => {}
    }
}

fn read_template(
    path: &str,
    name: Option<String>,
    version: Option<String>,
) -> Result<StepTemplate, ApiError> {
    let version = text(version).map(|version| {
        let number = version.parse::<u32>().ok().filter(|number| *number > 0);
        number.ok_or_else(|| {
            ApiError::bad_request(format!(
                "{path}.TemplateVersion: expected a number from 1, found '{}'",
                shown(&version)
            ))
        })
    });
    Ok(StepTemplate {
        name: text(name).map(TemplateName::new),
        version: version.transpose()?,
    })
}

fn name_of(template: &StepTemplate) -> Option<String> {
    template.name.as_ref().map(ToString::to_string)
}

fn version_of(template: &StepTemplate) -> Option<String> {
    template.version.map(|version| version.to_string())
}
