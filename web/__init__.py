"""The pages: what a reader, a subscriber and staff see of an edition."""
