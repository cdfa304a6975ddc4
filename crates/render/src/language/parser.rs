//! Builds the syntax tree from pieces.

use std::collections::HashMap;
use std::sync::Arc;

use crate::SyntaxError;

use super::ast::{Block, BlockKind, Expression, LinkNode, Node};
use super::expression::{DEPTH_MAX, Reader};
use super::helper::Helper;
use super::piece::{Piece, Tag, TagKind, complain};

/// The syntax tree of `pieces`, which were cut from `source`.
pub(crate) fn parse_pieces(source: &str, pieces: Vec<Piece<'_>>) -> Result<Vec<Node>, SyntaxError> {
    let mut parser = Parser {
        source,
        pieces: pieces.into_iter().peekable(),
        depth: 0,
        deepest: 0,
        partials: HashMap::new(),
    };
    let (nodes, stop) = parser.nodes()?;
    match stop {
        Stop::End => Ok(nodes),
        Stop::LinkEnd => Err(complain(source, 0, "a link and a block overlap")),
        Stop::Tag(tag) => {
            let message = match tag.kind {
                TagKind::Else => "else stands outside of a block".to_owned(),
                _ => format!("{} is closed and was not opened", tag.content),
            };
            Err(complain(source, tag.offset, message))
        }
    }
}

struct Parser<'a> {
    source: &'a str,
    pieces: std::iter::Peekable<std::vec::IntoIter<Piece<'a>>>,
    depth: usize,
    /// The greatest depth that a rendering reaches, of what was read so far.
    deepest: usize,
    partials: HashMap<String, Partial>,
}

/// A part of a template that was given a name.
struct Partial {
    nodes: Arc<[Node]>,
    /// How deep it goes.
    height: usize,
}

/// What ended a list of nodes.
#[derive(Clone, Copy)]
enum Stop<'a> {
    End,
    LinkEnd,
    /// `else` or a closing tag.
    Tag(Tag<'a>),
}

impl<'a> Parser<'a> {
    fn nodes(&mut self) -> Result<(Vec<Node>, Stop<'a>), SyntaxError> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            match piece {
                Piece::Text(text) => nodes.push(Node::Text(text.into())),
                Piece::Pixel => nodes.push(Node::Pixel),
                Piece::LinkStart { fixed, tags } => {
                    let (written, stop) = self.nodes()?;
                    if !matches!(stop, Stop::LinkEnd) {
                        return Err(complain(self.source, 0, "a link and a block overlap"));
                    }
                    nodes.push(Node::Link(Box::new(LinkNode {
                        written,
                        fixed,
                        tags,
                    })));
                }
                Piece::LinkEnd => return Ok((nodes, Stop::LinkEnd)),
                Piece::Tag(tag) => match tag.kind {
                    TagKind::Print => nodes.push(Node::Print {
                        what: Reader::new(self.source, tag.offset, tag.content).expression()?,
                        in_attribute: tag.in_attribute,
                    }),
                    TagKind::Open => nodes.push(self.block(tag, false)?),
                    TagKind::OpenInverse => nodes.push(self.block(tag, true)?),
                    TagKind::Inline => nodes.push(self.define(tag)?),
                    TagKind::Partial => nodes.push(self.partial(tag)?),
                    TagKind::Else | TagKind::Close => return Ok((nodes, Stop::Tag(tag))),
                },
            }
        }
        Ok((nodes, Stop::End))
    }

    fn block(&mut self, open: Tag<'a>, inverse: bool) -> Result<Node, SyntaxError> {
        let (name, kind) = self.head(open)?;
        self.block_rest(open, name, kind, inverse)
    }

    /// Body, alternatives and closing tag of a block whose head was read.
    fn block_rest(
        &mut self,
        open: Tag<'a>,
        name: &'a str,
        kind: BlockKind,
        inverse: bool,
    ) -> Result<Node, SyntaxError> {
        self.deeper(open, 1, "blocks nest deeper")?;
        let (mut body, stop) = self.nodes()?;
        let mut otherwise = self.otherwise(open, name, stop)?;
        self.depth -= 1;
        if inverse {
            std::mem::swap(&mut body, &mut otherwise);
        }
        Ok(Node::Block(Box::new(Block {
            kind,
            body,
            otherwise,
        })))
    }

    /// Goes `levels` down.
    fn deeper(&mut self, tag: Tag<'_>, levels: usize, complaint: &str) -> Result<(), SyntaxError> {
        self.depth += levels;
        self.deepest = self.deepest.max(self.depth);
        if self.depth > DEPTH_MAX {
            let message = format!("{complaint} than {DEPTH_MAX}");
            return Err(complain(self.source, tag.offset, message));
        }
        Ok(())
    }

    /// `{{#* inline "name"}}…{{/inline}}`
    fn define(&mut self, open: Tag<'a>) -> Result<Node, SyntaxError> {
        let mut reader = Reader::new(self.source, open.offset, open.content);
        let (decorator, at) = reader.block_name()?;
        if decorator != "inline" {
            let message = format!("there is no decorator {decorator}");
            return Err(complain(self.source, at, message));
        }
        let name = reader.partial_name()?;
        let deepest = std::mem::replace(&mut self.deepest, self.depth);
        self.deeper(open, 1, "blocks nest deeper")?;
        let (body, stop) = self.nodes()?;
        match stop {
            Stop::Tag(close) if close.kind == TagKind::Close => {
                self.check_close(close, "inline")?;
            }
            _ => {
                let message = format!("partial {name} is not closed");
                return Err(complain(self.source, open.offset, message));
            }
        }
        self.depth -= 1;
        let height = self.deepest - self.depth;
        self.deepest = deepest;
        let nodes: Arc<[Node]> = body.into();
        let partial = Partial {
            nodes: Arc::clone(&nodes),
            height,
        };
        self.partials.insert(name, partial);
        Ok(Node::Define(nodes))
    }

    /// `{{> name}}`
    fn partial(&mut self, tag: Tag<'a>) -> Result<Node, SyntaxError> {
        let name = Reader::new(self.source, tag.offset, tag.content).partial_name()?;
        let Some(partial) = self.partials.get(&name) else {
            let message = format!("partial {name} is not defined before this place");
            return Err(complain(self.source, tag.offset, message));
        };
        let (nodes, height) = (Arc::clone(&partial.nodes), partial.height);
        self.deeper(tag, height, "blocks and partials nest deeper")?;
        self.depth -= height;
        Ok(Node::Partial(nodes))
    }

    /// What follows the body: nothing, `else`, or a chain of them, up to the closing tag.
    fn otherwise(
        &mut self,
        open: Tag<'a>,
        name: &str,
        stop: Stop<'a>,
    ) -> Result<Vec<Node>, SyntaxError> {
        let tag = match stop {
            Stop::Tag(tag) => tag,
            Stop::End => {
                let message = format!("block {name} is not closed");
                return Err(complain(self.source, open.offset, message));
            }
            Stop::LinkEnd => {
                return Err(complain(
                    self.source,
                    open.offset,
                    "a link and a block overlap",
                ));
            }
        };
        if tag.kind == TagKind::Close {
            self.check_close(tag, name)?;
            return Ok(Vec::new());
        }
        if tag.content.is_empty() {
            let (nodes, stop) = self.nodes()?;
            return match stop {
                Stop::Tag(close) if close.kind == TagKind::Close => {
                    self.check_close(close, name)?;
                    Ok(nodes)
                }
                Stop::Tag(again) => Err(complain(
                    self.source,
                    again.offset,
                    format!("block {name} has a second else"),
                )),
                _ => {
                    let message = format!("block {name} is not closed");
                    Err(complain(self.source, open.offset, message))
                }
            };
        }
        // `{{else name …}}` is a block of its own that shares the closing tag.
        let (_, kind) = self.head(tag)?;
        self.deeper(tag, 1, "else chains are longer")?;
        let (body, stop) = self.nodes()?;
        let otherwise = self.otherwise(open, name, stop)?;
        self.depth -= 1;
        Ok(vec![Node::Block(Box::new(Block {
            kind,
            body,
            otherwise,
        }))])
    }

    fn check_close(&self, tag: Tag<'_>, name: &str) -> Result<(), SyntaxError> {
        if tag.content == name {
            return Ok(());
        }
        let message = format!("block {name} is closed as {}", tag.content);
        Err(complain(self.source, tag.offset, message))
    }

    fn head(&self, tag: Tag<'a>) -> Result<(&'a str, BlockKind), SyntaxError> {
        let mut reader = Reader::new(self.source, tag.offset, tag.content);
        let (name, at) = reader.block_name()?;
        let kind = match name {
            "if" => BlockKind::If(reader.single_argument(name)?),
            "unless" => BlockKind::Unless(reader.single_argument(name)?),
            "each" => BlockKind::Each(reader.single_argument(name)?),
            "with" => BlockKind::With(reader.single_argument(name)?),
            _ => match Helper::parse(name) {
                Some(helper) if helper.is_condition() => {
                    BlockKind::If(reader.block_call(helper, at)?)
                }
                Some(_) => {
                    let message = format!("helper {name} is not a block");
                    return Err(complain(self.source, at, message));
                }
                None => {
                    let section = reader.section(name, at)?;
                    if matches!(section, Expression::Path(_)) {
                        BlockKind::Section(section)
                    } else {
                        return Err(complain(self.source, at, "a block needs a name"));
                    }
                }
            },
        };
        Ok((name, kind))
    }
}
