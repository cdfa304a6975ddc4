//! The columns by name.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, AsArray, Float64Array, MapArray, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{
    DataType, Field, Fields, Float64Type, Schema, SchemaRef, TimeUnit, TimestampMillisecondType,
    UInt32Type,
};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let text_or_null = |name: &str| Field::new(name, DataType::Utf8, true);
    let instant = |name: &str| Field::new(name, instant_type(), false);
    let mut fields = vec![
        text("app_id"),
        text("rid"),
        text("src"),
        text("type"),
        instant("ts"),
        instant("arr"),
        instant("t"),
        text("endpoint_id"),
        Field::new("endpoint_no", DataType::UInt32, false),
        text_or_null("user_id"),
        Field::new("user_no", DataType::UInt32, true),
        text_or_null("session_id"),
        Field::new("session_ms", DataType::Int64, true),
    ];
    fields.extend(TEXTS.map(text_or_null));
    fields.extend([
        Field::new("parts", DataType::Int32, true),
        Field::new("price_mc", DataType::Float64, true),
        Field::new("item_price", DataType::Float64, true),
        Field::new("quantity", DataType::Float64, true),
        map("attrs", DataType::Utf8),
        map("metrics", DataType::Float64),
    ]);
    Arc::new(Schema::new(fields))
});

/// Nullable texts, in order.
pub(super) const TEXTS: [&str; 21] = [
    "app_version",
    "platform",
    "platform_version",
    "make",
    "model",
    "locale",
    "country",
    "tz",
    "campaign_id",
    "activity_id",
    "treatment_id",
    "journey_id",
    "run_id",
    "jact_id",
    "message_id",
    "channel",
    "status",
    "iso_country",
    "link",
    "recipient",
    "client_event_id",
];

/// The schema of the table.
pub(crate) fn schema() -> &'static SchemaRef {
    &SCHEMA
}

/// The type of instants: milliseconds in UTC.
pub(super) fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// The members of a map's entries.
pub(super) fn entry_fields(value: DataType) -> Fields {
    Fields::from(vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("value", value, false),
    ])
}

fn map(name: &str, value: DataType) -> Field {
    let entries = Field::new("key_value", DataType::Struct(entry_fields(value)), false);
    Field::new(name, DataType::Map(Arc::new(entries), false), false)
}

/// The columns of a batch by name. Asking for one that was not read, or as another type, is a
/// mistake in this crate.
pub(crate) struct Columns<'a>(pub(crate) &'a RecordBatch);

impl<'a> Columns<'a> {
    fn of(&self, name: &str) -> &'a dyn Array {
        self.0
            .column_by_name(name)
            .expect("the scan was told to read the column")
    }

    pub(crate) fn text(&self, name: &str) -> &'a StringArray {
        self.of(name).as_string()
    }

    pub(crate) fn instant(&self, name: &str) -> &'a [i64] {
        self.of(name)
            .as_primitive::<TimestampMillisecondType>()
            .values()
    }

    pub(crate) fn number(&self, name: &str) -> &'a UInt32Array {
        self.of(name).as_primitive::<UInt32Type>()
    }

    pub(crate) fn float(&self, name: &str) -> &'a Float64Array {
        self.of(name).as_primitive::<Float64Type>()
    }

    pub(crate) fn integer(&self, name: &str) -> &'a arrow::array::Int32Array {
        self.of(name).as_primitive::<arrow::datatypes::Int32Type>()
    }

    pub(crate) fn map(&self, name: &str) -> &'a MapArray {
        self.of(name).as_map()
    }
}

/// The text in `row`, if it is not null.
pub(crate) trait Texts {
    fn get(&self, row: usize) -> Option<&str>;
}

impl Texts for StringArray {
    fn get(&self, row: usize) -> Option<&str> {
        self.is_valid(row).then(|| self.value(row))
    }
}
