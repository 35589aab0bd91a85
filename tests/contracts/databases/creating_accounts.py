"""A process that creates accounts of one name, for the test that two of them never give one username twice.

    python -m tests.contracts.databases.creating_accounts DATABASE REDIS FOLDER ENVIRONMENT NUMBER

It writes `ready`, waits for a line on standard input, and writes the usernames.
"""

import sys
from dataclasses import replace

from config.common_settings import Environment
from config.redis.store import Store
from config.settings_reader import read
from config.sql.database import Database
from idp.settings import Settings
from tests.builders.accounts import account_parts, an_account
from tests.builders.operators import OPERATOR
from tests.conftest import DEVELOPMENT


def main(address: str, redis_url: str, folder: str, environment: str, number: str) -> None:
    given = DEVELOPMENT | {"data_folder": folder, "redis_url": redis_url}
    development = read(Settings, file=None, variables={}, given=given)
    settings = replace(development, environment=Environment(environment))
    database = Database.at(address)
    parts = account_parts(settings, database, Store.of(settings))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    created = [parts.service.create(an_account(), actor=OPERATOR).login for _ in range(int(number))]
    database.close()
    sys.stdout.write(" ".join(created) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
