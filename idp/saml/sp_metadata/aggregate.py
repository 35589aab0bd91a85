"""Verifies a federation's aggregate and splits it into entities, in a child process.

A signature over the whole document needs the whole document as a tree, about ten times its size. The jobs process
therefore starts this module as a program, and the memory is freed when it ends. The program reads `document.xml` in a
folder and writes `entities` (the service providers, one after the other) and `output.json` (the position of each, or
why the document is refused) to the same folder.
"""

import hashlib
import json
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree

from config.processes import start_child, stop_child
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.validity import Validity
from idp.saml.sp_metadata.verification import (
    GROUP,
    LARGEST_AGGREGATE,
    LARGEST_ENTITY,
    SERVICE_PROVIDER,
    entities_of,
    verify,
)
from relying_parties.sp_metadata.service_provider import LONGEST_ENTITY_ID, could_be_entity_id

DOCUMENT = "document.xml"
MOST_ENTITIES = 100_000
LARGEST_MEMORY = 4 * 1024**3  # octets of address space of the child process
VERIFICATION_TIMEOUT = timedelta(minutes=10)

_INPUT, _OUTPUT, _ENTITIES = "input.json", "output.json", "entities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A service provider of an aggregate, as a document of its own. `digest` is the SHA-256 of `xml`, in hexadecimal.

    `valid_until` is the earliest validUntil of the entity and of the groups that contain it.
    It is None if only the aggregate has a validUntil.
    """

    entity_id: str
    xml: str
    digest: str
    valid_until: datetime | None


class Aggregate:
    """A verified aggregate, read from its folder. It can be used while the folder exists.

    `unusable` maps the entities that cannot be used to the reason. An entityID that occurs
    twice cannot be used. `peak` is the memory that the child process used, in KiB.
    """

    def __init__(self, folder: Path, result: Mapping[str, Any]) -> None:
        self._entities = folder / _ENTITIES
        self._places: Sequence[tuple[str, int, int, str, str | None]] = [tuple(each) for each in result["entities"]]
        self.unusable: Mapping[str, str] = result["unusable"]
        self.peak: int = result["peak"]
        self.validity = Validity(
            valid_until=datetime.fromisoformat(result["valid_until"]),
            cache_duration=_maybe(lambda seconds: timedelta(seconds=seconds), result["cache_duration"]),
            published_at=_maybe(datetime.fromisoformat, result["published_at"]),
        )

    def __len__(self) -> int:
        return len(self._places)

    def digests(self) -> dict[str, tuple[str, datetime | None]]:
        """The digest and the valid_until of each entity, by entityID."""
        return {
            entity_id: (digest, _maybe(datetime.fromisoformat, until))
            for entity_id, _, _, digest, until in self._places
        }

    def entities(self, *, wanted: Callable[[str], bool] = lambda _: True) -> Iterator[Entity]:
        """The entities whose entityID is `wanted`, in document order, one at a time in memory."""
        with self._entities.open("rb") as file:
            for entity_id, offset, length, digest, until in self._places:
                if wanted(entity_id):
                    file.seek(offset)
                    yield Entity(
                        entity_id=entity_id,
                        xml=file.read(length).decode(),
                        digest=digest,
                        valid_until=_maybe(datetime.fromisoformat, until),
                    )


def read_aggregate(folder: Path, *, certificates: Sequence[str], now: datetime, ceiling: timedelta) -> Aggregate:
    """Verify and split `document.xml` in `folder`, which one of `certificates` (base64 of DER) must have signed.

    Raises:
        MetadataRefused: the whole aggregate is refused.
    """
    parameters = {"certificates": list(certificates), "now": now.isoformat(), "ceiling": ceiling.total_seconds()}
    (folder / _INPUT).write_text(json.dumps(parameters), encoding="utf-8")
    child = start_child([sys.executable, "-m", __name__, str(folder)])
    try:
        status = child.wait(VERIFICATION_TIMEOUT.total_seconds())
    except subprocess.TimeoutExpired:
        status = stop_child(child, patience=0)
    except BaseException:
        stop_child(child, patience=0)
        raise
    result = json.loads((folder / _OUTPUT).read_bytes()) if status == 0 else {}
    if "fault" in result:
        raise MetadataRefused(MetadataFault(result["fault"]), result["change"], received=result["received"])
    if status != 0:
        raise MetadataRefused(
            MetadataFault.TOO_LARGE,
            f"its verification takes more than {LARGEST_MEMORY >> 30} GiB of memory "
            f"or {VERIFICATION_TIMEOUT.seconds // 60} minutes",
        )
    return Aggregate(folder, result)


def split_aggregate(
    document: bytes, write: Callable[[bytes], object], *, certificates: Sequence[str], now: datetime, ceiling: timedelta
) -> dict[str, Any]:
    """Verify an aggregate and `write` its service providers; return their positions and the validity.

    Raises:
        MetadataRefused: the whole aggregate is refused.
    """
    verified = verify(document, certificates=certificates, now=now, ceiling=ceiling, at_most=LARGEST_AGGREGATE)
    if verified.root.tag != GROUP:
        raise MetadataRefused(MetadataFault.NOT_AN_AGGREGATE, "its root must be an EntitiesDescriptor")
    places: list[tuple[str, int, int, str, str | None]] = []
    unusable: dict[str, str] = {}
    offset = 0
    for element, until in entities_of(verified.root):
        if element.find(SERVICE_PROVIDER) is None:
            continue
        entity_id = element.get("entityID", "")
        octets = etree.tostring(element, encoding="utf-8", with_tail=False)
        if fault := _fault_of(entity_id, octets):
            unusable[entity_id[:LONGEST_ENTITY_ID]] = fault
            continue
        if len(places) >= MOST_ENTITIES:
            raise MetadataRefused(MetadataFault.TOO_LARGE, f"must hold at most {MOST_ENTITIES} service providers")
        write(octets)
        digest = hashlib.sha256(octets).hexdigest()
        places.append((entity_id, offset, len(octets), digest, _maybe(datetime.isoformat, until)))
        offset += len(octets)
    times = Counter(entity_id for entity_id, *_ in places)
    unusable |= {entity_id: "occurs more than once" for entity_id in times if times[entity_id] > 1}
    validity = verified.validity
    return {
        "entities": [place for place in places if place[0] not in unusable],
        "unusable": unusable,
        "valid_until": validity.valid_until.isoformat(),
        "cache_duration": _maybe(timedelta.total_seconds, validity.cache_duration),
        "published_at": _maybe(datetime.isoformat, validity.published_at),
    }


def _fault_of(entity_id: str, octets: bytes) -> str | None:
    if not could_be_entity_id(entity_id):
        return "has an entityID that is too long or not a URI"
    if len(octets) > LARGEST_ENTITY:
        return f"has more than {LARGEST_ENTITY} octets"
    return None


def _maybe(function: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else function(value)


def main(folder: Path) -> None:
    """The program that the child process runs."""
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_MEMORY, LARGEST_MEMORY))
    parameters = json.loads((folder / _INPUT).read_bytes())
    result: dict[str, Any]
    try:
        with (folder / _ENTITIES).open("wb") as entities:
            result = split_aggregate(
                (folder / DOCUMENT).read_bytes(),
                entities.write,
                certificates=parameters["certificates"],
                now=datetime.fromisoformat(parameters["now"]),
                ceiling=timedelta(seconds=parameters["ceiling"]),
            )
    except MetadataRefused as refused:
        result = {"fault": refused.fault, "change": refused.change, "received": _shown(refused.received)}
    result["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (folder / _OUTPUT).write_text(json.dumps(result), encoding="utf-8")


def _shown(received: object) -> object:
    return received if isinstance(received, int) or received is None else str(received)[:200]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
