"""Plans for people and programs: tables, text, documents. Values in, text out; nothing is decided here."""
