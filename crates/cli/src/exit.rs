//! How a command ended, as a number that scripts can branch on.

use std::process::ExitCode;

/// The exit codes. They are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It worked.
    Ok,
    /// Something on this side failed: a file, the export, `npx`.
    Failure,
    /// The arguments make no sense, or a yes is missing.
    Usage,
    /// There was nothing to do: the branch's head already has this content, or the device was offered nothing.
    NothingNew,
    /// The server understood the request and refused it.
    Refused,
    /// No usable answer from the server: it cannot be reached, is failing or busy, or is not Updraft.
    Unreachable,
    /// The strict client refused what the server sent: real apps would, too.
    ClientRefused,
    /// Ctrl-C, numbered as shells do.
    Interrupted,
}

impl Exit {
    /// Every one, in the order of the numbers.
    pub const ALL: [Self; 8] = [
        Self::Ok,
        Self::Failure,
        Self::Usage,
        Self::NothingNew,
        Self::Refused,
        Self::Unreachable,
        Self::ClientRefused,
        Self::Interrupted,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self.row().0
    }

    /// What it says to whoever ran the command.
    pub const fn meaning(self) -> &'static str {
        self.row().1
    }

    /// The one table that help and reference are made from.
    const fn row(self) -> (u8, &'static str) {
        match self {
            Self::Ok => (0, "done"),
            Self::Failure => (1, "something on this side failed: a file, the export, npx"),
            Self::Usage => (2, "the arguments make no sense, or a yes is missing"),
            Self::NothingNew => {
                (3, "nothing new: the branch already has this content, or there is no update for the device")
            }
            Self::Refused => (4, "the server refused"),
            Self::Unreachable => (5, "the server cannot be reached, is failing or busy, or is not Updraft"),
            Self::ClientRefused => (6, "the strict client refused what the server sent; real apps would, too"),
            Self::Interrupted => (130, "interrupted"),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
