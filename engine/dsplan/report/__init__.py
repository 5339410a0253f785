"""Plans for people and programs: tables, text, markdown, documents.

In: values and a `Style`. Out: text (`text`, `markdown`), plain trees (`documents`), problems in the formats of CI.
Promises: nothing is decided here, and nothing from outside gets out unescaped.
"""
