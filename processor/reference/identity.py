"""Which aircraft an address stands for: registration, type, operator, and where that is known from.

What a record does not say is derived: the registration from the address where its state allocates
addresses by a rule, country and military use from the block of addresses.
"""

from typing import Literal

import msgspec

from processor.reference.address_blocks import block_of
from processor.reference.airlines import airline_code, airline_name, radio_name
from processor.reference.registrations import registration_of

IDENTITY_FIELDS = ("registration", "type", "operator", "operator_icao", "military")
"""Fields of the identity that clients may choose beside those of a state vector."""

RegistrationSource = Literal["database", "computed"]


class AircraftRecord(msgspec.Struct, frozen=True, gc=False):
    """What a table of aircraft says of one address. None stands for what it does not say.

    Attributes:
        registration: As painted on the aircraft.
        type: ICAO type designator (Doc 8643), such as A320.
        model: The manufacturer's name of the model.
        manufacturer: Its name.
        operator: Name of the operator; None for private ones.
        operator_icao: The three letters of the operator (Doc 8585).
        operator_radio_name: How the operator is called by radio, such as SPEEDBIRD.
        serial_number: The manufacturer's number of the airframe.
        year_built: Year of manufacture.
        military: Whether armed forces operate it.
    """

    registration: str | None = None
    type: str | None = None
    model: str | None = None
    manufacturer: str | None = None
    operator: str | None = None
    operator_icao: str | None = None
    operator_radio_name: str | None = None
    serial_number: str | None = None
    year_built: int | None = None
    military: bool | None = None


class Identity(msgspec.Struct, frozen=True, gc=False):
    """What is known of an aircraft, with what was derived. None stands for what is not known.

    Attributes:
        registration_source: Whether the registration is from a table of aircraft or was computed
            from the address.
        military: Whether armed forces operate it; false if that is not known.
        country: Name of the state that the address belongs to.
    """

    registration: str | None = None
    registration_source: RegistrationSource | None = None
    type: str | None = None
    model: str | None = None
    manufacturer: str | None = None
    operator: str | None = None
    operator_icao: str | None = None
    operator_radio_name: str | None = None
    serial_number: str | None = None
    year_built: int | None = None
    military: bool = False
    country: str | None = None

    def operator_code(self, callsign: str | None) -> str | None:
        """Return the operator's three letters; if no operator is known, those of the callsign."""
        if self.operator is not None or self.operator_icao is not None:
            return self.operator_icao
        return airline_code(callsign)

    def operator_name(self, callsign: str | None) -> str | None:
        """Return the operator's name; if no operator is known, that of the callsign's airline."""
        if self.operator is not None:
            return self.operator
        code = self.operator_code(callsign)
        return None if code is None else airline_name(code)

    def with_operator_of(self, callsign: str | None) -> "Identity":
        """Return the same with the operator's names, of the callsign's airline if none is known."""
        code = self.operator_code(callsign)
        return msgspec.structs.replace(
            self,
            operator=self.operator_name(callsign),
            operator_icao=code,
            operator_radio_name=self.operator_radio_name or radio_name(code),
        )


UNKNOWN = Identity()
"""The identity of an aircraft that was not looked up yet."""

_NO_RECORD = AircraftRecord()


def identity_of(icao24: str, record: AircraftRecord | None) -> Identity:
    """Return who an aircraft is.

    Args:
        icao24: Its address, six hexadecimal digits.
        record: What a table of aircraft says of it; None if it is in no table.
    """
    found = _NO_RECORD if record is None else record
    address = int(icao24, 16)
    block = block_of(address)
    is_in_military_block = block is not None and block.is_military
    registration, source = _registration(address, found, is_civil=not is_in_military_block)
    return Identity(
        registration=registration,
        registration_source=source,
        type=found.type,
        model=found.model,
        manufacturer=found.manufacturer,
        operator=found.operator,
        operator_icao=found.operator_icao,
        operator_radio_name=found.operator_radio_name,
        serial_number=found.serial_number,
        year_built=found.year_built,
        military=is_in_military_block if found.military is None else found.military,
        country=None if block is None else block.country,
    )


def is_known(identity: Identity) -> bool:
    """Whether more is known of an aircraft than the country and use of its block of addresses."""
    found = (identity.registration, identity.type, identity.operator, identity.operator_icao)
    return any(value is not None for value in found)


def _registration(
    address: int, record: AircraftRecord, *, is_civil: bool
) -> tuple[str | None, RegistrationSource | None]:
    if record.registration is not None:
        return record.registration, "database"
    computed = registration_of(address) if is_civil else None
    return computed, None if computed is None else "computed"
