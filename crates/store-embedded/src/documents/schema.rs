//! The tables of `documents.sqlite`, as steps from one version to the next.

use rusqlite::{Connection, TransactionBehavior};

use crate::OpenError;
use crate::error::from_sqlite;
use crate::folder::{Folder, SCHEMA_VERSION};

/// What each schema version adds: element `n` leads from version `n` to `n + 1`.
const STEPS: [&str; SCHEMA_VERSION as usize] = [
    // 1: documents and secrets.
    "CREATE TABLE document (
        kind TEXT NOT NULL,
        parent TEXT NOT NULL,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        created INTEGER NOT NULL,
        due INTEGER,
        body BLOB NOT NULL,
        PRIMARY KEY (kind, parent, id)
    ) STRICT;
    CREATE INDEX document_list ON document (kind, parent, created DESC, id);
    CREATE INDEX document_due ON document (kind, due) WHERE due IS NOT NULL;
    CREATE TABLE secret (
        name TEXT NOT NULL PRIMARY KEY,
        sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;",
];

/// Brings the tables to this program's version; each step is one transaction.
pub(super) fn migrate(connection: &mut Connection, folder: &Folder) -> Result<(), OpenError> {
    let found: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(from_sqlite)?;
    if found > SCHEMA_VERSION {
        return Err(folder.newer(found));
    }
    for (from, step) in (0..).zip(STEPS).skip(found as usize) {
        let version: u32 = from + 1;
        let apply = |connection: &mut Connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()
        };
        apply(connection).map_err(from_sqlite)?;
        tracing::info!(schema.version = version, "store.schema.migrate");
    }
    Ok(())
}
