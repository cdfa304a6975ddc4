//! Templates of all kinds, with the numbers of their versions.

use std::collections::BTreeMap;

use model::{Template, TemplateKind};
use store::{Expect, TemplateVersion, put};
use wire::Operation;
use wire::shapes::{
    EmailTemplateRequest, InAppTemplateRequest, PushNotificationTemplateRequest,
    SMSTemplateRequest, VoiceTemplateRequest,
};

use super::Migration;
use super::item::Item;
use super::report::Outcome;
use crate::apps::wire::read_tags;
use crate::error::ApiError;
use crate::templates::kind::Kind;
use crate::templates::stored::id;
use crate::templates::wire::name;

/// Takes templates of one kind; versions of the same template become its versions.
pub(super) async fn take(
    migration: &mut Migration<'_>,
    kind: TemplateKind,
    items: Vec<Item>,
) -> Result<(), ApiError> {
    match kind {
        TemplateKind::Email => take_as::<EmailTemplateRequest>(migration, items).await,
        TemplateKind::Push => take_as::<PushNotificationTemplateRequest>(migration, items).await,
        TemplateKind::Sms => take_as::<SMSTemplateRequest>(migration, items).await,
        TemplateKind::Voice => take_as::<VoiceTemplateRequest>(migration, items).await,
        TemplateKind::InApp => take_as::<InAppTemplateRequest>(migration, items).await,
    }
}

async fn take_as<K: Kind>(migration: &mut Migration<'_>, items: Vec<Item>) -> Result<(), ApiError> {
    let mut templates: BTreeMap<String, BTreeMap<u32, (Item, Template)>> = BTreeMap::new();
    for item in items {
        match read::<K>(migration, &item) {
            Ok(template) => {
                let versions = templates.entry(template.name.to_string()).or_default();
                versions.insert(template.version, (item, template));
            }
            Err(error) => migration.note(&item, Err(error))?,
        }
    }
    for versions in templates.into_values() {
        let taken = store(migration, &versions).await;
        let taken = taken.map_err(|error| error.message().to_owned());
        let many = versions.len() > 1;
        let active = versions.keys().next_back().copied();
        for (item, template) in versions.into_values() {
            let outcome = match &taken {
                Err(reason) => Outcome::Refused(reason.clone()),
                Ok(false) => Outcome::There,
                Ok(true) if many && Some(template.version) == active => {
                    Outcome::Adapted(vec![format!(
                        "version {}, the highest in the files, is the active one",
                        template.version
                    )])
                }
                Ok(true) => Outcome::Taken,
            };
            migration.note(&item, Ok(outcome))?;
        }
    }
    Ok(())
}

fn read<K: Kind>(migration: &Migration<'_>, item: &Item) -> Result<Template, ApiError> {
    let operation = match K::KIND {
        TemplateKind::Email => Operation::CreateEmailTemplate,
        TemplateKind::Push => Operation::CreatePushTemplate,
        TemplateKind::Sms => Operation::CreateSmsTemplate,
        TemplateKind::Voice => Operation::CreateVoiceTemplate,
        TemplateKind::InApp => Operation::CreateInAppTemplate,
    };
    let draft = migration.request::<K>(operation, item)?.read()?;
    let version = item.version()?;
    let created = item.date("CreationDate", migration.now);
    Ok(Template {
        name: name(item.needed("TemplateName")?)?,
        version,
        active_version: version,
        latest_version: version,
        content: draft.content,
        default_substitutions: draft.default_substitutions,
        description: draft.description,
        tags: read_tags(draft.tags, migration.state.settings.limits.tags)?,
        created,
        modified: item.date("LastModifiedDate", created),
    })
}

/// Writes the versions of one template; answers whether there was none of that name.
async fn store(
    migration: &Migration<'_>,
    versions: &BTreeMap<u32, (Item, Template)>,
) -> Result<bool, ApiError> {
    let Some((_, active)) = versions.values().next_back() else {
        return Ok(false);
    };
    let store = migration.state.store();
    let key = id(active.content.kind(), &active.name);
    if store.of::<Template>().get("", &key).await?.is_some() {
        return Ok(false);
    }
    let mut writes = vec![put(active, Expect::Absent)?];
    for (_, template) in versions.values() {
        let version = Template {
            active_version: active.version,
            latest_version: active.version,
            ..template.clone()
        };
        writes.push(put(&TemplateVersion(version), Expect::Any)?);
    }
    store.documents.commit(writes).await?;
    Ok(true)
}
