//! The backtracking machine. Ways back and undo notes stand on a stack of its own, so that hostile
//! patterns use up steps or frames, never the native stack.

use super::class;
use super::compile::{Inst, Program};
use super::tree::Anchor;
use super::{Capture, MatchTimeout};

/// Frames of one attempt: 24 bytes each.
const FRAMES_MAX: usize = 2_000_000;
const UNSET: usize = usize::MAX;

#[derive(Debug, Clone, Copy)]
enum Frame {
    /// Go on at an instruction and a place.
    Choice {
        at: usize,
        place: usize,
    },
    /// A greedy repeat that may give back units down to `least`.
    GiveBack {
        at: usize,
        place: usize,
        least: usize,
    },
    /// A lazy repeat that may take more units.
    TakeMore {
        at: usize,
        place: usize,
        left: u32,
    },
    Register {
        register: usize,
        value: usize,
    },
    Uncapture {
        slot: usize,
    },
    Recapture {
        slot: usize,
        capture: Capture,
    },
}

impl Frame {
    fn is_way_back(self) -> bool {
        matches!(self, Frame::Choice { .. } | Frame::GiveBack { .. } | Frame::TakeMore { .. })
    }
}

pub(super) struct Matcher<'a> {
    program: &'a Program,
    text: &'a [u16],
    /// Where the search began, for `\G`.
    search: usize,
    captures: Vec<Vec<Capture>>,
    registers: Vec<usize>,
    frames: Vec<Frame>,
    steps: &'a mut u64,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(
        program: &'a Program,
        text: &'a [u16],
        search: usize,
        slots: usize,
        steps: &'a mut u64,
    ) -> Matcher<'a> {
        let registers = vec![UNSET; program.registers];
        Matcher { program, text, search, captures: vec![Vec::new(); slots], registers, frames: Vec::new(), steps }
    }

    pub(super) fn into_captures(self) -> Vec<Vec<Capture>> {
        self.captures
    }

    /// Tries one place: where the match ends, if there is one.
    pub(super) fn attempt(&mut self, start: usize) -> Result<Option<usize>, MatchTimeout> {
        self.frames.clear();
        self.captures.iter_mut().for_each(Vec::clear);
        let mut at = 0;
        let mut place = start;
        loop {
            self.spend(1)?;
            if matches!(self.program.code[at], Inst::Match) {
                return Ok(Some(place));
            }
            match self.step(at, place)? {
                Some(next) => (at, place) = next,
                None => match self.retreat()? {
                    Some(next) => (at, place) = next,
                    None => return Ok(None),
                },
            }
        }
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<(), MatchTimeout> {
        match self.steps.checked_sub(steps) {
            Some(left) if self.frames.len() < FRAMES_MAX => {
                *self.steps = left;
                Ok(())
            }
            _ => Err(MatchTimeout),
        }
    }

    /// The unit a step over `place` would read, and the place after it.
    #[inline]
    fn read(&self, place: usize, back: bool) -> Option<(u16, usize)> {
        if back {
            let before = place.checked_sub(1)?;
            Some((self.text[before], before))
        } else {
            Some((*self.text.get(place)?, place + 1))
        }
    }

    fn set(&mut self, register: usize, value: usize) {
        let old = std::mem::replace(&mut self.registers[register], value);
        self.frames.push(Frame::Register { register, value: old });
    }

    /// Runs one instruction: where to go on, or `None` for a failure.
    fn step(&mut self, at: usize, place: usize) -> Result<Option<(usize, usize)>, MatchTimeout> {
        let program = self.program;
        Ok(match &program.code[at] {
            Inst::Unit { unit, back } => {
                self.read(place, *back).filter(|(read, _)| read == unit).map(|(_, next)| (at + 1, next))
            }
            Inst::Class { class, back } => {
                let class = &program.classes[*class];
                self.read(place, *back).filter(|(read, _)| class.contains(*read)).map(|(_, next)| (at + 1, next))
            }
            Inst::Repeat { .. } => self.repeat(at, place)?,
            Inst::Anchor(anchor) => self.holds(*anchor, place).then_some((at + 1, place)),
            Inst::Split { other } => {
                self.frames.push(Frame::Choice { at: *other, place });
                Some((at + 1, place))
            }
            Inst::Jump(to) => Some((*to, place)),
            Inst::LoopInit { register } => {
                self.set(*register, 0);
                self.set(*register + 1, UNSET);
                Some((at + 1, place))
            }
            Inst::LoopHead { register, min, max, lazy, exit } => {
                let count = self.registers[*register];
                if count < *min as usize {
                    return Ok(Some((at + 1, place)));
                }
                let empty_round = self.registers[*register + 1] == place;
                let full = *max != u32::MAX && count >= *max as usize;
                if full || empty_round {
                    return Ok(Some((*exit, place)));
                }
                let (now, later) = if *lazy { (*exit, at + 1) } else { (at + 1, *exit) };
                self.frames.push(Frame::Choice { at: later, place });
                Some((now, place))
            }
            Inst::LoopEnter { register } => {
                let count = self.registers[*register];
                self.set(*register, count + 1);
                self.set(*register + 1, place);
                Some((at + 1, place))
            }
            Inst::Mark { register } => {
                self.set(*register, place);
                Some((at + 1, place))
            }
            Inst::Capture { register, slot, balance } => {
                let start = self.registers[*register];
                self.capture(start, place, *slot, *balance).then_some((at + 1, place))
            }
            Inst::Backreference { slot, ignore_case, ecma, back } => {
                self.backreference(*slot, *ignore_case, *ecma, *back, place)?.map(|next| (at + 1, next))
            }
            Inst::Guard { register } => {
                let height = self.frames.len();
                self.set(*register, height);
                self.set(*register + 1, place);
                Some((at + 1, place))
            }
            Inst::Commit { register, rewind } => {
                let height = self.registers[*register];
                let place = if *rewind { self.registers[*register + 1] } else { place };
                self.forget_ways_back(height)?;
                Some((at + 1, place))
            }
            Inst::Refuse { register } => {
                let height = self.registers[*register];
                while self.frames.len() > height {
                    self.undo();
                }
                None
            }
            Inst::IfCaptured { slot, otherwise } => {
                let captured = !self.captures[*slot].is_empty();
                Some((if captured { at + 1 } else { *otherwise }, place))
            }
            Inst::Match => Some((at, place)),
        })
    }

    fn repeat(&mut self, at: usize, place: usize) -> Result<Option<(usize, usize)>, MatchTimeout> {
        let Inst::Repeat { class, min, max, lazy, back } = self.program.code[at] else { return Ok(None) };
        let class = &self.program.classes[class];
        let available = if back { place } else { self.text.len() - place };
        let wanted = if lazy { min } else { max } as usize;
        let limit = available.min(wanted);
        let text = self.text;
        let count = if back {
            text[place - limit..place].iter().rev().take_while(|unit| class.contains(**unit)).count()
        } else {
            text[place..place + limit].iter().take_while(|unit| class.contains(**unit)).count()
        };
        self.spend(count as u64 / 8)?;
        if count < min as usize {
            return Ok(None);
        }
        let moved = |units: usize| if back { place - units } else { place + units };
        if lazy && max > min {
            self.frames.push(Frame::TakeMore { at, place: moved(count), left: max - min });
        } else if count > min as usize {
            self.frames.push(Frame::GiveBack { at, place: moved(count), least: moved(min as usize) });
        }
        Ok(Some((at + 1, moved(count))))
    }

    /// Undoes until a way back is found.
    fn retreat(&mut self) -> Result<Option<(usize, usize)>, MatchTimeout> {
        loop {
            self.spend(1)?;
            let Some(frame) = self.frames.last().copied() else { return Ok(None) };
            match frame {
                Frame::Choice { at, place } => {
                    self.frames.pop();
                    return Ok(Some((at, place)));
                }
                Frame::GiveBack { at, place, least } => {
                    let next = if place > least { place - 1 } else { place + 1 };
                    self.frames.pop();
                    if next != least {
                        self.frames.push(Frame::GiveBack { at, place: next, least });
                    }
                    return Ok(Some((at + 1, next)));
                }
                Frame::TakeMore { at, place, left } => {
                    self.frames.pop();
                    let Inst::Repeat { class, back, .. } = self.program.code[at] else { continue };
                    let class = &self.program.classes[class];
                    let Some((_, next)) = self.read(place, back).filter(|(unit, _)| class.contains(*unit)) else {
                        continue;
                    };
                    if left > 1 {
                        let left = if left == u32::MAX { left } else { left - 1 };
                        self.frames.push(Frame::TakeMore { at, place: next, left });
                    }
                    return Ok(Some((at + 1, next)));
                }
                _ => self.undo(),
            }
        }
    }

    /// Takes the top frame off, undoing what it notes.
    fn undo(&mut self) {
        match self.frames.pop() {
            Some(Frame::Register { register, value }) => self.registers[register] = value,
            Some(Frame::Uncapture { slot }) => drop(self.captures[slot].pop()),
            Some(Frame::Recapture { slot, capture }) => self.captures[slot].push(capture),
            _ => {}
        }
    }

    fn forget_ways_back(&mut self, height: usize) -> Result<(), MatchTimeout> {
        self.spend((self.frames.len() - height) as u64 / 8)?;
        let mut kept = height;
        for index in height..self.frames.len() {
            if !self.frames[index].is_way_back() {
                self.frames[kept] = self.frames[index];
                kept += 1;
            }
        }
        self.frames.truncate(kept);
        Ok(())
    }

    /// Notes a capture; a balancing group takes one away and captures what lies between.
    fn capture(&mut self, start: usize, end: usize, slot: Option<usize>, balance: Option<usize>) -> bool {
        let (mut start, mut end) = (start.min(end), start.max(end));
        if let Some(balance) = balance {
            let Some(lost) = self.captures[balance].pop() else { return false };
            self.frames.push(Frame::Recapture { slot: balance, capture: lost });
            let (lost_start, lost_end) = (lost.index, lost.index + lost.length);
            if start >= lost_end {
                (start, end) = (lost_end, start);
            } else if end <= lost_start {
                start = lost_start;
            } else {
                end = end.min(lost_end);
                start = start.max(lost_start);
            }
        }
        if let Some(slot) = slot {
            self.captures[slot].push(Capture { index: start, length: end.saturating_sub(start) });
            self.frames.push(Frame::Uncapture { slot });
        }
        true
    }

    fn backreference(
        &mut self,
        slot: usize,
        ignore_case: bool,
        ecma: bool,
        back: bool,
        place: usize,
    ) -> Result<Option<usize>, MatchTimeout> {
        let Some(capture) = self.captures[slot].last().copied() else { return Ok(ecma.then_some(place)) };
        self.spend(capture.length as u64 / 8)?;
        let from = if back { place.checked_sub(capture.length) } else { Some(place) };
        let Some(found) = from.and_then(|from| self.text.get(from..from + capture.length)) else { return Ok(None) };
        let wanted = &self.text[capture.index..capture.index + capture.length];
        let same = |(a, b): (&u16, &u16)| a == b || (ignore_case && class::lower(*a) == class::lower(*b));
        if !found.iter().zip(wanted).all(same) {
            return Ok(None);
        }
        Ok(Some(if back { place - capture.length } else { place + capture.length }))
    }

    fn holds(&self, anchor: Anchor, place: usize) -> bool {
        let newline = u16::from(b'\n');
        let end = self.text.len();
        match anchor {
            Anchor::Start => place == 0,
            Anchor::End => place == end,
            Anchor::EndOrNewline => place == end || (place + 1 == end && self.text[place] == newline),
            Anchor::LineStart => place == 0 || self.text[place - 1] == newline,
            Anchor::LineEnd => place == end || self.text[place] == newline,
            Anchor::Search => place == self.search,
            Anchor::Boundary => self.is_boundary(place, class::is_word),
            Anchor::NotBoundary => !self.is_boundary(place, class::is_word),
            Anchor::EcmaBoundary => self.is_boundary(place, class::is_ecma_word),
            Anchor::NotEcmaBoundary => !self.is_boundary(place, class::is_ecma_word),
        }
    }

    fn is_boundary(&self, place: usize, is_word: fn(u16) -> bool) -> bool {
        let before = place > 0 && is_word(self.text[place - 1]);
        let after = self.text.get(place).is_some_and(|unit| is_word(*unit));
        before != after
    }
}
