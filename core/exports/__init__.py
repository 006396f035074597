"""Labels out: one format a file, one registry. And labels in, from other tools' files."""
