//! Lines that somebody types.

use std::io::{self, Read as _};

/// Far more than any secret has.
const LARGEST: u64 = 64 * 1024;

/// A line, empty when there is none.
pub(super) async fn line() -> String {
    aside(|| {
        let mut text = String::new();
        io::stdin().read_line(&mut text).map(|_| text)
    })
    .await
}

/// A line that is not shown while it is typed.
#[cfg(unix)]
pub(super) async fn secret_line() -> String {
    let _hidden = Hidden::begin();
    line().await
}

/// A line that is not shown while it is typed.
#[cfg(not(unix))]
pub(super) async fn secret_line() -> String {
    aside(|| console::Term::stderr().read_secure_line()).await
}

/// All of standard input, up to a limit.
pub(super) async fn everything() -> String {
    aside(|| {
        let mut text = String::new();
        io::stdin().take(LARGEST).read_to_string(&mut text).map(|_| text)
    })
    .await
}

/// Reads on a thread of its own that nobody waits for, so that Ctrl-C ends the command while it asks.
async fn aside(read: impl FnOnce() -> io::Result<String> + Send + 'static) -> String {
    let (sender, text) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Whoever asked may have been interrupted.
        let _unheard = sender.send(read().unwrap_or_default());
    });
    text.await.unwrap_or_default()
}

/// A terminal that shows nothing of what is typed, until this is dropped: also by Ctrl-C.
#[cfg(unix)]
struct Hidden(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Hidden {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let Ok(shown) = tcgetattr(rustix::stdio::stdin()) else { return Self(None) };
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // The line that was begun ends on the screen too.
        hidden.local_modes.insert(LocalModes::ECHONL);
        let is_hidden = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &hidden).is_ok();
        Self(is_hidden.then_some(shown))
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(shown) = &self.0 {
            // Nobody is left to tell when the terminal has gone.
            let _gone =
                rustix::termios::tcsetattr(rustix::stdio::stdin(), rustix::termios::OptionalActions::Now, shown);
        }
    }
}
