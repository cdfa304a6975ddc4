//! The helpers that templates can call, and what each takes (`docs/spec/templates.md §3`).

use std::ops::RangeInclusive;

/// Helpers that exist only as blocks.
const BLOCKS_ONLY: &[&str] = &["each", "if", "unless", "with"];

/// Any number of arguments, from the first number up.
const fn at_least(count: usize) -> RangeInclusive<usize> {
    count..=usize::MAX
}

macro_rules! helpers {
    ($($variant:ident = $name:literal, $counts:expr, [$($key:literal),*];)*) => {
        /// A helper that yields a value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Helper {
            $($variant,)*
        }

        impl Helper {
            /// The helper with this name.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Its name in templates.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// How many arguments it takes.
            pub fn argument_counts(self) -> RangeInclusive<usize> {
                match self {
                    $(Self::$variant => $counts,)*
                }
            }

            /// Whether it takes the argument `key=`.
            pub fn takes(self, key: &str) -> bool {
                match self {
                    $(Self::$variant => [$($key),*].contains(&key),)*
                }
            }
        }
    };
}

helpers! {
    Eq = "eq", 2..=2, ["yes", "no"];
    Neq = "neq", 2..=2, ["yes", "no"];
    Gt = "gt", 2..=2, ["yes", "no"];
    Gte = "gte", 2..=2, ["yes", "no"];
    Lt = "lt", 2..=2, ["yes", "no"];
    Lte = "lte", 2..=2, ["yes", "no"];
    And = "and", at_least(2), ["yes", "no"];
    Or = "or", at_least(2), ["yes", "no"];
    Not = "not", 1..=1, ["yes", "no"];
    Yesno = "yesno", 1..=1, ["yes", "no", "maybe"];
    Lookup = "lookup", 2..=2, [];
    DefaultIfEmpty = "defaultIfEmpty", 2..=2, [];
    Join = "join", at_least(2), ["prefix", "suffix"];
    Inflect = "inflect", 3..=3, ["includeCount"];
    Abbreviate = "abbreviate", 2..=2, [];
    Capitalize = "capitalize", 1..=1, ["fully"];
    CapitalizeFirst = "capitalizeFirst", 1..=1, [];
    Center = "center", 1..=1, ["size", "pad"];
    Cut = "cut", 1..=2, [];
    Ljust = "ljust", 1..=2, ["size", "pad"];
    Rjust = "rjust", 1..=2, ["size", "pad"];
    Lower = "lower", 1..=1, [];
    Upper = "upper", 1..=1, [];
    Ordinalize = "ordinalize", 1..=1, [];
    Replace = "replace", 3..=3, [];
    Slugify = "slugify", 1..=1, [];
    StripTags = "stripTags", 1..=1, [];
    Substring = "substring", 2..=3, [];
    Encode64 = "encode64", 1..=1, [];
    Decode64 = "decode64", 1..=1, [];
    Md5 = "md5", 1..=1, [];
    Sha256 = "sha256", 1..=1, [];
    Sha512 = "sha512", 1..=1, [];
    Uuid = "uuid", 0..=0, [];
    Now = "now", 0..=1, ["tz"];
    DateFormat = "dateFormat", 1..=4, ["inputFormat", "outputFormat", "tz"];
    Add = "add", 2..=2, [];
    Subtract = "subtract", 2..=2, [];
    Multiply = "multiply", 2..=2, [];
    Divide = "divide", 2..=2, [];
    Modulo = "modulo", 2..=2, [];
    Ceiling = "ceiling", 1..=1, [];
    Floor = "floor", 1..=1, [];
    Round = "round", 1..=1, [];
}

impl Helper {
    /// Whether it tests something, so that it can open a block.
    pub const fn is_condition(self) -> bool {
        matches!(
            self,
            Self::Eq
                | Self::Neq
                | Self::Gt
                | Self::Gte
                | Self::Lt
                | Self::Lte
                | Self::And
                | Self::Or
                | Self::Not
        )
    }

    /// Whether a variable that is not known stands for its own text as argument `at`
    /// (`docs/spec/templates.md §3`).
    pub const fn takes_word(self, at: usize) -> bool {
        matches!((self, at), (Self::Inflect, 1 | 2) | (Self::DateFormat, 3))
    }
}

/// As [`Helper::takes_word`], for the argument `key=`.
pub(crate) fn takes_word(key: &str) -> bool {
    key == "tz"
}

/// Whether `word` without arguments is a call rather than a variable.
pub(crate) fn stands_alone(word: &str) -> bool {
    matches!(word, "now" | "uuid")
}

/// Why `name` cannot be called.
pub(crate) fn refusal(name: &str) -> String {
    if BLOCKS_ONLY.contains(&name) {
        format!("helper {name} can only open a block")
    } else {
        format!("there is no helper {name}")
    }
}
