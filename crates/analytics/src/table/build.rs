//! Events as a batch of rows.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Builder, Int32Builder, Int64Builder, MapArray, RecordBatch, StringBuilder,
    StructArray, TimestampMillisecondBuilder, UInt32Builder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};

use super::columns::{TEXTS, entry_fields, schema};
use crate::Channel;
use crate::row::{Placed, source};

/// The rows of `events`, in their order.
pub(crate) fn batch(events: &[&Placed<'_>]) -> RecordBatch {
    let text = |of: &dyn Fn(&Placed<'_>) -> Option<String>| -> ArrayRef {
        let mut column = StringBuilder::new();
        for event in events {
            column.append_option(of(event));
        }
        Arc::new(column.finish())
    };
    let borrowed = |of: &dyn for<'b> Fn(&'b Placed<'_>) -> Option<&'b str>| -> ArrayRef {
        let mut column = StringBuilder::new();
        for event in events {
            column.append_option(of(event));
        }
        Arc::new(column.finish())
    };
    let instant = |of: &dyn Fn(&Placed<'_>) -> clock::Timestamp| -> ArrayRef {
        let mut column =
            TimestampMillisecondBuilder::with_capacity(events.len()).with_timezone("UTC");
        for event in events {
            column.append_value(of(event).as_millis());
        }
        Arc::new(column.finish())
    };
    let number = |of: &dyn Fn(&Placed<'_>) -> Option<u32>| -> ArrayRef {
        let mut column = UInt32Builder::with_capacity(events.len());
        for event in events {
            column.append_option(of(event));
        }
        Arc::new(column.finish())
    };
    let float = |of: &dyn Fn(&Placed<'_>) -> Option<f64>| -> ArrayRef {
        let mut column = Float64Builder::with_capacity(events.len());
        for event in events {
            column.append_option(of(event));
        }
        Arc::new(column.finish())
    };
    let mut columns = vec![
        borrowed(&|row| Some(row.event.app.as_str())),
        text(&|row| Some(row.rid())),
        borrowed(&|row| Some(source(row.event.origin))),
        borrowed(&|row| Some(&row.event.kind)),
        instant(&|row| row.event.timestamp),
        instant(&|row| row.event.arrival),
        instant(&|row| row.t),
        borrowed(&|row| Some(row.event.endpoint.as_str())),
        number(&|row| Some(row.endpoint_no)),
        borrowed(&|row| row.event.user.as_ref().map(model::UserId::as_str)),
        number(&|row| row.user_no),
        borrowed(&|row| {
            row.event
                .session
                .as_ref()
                .map(|session| session.id.as_str())
        }),
        {
            let mut column = Int64Builder::with_capacity(events.len());
            for row in events {
                column.append_option(row.event.session.as_ref().and_then(|of| of.duration_ms));
            }
            Arc::new(column.finish())
        },
    ];
    columns.extend(TEXTS.iter().map(|name| match *name {
        "message_id" => text(&|row| row.message_id()),
        "recipient" => text(&|row| row.recipient()),
        name => borrowed(&optional(name)),
    }));
    columns.extend([
        {
            let mut column = Int32Builder::with_capacity(events.len());
            for row in events {
                column.append_option(row.parts());
            }
            Arc::new(column.finish()) as ArrayRef
        },
        float(&|row| row.price_millicents()),
        float(&|row| row.event.metrics.get("_item_price").copied()),
        float(&|row| row.event.metrics.get("_quantity").copied()),
        attributes(events),
        metrics(events),
    ]);
    RecordBatch::try_new(Arc::clone(schema()), columns)
        .expect("the columns are built to the schema")
}

/// Where an event holds the text of a nullable column.
fn optional(name: &str) -> for<'a> fn(&'a Placed<'_>) -> Option<&'a str> {
    match name {
        "app_version" => |row| row.event.device.app_version.as_deref(),
        "platform" => |row| row.event.device.platform.as_deref(),
        "platform_version" => |row| row.event.device.platform_version.as_deref(),
        "make" => |row| row.event.device.make.as_deref(),
        "model" => |row| row.event.device.model.as_deref(),
        "locale" => |row| row.event.device.locale.as_deref(),
        "country" => |row| row.event.device.country.as_deref(),
        "tz" => |row| row.event.device.timezone.as_deref(),
        "campaign_id" => |row| Some(row.event.campaign.as_ref()?.campaign.as_str()),
        "activity_id" => |row| Some(row.event.campaign.as_ref()?.activity.as_ref()?.as_str()),
        "treatment_id" => |row| row.event.campaign.as_ref()?.treatment.as_deref(),
        "journey_id" => |row| Some(row.event.journey.as_ref()?.journey.as_str()),
        "run_id" => |row| row.event.journey.as_ref()?.run.as_deref(),
        "jact_id" => |row| row.event.journey.as_ref()?.activity.as_deref(),
        "channel" => |row| Some(Channel::of(row.event.channel?).as_str()),
        "status" => |row| row.event.status.as_deref(),
        "iso_country" => |row| row.iso_country(),
        "link" => |row| row.link(),
        "client_event_id" => |row| row.event.client_event_id.as_deref(),
        _ => |_| None,
    }
}

fn attributes(events: &[&Placed<'_>]) -> ArrayRef {
    let mut keys = StringBuilder::new();
    let mut values = StringBuilder::new();
    for row in events {
        for (key, value) in &row.event.attributes {
            keys.append_value(key);
            values.append_value(value);
        }
    }
    map(
        events.iter().map(|row| row.event.attributes.len()),
        Arc::new(keys.finish()),
        Arc::new(values.finish()),
        DataType::Utf8,
    )
}

fn metrics(events: &[&Placed<'_>]) -> ArrayRef {
    let mut keys = StringBuilder::new();
    let mut values = Float64Builder::new();
    for row in events {
        for (key, value) in &row.event.metrics {
            keys.append_value(key);
            values.append_value(*value);
        }
    }
    map(
        events.iter().map(|row| row.event.metrics.len()),
        Arc::new(keys.finish()),
        Arc::new(values.finish()),
        DataType::Float64,
    )
}

fn map(
    lengths: impl Iterator<Item = usize>,
    keys: ArrayRef,
    values: ArrayRef,
    value: DataType,
) -> ArrayRef {
    let fields = entry_fields(value);
    let entries = StructArray::new(fields.clone(), vec![keys, values], None);
    let field = Field::new("key_value", DataType::Struct(fields), false);
    Arc::new(MapArray::new(
        Arc::new(field),
        OffsetBuffer::from_lengths(lengths),
        entries,
        None,
        false,
    ))
}
