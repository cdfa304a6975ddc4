//! SQLite and fjall backend.
