#!/usr/bin/env python3
"""A pinentry without windows: answers each question as $ANSWERS says, and writes down in $HEARD what it was told.

$ANSWERS has one answer a line; each run takes the lines that the runs before have left. An answer is
`pin WORDS`, `ok`, `cancel`, `timeout`, `broken` or `wait`.
"""

import os
import sys
import time
from pathlib import Path

log = Path(os.environ["HEARD"])
QUESTIONS = ("GETPIN", "CONFIRM", "MESSAGE")
heard = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
answers = os.environ["ANSWERS"].split("\n")[sum(line in QUESTIONS for line in heard) :]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


say("OK Pleased to meet you")
for line in sys.stdin:
    with log.open("a", encoding="utf-8") as written:
        written.write(line)
    if line.strip() not in QUESTIONS:
        say("OK")
        continue
    match answers.pop(0).split(" ", 1):
        case ["pin", words]:
            say("S PASSWORD_FROM_CACHE")
            say("D " + words)
            say("OK")
        case ["ok"]:
            say("OK")
        case ["cancel"]:
            say("ERR 83886179 Operation cancelled <Pinentry>")
        case ["timeout"]:
            say("ERR 83886142 Timeout <Pinentry>")
        case ["broken"]:
            say("ERR 83886340 No display <Pinentry>")
        case _:
            time.sleep(60)
