"""Renderings of a published document: values in, bytes or text out. HTML pages are rendered in `web`."""
