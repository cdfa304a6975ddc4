//! TagResource, UntagResource and ListTagsForResource (`docs/spec/audience.md §13`).

use model::{App, Campaign, Journey, Segment, Tags, Template};
use store::{Resource, StoreError, Stored};
use wire::parameter;
use wire::shapes::TagsModel;

use crate::apps::wire::read_tags;
use crate::arn::{ArnProblem, Resource as Named};
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

/// Attempts when others write at the same time.
const ATTEMPTS_MAX: usize = 5;

pub(crate) async fn tag(call: Call) -> Result<Reply, ApiError> {
    let named = named(&call)?;
    let request: TagsModel = call.body()?;
    let limit = call.state.settings.limits.tags;
    let added = read_tags(request.tags, limit)?;
    change(&call, &named, |tags| {
        tags.extend(added.clone());
        if tags.len() > limit {
            return Err(ApiError::bad_request(format!(
                "tags: at most {limit} tags, found {}",
                tags.len()
            )));
        }
        Ok(())
    })
    .await?;
    Ok(Reply::empty())
}

pub(crate) async fn untag(call: Call) -> Result<Reply, ApiError> {
    let named = named(&call)?;
    let keys: Vec<&str> = call.query.all("tagKeys").collect();
    if keys.is_empty() {
        return Err(ApiError::bad_request("Missing tagKeys"));
    }
    change(&call, &named, |tags| {
        tags.retain(|key, _| !keys.contains(&key.as_str()));
        Ok(())
    })
    .await?;
    Ok(Reply::empty())
}

pub(crate) async fn list(call: Call) -> Result<Reply, ApiError> {
    let named = named(&call)?;
    let mut found = Tags::new();
    change(&call, &named, |tags| {
        found.clone_from(tags);
        Ok(())
    })
    .await?;
    Reply::json(&TagsModel { tags: Some(found) })
}

fn named(call: &Call) -> Result<Named, ApiError> {
    let arn = call.param(parameter::RESOURCE_ARN);
    call.state
        .account
        .resource(arn)
        .map_err(|problem| match problem {
            ArnProblem::Malformed => {
                ApiError::bad_request("resource-arn: not the ARN of something that has tags")
            }
            ArnProblem::Elsewhere => ApiError::not_found(),
        })
}

/// Changes the tags of a resource; neither its version nor its dates change.
async fn change(
    call: &Call,
    named: &Named,
    mut edit: impl FnMut(&mut Tags) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    match named {
        Named::App(app) => {
            let change = edit_stored::<App>(call, "", app.as_str(), |it| &mut it.tags, &mut edit);
            call.state
                .apps
                .changing(app.as_str(), async { Ok(change.await) })
                .await?
        }
        Named::Segment(app, id) => {
            let (parent, id) = (app.as_str(), id.as_str());
            edit_stored::<Segment>(call, parent, id, |it| &mut it.tags, &mut edit).await
        }
        Named::Campaign(app, id) => {
            let (parent, id) = (app.as_str(), id.as_str());
            edit_stored::<Campaign>(call, parent, id, |it| &mut it.tags, &mut edit).await
        }
        Named::Journey(app, id) => {
            let (parent, id) = (app.as_str(), id.as_str());
            edit_stored::<Journey>(call, parent, id, |it| &mut it.tags, &mut edit).await
        }
        Named::Template(name, kind) => {
            let id = format!("{}/{name}", kind.as_str());
            edit_stored::<Template>(call, "", &id, |it| &mut it.tags, &mut edit).await
        }
    }
}

async fn edit_stored<R: Resource>(
    call: &Call,
    parent: &str,
    id: &str,
    tags: impl Fn(&mut R) -> &mut Tags,
    edit: &mut impl FnMut(&mut Tags) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let repository = call.state.store().of::<R>();
    for _ in 0..ATTEMPTS_MAX {
        let mut stored: Stored<R> = match repository.get(parent, id).await? {
            Some(stored) => stored,
            None => return Err(ApiError::not_found()),
        };
        let before = tags(&mut stored.value).clone();
        edit(tags(&mut stored.value))?;
        if *tags(&mut stored.value) == before {
            return Ok(());
        }
        match repository.replace(&mut stored).await {
            Ok(()) => return Ok(()),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::conflict())
}
