"""Decoding strategies, each written once.

numpy runs them beside a framework's steps, the exporter traces them into the graph.
"""
