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
    // 2: the email channel is one of ten, kept in the same form.
    "INSERT INTO document (kind, parent, id, revision, created, due, body)
        SELECT 'channel', id, 'EMAIL', revision, created, NULL, CAST(json_object(
            'app', id,
            'kind', 'Email',
            'settings', json_object('Email', json_object(
                'from_address', old ->> 'from_address',
                'identity', old ->> 'identity',
                'configuration_set', old ->> 'configuration_set',
                'role_arn', old ->> 'role_arn',
                'orchestration_role_arn', old ->> 'orchestration_role_arn')),
            'enabled', json(iif(old ->> 'enabled', 'true', 'false')),
            'version', old ->> 'version',
            'created', json(old -> 'created'),
            'modified', json(old -> 'modified'),
            'modified_by', old ->> 'modified_by') AS BLOB)
        FROM (SELECT id, revision, created, CAST(body AS TEXT) AS old FROM document
            WHERE kind = 'email_channel');
    DELETE FROM document WHERE kind = 'email_channel';",
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

#[cfg(test)]
mod tests {
    use model::{Channel, ChannelSettings, ChannelType, EmailSettings};

    use super::*;

    #[test]
    fn the_email_channel_of_version_1_is_kept() {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch(STEPS[0]).expect("version 1");
        let old = r#"{"app":"a1","from_address":"Shop <news@shop.example>","identity":"arn:x",
            "configuration_set":null,"role_arn":"arn:r","orchestration_role_arn":null,
            "enabled":true,"version":3,"created":5,"modified":7,"modified_by":"AKID"}"#;
        connection
            .execute(
                "INSERT INTO document VALUES ('email_channel', '', 'a1', 4, 5, NULL, ?1)",
                [old.as_bytes()],
            )
            .expect("a channel");
        connection.execute_batch(STEPS[1]).expect("version 2");
        let (parent, id, revision, body): (String, String, i64, Vec<u8>) = connection
            .query_row(
                "SELECT parent, id, revision, body FROM document WHERE kind = 'channel'",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .expect("the channel");
        assert_eq!((parent.as_str(), id.as_str(), revision), ("a1", "EMAIL", 4));
        let channel: Channel = serde_json::from_slice(&body).expect("a channel of today");
        let settings = EmailSettings {
            from_address: "Shop <news@shop.example>".to_owned(),
            identity: "arn:x".to_owned(),
            configuration_set: None,
            role_arn: Some("arn:r".to_owned()),
            orchestration_role_arn: None,
        };
        assert_eq!(channel.settings, ChannelSettings::Email(settings));
        assert_eq!(channel.kind, ChannelType::Email);
        assert!(channel.enabled && channel.credentials.is_empty());
        assert_eq!((channel.version, channel.modified_by.as_str()), (3, "AKID"));
        assert_eq!(channel.created.as_millis(), 5);
        assert_eq!(channel.modified.as_millis(), 7);
    }
}
