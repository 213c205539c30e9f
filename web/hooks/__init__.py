"""What other machines call, unasked by any reader: no page, no session, no cookie; the address is the key."""
