"""What anyone may read: no session, cacheable, pure functions of published documents."""
