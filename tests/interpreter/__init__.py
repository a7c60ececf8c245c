"""A second reading of the language: rows are dicts, every rule is written as the specification says it.

It is small and slow on purpose and shares the parser with the engine, nothing else. `tests/test_interpreter.py` runs
random queries over random rows in both and compares the answers.
"""
