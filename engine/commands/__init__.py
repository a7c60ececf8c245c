"""The commands of the language, one file each: syntax, meaning, plan."""
