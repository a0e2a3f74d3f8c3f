//! What the server remembers, as intents; errors by meaning; the contract every backend passes. Never knows SQL or HTTP.
