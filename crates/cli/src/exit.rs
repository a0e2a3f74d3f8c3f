//! How a command ended, as a number that scripts can branch on.

use std::process::ExitCode;

/// The exit codes. They are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: it worked.
    Ok,
    /// 1: something on this side failed: a file, the export, `npx`.
    Failure,
    /// 2: the arguments make no sense. The argument parser ends with the same number by itself.
    Usage,
    /// 3: there was nothing to do: the branch's head already has this content, or the device was offered nothing.
    NothingNew,
    /// 4: the server understood the request and refused it.
    Refused,
    /// 5: no usable answer from the server: it cannot be reached, is failing or busy, or is not Updraft.
    Unreachable,
    /// 6: the strict client refused what the server sent: real apps would, too.
    ClientRefused,
    /// 130: Ctrl-C, as shells number it.
    Interrupted,
}

/// The exit codes as help shows them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    something on this side failed: a file, the export, npx
  2    the arguments make no sense
  3    nothing new: the branch already has this content, or there is no update for the device
  4    the server refused
  5    the server cannot be reached, is failing or busy, or is not Updraft
  6    the strict client refused what the server sent; real apps would, too
  130  interrupted";

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::NothingNew => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::ClientRefused => 6,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
