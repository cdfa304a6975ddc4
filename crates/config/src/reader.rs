//! Reads keys one by one, each from the environment, the file or its default, and remembers what
//! was asked for: the same calls make the tree, find unknown keys and write the reference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use toml::{Table, Value};

use crate::Problem;

/// What precedes the names of environment variables that override keys.
const ENV_PREFIX: &str = "BECKON__";
/// The short name of the master key's variable, and the key that it means.
const MASTER_KEY_VARIABLE: &str = "BECKON_MASTER_KEY";
const MASTER_KEY_PATH: &str = "store.master_key";
/// Largest file that holds a secret, in bytes.
const SECRET_BYTES_MAX: u64 = 65_536;

/// A key as the reference shows it.
pub(crate) struct KeyDoc {
    pub(crate) path: String,
    pub(crate) expects: String,
    pub(crate) default: String,
    pub(crate) doc: &'static str,
}

/// Reads a configuration.
pub(crate) struct Reader {
    file: Table,
    env: BTreeMap<String, String>,
    known: BTreeSet<String>,
    open: Vec<String>,
    pub(crate) docs: Vec<KeyDoc>,
    pub(crate) problems: Vec<Problem>,
}

impl Reader {
    /// Reads from a parsed file and from environment variables, of which only those that begin
    /// with `BECKON__` and the master key's own count.
    pub(crate) fn new(file: Table, env: impl Iterator<Item = (String, String)>) -> Self {
        let env = env
            .filter_map(|(name, value)| {
                if name == MASTER_KEY_VARIABLE {
                    return Some((MASTER_KEY_PATH.to_owned(), value));
                }
                let path = name.strip_prefix(ENV_PREFIX)?.replace("__", ".");
                Some((path.to_lowercase(), value))
            })
            .collect();
        Self {
            file,
            env,
            known: BTreeSet::new(),
            open: Vec::new(),
            docs: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, path: &str, default: &str, doc: &'static str) -> String {
        self.parsed(path, "a text", default, doc, |text| Some(text.to_owned()))
    }

    /// A text that `parse` understands; `expects` says what that is.
    pub(crate) fn parsed<T>(
        &mut self,
        path: &str,
        expects: &str,
        default: &str,
        doc: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        self.document(path, expects, &format!("\"{default}\""), doc);
        let given = match self.take(path) {
            Some(Given::Text(text)) => Some(text),
            Some(Given::Toml(Value::String(text))) => Some(text),
            Some(Given::Toml(other)) => {
                self.refuse(path, expects, &other.to_string());
                None
            }
            None => None,
        };
        if let Some(text) = given {
            match parse(&text) {
                Some(value) => return value,
                None => self.refuse(path, expects, &format!("\"{text}\"")),
            }
        }
        parse(default).expect("defaults are valid")
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        path: &str,
        words: &[(&str, T)],
        doc: &'static str,
    ) -> T {
        let names: Vec<String> = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let expects = names.join(" or ");
        self.parsed(path, &expects, words[0].0, doc, |text| {
            words
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
        })
    }

    /// A whole number between bounds, both included.
    pub(crate) fn number(
        &mut self,
        path: &str,
        (least, most): (u64, u64),
        default: u64,
        doc: &'static str,
    ) -> u64 {
        let expects = format!("{least} to {most}");
        self.document(path, &expects, &default.to_string(), doc);
        let number = match self.take(path) {
            None => return default,
            Some(Given::Text(text)) => text.trim().parse().map_err(|_| format!("\"{text}\"")),
            Some(Given::Toml(Value::Integer(number))) => {
                u64::try_from(number).map_err(|_| number.to_string())
            }
            Some(Given::Toml(other)) => Err(other.to_string()),
        };
        match number {
            Ok(number) if (least..=most).contains(&number) => return number,
            Ok(number) => self.refuse(path, &expects, &number.to_string()),
            Err(found) => self.refuse(path, &expects, &found),
        }
        default
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, path: &str, default: bool, doc: &'static str) -> bool {
        let expects = "true or false";
        self.document(path, expects, &default.to_string(), doc);
        let found = match self.take(path) {
            None => return default,
            Some(Given::Toml(Value::Boolean(flag))) => return flag,
            Some(Given::Text(text)) => match text.as_str() {
                "true" => return true,
                "false" => return false,
                _ => format!("\"{text}\""),
            },
            Some(Given::Toml(other)) => other.to_string(),
        };
        self.refuse(path, expects, &found);
        default
    }

    /// A list of texts; in the environment, separated by commas.
    pub(crate) fn list(
        &mut self,
        path: &str,
        expects: &str,
        default: &[&str],
        doc: &'static str,
        accept: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        self.document(path, expects, &format!("{default:?}"), doc);
        let given = match self.take(path) {
            None => None,
            Some(Given::Text(text)) => Some(
                text.split(',')
                    .map(|item| item.trim().to_owned())
                    .filter(|item| !item.is_empty())
                    .collect::<Vec<_>>(),
            ),
            Some(Given::Toml(Value::Array(items))) => {
                let texts: Option<Vec<_>> = items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect();
                if texts.is_none() {
                    self.refuse(path, expects, &Value::Array(items).to_string());
                }
                texts
            }
            Some(Given::Toml(other)) => {
                self.refuse(path, expects, &other.to_string());
                None
            }
        };
        let items =
            given.unwrap_or_else(|| default.iter().map(|item| (*item).to_owned()).collect());
        if let Some(bad) = items.iter().find(|item| !accept(item)) {
            self.refuse(path, expects, &format!("\"{bad}\""));
        }
        items
    }

    /// A secret, given as `path` or as the name of a file under `path_file`.
    pub(crate) fn secret(&mut self, path: &str, doc: &'static str) -> Option<String> {
        let value = self.text(path, "", doc);
        let file_path = format!("{path}_file");
        let file = self.text(&file_path, "", "A file that holds it, read once at start.");
        match (value.is_empty(), file.is_empty()) {
            (true, true) => None,
            (false, true) => Some(value),
            (false, false) => {
                self.problem(path, format!("is given twice: here and as {file_path}"));
                None
            }
            (true, false) => match read_secret(&file) {
                Ok(secret) => Some(secret),
                Err(reason) => {
                    self.problem(&file_path, reason);
                    None
                }
            },
        }
    }

    /// A section whose keys are names that the operator chooses.
    pub(crate) fn names(
        &mut self,
        section: &str,
        expects: &str,
        doc: &'static str,
    ) -> BTreeMap<String, String> {
        self.document(&format!("{section}.NAME"), expects, "none", doc);
        self.open.push(format!("{section}."));
        let mut names = BTreeMap::new();
        let table = lookup(&self.file, section).cloned();
        match table {
            None => {}
            Some(Value::Table(table)) => {
                for (name, value) in table {
                    match value {
                        Value::String(text) => {
                            names.insert(name, text);
                        }
                        other => {
                            self.refuse(&format!("{section}.{name}"), expects, &other.to_string());
                        }
                    }
                }
            }
            Some(other) => self.refuse(section, "a section", &other.to_string()),
        }
        let prefix = format!("{section}.");
        for (path, value) in &self.env {
            if let Some(name) = path.strip_prefix(&prefix) {
                names.insert(name.to_owned(), value.clone());
            }
        }
        names
    }

    /// Notes that a key cannot be used.
    pub(crate) fn problem(&mut self, key: &str, text: impl Into<String>) {
        self.problems.push(Problem {
            key: key.to_owned(),
            text: text.into(),
        });
    }

    /// Notes every key that was given and never asked for.
    pub(crate) fn refuse_unknown(&mut self) {
        let mut given = Vec::new();
        leaves(&self.file, "", &mut given);
        for path in given {
            if !self.is_known(&path) {
                self.problem(&path, "there is no such key");
            }
        }
        let unknown: Vec<String> = self
            .env
            .keys()
            .filter(|path| !self.is_known(path))
            .map(|path| format!("{ENV_PREFIX}{}", path.replace('.', "__").to_uppercase()))
            .collect();
        for name in unknown {
            self.problem(&name, "there is no such key");
        }
    }

    fn is_known(&self, path: &str) -> bool {
        self.known.contains(path) || self.open.iter().any(|prefix| path.starts_with(prefix))
    }

    fn document(&mut self, path: &str, expects: &str, default: &str, doc: &'static str) {
        self.docs.push(KeyDoc {
            path: path.to_owned(),
            expects: expects.to_owned(),
            default: default.to_owned(),
            doc,
        });
    }

    fn take(&mut self, path: &str) -> Option<Given> {
        self.known.insert(path.to_owned());
        if let Some(text) = self.env.get(path) {
            return Some(Given::Text(text.clone()));
        }
        lookup(&self.file, path).cloned().map(Given::Toml)
    }

    fn refuse(&mut self, path: &str, expects: &str, found: &str) {
        self.problem(path, format!("expected {expects}, found {found}"));
    }
}

enum Given {
    Text(String),
    Toml(Value),
}

fn lookup<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => table.get(path),
        Some((head, rest)) => lookup(table.get(head)?.as_table()?, rest),
    }
}

fn leaves(table: &Table, prefix: &str, into: &mut Vec<String>) {
    for (name, value) in table {
        let path = format!("{prefix}{name}");
        match value {
            Value::Table(inner) => leaves(inner, &format!("{path}."), into),
            _ => into.push(path),
        }
    }
}

fn read_secret(file: &str) -> Result<String, String> {
    let path = PathBuf::from(file);
    let size = std::fs::metadata(&path)
        .map_err(|error| format!("cannot read {file}: {error}"))?
        .len();
    if size > SECRET_BYTES_MAX {
        return Err(format!("{file} is larger than {SECRET_BYTES_MAX} bytes"));
    }
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("cannot read {file}: {error}"))?;
    let secret = text.trim_end_matches(['\r', '\n']).to_owned();
    if secret.is_empty() {
        return Err(format!("{file} is empty"));
    }
    Ok(secret)
}
