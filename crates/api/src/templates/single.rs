//! Create, get, update and delete one template, of any kind.

use model::Template;
use store::{Expect, Resource as _, StoreError, TemplateVersion, Write, put};
use wire::parameter;
use wire::shapes::{CreateTemplateMessageBody, MessageBody};

use super::kind::{Draft, Kind};
use super::stored::{active, id, latest, number, version};
use super::wire::{name, shown};
use crate::apps::wire::read_tags;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

/// Attempts when others write at the same time.
const ATTEMPTS_MAX: usize = 5;

pub(crate) async fn create<K: Kind>(call: Call) -> Result<Reply, ApiError> {
    let name = name(call.param(parameter::TEMPLATE_NAME))?;
    let draft = call.body::<K>()?.read()?;
    let limits = &call.state.settings.limits;
    let tags = read_tags(draft.tags, limits.tags)?;
    let store = call.state.store();
    if store.of::<Template>().count("").await? >= limits.templates {
        return Err(ApiError::bad_request(format!(
            "Exceeded maximum number of templates: {}",
            limits.templates
        )));
    }
    let created = Template {
        name: name.clone(),
        version: 1,
        active_version: 1,
        latest_version: 1,
        content: draft.content,
        default_substitutions: draft.default_substitutions,
        description: draft.description,
        tags,
        created: call.now,
        modified: call.now,
    };
    let writes = vec![
        put(&created, Expect::Absent)?,
        put(&TemplateVersion(created.clone()), Expect::Any)?,
    ];
    match store.documents.commit(writes).await {
        Ok(()) => {}
        Err(StoreError::Conflict(_)) => {
            return Err(ApiError::bad_request(format!(
                "There is a template {name} of type {} already",
                K::KIND.as_str()
            )));
        }
        Err(error) => return Err(error.into()),
    }
    Reply::json(&CreateTemplateMessageBody {
        arn: Some(
            call.state
                .account
                .template(&call.caller.region, &name, K::KIND),
        ),
        message: Some("Created".to_owned()),
        request_id: Some(call.request_id.clone()),
    })
}

pub(crate) async fn get<K: Kind>(call: Call) -> Result<Reply, ApiError> {
    let name = name(call.param(parameter::TEMPLATE_NAME))?;
    let store = call.state.store();
    let current = active(store, K::KIND, &name).await?;
    let template = match number(call.query.get("version"))? {
        None => current.value,
        Some(number) => {
            let mut older = version(store, &current, number).await?.value.0;
            older.tags = current.value.tags;
            older
        }
    };
    let shown = shown::<K>(&call.state.account, &call.caller.region, template);
    Reply::json(&shown.ok_or_else(ApiError::not_found)?)
}

pub(crate) async fn update<K: Kind>(call: Call) -> Result<Reply, ApiError> {
    let name = name(call.param(parameter::TEMPLATE_NAME))?;
    let append = match call.query.get("create-new-version") {
        None | Some("" | "false") => false,
        Some("true") => true,
        Some(_) => {
            return Err(ApiError::bad_request(
                "create-new-version: expected true or false",
            ));
        }
    };
    let locked = number(call.query.get("version"))?;
    if append && locked.is_some() {
        return Err(ApiError::bad_request(
            "version and create-new-version=true exclude each other",
        ));
    }
    let store = call.state.store();
    let most = call.state.settings.limits.template_versions;
    for _ in 0..ATTEMPTS_MAX {
        let mut current = active(store, K::KIND, &name).await?;
        let latest = latest(store, &current).await?.value.0;
        let Draft {
            content,
            default_substitutions,
            description,
            tags: _,
        } = call.body::<K>()?.read()?;
        if locked.is_some_and(|version| version != latest.version) {
            return Err(ApiError::bad_request(format!(
                "version: the latest version is {}",
                latest.version
            )));
        }
        let number = if append {
            current.latest_version.saturating_add(1)
        } else {
            latest.version
        };
        if number > most {
            return Err(ApiError::bad_request(format!(
                "Exceeded maximum number of versions of a template: {most}"
            )));
        }
        let next = Template {
            version: number,
            content,
            default_substitutions,
            description,
            created: if append { call.now } else { latest.created },
            modified: call.now,
            ..current.value.clone()
        };
        current.latest_version = current.latest_version.max(number);
        if number == current.active_version {
            current.value = Template {
                created: current.value.created,
                ..next.clone()
            };
        }
        let writes = vec![
            current.replace()?,
            put(&TemplateVersion(next), Expect::Any)?,
        ];
        match store.documents.commit(writes).await {
            Ok(()) => return accepted(&call),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::conflict())
}

pub(crate) async fn delete<K: Kind>(call: Call) -> Result<Reply, ApiError> {
    let name = name(call.param(parameter::TEMPLATE_NAME))?;
    let store = call.state.store();
    let current = active(store, K::KIND, &name).await?;
    let parent = id(K::KIND, &name);
    let everything = vec![
        current.delete(),
        Write::DeleteAll {
            kind: TemplateVersion::KIND,
            parent: parent.clone(),
        },
    ];
    let writes = match number(call.query.get("version"))? {
        None => everything,
        Some(number) => {
            let doomed = version(store, &current, number).await?;
            let sole = store.of::<TemplateVersion>().count(&parent).await? == 1;
            if sole {
                everything
            } else if number == current.active_version {
                return Err(ApiError::bad_request(format!(
                    "Version {number} is the active version; activate another one first"
                )));
            } else {
                vec![doomed.delete()]
            }
        }
    };
    store.documents.commit(writes).await?;
    accepted(&call)
}

/// The answer of an accepted change.
pub(super) fn accepted(call: &Call) -> Result<Reply, ApiError> {
    Reply::json(&MessageBody {
        message: Some("Accepted".to_owned()),
        request_id: Some(call.request_id.clone()),
    })
}
