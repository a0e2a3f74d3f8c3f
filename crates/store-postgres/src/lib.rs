//! The store on PostgreSQL: any number of servers, which hear each other's changes.
