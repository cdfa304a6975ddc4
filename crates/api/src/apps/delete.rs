//! DeleteApp: the application and everything in it goes; templates stay, they are the account's.

use engine::{export, import};
use model::{
    App, AppId, AppSettings, Channel, DirectIntent, ExportJob, ImportJob, OneTimePassword, Segment,
};
use store::{
    DocumentKey, Expect, Resource, SegmentVersion, Store, StoreError, Write, version_parent,
};

use super::wire::app;
use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

/// Documents that are looked at together.
const PAGE: usize = 1_000;

pub(crate) async fn run(call: Call) -> Result<Reply, ApiError> {
    let deleted = call.app()?;
    let id = &deleted.id;
    let store = call.state.store();
    // Campaigns and journeys first, so that none goes on without its application; a crash
    // meanwhile leaves an application that can be deleted again.
    engine::campaigns::delete_all(store, &call.state.parts.clock, id).await?;
    engine::journeys::delete_all(store, &call.state.parts.clock, id).await?;
    engine::dry_run::delete_all(store, id).await?;
    call.state.parts.streams.delete(id).await?;
    let _turn = call.state.channel_changes.lock().await;
    store.forget_channel_secrets(id).await?;
    let writes = documents(store, id).await?;
    let removal = store.documents.commit(writes);
    call.state.apps.changing(id.as_str(), removal).await?;
    store.endpoints.drop_app(id).await?;
    call.state.parts.analytics.drop_app(id).await?;
    Reply::json(&app(&call.state.account, deleted))
}

async fn documents(store: &Store, app: &AppId) -> Result<Vec<Write>, StoreError> {
    let parent = app.to_string();
    let mut writes = vec![Write::Delete {
        key: DocumentKey {
            kind: App::KIND,
            parent: String::new(),
            id: parent.clone(),
        },
        expect: Expect::Any,
    }];
    writes.push(Write::Delete {
        key: DocumentKey {
            kind: AppSettings::KIND,
            parent: String::new(),
            id: parent.clone(),
        },
        expect: Expect::Any,
    });
    writes.push(all::<Channel>(parent.clone()));
    writes.push(all::<DirectIntent>(parent.clone()));
    writes.push(all::<OneTimePassword>(parent.clone()));
    for segment in ids::<Segment>(store, &parent).await? {
        writes.push(all::<SegmentVersion>(version_parent(&parent, &segment)));
    }
    writes.push(all::<Segment>(parent.clone()));
    let of_jobs = import::DOCUMENT_KINDS.into_iter().chain([
        export::DOCUMENT_KIND,
        ExportJob::KIND,
        ImportJob::KIND,
    ]);
    writes.extend(of_jobs.map(|kind| Write::DeleteAll {
        kind,
        parent: parent.clone(),
    }));
    Ok(writes)
}

fn all<R: Resource>(parent: String) -> Write {
    Write::DeleteAll {
        kind: R::KIND,
        parent,
    }
}

async fn ids<R: Resource>(store: &Store, parent: &str) -> Result<Vec<String>, StoreError> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .documents
            .list(R::KIND, parent, after.as_ref(), PAGE)
            .await?;
        ids.extend(page.items.into_iter().map(|document| document.key.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(ids),
        }
    }
}
