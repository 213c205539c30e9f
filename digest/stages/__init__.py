"""The eight stages, from an address to a delivery: fetch, extract, embed, cluster, match, compose, publish, deliver.

Each takes values and returns values. They know neither each other nor storage; `digest.pipeline` carries things.
"""
