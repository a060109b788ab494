"""The commands, one file each: typed words become validated values here."""
