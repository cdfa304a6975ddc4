//! The configuration of the server: one typed tree, read once at start.
//!
//! Belongs: which keys there are, what each means, its default and its bounds, where a value comes
//! from (environment, file, default), and the generated reference.
//! Elsewhere: what is done with the values (`server`).

mod error;
mod limits;
mod reader;
mod reference;
mod tree;

pub use error::{ConfigError, Problem};
pub use limits::Limits;
pub use reference::reference;
pub use tree::{
    Account, Auth, Aws, Channels, Config, Email, EmailTransport, FunctionTarget, LogFormat,
    Logging, Outbound, Server, Smtp, SmtpTls, StoreSettings, StreamSink,
};
