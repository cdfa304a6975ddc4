//! Patterns in the letters of Java's `SimpleDateFormat`, and the styles with names.

/// Longest pattern, in characters.
const CHARS_MAX: usize = 100;

/// A cut pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(super) items: Vec<Item>,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// Text as it is.
    Text(String),
    /// A field, and how often its letter is repeated.
    Field(Field, usize),
}

macro_rules! fields {
    ($($variant:ident = $letter:literal,)*) => {
        /// A part of a date or time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field {
            $($variant,)*
        }

        impl Field {
            const fn of(letter: char) -> Option<Self> {
                match letter {
                    $($letter => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

fields! {
    Era = 'G',
    Year = 'y',
    WeekYear = 'Y',
    Month = 'M',
    MonthAlone = 'L',
    WeekInYear = 'w',
    WeekInMonth = 'W',
    DayInYear = 'D',
    Day = 'd',
    WeekdayInMonth = 'F',
    DayName = 'E',
    DayNumber = 'u',
    Half = 'a',
    Hour = 'H',
    HourFrom1 = 'k',
    HalfHour = 'K',
    HalfHourFrom1 = 'h',
    Minute = 'm',
    Second = 's',
    Millisecond = 'S',
    ZoneName = 'z',
    ZoneRfc822 = 'Z',
    ZoneIso = 'X',
}

impl Field {
    /// Whether it is written in digits when its letter is repeated `count` times.
    pub fn is_number(self, count: usize) -> bool {
        match self {
            Self::Month | Self::MonthAlone => count < 3,
            Self::Era
            | Self::DayName
            | Self::Half
            | Self::ZoneName
            | Self::ZoneRfc822
            | Self::ZoneIso => false,
            _ => true,
        }
    }
}

impl Pattern {
    /// Cuts `text`: the name of a style, or a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = match text {
            "full" => "EEEE, MMMM d, yyyy",
            "long" => "MMMM d, yyyy",
            "medium" => "MMM d, yyyy",
            "short" => "M/d/yy",
            pattern => pattern,
        };
        if text.chars().count() > CHARS_MAX {
            return Err(format!(
                "the date pattern is longer than {CHARS_MAX} characters"
            ));
        }
        let mut items = Vec::new();
        let mut literal = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                quoted(&mut letters, &mut literal)?;
                continue;
            }
            if !letter.is_ascii_alphabetic() {
                literal.push(letter);
                continue;
            }
            let field = Field::of(letter)
                .ok_or_else(|| format!("{letter} is no letter of a date pattern"))?;
            let mut count = 1;
            while letters.next_if_eq(&letter).is_some() {
                count += 1;
            }
            if field == Field::ZoneIso && count > 3 {
                return Err("X is repeated at most three times in a date pattern".to_owned());
            }
            if !literal.is_empty() {
                items.push(Item::Text(std::mem::take(&mut literal)));
            }
            items.push(Item::Field(field, count));
        }
        if !literal.is_empty() {
            items.push(Item::Text(literal));
        }
        Ok(Self { items })
    }
}

/// Reads up to the closing quote; two quotes in a row stand for one.
fn quoted(
    letters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    literal: &mut String,
) -> Result<(), String> {
    if letters.next_if_eq(&'\'').is_some() {
        literal.push('\'');
        return Ok(());
    }
    loop {
        match letters.next() {
            Some('\'') if letters.next_if_eq(&'\'').is_none() => return Ok(()),
            Some(letter) => literal.push(letter),
            None => return Err("a quote in the date pattern is not closed".to_owned()),
        }
    }
}
