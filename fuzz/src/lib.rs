//! What must hold for any bytes that a stranger sends. Each function takes such bytes and panics
//! when it does not; the fuzz targets and the test over the seeds call the same functions.

pub mod request;
pub mod rows;
pub mod segment;
pub mod signature;
