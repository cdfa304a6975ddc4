//! Reads what stands in a tag: variables, literals, helpers with arguments.

use crate::SyntaxError;

use super::ast::{Call, Expression, Path, PathStart};
use super::date_helper;
use super::helper::{self, Helper};
use super::piece::complain;

/// Deepest nesting of calls in calls, and of blocks in blocks.
pub(crate) const DEPTH_MAX: usize = 32;

/// Most arguments of one helper.
const ARGUMENTS_MAX: usize = 64;

/// Reads the content of one tag.
pub(crate) struct Reader<'a> {
    source: &'a str,
    at: usize,
    end: usize,
    depth: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Token<'a> {
    Open,
    Close,
    /// `name=`
    Key(&'a str),
    Text(String),
    /// A path, number or word.
    Word(&'a str),
    End,
}

impl<'a> Reader<'a> {
    /// A reader of `content`, which lies at `offset` in `source`.
    pub fn new(source: &'a str, offset: usize, content: &str) -> Self {
        Self {
            source,
            at: offset,
            end: offset + content.len(),
            depth: 0,
        }
    }

    /// What a printing tag or a section names.
    pub fn expression(&mut self) -> Result<Expression, SyntaxError> {
        let start = self.at;
        match self.token()? {
            Token::Word(word) => {
                let rest = self.peek()? != Token::End;
                if rest || helper::stands_alone(word) {
                    let helper = self.helper(word, start)?;
                    self.call(helper, start, &Token::End)
                } else {
                    self.word(word, start)
                }
            }
            Token::Text(text) => {
                self.expect_end()?;
                Ok(Expression::Text(text.into()))
            }
            Token::Open => {
                let expression = self.nested(start)?;
                self.expect_end()?;
                Ok(expression)
            }
            _ => Err(self.complain(start, "a variable or helper is missing")),
        }
    }

    /// The word that a block opens with, and where it is.
    pub fn block_name(&mut self) -> Result<(&'a str, usize), SyntaxError> {
        let start = self.at;
        match self.token()? {
            Token::Word(word) => Ok((word, start)),
            _ => Err(self.complain(start, "a block needs a name")),
        }
    }

    /// The one argument of a block helper.
    pub fn single_argument(&mut self, name: &str) -> Result<Expression, SyntaxError> {
        let start = self.at;
        let wrong = format!("{name} takes exactly one argument");
        if self.peek()? == Token::End {
            return Err(self.complain(start, wrong));
        }
        let argument = self.argument()?;
        if let Token::Word("as") = self.peek()? {
            return Err(self.complain(self.at, "block parameters are not supported"));
        }
        if self.peek()? != Token::End {
            return Err(self.complain(start, wrong));
        }
        Ok(argument)
    }

    /// The rest of a call of `helper`, whose name stood at `start`.
    pub fn block_call(&mut self, helper: Helper, start: usize) -> Result<Expression, SyntaxError> {
        self.call(helper, start, &Token::End)
    }

    /// A variable without arguments.
    pub fn section(&mut self, word: &'a str, start: usize) -> Result<Expression, SyntaxError> {
        if self.peek()? != Token::End {
            return Err(self.complain(start, helper::refusal(word)));
        }
        self.word(word, start)
    }

    fn helper(&self, word: &str, start: usize) -> Result<Helper, SyntaxError> {
        Helper::parse(word).ok_or_else(|| self.complain(start, helper::refusal(word)))
    }

    fn nested(&mut self, start: usize) -> Result<Expression, SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.complain(start, format!("calls nest deeper than {DEPTH_MAX}")));
        }
        let name_at = self.at;
        let Token::Word(word) = self.token()? else {
            return Err(self.complain(name_at, "a helper is missing"));
        };
        let helper = self.helper(word, name_at)?;
        let call = self.call(helper, name_at, &Token::Close)?;
        self.depth -= 1;
        Ok(call)
    }

    fn call(
        &mut self,
        helper: Helper,
        start: usize,
        until: &Token<'_>,
    ) -> Result<Expression, SyntaxError> {
        let mut arguments = Vec::new();
        let mut hash = Vec::new();
        loop {
            let next = self.peek()?;
            if next == *until {
                self.token()?;
                break;
            }
            match next {
                Token::Key(key) => {
                    self.token()?;
                    if !helper.takes(key) {
                        let message = format!("helper {} does not take {key}=", helper.name());
                        return Err(self.complain(self.at, message));
                    }
                    let argument = self.argument()?;
                    hash.push((key.into(), as_word(argument, helper::takes_word(key))));
                }
                Token::End => return Err(self.complain(start, "a parenthesis is not closed")),
                Token::Close => {
                    return Err(
                        self.complain(self.at, "a parenthesis is closed that was not opened")
                    );
                }
                Token::Word("as") if *until == Token::End => {
                    return Err(self.complain(self.at, "block parameters are not supported"));
                }
                _ => {
                    let argument = self.argument()?;
                    arguments.push(as_word(argument, helper.takes_word(arguments.len())));
                }
            }
            if arguments.len() + hash.len() > ARGUMENTS_MAX {
                return Err(self.complain(start, format!("more than {ARGUMENTS_MAX} arguments")));
            }
        }
        let counts = helper.argument_counts();
        if !counts.contains(&arguments.len()) {
            let wanted = match (*counts.start(), *counts.end()) {
                (low, high) if low == high => format!("{low}"),
                (low, usize::MAX) => format!("at least {low}"),
                (low, high) => format!("{low} to {high}"),
            };
            let message = format!(
                "helper {} takes {wanted} arguments, found {}",
                helper.name(),
                arguments.len()
            );
            return Err(self.complain(start, message));
        }
        let call = Call {
            helper,
            arguments,
            hash,
        };
        match date_helper::refusal(&call) {
            Some(problem) => {
                Err(self.complain(start, format!("helper {}: {problem}", helper.name())))
            }
            None => Ok(Expression::Call(Box::new(call))),
        }
    }

    fn argument(&mut self) -> Result<Expression, SyntaxError> {
        let start = self.at;
        match self.token()? {
            Token::Text(text) => Ok(Expression::Text(text.into())),
            Token::Word(word) => self.word(word, start),
            Token::Open => self.nested(start),
            _ => Err(self.complain(start, "a value is missing")),
        }
    }

    /// A literal or variable.
    fn word(&self, word: &str, start: usize) -> Result<Expression, SyntaxError> {
        Ok(match word {
            "true" => Expression::Bool(true),
            "false" => Expression::Bool(false),
            "null" | "undefined" => Expression::Nothing,
            _ => match number(word) {
                Some(number) => Expression::Number(number),
                None => {
                    Expression::Path(path(word).map_err(|message| self.complain(start, message))?)
                }
            },
        })
    }

    /// The name of a partial, which stands alone.
    pub fn partial_name(&mut self) -> Result<String, SyntaxError> {
        let start = self.at;
        let name = match self.token()? {
            Token::Text(name) => name,
            Token::Word(name) => name.to_owned(),
            _ => return Err(self.complain(start, "a partial needs a name")),
        };
        if self.peek()? != Token::End {
            return Err(self.complain(self.at, "a partial takes nothing but its name"));
        }
        Ok(name)
    }

    fn expect_end(&mut self) -> Result<(), SyntaxError> {
        match self.peek()? {
            Token::End => Ok(()),
            _ => Err(self.complain(self.at, "something follows that does not belong here")),
        }
    }

    fn peek(&mut self) -> Result<Token<'a>, SyntaxError> {
        let at = self.at;
        let token = self.token();
        self.at = at;
        token
    }

    fn token(&mut self) -> Result<Token<'a>, SyntaxError> {
        let rest = self.source[self.at..self.end].trim_start();
        self.at = self.end - rest.len();
        let Some(first) = rest.chars().next() else {
            return Ok(Token::End);
        };
        match first {
            '(' => {
                self.at += 1;
                Ok(Token::Open)
            }
            ')' => {
                self.at += 1;
                Ok(Token::Close)
            }
            '"' | '\'' => self.quoted(rest, first),
            _ => {
                let length = self.word_length(rest)?;
                if length == 0 {
                    return Err(self.complain(self.at, format!("{first:?} does not belong here")));
                }
                let word = &rest[..length];
                self.at += length;
                if rest[length..].starts_with('=') {
                    self.at += 1;
                    return Ok(Token::Key(word));
                }
                Ok(Token::Word(word))
            }
        }
    }

    fn quoted(&mut self, rest: &str, quote: char) -> Result<Token<'a>, SyntaxError> {
        let mut text = String::new();
        let mut characters = rest.char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.at += at + 1;
                return Ok(Token::Text(text));
            }
            match (character, characters.peek()) {
                ('\\', Some(&(_, next))) if next == quote || next == '\\' => {
                    text.push(next);
                    characters.next();
                }
                _ => text.push(character),
            }
        }
        Err(self.complain(self.at, "a quoted text is not closed"))
    }

    fn word_length(&self, rest: &str) -> Result<usize, SyntaxError> {
        let mut literal = false;
        for (at, character) in rest.char_indices() {
            match character {
                ']' => literal = false,
                _ if literal => {}
                '[' => literal = true,
                c if c.is_whitespace() => return Ok(at),
                '(' | ')' | '=' | '"' | '\'' | '{' | '}' | '|' | '<' | '>' | '`' | ',' | ';' => {
                    return Ok(at);
                }
                _ => {}
            }
        }
        if literal {
            return Err(self.complain(self.at, "a bracket is not closed"));
        }
        Ok(rest.len())
    }

    fn complain(&self, offset: usize, message: impl Into<String>) -> SyntaxError {
        complain(self.source, offset, message)
    }
}

/// A variable as a word, if it can stand for its own text.
fn as_word(argument: Expression, is_word: bool) -> Expression {
    match argument {
        Expression::Path(path) if is_word => Expression::Word(path),
        other => other,
    }
}

fn number(word: &str) -> Option<f64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain { word.parse().ok() } else { None }
}

/// A variable from its text.
fn path(word: &str) -> Result<Path, String> {
    let mut rest = word;
    let mut start = PathStart::Anywhere;
    if let Some(data) = rest.strip_prefix('@') {
        let (name, behind) = match data.find(['.', '/']) {
            Some(at) => (&data[..at], &data[at + 1..]),
            None => (data, ""),
        };
        start = match name {
            "index" => PathStart::Index,
            "first" => PathStart::First,
            "last" => PathStart::Last,
            "key" => PathStart::Key,
            "root" => PathStart::Root,
            _ => return Err(format!("@{name} is not known")),
        };
        if start != PathStart::Root && !behind.is_empty() {
            return Err(format!("@{name} has no members"));
        }
        rest = behind;
    } else {
        let mut up = None;
        loop {
            if let Some(behind) = strip_step(rest, "..") {
                up = Some(up.unwrap_or(0) + 1);
                rest = behind;
            } else if let Some(behind) = strip_step(rest, "this").or_else(|| strip_step(rest, "."))
            {
                up = Some(up.unwrap_or(0));
                rest = behind;
            } else {
                break;
            }
        }
        if let Some(levels) = up {
            if levels > DEPTH_MAX {
                return Err(format!("more than {DEPTH_MAX} levels up"));
            }
            start = PathStart::Scope(levels);
        }
    }
    let (segments, element) = segments(rest, word.len() - rest.len())?;
    if segments.is_empty() && start == PathStart::Anywhere {
        return Err(format!("{word} is not a variable"));
    }
    Ok(Path {
        text: word.into(),
        start,
        segments,
        element,
    })
}

/// What follows `step` in a path, if the path begins with it.
fn strip_step<'a>(path: &'a str, step: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(step)?;
    if rest.is_empty() {
        return Some(rest);
    }
    if let Some(behind) = rest.strip_prefix('/') {
        return Some(behind);
    }
    // `this.name`; `.name` would be ambiguous and is refused below.
    (step == "this").then(|| rest.strip_prefix('.')).flatten()
}

/// A cut path, and where its trailing `.[n]` begins.
type Segments = (Vec<Box<str>>, Option<(usize, usize)>);

/// The segments of `path`, which lies at `offset` in the variable's text.
fn segments(path: &str, offset: usize) -> Result<Segments, String> {
    let mut segments = Vec::new();
    let mut element = None;
    let mut rest = path;
    while !rest.is_empty() {
        let at = offset + (path.len() - rest.len());
        element = None;
        let behind = if let Some(literal) = rest.strip_prefix('[') {
            let end = literal.find(']').ok_or("a bracket is not closed")?;
            let name = &literal[..end];
            if let (Ok(number), true) = (name.parse(), at > 0) {
                element = Some((at - 1, number));
            }
            segments.push(name.into());
            &literal[end + 1..]
        } else {
            let end = rest.find(['.', '/', '[']).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("{path} has an empty part"));
            }
            segments.push(rest[..end].into());
            &rest[end..]
        };
        rest = match behind.chars().next() {
            None => "",
            Some('.' | '/') if behind.len() > 1 => &behind[1..],
            _ => return Err(format!("{path} is not a variable")),
        };
    }
    Ok((segments, element))
}
