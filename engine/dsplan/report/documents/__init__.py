"""Documents for programs: values in, plain trees out, ready for JSON, YAML or CSV, each with a version of its own."""
