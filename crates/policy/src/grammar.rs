//! The vocabulary in which elements declare what they accept. Declarations only: the walk over a
//! document is in `check`.

use crate::check::Node;
use crate::emit::Emitter;
use crate::plan::ScopeKind;
use tollgate_expression::Expected;

/// The four sections of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    Inbound,
    Backend,
    Outbound,
    OnError,
}

impl Section {
    pub const ALL: [Section; 4] = [Section::Inbound, Section::Backend, Section::Outbound, Section::OnError];

    pub fn name(self) -> &'static str {
        match self {
            Section::Inbound => "inbound",
            Section::Backend => "backend",
            Section::Outbound => "outbound",
            Section::OnError => "on-error",
        }
    }

    pub fn named(name: &str) -> Option<Section> {
        Section::ALL.into_iter().find(|section| section.name() == name)
    }
}

/// A set of sections, as letters of `i b o e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sections(u8);

impl Sections {
    pub const ALL: Sections = Sections::of("iboe");

    /// From the letters of the reference's table: `i` inbound, `b` backend, `o` outbound, `e` on-error.
    pub const fn of(letters: &str) -> Sections {
        let mut bits = 0;
        let letters = letters.as_bytes();
        let mut at = 0;
        while at < letters.len() {
            bits |= match letters[at] {
                b'i' => 1,
                b'b' => 2,
                b'o' => 4,
                b'e' => 8,
                _ => panic!("a letter of `iboe`"),
            };
            at += 1;
        }
        Sections(bits)
    }

    pub fn contains(self, section: Section) -> bool {
        self.0 & (1 << section as u8) != 0
    }

    pub fn names(self) -> Vec<&'static str> {
        Section::ALL.into_iter().filter(|section| self.contains(*section)).map(Section::name).collect()
    }
}

/// A set of scopes, as letters of `g p a o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    pub const ALL: Scopes = Scopes::of("gpao");

    /// `g` global, `p` product, `a` API, `o` operation.
    pub const fn of(letters: &str) -> Scopes {
        let mut bits = 0;
        let letters = letters.as_bytes();
        let mut at = 0;
        while at < letters.len() {
            bits |= match letters[at] {
                b'g' => 1,
                b'p' => 2,
                b'a' => 4,
                b'o' => 8,
                _ => panic!("a letter of `gpao`"),
            };
            at += 1;
        }
        Scopes(bits)
    }

    pub fn contains(self, scope: ScopeKind) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    pub fn names(self) -> Vec<&'static str> {
        ScopeKind::ALL.into_iter().filter(|scope| self.contains(*scope)).map(ScopeKind::name).collect()
    }
}

/// The form of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text, outer blanks removed.
    Text,
    /// Text that is not empty.
    Name,
    /// Text kept with its blanks; XML inside is taken literally.
    Verbatim,
    /// The same, and an expression may give a `byte[]`.
    Body,
    Bool,
    Int {
        min: i64,
        max: i64,
    },
    Number,
    /// Seconds, or a duration as ISO 8601 or .NET write it.
    Seconds {
        min: u64,
        max: u64,
    },
    OneOf(&'static [&'static str]),
    HeaderName,
    /// An absolute URL.
    Url,
    /// Base64, or nothing; blanks do not count.
    Base64,
    /// An IPv4 or IPv6 address.
    IpAddress,
    /// A date, or a date and a time in UTC.
    Instant,
    /// Any .NET value; a literal is a string.
    Object,
    Bytes,
}

impl Kind {
    pub const COUNT: Kind = Kind::Int { min: 0, max: i64::MAX };
    pub const STATUS: Kind = Kind::Int { min: 100, max: 999 };
    pub const SECONDS: Kind = Kind::Seconds { min: 0, max: u64::MAX };

    /// The C# type that an expression in this place must give.
    pub fn expected(self) -> Expected {
        match self {
            Kind::Bool => Expected::Bool,
            Kind::Int { .. } | Kind::Seconds { .. } => Expected::Int32,
            Kind::Number => Expected::Double,
            Kind::Object => Expected::Object,
            Kind::Bytes => Expected::Bytes,
            Kind::Text
            | Kind::Name
            | Kind::Verbatim
            | Kind::Body
            | Kind::OneOf(_)
            | Kind::HeaderName
            | Kind::Url
            | Kind::Base64
            | Kind::IpAddress
            | Kind::Instant => Expected::String,
        }
    }
}

/// One attribute.
#[derive(Debug, Clone, Copy)]
pub struct Attr {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub expression: bool,
    pub default: Option<&'static str>,
    pub doc: &'static str,
}

impl Attr {
    pub const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Attr {
        Attr { name, kind, required: false, expression: true, default: None, doc }
    }

    pub const fn required(mut self) -> Attr {
        self.required = true;
        self
    }

    /// No expression may stand here.
    pub const fn literal(mut self) -> Attr {
        self.expression = false;
        self
    }

    pub const fn default(mut self, value: &'static str) -> Attr {
        self.default = Some(value);
        self
    }
}

/// What stands between the tags.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    Nothing,
    Text {
        kind: Kind,
        expression: bool,
        required: bool,
    },
    /// In the order given.
    Children(&'static [Child]),
    /// In any order.
    Set(&'static [Child]),
    /// In the order given; or, as an older form of the policy has it, only text or an expression.
    ChildrenOrText(&'static [Child]),
    /// Policies, as in a section.
    Policies,
    /// Whatever the element's own code makes of it.
    Free,
}

impl Content {
    pub const TEXT: Content = Content::Text { kind: Kind::Text, expression: true, required: true };

    /// The child elements that the grammar knows by name.
    pub fn children(&self) -> Option<&'static [Child]> {
        match self {
            Content::Children(children) | Content::Set(children) | Content::ChildrenOrText(children) => Some(children),
            Content::Nothing | Content::Text { .. } | Content::Policies | Content::Free => None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Child {
    pub shape: &'static Shape,
    pub min: usize,
    pub max: usize,
}

impl Child {
    pub const fn optional(shape: &'static Shape) -> Child {
        Child { shape, min: 0, max: 1 }
    }
    pub const fn one(shape: &'static Shape) -> Child {
        Child { shape, min: 1, max: 1 }
    }
    pub const fn any(shape: &'static Shape) -> Child {
        Child { shape, min: 0, max: usize::MAX }
    }
    pub const fn some(shape: &'static Shape) -> Child {
        Child { shape, min: 1, max: usize::MAX }
    }
}

/// An element's own form, wherever it stands.
#[derive(Debug)]
pub struct Shape {
    pub name: &'static str,
    pub doc: &'static str,
    pub attributes: &'static [Attr],
    pub content: Content,
}

/// A policy: an element that may stand in a section.
pub struct Policy {
    pub shape: &'static Shape,
    pub area: &'static str,
    pub sections: Sections,
    pub scopes: Scopes,
    /// At most one directly or indirectly in a section.
    pub once: bool,
    /// `None` from an emitter means that a finding was reported.
    pub emit: fn(&Node<'_>, &mut Emitter<'_>) -> Option<()>,
    /// A document of its own for the page of the policy; executed by the tests.
    pub example: &'static str,
}
