//! A scriptable SMTP server for tests: strict about the protocol, and unkind on demand.
