//! CSV: a header line of known names, then one row per line.

use std::{borrow::Cow, collections::BTreeMap};

use clock::Timestamp;
use model::{ChannelType, EndpointId, EndpointUpdate, OptOut, UserId, UserLink};

use super::{Row, RowError};

/// The header of a CSV file: what each column means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvHeader {
    /// A column whose name is unknown is skipped.
    columns: Vec<Option<Column>>,
}

/// Why a line is not a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// It cannot be split into names.
    #[error("the header is malformed: {0}")]
    Malformed(#[from] RowError),
    /// It has no name that means anything.
    #[error("the header has no known column, such as Id, Address or ChannelType")]
    NoKnownColumn,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Id,
    Address,
    ChannelType,
    OptOut,
    RequestId,
    EffectiveDate,
    City,
    Country,
    Latitude,
    Longitude,
    PostalCode,
    Region,
    AppVersion,
    Locale,
    Make,
    Model,
    ModelVersion,
    Platform,
    PlatformVersion,
    Timezone,
    Attribute(String),
    Metric(String),
    UserId,
    UserAttribute(String),
}

impl Column {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Id" => Self::Id,
            "Address" => Self::Address,
            "ChannelType" => Self::ChannelType,
            "OptOut" => Self::OptOut,
            "RequestId" => Self::RequestId,
            "EffectiveDate" => Self::EffectiveDate,
            "Location.City" => Self::City,
            "Location.Country" => Self::Country,
            "Location.Latitude" => Self::Latitude,
            "Location.Longitude" => Self::Longitude,
            "Location.PostalCode" => Self::PostalCode,
            "Location.Region" => Self::Region,
            "Demographic.AppVersion" => Self::AppVersion,
            "Demographic.Locale" => Self::Locale,
            "Demographic.Make" => Self::Make,
            "Demographic.Model" => Self::Model,
            "Demographic.ModelVersion" => Self::ModelVersion,
            "Demographic.Platform" => Self::Platform,
            "Demographic.PlatformVersion" => Self::PlatformVersion,
            "Demographic.Timezone" => Self::Timezone,
            "User.UserId" => Self::UserId,
            _ => {
                let custom = [
                    ("Attributes.", Self::Attribute as fn(String) -> Self),
                    ("Metrics.", Self::Metric),
                    ("User.UserAttributes.", Self::UserAttribute),
                ];
                let (rest, column) = custom
                    .into_iter()
                    .find_map(|(prefix, column)| Some((name.strip_prefix(prefix)?, column)))?;
                return (!rest.is_empty()).then(|| column(rest.to_owned()));
            }
        })
    }
}

impl CsvHeader {
    /// Reads a header line.
    ///
    /// # Errors
    /// [`HeaderError`] if it cannot be split or has no known name.
    pub fn read(line: &str) -> Result<Self, HeaderError> {
        let columns: Vec<Option<Column>> = cells(line)
            .map(|cell| Ok(Column::named(cell?.trim())))
            .collect::<Result<_, RowError>>()?;
        if columns.iter().any(Option::is_some) {
            Ok(Self { columns })
        } else {
            Err(HeaderError::NoKnownColumn)
        }
    }

    /// Reads a line under this header. An empty cell is absent; the cells of a repeated attribute
    /// make its list of values.
    ///
    /// # Errors
    /// [`RowError`] if the line cannot be split, has more cells than the header, holds a tab, or a
    /// cell cannot be read as what it is.
    pub fn row(&self, line: &str) -> Result<Row, RowError> {
        if let [Some(Column::UserId)] = self.columns.as_slice() {
            return self.users(line);
        }
        let mut id = None;
        let mut update = EndpointUpdate::default();
        let mut columns = self.columns.iter();
        for cell in cells(line) {
            let cell = cell?;
            let Some(column) = columns.next() else {
                return Err(too_many_cells(self.columns.len()));
            };
            match column {
                Some(Column::Id) if !cell.is_empty() => id = Some(EndpointId::new(cell)),
                Some(column) if !cell.is_empty() => set(&mut update, column, &cell)?,
                _ => {}
            }
        }
        Ok(Row::Endpoint {
            id,
            update: Box::new(update),
        })
    }

    /// A line of a file that only has user identifiers: one, or several with blanks between.
    fn users(&self, line: &str) -> Result<Row, RowError> {
        let mut users = Vec::new();
        for (index, cell) in cells(line).enumerate() {
            if index > 0 {
                return Err(too_many_cells(self.columns.len()));
            }
            users.extend(cell?.split_whitespace().map(UserId::new));
        }
        if users.is_empty() {
            return Err(RowError::value("User.UserId", "empty"));
        }
        Ok(Row::Users(users))
    }
}

fn too_many_cells(columns: usize) -> RowError {
    RowError {
        column: None,
        reason: format!("more cells than the {columns} of the header"),
        syntax: true,
    }
}

fn set(update: &mut EndpointUpdate, column: &Column, cell: &str) -> Result<(), RowError> {
    let text = || Some(cell.to_owned());
    match column {
        Column::Id => {}
        Column::Address => update.address = text(),
        Column::ChannelType => update.channel = Some(channel(cell)?),
        Column::OptOut => update.opt_out = Some(opt_out(cell)?),
        Column::RequestId => update.request_id = text(),
        Column::EffectiveDate => update.effective = Some(instant(cell)?),
        Column::City => update.location.city = text(),
        Column::Country => update.location.country = text(),
        Column::Latitude => update.location.latitude = Some(number("Location.Latitude", cell)?),
        Column::Longitude => update.location.longitude = Some(number("Location.Longitude", cell)?),
        Column::PostalCode => update.location.postal_code = text(),
        Column::Region => update.location.region = text(),
        Column::AppVersion => update.demographic.app_version = text(),
        Column::Locale => update.demographic.locale = text(),
        Column::Make => update.demographic.make = text(),
        Column::Model => update.demographic.model = text(),
        Column::ModelVersion => update.demographic.model_version = text(),
        Column::Platform => update.demographic.platform = text(),
        Column::PlatformVersion => update.demographic.platform_version = text(),
        Column::Timezone => update.demographic.timezone = text(),
        Column::Attribute(name) => push(&mut update.attributes, name, cell),
        Column::Metric(name) => {
            let value = number(&format!("Metrics.{name}"), cell)?;
            update.metrics.insert(name.clone(), value);
        }
        Column::UserId => update.user = UserLink::Link(UserId::new(cell)),
        Column::UserAttribute(name) => push(&mut update.user_attributes, name, cell),
    }
    Ok(())
}

fn push(attributes: &mut BTreeMap<String, Vec<String>>, name: &str, value: &str) {
    match attributes.get_mut(name) {
        Some(values) => values.push(value.to_owned()),
        None => {
            attributes.insert(name.to_owned(), vec![value.to_owned()]);
        }
    }
}

pub(super) fn channel(word: &str) -> Result<ChannelType, RowError> {
    ChannelType::parse(word)
        .ok_or_else(|| RowError::value("ChannelType", format_args!("'{word}' is not a channel")))
}

pub(super) fn opt_out(word: &str) -> Result<OptOut, RowError> {
    OptOut::parse(word)
        .ok_or_else(|| RowError::value("OptOut", format_args!("'{word}' is not ALL or NONE")))
}

pub(super) fn instant(text: &str) -> Result<Timestamp, RowError> {
    Timestamp::parse(text).map_err(|error| RowError::value("EffectiveDate", error))
}

fn number(member: &str, cell: &str) -> Result<f64, RowError> {
    cell.trim()
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(|| RowError::value(member, format_args!("'{cell}' is not a number")))
}

/// The cells of a line. After an error there are no more.
fn cells(line: &str) -> Cells<'_> {
    Cells {
        line,
        rest: Some(line),
    }
}

struct Cells<'a> {
    line: &'a str,
    /// What is left to split; `None` after the last cell.
    rest: Option<&'a str>,
}

impl<'a> Iterator for Cells<'a> {
    type Item = Result<Cow<'a, str>, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let cell = match rest.strip_prefix('"') {
            Some(quoted) => self.quoted(quoted),
            None => {
                let end = rest.bytes().position(|byte| byte == b',');
                let (cell, after) = match end {
                    Some(end) => (&rest[..end], Some(&rest[end + 1..])),
                    None => (rest, None),
                };
                self.rest = after;
                Ok(Cow::Borrowed(cell))
            }
        };
        Some(cell.and_then(|cell| match cell.contains('\t') {
            true => {
                let before = &self.line[..self.line.find('\t').unwrap_or_default()];
                self.rest = None;
                Err(RowError::syntax(before, "a tab inside a value"))
            }
            false => Ok(cell),
        }))
    }
}

impl<'a> Cells<'a> {
    /// A cell after its opening quote; a doubled quote stands for one.
    fn quoted(&mut self, quoted: &'a str) -> Result<Cow<'a, str>, RowError> {
        let mut cell = Cow::Borrowed("");
        let mut rest = quoted;
        loop {
            let Some(end) = rest.find('"') else {
                let opening = &self.line[..self.line.len() - quoted.len() - 1];
                return Err(RowError::syntax(opening, "a quote that is never closed"));
            };
            let (text, after) = (&rest[..end], &rest[end + 1..]);
            if cell.is_empty() {
                cell = Cow::Borrowed(text);
            } else {
                cell.to_mut().push_str(text);
            }
            match after.as_bytes().first() {
                Some(b'"') => {
                    cell.to_mut().push('"');
                    rest = &after[1..];
                }
                Some(b',') => {
                    self.rest = Some(&after[1..]);
                    return Ok(cell);
                }
                None => return Ok(cell),
                Some(_) => {
                    let before = &self.line[..self.line.len() - after.len()];
                    return Err(RowError::syntax(before, "text after a closing quote"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_debug_snapshot;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_cells(line: &str, want: &[&str]) {
        let got: Vec<String> = cells(line).map(|cell| cell.unwrap().into_owned()).collect();
        assert_eq!(got, want);
    }

    #[track_caller]
    fn check_error(header: &str, line: &str, want: &str) {
        let header = CsvHeader::read(header).unwrap();
        assert_eq!(header.row(line).unwrap_err().to_string(), want);
    }

    #[track_caller]
    fn row(header: &str, line: &str) -> (Option<EndpointId>, EndpointUpdate) {
        match CsvHeader::read(header).unwrap().row(line).unwrap() {
            Row::Endpoint { id, update } => (id, *update),
            Row::Users(users) => panic!("users {users:?}"),
        }
    }

    #[test]
    fn cells_follow_rfc_4180() {
        check_cells("a,b,", &["a", "b", ""]);
        check_cells("", &[""]);
        check_cells(
            r#""a,b","say ""hi""","","""""#,
            &["a,b", "say \"hi\"", "", "\""],
        );
        check_cells(r#"it's 5" long, x"#, &["it's 5\" long", " x"]);
    }

    #[test]
    fn errors_have_a_column() {
        check_error(
            "Id,Address",
            "a,\"b",
            "a quote that is never closed (column 3)",
        );
        check_error(
            "Id,Address",
            "é,\"b\" x",
            "text after a closing quote (column 6)",
        );
        check_error("Id,Address", "a,b\tc", "a tab inside a value (column 4)");
        check_error("Id,Address", "a,b,c", "more cells than the 2 of the header");
        check_error(
            "ChannelType",
            "PIGEON",
            "ChannelType: 'PIGEON' is not a channel",
        );
        check_error("Id,OptOut", "a,some", "OptOut: 'some' is not ALL or NONE");
        check_error("Metrics.m", "NaN", "Metrics.m: 'NaN' is not a number");
        check_error(
            "Location.Latitude",
            "north",
            "Location.Latitude: 'north' is not a number",
        );
        check_error(
            "EffectiveDate",
            "today",
            "EffectiveDate: not an ISO 8601 instant: today",
        );
    }

    #[test]
    fn headers_may_be_quoted_and_padded() {
        let quoted = CsvHeader::read(r#""Id", "Address" , Attributes.a b"#);
        // A quote after a blank is part of the name, which is then unknown.
        assert_eq!(
            quoted.unwrap().columns,
            [
                Some(Column::Id),
                None,
                Some(Column::Attribute("a b".to_owned()))
            ]
        );
        assert_eq!(
            CsvHeader::read(" Id ,Address").unwrap().columns,
            [Some(Column::Id), Some(Column::Address)]
        );
        for unknown in ["id,address", "", "Attributes.,Metrics.", "EndpointStatus"] {
            assert_eq!(CsvHeader::read(unknown), Err(HeaderError::NoKnownColumn));
        }
        assert!(matches!(
            CsvHeader::read("\"Id"),
            Err(HeaderError::Malformed(_))
        ));
    }

    #[test]
    fn the_examples_of_the_reference() {
        let header = "ChannelType,Address,Id,User.UserId,Attributes.size,Attributes.size,Metrics.orders,OptOut";
        let (id, update) = row(header, "SMS,+4407700900000,p-1,u-1,M,L,12,NONE");
        assert_eq!(id, Some("p-1".into()));
        assert_eq!(update.channel, Some(ChannelType::Sms));
        assert_eq!(update.attributes["size"], ["M", "L"]);
        assert_eq!(update.metrics["orders"], 12.0);
        assert_eq!(update.opt_out, Some(OptOut::None));
        assert_eq!(update.user, UserLink::Link("u-1".into()));

        let (id, update) = row(header, "EMAIL,ada@example.com,,u-1,,,3,");
        assert_eq!(id, None);
        assert!(update.attributes.is_empty());
        assert_eq!(update.opt_out, None);
    }

    #[test]
    fn every_column_has_its_member() {
        let header = "Id,Address,ChannelType,OptOut,RequestId,EffectiveDate,Location.City,Location.Country,Location.Latitude,Location.Longitude,Location.PostalCode,Location.Region,Demographic.AppVersion,Demographic.Locale,Demographic.Make,Demographic.Model,Demographic.ModelVersion,Demographic.Platform,Demographic.PlatformVersion,Demographic.Timezone,Attributes.a,Metrics.m,User.UserId,User.UserAttributes.n,EndpointStatus,Colour";
        let line = "i,ad,EMAIL,ALL,r,2026-03-04T05:06Z,ci,co,1.5,-2,pc,re,av,lo,ma,mo,mv,pl,pv,tz,x,2.5,u,Ada,INACTIVE,red";
        assert_debug_snapshot!(row(header, line));
    }

    #[test]
    fn users_alone_become_members() {
        let header = CsvHeader::read("User.UserId").unwrap();
        assert_eq!(
            header.row("u-1 u-2"),
            Ok(Row::Users(vec!["u-1".into(), "u-2".into()]))
        );
        assert!(header.row("\"\"").is_err());
        assert!(header.row("u-1,u-2").is_err());
        let (id, update) = row("User.UserId,Colour", "u 1,red");
        assert_eq!((id, update.user), (None, UserLink::Link("u 1".into())));
    }

    proptest! {
        #[test]
        fn what_is_quoted_reads_back(values in prop::collection::vec("[^\t\r\n]{0,8}", 1..6)) {
            let line: Vec<String> = values
                .iter()
                .map(|value| format!("\"{}\"", value.replace('"', "\"\"")))
                .collect();
            let line = line.join(",");
            let got: Vec<String> = cells(&line).map(|cell| cell.unwrap().into_owned()).collect();
            prop_assert_eq!(got, values);
        }

        #[test]
        fn no_line_panics(header in "\\PC{0,40}", line in "[\\PC\t]{0,60}") {
            if let Ok(header) = CsvHeader::read(&format!("Id,Attributes.a,Metrics.m,{header}")) {
                let _ = header.row(&line);
            }
        }
    }
}
