#!/usr/bin/env python3
"""A pinentry without windows: answers each question with the next line of $ANSWERS, and writes down what it was told.

An answer is `pin WORDS`, `ok`, `cancel`, `timeout`, `broken` or `wait`.
"""

import os
import sys
import time
from pathlib import Path

answers = os.environ["ANSWERS"].split("\n")
log = Path(os.environ["HEARD"])


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


say("OK Pleased to meet you")
for line in sys.stdin:
    with log.open("a", encoding="utf-8") as written:
        written.write(line)
    if line.split()[0] not in ("GETPIN", "CONFIRM", "MESSAGE"):
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
