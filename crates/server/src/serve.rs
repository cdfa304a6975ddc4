//! Runs the server from start to stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clock::Clock;
use config::Config;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::backup::Control;
use crate::cli::{ConfigArguments, DemoArguments, ServeArguments};
use crate::error::ServerError;
use crate::first_start::{Made, prepare};
use crate::parts::Server;
use crate::{demo, logs, maintenance};

/// `beckon serve`.
///
/// # Errors
/// The server cannot start.
pub async fn serve(arguments: &ServeArguments) -> Result<(), ServerError> {
    let mut config = arguments.data.config.load()?;
    listen_elsewhere(&mut config, arguments.listen);
    logs::start(&config.log)?;
    run(&config, &arguments.data.data).await
}

/// `beckon demo`.
///
/// # Errors
/// The server cannot start, or the sample project cannot be made.
pub async fn demo(arguments: &DemoArguments) -> Result<(), ServerError> {
    let mut config = ConfigArguments::default().load()?;
    listen_elsewhere(&mut config, Some(arguments.listen));
    logs::start(&config.log)?;
    let clock = Clock::real();
    let dir = std::env::temp_dir().join(format!("beckon-demo-{}", clock.id()));
    println!("Making the sample project…");
    let outcome = match demo::write(&config, &dir, clock.now()).await {
        Ok(()) => run(&config, &dir).await,
        Err(error) => Err(error),
    };
    remove(&dir).await;
    outcome
}

fn listen_elsewhere(config: &mut Config, listen: Option<SocketAddr>) {
    let Some(listen) = listen else { return };
    if config.server.public_url == format!("http://{}", config.server.listen) {
        config.server.public_url = format!("http://{listen}");
    }
    config.server.listen = listen;
}

async fn run(config: &Config, dir: &Path) -> Result<(), ServerError> {
    let clock = Clock::real();
    // A busy port is noticed before anything is written.
    let listener = bind(config.server.listen).await?;
    let server = Server::open(config, dir, clock.clone()).await?;
    let made = prepare(config, &server.parts.store, &clock).await?;
    // From here on, a stop is a clean one.
    let stop = stop_signal()?;

    server.parts.engine.start();
    server.parts.streams.start().await?;
    let imports = server.parts.imports.clone();
    let imports = tokio::spawn(async move { imports.run().await });
    let exports = server.parts.exports.clone();
    let exports = tokio::spawn(async move { exports.run().await });
    let control = match Control::open(dir) {
        Ok(control) => Some(tokio::spawn(control.run(server.parts.clone()))),
        Err(error) => {
            tracing::warn!(%error, "server.control.unavailable: no backup while the server runs");
            None
        }
    };
    let keeping = tokio::spawn(maintenance::run(server.parts.log.clone(), clock.clone()));

    let state = server.state.clone();
    let stop = async move {
        stop.await;
        tracing::info!("server.stopping");
        state.close();
    };
    let grace = Duration::from_secs(config.server.shutdown_seconds);
    let router = api::router(server.state.clone());
    let listening = tokio::spawn(api::listen(listener, router, clock.clone(), stop, grace));
    tracing::info!(
        address = %config.server.listen,
        data = %dir.display(),
        version = env!("CARGO_PKG_VERSION"),
        "server.ready"
    );
    announce(config, &made);
    listening.await?;
    imports.abort();
    exports.abort();
    keeping.abort();
    if let Some(control) = control {
        control.abort();
    }
    server.parts.engine.shutdown().await;
    server.parts.streams.shutdown().await;
    if let Err(error) = server.parts.analytics.close().await {
        tracing::warn!(%error, "server.analytics.unflushed");
    }
    tracing::info!("server.stopped");
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| ServerError::Listen { address, cause })
}

fn stop_signal() -> Result<impl Future<Output = ()> + Send, ServerError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServerError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServerError::Runtime)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn announce(config: &Config, made: &Made) {
    println!("Beckon listens on http://{}", config.server.listen);
    println!("Console: {}/console/", config.server.public_url);
    made.print();
}

async fn remove(dir: &PathBuf) {
    if let Err(error) = tokio::fs::remove_dir_all(dir).await {
        tracing::warn!(%error, "server.demo.left_over");
    }
}
