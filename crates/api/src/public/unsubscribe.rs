//! `/u/{token}`: the page that asks, and the one click that does it (RFC 8058,
//! `docs/spec/channels.md §4`).

use axum::extract::{Path, State};
use bytes::Bytes;
use channels::feedback;
use channels::token::{Action, Token};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};
use http::request::Parts;
use model::{EndpointUpdate, OptOut};
use store::{ApplyMode, EndpointWrite, WriteContext, WriteOrigin};

use super::tracking::{circumstances, record};
use crate::edge::RequestId;
use crate::error::ApiError;
use crate::reply::Answer;
use crate::state::AppState;

const STYLE: &str = "body{font:18px/1.5 system-ui,sans-serif;max-width:32em;margin:4em auto;\
padding:0 1em;color-scheme:light dark}button{font:inherit;padding:.5em 1.2em;cursor:pointer}";

/// Asks; programs that follow every link of a message unsubscribe nobody.
pub(crate) async fn page(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Answer, ApiError> {
    verify(&state, &token)?;
    Ok(html(
        "Unsubscribe",
        "<p>Do you want to get no more of these messages?</p>\n\
         <form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" \
         value=\"One-Click\"><button>Unsubscribe</button></form>",
    ))
}

/// Unsubscribes: the endpoint refuses messages from now on, and the event says why.
pub(crate) async fn one_click(
    State(state): State<AppState>,
    Path(token): Path<String>,
    parts: Parts,
) -> Result<Answer, ApiError> {
    let verified = verify(&state, &token)?;
    opt_out(&state, &verified, &parts).await?;
    let (facts, visitor) = circumstances(&state, &verified, &parts).await;
    let link = format!("{}/u/{token}", state.settings.public_url);
    let event = feedback::unsubscribed(&facts, &link, &visitor, state.now());
    record(&state, vec![event]).await;
    Ok(html(
        "Unsubscribed",
        "<p>You are unsubscribed. You will get no more of these messages.</p>",
    ))
}

fn verify(state: &AppState, token: &str) -> Result<Token, ApiError> {
    let token = state.parts.signer.verify(token, state.now())?;
    if token.action == Action::Unsubscribe {
        Ok(token)
    } else {
        Err(ApiError::not_found())
    }
}

/// Everything but the opt-out stays: this is neither activity nor proof that the address works.
async fn opt_out(state: &AppState, token: &Token, parts: &Parts) -> Result<(), ApiError> {
    let message = &token.message;
    let endpoints = &state.store().endpoints;
    let Some(endpoint) = endpoints.get(&message.app, &message.endpoint).await? else {
        return Ok(());
    };
    if endpoint.opt_out == OptOut::All {
        return Ok(());
    }
    let update = EndpointUpdate {
        opt_out: Some(OptOut::All),
        status: Some(endpoint.status),
        effective: Some(endpoint.effective),
        ..EndpointUpdate::default()
    };
    let write = EndpointWrite {
        id: endpoint.id,
        update,
    };
    let request_id = parts.extensions.get::<RequestId>();
    let context = WriteContext {
        now: state.now(),
        request_id: request_id.map(|id| id.0.clone()).unwrap_or_default(),
        origin: WriteOrigin::Import,
    };
    let results = endpoints
        .apply(&message.app, vec![write], ApplyMode::AllOrNothing, &context)
        .await?;
    results.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(())
}

fn html(title: &str, content: &str) -> Answer {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<h1>{title}</h1>\n{content}\n</html>\n"
    );
    let media_type = HeaderValue::from_static("text/html; charset=utf-8");
    Answer::bytes(media_type, Bytes::from(page))
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                 frame-ancestors 'none'",
            ),
        )
}
