"""The objects that the routes of the history share."""

from typing import Annotated

import msgspec
from fastapi import Depends

from processor.history.context import HistoryContext
from processor.http.dependencies import provided
from processor.http.history.files import FileDownloads
from processor.http.history.large_responses import LargeResponses
from processor.live.broadcaster import Broadcaster
from processor.reference.identities import Identities


class HistoryServices(msgspec.Struct, frozen=True):
    """What endpoints read and respond by.

    Attributes:
        context: Connections to the database, statements and limits.
        files: Sends rows as files.
        responses: Sends large JSON documents.
        broadcaster: Holds the live state; None if this process has none.
        identities: Finds who an aircraft is.
    """

    context: HistoryContext
    files: FileDownloads
    responses: LargeResponses
    broadcaster: Broadcaster | None = None
    identities: Identities = msgspec.field(default_factory=Identities)


History = Annotated[HistoryServices, Depends(provided(HistoryServices))]
