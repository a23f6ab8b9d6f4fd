"""Writes the code blocks of a Markdown file as files: README.md's second `cpp` block becomes README_2.cpp."""
import collections
import pathlib
import re
import sys

page, directory = map(pathlib.Path, sys.argv[1:])
directory.mkdir(parents=True, exist_ok=True)
counts = collections.Counter()
for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
    counts[language] += 1
    file = directory / f"{page.stem}_{counts[language]}.{language}"
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
