//! Issues the self-signed code-signing certificate that an app embeds.
