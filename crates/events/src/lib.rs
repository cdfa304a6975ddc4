//! Durable event log.
