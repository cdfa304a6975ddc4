//! The syntax tree of a template.

use std::sync::Arc;

use crate::tracking::LinkTags;

use super::helper::Helper;

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Text as it is.
    Text(Box<str>),
    /// The text of a value.
    Print {
        what: Expression,
        /// Whether it stands in an HTML attribute; known only in tracked HTML.
        in_attribute: bool,
    },
    /// A part that is shown, repeated or left out.
    Block(Box<Block>),
    /// The address of a link, to be replaced by a redirect.
    Link(Box<LinkNode>),
    /// The place of the pixel.
    Pixel,
    /// A partial at the place of its definition: nothing is shown.
    Define(Arc<[Node]>),
    /// A partial at a place of its use.
    Partial(Arc<[Node]>),
}

/// A part that is shown, repeated or left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    pub kind: BlockKind,
    pub body: Vec<Node>,
    pub otherwise: Vec<Node>,
}

/// How a block decides.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BlockKind {
    If(Expression),
    Unless(Expression),
    Each(Expression),
    With(Expression),
    /// A block named by a variable: repeats a list, enters an object, tests anything else.
    Section(Expression),
}

/// The address of a link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinkNode {
    /// As the template writes it.
    pub written: Vec<Node>,
    /// The decoded address, if no variable is in it.
    pub fixed: Option<Box<str>>,
    pub tags: LinkTags,
}

/// Something that has a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Text(Box<str>),
    Number(f64),
    Bool(bool),
    Nothing,
    Path(Path),
    /// A variable that stands for its own text if it has no value.
    Word(Path),
    Call(Box<Call>),
}

/// A helper with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub helper: Helper,
    pub arguments: Vec<Expression>,
    pub hash: Vec<(Box<str>, Expression)>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    /// As the template writes it.
    pub text: Box<str>,
    /// Where the search begins.
    pub start: PathStart,
    pub segments: Vec<Box<str>>,
    /// For a text that ends in `.[n]`: where that ending begins, and n.
    pub element: Option<(usize, usize)>,
}

/// Where the search for a variable begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathStart {
    /// In every scope from the inside, then at the root.
    Anywhere,
    /// In the scope so many levels out.
    Scope(usize),
    /// In the recipient's data.
    Root,
    Index,
    First,
    Last,
    Key,
}

/// Calls `visit` with every variable of `nodes`, in order of appearance.
pub(crate) fn each_path<'a>(nodes: &'a [Node], visit: &mut impl FnMut(&'a Path)) {
    for node in nodes {
        match node {
            // Its variables were visited at the definition.
            Node::Text(_) | Node::Pixel | Node::Partial(_) => {}
            Node::Define(body) => each_path(body, visit),
            Node::Print { what, .. } => each_path_in(what, visit),
            Node::Link(link) => each_path(&link.written, visit),
            Node::Block(block) => {
                let (BlockKind::If(subject)
                | BlockKind::Unless(subject)
                | BlockKind::Each(subject)
                | BlockKind::With(subject)
                | BlockKind::Section(subject)) = &block.kind;
                each_path_in(subject, visit);
                each_path(&block.body, visit);
                each_path(&block.otherwise, visit);
            }
        }
    }
}

fn each_path_in<'a>(expression: &'a Expression, visit: &mut impl FnMut(&'a Path)) {
    match expression {
        Expression::Path(path) => visit(path),
        // Variables of the recipient have a dot; words and the names of zones have none.
        Expression::Word(path) if path.text.contains('.') => visit(path),
        Expression::Call(call) => {
            for argument in &call.arguments {
                each_path_in(argument, visit);
            }
            for (_, argument) in &call.hash {
                each_path_in(argument, visit);
            }
        }
        Expression::Text(_)
        | Expression::Number(_)
        | Expression::Bool(_)
        | Expression::Word(_)
        | Expression::Nothing => {}
    }
}
