//! The stock client's rules and state, Android's and iOS'. Never does I/O and never knows a server.
