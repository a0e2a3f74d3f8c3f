//! Every answer has a reason: a stable code for logs and metrics, and plain words for people.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident, $code:literal, $explanation:literal;)+) => {
        /// Why a device gets what it gets.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[$doc])* $variant,)+
        }

        impl Reason {
            /// All of them; `reason as usize` is its place in this list.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            /// The stable name in logs, metrics and the API. It never changes its meaning.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What it means, for the person who asks why a device gets this.
            pub const fn explanation(self) -> &'static str {
                match self {
                    $(Self::$variant => $explanation,)+
                }
            }
        }
    };
}

reasons! {
    /// The device is sent an update.
    ServedUpdate, "served_update",
        "The device is sent this update.";
    /// The device is sent back to the update inside its binary.
    ServedRollBack, "served_roll_back",
        "The device is sent back to the update inside its binary.";
    /// The app has no channel of the name that the device sends.
    UnknownChannel, "unknown_channel",
        "The app has no channel of the name that the device sends; the name is baked into the binary.";
    /// The channel is paused.
    ChannelPaused, "channel_paused",
        "The channel is paused, so nobody on it is sent anything until it is resumed.";
    /// The branch serves nothing for the device's platform and runtime version.
    NoUpdateForRuntime, "no_update_for_runtime",
        "The branch serves nothing for the platform and runtime version of the device: nothing was published for them, \
         or all of it is disabled or held.";
    /// Entries are served, but the device is outside all of them.
    NotTargeted, "not_targeted",
        "The branch serves updates for the runtime version of the device, but each only to a part of the devices to \
         which it does not belong.";
    /// The device already runs the choice.
    AlreadyCurrent, "already_current",
        "The device already runs what it would be sent.";
    /// The choice failed to launch on this device.
    FailedBefore, "failed_before",
        "The device reports that this update failed to launch on it; it would not launch it again.";
    /// The device runs something of the same branch that is not older, and would refuse the choice.
    RunningNewer, "running_newer",
        "The device runs an update of the same branch that is not older than the choice, so it would refuse the choice. \
         To move it, publish forward: republish or roll back.";
    /// The device runs its registered embedded update, which is not older, and would refuse the choice.
    EmbeddedNewer, "embedded_newer",
        "The device runs the update inside its binary, which was built after the choice was published, so it would \
         refuse the choice.";
    /// The choice is a directive, and the answer that the device asks for cannot carry one.
    DirectiveNotDeliverable, "directive_not_deliverable",
        "The choice is a roll back to the embedded update, which only a multipart answer of protocol 1 can carry; the \
         device asks for another.";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
